//! `Timers` beside the oracle on random runs, with deadlines and start times on every kind of edge.
//!
//! After each step: every invariant, the same answers, never early, never lost, exactly once, in
//! order. The next deadline is asked for after some steps only, which ones is part of the run:
//! asking tidies up, and what was never tidied must come out right as well. `PROPTEST_CASES` says how
//! many runs (256 if it is not set; 10,000 in a release check).

#[path = "model/bulk.rs"]
mod bulk;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bulk::{Many, many};
use proptest::prelude::*;
use tourbillon::model::Model;
use tourbillon::time::Instant;
use tourbillon::timers::{Budget, CommonTimeout, TimerKey, Timers};

/// Offsets that lie on the borders of slots, rings and levels, and at the ends of time.
fn edge() -> impl Strategy<Value = u64> {
    let power = (0_u32..64).prop_flat_map(|bits| {
        prop_oneof![
            Just(1_u64 << bits),
            Just((1_u64 << bits) - 1),
            Just((1_u64 << bits) + 1)
        ]
    });
    prop_oneof![
        4 => 0_u64..100,
        2 => 0_u64..1_000_000,
        3 => power,
        1 => Just(u64::MAX - 1),
        1 => Just(u64::MAX),
        1 => any::<u64>(),
    ]
}

#[derive(Clone, Debug)]
enum Op {
    Schedule { after: u64 },
    ScheduleAbsolute { deadline: u64 },
    ScheduleAfter { timeout: usize, back: u64 },
    ScheduleWithin { after: u64, slack: u64, timers: u64 },
    Cluster { after: u64, timers: u64, step: u64 },
    Reschedule { pick: usize, after: u64 },
    Touch { pick: usize, back: u64 },
    Cancel { pick: usize },
    Forget { timeout: usize },
    Advance { by: u64, timers: usize, moves: usize },
    GoBack { by: u64 },
    Maintain { moves: usize },
    Shrink,
    Many(Many),
}

fn op() -> impl Strategy<Value = Op> {
    let pick = 0_usize..64;
    // How far behind the last reading of the clock the one is that a call is given.
    let back = prop_oneof![3 => Just(0), 1 => 0_u64..1_000];
    let budget = prop_oneof![Just(usize::MAX), Just(0), Just(1), 2_usize..40];
    prop_oneof![
        8 => edge().prop_map(|after| Op::Schedule { after }),
        2 => edge().prop_map(|deadline| Op::ScheduleAbsolute { deadline }),
        5 => (0_usize..4, back.clone())
            .prop_map(|(timeout, back)| Op::ScheduleAfter { timeout, back }),
        5 => (edge(), edge(), 1_u64..4)
            .prop_map(|(after, slack, timers)| Op::ScheduleWithin { after, slack, timers }),
        1 => (0_u64..1_000, 0_u64..1_000, 1_u64..80)
            .prop_map(|(after, slack, timers)| Op::ScheduleWithin { after, slack, timers }),
        1 => (0_u64..1_000, 1_u64..80, 0_u64..4)
            .prop_map(|(after, timers, step)| Op::Cluster { after, timers, step }),
        5 => (pick.clone(), edge()).prop_map(|(pick, after)| Op::Reschedule { pick, after }),
        5 => (pick.clone(), back).prop_map(|(pick, back)| Op::Touch { pick, back }),
        4 => pick.prop_map(|pick| Op::Cancel { pick }),
        1 => (0_usize..4).prop_map(|timeout| Op::Forget { timeout }),
        8 => (edge(), budget.clone(), budget.clone())
            .prop_map(|(by, timers, moves)| Op::Advance { by, timers, moves }),
        1 => (0_u64..1_000).prop_map(|by| Op::GoBack { by }),
        2 => budget.prop_map(|moves| Op::Maintain { moves }),
        1 => Just(Op::Shrink),
        7 => many().prop_map(Op::Many),
    ]
}

