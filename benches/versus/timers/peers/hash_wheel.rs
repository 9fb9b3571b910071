//! [`HashWheel`]: the cancellable wheel of `hierarchical_hash_wheel_timer`, ticks of 1 ms.
//!
//! It takes delays, not deadlines: whole milliseconds from its own time, rounded up here so that
//! nothing fires early.

use std::rc::Rc;
use std::time::Duration;

use hierarchical_hash_wheel_timer::wheels::Skip;
use hierarchical_hash_wheel_timer::wheels::cancellable::{
    CancellableTimerEntry, QuadWheelWithOverflow,
};
use tourbillon::time::Instant;

use crate::harness::Contender;

const TICK_NANOS: u64 = 1_000_000;

/// A timer of 8 bytes under an identity of 8 bytes, which its table wants.
#[derive(Debug)]
pub(crate) struct Entry {
    id: u64,
    value: u64,
}

impl CancellableTimerEntry for Entry {
    type Id = u64;

    fn id(&self) -> &u64 {
        &self.id
    }
}

/// The wheel, and what its last tick gave out.
pub(crate) struct HashWheel {
    wheel: QuadWheelWithOverflow<Entry>,
    next_id: u64,
    /// Its time.
    ticks: u64,
    due: Vec<Rc<Entry>>,
    /// How many of `due` have been handed on.
    handed: usize,
}

impl HashWheel {
    /// Moves its time on to the next tick with timers, or to `now`.
    #[inline]
    fn advance(&mut self, now: u64) {
        while self.ticks < now && self.handed == self.due.len() {
            let ahead = u32::try_from(now - self.ticks).unwrap_or(u32::MAX);
            let skip = match self.wheel.can_skip() {
                Skip::None => 0,
                Skip::Millis(most) => most.min(ahead),
                Skip::Empty => ahead,
            };
            if skip > 0 {
                self.wheel.skip(skip);
                self.ticks += u64::from(skip);
            } else {
                self.due = self.wheel.tick();
                self.handed = 0;
                self.ticks += 1;
            }
        }
    }
}

impl Contender for HashWheel {
    const NAME: &'static str = "hierarchical_hash_wheel_timer";
    const EXACT: bool = false;

    /// The identity.
    type Key = u64;

    fn with_capacity(_: usize) -> Self {
        let wheel = QuadWheelWithOverflow::new();
        Self { wheel, next_id: 0, ticks: 0, due: Vec::new(), handed: 0 }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        // It takes no delay of zero.
        let delay = deadline.as_nanos().div_ceil(TICK_NANOS).saturating_sub(self.ticks);
        let delay = Duration::from_millis(delay.max(1));
        self.wheel
            .insert_ref_with_delay(Rc::new(Entry { id, value }), delay)
            .unwrap_or_else(|_| unreachable!("the delay is not zero"));
        id
    }

    #[inline]
    fn cancel(&mut self, key: &mut u64) -> Option<u64> {
        // It does not give the value back.
        self.wheel.cancel(key).ok().map(|()| *key)
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if self.handed == self.due.len() {
            self.advance(now.as_nanos() / TICK_NANOS);
        }
        let entry = self.due.get(self.handed)?;
        self.handed += 1;
        Some((Instant::from_nanos(self.ticks * TICK_NANOS), entry.value))
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        unreachable!("it tells how far one may skip, not the next deadline");
    }

    fn memory(&self) -> Option<usize> {
        None
    }
}
