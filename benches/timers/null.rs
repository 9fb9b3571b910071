//! [`Null`]: what the harness itself costs.
//!
//! It has no timers and answers without looking. What a workload takes with it are the random
//! numbers, the reads and writes of the key array, the loop and the assertions.

use tourbillon::time::Instant;

use super::contender::Contender;
use super::random::Random;

/// No timers at all.
pub(crate) struct Null {
    due: Instant,
    /// The mean time between two timers that fire.
    gap_nanos: u64,
    population: u64,
    random: Random,
}

impl Contender for Null {
    const NAME: &'static str = "null";

    type Key = u64;

    fn with_capacity(_: usize) -> Self {
        Self { due: Instant::MAX, gap_nanos: 0, population: 0, random: Random::new() }
    }

    #[inline(always)]
    fn schedule(&mut self, deadline: Instant, _: u64) -> u64 {
        deadline.as_nanos()
    }

    #[inline(always)]
    fn cancel(&mut self, key: &mut u64) -> Option<u64> {
        Some(*key)
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if self.due > now {
            return None;
        }
        let due = self.due;
        self.due = Instant::from_nanos(due.as_nanos() + self.gap_nanos);
        Some((due, self.random.below(self.population)))
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        Some(self.due)
    }

    fn memory(&self) -> Option<usize> {
        Some(0)
    }

    fn expect(&mut self, population: usize, first: Instant, gap_nanos: u64) {
        self.population = population as u64;
        self.gap_nanos = gap_nanos;
        self.due = first;
    }
}
