//! [`Million`]: all timers fall into one millisecond, and fire at once.

use core::marker::PhantomData;
use core::time::Duration;

use tourbillon::time::Instant;

use crate::clock::cpu_time;
use crate::harness::{Contender, Random};
use crate::line::{Line, nanos};
use crate::rows::{Lane, Plan};

pub(crate) const LINES: &[Line] =
    &[nanos("schedule + drain, each"), nanos("drain alone, each")];

/// When the millisecond begins.
const BEGIN: Instant = Instant::from_nanos(1_000_000_000);
const STEP: Duration = Duration::from_millis(1);
/// After so much time whoever has not fired all never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// Deadlines at random in the millisecond, the same for all.
pub(crate) fn deadlines(population: usize) -> Vec<Instant> {
    let mut random = Random::new();
    let mut deadline = |_| BEGIN + Duration::from_nanos(random.below(1_000_000));
    (0..population).map(&mut deadline).collect()
}

/// A contender without timers, and room for as many; the null one is told what to answer.
pub(crate) fn empty<C: Contender>(population: usize) -> C {
    let mut timers = C::with_capacity(population + 64);
    timers.expect(population, BEGIN, 1_000_000 / population as u64);
    timers
}

/// When the millisecond is over.
pub(crate) fn end() -> Instant {
    BEGIN + STEP
}

/// Fires all; those who fire late get more time.
pub(crate) fn drain<C: Contender>(
    population: usize,
    mut pop: impl FnMut(Instant) -> (usize, Instant),
) {
    let (mut now, mut fired, mut earliest) = (end(), 0, Instant::ZERO);
    while fired < population && now < end() + PATIENCE {
        let (count, deadline) = pop(now);
        if count == 0 {
            now += STEP;
        } else if C::EXACT {
            assert!(deadline >= earliest, "in order, to the nanosecond");
            earliest = deadline;
        }
        fired += count;
    }
    assert!(fired >= population, "{} of {population} fired for {}", fired, C::NAME);
}

/// Schedules and drains anew each round.
pub(crate) struct Million<C> {
    population: usize,
    deadlines: Vec<Instant>,
    contender: PhantomData<C>,
}

impl<C: Contender> Million<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        let population = plan.population;
        Self { population, deadlines: deadlines(population), contender: PhantomData }
    }
}

impl<C: Contender> Lane for Million<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let mut timers: C = empty(self.population);
        // Kept, as whoever wants to cancel keeps them, and as the harness of the others does.
        let mut keys = Vec::with_capacity(self.population);
        let scheduling = cpu_time(|| {
            let values = 0..;
            for (&deadline, value) in self.deadlines.iter().zip(values) {
                keys.push(timers.schedule(deadline, value));
            }
        });
        let draining = cpu_time(|| {
            drain::<C>(self.population, |now| match timers.pop(now) {
                Some((deadline, value)) => {
                    timers.retire(&mut keys[value as usize]);
                    (1, deadline)
                }
                None => (0, Instant::ZERO),
            });
        });
        let each = |nanos: f64| Some(nanos / self.population as f64);
        vec![each(scheduling + draining), each(draining)]
    }
}
