//! [`Run`]: what was seen of one contender in one round.

use crate::clock::lateness;

/// One round of one contender.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// Nanoseconds from each deadline to the first reading in the contender's own code of the clock that
    /// it goes by; negative: before. A tick that was skipped counts with the call that came instead of it,
    /// or who skips would look better than who catches up.
    pub(crate) lateness_nanos: Vec<i64>,
    /// What the contender itself said of each call, where it says such a thing.
    pub(crate) told_nanos: Vec<u64>,
    /// Calls of the contender's own code.
    pub(crate) calls: u64,
    /// Calls before their deadline.
    pub(crate) early: u64,
    /// The least lateness by the kernel's clock, of a contender that goes by another.
    pub(crate) kernel_least_nanos: Option<i64>,
    /// Ticks that were never handed out.
    pub(crate) missed: u64,
    /// How far the last tick's schedule was from the grid. Nothing for one-shots.
    pub(crate) drift_nanos: Option<i64>,
    /// Of the processor, between the first and the last call.
    pub(crate) cpu_nanos: u64,
    /// Time spun instead of slept, where it is told.
    pub(crate) spun_nanos: Option<u64>,
}

impl Run {
    pub(crate) fn with_capacity(fires: usize) -> Self {
        // Written to now, so that no call pays for fresh memory. Zeros would come without a write.
        let (mut lateness_nanos, mut told_nanos) = (vec![1; fires], vec![1; fires]);
        lateness_nanos.clear();
        told_nanos.clear();
        Self { lateness_nanos, told_nanos, ..Self::default() }
    }

    /// Counts a call, before its deadline if negative.
    #[inline]
    pub(crate) fn called(&mut self, lateness_nanos: i64) {
        self.lateness_nanos.push(lateness_nanos);
        self.calls += 1;
        self.early += u64::from(lateness_nanos < 0);
    }

    /// Counts ticks that were skipped, of which the first was so late when it was passed over.
    #[inline]
    pub(crate) fn skipped(&mut self, missed: u64, first_nanos: i64, period_nanos: u64) {
        let later = (0..missed).map(|place| (place * period_nanos).cast_signed());
        self.lateness_nanos.extend(later.map(|later| first_nanos - later));
        self.missed += missed;
    }
}

/// The place on a grid of who skips what it has missed, as ours and tokio's intervals do.
pub(crate) struct Grid {
    start: u64,
    period: u64,
    /// Of the tick that is waited for.
    index: u64,
}

impl Grid {
    pub(crate) const fn new(start: u64, period: u64) -> Self {
        Self { start, period, index: 1 }
    }

    pub(crate) const fn index(&self) -> u64 {
        self.index
    }

    pub(crate) const fn deadline(&self) -> u64 {
        self.start + self.index * self.period
    }

    /// Hands out the latest tick that is due at `now`, which the caller has waited for, and counts it
    /// and those that were skipped before it.
    pub(crate) fn tick(&mut self, now: u64, run: &mut Run) {
        let late = lateness(self.deadline(), now);
        let missed = now.saturating_sub(self.deadline()) / self.period;
        run.skipped(missed, late, self.period);
        self.index += missed;
        run.called(lateness(self.deadline(), now));
        self.index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_hands_out_the_latest_due_tick_and_keeps_its_place() {
        let (mut grid, mut run) = (Grid::new(1_000, 100), Run::with_capacity(4));
        let mut late_at = |now| {
            let before = run.lateness_nanos.len();
            grid.tick(now, &mut run);
            (run.lateness_nanos[before..].to_vec(), run.missed, grid.deadline())
        };
        assert_eq!(late_at(1_130), (vec![30], 0, 1_200));
        // Missed is what the next tick had come for, exactly.
        assert_eq!(late_at(1_299), (vec![99], 0, 1_300));
        assert_eq!(late_at(1_400), (vec![100, 0], 1, 1_500));
        assert_eq!(late_at(1_850), (vec![350, 250, 150, 50], 4, 1_900));
        assert_eq!((run.calls, run.early), (4, 0));
    }

    #[test]
    fn a_grid_that_is_asked_too_early_says_so_in_the_lateness() {
        let (mut grid, mut run) = (Grid::new(0, 100), Run::with_capacity(1));
        grid.tick(97, &mut run);
        assert_eq!((run.missed, run.early, &run.lateness_nanos[..]), (0, 1, &[-3][..]));
    }
}
