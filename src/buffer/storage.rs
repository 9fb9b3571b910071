//! [`Storage`]: where the bytes of a buffer lie, and when that place grows, slides and shrinks.
//!
//! One block, initialised once when it is made, with the live bytes at `head..tail`. Reads go
//! straight into the part behind `tail`; nothing is ever zeroed a second time.
//!
//! # Invariants
//!
//! - I1: `head <= tail <= block.len()`.
//! - I2: an empty storage has `head == tail == 0`, so that it never slides.
//! - I3: the block is at most `max(floor, 8 * live)` bytes after bytes were taken out: a buffer
//!   that was huge once does not stay so.
//!
//! # Costs
//!
//! A byte is moved within the storage O(1) times on average: sliding to the front is done only
//! when the block is at most half full, so that as many bytes come in before the next slide as
//! are moved by this one; growing doubles; shrinking moves an eighth of the block.

use alloc::boxed::Box;
use alloc::vec;

/// The smallest block that is made.
const BLOCK_MIN: usize = 64;
/// Up to this size a drained block is kept for the bytes to come.
pub(super) const FLOOR: usize = 64 * 1024;
/// A block is given back when less than one part in this many is in use.
const SPARSE: usize = 8;

#[derive(Clone)]
pub(super) struct Storage {
    block: Box<[u8]>,
    head: usize,
    tail: usize,
    floor: usize,
}

impl Storage {
    pub(super) const fn empty(block: Box<[u8]>) -> Self {
        Self { block, head: 0, tail: 0, floor: FLOOR }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tail - self.head
    }

    pub(super) fn capacity(&self) -> usize {
        self.block.len()
    }

    #[inline]
    pub(super) fn live(&self) -> &[u8] {
        self.block.get(self.head..self.tail).unwrap_or_default()
    }

    #[inline]
    pub(super) fn live_mut(&mut self) -> &mut [u8] {
        self.block.get_mut(self.head..self.tail).unwrap_or_default()
    }

    /// All the room behind the live bytes, at least `n` of it. Its content is arbitrary.
    pub(super) fn room(&mut self, n: usize) -> &mut [u8] {
        if self.block.len() - self.tail < n {
            self.make_room(n);
        }
        self.block.get_mut(self.tail..).unwrap_or_default()
    }

