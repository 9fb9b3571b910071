//! Bytes become a start time and operations on timers, wheel and queues, beside the oracle.
//!
//! Checked after each step: every invariant (`validate`), the wake-up against a dumb minimum, and
//! the next deadline, on request only, as asking for it tidies up. On each expiry: never early, in
//! order, exactly once; after each drain: nothing lost.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use tourbillon::model::Model;
use tourbillon::time::Instant;
use tourbillon::timers::{Budget, CommonTimeout, TimerKey, Timers};

/// Operations of one run, at most: a longer input shows nothing that a shorter one does not.
const MOST_OPS: usize = 256;
/// Timers that are scheduled in one run, at most.
const MOST_TIMERS: usize = 400;

/// A number of nanoseconds near a border of slots, rings or levels, or any other.
#[derive(Copy, Clone, Debug, Arbitrary)]
enum Nanos {
    Few(u8),
    Edge { bits: u8, off: i8 },
    End { before: u8 },
    Any(u64),
}

impl Nanos {
    fn get(self) -> u64 {
        match self {
            Self::Few(nanos) => u64::from(nanos),
            Self::Edge { bits, off } => {
                (1_u64 << (bits % 64)).saturating_add_signed(off.into())
            }
            Self::End { before } => u64::MAX - u64::from(before),
            Self::Any(nanos) => nanos,
        }
    }

    fn duration(self) -> Duration {
        Duration::from_nanos(self.get())
    }
}

/// What one step does. Timers are picked by their number, modulo how many there were.
#[derive(Copy, Clone, Debug, Arbitrary)]
enum Op {
    Schedule { after: Nanos },
    ScheduleAt { deadline: Nanos },
    Cluster { after: Nanos, timers: u8, step: u8 },
    Join { common: u8, back: u8 },
    Reschedule { pick: u16, after: Nanos },
    RescheduleAt { pick: u16, deadline: Nanos },
    Touch { pick: u16, back: u8 },
    Cancel { pick: u16 },
    Advance { by: Nanos, timers: u8, moves: u8 },
    AdvanceToNext { beyond: u8 },
    Drain { by: Nanos },
    GoBack { by: Nanos },
    Look,
    Maintain { moves: u8 },
    Retain { modulus: u8 },
    Forget { common: u8 },
    Register { common: u8 },
    Shrink,
    Clear,
}

/// Durations that common timeouts are registered for.
const COMMON: [u64; 4] = [0, 5, 1_000, 30_000_000_000];

/// One timer, here and in the oracle.
struct Entry {
    ours: TimerKey,
    oracle: TimerKey,
    /// It was moved, or is a member of a queue: it may take any place among its equals.
    free: bool,
}

struct World<const SLOTS: usize, const LEAF: usize> {
    timers: Timers<usize, SLOTS, LEAF>,
    model: Model<usize>,
    entries: Vec<Entry>,
    common: [CommonTimeout; 4],
    now: Instant,
}

impl<const SLOTS: usize, const LEAF: usize> World<SLOTS, LEAF> {
    fn starting_at(now: Instant) -> Self {
        let mut timers = Timers::with_geometry(now, 0);
        let mut model = Model::starting_at(now);
        let common = COMMON.map(|nanos| {
            model.common_timeout(Duration::from_nanos(nanos));
            timers.common_timeout(Duration::from_nanos(nanos))
        });
        Self { timers, model, entries: Vec::new(), common, now }
    }

    fn schedule(&mut self, deadline: Instant) {
        let id = self.entries.len();
        if id < MOST_TIMERS {
            let ours = self.timers.schedule(deadline, id);
            let oracle = self.model.schedule(deadline, id);
            self.entries.push(Entry { ours, oracle, free: false });
        }
    }

    fn join(&mut self, common: CommonTimeout, back: u8) {
        let (id, now) =
            (self.entries.len(), self.now - Duration::from_nanos(back.into()));
        if id >= MOST_TIMERS {
            return;
        }
        let oracle = self.model.schedule_after(now, common.duration(), id);
        // By token or by duration: the same queue.
        let ours = if id % 2 == 0 {
            self.timers.schedule_after(now, common, id)
        } else {
            self.timers.schedule_after(now, common.duration(), id)
        };
        self.entries.push(Entry { ours, oracle, free: true });
    }

    /// A timer that was scheduled at some time, alive or not.
    fn pick(&mut self, pick: u16) -> Option<(TimerKey, TimerKey)> {
        let count = self.entries.len();
        let entry = self.entries.get_mut(usize::from(pick).checked_rem(count)?)?;
        entry.free = true;
        Some((entry.ours, entry.oracle))
    }

