//! [`BoottimeClock`]: the clock that goes on while the machine sleeps.

use core::time::Duration;

use rustix::time::ClockId;

use crate::time::{Clock, Instant, kernel};

/// The kernel's `CLOCK_BOOTTIME`: monotonic, and goes on while the machine is suspended.
///
/// For deadlines that mean the world's time and not the machine's: a lease, a session, a token. A
/// timer on it that came due while the machine slept is due when it wakes. Readings ask the kernel
/// (25 ns), and are not comparable with those of a [`MonotonicClock`](crate::time::MonotonicClock).
/// Linux and Android. See `clock_gettime(2)`.
///
/// ```
/// use tourbillon::time::{BoottimeClock, Clock};
///
/// let clock = BoottimeClock::new();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// println!("asleep for {:?} since it was started", clock.asleep());
/// ```
#[derive(Copy, Clone, Debug, Default)]
#[non_exhaustive]
pub struct BoottimeClock;

impl BoottimeClock {
    /// The clock.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// For how long the machine was suspended, in all, since it was started: the difference from
    /// `CLOCK_MONOTONIC`. Two readings, so that it may be off by what came between them, and rise or
    /// fall by as much from call to call.
    #[must_use]
    pub fn asleep(&self) -> Duration {
        // A thread that is put aside between two readings would take that for sleep.
        const TIGHT_NANOS: u64 = 1_000;
        let take = || {
            let (before, boottime) = (kernel::now_nanos(), self.now().as_nanos());
            let width = kernel::now_nanos().saturating_sub(before);
            (width, boottime.saturating_sub(before.saturating_add(width / 2)))
        };
        let mut best = take();
        for _ in 1..8 {
            if best.0 <= TIGHT_NANOS {
                break;
            }
            best = best.min(take());
        }
        Duration::from_nanos(best.1)
    }

    /// When `deadline` comes on the kernel's clock: what an absolute timerfd on `CLOCK_BOOTTIME` is
    /// to be armed with. It is the same clock, so this is the deadline itself, or a nanosecond after
    /// zero, since zero would disarm it.
    #[must_use]
    pub const fn kernel_deadline(&self, deadline: Instant) -> Duration {
        let nanos = deadline.as_nanos();
        Duration::from_nanos(if nanos == 0 { 1 } else { nanos })
    }
}

impl Clock for BoottimeClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::from_nanos(kernel::nanos_of(ClockId::Boottime))
    }
}
