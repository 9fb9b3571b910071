//! [`Line`]: a figure of a row, and [`Fold`]: how it comes from several rounds.

/// A figure of a row.
pub(crate) struct Line {
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) fold: Fold,
    /// Whether less is better and a ratio says something.
    pub(crate) compares: bool,
}

/// What is kept of several rounds.
#[derive(Copy, Clone)]
pub(crate) enum Fold {
    Median,
    Least,
}

impl Fold {
    pub(crate) fn of(self, mut rounds: Vec<f64>) -> Option<f64> {
        rounds.sort_by(f64::total_cmp);
        match self {
            Self::Median => rounds.get(rounds.len() / 2).copied(),
            Self::Least => rounds.first().copied(),
        }
    }
}

/// Nanoseconds, of which the median counts.
pub(crate) const fn nanos(what: &'static str) -> Line {
    Line { what, unit: "ns", fold: Fold::Median, compares: true }
}

/// A figure that only disturbance makes larger.
pub(crate) const fn least(what: &'static str, unit: &'static str) -> Line {
    Line { what, unit, fold: Fold::Least, compares: true }
}

/// A figure that tells something else than speed.
pub(crate) const fn count(what: &'static str, unit: &'static str) -> Line {
    Line { what, unit, fold: Fold::Median, compares: false }
}
