//! [`ReactorClock`]: the clocks that a reactor can run on.

use crate::time::{Clock, Instant, ManualClock, MonotonicClock};

/// The clock of a reactor: an enum, so that nothing else carries a type parameter for it.
///
/// Cloning is cheap; a cloned manual clock shares its hand.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReactorClock {
    /// The machine's own.
    Monotonic(MonotonicClock),
    /// One that moves when told to. A reactor on it never sleeps for a timer.
    Manual(ManualClock),
}

impl ReactorClock {
    /// A fresh reading.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            Self::Monotonic(clock) => clock.now(),
            Self::Manual(clock) => clock.now(),
        }
    }

    pub(super) const fn is_manual(&self) -> bool {
        matches!(self, Self::Manual(_))
    }
}

impl Default for ReactorClock {
    fn default() -> Self {
        Self::Monotonic(MonotonicClock::new())
    }
}

impl Clock for ReactorClock {
    #[inline]
    fn now(&self) -> Instant {
        Self::now(self)
    }
}

impl From<MonotonicClock> for ReactorClock {
    fn from(clock: MonotonicClock) -> Self {
        Self::Monotonic(clock)
    }
}

impl From<ManualClock> for ReactorClock {
    fn from(clock: ManualClock) -> Self {
        Self::Manual(clock)
    }
}
