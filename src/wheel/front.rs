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
    pub(super) index: u32,
}

/// The sorted view of one slot. Latest first, so that the earliest is popped off the end.
#[derive(Clone, Debug)]
pub(super) struct Front {
    entries: Vec<Entry>,
    /// Room to sort in: the timers as they come, and a word for each.
    unsorted: Vec<Entry>,
    words: Vec<u64>,
    /// Timers of the slot that were postponed beyond it.
    late: Vec<u32>,
    /// The slot it shows; [`NIL`]: none.
    slot: u32,
    /// Nothing in the wheel is earlier than this slot.
    earliest: bool,
}

impl Front {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            unsorted: Vec::new(),
            words: Vec::new(),
            late: Vec::new(),
            slot: NIL,
            earliest: false,
        }
    }

    /// Whether the view shows that slot.
    #[inline]
    pub(super) const fn shows(&self, slot: u32) -> bool {
        self.slot == slot
    }

    /// Whether it shows a slot, the earliest or a later one.
    #[inline]
    pub(super) const fn is_in_use(&self) -> bool {
        self.slot != NIL
    }

    /// The earliest timer of the wheel, if it is known to be in this view.
    #[inline]
    pub(super) fn first(&self) -> Option<Entry> {
        if self.earliest { self.entries.last().copied() } else { None }
    }

    /// Begins to show another slot: [`add`](Self::add) its timers, in the order of their list, take
    /// the late ones elsewhere, then [`show`](Self::show) the others.
    ///
    /// `leaf` is how many timers it has as a rule, at most; newcomers may double that. Room for them
    /// is made at once, so that nothing is allocated when a fuller slot comes.
    pub(super) fn open(&mut self, leaf: usize) {
        self.close();
        self.unsorted.clear();
        self.late.clear();
        if self.entries.capacity() < 2 * leaf {
            self.entries.reserve_exact(2 * leaf);
            self.unsorted.reserve_exact(leaf);
            self.late.reserve_exact(leaf);
            self.words.reserve_exact(leaf);
        }
    }

    /// Adds a timer that comes up at that time: in the slot, or later, as it was postponed.
    #[inline]
    pub(super) fn add(&mut self, at: u64, index: u32, is_in_slot: bool) {
        if is_in_slot {
            self.unsorted.push(Entry { at, index });
        } else {
            self.late.push(index);
        }
    }

    /// A timer that was added and does not belong to the slot; each once.
    #[inline]
    pub(super) fn next_late(&mut self) -> Option<u32> {
        self.late.pop()
    }

    /// Shows the timers that were added, as those of a slot from `start` to `last`. Gives how many.
    pub(super) fn show(&mut self, slot: u32, start: u64, last: u64) -> usize {
        if self.unsorted.is_empty() {
            return 0;
        }
        self.entries.clear();
        self.sort(start, last);
        (self.slot, self.earliest) = (slot, true);
        self.entries.len()
    }

    /// Fills the entries, latest first; of equals the last comes first.
    ///
    /// A stable sort may allocate. So each entry becomes one word, its time within the slot and its
    /// number, and plain words are what the standard library sorts fastest.
    fn sort(&mut self, start: u64, last: u64) {
        let numbers = 0..self.unsorted.len() as u64;
        let number_bits = u64::BITS - numbers.end.leading_zeros();
        self.words.clear();
        if number_bits <= (last - start).leading_zeros() {
            let word = |(entry, number): (&Entry, u64)| {
                ((entry.at - start) << number_bits) | number
            };
            self.words.extend(self.unsorted.iter().zip(numbers).map(word));
            self.words.sort_unstable();
        } else {
            self.words.extend(numbers);
            let unsorted = &self.unsorted;
            self.words.sort_unstable_by_key(|at| (unsorted[*at as usize].at, *at));
        }
        let numbers = (1 << number_bits) - 1;
        let entry = |word: &u64| self.unsorted[(word & numbers) as usize];
        self.entries.extend(self.words.iter().rev().map(entry));
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

    /// Something was put before the slot that it shows.
    #[inline]
    pub(super) const fn overtaken(&mut self) {
        self.earliest = false;
    }

    /// Enters a timer behind its equals.
    pub(super) fn enter(&mut self, at: u64, index: u32) {
        let position = self.entries.partition_point(|entry| entry.at > at);
        self.entries.insert(position, Entry { at, index });
    }

    /// Takes a timer out of the view. Gives back what it is given.
    #[inline(never)]
    pub(super) fn leave<R>(&mut self, index: u32, result: R) -> R {
        if let Some(position) =
            self.entries.iter().rposition(|entry| entry.index == index)
        {
            self.entries.remove(position);
        }
        result
    }

    /// Takes the first timer out of the view.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.entries.pop();
    }

    /// Bytes that the view takes.
    pub(super) const fn bytes(&self) -> usize {
        (self.entries.capacity() + self.unsorted.capacity()) * size_of::<Entry>()
            + self.words.capacity() * size_of::<u64>()
            + self.late.capacity() * size_of::<u32>()
    }

    /// What is shown, earliest first.
    #[cfg(feature = "model")]
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().rev().copied()
    }

    /// The slot that is shown.
    pub(super) const fn slot(&self) -> Option<u32> {
        if self.slot == NIL { None } else { Some(self.slot) }
    }

    /// Whether nothing in the wheel is earlier than that slot.
    pub(super) const fn is_earliest(&self) -> bool {
        self.earliest
    }
}
