//! [`Ours`]: tourbillon's timers.

use tourbillon::time::Instant;
use tourbillon::{Budget, CommonTimeout, TimerKey, Timers};

use super::contender::{Contender, LONGEST};

/// The wheel, and the queue of the constant timeout.
pub(crate) struct Ours {
    timers: Timers<u64>,
    idle: CommonTimeout,
}

impl Contender for Ours {
    const NAME: &'static str = "tourbillon";

    type Key = TimerKey;

    fn with_capacity(capacity: usize) -> Self {
        let mut timers = Timers::with_capacity(capacity);
        let idle = timers.common_timeout(LONGEST);
        Self { timers, idle }
    }

    #[inline(always)]
    fn schedule(&mut self, deadline: Instant, value: u64) -> TimerKey {
        self.timers.schedule(deadline, value)
    }

    #[inline(always)]
    fn cancel(&mut self, key: &mut TimerKey) -> Option<u64> {
        self.timers.cancel(*key)
    }

    #[inline(always)]
    fn schedule_idle(&mut self, now: Instant, value: u64) -> TimerKey {
        self.timers.schedule_after(now, self.idle, value)
    }

    #[inline(always)]
    fn refresh(&mut self, key: &mut TimerKey, now: Instant, _: u64) {
        assert!(self.timers.touch(*key, now), "the key is not stale");
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        self.timers.pop_expired(now).map(|expired| (expired.deadline, expired.value))
    }

    #[inline]
    fn pop_within(&mut self, now: Instant, limit: usize, values: &mut Vec<u64>) {
        let mut budget = Budget::timers(limit);
        while let Some(expired) = self.timers.pop_expired_within(now, &mut budget) {
            values.push(expired.value);
        }
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.timers.next_deadline()
    }

    fn memory(&self) -> Option<usize> {
        Some(self.timers.stats().memory)
    }

    fn max_moves(&self) -> Option<u64> {
        Some(self.timers.stats().max_moves_per_call)
    }
}
