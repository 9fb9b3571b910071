//! [`Axis`]: where a value lies, and which values are written beside.

use crate::units;

/// A straight scale from values to pixels. What is logarithmic is taken the logarithm of before.
#[derive(Copy, Clone, Debug)]
pub(super) struct Axis {
    pub(super) values: (f64, f64),
    pub(super) pixels: (f64, f64),
}

/// A value that is written beside its axis.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

impl Axis {
    /// Where `value` lies; beyond the ends, at the end.
    pub(super) fn pixel(&self, value: f64) -> f64 {
        let ((low, high), (from, to)) = (self.values, self.pixels);
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        from + share * (to - from)
    }
}

/// The whole decades, in nanoseconds and as powers of ten, that hold all from `least` to `most`: two
/// of them or more. Less than a hundred nanoseconds is no more than the clock can tell.
pub(super) fn decades(least_nanos: u64, most_nanos: u64) -> (i32, i32) {
    let low = power(least_nanos.max(100));
    let high = power(most_nanos.saturating_sub(1).max(100)) + 1;
    (low, high.max(low + 2))
}

/// The power of ten that `nanos` begins with.
fn power(nanos: u64) -> i32 {
    i32::try_from(nanos.ilog10()).expect("there are 20 of them")
}

/// A logarithm of what may be zero, which lies at the end of every axis.
pub(super) fn log10(nanos: u64) -> f64 {
    units::float(nanos.max(1)).log10()
}

/// A tick for every decade.
pub(super) fn decade_ticks((low, high): (i32, i32)) -> Vec<Tick> {
    let nanos = |power: i32| 10_u64.saturating_pow(power.unsigned_abs());
    (low..=high)
        .map(|power| Tick { value: f64::from(power), label: units::read(nanos(power)) })
        .collect()
}

/// The lines between decades: twice, three times and so on.
pub(super) fn between_decades((low, high): (i32, i32)) -> impl Iterator<Item = f64> {
    (low..high).flat_map(|power| {
        (2..10).map(move |times| f64::from(power) + f64::from(times).log10())
    })
}

/// Where the share `part / whole` lies on an axis that shows tails: 90 % at one, 99 % at two.
pub(super) fn nines(part: u64, whole: u64) -> f64 {
    let rest = whole.saturating_sub(part);
    units::float(whole.max(1)).log10() - units::float(rest.max(1)).log10()
}

/// The shares that are written beside such an axis that ends at `top`.
pub(super) fn nines_ticks(top: f64) -> Vec<Tick> {
    let shares = [(0, 1, "0 %"), (1, 2, "50 %"), (9, 10, "90 %"), (99, 100, "99 %")];
    let tails = (3_u32..).map(|power| {
        let whole = 10_u64.pow(power.min(18));
        (whole - 1, whole, format!("99.{} %", "9".repeat(power as usize - 2)))
    });
    shares
        .map(|(part, whole, label)| (part, whole, label.to_owned()))
        .into_iter()
        .chain(tails)
        .map(|(part, whole, label)| Tick { value: nines(part, whole), label })
        .take_while(|tick| tick.value <= top + 1e-9)
        .collect()
}

/// Five to ten round numbers of seconds from zero to `seconds`.
pub(super) fn second_ticks(seconds: f64) -> Vec<Tick> {
    let step = round_step(seconds / 10.0);
    let decimals =
        usize::from(step < 1.0) + usize::from(step < 0.1) + usize::from(step < 0.01);
    (0..=12_u32)
        .map(|index| f64::from(index) * step)
        .take_while(|value| *value <= seconds * 1.000_001)
        .map(|value| Tick { value, label: format!("{value:.decimals$}") })
        .collect()
}

/// The least of 1, 2 and 5 times a power of ten that is no less than `least`.
fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.max(1e-9).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
    steps.into_iter().find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn values_lie_between_the_ends() {
        let axis = Axis { values: (2.0, 4.0), pixels: (100.0, 0.0) };
        let pixels = [1.0, 2.0, 3.0, 4.0, 5.0].map(|value| axis.pixel(value));
        assert!(
            pixels
                .iter()
                .zip([100.0, 100.0, 50.0, 0.0, 0.0])
                .all(|(a, b)| (a - b).abs() < 1e-9)
        );
    }

    #[test]
    fn decades_hold_what_there_is() {
        assert_eq!(decades(0, 0), (2, 4));
        assert_eq!(decades(1_000, 10_000), (3, 5));
        assert_eq!(decades(999, 10_001), (2, 5));
        assert_eq!(decades(52_000, 53_000), (4, 6));
        assert_eq!(decades(7, u64::MAX), (2, 20));
        assert_eq!(
            labels(&decade_ticks((2, 6))),
            ["100 ns", "1 µs", "10 µs", "100 µs", "1 ms"]
        );
        assert_eq!(between_decades((2, 4)).count(), 16);
    }

    #[test]
    fn a_tail_is_as_long_as_its_nines() {
        assert_eq!(labels(&nines_ticks(3.0)), ["0 %", "50 %", "90 %", "99 %", "99.9 %"]);
        assert_eq!(labels(&nines_ticks(5.2)).last(), Some(&"99.999 %"));
        assert!((nines(999, 1_000) - 3.0).abs() < 1e-9);
        // The last of them all is as far out as one more would be.
        assert!((nines(1_000, 1_000) - 3.0).abs() < 1e-9);
        assert!(nines(0, 0).abs() < 1e-9);
    }

    #[test]
    fn seconds_are_round() {
        assert_eq!(labels(&second_ticks(10.0)).len(), 11);
        assert_eq!(
            labels(&second_ticks(0.5)),
            [
                "0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35", "0.40",
                "0.45", "0.50"
            ]
        );
        assert_eq!(labels(&second_ticks(33.0)), ["0", "5", "10", "15", "20", "25", "30"]);
        for seconds in [1e-6, 0.03, 1.0, 7.3, 61.0, 3_600.0] {
            assert!((5..=11).contains(&second_ticks(seconds).len()), "{seconds}");
        }
    }
}
