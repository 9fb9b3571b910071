//! [`CoarseClock`]: the clock of the kernel's last tick.

use core::time::Duration;

use rustix::time::ClockId;

use crate::time::{Clock, Instant, kernel};

/// The kernel's `CLOCK_MONOTONIC_COARSE`: what the monotonic clock showed at the kernel's last tick,
/// 1 to 10 ms ago at most.
///
/// A reading takes some 6 ns, and is behind by up to its [`resolution`](Self::resolution): timers on
/// it fire that much late. What is added relative to now counts from
/// [`precise_now`](Self::precise_now), or it would fire early by as much. Never a default: it is why
/// libevent's plain timer of 1 ms is 3.5 ms late. Linux and Android. See `clock_gettime(2)`.
///
/// ```
/// use tourbillon::time::{Clock, CoarseClock};
///
/// let clock = CoarseClock::new();
/// let (coarse, precise) = (clock.now(), clock.precise_now());
/// assert!(coarse <= precise);
/// ```
#[derive(Copy, Clone, Debug)]
pub struct CoarseClock {
    resolution: Duration,
}

impl CoarseClock {
    /// The clock; asks the kernel once for its resolution.
    #[must_use]
    pub fn new() -> Self {
        let nanos = kernel::resolution_nanos_of(ClockId::MonotonicCoarse);
        Self { resolution: Duration::from_nanos(nanos) }
    }

    /// From one value to the next, while the kernel ticks: what `clock_getres(2)` says.
    #[must_use]
    pub const fn resolution(&self) -> Duration {
        self.resolution
    }

    /// `CLOCK_MONOTONIC`, on the same scale and never behind [`now`](Clock::now): what a relative
    /// deadline is to count from.
    #[must_use]
    pub fn precise_now(&self) -> Instant {
        Instant::from_nanos(kernel::now_nanos())
    }

    /// When this clock is likely to show `deadline`, as an absolute reading of `CLOCK_MONOTONIC`: a
    /// tick after it, and never less than a quarter of one from now, since a clock that lags would
    /// otherwise be asked again and again until its tick comes.
    #[must_use]
    pub fn kernel_deadline(&self, deadline: Instant) -> Duration {
        let soonest = self.precise_now() + self.resolution / 4;
        let shown = (deadline + self.resolution).max(soonest);
        Duration::from_nanos(shown.as_nanos().max(1))
    }
}

impl Default for CoarseClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CoarseClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::from_nanos(kernel::nanos_of(ClockId::MonotonicCoarse))
    }
}
