//! [`NexusQueue`]: the queue that nexus-timer has for one constant timeout.

use std::time::Instant as StdInstant;

use nexus_timer::TimeoutQueue;
use tourbillon::time::Instant;

use super::nexus::NexusKey;
use super::std_time::StdTime;
use crate::harness::{Contender, LONGEST};

/// The queue of the constant timeout, and what its last poll gave out.
pub(crate) struct NexusQueue {
    queue: TimeoutQueue<u64>,
    time: StdTime,
    due: Vec<u64>,
    /// How many of `due` have been handed on.
    handed: usize,
}

impl Contender for NexusQueue {
    const NAME: &'static str = "nexus-timer";
    const EXACT: bool = false;

    type Key = NexusKey;

    fn with_capacity(capacity: usize) -> Self {
        let epoch = StdInstant::now();
        let (due, handed) = (Vec::new(), 0);
        Self {
            queue: TimeoutQueue::unbounded(LONGEST, capacity, epoch),
            time: StdTime::from(epoch),
            due,
            handed,
        }
    }

    fn schedule(&mut self, _: Instant, _: u64) -> NexusKey {
        unreachable!("has one timeout only; the rows with others take the wheel");
    }

    #[inline]
    fn schedule_idle(&mut self, now: Instant, value: u64) -> NexusKey {
        NexusKey::keep(self.queue.schedule(self.time.now(now), value))
    }

    #[inline]
    fn cancel(&mut self, key: &mut NexusKey) -> Option<u64> {
        self.queue.cancel(key.hand_back())
    }

    #[inline]
    fn retire(&mut self, key: &mut NexusKey) {
        self.queue.free(key.hand_back());
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if self.handed == self.due.len() {
            self.due.clear();
            self.handed = 0;
            self.queue.poll(self.time.now(now), &mut self.due);
        }
        let value = *self.due.get(self.handed)?;
        self.handed += 1;
        Some((now, value))
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.queue.next_deadline().map(|deadline| self.time.back(deadline))
    }

    fn memory(&self) -> Option<usize> {
        None
    }
}
