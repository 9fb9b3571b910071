//! [`Arena`]: slots that are used again under a new generation.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::{NIL, Place, TimerKey};
use crate::time::Instant;

/// One timer.
#[derive(Debug)]
pub(crate) struct Node<T> {
    pub(crate) value: T,
    pub(crate) deadline: Instant,
    pub(crate) place: Place,
    generation: NonZeroU32,
    prev: u32,
    next: u32,
}

/// A node's neighbours: the one before and the one behind, or [`NIL`].
pub(crate) type Links = (u32, u32);

impl<T> Node<T> {
    #[inline]
    pub(crate) const fn links(&self) -> Links {
        (self.prev, self.next)
    }

    #[inline]
    pub(super) const fn set_links(&mut self, prev: u32, next: u32) {
        (self.prev, self.next) = (prev, next);
    }

    #[inline]
    pub(super) const fn set_prev(&mut self, prev: u32) {
        self.prev = prev;
    }

    #[inline]
    pub(super) const fn set_next(&mut self, next: u32) {
        self.next = next;
    }
}

/// A slot, aligned so that no node of 32 bytes straddles two cache lines. (Aligning the enum
/// itself would cost it its niche.)
#[derive(Debug)]
#[repr(align(32))]
struct Slot<T>(State<T>);

/// What a slot holds. The niche of the node's generation tells the two apart, so this is no larger
/// than a node.
#[derive(Debug)]
enum State<T> {
    Vacant {
        /// The generation of its next timer.
        generation: NonZeroU32,
        next_free: u32,
    },
    Live(Node<T>),
}

/// In `next_free`: this slot has used up its generations and is never used again.
const RETIRED: u32 = NIL - 1;

const _: () =
    assert!(size_of::<Slot<u64>>() == 32, "a small timer must fill one half line");

/// Timers in slots: O(1) in and out, keys that never come to life again.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<Slot<T>>,
    /// The vacant slot to use next: the one left last, whose line is still in the cache.
    first_free: u32,
    live: u32,
    /// The first generation of a new slot: above all that were ever used in a slot given back.
    floor: NonZeroU32,
}

impl<T> Arena<T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            slots: Vec::with_capacity(capacity),
            first_free: NIL,
            live: 0,
            floor: first_generation(),
        }
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.live as usize
    }

    /// Bytes that the slots take.
    pub(crate) const fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<T>>()
    }

    /// Puts a timer in a slot, behind `prev` or, if that is [`NIL`], with no neighbours.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        deadline: Instant,
        place: Place,
        value: T,
        prev: u32,
    ) -> TimerKey {
        let index = self.first_free;
        let node =
            |generation| Node { value, deadline, place, generation, prev, next: NIL };
        self.live += 1;
        if let Some(slot) = self.slots.get_mut(index as usize)
            && let State::Vacant { generation, next_free } = slot.0
        {
            self.first_free = next_free;
            slot.0 = State::Live(node(generation));
            return TimerKey::new(index, generation);
        }
        let index = self.slots.len() as u32;
        assert!(self.slots.len() < RETIRED as usize, "no memory holds that many timers");
        self.slots.push(Slot(State::Live(node(self.floor))));
        TimerKey::new(index, self.floor)
    }

    /// Takes the timer that a key names out of its slot; the key is dead from here on.
    #[inline]
    pub(crate) fn take(&mut self, key: TimerKey) -> Option<Node<T>> {
        self.get(key)?;
        Some(self.remove(key.index()).1)
    }

    /// Takes a timer out of its slot; its key is dead from here on.
    #[inline]
    pub(crate) fn remove(&mut self, index: u32) -> (TimerKey, Node<T>) {
        let generation = self.node(index).generation;
        let vacant = match generation.checked_add(1) {
            Some(generation) => {
                let next_free = self.first_free;
                self.first_free = index;
                State::Vacant { generation, next_free }
            }
            None => State::Vacant { generation, next_free: RETIRED },
        };
        self.live -= 1;
        match core::mem::replace(&mut self.slots[index as usize].0, vacant) {
            State::Live(node) => (TimerKey::new(index, generation), node),
            State::Vacant { .. } => {
                unreachable!("A1: node() has seen that the slot is live")
            }
        }
    }

    /// The slot that a key names, if its timer is alive.
    #[inline]
    pub(crate) fn find(&self, key: TimerKey) -> Option<u32> {
        self.get(key).map(|_| key.index())
    }

    #[inline]
    pub(crate) fn get(&self, key: TimerKey) -> Option<&Node<T>> {
        match self.slots.get(key.index() as usize) {
            Some(Slot(State::Live(node))) if node.generation == key.generation() => {
                Some(node)
            }
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: TimerKey) -> Option<&mut Node<T>> {
        match self.slots.get_mut(key.index() as usize) {
            Some(Slot(State::Live(node))) if node.generation == key.generation() => {
                Some(node)
            }
            _ => None,
        }
    }

    /// The node of a slot that is known to be live.
    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node<T> {
        match &self.slots[index as usize].0 {
            State::Live(node) => node,
            State::Vacant { .. } => unreachable!("A1: a linked slot is live"),
        }
    }

    /// The node of a slot that is known to be live.
    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node<T> {
        match &mut self.slots[index as usize].0 {
            State::Live(node) => node,
            State::Vacant { .. } => unreachable!("A1: a linked slot is live"),
        }
    }

    /// The key of a live slot.
    #[cfg(feature = "mio")]
    #[inline]
    pub(crate) fn key(&self, index: u32) -> TimerKey {
        TimerKey::new(index, self.node(index).generation)
    }

    /// The live nodes, in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TimerKey, &Node<T>)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| match &slot.0 {
            State::Live(node) => {
                Some((TimerKey::new(index as u32, node.generation), node))
            }
            State::Vacant { .. } => None,
        })
    }

    /// How many slots there are: an index below may be live.
    pub(crate) const fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The key of a slot, if it is live.
    pub(crate) fn key_at(&self, index: u32) -> Option<TimerKey> {
        match self.slots.get(index as usize) {
            Some(Slot(State::Live(node))) => Some(TimerKey::new(index, node.generation)),
            _ => None,
        }
    }

    pub(crate) fn reserve(&mut self, additional: usize) {
        let vacant = self.slots.len() - self.len();
        self.slots.reserve(additional.saturating_sub(vacant));
    }

    /// Gives back the memory of vacant slots at the end. Live timers stay where they are, and
    /// slots that are made again later begin above every generation that was given back.
    pub(crate) fn shrink_to_fit(&mut self) {
        while let Some(Slot(State::Vacant { generation, next_free })) = self.slots.last()
            && *next_free != RETIRED
        {
            self.floor = self.floor.max(*generation);
            self.slots.pop();
        }
        self.slots.shrink_to_fit();
        self.first_free = NIL;
        for (index, slot) in self.slots.iter_mut().enumerate().rev() {
            if let State::Vacant { next_free, .. } = &mut slot.0
                && *next_free != RETIRED
            {
                *next_free = core::mem::replace(&mut self.first_free, index as u32);
            }
        }
    }
}

