//! The operations that wheel and timers share, on either of them and on the oracle, with the
//! promises checked after each.

use std::time::Duration;

use tourbillon::time::Instant;
use tourbillon::timers::{Budget, TimerKey};

use super::codec::{Nanos, ops, start};
use super::oracle::{Entry, Oracle};
use super::store::Store;

/// Operations of one run, at most: a longer input shows nothing that a shorter one does not.
pub(crate) const MOST_OPS: usize = 200;
/// Timers that are scheduled in one run, at most.
const MOST_TIMERS: usize = 600;
/// Timers that a call may touch beyond its budget: its last step, a slot that is sorted.
const MOST_EXTRA_MOVES: u64 = 160;
/// Timers that a call without a budget may touch, if it is one that promises a constant (P5).
const MOST_MOVES: u64 = 256;

start!(Start { geometry: u8, now: Nanos });

// What one step does. Timers are picked by their number, modulo how many there were.
//
// Nothing but `Look` asks for the next deadline: asking tidies up, and what an untidy store does is
// to be seen too.
ops!(Op {
    Schedule { after: Nanos },
    ScheduleAt { deadline: Nanos },
    Cluster { after: Nanos, timers: u8, step: u8 },
    Reschedule { pick: u16, after: Nanos },
    RescheduleAt { pick: u16, deadline: Nanos },
    Cancel { pick: u16 },
    Advance { by: Nanos, timers: u8, moves: u8 },
    AdvanceToNext { beyond: u8 },
    Drain { by: Nanos },
    GoBack { by: Nanos },
    Look {},
    Maintain { moves: u8 },
    Foreign { pick: u8 },
    Thin { modulus: u8 },
    DrainSome { most: u8 },
    Reserve { timers: u8 },
    Shrink {},
    Clear {},
});

/// A wheel, or timers, beside the oracle.
pub(crate) struct World<S> {
    pub(crate) store: S,
    pub(crate) oracle: Oracle,
}

impl<S: Store> World<S> {
    pub(crate) fn starting_at(now: Instant) -> Self {
        Self { store: S::starting_at(now), oracle: Oracle::starting_at(now) }
    }

    pub(crate) fn now(&self) -> Instant {
        self.oracle.now
    }

    /// The number of the next timer, if there may be one more.
    pub(crate) fn next_number(&self) -> Option<usize> {
        let id = self.oracle.entries.len();
        (id < MOST_TIMERS).then_some(id)
    }

    /// Whether a call that may refuse must.
    pub(crate) fn is_full(&self) -> bool {
        self.store.limit().is_some_and(|limit| self.oracle.model.len() >= limit)
    }

    pub(crate) fn add(&mut self, ours: TimerKey, theirs: TimerKey, free: bool) {
        self.oracle.entries.push(Entry { ours, theirs, free });
    }

    /// Runs a call that promises to touch a constant number of timers beside a budget of moves.
    pub(crate) fn bounded<R>(&mut self, moves: u64, call: impl FnOnce(&mut S) -> R) -> R {
        let before = self.store.moves();
        let answer = call(&mut self.store);
        let touched = self.store.moves() - before;
        assert!(touched <= moves, "P5: {touched} moves in one call, {moves} are allowed");
        answer
    }

    /// As [`bounded`](Self::bounded), of a call that is not forgotten as the worst so far.
    fn bounded_and_told<R>(&mut self, moves: u64, call: impl FnOnce(&mut S) -> R) -> R {
        let before = self.store.moves();
        let answer = self.bounded(moves, call);
        let (touched, worst) = (self.store.moves() - before, self.store.worst_call());
        assert!(
            touched <= worst,
            "P5: {touched} moves, the worst call is told as {worst}"
        );
        answer
    }

    /// A timer that is alive, and its deadline.
    #[cfg(test)]
    pub(crate) fn first_alive(&self) -> Option<(TimerKey, Instant)> {
        let inside = Instant::from_nanos(1)..Instant::MAX;
        self.oracle.entries.iter().find_map(|entry| {
            let deadline = self.oracle.model.deadline(entry.theirs)?;
            inside.contains(&deadline).then_some((entry.ours, deadline))
        })
    }