    /// The first `n` bytes of the room now belong to the live bytes.
    #[inline]
    pub(super) fn commit(&mut self, n: usize) {
        debug_assert!(n <= self.block.len() - self.tail, "commits more than the room");
        self.tail = self.tail.saturating_add(n).min(self.block.len());
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.room(bytes.len()).get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.commit(bytes.len());
        }
    }

    pub(super) fn push_front(&mut self, bytes: &[u8]) {
        if self.head < bytes.len() {
            // As much again as is needed, else a row of prepends would move all bytes each time.
            let slack = bytes.len().saturating_add(self.len());
            let size = slack.saturating_add(slack).max(self.block.len());
            self.rebuild(slack, size);
        }
        let start = self.head - bytes.len();
        if let Some(room) = self.block.get_mut(start..self.head) {
            room.copy_from_slice(bytes);
            self.head = start;
        }
    }

    /// Takes `n` bytes from the front; more than there are: all.
    #[inline]
    pub(super) fn consume(&mut self, n: usize) {
        if n < self.len() {
            self.head += n;
        } else {
            self.head = 0;
            self.tail = 0;
        }
        if self.block.len() > self.floor {
            self.give_back();
        }
    }

    /// Keeps only the first `n` live bytes.
    pub(super) fn truncate(&mut self, n: usize) {
        let kept = n.min(self.len());
        self.tail = self.head + kept;
        self.consume(0);
        if kept == 0 {
            self.head = 0;
            self.tail = 0;
        }
    }

    /// From now on up to this many bytes are kept when the storage drains.
    pub(super) fn raise_floor(&mut self, n: usize) {
        self.floor = self.floor.max(n);
    }

    /// Gives back all that is not in use, and forgets what was reserved.
    pub(super) fn shrink_to_fit(&mut self) {
        self.floor = FLOOR;
        if self.block.len() > self.len() {
            self.rebuild(0, self.len());
        }
    }

    #[cold]
    fn give_back(&mut self) {
        if self.len() == 0 {
            self.block = Box::default();
        } else if self.len().saturating_mul(SPARSE) <= self.block.len() {
            self.rebuild(0, self.len().saturating_mul(2).max(self.floor / 2));
        }
    }

    #[cold]
    fn make_room(&mut self, n: usize) {
        let live = self.len();
        let wanted = live.saturating_add(n);
        if wanted <= self.block.len() && live <= self.block.len() / 2 {
            self.block.copy_within(self.head..self.tail, 0);
            self.head = 0;
            self.tail = live;
        } else {
            self.rebuild(0, wanted.max(live.saturating_mul(2)).max(BLOCK_MIN));
        }
    }

    /// Moves the live bytes to a new block of that size, `head` bytes from its start.
    fn rebuild(&mut self, head: usize, size: usize) {
        let live = self.len();
        debug_assert!(head.saturating_add(live) <= size, "the live bytes do not fit");
        let mut block =
            if size == 0 { Box::default() } else { vec![0; size].into_boxed_slice() };
        if let Some(place) = block.get_mut(head..head + live) {
            place.copy_from_slice(self.live());
        }
        self.block = block;
        self.head = head;
        self.tail = head + live;
    }

    /// Panics, naming the invariant, when one is broken.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn validate(&self) {
        assert!(self.head <= self.tail && self.tail <= self.block.len(), "I1");
        assert!(self.len() > 0 || self.tail == 0, "I2: empty, yet at {}", self.tail);
    }

    /// I3 holds after bytes were taken out (a reservation may go beyond it until then).
    #[cfg(test)]
    fn validate_after_consume(&self) {
        self.validate();
        assert!(self.capacity() <= self.floor.max(self.len() * SPARSE), "I3");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: usize) -> Storage {
        let mut storage = Storage::empty(Box::default());
        storage.push(&vec![7; n]);
        storage
    }

    #[test]
    fn an_empty_storage_owns_nothing() {
        assert_eq!(filled(0).capacity(), 0);
    }

    #[test]
    fn a_huge_block_is_given_back_as_it_drains() {
        let mut storage = filled(8 << 20);
        while storage.len() > 0 {
            storage.consume(100_000);
            storage.validate_after_consume();
        }
        assert!(storage.capacity() <= FLOOR, "kept {}", storage.capacity());
    }

    #[test]
    fn a_reserved_size_is_kept() {
        let mut storage = filled(1 << 20);
        storage.raise_floor(1 << 20);
        storage.consume(usize::MAX);
        assert_eq!(storage.capacity(), 1 << 20);
        storage.shrink_to_fit();
        assert_eq!(storage.capacity(), 0);
    }

    #[test]
    fn a_steady_flow_stays_in_one_block() {
        let mut storage = filled(600);
        let before = {
            storage.push(&[1; 300]);
            storage.consume(300);
            storage.capacity()
        };
        for _ in 0..10_000 {
            storage.push(&[1; 300]);
            storage.consume(300);
            storage.validate_after_consume();
        }
        assert!(
            storage.capacity() <= before.max(4 * 900),
            "grew to {}",
            storage.capacity()
        );
    }

    #[test]
    fn a_row_of_prepends_rebuilds_rarely() {
        let mut storage = Storage::empty(Box::default());
        let mut blocks = 0;
        let mut capacity = 0;
        for byte in 0..10_000_usize {
            storage.push_front(&[byte as u8]);
            storage.validate();
            blocks += usize::from(storage.capacity() != capacity);
            capacity = storage.capacity();
        }
        assert_eq!(storage.len(), 10_000);
        assert!(blocks < 20, "{blocks} blocks for 10,000 prepends");
    }
}
