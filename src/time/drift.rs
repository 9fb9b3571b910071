//! [`Drift`]: what an interval says of how it kept to its grid.

use core::time::Duration;

use crate::time::{Instant, Tick};

/// How an [`Interval`](crate::time::Interval) kept to its grid since its start, or since it was last
/// given a new one.
///
/// Lateness is what each tick suffers by itself: how long after it was due it was asked for. Drift is
/// what adds up, and here nothing does: [`phase_error`](Self::phase_error) is zero after any number of
/// late ticks, unless the interval was told to leave the grid. What other timers call drift is the two
/// mixed: the next deadline taken from the time at which the last one was seen.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::time::{Instant, Interval};
///
/// let at = |millis| Instant::ZERO + Duration::from_millis(millis);
/// let mut every = Interval::new(at(10), Duration::from_millis(10))?;
/// every.tick(at(11)).unwrap();
/// every.tick(at(23)).unwrap();
/// every.tick(at(52)).unwrap();
///
/// let drift = every.drift();
/// assert_eq!((drift.ticks(), drift.missed()), (3, 2));
/// assert_eq!(drift.mean_lateness(), Duration::from_millis(2));
/// assert_eq!(drift.worst_lateness(), Duration::from_millis(3));
/// assert_eq!(drift.phase_error(), Duration::ZERO);
/// # Ok::<(), tourbillon::time::ZeroPeriod>(())
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Debug, Default)]
pub struct Drift {
    ticks: u64,
    missed: u64,
    late_nanos: u128,
    worst: Duration,
    phase_error: Duration,
}

impl Drift {
    /// Of an interval that has just been started.
    pub(super) const NONE: Self = Self {
        ticks: 0,
        missed: 0,
        late_nanos: 0,
        worst: Duration::ZERO,
        phase_error: Duration::ZERO,
    };

    /// How many ticks were handed out.
    #[must_use]
    pub const fn ticks(&self) -> u64 {
        self.ticks
    }

    /// How many ticks were skipped between them. With those handed out, they are all that were due.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }

    /// How late the ticks that were handed out were, on average; zero if there were none.
    #[must_use]
    pub fn mean_lateness(&self) -> Duration {
        let mean = self.late_nanos.checked_div(self.ticks.into()).unwrap_or(0);
        // No more than the longest of them, which is the difference of two instants.
        Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// How late the latest of them was.
    #[must_use]
    pub const fn worst_lateness(&self) -> Duration {
        self.worst
    }

    /// By how much the tick that was handed out last was due after start + index · period. Zero under
    /// every [behavior](crate::time::MissedTickBehavior) but `Delay`, which begins a new grid after
    /// each miss.
    #[must_use]
    pub const fn phase_error(&self) -> Duration {
        self.phase_error
    }

    /// A tick of the grid that began at `start` was handed out at `now`.
    pub(super) fn note(
        &mut self,
        tick: &Tick,
        now: Instant,
        start: Instant,
        period: Duration,
    ) {
        let late = now.saturating_duration_since(tick.scheduled);
        self.ticks = self.ticks.saturating_add(1);
        self.missed = self.missed.saturating_add(tick.missed);
        self.late_nanos = self.late_nanos.saturating_add(late.as_nanos());
        self.worst = self.worst.max(late);
        let grid = period.as_nanos().saturating_mul(tick.index.into());
        let from_start = tick.scheduled.saturating_duration_since(start);
        let error = from_start.as_nanos().saturating_sub(grid);
        self.phase_error = Duration::from_nanos(u64::try_from(error).unwrap_or(u64::MAX));
    }
}
