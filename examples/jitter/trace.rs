//! [`Trace`]: some of the fires and when they were, for the picture. Bounded, whatever is measured.
//!
//! The time that a mode gets is cut into columns, each of which keeps its latest fire, so that no
//! outlier is lost, and a fair sample of the others.

use std::time::Duration;

use tourbillon::Instant;

use crate::random::Random;
use crate::units;

/// How many columns there are, and how many fires of each are kept beside the latest.
const COLUMNS: usize = 300;
const OTHERS: usize = 3;

/// A fire.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Default)]
pub(crate) struct Point {
    pub(crate) due: Instant,
    pub(crate) lateness_nanos: u64,
}

#[derive(Copy, Clone, Debug, Default)]
struct Column {
    fires: u64,
    latest: Point,
    others: [Point; OTHERS],
}

/// A bounded number of fires, spread over the time that a mode is measured.
#[derive(Debug)]
pub(crate) struct Trace {
    columns: Vec<Column>,
    /// What a column stands for.
    width_nanos: u64,
    /// The time of the slices before this one, and where this one begins.
    before_nanos: u64,
    start: Instant,
    random: Random,
}

impl Trace {
    /// Room for `duration`, which is what all slices of the mode last together.
    pub(crate) fn new(duration: Duration) -> Self {
        let width_nanos = units::nanos(duration).div_ceil(COLUMNS as u64).max(1);
        Self {
            columns: vec![Column::default(); COLUMNS],
            width_nanos,
            before_nanos: 0,
            start: Instant::ZERO,
            random: Random::new(0),
        }
    }

    pub(crate) fn begin_slice(&mut self, start: Instant) {
        self.start = start;
    }

    pub(crate) fn end_slice(&mut self, len: Duration) {
        self.before_nanos = self.before_nanos.saturating_add(units::nanos(len));
    }

    /// Keeps the fire, if it is the latest of its column, or by chance.
    #[inline]
    pub(crate) fn add(&mut self, due: Instant, lateness_nanos: u64) {
        let elapsed = units::nanos(due.saturating_duration_since(self.start));
        let column = self.before_nanos.saturating_add(elapsed) / self.width_nanos;
        // The last tick of a mode may be due when its time is just over.
        let column = usize::try_from(column).map_or(COLUMNS - 1, |c| c.min(COLUMNS - 1));
        self.columns[column].add(Point { due, lateness_nanos }, &mut self.random);
    }

    /// The latest fire of every column that has one.
    pub(crate) fn latest(&self) -> impl Iterator<Item = Point> + '_ {
        self.columns.iter().filter(|column| column.fires > 0).map(|column| column.latest)
    }

    /// The sample of the others.
    pub(crate) fn others(&self) -> impl Iterator<Item = Point> + '_ {
        self.columns.iter().flat_map(|column| {
            let kept = usize::try_from(column.fires.saturating_sub(1)).unwrap_or(OTHERS);
            column.others.iter().take(kept).copied()
        })
    }
}

impl Column {
    fn add(&mut self, point: Point, random: &mut Random) {
        self.fires += 1;
        if self.fires == 1 {
            self.latest = point;
            return;
        }
        let other = if point.lateness_nanos > self.latest.lateness_nanos {
            std::mem::replace(&mut self.latest, point)
        } else {
            point
        };
        // Vitter's reservoir: each of them stays with the same chance.
        let seen = self.fires - 1;
        let place = if seen <= OTHERS as u64 { seen - 1 } else { random.below(seen) };
        if let Some(kept) =
            usize::try_from(place).ok().and_then(|p| self.others.get_mut(p))
        {
            *kept = other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn few_fires_are_all_kept() {
        let mut trace = Trace::new(Duration::from_secs(4));
        trace.begin_slice(at(1_000));
        for nth in 0..4 {
            trace.add(at(1_000 + nth), 10 * nth);
        }
        let mut kept: Vec<_> = trace.latest().chain(trace.others()).collect();
        kept.sort_by_key(|point| point.due);
        assert_eq!(kept.len(), 4);
        assert!(
            kept.iter().zip(0..).all(|(point, nth)| point.lateness_nanos == 10 * nth)
        );
    }

    #[test]
    fn of_many_fires_a_bounded_number_is_kept_and_every_outlier() {
        let mut trace = Trace::new(Duration::from_millis(1));
        for slice in 0..10 {
            let start = 5_000_000 * slice;
            trace.begin_slice(at(start));
            for nth in 0..100_000 {
                let lateness = if nth == 77_777 { 1_000_000 + slice } else { nth % 100 };
                trace.add(at(start + nth), lateness);
            }
            trace.end_slice(Duration::from_micros(100));
        }
        assert_eq!(trace.latest().count(), COLUMNS);
        assert_eq!(trace.others().count(), COLUMNS * OTHERS);
        let outliers = trace.latest().filter(|point| point.lateness_nanos >= 1_000_000);
        assert_eq!(outliers.count(), 10);
        let sum: u64 = trace.others().map(|point| point.lateness_nanos).sum();
        let mean = sum / (COLUMNS * OTHERS) as u64;
        assert!((40..60).contains(&mean), "{mean} is not the mean of 0..100");
    }

    #[test]
    fn what_lies_beyond_the_end_is_in_the_last_column() {
        let mut trace = Trace::new(Duration::from_nanos(1));
        trace.begin_slice(at(10));
        trace.add(Instant::MAX, 1);
        trace.add(Instant::ZERO, 2);
        assert_eq!(trace.latest().chain(trace.others()).count(), 2);
    }
}
