//! [`ReactorClock`]: the clocks that a reactor can run on.

use core::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
use rustix::time::TimerfdClockId;

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::time::{BoottimeClock, CoarseClock};
use crate::time::{Clock, Instant, ManualClock, MonotonicClock};

/// What two clocks may differ by when the kernel's timer fires, or one clock on two processors. Shorter
/// than a system call.
pub(super) const CLOCK_ERROR: Duration = Duration::from_micros(1);

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
    /// The one that goes on while the machine sleeps. What came due then is due when it wakes.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Boottime(BoottimeClock),
    /// The one of the kernel's last tick, some milliseconds late. What is added relative to now counts
    /// from a precise reading all the same, or it would be early.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Coarse(CoarseClock),
}

impl ReactorClock {
    /// A fresh reading.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            Self::Monotonic(clock) => clock.now(),
            Self::Manual(clock) => clock.now(),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Boottime(clock) => clock.now(),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Coarse(clock) => clock.now(),
        }
    }

    /// The reading that relative deadlines count from: fresh, and never behind the truth.
    #[inline]
    pub(super) fn precise_now(&self) -> Instant {
        match self {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Coarse(clock) => clock.precise_now(),
            _ => self.now(),
        }
    }

    /// Whether a reading is never behind the truth.
    #[inline]
    pub(super) const fn is_precise(&self) -> bool {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Self::Coarse(_) = self {
            return false;
        }
        true
    }

    pub(super) const fn is_manual(&self) -> bool {
        matches!(self, Self::Manual(_))
    }

    /// Whether asking again and again shows time pass: not on a clock that stands still between the
    /// ticks of somebody else.
    pub(super) const fn flows(&self) -> bool {
        match self {
            Self::Monotonic(_) => true,
            Self::Manual(_) => false,
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Boottime(_) => true,
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Coarse(_) => false,
        }
    }

    /// The kernel's clock that a timerfd for this one runs on; `None`: none does.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) const fn timerfd_clock(&self) -> Option<TimerfdClockId> {
        match self {
            Self::Manual(_) => None,
            Self::Monotonic(_) | Self::Coarse(_) => Some(TimerfdClockId::Monotonic),
            Self::Boottime(_) => Some(TimerfdClockId::Boottime),
        }
    }

    /// When `deadline` comes on that clock of the kernel's; `None`: on none.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn kernel_deadline(&self, deadline: Instant) -> Option<Duration> {
        match self {
            Self::Manual(_) => None,
            Self::Monotonic(clock) => Some(clock.kernel_deadline(deadline)),
            Self::Boottime(clock) => Some(clock.kernel_deadline(deadline)),
            Self::Coarse(clock) => Some(clock.kernel_deadline(deadline)),
        }
    }

    /// What that clock of the kernel's shows; `None`: there is none.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn kernel_now(&self) -> Option<Duration> {
        let now = match self {
            Self::Manual(_) => return None,
            Self::Monotonic(_) | Self::Coarse(_) => MonotonicClock::kernel().now(),
            Self::Boottime(clock) => clock.now(),
        };
        Some(Duration::from_nanos(now.as_nanos()))
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

#[cfg(any(target_os = "linux", target_os = "android"))]
impl From<BoottimeClock> for ReactorClock {
    fn from(clock: BoottimeClock) -> Self {
        Self::Boottime(clock)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl From<CoarseClock> for ReactorClock {
    fn from(clock: CoarseClock) -> Self {
        Self::Coarse(clock)
    }
}
