//! [`Nexus`]: the wheel of nexus-timer, with its own defaults: ticks of 1 ms.

use std::mem::ManuallyDrop;
use std::time::Instant as StdInstant;

use nexus_timer::{TimerHandle, Wheel};
use tourbillon::time::Instant;

use super::std_time::StdTime;
use crate::harness::{Contender, LONGEST};

/// Its handles are to be given back, and assert it in debug builds; the harness ends with timers
/// still standing, so it keeps them undropped.
pub(crate) struct NexusKey(Option<ManuallyDrop<TimerHandle<u64>>>);

impl NexusKey {
    #[inline]
    pub(crate) fn keep(handle: TimerHandle<u64>) -> Self {
        Self(Some(ManuallyDrop::new(handle)))
    }

    #[inline]
    pub(crate) fn hand_back(&mut self) -> TimerHandle<u64> {
        ManuallyDrop::into_inner(self.0.take().expect("the key is not stale"))
    }
}

/// The wheel, and what its last poll gave out. It says values only, so a popped timer's deadline
/// is the time of the poll.
pub(crate) struct Nexus {
    wheel: Wheel<u64>,
    time: StdTime,
    due: Vec<u64>,
    /// How many of `due` have been handed on.
    handed: usize,
}

impl Contender for Nexus {
    const NAME: &'static str = "nexus-timer";
    const EXACT: bool = false;

    type Key = NexusKey;

    fn with_capacity(capacity: usize) -> Self {
        let epoch = StdInstant::now();
        let (due, handed) = (Vec::new(), 0);
        Self {
            wheel: Wheel::unbounded(capacity, epoch),
            time: StdTime::from(epoch),
            due,
            handed,
        }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> NexusKey {
        NexusKey::keep(self.wheel.schedule(self.time.deadline(deadline), value))
    }

    #[inline]
    fn schedule_unkeyed(&mut self, deadline: Instant, value: u64) {
        self.wheel.schedule_forget(self.time.deadline(deadline), value);
    }

    #[inline]
    fn cancel(&mut self, key: &mut NexusKey) -> Option<u64> {
        self.wheel.cancel(key.hand_back())
    }

    #[inline]
    fn retire(&mut self, key: &mut NexusKey) {
        self.wheel.free(key.hand_back());
    }

    #[inline]
    fn refresh(&mut self, key: &mut NexusKey, now: Instant, _: u64) {
        let deadline = self.time.deadline(now + LONGEST);
        *key = NexusKey::keep(self.wheel.reschedule(key.hand_back(), deadline));
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if self.handed == self.due.len() {
            self.due.clear();
            self.handed = 0;
            self.wheel.poll_and_rebalance(self.time.now(now), &mut self.due);
        }
        let value = *self.due.get(self.handed)?;
        self.handed += 1;
        Some((now, value))
    }

    #[inline]
    fn pop_within(&mut self, now: Instant, limit: usize, values: &mut Vec<u64>) {
        let now = self.time.now(now);
        self.wheel.poll_and_rebalance_with_limit(now, limit, values);
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.wheel.next_deadline().map(|deadline| self.time.back(deadline))
    }

    #[inline]
    fn look_ahead(&mut self) {
        core::hint::black_box(self.wheel.next_deadline());
    }

    fn memory(&self) -> Option<usize> {
        None
    }
}
