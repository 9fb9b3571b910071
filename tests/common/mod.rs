//! What the tests share: instants in short words, a seeded random source, a drain.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod hold;

use std::time::Duration;

use tourbillon::time::Instant;
use tourbillon::timers::Timers;

/// Nanoseconds of a millisecond.
pub(crate) const MILLI: u64 = 1_000_000;
/// Nanoseconds of a second.
pub(crate) const SECOND: u64 = 1_000_000_000;
/// Nanoseconds of a day.
pub(crate) const DAY: u64 = 86_400 * SECOND;

/// So many nanoseconds after the origin.
pub(crate) fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

/// So many milliseconds after the origin.
pub(crate) fn at_ms(millis: u64) -> Instant {
    at(millis * MILLI)
}

/// So many milliseconds.
pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The values of all timers that are due, in order.
pub(crate) fn due<T>(timers: &mut Timers<T>, now: Instant) -> Vec<T> {
    std::iter::from_fn(|| timers.pop_expired(now)).map(|expired| expired.value).collect()
}

/// Three timers at once, 160 a slot of a second later, as many as are sorted, and 2,000 in the slot behind.
pub(crate) fn full_slot_before_a_crowd() -> impl Iterator<Item = (Instant, u64)> {
    let full = (0..160).map(|i| (at((1 << 30) + i), i));
    let crowd = (0..2_000).map(|i| (at((2 << 30) + i * 1_000), i));
    (0..3).map(|i| (at(i), i)).chain(full).chain(crowd)
}

/// Xorshift: the same numbers on every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, which is above zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