/// After which steps the next deadline is asked for: bit i stands for step i, modulo 64. Never,
/// rarely, now and then, always.
fn looks() -> impl Strategy<Value = u64> {
    let any = any::<u64>;
    prop_oneof![
        2 => Just(0),
        2 => (any(), any(), any()).prop_map(|(a, b, c)| a & b & c),
        1 => any(),
        1 => Just(u64::MAX),
    ]
}

/// Durations that common timeouts are registered for.
const TIMEOUTS: [u64; 4] = [0, 7, 1_000, 30_000_000_000];

/// Timers and the oracle, driven alike.
struct Pair<const SLOTS: usize, const LEAF: usize> {
    timers: Timers<usize, SLOTS, LEAF>,
    model: Model<usize>,
    keys: Vec<(TimerKey, TimerKey)>,
    /// Timers that were rescheduled or touched, or joined a queue: free among their equals.
    free: Vec<bool>,
    /// The others, by deadline: they come out in the order of their scheduling.
    in_order: BTreeMap<Instant, BTreeSet<usize>>,
    tokens: Vec<CommonTimeout>,
    /// Timers with slack that came out before their latest.
    riders: u64,
    now: Instant,
}

impl<const SLOTS: usize, const LEAF: usize> Pair<SLOTS, LEAF> {
    fn starting_at(now: Instant) -> Self {
        let mut timers = Timers::with_geometry(now, 0);
        let mut model = Model::starting_at(now);
        let tokens = TIMEOUTS.map(|nanos| {
            model.common_timeout(Duration::from_nanos(nanos));
            timers.common_timeout(Duration::from_nanos(nanos))
        });
        Self {
            timers,
            model,
            keys: vec![],
            free: vec![],
            in_order: BTreeMap::new(),
            tokens: tokens.to_vec(),
            riders: 0,
            now,
        }
    }

    fn add(&mut self, keys: (TimerKey, TimerKey), free: bool) {
        self.keys.push(keys);
        self.free.push(free);
    }

    fn schedule(&mut self, deadline: Instant) {
        let id = self.keys.len();
        let ours = self.timers.schedule(deadline, id);
        let oracle = self.model.schedule(deadline, id);
        self.in_order.entry(deadline).or_default().insert(id);
        self.add((ours, oracle), false);
    }

    fn schedule_within(&mut self, earliest: Instant, latest: Instant) {
        if latest <= earliest {
            // It is an exact one, among its equals, too.
            self.in_order.entry(earliest).or_default().insert(self.keys.len());
        }
        let id = self.keys.len();
        let ours = self.timers.schedule_within(earliest, latest, id);
        let oracle = self.model.schedule_within(earliest, latest, id);
        self.add((ours, oracle), earliest < latest);
    }

