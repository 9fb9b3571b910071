//! [`Ring`]: one turn of one hand, and the arithmetic of which slot a deadline falls into.
//!
//! A ring of level k has `SLOTS` slots of `SLOTS`^k nanoseconds each and covers an aligned block
//! of time, so a slot is a digit of the deadline: the k-th, in base `SLOTS`. Nothing wraps, so
//! nothing a full turn away can hide behind the hand.
//!
//! | level (64 slots) | a slot is | a ring covers |
//! |---|---|---|
//! | 0 | 1 ns | 64 ns |
//! | 1 | 64 ns | 4.1 µs |
//! | 2 | 4.1 µs | 262 µs |
//! | 3 | 262 µs | 16.8 ms |
//! | 4 | 16.8 ms | 1.07 s |
//! | 5 | 1.07 s | 68.7 s |
//! | 6 | 68.7 s | 73 min |
//! | 7 | 73 min | 78 h |
//! | 8 | 78 h | 208 days |
//! | 9 | 208 days | 36.6 years |
//! | 10 | 36.6 years | all time there is |

use core::num::NonZeroU64;

/// A ring of the wheel: where it is in time, and which of its slots hold anything. The slots of all
/// rings lie in one table, see [`Slot`](super::slot::Slot).
#[derive(Clone, Debug)]
pub(super) struct Ring<const SLOTS: usize> {
    /// The first nanosecond it covers.
    base: u64,
    /// Bit s: slot s holds timers, or a finer ring that does.
    occupied: u64,
    level: u16,
    /// Its slots are opened at once, see [`is_crowded`](Self::is_crowded).
    crowded: bool,
    /// The slot that holds this ring; of a spare ring, the next spare one.
    parent: u32,
}

/// Pure geometry, for rings of `SLOTS` slots.
pub(super) struct Geometry<const SLOTS: usize>;

impl<const SLOTS: usize> Geometry<SLOTS> {
    /// Bits of a deadline that a ring decides.
    pub(super) const BITS: u32 = {
        assert!(SLOTS.is_power_of_two() && SLOTS >= 2 && SLOTS <= 64);
        SLOTS.trailing_zeros()
    };
    /// The level of the ring that covers all time there is.
    pub(super) const TOP: u32 = (u64::BITS - 1) / Self::BITS;

    /// The level whose rings decide a bit. A table, as a division is slower even by a constant.
    const LEVELS: [u8; u64::BITS as usize] = {
        let mut levels = [0; u64::BITS as usize];
        let mut bit = 0;
        while bit < u64::BITS {
            levels[bit as usize] = (bit / Self::BITS) as u8;
            bit += 1;
        }
        levels
    };

    /// The slot that a time has in a ring of that level.
    #[inline]
    pub(super) const fn digit(at: u64, level: u32) -> usize {
        (at >> (level * Self::BITS)) as usize & (SLOTS - 1)
    }

    /// The lowest bit that rings of a level decide.
    pub(super) const fn lowest_bit(level: u32) -> NonZeroU64 {
        match NonZeroU64::new(1 << (level * Self::BITS)) {
            Some(bit) => bit,
            None => NonZeroU64::MIN,
        }
    }

    /// The level whose rings decide the highest bit that is set.
    #[inline]
    pub(super) const fn level_of(differing: NonZeroU64) -> u32 {
        Self::LEVELS[differing.ilog2() as usize] as u32
    }
}

impl<const SLOTS: usize> Ring<SLOTS> {
    /// An empty ring over the block around `at`.
    pub(super) fn around(at: u64, level: u32, parent: u32) -> Self {
        let mut ring = Self { base: 0, occupied: 0, level: 0, crowded: false, parent };
        ring.reuse(at, level, parent);
        ring
    }

    /// Makes an empty ring serve another block.
    pub(super) const fn reuse(&mut self, at: u64, level: u32, parent: u32) {
        debug_assert!(self.occupied == 0, "a ring with timers stays where it is");
        let bits = (level + 1) * Geometry::<SLOTS>::BITS;
        self.base = if bits >= u64::BITS { 0 } else { at & (u64::MAX << bits) };
        self.level = level as u16;
        self.crowded = false;
        self.parent = parent;
    }

    /// Whether so many timers are moving in that its slots would have too many to be sorted: then
    /// each is opened as the first comes, and all others go there without stopping here.
    #[inline]
    pub(super) const fn is_crowded(&self) -> bool {
        self.crowded
    }

