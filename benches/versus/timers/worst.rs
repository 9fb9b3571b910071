//! [`Worst`]: the single calls of the shared workloads.

use core::marker::PhantomData;

use tourbillon::time::Instant;

use crate::harness::timed::Timed;
use crate::harness::world::World;
use crate::harness::{Contender, Workload};
use crate::line::{Line, count, least, nanos};
use crate::rows::{Lane, Plan};

pub(crate) const LINES: &[Line] = &[
    nanos("p99.9"),
    nanos("p99.99"),
    least("worst, least of the rounds", "µs"),
    least("worst, each at its fastest", "µs"),
    count("most timers touched by one call, filling included", "moves"),
    least("filling and settling before: worst, each at its fastest", "µs"),
];

/// Timers settle for 15 s from here and are measured for 30: a ring of a wheel that turns over at
/// 2^16 ms or at 2^36 ns, as those of some do, does so meanwhile, at 65.5 s and 68.7 s.
const START: Instant = Instant::from_nanos(48_000_000_000);

/// Starts anew each round: the same calls, so that of the worst the least is the contender's own.
pub(crate) struct Worst<C> {
    workload: Workload,
    population: usize,
    fastest: Fastest,
    /// Of the calls before those that are measured.
    fastest_before: Fastest,
    contender: PhantomData<C>,
}

impl<C: Contender> Worst<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        let workload = plan.row.workload().expect("the row is one of the harness's");
        Self {
            workload,
            population: plan.population,
            fastest: Fastest::default(),
            fastest_before: Fastest::default(),
            contender: PhantomData,
        }
    }

    fn world(&self) -> World<Timed<C>> {
        match self.workload {
            Workload::FireSchedule => World::holding_from(START, self.population),
            other => other.world(self.population),
        }
    }
}

impl<C: Contender> Lane for Worst<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let mut world = self.world();
        let before = self.fastest_before.meet(&world.timers.calls);
        world.timers.calls.clear();
        self.workload.run(&mut world, 2 * self.population as u64);
        let moves = world.timers.max_moves().map(|moves| moves as f64);
        let fastest = self.fastest.meet(&world.timers.calls);
        let mut calls = Calls::new(&mut world.timers.calls);
        let (most, all_but_few) = (calls.at(9_990), calls.at(9_999));
        vec![
            Some(most),
            Some(all_but_few),
            Some(calls.at(10_000) / 1e3),
            fastest,
            moves,
            before,
        ]
    }
}

/// Of each call the fastest of the rounds, which all do the same calls: what the machine does to
/// one of them drops out.
#[derive(Default)]
pub(crate) struct Fastest(Vec<u32>);

impl Fastest {
    /// The worst call by now, in microseconds; nothing if the rounds differ.
    pub(crate) fn meet(&mut self, calls: &[u32]) -> Option<f64> {
        if self.0.is_empty() {
            self.0 = calls.to_vec();
        }
        if self.0.len() != calls.len() {
            return None;
        }
        for (fastest, &call) in self.0.iter_mut().zip(calls) {
            *fastest = call.min(*fastest);
        }
        self.0.iter().max().map(|&nanos| f64::from(nanos) / 1e3)
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
