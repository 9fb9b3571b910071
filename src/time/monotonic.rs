//! [`MonotonicClock`]: the machine's monotonic clock, read from the CPU's counter.
//!
//! Ground rules: readings are on the scale of the kernel's monotonic clock. The first clock of a
//! process reads counter and kernel clock together; this pair, the *anchor*, serves all clocks of
//! the process, so that their readings can be compared. From there on the counter is on its own.
//!
//! Invariants:
//! - I1 On one thread a reading is never smaller than the one before it.
//! - I2 All clocks of one kind in a process agree, clones or not.
//!
//! Costs: 10 ns a reading, 25 on the kernel's clock; 45 a translation. The first clock of a process
//! calibrates the counter, which takes a millisecond as a rule and 200 at most.
//!
//! Not promised:
//! - The rate of the kernel's clock. quanta measures the counter once, within a millisecond, and a
//!   single reading that was held up goes into the rate. Of 24 starts on a busy machine, 18 were off
//!   by 0.5 to 2 ppm (2 to 7 ms an hour), five by 6 to 18 and one by 345. This is why
//!   [`kernel_deadline`](MonotonicClock::kernel_deadline) translates by the offset of the moment,
//!   and why whoever waits looks at this clock again. [`MonotonicClock::kernel`] has no such error.
//! - Order between threads to the nanosecond. The counter is read without a barrier, so that a
//!   reading which another thread handed over may be some tens of nanoseconds ahead of one's own.
//! - Progress while the machine sleeps: that is up to the counter.

use core::time::Duration;
use std::sync::OnceLock;

use crate::time::{Clock, Instant, kernel};

/// The machine's monotonic clock.
///
/// It reads the CPU's counter through [`quanta`] where the kernel keeps its own time by it, and
/// asks the kernel otherwise. [`MonotonicClock::kernel`] always asks the kernel.
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
    Counter(&'static Anchor),
    Kernel,
}

/// One moment on both clocks.
#[derive(Debug)]
struct Anchor {
    counter: quanta::Clock,
    raw: u64,
    kernel_nanos: u64,
}

impl MonotonicClock {
    /// The fastest clock that the kernel vouches for.
    ///
    /// On Linux that is the CPU's counter if the kernel's current clocksource is that very counter,
    /// and the kernel's clock if not. The first call in a process may take some milliseconds.
    #[must_use]
    pub fn new() -> Self {
        static ANCHOR: OnceLock<Option<Anchor>> = OnceLock::new();
        let anchor =
            ANCHOR.get_or_init(|| kernel::trusts_the_counter().then(Anchor::drop_now));
        Self { source: anchor.as_ref().map_or(Source::Kernel, Source::Counter) }
    }

    /// The kernel's own monotonic clock: slower to read, and the very one that waits are made on.
    #[must_use]
    pub fn kernel() -> Self {
        Self { source: Source::Kernel }
    }

    /// When `deadline` comes on the kernel's monotonic clock, as an absolute reading of it: what an
    /// absolute timerfd is to be armed with.
    ///
    /// Computed as kernel now + (`deadline` - clock now), with both clocks read together, and
    /// rounded up by the time that these readings took (some 40 ns). At least 1 ns after the
    /// kernel's now, since zero would disarm a timerfd; saturating for instants in the far future.
    /// The two clocks drift apart meanwhile, by some parts in a million: a wait of an hour may end
    /// milliseconds off, early or late, and whoever waits looks at the clock again.
    #[must_use]
    pub fn kernel_deadline(&self, deadline: Instant) -> Duration {
        let (clock_nanos, kernel_nanos) = match self.source {
            Source::Counter(anchor) => {
                let reading = Reading::tightest_of(&anchor.counter, 4);
                (anchor.nanos_at(reading.raw_before), reading.kernel_nanos)
            }
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
            Source::Counter(anchor) => anchor.nanos_at(anchor.counter.raw()),
            Source::Kernel => kernel::now_nanos(),
        })
    }
}

impl Anchor {
    fn drop_now() -> Self {
        let counter = quanta::Clock::new();
        let Reading { raw_before: raw, kernel_nanos, .. } =
            Reading::tightest_of(&counter, 32);
        Self { counter, raw, kernel_nanos }
    }

    /// The time at which the counter showed `raw`.
    #[inline]
    fn nanos_at(&self, raw: u64) -> u64 {
        // A core whose counter is a little behind could show less than the anchor: that is zero.
        let since = self.counter.delta_as_nanos(self.raw, raw);
        self.kernel_nanos.saturating_add(since)
    }
}

/// The kernel's clock, and the counter just before and just after it.
struct Reading {
    raw_before: u64,
    kernel_nanos: u64,
    raw_after: u64,
}

impl Reading {
    /// Tries until the counter says that nothing came between, at most `tries` times.
    ///
    /// A thread that is put aside between two readings would take its absence for an offset.
    fn tightest_of(counter: &quanta::Clock, tries: u32) -> Self {
        const TIGHT_NANOS: u64 = 200;
        let mut best = Self::take(counter);
        for _ in 1..tries {
            if counter.delta_as_nanos(best.raw_before, best.raw_after) <= TIGHT_NANOS {
                break;
            }
            let next = Self::take(counter);
            if next.width() < best.width() {
                best = next;
            }
        }
        best
    }

    fn take(counter: &quanta::Clock) -> Self {
        let raw_before = counter.raw();
        let kernel_nanos = kernel::now_nanos();
        Self { raw_before, kernel_nanos, raw_after: counter.raw() }
    }

    fn width(&self) -> u64 {
        self.raw_after.saturating_sub(self.raw_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_behind_the_anchor_reads_as_the_anchor() {
        let anchor =
            Anchor { counter: quanta::Clock::new(), raw: 1 << 40, kernel_nanos: 77 };
        assert_eq!(anchor.nanos_at((1 << 40) - 1), 77);
        assert_eq!(anchor.nanos_at(0), 77);
    }

    #[test]
    fn the_end_of_time_saturates() {
        let anchor =
            Anchor { counter: quanta::Clock::new(), raw: 0, kernel_nanos: u64::MAX - 1 };
        assert_eq!(anchor.nanos_at(1 << 40), u64::MAX);
    }
}
