//! [`Means`]: what an operation of the shared workloads takes in the mean.

use crate::clock::cpu_time;
use crate::harness::world::World;
use crate::harness::{Contender, Workload};
use crate::line::{Line, nanos};
use crate::rows::{Lane, Plan};

pub(crate) const LINES: &[Line] = &[nanos("")];

/// The most processor time of a round. Some peers search all timers for the next deadline.
const ROUND_NANOS: f64 = 1e9;
/// How long a guess at the time of an operation takes at least.
const GUESS_NANOS: f64 = 2e6;
/// Calls in a round of a smoke run.
const QUICK_CALLS: u64 = 1 << 10;

/// A contender's timers, and how often a round does the row's operation.
pub(crate) struct Means<C: Contender> {
    workload: Workload,
    world: World<C>,
    calls: u64,
}

impl<C: Contender> Means<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        let workload = plan.row.workload().expect("the row is one of the harness's");
        let mut world = workload.world::<C>(plan.population);
        let wanted = workload.calls(plan.population);
        let calls = if plan.quick {
            QUICK_CALLS
        } else {
            wanted.min(affordable(workload, &mut world))
        };
        Self { workload, world, calls }
    }
}

/// How many calls a round has time for.
#[expect(clippy::cast_sign_loss, reason = "times are not negative")]
fn affordable<C: Contender>(workload: Workload, world: &mut World<C>) -> u64 {
    let mut calls = 1;
    loop {
        let nanos = cpu_time(|| workload.run(world, calls));
        if nanos >= GUESS_NANOS {
            return (ROUND_NANOS / nanos * calls as f64) as u64 + 1;
        }
        calls *= 2;
    }
}

impl<C: Contender> Lane for Means<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let Self { workload, world, calls } = self;
        let nanos = cpu_time(|| workload.run(world, *calls));
        vec![Some(nanos / *calls as f64)]
    }
}
