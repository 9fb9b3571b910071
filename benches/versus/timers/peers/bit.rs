//! [`Bit`]: bitwheel's wheel of 1 ms, with the overflow that lets it hold more than its slots.
//!
//! The populations here are far beyond its fixed slots, so most timers lie in that overflow, a
//! `BTreeMap`. It fires by slots: of its third gear, for what is 4 s and more away, a slot is 4 s wide.

use std::time::Instant as StdInstant;

use bitwheel::timer::{LargePreciseWheelWithFailover, Timer, TimerHandle};
use tourbillon::time::Instant;

use super::std_time::StdTime;
use crate::harness::Contender;

/// A timer of 8 bytes.
pub(crate) struct Value(u64);

impl Timer for Value {
    type Context = Vec<u64>;

    #[inline]
    fn fire(&mut self, due: &mut Vec<u64>) {
        due.push(self.0);
    }
}

/// The wheel, and what its last poll fired. It says values only, so a popped timer's deadline is
/// the time of the poll.
pub(crate) struct Bit {
    wheel: Box<LargePreciseWheelWithFailover<Value>>,
    time: StdTime,
    due: Vec<u64>,
    /// How many of `due` have been handed on.
    handed: usize,
}

impl Contender for Bit {
    const NAME: &'static str = "bitwheel";
    const EXACT: bool = false;

    /// Cancelling consumes it.
    type Key = Option<TimerHandle>;

    fn with_capacity(_: usize) -> Self {
        let epoch = StdInstant::now();
        let wheel = LargePreciseWheelWithFailover::boxed_with_epoch(epoch);
        Self { wheel, time: StdTime::from(epoch), due: Vec::new(), handed: 0 }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> Self::Key {
        Some(self.wheel.insert(self.time.deadline(deadline), Value(value)))
    }

    #[inline]
    fn cancel(&mut self, key: &mut Self::Key) -> Option<u64> {
        self.wheel.cancel(key.take()?).map(|Value(value)| value)
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if self.handed == self.due.len() {
            self.due.clear();
            self.handed = 0;
            self.wheel.poll(self.time.now(now), &mut self.due);
        }
        let value = *self.due.get(self.handed)?;
        self.handed += 1;
        Some((now, value))
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.wheel.peek_next_fire().map(|deadline| self.time.back(deadline))
    }

    #[inline]
    fn look_ahead(&mut self) {
        core::hint::black_box(self.wheel.peek_next_fire());
    }

    fn memory(&self) -> Option<usize> {
        None
    }
}