/// Where an arena's generations begin. In debug builds each arena begins elsewhere, so that a key
/// of another instance is found out instead of naming a timer of this one.
fn first_generation() -> NonZeroU32 {
    #[cfg(all(debug_assertions, target_has_atomic = "32"))]
    {
        use core::sync::atomic::{AtomicU32, Ordering};
        static INSTANCES: AtomicU32 = AtomicU32::new(0);
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        // Fibonacci hashing: neighbours in time land far apart. The upper half of the range is
        // left for use, so that no slot retires early.
        NonZeroU32::MIN.saturating_add(instance.wrapping_mul(0x9E37_79B9) >> 1)
    }
    #[cfg(not(all(debug_assertions, target_has_atomic = "32")))]
    NonZeroU32::MIN
}

#[cfg(feature = "model")]
impl<T> Arena<T> {
    /// Walks the slots and names the first invariant that does not hold.
    pub(crate) fn validate(&self) -> Result<(), alloc::string::String> {
        use alloc::format;
        let live = self.iter().count();
        if live != self.len() {
            return Err(format!("A1: {live} slots are live, {} are counted", self.len()));
        }
        let (mut free, mut at) = (0, self.first_free);
        while let Some(slot) = self.slots.get(at as usize) {
            let State::Vacant { next_free, .. } = &slot.0 else {
                return Err(format!("A1: live slot {at} is on the free list"));
            };
            free += 1;
            if free > self.slots.len() {
                return Err(format!("A1: the free list runs in a circle at {at}"));
            }
            at = *next_free;
        }
        let retired = self
            .slots
            .iter()
            .filter(|slot| matches!(slot.0, State::Vacant { next_free: RETIRED, .. }))
            .count();
        if live + free + retired != self.slots.len() {
            return Err(format!(
                "A1: {live} live, {free} free and {retired} retired slots"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> Arena<u64> {
        Arena::with_capacity(0)
    }

    #[test]
    fn a_key_is_8_bytes_and_so_is_an_optional_one() {
        assert_eq!((size_of::<TimerKey>(), size_of::<Option<TimerKey>>()), (8, 8));
    }

    #[test]
    fn a_slot_that_used_up_its_generations_is_retired_and_no_key_comes_back() {
        let mut arena = arena();
        arena.floor = NonZeroU32::MAX;
        let last = arena.insert(Instant::ZERO, Place::DETACHED, 1, NIL);
        arena.remove(last.index());
        let next = arena.insert(Instant::ZERO, Place::DETACHED, 2, NIL);
        assert_ne!(next.index(), last.index());
        assert!(arena.get(last).is_none());
        arena.shrink_to_fit();
        assert_eq!(arena.get(next).map(|node| node.value), Some(2));
        assert_eq!(arena.slots.len(), 2, "a retired slot is not given back");
    }

    #[test]
    fn shrinking_gives_slots_back_but_no_old_key_lives_again() {
        let mut arena = arena();
        let keys: [_; 8] = core::array::from_fn(|i| {
            arena.insert(Instant::ZERO, Place::DETACHED, i as u64, NIL)
        });
        for key in &keys[1..] {
            arena.remove(key.index());
        }
        arena.shrink_to_fit();
        assert_eq!(arena.slots.len(), 1);
        for _ in 1..8 {
            arena.insert(Instant::ZERO, Place::DETACHED, 9, NIL);
        }
        assert!(keys[1..].iter().all(|key| arena.get(*key).is_none()));
        assert!(arena.get(keys[0]).is_some());
    }
}
