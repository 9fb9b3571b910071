//! [`Plan`]: what every contender is to do in a round, the same for all.

use std::time::Duration;

use crate::peers::Programs;

/// Shortest and longest of the random one-shots, in whole microseconds: libevent counts in these.
const SHORTEST_MICROS: u64 = 50;
const LONGEST_MICROS: u64 = 5_000;

/// How long after a contender is set up its grid starts.
pub(crate) const LEAD_NANOS: u64 = 5_000_000;

/// A kind of timer.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Workload {
    /// A period on an absolute grid: tick k is due at start + k·period.
    Ticks,
    /// Random one-shots, each scheduled by the handler of the last.
    OneShots,
}

impl Workload {
    pub(crate) const ALL: [Self; 2] = [Self::Ticks, Self::OneShots];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ticks => "ticks",
            Self::OneShots => "one-shots",
        }
    }
}

/// What is to be done.
pub(crate) struct Plan {
    pub(crate) ticks: u64,
    pub(crate) period_nanos: u64,
    /// Of the one-shots, in their order.
    pub(crate) delays_nanos: Vec<u64>,
    /// The most that a contender may spin before a deadline.
    pub(crate) max: Duration,
    pub(crate) programs: Programs,
}

impl Plan {
    pub(crate) fn period(&self) -> Duration {
        Duration::from_nanos(self.period_nanos)
    }

    pub(crate) fn max_nanos(&self) -> u64 {
        self.max.as_nanos() as u64
    }

    /// Timers that a contender fires who misses none.
    pub(crate) fn fires(&self, workload: Workload) -> usize {
        match workload {
            Workload::Ticks => self.ticks as usize,
            Workload::OneShots => self.delays_nanos.len(),
        }
    }

    /// How long a round of a contender takes that is never late.
    pub(crate) fn duration(&self, workload: Workload) -> Duration {
        Duration::from_nanos(match workload {
            Workload::Ticks => LEAD_NANOS + self.ticks * self.period_nanos,
            Workload::OneShots => self.delays_nanos.iter().sum(),
        })
    }
}

/// The delays of the one-shots, evenly spread over their range.
pub(crate) fn delays_nanos(seed: u64, count: usize) -> Vec<u64> {
    let mut state = seed;
    let range = LONGEST_MICROS - SHORTEST_MICROS + 1;
    let delays = (0..count).map(|_| {
        // A product of 64 bits and a small range: what it favours is beyond measure.
        let share = (u128::from(split_mix(&mut state)) * u128::from(range)) >> 64;
        (SHORTEST_MICROS + share as u64) * 1_000
    });
    delays.collect()
}

/// Steele, Lea and Flood's splitmix64: good for any seed, zero too.
const fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_fill_their_range_in_whole_microseconds_the_same_for_a_seed() {
        let delays = delays_nanos(7, 10_000);
        assert_eq!(delays, delays_nanos(7, 10_000));
        assert_ne!(delays, delays_nanos(8, 10_000));
        assert!(delays.iter().all(|delay| delay % 1_000 == 0));
        let (least, most) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
        assert!((50_000..60_000).contains(least), "{least}");
        assert!((4_990_000..=5_000_000).contains(most), "{most}");
        let mean = delays.iter().sum::<u64>() / 10_000;
        assert!((2_450_000..2_600_000).contains(&mean), "{mean}");
    }
}