    fn schedule(&mut self, deadline: Instant) {
        let Some(id) = self.next_number() else { return };
        let is_full = self.is_full();
        let ours = self.bounded(MOST_MOVES, |store| {
            if id % 2 == 0 {
                return store.schedule(deadline, id);
            }
            // A refusal changes nothing, and a plain call is not bound by the limit.
            let tried = store.try_schedule(deadline, id);
            assert_eq!(tried.err(), is_full.then_some(id), "the limit");
            tried.unwrap_or_else(|id| store.schedule(deadline, id))
        });
        let theirs = self.oracle.model.schedule(deadline, id);
        self.add(ours, theirs, false);
    }

    /// Schedules so many in one call.
    fn schedule_all(&mut self, first: Instant, timers: u8, step: u8) {
        let Some(id) = self.next_number() else { return };
        let timers = usize::from(timers).min(MOST_TIMERS - id);
        let all: Vec<_> = (0..timers as u32)
            .map(|i| first + Duration::from_nanos(step.into()) * i)
            .zip(id..)
            .collect();
        let moves = MOST_MOVES * timers as u64;
        let keys = self.bounded(moves, |store| store.schedule_all(all.clone()));
        assert_eq!(keys.len(), timers, "a key for each");
        for (ours, (deadline, id)) in keys.into_iter().zip(all) {
            let theirs = self.oracle.model.schedule(deadline, id);
            self.add(ours, theirs, false);
        }
    }

    /// The keys of a timer that is about to be moved, or to go.
    pub(crate) fn pick(&mut self, pick: u16) -> Option<(TimerKey, TimerKey)> {
        let entry = self.oracle.pick(pick)?;
        let entry = &mut self.oracle.entries[entry];
        entry.free = true;
        Some((entry.ours, entry.theirs))
    }

    fn reschedule(&mut self, pick: u16, deadline: Instant) {
        let Some((ours, theirs)) = self.pick(pick) else { return };
        let moved = self.bounded(MOST_MOVES, |store| store.reschedule(ours, deadline));
        assert_eq!(moved, self.oracle.model.reschedule(theirs, deadline), "P3");
    }

    fn pop(&mut self, now: Instant, mut budget: Budget) {
        let (limit, mut popped) = (budget.timers, 0);
        loop {
            let allowed = (budget.moves as u64).saturating_add(MOST_EXTRA_MOVES);
            let expired = self
                .bounded_and_told(allowed, |store| store.pop_within(now, &mut budget));
            let Some(expired) = expired else { break };
            popped += 1;
            self.oracle.expired(&expired, self.now());
        }
        assert_eq!(limit - budget.timers, popped, "the budget counts what came out");
        if !budget.is_spent() {
            self.oracle.drained();
            let (wakeup, now) = (self.store.next_wakeup(), self.now());
            let is_idle = wakeup.is_none_or(|wakeup| wakeup > now || now == Instant::MAX);
            assert!(is_idle, "P2: to be woken at {wakeup:?}, with nothing due");
        }
    }

    /// A key of another instance finds nothing. Only debug builds promise that: what such a key
    /// changes in others cannot be foretold, so there it is only looked at.
    fn foreign(&mut self, pick: u8) {
        let mut other = S::starting_at(self.now());
        let keys: Vec<_> = (0..=usize::from(pick % 8))
            .map(|id| other.schedule(self.now(), id))
            .collect();
        let key = keys[keys.len() - 1];
        let found = (self.store.get(key), self.store.contains(key));
        if cfg!(debug_assertions) {
            assert_eq!(found, (None, false), "P3: another instance's key");
            assert_eq!(self.store.deadline(key), None);
            assert!(!self.store.reschedule(key, Instant::ZERO));
            assert_eq!(self.store.cancel(key), None);
        }
    }

