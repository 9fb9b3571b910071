//! The hold run: a constant number of timers of all kinds, each replaced when it goes.

use std::time::Duration;

use tourbillon::time::Instant;
use tourbillon::timers::{Budget, CommonTimeout, TimerKey, Timers};

use super::Random;

/// Timers that are scheduled, touched, moved, cancelled and expired at random, in equal parts.
pub(crate) struct Hold {
    pub(crate) timers: Timers<u32>,
    pub(crate) now: Instant,
    pub(crate) expired: u64,
    keys: Vec<TimerKey>,
    idle: CommonTimeout,
    random: Random,
}

impl Hold {
    /// A population of so many timers, all alive, and rings that are in order.
    pub(crate) fn of(population: u32) -> Self {
        let mut timers = Timers::with_capacity(population as usize);
        let idle = timers.common_timeout(Duration::from_millis(30));
        let mut hold = Self {
            timers,
            now: Instant::ZERO,
            expired: 0,
            keys: Vec::with_capacity(population as usize),
            idle,
            random: Random::new(u64::from(population)),
        };
        for value in 0..population {
            let key = hold.schedule(value);
            hold.keys.push(key);
        }
        while hold.timers.maintain(hold.now, 64) {}
        hold
    }

    /// A millisecond to a minute, shorter ones more often.
    fn delay(&mut self) -> Duration {
        let bits = self.random.below(17);
        Duration::from_nanos((1_000_000 << bits) - self.random.below(500_000))
    }

    fn schedule(&mut self, value: u32) -> TimerKey {
        match self.random.below(4) {
            0 => self.timers.schedule_after(self.now, self.idle, value),
            1 => self.timers.schedule_after(self.now, self.idle.duration(), value),
            _ => {
                let delay = self.delay();
                self.timers.schedule_after(self.now, delay, value)
            }
        }
    }

    /// One operation: after it, as many timers as before.
    pub(crate) fn step(&mut self) {
        let pick = self.random.below(self.keys.len() as u64) as usize;
        match self.random.below(6) {
            0 => {
                let value = self.timers.cancel(self.keys[pick]).expect("all are alive");
                self.keys[pick] = self.schedule(value);
            }
            1 => {
                let deadline = self.now + self.delay();
                assert!(self.timers.reschedule(self.keys[pick], deadline));
            }
            2 => {
                if !self.timers.touch(self.keys[pick], self.now) {
                    let deadline = self.now + self.idle.duration();
                    assert!(self.timers.reschedule(self.keys[pick], deadline));
                }
            }
            _ => self.expire_next(),
        }
    }

    /// Sleeps until the next timer is due, and puts another in its place. Only calls that are
    /// bounded: what was postponed comes up in a few of them instead of one.
    fn expire_next(&mut self) {
        let expired = loop {
            let wakeup = self.timers.next_wakeup().expect("there are timers");
            self.now = self.now.max(wakeup);
            let mut budget = Budget { timers: 1, moves: 64 };
            if let Some(expired) = self.timers.pop_expired_within(self.now, &mut budget) {
                break expired;
            }
        };
        assert!(expired.deadline <= self.now);
        self.keys[expired.value as usize] = self.schedule(expired.value);
        self.expired += 1;
    }
}
