//! [`Timers`] beside the oracle: the wheel's operations, those of the common timeouts, and timers with
//! slack, in one script.
//!
//! Checked as for the wheel alone, and in addition: who may be touched, the time that is left, the
//! order of wheel, queues and windows together, and the wake-ups that slack has saved.

mod ops;
mod seeds;
mod window_seeds;

use std::time::Duration;

use tourbillon::time::Instant;
use tourbillon::timers::{CommonTimeout, Timers};

pub(crate) use self::ops::{Op, QueueOp};
pub(crate) use self::seeds::seeds;
use super::codec::Script;
use super::world::{MOST_OPS, Start, World};

/// Durations that common timeouts are registered for at first. One is as good as never.
const COMMON: [u64; 5] = [0, 5, 1_000, 30_000_000_000, u64::MAX];

/// Timers of a geometry beside the oracle, and the tokens of their common timeouts.
struct Queued<const SLOTS: usize, const LEAF: usize> {
    world: World<Timers<usize, SLOTS, LEAF>>,
    common: [CommonTimeout; COMMON.len()],
}

impl<const SLOTS: usize, const LEAF: usize> Queued<SLOTS, LEAF> {
    fn starting_at(start: Start) -> Self {
        let mut world =
            World::<Timers<usize, SLOTS, LEAF>>::starting_at(start.now.instant());
        let common = COMMON.map(|nanos| {
            world.oracle.model.common_timeout(Duration::from_nanos(nanos));
            world.store.common_timeout(Duration::from_nanos(nanos))
        });
        Self { world, common }
    }

    fn common(&self, common: u8) -> CommonTimeout {
        self.common[usize::from(common) % COMMON.len()]
    }

    /// Schedules by token and by duration in turn: it is the same queue. By duration it asks first
    /// whether it may.
    fn join(&mut self, common: CommonTimeout, back: u8) {
        let Some(id) = self.world.next_number() else { return };
        let (now, after) =
            (self.world.now() - Duration::from_nanos(back.into()), common.duration());
        let is_full = self.world.is_full();
        let ours = self.world.bounded(256, |timers| {
            if id % 2 == 0 {
                return timers.schedule_after(now, common, id);
            }
            let tried = timers.try_schedule_after(now, after, id);
            assert_eq!(tried.is_err(), is_full, "the limit");
            tried.unwrap_or_else(|refused| {
                timers.schedule_after(now, after, refused.into_inner())
            })
        });
        let theirs = self.world.oracle.model.schedule_after(now, after, id);
        self.world.add(ours, theirs, true);
    }

    fn schedule_within(&mut self, earliest: Instant, latest: Instant) {
        let Some(id) = self.world.next_number() else { return };
        let ours = self
            .world
            .bounded(256, |timers| timers.schedule_within(earliest, latest, id));
        let theirs = self.world.oracle.model.schedule_within(earliest, latest, id);
        self.world.add(ours, theirs, false);
    }

    fn apply(&mut self, op: QueueOp) {
        match op {
            QueueOp::Within { after, slack, inverted } => {
                let earliest = self.world.now() + after.duration();
                let latest = if inverted % 2 == 0 {
                    earliest + slack.duration()
                } else {
                    earliest - slack.duration()
                };
                self.schedule_within(earliest, latest);
            }
            QueueOp::Join { common, back } => self.join(self.common(common), back),
            QueueOp::Touch { pick, back } => {
                let now = self.world.now() - Duration::from_nanos(back.into());
                let Some((ours, theirs)) = self.world.pick(pick) else { return };
                let touched = self.world.bounded(256, |timers| timers.touch(ours, now));
                assert_eq!(touched, self.world.oracle.model.touch(theirs, now), "P3");
            }
            QueueOp::Forget { common } => {
                let common = self.common(common);
                let forgotten = self.world.store.forget_common_timeout(common);
                let theirs = self.world.oracle.model.forget_common_timeout(common);
                assert_eq!(forgotten, theirs);
            }
            QueueOp::Register { common } => {
                let after = self.common(common).duration();
                self.world.oracle.model.common_timeout(after);
                let token = self.world.store.common_timeout(after);
                assert_eq!(token.duration(), after);
                self.common[usize::from(common) % COMMON.len()] = token;
            }
            QueueOp::ForeignToken { common, others } => {
                // The same durations in another order: the token's place is another queue's here.
                let mut other =
                    Timers::<usize, SLOTS, LEAF>::with_geometry(self.world.now(), 0);
                for after in 0..others % 8 {
                    other.common_timeout(Duration::from_nanos(after.into()));
                }
                let token = other.common_timeout(self.common(common).duration());
                self.join(token, 0);
            }
        }
    }

    fn check_remaining(&self) {
        let (timers, oracle) = (&self.world.store, &self.world.oracle);
        for entry in &oracle.entries {
            assert_eq!(
                timers.remaining(entry.ours, oracle.now),
                oracle.model.remaining(entry.theirs, oracle.now)
            );
            assert_eq!(timers.window(entry.ours), oracle.model.window(entry.theirs));
        }
    }

    fn check_slack(&self) {
        let stats = self.world.store.stats();
        assert_eq!(stats.wakeups_saved, self.world.oracle.riders, "riders");
        let with_slack = self.world.oracle.with_slack().count();
        assert_eq!(stats.windows, with_slack, "windows");
    }
}

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let script = read(bytes);
    match script.start.geometry % 5 {
        0 => agree::<2, 3>(&script),
        1 => agree::<4, 1>(&script),
        2 => agree::<4, 2>(&script),
        3 => agree::<8, 3>(&script),
        _ => agree::<64, 160>(&script),
    }
}

fn agree<const SLOTS: usize, const LEAF: usize>(script: &Script<Start, Op>) {
    let mut queued = Queued::<SLOTS, LEAF>::starting_at(script.start);
    for op in &script.ops {
        match *op {
            Op::Timer(op) => queued.world.apply(op),
            Op::Queue(op) => queued.apply(op),
        }
        queued.world.check();
        queued.check_slack();
    }
    queued.check_remaining();
    queued.world.finish();
}
