//! [`Front`]: the earliest slot, sorted.
//!
//! A view, not a home: the timers stay in their slot's list, and the view may be dropped at any
//! time. It exists so that nanosecond order costs one sort of a small slot instead of rings down
//! to the nanosecond.

use alloc::vec::Vec;

use crate::arena::NIL;

/// A timer as the view knows it.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    /// When it comes up: its deadline when it was entered. A timer postponed since comes up too
    /// early and is then put right.
    pub(super) at: u64,
    /// Its place among its equals.
    order: u32,
    pub(super) index: u32,
}

/// The sorted view of one slot. Latest first, so that the earliest is popped off the end.
#[derive(Clone, Debug)]
pub(super) struct Front {
    entries: Vec<Entry>,
    /// The slot it shows; [`NIL`]: none.
    slot: u32,
    /// The first nanosecond of that slot.
    start: u64,
    /// Nothing in the wheel is earlier than this slot.
    earliest: bool,
}

impl Front {
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), slot: NIL, start: 0, earliest: false }
    }

    /// Whether the view shows that slot.
    #[inline]
    pub(super) const fn shows(&self, slot: u32) -> bool {
        self.slot == slot
    }

    /// The earliest timer of the wheel, if it is known to be in this view.
    #[inline]
    pub(super) fn first(&self) -> Option<Entry> {
        if self.earliest { self.entries.last().copied() } else { None }
    }

    /// Shows another slot, whose timers come in the order of their list.
    pub(super) fn open(
        &mut self,
        slot: u32,
        start: u64,
        timers: impl Iterator<Item = (u64, u32)>,
    ) {
        self.entries.clear();
        let numbered = timers.zip(0..);
        self.entries.extend(numbered.map(|((at, index), order)| Entry {
            at,
            order,
            index,
        }));
        // Stable sorts may allocate; the order in the list makes this one stable.
        self.entries
            .sort_unstable_by_key(|entry| core::cmp::Reverse((entry.at, entry.order)));
        (self.slot, self.start, self.earliest) = (slot, start, true);
    }

    /// The latest timer it shows.
    #[inline]
    pub(super) fn latest(&self) -> Option<Entry> {
        self.entries.first().copied()
    }

    /// How many timers it shows.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets the slot.
    pub(super) fn close(&mut self) {
        self.entries.clear();
        (self.slot, self.earliest) = (NIL, false);
    }

    /// The slot shown is the earliest after all.
    #[inline]
    pub(super) const fn confirm(&mut self) {
        self.earliest = true;
    }

    /// A timer at `at` was put elsewhere in the wheel.
    #[inline]
    pub(super) const fn overtaken_by(&mut self, at: u64) {
        if at < self.start {
            self.earliest = false;
        }
    }

    /// Enters a timer behind its equals.
    pub(super) fn enter(&mut self, at: u64, index: u32) {
        let position = self.entries.partition_point(|entry| entry.at > at);
        self.entries.insert(position, Entry { at, order: 0, index });
    }

    /// Takes a timer out of the view.
    pub(super) fn leave(&mut self, index: u32) {
        if let Some(position) =
            self.entries.iter().rposition(|entry| entry.index == index)
        {
            self.entries.remove(position);
        }
    }

    /// What is shown, earliest first.
    #[cfg(feature = "model")]
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().rev().copied()
    }

    #[cfg(feature = "model")]
    pub(super) const fn slot(&self) -> Option<u32> {
        if self.slot == NIL { None } else { Some(self.slot) }
    }

    #[cfg(feature = "model")]
    pub(super) const fn is_earliest(&self) -> bool {
        self.earliest
    }
}
