//! [`StdNull`]: what the harness costs those who take the standard library's time.

use core::hint::black_box;
use std::time::Instant as StdInstant;

use tourbillon::time::Instant;

use super::std_time::StdTime;
use crate::harness::{Contender, Null};

/// No timers, as `Null`; converts the time as the adapters of the peers do.
pub(crate) struct StdNull {
    null: Null,
    time: StdTime,
}

impl Contender for StdNull {
    const NAME: &'static str = "null, std time";

    type Key = u64;

    fn with_capacity(capacity: usize) -> Self {
        let null = Null::with_capacity(capacity);
        Self { null, time: StdTime::from(StdInstant::now()) }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> u64 {
        black_box(self.time.deadline(deadline));
        self.null.schedule(deadline, value)
    }

    #[inline]
    fn cancel(&mut self, key: &mut u64) -> Option<u64> {
        self.null.cancel(key)
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        black_box(self.time.now(now));
        self.null.pop(now)
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.null.next_deadline()
    }

    fn memory(&self) -> Option<usize> {
        Some(0)
    }

    fn expect(&mut self, population: usize, first: Instant, gap_nanos: u64) {
        self.null.expect(population, first, gap_nanos);
    }
}
