//! [`CounterClock`]: the CPU's counter as a clock that keeps to the kernel's, one for the process.

use std::sync::OnceLock;

use super::discipline::{Counter, Disciplined, Reading};
use crate::time::{Discipline, kernel};

/// The clock of this process on the CPU's counter.
#[derive(Debug)]
pub(super) struct CounterClock(Disciplined<Quanta>);

impl CounterClock {
    /// `None` if the kernel does not keep its own time by the counter.
    pub(super) fn of_this_process() -> Option<&'static Self> {
        static CLOCK: OnceLock<Option<CounterClock>> = OnceLock::new();
        CLOCK.get_or_init(|| kernel::trusts_the_counter().then(Self::calibrated)).as_ref()
    }

    fn calibrated() -> Self {
        const TICKS: u64 = 1 << 32;
        let counter = Quanta(quanta::Clock::new());
        let nanos = counter.0.delta_as_nanos(0, TICKS);
        Self(Disciplined::beginning_now(counter, nanos, TICKS))
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.0.now()
    }

    /// The clock, and the kernel's at the same time or some 40 ns later.
    pub(super) fn now_and_kernel_now(&self) -> (u64, u64) {
        // So that the counter is in a segment when the two are read.
        let now = self.0.now();
        let pair = Pair::tightest_of(&self.0.counter().0, 4);
        // If it no longer is, the thread was put aside: then by as much later.
        (self.0.at(pair.raw_before).unwrap_or(now), pair.kernel_nanos)
    }

    pub(super) fn discipline(&self) -> Discipline {
        self.0.report()
    }
}

/// The CPU's counter, beside the kernel's clock.
#[derive(Debug)]
struct Quanta(quanta::Clock);

impl Counter for Quanta {
    #[inline]
    fn raw(&self) -> u64 {
        self.0.raw()
    }

    fn read(&self) -> Reading {
        let pair = Pair::tightest_of(&self.0, 8);
        let width = pair.width();
        Reading {
            raw: pair.raw_before.wrapping_add(width / 2),
            nanos: pair.kernel_nanos,
            uncertainty: self.0.delta_as_nanos(0, width.saturating_add(1)).div_ceil(2),
        }
    }
}

/// The kernel's clock, and the counter just before and just after it.
struct Pair {
    raw_before: u64,
    kernel_nanos: u64,
    raw_after: u64,
}

impl Pair {
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