    fn reschedule(&mut self, pick: u16, deadline: Instant) {
        if let Some((ours, oracle)) = self.pick(pick) {
            let moved = self.timers.reschedule(ours, deadline);
            assert_eq!(moved, self.model.reschedule(oracle, deadline));
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Schedule { after } => self.schedule(self.now + after.duration()),
            Op::ScheduleAt { deadline } => {
                self.schedule(Instant::from_nanos(deadline.get()));
            }
            Op::Cluster { after, timers, step } => {
                for i in 0..u32::from(timers % 48) {
                    let spread = Duration::from_nanos(step.into()) * i;
                    self.schedule(self.now + after.duration() + spread);
                }
            }
            Op::Join { common, back } => {
                self.join(self.common[usize::from(common % 4)], back);
            }
            Op::Reschedule { pick, after } => {
                self.reschedule(pick, self.now + after.duration());
            }
            Op::RescheduleAt { pick, deadline } => {
                self.reschedule(pick, Instant::from_nanos(deadline.get()));
            }
            Op::Touch { pick, back } => {
                let now = self.now - Duration::from_nanos(back.into());
                if let Some((ours, oracle)) = self.pick(pick) {
                    assert_eq!(
                        self.timers.touch(ours, now),
                        self.model.touch(oracle, now)
                    );
                }
            }
            Op::Cancel { pick } => {
                if let Some((ours, oracle)) = self.pick(pick) {
                    assert_eq!(self.timers.cancel(ours), self.model.cancel(oracle));
                }
            }
            Op::Advance { by, timers, moves } => {
                self.now += by.duration();
                let budget = Budget { timers: timers.into(), moves: moves.into() };
                self.pop(self.now, budget);
            }
            Op::AdvanceToNext { beyond } => {
                let next = self.earliest().unwrap_or(self.now).max(self.now);
                self.now = next + Duration::from_nanos(beyond.into());
                self.pop(self.now, Budget::unlimited());
            }
            Op::Drain { by } => {
                self.now += by.duration();
                self.pop(self.now, Budget::unlimited());
            }
            Op::GoBack { by } => self.pop(self.now - by.duration(), Budget::unlimited()),
            Op::Look => assert_eq!(self.timers.next_deadline(), self.earliest()),
            Op::Maintain { moves } => {
                self.timers.maintain(self.now, moves.into());
            }
            Op::Retain { modulus } => self.retain(usize::from(modulus).max(1)),
            Op::Forget { common } => {
                let common = self.common[usize::from(common % 4)];
                let forgotten = self.timers.forget_common_timeout(common);
                assert_eq!(forgotten, self.model.forget_common_timeout(common));
            }
            Op::Register { common } => {
                let after = self.common[usize::from(common % 4)].duration();
                self.model.common_timeout(after);
                self.common[usize::from(common % 4)] = self.timers.common_timeout(after);
            }
            Op::Shrink => self.timers.shrink_to_fit(),
            Op::Clear => {
                self.timers.clear();
                self.model.clear();
            }
        }
    }

    /// Cancels every timer whose number the modulus divides.
    fn retain(&mut self, modulus: usize) {
        self.timers.retain(|_, _, id| *id % modulus != 0);
        for entry in self.entries.iter().step_by(modulus) {
            self.model.cancel(entry.oracle);
        }
    }

    fn earliest(&self) -> Option<Instant> {
        self.model.iter().map(|(_, deadline, _)| deadline).min()
    }

    fn pop(&mut self, now: Instant, mut budget: Budget) {
        while let Some(expired) = self.timers.pop_expired_within(now, &mut budget) {
            let entry = &self.entries[expired.value];
            assert_eq!(expired.key, entry.ours, "P3: another timer's key");
            assert!(expired.deadline <= self.now, "P1: early");
            assert_eq!(self.model.next_deadline(), Some(expired.deadline), "P4: order");
            if !entry.free {
                let overtaken = self.model.iter().any(|(_, deadline, id)| {
                    deadline == expired.deadline
                        && *id < expired.value
                        && !self.entries[*id].free
                });
                assert!(!overtaken, "P4: overtook an equal that was scheduled earlier");
            }
            assert_eq!(self.model.cancel(entry.oracle), Some(expired.value), "P3: twice");
        }
        if !budget.is_spent() {
            assert!(
                self.earliest().is_none_or(|earliest| earliest > self.now),
                "P2: lost"
            );
        }
    }

    fn check(&mut self, look: bool) {
        self.timers.validate().unwrap_or_else(|broken| panic!("{broken}"));
        let earliest = self.earliest();
        let wakeup = self.timers.next_wakeup();
        assert_eq!(wakeup.is_some(), earliest.is_some());
        assert!(wakeup <= earliest, "P2: {wakeup:?} is after {earliest:?}");
        assert_eq!(self.timers.len(), self.model.len());
        if look {
            assert_eq!(self.timers.next_deadline(), earliest);
            self.timers.validate().unwrap_or_else(|broken| panic!("{broken}"));
        }
    }

    fn check_keys(&self) {
        for entry in &self.entries {
            assert_eq!(self.timers.get(entry.ours), self.model.get(entry.oracle));
            assert_eq!(
                self.timers.deadline(entry.ours),
                self.model.deadline(entry.oracle)
            );
        }
    }
}

/// One run on one geometry.
fn agree<const SLOTS: usize, const LEAF: usize>(start: u64, look: bool, ops: &[Op]) {
    let mut world = World::<SLOTS, LEAF>::starting_at(Instant::from_nanos(start));
    for op in ops {
        world.apply(*op);
        world.check(look);
    }
    world.check_keys();
    let mut last = Instant::ZERO;
    for expired in world.timers.drain_all() {
        assert!(expired.deadline >= last, "P4: out of order at the end");
        last = expired.deadline;
        world.model.cancel(world.entries[expired.value].oracle).expect("P3: twice");
    }
    assert!(world.model.is_empty(), "P2: lost at the end");
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let Ok((geometry, start, look)) = bytes.arbitrary::<(u8, Nanos, bool)>() else {
        return;
    };
    let mut ops = Vec::new();
    while ops.len() < MOST_OPS && !bytes.is_empty() {
        let Ok(op) = bytes.arbitrary() else { break };
        ops.push(op);
    }
    match geometry % 4 {
        0 => agree::<4, 1>(start.get(), look, &ops),
        1 => agree::<4, 2>(start.get(), look, &ops),
        2 => agree::<8, 3>(start.get(), look, &ops),
        _ => agree::<64, 24>(start.get(), look, &ops),
    }
}