    fn apply(&mut self, op: &Op) {
        let id = |pick: usize| (!self.keys.is_empty()).then(|| pick % self.keys.len());
        match *op {
            Op::Schedule { after } => {
                self.schedule(self.now + Duration::from_nanos(after));
            }
            Op::ScheduleAbsolute { deadline } => {
                self.schedule(Instant::from_nanos(deadline));
            }
            Op::ScheduleAfter { timeout, back } => {
                let now = self.now - Duration::from_nanos(back);
                let (id, token) = (self.keys.len(), self.tokens[timeout]);
                // By token and by plain duration in turn: the same queue.
                let ours = if id % 2 == 0 {
                    self.timers.schedule_after(now, token, id)
                } else {
                    self.timers.schedule_after(now, token.duration(), id)
                };
                let oracle = self.model.schedule_after(now, token.duration(), id);
                self.add((ours, oracle), true);
            }
            Op::ScheduleWithin { after, slack, timers } => {
                for i in 0..timers {
                    let earliest = self.now + Duration::from_nanos(after);
                    // One in eight is inverted, if it has any slack at all.
                    let latest = match self.keys.len() % 8 {
                        0 => earliest - Duration::from_nanos(slack),
                        _ => earliest + Duration::from_nanos(slack.saturating_sub(i)),
                    };
                    self.schedule_within(earliest, latest);
                }
            }
            Op::Cluster { after, timers, step } => {
                for i in 0..timers {
                    let nanos = after.saturating_add(i * step);
                    self.schedule(self.now + Duration::from_nanos(nanos));
                }
            }
            Op::Reschedule { pick, after } => {
                let Some(id) = id(pick) else { return };
                let deadline = self.now + Duration::from_nanos(after);
                let (ours, oracle) = self.keys[id];
                self.leave_order(id, self.model.deadline(oracle).unwrap_or(deadline));
                assert_eq!(
                    self.timers.reschedule(ours, deadline),
                    self.model.reschedule(oracle, deadline),
                );
            }
            Op::Touch { pick, back } => {
                let now = self.now - Duration::from_nanos(back);
                let Some(id) = id(pick) else { return };
                let (ours, oracle) = self.keys[id];
                self.leave_order(id, self.model.deadline(oracle).unwrap_or_default());
                assert_eq!(self.timers.touch(ours, now), self.model.touch(oracle, now),);
            }
            Op::Cancel { pick } => {
                let Some(id) = id(pick) else { return };
                let (ours, oracle) = self.keys[id];
                self.leave_order(id, self.model.deadline(oracle).unwrap_or_default());
                assert_eq!(self.timers.cancel(ours), self.model.cancel(oracle));
            }
            Op::Forget { timeout } => {
                let token = self.tokens[timeout];
                assert_eq!(
                    self.timers.forget_common_timeout(token),
                    self.model.forget_common_timeout(token),
                );
            }
            Op::Advance { by, timers, moves } => {
                self.now += Duration::from_nanos(by);
                self.pop(self.now, Budget { timers, moves });
            }
            Op::GoBack { by } => {
                self.pop(self.now - Duration::from_nanos(by), Budget::unlimited());
            }
            Op::Maintain { moves } => {
                while self.timers.maintain(self.now, moves.max(1)) {}
            }
            Op::Shrink => self.timers.shrink_to_fit(),
            Op::Many(ref many) => self.apply_many(many),
        }
    }

    /// Pops within a budget, and takes each timer out of the oracle, where it must be the next.
    fn pop(&mut self, now: Instant, mut budget: Budget) {
        let limit = budget.timers;
        let mut popped = 0;
        while let Some(expired) = self.timers.pop_expired_within(now, &mut budget) {
            let id = expired.value;
            popped += 1;
            assert!(expired.deadline <= self.now, "P1: early");
            if let Some((earliest, latest)) = self.model.window(self.keys[id].1)
                && earliest < latest
            {
                // There is one order with slack: exactly the oracle's next.
                let oracle = self.model.pop_expired(self.now).expect("P1: not open");
                assert_eq!(expired.key, self.keys[id].0, "P3");
                assert_eq!((oracle.value, oracle.deadline), (id, expired.deadline));
                assert_eq!(expired.deadline, latest.min(self.now));
                assert!(earliest <= self.now, "P1: before its window");
                self.riders += u64::from(self.now < latest);
                continue;
            }
            assert_eq!(self.model.next_deadline(), Some(expired.deadline), "P4");
            assert_eq!(expired.key, self.keys[id].0, "P3");
            assert_eq!(self.model.cancel(self.keys[id].1), Some(id), "P3");
            if !self.free[id] {
                let equals = &self.in_order[&expired.deadline];
                assert_eq!(equals.first(), Some(&id), "P4: among equals");
            }
            self.leave_order(id, expired.deadline);
        }
        assert_eq!(limit - budget.timers, popped);
        if !budget.is_spent() {
            assert!(self.model.pop_expired(self.now).is_none(), "P2: lost");
            let wakeup = self.timers.next_wakeup();
            assert!(
                wakeup.is_none_or(|at| at > self.now) || self.now == Instant::MAX,
                "P2: nothing is left, but it asks to be woken at {wakeup:?}"
            );
        }
        assert_eq!(self.timers.stats().wakeups_saved, self.riders);
    }

    /// From here on the timer may take any place among its equals.
    fn leave_order(&mut self, id: usize, deadline: Instant) {
        self.free[id] = true;
        if let Some(equals) = self.in_order.get_mut(&deadline) {
            equals.remove(&id);
        }
    }