    /// Many timers are about to move in.
    pub(super) const fn expect_crowd(&mut self) {
        self.crowded = true;
    }

    #[inline]
    const fn shift(&self) -> u32 {
        self.level() * Geometry::<SLOTS>::BITS
    }

    #[inline]
    pub(super) const fn level(&self) -> u32 {
        self.level as u32
    }

    #[inline]
    pub(super) const fn parent(&self) -> u32 {
        self.parent
    }

    /// The slot of a time that this ring covers.
    #[inline]
    pub(super) const fn slot_of(&self, at: u64) -> usize {
        Geometry::<SLOTS>::digit(at, self.level())
    }

    /// The first nanosecond of a slot.
    #[inline]
    pub(super) const fn start_of(&self, slot: usize) -> u64 {
        self.base + ((slot as u64) << self.shift())
    }

    /// The last nanosecond of a slot.
    #[inline]
    pub(super) const fn last_of(&self, slot: usize) -> u64 {
        self.start_of(slot) + ((1 << self.shift()) - 1)
    }

    /// The earliest slot that holds anything.
    #[inline]
    pub(super) const fn first_slot(&self) -> Option<usize> {
        if self.occupied == 0 {
            None
        } else {
            Some(self.occupied.trailing_zeros() as usize)
        }
    }

    /// The earliest slot behind `slot` that holds anything.
    #[inline]
    pub(super) const fn next_slot(&self, slot: usize) -> Option<usize> {
        let behind = self.occupied & (u64::MAX << slot << 1);
        if behind == 0 { None } else { Some(behind.trailing_zeros() as usize) }
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// Notes that a slot holds something.
    #[inline]
    pub(super) const fn occupy(&mut self, slot: usize) {
        self.occupied |= 1 << slot;
    }

    /// Notes that a slot holds nothing any more.
    #[inline]
    pub(super) const fn vacate(&mut self, slot: usize) {
        self.occupied &= !(1 << slot);
    }

    /// The slots that hold anything, earliest first.
    pub(super) fn occupied_slots(&self) -> impl Iterator<Item = usize> + use<SLOTS> {
        let occupied = self.occupied;
        (0..SLOTS).filter(move |slot| occupied & (1 << slot) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::NIL;

    #[test]
    fn the_levels_cover_all_time_there_is() {
        assert_eq!(Geometry::<64>::TOP, 10);
        assert_eq!(Geometry::<4>::TOP, 31);
        let top = Ring::<64>::around(u64::MAX, Geometry::<64>::TOP, NIL);
        assert_eq!((top.slot_of(0), top.slot_of(u64::MAX)), (0, 15));
        assert_eq!((top.start_of(0), top.last_of(15)), (0, u64::MAX));
    }

    #[test]
    fn a_slot_holds_exactly_the_times_from_its_start_to_its_last() {
        for level in 0..4 {
            let ring = Ring::<4>::around(300, level, NIL);
            let block = ring.start_of(0)..=ring.last_of(3);
            assert!(block.contains(&300));
            assert_eq!(block.clone().count(), 4 << (2 * level));
            for at in block {
                let slot = ring.slot_of(at);
                assert!(ring.start_of(slot) <= at && at <= ring.last_of(slot), "{at}");
            }
        }
    }

    #[test]
    fn two_times_part_at_the_coarsest_level_that_can_tell_them_apart() {
        for a in 0..256_u64 {
            for b in 0..256 {
                let level = Geometry::<4>::level_of(NonZeroU64::MIN | (a ^ b));
                let ring = Ring::<4>::around(a, level, NIL);
                assert!(ring.start_of(0) <= b && b <= ring.last_of(3), "{a} {b}");
                assert_eq!(ring.slot_of(a) == ring.slot_of(b), a == b, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_next_slot_is_the_first_occupied_one_behind() {
        let mut ring = Ring::<64>::around(0, 0, NIL);
        for slot in [3, 40, 63] {
            ring.occupy(slot);
        }
        assert_eq!(ring.first_slot(), Some(3));
        assert_eq!(ring.next_slot(3), Some(40));
        assert_eq!(ring.next_slot(39), Some(40));
        assert_eq!(ring.next_slot(40), Some(63));
        assert_eq!(ring.next_slot(63), None);
    }
}
