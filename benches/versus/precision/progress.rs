//! [`Progress`]: on standard error, who is at work and how long the rest takes.

use std::time::Duration;

use crate::lane::Lane;
use crate::plan::Plan;

pub(crate) struct Progress {
    rounds: u64,
    /// From 1.
    round: u64,
}

impl Progress {
    pub(crate) const fn new(rounds: u64) -> Self {
        Self { rounds, round: 0 }
    }

    pub(crate) const fn next_round(&mut self) {
        self.round += 1;
    }

    /// Tells that the lane at `index` begins.
    pub(crate) fn tell(&self, plan: &Plan, lanes: &[Lane], index: usize) {
        let lane = &lanes[index];
        eprintln!(
            "precision: round {} of {}: {}: {}; {} left",
            self.round,
            self.rounds,
            lane.workload.name(),
            lane.who.name(),
            shown(left(plan, lanes, index, self.rounds - self.round)),
        );
    }
}

/// How long the lanes from `index` on take, and all of them in the `rounds` after that.
fn left(plan: &Plan, lanes: &[Lane], index: usize, rounds: u64) -> Duration {
    let of = |lanes: &[Lane]| -> Duration {
        let able = lanes.iter().filter(|lane| lane.refusal.is_none());
        able.map(|lane| plan.duration(lane.workload)).sum()
    };
    let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
    of(&lanes[index..]).saturating_add(of(lanes).saturating_mul(rounds))
}

fn shown(left: Duration) -> String {
    match left.as_secs() {
        secs if secs < 60 => format!("{secs} s"),
        secs => format!("{} min {:02} s", secs / 60, secs % 60),
    }
}