    /// Changes nothing, unless it is to look for the next deadline.
    fn check(&mut self, look: bool) -> Result<(), TestCaseError> {
        self.timers.validate().map_err(TestCaseError::fail)?;
        let (next, wakeup) = (self.model.next_deadline(), self.timers.next_wakeup());
        prop_assert_eq!(wakeup.is_some(), next.is_some());
        prop_assert!(wakeup <= next, "{:?} is after {:?}", wakeup, next);
        if look {
            prop_assert_eq!(self.timers.next_deadline(), next);
            self.timers.validate().map_err(TestCaseError::fail)?;
        }
        prop_assert_eq!(self.timers.len(), self.model.len());
        let stats = self.timers.stats();
        let on_wheel: usize = stats.wheel.levels.iter().map(|level| level.timers).sum();
        prop_assert_eq!(on_wheel + stats.queued + stats.windows, self.model.len());
        for (ours, oracle) in &self.keys {
            prop_assert_eq!(self.timers.deadline(*ours), self.model.deadline(*oracle));
            prop_assert_eq!(self.timers.window(*ours), self.model.window(*oracle));
            prop_assert_eq!(
                self.timers.remaining(*ours, self.now),
                self.model.remaining(*oracle, self.now)
            );
            prop_assert_eq!(self.timers.get(*ours), self.model.get(*oracle));
        }
        Ok(())
    }
}

fn agree<const SLOTS: usize, const LEAF: usize>(
    start: u64,
    looks: u64,
    ops: &[Op],
) -> Result<(), TestCaseError> {
    let mut pair = Pair::<SLOTS, LEAF>::starting_at(Instant::from_nanos(start));
    for (step, op) in ops.iter().enumerate() {
        pair.apply(op);
        pair.check(looks >> (step % 64) & 1 == 1)?;
    }
    let rest: Vec<_> = pair.timers.drain_all().map(|expired| expired.deadline).collect();
    prop_assert!(rest.is_sorted());
    prop_assert_eq!(rest.len(), pair.model.len());
    prop_assert!(pair.timers.is_empty());
    pair.timers.validate().map_err(TestCaseError::fail)
}

proptest! {
    #[test]
    fn timers_agree_with_the_oracle(
        start in edge(),
        looks in looks(),
        ops in prop::collection::vec(op(), 1..120),
    ) {
        agree::<64, 24>(start, looks, &ops)?;
        // As it is shipped.
        agree::<64, 160>(start, looks, &ops)?;
    }

    #[test]
    fn tiny_timers_agree_with_the_oracle(
        start in edge(),
        looks in looks(),
        ops in prop::collection::vec(op(), 1..80),
    ) {
        agree::<4, 1>(start, looks, &ops)?;
        agree::<4, 2>(start, looks, &ops)?;
        agree::<2, 3>(start, looks, &ops)?;
    }
}

/// Twenty thousand timers in one millisecond, scheduled, moved and cancelled at random.
#[test]
fn a_dense_cluster_agrees_with_the_oracle() {
    let mut pair = Pair::<64, 160>::starting_at(Instant::from_nanos((1 << 50) - 100));
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    for _ in 0..20_000 {
        let nanos = next(1_000_000);
        pair.schedule(pair.now + Duration::from_nanos(nanos));
    }
    pair.timers.validate().unwrap();
    for _ in 0..5_000 {
        let (pick, after) = (next(20_000) as usize, next(1_000_000));
        pair.apply(&Op::Reschedule { pick, after });
        pair.apply(&Op::Cancel { pick: next(20_000) as usize });
    }
    pair.check(true).unwrap();
    while !pair.model.is_empty() {
        pair.apply(&Op::Advance {
            by: next(5_000),
            timers: usize::MAX,
            moves: usize::MAX,
        });
        assert_eq!(pair.timers.next_deadline(), pair.model.next_deadline());
    }
    assert!(pair.timers.is_empty());
}
