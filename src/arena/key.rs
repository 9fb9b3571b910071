//! [`TimerKey`]: the name of one timer, for as long as it lives and never again.

use core::fmt;
use core::num::NonZeroU32;

/// The name of a timer: `Copy`, 8 bytes, and so is `Option<TimerKey>`.
///
/// A key is made by scheduling and dies when its timer expires or is cancelled. A dead key stays
/// dead: the slot it named carries a generation, and a key of an earlier one finds nothing. So a
/// stale key changes nothing and says so; it never hits another timer.
///
/// Dropping a key does nothing: the timer stays scheduled.
#[derive(Copy, Clone, Eq, PartialEq, Hash)]
pub struct TimerKey {
    index: u32,
    generation: NonZeroU32,
}

impl TimerKey {
    #[inline]
    pub(crate) const fn new(index: u32, generation: NonZeroU32) -> Self {
        Self { index, generation }
    }

    #[inline]
    pub(crate) const fn index(self) -> u32 {
        self.index
    }

    #[inline]
    pub(crate) const fn generation(self) -> NonZeroU32 {
        self.generation
    }
}

impl fmt::Debug for TimerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimerKey({}v{})", self.index, self.generation)
    }
}
