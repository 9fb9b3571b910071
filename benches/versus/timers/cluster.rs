//! [`Cluster`]: all timers in one millisecond, popped by budgets.

use core::marker::PhantomData;

use tourbillon::time::Instant;

use crate::harness::Contender;
use crate::harness::timed::Timed;
use crate::line::{Line, count, least, nanos};
use crate::million::{deadlines, drain, empty};
use crate::rows::{Lane, Plan};
use crate::worst::{Calls, Fastest};

pub(crate) const LINES: &[Line] = &[
    nanos("a budget of 64: p99.9"),
    least("a budget of 64: worst, least of the rounds", "µs"),
    least("a budget of 64: worst, each at its fastest", "µs"),
    count("most timers touched by one call", "moves"),
    least("scheduling: worst, least of the rounds", "µs"),
];

/// Timers that one poll may give out.
const BUDGET: usize = 64;

/// Starts anew each round.
pub(crate) struct Cluster<C> {
    population: usize,
    deadlines: Vec<Instant>,
    fastest: Fastest,
    contender: PhantomData<C>,
}

impl<C: Contender> Cluster<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        let population = plan.population;
        let (deadlines, fastest) = (deadlines(population), Fastest::default());
        Self { population, deadlines, fastest, contender: PhantomData }
    }
}

impl<C: Contender> Lane for Cluster<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let mut timers: Timed<C> = empty(self.population);
        for (&deadline, value) in self.deadlines.iter().zip(0..) {
            timers.schedule_unkeyed(deadline, value);
        }
        let scheduling = Calls::new(&mut timers.calls).at(10_000);
        timers.calls.clear();
        let mut values = Vec::with_capacity(BUDGET);
        drain::<Timed<C>>(self.population, |now| {
            values.clear();
            timers.pop_within(now, BUDGET, &mut values);
            // The order was asserted where it was cheap to do so.
            (values.len(), Instant::MAX)
        });
        let moves = timers.max_moves().map(|moves| moves as f64);
        let fastest = self.fastest.meet(&timers.calls);
        let mut polls = Calls::new(&mut timers.calls);
        let (tail, worst) = (polls.at(9_990), polls.at(10_000));
        vec![Some(tail), Some(worst / 1e3), fastest, moves, Some(scheduling / 1e3)]
    }
}
