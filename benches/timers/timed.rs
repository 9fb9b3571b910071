//! [`Timed`]: a contender whose every call is timed, for the tails.

use std::time::Instant as Stopwatch;

use tourbillon::time::Instant;

use super::contender::Contender;

/// A contender, and how long each call took.
pub(crate) struct Timed<C> {
    pub(crate) inner: C,
    /// Nanoseconds, two readings of the system's clock included.
    pub(crate) calls: Vec<u32>,
}

impl<C> Timed<C> {
    #[inline]
    fn note<R>(&mut self, call: impl FnOnce(&mut C) -> R) -> R {
        let start = Stopwatch::now();
        let result = call(&mut self.inner);
        let took = start.elapsed().as_nanos();
        self.calls.push(u32::try_from(took).unwrap_or(u32::MAX));
        result
    }
}

impl<C: Contender> Contender for Timed<C> {
    const NAME: &'static str = C::NAME;

    type Key = C::Key;

    fn with_capacity(capacity: usize) -> Self {
        Self { inner: C::with_capacity(capacity), calls: Vec::new() }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> Self::Key {
        self.note(|inner| inner.schedule(deadline, value))
    }

    #[inline]
    fn cancel(&mut self, key: Self::Key) -> Option<u64> {
        self.note(|inner| inner.cancel(key))
    }

    #[inline]
    fn schedule_idle(&mut self, now: Instant, value: u64) -> Self::Key {
        self.note(|inner| inner.schedule_idle(now, value))
    }

    #[inline]
    fn refresh(&mut self, key: Self::Key, now: Instant) -> Self::Key {
        self.note(|inner| inner.refresh(key, now))
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        self.note(|inner| inner.pop(now))
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.note(Contender::next_deadline)
    }

    fn memory(&self) -> Option<usize> {
        self.inner.memory()
    }

    fn expect_hold(&mut self, population: usize) {
        self.inner.expect_hold(population);
    }
}
