//! A miniature wheel with a bug planted in it: the fuzzer must find it, else it finds nothing.
//!
//! Nothing of the crate is tested here but the way its targets are built: scripts from bytes, and a
//! dumb minimum beside something clever. The bug is the one that hung tokio after twelve days: a far
//! timer in the cursor's own slot, a full turn away, hides every nearer one.

mod miniature;
mod seeds;

use self::miniature::Miniature;
pub(crate) use self::seeds::seeds;
use super::codec::{Nanos, Script, ops, start};

/// Operations of one run, at most.
const MOST_OPS: usize = 100;
/// Timers that are scheduled in one run, at most.
const MOST_TIMERS: usize = 100;

start!(Start { now: Nanos });

ops!(Op {
    Schedule { after: Nanos },
    Cancel { pick: u8 },
    Advance { by: Nanos },
    AdvanceToNext { beyond: u8 },
});

fn agree<const PLANTED: bool>(script: &Script<Start, Op>) {
    let mut now = script.start.now.get();
    let mut wheel = Miniature::<PLANTED>::starting_at(now);
    let mut deadlines: Vec<u64> = Vec::new();
    for op in &script.ops {
        match *op {
            Op::Schedule { after } if deadlines.len() < MOST_TIMERS => {
                let deadline = now.saturating_add(after.get());
                wheel.schedule(deadline);
                deadlines.push(deadline);
            }
            Op::Schedule { .. } => {}
            Op::Cancel { pick } => {
                if let Some(pick) = usize::from(pick).checked_rem(deadlines.len()) {
                    wheel.cancel(deadlines.swap_remove(pick));
                }
            }
            Op::Advance { by } => now = now.saturating_add(by.get()),
            Op::AdvanceToNext { beyond } => {
                let next = deadlines.iter().min().copied().unwrap_or(0).max(now);
                now = next.saturating_add(beyond.into());
            }
        }
        wheel.advance(now);
        deadlines.retain(|deadline| *deadline > now);
        let earliest = deadlines.iter().min().copied();
        assert_eq!(wheel.next_deadline(), earliest, "the planted bug: a timer is hidden");
    }
}

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say on the wheel that has the bug.
pub(crate) fn run(bytes: &[u8]) {
    agree::<true>(&read(bytes));
}

/// Runs what the bytes say on the same wheel without it.
pub(crate) fn run_mended(bytes: &[u8]) {
    agree::<false>(&read(bytes));
}

/// What shows the bug, in as few steps as can be. It is no seed: the fuzzer is to find it.
pub(crate) fn finding() -> Vec<u8> {
    let (far, near) = (miniature::TURN, 2 * miniature::SLOT);
    let schedule = |after| Op::Schedule { after: Nanos::Any(after) };
    let start = Start { now: Nanos::Few(0) };
    Script { start, ops: vec![schedule(far), schedule(near)] }.write()
}
