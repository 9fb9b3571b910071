//! [`Record`]: what a mode did, kept while it runs. Recording allocates nothing.

use std::time::Duration;

use hdrhistogram::Histogram;
use tourbillon::Instant;

use crate::plan::{Plan, Workload};
use crate::trace::Trace;
use crate::units;

/// The longest lateness that is told apart from longer ones: an hour.
const LONGEST_NANOS: u64 = 3_600_000_000_000;

/// The fires of one mode, over all its slices.
#[derive(Debug)]
pub(crate) struct Record {
    /// How late, in nanoseconds, to three digits.
    lateness: Histogram<u64>,
    /// To the nanosecond.
    max_nanos: u64,
    /// From one tick to the next; zero if there is no grid.
    period_nanos: u64,
    pub(crate) early: u64,
    pub(crate) missed: u64,
    /// How far from start + k·period the last ticks of the slices were due, all added up; `None` if
    /// there is no grid, or it is not known.
    pub(crate) drift_nanos: Option<u64>,
    /// The worst tick of the slice that is running.
    phase_error_nanos: Option<u64>,
    /// How often the thread came back from waiting.
    pub(crate) wakeups: u64,
    /// What it used of the processor, waking up and all.
    pub(crate) cpu: Duration,
    /// Lines that were echoed beside.
    pub(crate) echoed: u64,
    pub(crate) trace: Trace,
}

impl Record {
    /// Room for all that comes.
    pub(crate) fn new(plan: &Plan) -> Self {
        let lateness = Histogram::new_with_bounds(1, LONGEST_NANOS, 3)
            .expect("the bounds are constants, and valid");
        Self {
            lateness,
            max_nanos: 0,
            period_nanos: match plan.workload {
                Workload::Period(period) => units::nanos(period),
                Workload::Random { .. } => 0,
            },
            early: 0,
            missed: 0,
            drift_nanos: None,
            phase_error_nanos: None,
            wakeups: 0,
            cpu: Duration::ZERO,
            echoed: 0,
            trace: Trace::new(plan.duration),
        }
    }

    /// A timer due at `scheduled` fired at `now`, after `missed` ticks that did not.
    ///
    /// It is as late as the first of these: it was waited for since then. Counted from `scheduled`, a
    /// stall of a second would look like a lateness of less than one period.
    #[inline]
    pub(crate) fn fired(&mut self, scheduled: Instant, now: Instant, missed: u64) {
        self.early += u64::from(now < scheduled);
        self.missed += missed;
        let waited = Duration::from_nanos(self.period_nanos.saturating_mul(missed));
        let due = scheduled - waited;
        let nanos = units::nanos(now.saturating_duration_since(due));
        self.lateness.saturating_record(nanos.min(LONGEST_NANOS));
        self.max_nanos = self.max_nanos.max(nanos);
        self.trace.add(due, nanos);
    }

    /// A tick was due at `scheduled`, and on the grid it would have been at `grid`.
    #[inline]
    pub(crate) fn phase(&mut self, scheduled: Instant, grid: Instant) {
        let error = scheduled.as_nanos().abs_diff(grid.as_nanos());
        self.phase_error_nanos = Some(self.phase_error_nanos.unwrap_or(0).max(error));
    }

    /// A slice begins, whose first timer is due at `start`.
    pub(crate) fn begin_slice(&mut self, start: Instant) {
        self.trace.begin_slice(start);
    }

    /// The slice is over.
    pub(crate) fn end_slice(&mut self, len: Duration) {
        self.trace.end_slice(len);
        if let Some(error) = self.phase_error_nanos.take() {
            self.drift_nanos = Some(self.drift_nanos.unwrap_or(0).saturating_add(error));
        }
    }

    /// How many timers fired.
    pub(crate) fn fires(&self) -> u64 {
        self.lateness.len()
    }

    /// The lateness that the share `q` of the fires did not exceed.
    pub(crate) fn quantile_nanos(&self, q: f64) -> u64 {
        // The table rounds up, and nothing was later than the latest.
        self.lateness.value_at_quantile(q).min(self.max_nanos)
    }

    pub(crate) const fn max_nanos(&self) -> u64 {
        self.max_nanos
    }

    pub(crate) fn mean_nanos(&self) -> f64 {
        self.lateness.mean()
    }

    /// What one wake-up costs; `None` before the first.
    pub(crate) fn cpu_per_wakeup_nanos(&self) -> Option<u64> {
        units::nanos(self.cpu).checked_div(self.wakeups)
    }

    /// Every lateness that was seen and how often, shortest first.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.lateness.iter_recorded().map(|step| {
            (step.value_iterated_to().min(self.max_nanos), step.count_at_value())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    /// Of ticks that are 100 ns apart.
    fn record() -> Record {
        let workload = Workload::Period(Duration::from_nanos(100));
        Record::new(&Plan {
            workload,
            timers: 1,
            duration: Duration::from_secs(1),
            seed: 0,
        })
    }

    #[test]
    fn early_ones_missed_ones_and_the_latest_are_counted() {
        let mut record = record();
        record.begin_slice(at(100));
        record.fired(at(100), at(99), 0);
        record.fired(at(500), at(507), 3);
        assert_eq!(record.max_nanos(), 307);
        record.fired(at(600), at(1_235_167), 0);
        assert_eq!((record.early, record.missed, record.fires()), (1, 3, 3));
        assert_eq!(record.max_nanos(), 1_234_567);
        assert_eq!(record.quantile_nanos(1.0), 1_234_567);
        assert_eq!(record.counts().map(|(_, count)| count).sum::<u64>(), 3);
    }

    #[test]
    fn drift_is_the_phase_error_of_every_slice_added_up() {
        let mut record = record();
        record.end_slice(Duration::ZERO);
        assert_eq!(record.drift_nanos, None);
        for (scheduled, grid) in [(110, 100), (230, 200), (90, 100)] {
            record.phase(at(scheduled), at(grid));
            record.end_slice(Duration::ZERO);
        }
        assert_eq!(record.drift_nanos, Some(50));
    }
}
