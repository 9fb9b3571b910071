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
        let Asleep { least_nanos, most_nanos } = self.asleep_between();
        let nanos = i128::midpoint(least_nanos, most_nanos);
        Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }

    /// The same, by what it certainly is: the closest of some takes.
    pub(crate) fn asleep_between(self) -> Asleep {
        // A thread that is put aside between two readings would take that for sleep.
        const TIGHT_NANOS: i128 = 1_000;
        let take = || {
            let before = kernel::now_nanos();
            let boottime = i128::from(self.now().as_nanos());
            let after = kernel::now_nanos();
            Asleep {
                least_nanos: boottime - i128::from(after),
                most_nanos: boottime - i128::from(before),
            }
        };
        let mut best = take();
        for _ in 1..8 {
            if best.width_nanos() <= TIGHT_NANOS {
                break;
            }
            let other = take();
            if other.width_nanos() < best.width_nanos() {
                best = other;
            }
        }
        best
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

/// Bounds of the difference between `CLOCK_BOOTTIME` and `CLOCK_MONOTONIC` at one moment. It is read
/// between two readings of the latter, and so lies between these bounds whatever came between. It may be
/// negative in a time namespace, which shifts each of the clocks.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) struct Asleep {
    pub(crate) least_nanos: i128,
    pub(crate) most_nanos: i128,
}

impl Asleep {
    const fn width_nanos(self) -> i128 {
        self.most_nanos - self.least_nanos
    }
}

impl Clock for BoottimeClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::from_nanos(kernel::nanos_of(ClockId::Boottime))
    }
}
