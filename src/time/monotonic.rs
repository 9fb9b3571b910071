//! [`MonotonicClock`]: the machine's monotonic clock, read from the CPU's counter.
//!
//! Ground rules: readings are on the scale of the kernel's monotonic clock, and keep to it. All clocks
//! of a process are one, [disciplined](super::discipline) together, so that their readings can be
//! compared.
//!
//! Invariants:
//! - I1 On one thread a reading is never smaller than the one before it.
//! - I2 All clocks of one kind in a process agree, clones or not.
//!
//! Costs: 10 ns a reading, 25 on the kernel's clock; a microsecond more for one reading in an eighth
//! of a second, which reads both; 45 a translation. The first clock of a process calibrates the
//! counter, which takes a millisecond as a rule and 200 at most.
//!
//! Not promised:
//! - Order between threads to the nanosecond. The counter is read without a barrier, so that a
//!   reading which another thread handed over may be some tens of nanoseconds ahead of one's own.
//! - Progress while the machine sleeps: where the kernel's monotonic clock stands still then, as on
//!   Linux, so does this one. If it was read just before, it may be ahead afterwards, by a sixth of a
//!   second at most, and goes an eighth slower until that is made up for.
//! - To be called in a signal's handler, or in a child that was forked while another thread read it:
//!   once in an eighth of a second a reading takes a lock.

use core::time::Duration;

use super::counter::CounterClock;
use crate::time::{Clock, Discipline, Instant, kernel};

/// The machine's monotonic clock.
///
/// It reads the CPU's counter through [`quanta`] where the kernel keeps its own time by it, and
/// asks the kernel otherwise. [`MonotonicClock::kernel`] always asks the kernel.
///
/// The rate of the counter is known only nearly, so the clock is disciplined: eight times a second,
/// if it is read, it is compared with the kernel's monotonic clock and made a little faster or
/// slower, never set back. At a steady rate of the kernel's clock it is within a microsecond of that
/// from the first second on ([`discipline`](Self::discipline) tells); after a step of the rate,
/// within what that makes in a quarter of a second.
///
/// ```
/// use tourbillon::time::{Clock, MonotonicClock};
///
/// let clock = MonotonicClock::new();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// ```
#[derive(Clone, Debug)]
pub struct MonotonicClock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Counter(&'static CounterClock),
    Kernel,
}

impl MonotonicClock {
    /// The fastest clock that the kernel vouches for.
    ///
    /// On Linux that is the CPU's counter if the kernel's current clocksource is that very counter,
    /// and the kernel's clock if not. The first call in a process may take some milliseconds.
    #[must_use]
    pub fn new() -> Self {
        let on_counter = CounterClock::of_this_process();
        Self { source: on_counter.map_or(Source::Kernel, Source::Counter) }
    }

    /// The kernel's own monotonic clock: slower to read, and the very one that waits are made on.
    #[must_use]
    pub fn kernel() -> Self {
        Self { source: Source::Kernel }
    }

    /// How the clock keeps to the kernel's. `None`: it is the kernel's.
    ///
    /// ```
    /// # use tourbillon::time::{Clock, MonotonicClock};
    /// let clock = MonotonicClock::new();
    /// if let Some(discipline) = clock.discipline() {
    ///     println!("{} ns ahead, {:.3} ppm", discipline.offset_nanos, discipline.ppm);
    ///     assert!(discipline.anchors > 0);
    /// }
    /// assert!(MonotonicClock::kernel().discipline().is_none());
    /// ```
    #[must_use]
    pub fn discipline(&self) -> Option<Discipline> {
        let Source::Counter(clock) = self.source else { return None };
        Some(clock.discipline())
    }

    /// When `deadline` comes on the kernel's monotonic clock, as an absolute reading of it: what an
    /// absolute timerfd is to be armed with.
    ///
    /// Computed as kernel now + (`deadline` - clock now), with both clocks read together, and
    /// rounded up by the time that these readings took (some 40 ns). At least 1 ns after the
    /// kernel's now, since zero would disarm a timerfd; saturating for instants in the far future.
    /// The clock may be steered a little meanwhile, and the kernel may be late: whoever waits looks
    /// at the clock again.
    #[must_use]
    pub fn kernel_deadline(&self, deadline: Instant) -> Duration {
        let (clock_nanos, kernel_nanos) = match self.source {
            Source::Counter(clock) => clock.now_and_kernel_now(),
            Source::Kernel => {
                let nanos = kernel::now_nanos();
                (nanos, nanos)
            }
        };
        let wait = deadline.as_nanos().saturating_sub(clock_nanos).max(1);
        Duration::from_nanos(kernel_nanos.saturating_add(wait))
    }
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::from_nanos(match self.source {
            Source::Counter(clock) => clock.now(),
            Source::Kernel => kernel::now_nanos(),
        })
    }
}
