//! [`Ratio`]: how many times as long one took as another, round by round.

use std::fmt;

use crate::round::Round;

/// The median and the quartiles of the ratios of a number of rounds. What disturbs the machine for longer
/// than a round disturbs both sides of a ratio.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) struct Ratio {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Ratio {
    /// Of `figure`, that of `theirs` ÷ that of `ours`. Nothing if there is no round.
    pub(crate) fn of(
        theirs: &[Round],
        ours: &[Round],
        figure: fn(&Round) -> f64,
    ) -> Option<Self> {
        let pairs = theirs.iter().zip(ours);
        let mut ratios: Vec<f64> =
            pairs.map(|(theirs, ours)| figure(theirs) / figure(ours)).collect();
        ratios.sort_by(f64::total_cmp);
        let last = ratios.len().checked_sub(1)?;
        let at = |quarters: usize| ratios[(last * quarters + 2) / 4];
        Some(Self { lower: at(1), median: at(2), upper: at(3) })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} – {:.2})", self.median, self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_the_rounds_and_not_of_what_they_add_up_to() {
        let rounds = |bytes: [f64; 5]| {
            bytes.map(|bytes| Round { register: 1.0, bytes, turns: 1.0 })
        };
        // A machine that becomes ten times as slow.
        let theirs = rounds([12.0, 13.0, 110.0, 130.0, 150.0]);
        let ours = rounds([10.0, 10.0, 100.0, 100.0, 100.0]);
        let ratio = Ratio::of(&theirs, &ours, |round| round.bytes).unwrap();
        assert_eq!(ratio, Ratio { lower: 1.2, median: 1.3, upper: 1.3 });
        assert_eq!(ratio.to_string(), "1.30 (1.20 – 1.30)");
        assert_eq!(Ratio::of(&theirs, &[], |round| round.bytes), None);
    }
}