    pub(crate) fn apply(&mut self, op: Op) {
        match op {
            Op::Schedule { after } => self.schedule(self.now() + after.duration()),
            Op::ScheduleAt { deadline } => self.schedule(deadline.instant()),
            // The new calls have no numbers of their own, so that old inputs mean what they did.
            Op::Cluster { after, timers, step } if timers / 48 % 2 == 1 => {
                self.schedule_all(self.now() + after.duration(), timers % 48, step);
            }
            Op::Cluster { after, timers, step } => {
                for i in 0..u32::from(timers % 48) {
                    let spread = Duration::from_nanos(step.into()) * i;
                    self.schedule(self.now() + after.duration() + spread);
                }
            }
            Op::Reschedule { pick, after } => {
                self.reschedule(pick, self.now() + after.duration());
            }
            Op::RescheduleAt { pick, deadline } => {
                self.reschedule(pick, deadline.instant());
            }
            Op::Cancel { pick } => {
                let Some((ours, theirs)) = self.pick(pick) else { return };
                let cancelled = self.bounded(MOST_MOVES, |store| store.cancel(ours));
                assert_eq!(cancelled, self.oracle.model.cancel(theirs), "P3");
            }
            Op::Advance { by, timers, moves } => {
                self.oracle.now += by.duration();
                let budget = Budget { timers: timers.into(), moves: moves.into() };
                self.pop(self.now(), budget);
            }
            Op::AdvanceToNext { beyond } => {
                let next = self.oracle.earliest().unwrap_or_default().max(self.now());
                self.oracle.now = next + Duration::from_nanos(beyond.into());
                self.pop(self.now(), Budget::unlimited());
            }
            Op::Drain { by } => {
                self.oracle.now += by.duration();
                self.pop(self.now(), Budget::unlimited());
            }
            Op::GoBack { by } => {
                self.pop(self.now() - by.duration(), Budget::unlimited());
            }
            Op::Look {} => {
                assert_eq!(self.store.next_deadline(), self.oracle.earliest(), "P2");
            }
            Op::Maintain { moves } => {
                let (now, allowed) = (self.now(), u64::from(moves) + MOST_EXTRA_MOVES);
                self.bounded_and_told(allowed, |store| store.maintain(now, moves.into()));
            }
            Op::Foreign { pick } => self.foreign(pick),
            Op::Thin { modulus } => self.thin(usize::from(modulus).max(1)),
            Op::DrainSome { most } => self.drain_some(most.into()),
            Op::Reserve { timers } => {
                self.store.reserve(timers.into());
                self.store.set_limit((timers % 4 > 0).then_some(timers.into()));
            }
            Op::Shrink {} => self.store.shrink_to_fit(),
            Op::Clear {} => {
                self.store.clear();
                self.oracle.model.clear();
            }
        }
    }

    fn thin(&mut self, modulus: usize) {
        self.store.thin(modulus);
        for entry in self.oracle.entries.iter().step_by(modulus) {
            self.oracle.model.cancel(entry.theirs);
        }
    }

    fn drain_some(&mut self, most: usize) {
        for expired in self.store.drain_some(most) {
            self.oracle.taken(&expired);
        }
        self.oracle.model.clear();
    }

    /// After each step, without changing anything.
    pub(crate) fn check(&self) {
        self.store.validate().unwrap_or_else(|broken| panic!("{broken}"));
        let (earliest, wakeup) = (self.oracle.dumb_earliest(), self.store.next_wakeup());
        assert_eq!(wakeup.is_some(), earliest.is_some(), "P2");
        assert!(wakeup <= earliest, "P2: {wakeup:?} is after {earliest:?}");
        assert_eq!(self.store.len(), self.oracle.model.len());
    }

    /// At the end: every key there ever was, and everything that is left, in order.
    pub(crate) fn finish(mut self) {
        assert!(self.store.dump_len() > 40, "a dump does not panic, and says something");
        for entry in &self.oracle.entries {
            let (ours, theirs) = (entry.ours, entry.theirs);
            assert_eq!(self.store.get(ours), self.oracle.model.get(theirs).copied());
            assert_eq!(self.store.contains(ours), self.oracle.model.contains(theirs));
            assert_eq!(self.store.deadline(ours), self.oracle.model.deadline(theirs));
        }
        let mut numbers = self.store.numbers();
        numbers.sort_unstable();
        // The model numbers its timers as they come, and so does the world.
        let expected: Vec<_> = self.oracle.model.iter().map(|(_, _, id)| *id).collect();
        assert_eq!(numbers, expected, "what iter() visits");
        for expired in self.store.drain_some(usize::MAX) {
            self.oracle.taken(&expired);
        }
        assert!(self.oracle.model.is_empty(), "P2: lost at the end");
        self.check();
    }
}
