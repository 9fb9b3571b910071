//! [`OursWheel`]: tourbillon without a common timeout, to tell what the queue of one gives.

use tourbillon::time::Instant;
use tourbillon::{Budget, TimerKey, Timers};

use crate::harness::{Contender, LONGEST};

/// The wheel alone; a constant timeout is a deadline like any other.
pub(crate) struct OursWheel(Timers<u64>);

impl Contender for OursWheel {
    const NAME: &'static str = "tourbillon";

    type Key = TimerKey;

    fn with_capacity(capacity: usize) -> Self {
        Self(Timers::with_capacity(capacity))
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> TimerKey {
        self.0.schedule(deadline, value)
    }

    #[inline]
    fn cancel(&mut self, key: &mut TimerKey) -> Option<u64> {
        self.0.cancel(*key)
    }

    #[inline]
    fn refresh(&mut self, key: &mut TimerKey, now: Instant, _: u64) {
        assert!(self.0.reschedule(*key, now + LONGEST), "the key is not stale");
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        self.0.pop_expired(now).map(|expired| (expired.deadline, expired.value))
    }

    #[inline]
    fn pop_within(&mut self, now: Instant, limit: usize, values: &mut Vec<u64>) {
        let mut budget = Budget::timers(limit);
        while let Some(expired) = self.0.pop_expired_within(now, &mut budget) {
            values.push(expired.value);
        }
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.0.next_deadline()
    }

    fn memory(&self) -> Option<usize> {
        Some(self.0.stats().memory)
    }

    fn max_moves(&self) -> Option<u64> {
        Some(self.0.stats().max_moves_per_call)
    }
}
