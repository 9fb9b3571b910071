//! [`Plan`]: what every mode is asked to do, cut into slices.

use std::time::Duration;

use crate::units;

/// How long a slice is meant to be: long enough for its start not to matter, short enough for a
/// noisy second of the machine to hit every mode.
const SLICE: Duration = Duration::from_millis(250);

/// The most slices of a mode, and the least ticks in one of them.
const MOST_SLICES: u64 = 40;
const LEAST_TICKS: u64 = 4;

/// Which timers are to fire.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Workload {
    /// Ticks on a grid.
    Period(Duration),
    /// One-shots, one after another.
    Random { min: Duration, max: Duration },
}

/// What every mode is asked to do.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) workload: Workload,
    /// How many timers at once.
    pub(crate) timers: u32,
    /// How long each mode is measured, all its slices together.
    pub(crate) duration: Duration,
    pub(crate) seed: u64,
}

/// One of the turns that a mode gets.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Slice {
    /// Ticks of each timer, if they are on a grid.
    pub(crate) ticks: u64,
    pub(crate) len: Duration,
    /// The same for all modes, so that all wait for the same.
    pub(crate) seed: u64,
}

impl Workload {
    /// The longest that a timer takes.
    pub(crate) const fn longest(self) -> Duration {
        match self {
            Self::Period(period) => period,
            Self::Random { max, .. } => max,
        }
    }

    /// What it is, as a heading.
    pub(crate) fn title(self, timers: u32) -> String {
        let what = match self {
            Self::Period(period) => {
                format!("ticks every {}", units::read(units::nanos(period)))
            }
            Self::Random { min, max } => {
                let [min, max] = [min, max].map(|len| units::read(units::nanos(len)));
                format!("random one-shots of {min} to {max}")
            }
        };
        match timers {
            1 => what,
            _ => format!("{what}, {timers} timers at once"),
        }
    }
}

impl Plan {
    /// How many slices each mode gets.
    pub(crate) fn slices(&self) -> u64 {
        let longest = units::nanos(self.workload.longest()).max(1);
        let ticks = units::nanos(self.duration) / longest;
        let wanted = units::nanos(self.duration) / units::nanos(SLICE);
        wanted.min(ticks / LEAST_TICKS).clamp(1, MOST_SLICES)
    }

    /// The slice number `index`. All of them have as many ticks as the duration has periods.
    pub(crate) fn slice(&self, index: u64) -> Slice {
        let slices = self.slices();
        let share = |whole: u64| {
            let until =
                |index| u128::from(whole) * u128::from(index) / u128::from(slices);
            u64::try_from(until(index + 1) - until(index)).expect("a part of a u64")
        };
        let ticks = match self.workload {
            Workload::Period(period) => {
                share(units::nanos(self.duration) / units::nanos(period))
            }
            Workload::Random { .. } => 0,
        };
        let len = match self.workload {
            Workload::Period(period) => {
                Duration::from_nanos(units::nanos(period).saturating_mul(ticks))
            }
            Workload::Random { .. } => {
                Duration::from_nanos(share(units::nanos(self.duration)))
            }
        };
        Slice { ticks, len, seed: self.seed.wrapping_add(index) }
    }

    /// How many ticks there are in all, if they are on a grid.
    pub(crate) fn ticks(&self) -> Option<u64> {
        let Workload::Period(period) = self.workload else { return None };
        let each = units::nanos(self.duration) / units::nanos(period);
        Some(each.saturating_mul(u64::from(self.timers)))
    }

    /// How much later than the first of them the timer number `index` begins: spread evenly over
    /// one period, or over the shortest delay.
    pub(crate) fn phase(&self, index: u32) -> Duration {
        let spread = match self.workload {
            Workload::Period(period) => period,
            Workload::Random { min, .. } => min,
        };
        let nanos = spread.as_nanos() * u128::from(index) / u128::from(self.timers);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// From the start of a slice to its first deadline: time to schedule all timers in, so that
    /// none is late before it is there.
    pub(crate) fn lead(&self) -> Duration {
        let longest = self.workload.longest();
        longest.min(Duration::from_millis(1)) + Duration::from_micros(1) * self.timers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(period: Duration, duration: Duration) -> Plan {
        Plan { workload: Workload::Period(period), timers: 4, duration, seed: 1 }
    }

    #[test]
    fn the_slices_have_all_the_ticks() {
        let ms = Duration::from_millis;
        for (period, duration) in [
            (ms(1), ms(3_333)),
            (ms(7), ms(10_000)),
            (ms(900), ms(1_000)),
            (ms(1), ms(1)),
        ] {
            let plan = plan(period, duration);
            let ticks = (0..plan.slices()).map(|index| plan.slice(index).ticks);
            assert!(ticks.clone().all(|ticks| ticks > 0), "{plan:?}");
            assert_eq!(Some(ticks.sum::<u64>() * 4), plan.ticks(), "{plan:?}");
        }
    }

    #[test]
    fn slices_are_short_and_hold_some_ticks() {
        let ms = Duration::from_millis;
        assert_eq!(plan(ms(1), ms(2_500)).slices(), 10);
        assert_eq!(plan(ms(500), ms(10_000)).slices(), 5);
        assert_eq!(plan(ms(1), ms(3_600_000)).slices(), MOST_SLICES);
        assert_eq!(plan(Duration::from_nanos(1), ms(100)).slices(), 1);
    }

    #[test]
    fn phases_are_spread_over_one_period() {
        let plan = plan(Duration::from_micros(10), Duration::from_secs(1));
        let phases = [0, 1, 2, 3].map(|index| plan.phase(index).as_nanos());
        assert_eq!(phases, [0, 2_500, 5_000, 7_500]);
    }
}
