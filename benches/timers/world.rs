//! [`World`]: a population of timers and the time they live in.

use core::hint::black_box;
use core::time::Duration;

use tourbillon::time::Instant;

use super::contender::{Contender, LONGEST};
use super::random::Random;

/// How time goes on in the hold model.
const STEP: Duration = Duration::from_millis(1);
/// How often a member is refreshed in the time it would take to expire.
const REFRESHES: u64 = 8;
/// Refreshes between two polls.
const TURN: u64 = 64;

const LONGEST_NANOS: u64 = LONGEST.as_nanos() as u64;

/// Timers of one contender, each with its key in an array, at the place that is its value.
pub(crate) struct World<C: Contender> {
    pub(crate) timers: C,
    keys: Vec<C::Key>,
    random: Random,
    now: Instant,
    /// Refreshes left in this turn.
    turn_left: u64,
}

impl<C: Contender> World<C> {
    fn fill(
        start: Instant,
        population: usize,
        mut schedule: impl FnMut(&mut C, &mut Random, u64) -> C::Key,
    ) -> Self {
        // A few more than stand by: one is scheduled on top of them.
        let mut timers = C::with_capacity(population + 64);
        if start > Instant::ZERO {
            // Moves on while there is nothing to move, or the first call would pay for the jump.
            let nothing = timers.pop(start);
            assert!(nothing.is_none(), "nothing was scheduled");
        }
        let mut random = Random::new();
        let members = 0..population as u64;
        let keys = members.map(|value| schedule(&mut timers, &mut random, value));
        let keys = keys.collect();
        Self { timers, keys, random, now: start, turn_left: TURN }
    }

    /// Deadlines at random within 30 s. The first millisecond is left free, so that there is a
    /// time after the start at which nothing is due.
    pub(crate) fn at_random(population: usize) -> Self {
        Self::fill(Instant::ZERO, population, |timers, random, value| {
            timers.schedule(Instant::ZERO + STEP + delay(random), value)
        })
    }

    /// Members of one constant timeout, each refreshed so often that it is as if for ever.
    pub(crate) fn idle(population: usize) -> Self {
        let apart = LONGEST_NANOS / population as u64;
        let mut world = Self::fill(Instant::ZERO, population, |timers, _, value| {
            timers.schedule_idle(Instant::from_nanos(value * apart), value)
        });
        world.now = Instant::ZERO + LONGEST;
        world.refresh(REFRESHES * population as u64);
        world
    }

    /// The hold model, in the state it settles in: of two delays at random the shorter is
    /// distributed as what is left of a timer's delay at any time. Then as many fire as there are.
    pub(crate) fn holding(population: usize) -> Self {
        Self::holding_from(Instant::ZERO, population)
    }

    /// The same, from another time on: what a wheel does now and then depends on the time.
    pub(crate) fn holding_from(start: Instant, population: usize) -> Self {
        let mut world = Self::fill(start, population, |timers, random, value| {
            let left = delay(random).min(delay(random));
            timers.schedule(start + left, value)
        });
        // Delays up to the longest are half of it in the mean.
        let gap = LONGEST_NANOS / 2 / population as u64;
        world.timers.expect(population, start + Duration::from_nanos(gap), gap);
        world.fire_schedule(population as u64);
        world
    }

    #[inline]
    fn member(&mut self) -> usize {
        self.random.below(self.keys.len() as u64) as usize
    }

    pub(crate) fn schedule_cancel(&mut self, times: u64) {
        for value in 0..times {
            let deadline = self.now + delay(&mut self.random);
            let mut key = self.timers.schedule(deadline, value);
            black_box(self.timers.cancel(&mut key).unwrap_or_default());
        }
    }

    pub(crate) fn cancel_schedule(&mut self, times: u64) {
        for _ in 0..times {
            let member = self.member();
            let key = &mut self.keys[member];
            black_box(self.timers.cancel(key).unwrap_or_default());
            let deadline = self.now + STEP + delay(&mut self.random);
            *key = self.timers.schedule(deadline, member as u64);
        }
    }

    pub(crate) fn refresh(&mut self, times: u64) {
        let turn = TURN * LONGEST_NANOS / (REFRESHES * self.keys.len() as u64);
        for _ in 0..times {
            let member = self.member();
            self.timers.refresh(&mut self.keys[member], self.now, member as u64);
            self.turn_left -= 1;
            if self.turn_left == 0 {
                self.turn_left = TURN;
                self.now += Duration::from_nanos(turn);
                while let Some((deadline, value)) = self.timers.pop(self.now) {
                    assert!(!C::EXACT || deadline <= self.now, "never early");
                    let key = &mut self.keys[value as usize];
                    self.timers.retire(key);
                    *key = self.timers.schedule_idle(self.now, value);
                }
            }
        }
    }

    /// Steps until so many have fired. What is due in the last step may fire in the next call.
    pub(crate) fn fire_schedule(&mut self, times: u64) {
        let mut left = times;
        let mut earliest = Instant::ZERO;
        while left > 0 {
            let Some((deadline, value)) = self.timers.pop(self.now) else {
                self.now += STEP;
                continue;
            };
            if C::EXACT {
                assert!(deadline <= self.now, "never early");
                assert!(deadline >= earliest, "in order, to the nanosecond");
                earliest = deadline;
            }
            let anew = self.now + delay(&mut self.random);
            let key = &mut self.keys[value as usize];
            self.timers.retire(key);
            *key = self.timers.schedule(anew, value);
            left -= 1;
        }
    }

    pub(crate) fn nothing_due(&mut self, times: u64) {
        let now = self.now;
        for _ in 0..times {
            let due = self.timers.pop(black_box(now));
            assert!(due.is_none(), "the first millisecond is free");
        }
    }

    pub(crate) fn next_deadline(&mut self, times: u64) {
        for _ in 0..times {
            black_box(&mut self.timers).look_ahead();
        }
    }
}

/// At least a nanosecond, so that what is scheduled now is due later.
#[inline]
fn delay(random: &mut Random) -> Duration {
    Duration::from_nanos(1 + random.below(LONGEST_NANOS))
}
