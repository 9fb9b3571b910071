//! All slots at once: how many there may be, making room, visiting and emptying them.

use core::fmt;
use core::iter::FusedIterator;

use super::{Arena, RETIRED, Slot};
use crate::arena::{NIL, TimerKey};
use crate::time::Instant;

/// Slots that are made at once, at most.
const SLOTS_AT_ONCE: usize = 64;

impl<T> Arena<T> {
    /// How many timers the forms that may refuse let there be; [`usize::MAX`]: no limit.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) const fn set_limit(&mut self, timers: usize) {
        self.limit = timers;
    }

    /// Whether one more timer would be above the limit, or beyond what indices can name.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.limit
            || (self.first_free == NIL && self.slots.len() >= TimerKey::SLOTS)
            || !self.chunks.has_room()
    }

    /// How many timers there may be before the slots take more memory.
    pub(crate) const fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Makes vacant slots, of which there are none: as many as have room, but few enough that the
    /// first is still in the nearest cache when the last is made. So not every timer in fresh memory
    /// has to take the detour that leads here.
    #[cold]
    #[inline(never)]
    pub(super) fn add_slots(&mut self) {
        debug_assert!(self.first_free == NIL, "A1: vacant slots would be lost");
        let first = self.slots.len();
        assert!(first < TimerKey::SLOTS, "so many timers cannot be told apart");
        let room = self.slots.capacity() - first;
        let behind = (first + room.clamp(1, SLOTS_AT_ONCE)).min(TimerKey::SLOTS);
        for next in first + 1..=behind {
            let next_free = if next < behind { next as u32 } else { NIL };
            self.slots.push(Slot::Vacant { next_free, stamp: self.floor });
        }
        self.first_free = first as u32;
    }

    /// Takes every timer out and drops its value. The lists over this arena are to be emptied
    /// before. Memory is kept.
    ///
    /// When a value panics as it is dropped, the others are dropped all the same, and no timer is
    /// left.
    pub(crate) fn clear(&mut self) {
        self.chunks.clear();
        self.first_free = NIL;
        let left = self.slots.len();
        Clearing { arena: self, left }.run();
    }

    /// The live nodes' keys, deadlines and values, in the order of their slots.
    pub(crate) const fn timers(&self) -> Iter<'_, T> {
        Iter { arena: self, next: 0, left: self.len() }
    }
}

/// The emptying of an arena, which goes on when a value panics.
struct Clearing<'a, T> {
    arena: &'a mut Arena<T>,
    /// Slots that are still to be visited, the last first: so that the first slots are the first to
    /// be used again.
    left: usize,
}

impl<T> Clearing<'_, T> {
    fn run(&mut self) {
        let arena = &mut *self.arena;
        while let Some(index) = self.left.checked_sub(1) {
            self.left = index;
            let slot = &mut arena.slots[index];
            if let Slot::Vacant { next_free, .. } = slot {
                if *next_free != RETIRED {
                    *next_free = core::mem::replace(&mut arena.first_free, index as u32);
                }
                continue;
            }
            let node = slot.vacate(&mut arena.first_free, index as u32);
            arena.live -= 1;
            drop(node);
        }
    }
}

impl<T> Drop for Clearing<'_, T> {
    fn drop(&mut self) {
        self.run();
    }
}

/// Visits every timer: key, deadline, value; in no particular order.
pub struct Iter<'a, T> {
    arena: &'a Arena<T>,
    next: u32,
    left: usize,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (TimerKey, Instant, &'a T);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // Behind the last timer there may be very many vacant slots: they are not visited.
        while self.left > 0 {
            let index = self.next;
            self.next += 1;
            if let Slot::Live(node) = &self.arena.slots[index as usize] {
                self.left -= 1;
                let key = TimerKey::new(index, node.stamp());
                return Some((key, node.deadline, &node.value));
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<T> FusedIterator for Iter<'_, T> {}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.left).finish_non_exhaustive()
    }
}
