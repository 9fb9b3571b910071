//! [`TimerKey`]: the name of one timer, for as long as it lives and never again.

use core::fmt;
use core::num::NonZeroU64;

use super::Place;

/// The name of a timer: `Copy`, 8 bytes, and so is `Option<TimerKey>`.
///
/// A key is made by scheduling and dies when its timer expires or is cancelled. A dead key stays
/// dead: the slot it named carries a generation, and a key of an earlier one finds nothing. So a
/// stale key changes nothing and says so; it never hits another timer.
///
/// Dropping a key does nothing: the timer stays scheduled.
// A generation above an index, as a node's tag is one above a place: so one comparison of the upper
// bits tells whether they are of the same.
#[derive(Copy, Clone, Eq, PartialEq, Hash)]
pub struct TimerKey(NonZeroU64);

impl TimerKey {
    /// Slots that can be named: fewer bits than those of a place below its state, see
    /// [`Place::is_plain`].
    pub(super) const SLOTS: usize = Place::SPOTS;

    /// The key of a slot, whose timer's generation a stamp has.
    #[inline]
    pub(super) fn new(index: u32, stamp: NonZeroU64) -> Self {
        debug_assert!(stamp.get() & Place::MASK == 0 && (index as usize) < Self::SLOTS);
        Self(stamp | u64::from(index))
    }

    /// A key that the oracle gives, which uses no number twice.
    #[cfg(feature = "model")]
    pub(crate) fn of_first_generation(index: u32) -> Self {
        Self::new(index, super::slots::FIRST_STAMP)
    }

    #[inline]
    pub(crate) const fn index(self) -> u32 {
        self.0.get() as u32
    }

    /// The key as a word: the generation above the bits of a place.
    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Debug for TimerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimerKey({}v{})", self.index(), self.0.get() >> Place::BITS)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_key_says_its_slot_and_generation() {
        let stamp = NonZeroU64::new(3 << Place::BITS).unwrap();
        assert_eq!(format!("{:?}", TimerKey::new(17, stamp)), "TimerKey(17v3)");
    }
}
