//! [`Figures`]: what a run comes to, and what several rounds come to.

use hdrhistogram::Histogram;

use crate::run::Run;

/// Longer than any call is late; more is counted as that.
const LONGEST_NANOS: u64 = 3_600_000_000_000;

/// A figure of a contender.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Column {
    P50,
    P90,
    P99,
    P999,
    Max,
    Worst,
    Early,
    Missed,
    Drift,
    Cpu,
    Spun,
    ToldP50,
    ToldP99,
}

/// What is kept of the rounds.
enum Fold {
    Median,
    Sum,
    Most,
}

impl Column {
    pub(crate) const ALL: [Self; 13] = [
        Self::P50,
        Self::P90,
        Self::P99,
        Self::P999,
        Self::Max,
        Self::Worst,
        Self::Early,
        Self::Missed,
        Self::Drift,
        Self::Cpu,
        Self::Spun,
        Self::ToldP50,
        Self::ToldP99,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Max => "max",
            Self::Worst => "worst of all",
            Self::Early => "early",
            Self::Missed => "missed",
            Self::Drift => "drift",
            Self::Cpu => "CPU a wake-up",
            Self::Spun => "spun a wake-up",
            Self::ToldP50 => "p50 as told",
            Self::ToldP99 => "p99 as told",
        }
    }

    const fn fold(self) -> Fold {
        match self {
            Self::Worst => Fold::Most,
            Self::Early => Fold::Sum,
            _ => Fold::Median,
        }
    }

    /// The figure of a round; times in microseconds.
    fn of(self, run: &Run, lateness: &Histogram<u64>) -> Option<f64> {
        let micros = |nanos: u64| Some(nanos as f64 / 1e3);
        let each = |nanos: u64| Some(nanos as f64 / 1e3 / run.calls as f64);
        match self {
            Self::P50 => micros(lateness.value_at_quantile(0.5)),
            Self::P90 => micros(lateness.value_at_quantile(0.9)),
            Self::P99 => micros(lateness.value_at_quantile(0.99)),
            Self::P999 => micros(lateness.value_at_quantile(0.999)),
            Self::Max | Self::Worst => micros(lateness.max()),
            Self::Early => Some(run.early as f64),
            Self::Missed => Some(run.missed as f64),
            Self::Drift => run.drift_nanos.map(|nanos| nanos as f64 / 1e3),
            Self::Cpu => each(run.cpu_nanos),
            Self::Spun => run.spun_nanos.and_then(each),
            Self::ToldP50 => told(run, 0.5),
            Self::ToldP99 => told(run, 0.99),
        }
    }
}

/// The figures of one round, or of several, by column.
#[derive(Clone, Debug)]
pub(crate) struct Figures([Option<f64>; Column::ALL.len()]);

impl Figures {
    pub(crate) fn of(run: &Run) -> Self {
        // Who was early is counted as such, and as not late.
        let late = run.lateness_nanos.iter().map(|&nanos| nanos.max(0).cast_unsigned());
        let lateness = histogram(late);
        Self(Column::ALL.map(|column| column.of(run, &lateness)))
    }

    /// Of several rounds: medians, but the worst and the number of the early of all.
    pub(crate) fn fold(rounds: &[Self]) -> Self {
        Self(Column::ALL.map(|column| {
            let found = rounds.iter().filter_map(|round| round.get(column));
            let mut found: Vec<f64> = found.collect();
            found.sort_by(f64::total_cmp);
            match column.fold() {
                Fold::Median => found.get(found.len() / 2).copied(),
                Fold::Most => found.last().copied(),
                Fold::Sum => (!found.is_empty()).then(|| found.iter().sum()),
            }
        }))
    }

    pub(crate) const fn get(&self, column: Column) -> Option<f64> {
        self.0[column as usize]
    }
}

fn histogram(nanos: impl Iterator<Item = u64>) -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, LONGEST_NANOS, 3)
        .expect("these bounds and digits are among those there are");
    nanos.for_each(|nanos| histogram.saturating_record(nanos));
    histogram
}

/// Microseconds that so large a share of what was told does not exceed.
fn told(run: &Run, share: f64) -> Option<f64> {
    let told = histogram(run.told_nanos.iter().copied());
    (!told.is_empty()).then(|| told.value_at_quantile(share) as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lateness_nanos: Vec<i64>) -> Run {
        let calls = lateness_nanos.len() as u64;
        Run { lateness_nanos, calls, cpu_nanos: 1_000_000, ..Run::default() }
    }

    #[test]
    fn quantiles_are_of_the_lateness_to_three_digits() {
        let figures = Figures::of(&run((1..=1_000).map(|late| late * 1_000).collect()));
        let is_near = |column, micros: f64| {
            let figure = figures.get(column).unwrap();
            assert!((figure / micros - 1.0).abs() < 1e-3, "{column:?}: {figure}");
        };
        is_near(Column::P50, 500.0);
        is_near(Column::P90, 900.0);
        is_near(Column::P99, 990.0);
        is_near(Column::P999, 999.0);
        is_near(Column::Max, 1_000.0);
        is_near(Column::Cpu, 1.0);
        assert_eq!(figures.get(Column::Drift), None);
    }

    #[test]
    fn medians_count_and_of_the_early_all() {
        let rounds: Vec<_> = [5_000, 1_000, 3_000]
            .map(|late| Figures::of(&Run { early: 2, ..run(vec![late]) }))
            .into();
        let figures = Figures::fold(&rounds);
        assert_eq!(figures.get(Column::Early), Some(6.0));
        assert!((figures.get(Column::Max).unwrap() - 3.0).abs() < 0.01);
        assert!((figures.get(Column::Worst).unwrap() - 5.0).abs() < 0.01);
        assert_eq!(Figures::fold(&[]).get(Column::P50), None);
    }
}
