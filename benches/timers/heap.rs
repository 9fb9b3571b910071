//! [`Heap`]: a `BinaryHeap` with lazy cancel, the usual rival of a wheel.
//!
//! Values lie in slots with generations. A cancelled timer gives its slot back at once; its entry
//! stays in the heap until it comes up, or until dead entries outnumber live ones: then they are
//! swept out. So memory is bounded, as it must be in a server. Timers with one deadline come out
//! in any order, which spares the heap a comparison that the others make.

use core::cmp::Ordering;
use std::collections::BinaryHeap;

use tourbillon::time::Instant;

use super::contender::Contender;

/// What the heap sorts: 16 bytes.
#[derive(Copy, Clone)]
struct Entry {
    deadline: Instant,
    key: HeapKey,
}

impl Ord for Entry {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        // The standard heap has its greatest on top.
        other.deadline.cmp(&self.deadline)
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.deadline == other.deadline
    }
}

impl Eq for Entry {}

/// A slot and its generation: 8 bytes, as ours.
#[derive(Copy, Clone)]
pub(crate) struct HeapKey {
    index: u32,
    generation: u32,
}

#[derive(Copy, Clone)]
struct Slot {
    value: u64,
    generation: u32,
    next_free: u32,
}

/// No slot.
const NONE: u32 = u32::MAX;

/// The heap and the slots of its values.
pub(crate) struct Heap {
    entries: BinaryHeap<Entry>,
    slots: Vec<Slot>,
    first_free: u32,
    live: usize,
}

impl Heap {
    #[inline]
    fn take(&mut self, key: HeapKey) -> Option<u64> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        slot.generation = slot.generation.wrapping_add(1);
        slot.next_free = self.first_free;
        self.first_free = key.index;
        self.live -= 1;
        Some(slot.value)
    }

    /// The earliest live entry; dead ones before it are popped.
    #[inline]
    fn first(&mut self) -> Option<Entry> {
        loop {
            let entry = *self.entries.peek()?;
            if self.slots[entry.key.index as usize].generation == entry.key.generation {
                return Some(entry);
            }
            self.entries.pop();
        }
    }

    #[cold]
    fn sweep(&mut self) {
        let slots = &self.slots;
        self.entries.retain(|entry| {
            slots[entry.key.index as usize].generation == entry.key.generation
        });
    }
}

impl Contender for Heap {
    const NAME: &'static str = "BinaryHeap";

    type Key = HeapKey;

    fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: BinaryHeap::with_capacity(capacity),
            slots: Vec::with_capacity(capacity),
            first_free: NONE,
            live: 0,
        }
    }

    #[inline(always)]
    fn schedule(&mut self, deadline: Instant, value: u64) -> HeapKey {
        let key = if let Some(slot) = self.slots.get_mut(self.first_free as usize) {
            let key = HeapKey { index: self.first_free, generation: slot.generation };
            self.first_free = slot.next_free;
            slot.value = value;
            key
        } else {
            let key = HeapKey { index: self.slots.len() as u32, generation: 0 };
            self.slots.push(Slot { value, generation: 0, next_free: NONE });
            key
        };
        self.entries.push(Entry { deadline, key });
        self.live += 1;
        key
    }

    #[inline(always)]
    fn cancel(&mut self, key: &mut HeapKey) -> Option<u64> {
        let value = self.take(*key)?;
        if self.entries.len() > 2 * self.live {
            self.sweep();
        }
        Some(value)
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        let entry = self.first()?;
        if entry.deadline > now {
            return None;
        }
        self.entries.pop();
        self.take(entry.key).map(|value| (entry.deadline, value))
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.first().map(|entry| entry.deadline)
    }

    fn memory(&self) -> Option<usize> {
        let entries = self.entries.capacity() * size_of::<Entry>();
        Some(entries + self.slots.capacity() * size_of::<Slot>())
    }
}
