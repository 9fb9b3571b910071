//! Common timeouts beside a plain list: any number of durations, readings that go back, touching,
//! forgetting and registering again, above the table's cap too.
//!
//! Checked after each step: every invariant (the queues are sorted), how many durations are
//! registered, the wake-up and, where the script asks for it, the next deadline against a dumb
//! minimum. On each expiry: never early, the earliest of all, and of a duration whose readings never
//! went back, first in, first out.

mod dumb;
mod seeds;

use std::time::Duration;

use tourbillon::common_timeout::CommonTimeout;
use tourbillon::time::Instant;
use tourbillon::timers::{Budget, Timers};

use self::dumb::Dumb;
pub(crate) use self::seeds::seeds;
use super::codec::{Nanos, Script, ops, start};

/// Operations of one run, at most.
const MOST_OPS: usize = 200;
/// Timers that are scheduled in one run, at most.
const MOST_TIMERS: usize = 400;
/// Tokens that are kept in one run, at most: some more than there are queues.
const MOST_TOKENS: usize = 300;

start!(Start { now: Nanos, after: Nanos });

// Tokens and timers are picked by their number, modulo how many there are.
ops!(Op {
    Register { after: Nanos },
    RegisterMany { first: Nanos, tokens: u8 },
    Forget { token: u16 },
    Join { token: u16, back: Nanos },
    JoinByDuration { token: u16, back: Nanos },
    JoinMany { token: u16, timers: u8, apart: u8 },
    Touch { pick: u16, back: Nanos },
    Reschedule { pick: u16, after: Nanos },
    Cancel { pick: u16 },
    Pass { by: Nanos },
    Pop { by: Nanos, timers: u8, moves: u8 },
    PopAll { by: Nanos },
    Look {},
    Maintain { moves: u8 },
    Shrink {},
});

struct World {
    timers: Timers<usize>,
    dumb: Dumb,
    tokens: Vec<CommonTimeout>,
    now: Instant,
}

impl World {
    fn starting_at(start: Start) -> Self {
        let now = start.now.instant();
        let mut world = Self {
            timers: Timers::starting_at(now),
            dumb: Dumb::default(),
            tokens: Vec::new(),
            now,
        };
        world.register(start.after.duration());
        world
    }

    /// With as many tokens as there may be, one of their durations is registered again.
    fn register(&mut self, after: Duration) {
        let is_full = self.tokens.len() == MOST_TOKENS;
        let after = if is_full {
            self.token(after.subsec_nanos() as u16).duration()
        } else {
            after
        };
        let token = self.timers.common_timeout(after);
        assert_eq!(token.duration(), after);
        self.dumb.register(after);
        if !is_full {
            self.tokens.push(token);
        }
    }

    fn token(&self, token: u16) -> CommonTimeout {
        self.tokens[usize::from(token) % self.tokens.len()]
    }

    fn join(&mut self, token: CommonTimeout, now: Instant, by_duration: bool) {
        let id = self.dumb.timers.len();
        if id == MOST_TIMERS {
            return;
        }
        let key = if by_duration {
            self.timers.schedule_after(now, token.duration(), id)
        } else {
            self.timers.schedule_after(now, token, id)
        };
        self.dumb.schedule(key, now, token.duration());
    }

    fn pop(&mut self, mut budget: Budget) {
        let (limit, mut popped) = (budget.timers, 0);
        while let Some(expired) = self.timers.pop_expired_within(self.now, &mut budget) {
            assert!(expired.deadline <= self.now, "P1: early");
            assert_eq!(self.dumb.earliest(), Some(expired.deadline), "P4: out of order");
            self.dumb.expire(expired.value, expired.key);
            popped += 1;
        }
        assert_eq!(limit - budget.timers, popped, "the budget counts what came out");
        if !budget.is_spent() {
            let earliest = self.dumb.earliest();
            assert!(earliest.is_none_or(|earliest| earliest > self.now), "P2: lost");
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Register { after } => self.register(after.duration()),
            Op::RegisterMany { first, tokens } => {
                let room = MOST_TOKENS - self.tokens.len();
                for i in (0..u64::from(tokens)).take(room) {
                    self.register(first.duration() + Duration::from_nanos(i));
                }
            }
            Op::Forget { token } => {
                let token = self.token(token);
                let forgotten = self.timers.forget_common_timeout(token);
                assert_eq!(forgotten, self.dumb.forget(token.duration()));
            }
            Op::Join { token, back } => {
                self.join(self.token(token), self.now - back.duration(), false);
            }
            Op::JoinByDuration { token, back } => {
                self.join(self.token(token), self.now - back.duration(), true);
            }
            Op::JoinMany { token, timers, apart } => {
                for _ in 0..timers {
                    self.now += Duration::from_nanos(apart.into());
                    self.join(self.token(token), self.now, false);
                }
            }
            Op::Touch { pick, back } => {
                let Some(id) = self.dumb.pick(pick) else { return };
                let now = self.now - back.duration();
                let touched = self.timers.touch(self.dumb.timers[id].key, now);
                assert_eq!(touched, self.dumb.touch(id, now));
            }
            Op::Reschedule { pick, after } => {
                let Some(id) = self.dumb.pick(pick) else { return };
                let deadline = self.now + after.duration();
                let moved = self.timers.reschedule(self.dumb.timers[id].key, deadline);
                assert_eq!(moved, self.dumb.reschedule(id, deadline));
            }
            Op::Cancel { pick } => {
                let Some(id) = self.dumb.pick(pick) else { return };
                let cancelled = self.timers.cancel(self.dumb.timers[id].key);
                assert_eq!(cancelled, self.dumb.cancel(id));
            }
            Op::Pass { by } => self.now += by.duration(),
            Op::Pop { by, timers, moves } => {
                self.now += by.duration();
                self.pop(Budget { timers: timers.into(), moves: moves.into() });
            }
            Op::PopAll { by } => {
                self.now += by.duration();
                self.pop(Budget::unlimited());
            }
            Op::Look {} => {
                assert_eq!(self.timers.next_deadline(), self.dumb.earliest(), "P2");
            }
            Op::Maintain { moves } => {
                self.timers.maintain(self.now, moves.into());
            }
            Op::Shrink {} => self.timers.shrink_to_fit(),
        }
    }

    fn validate(&self) {
        self.timers.validate().unwrap_or_else(|broken| panic!("{broken}"));
    }

    fn check(&self) {
        let (earliest, wakeup) = (self.dumb.earliest(), self.timers.next_wakeup());
        assert_eq!(wakeup.is_some(), earliest.is_some(), "P2");
        assert!(wakeup <= earliest, "P2: {wakeup:?} is after {earliest:?}");
        assert_eq!(self.timers.len(), self.dumb.alive().count());
        assert_eq!(self.timers.stats().common_timeouts, self.dumb.registered());
    }

    fn finish(&mut self) {
        for timer in &self.dumb.timers {
            let deadline = timer.alive.then_some(timer.deadline);
            assert_eq!(self.timers.deadline(timer.key), deadline);
        }
        self.now = Instant::MAX;
        self.pop(Budget::unlimited());
        assert_eq!(self.dumb.earliest(), None, "P2: lost at the end");
    }
}

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let script = read(bytes);
    let mut world = World::starting_at(script.start);
    for (step, op) in script.ops.iter().enumerate() {
        world.apply(*op);
        world.check();
        // It visits every timer for every queue: with hundreds of these, not after each step.
        if world.tokens.len() <= 16 || step % 16 == 0 {
            world.validate();
        }
    }
    world.validate();
    world.finish();
}
