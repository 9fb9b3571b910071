//! [`Worst`]: the single calls of the hold model.

use core::marker::PhantomData;

use tourbillon::time::Instant;

use crate::harness::Contender;
use crate::harness::timed::Timed;
use crate::harness::world::World;
use crate::line::{Line, count, least, nanos};
use crate::rows::{Lane, Plan};

pub(crate) const LINES: &[Line] = &[
    nanos("hold, single calls: p99.9"),
    nanos("hold, single calls: p99.99"),
    least("hold, single calls: worst, least of the rounds", "µs"),
    count("hold: most timers touched by one call", "moves"),
];

/// Timers settle for 15 s from here and are measured for 30: a ring of a wheel that turns over at
/// 2^16 ms or at 2^36 ns, as those of some do, does so meanwhile, at 65.5 s and 68.7 s.
const START: Instant = Instant::from_nanos(48_000_000_000);

/// Starts anew each round: the same calls, so that of the worst the least is the contender's own.
pub(crate) struct Worst<C> {
    population: usize,
    contender: PhantomData<C>,
}

impl<C: Contender> Worst<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { population: plan.population, contender: PhantomData }
    }
}

impl<C: Contender> Lane for Worst<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let mut world = World::<Timed<C>>::holding_from(START, self.population);
        world.timers.calls.clear();
        world.fire_schedule(2 * self.population as u64);
        let moves = world.timers.max_moves().map(|moves| moves as f64);
        let mut calls = Calls::new(&mut world.timers.calls);
        vec![
            Some(calls.at(9_990)),
            Some(calls.at(9_999)),
            Some(calls.at(10_000) / 1e3),
            moves,
        ]
    }
}

/// Single calls by how long they took.
pub(crate) struct Calls<'a>(&'a mut [u32]);

impl<'a> Calls<'a> {
    pub(crate) fn new(nanos: &'a mut [u32]) -> Self {
        Self(nanos)
    }

    /// Nanoseconds that so many of ten thousand calls do not exceed.
    pub(crate) fn at(&mut self, per_myriad: usize) -> f64 {
        let index = (self.0.len() * per_myriad / 10_000).min(self.0.len() - 1);
        f64::from(*self.0.select_nth_unstable(index).1)
    }
}
