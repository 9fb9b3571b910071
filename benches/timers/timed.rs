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
    const EXACT: bool = C::EXACT;

    type Key = C::Key;

    fn with_capacity(capacity: usize) -> Self {
        Self { inner: C::with_capacity(capacity), calls: Vec::new() }
    }

    #[inline]
    fn schedule(&mut self, deadline: Instant, value: u64) -> Self::Key {
        self.note(|inner| inner.schedule(deadline, value))
    }

    #[inline]
    fn schedule_unkeyed(&mut self, deadline: Instant, value: u64) {
        self.note(|inner| inner.schedule_unkeyed(deadline, value));
    }

    #[inline]
    fn cancel(&mut self, key: &mut Self::Key) -> Option<u64> {
        self.note(|inner| inner.cancel(key))
    }

    #[inline]
    fn retire(&mut self, key: &mut Self::Key) {
        self.inner.retire(key);
    }

    #[inline]
    fn schedule_idle(&mut self, now: Instant, value: u64) -> Self::Key {
        self.note(|inner| inner.schedule_idle(now, value))
    }

    #[inline]
    fn refresh(&mut self, key: &mut Self::Key, now: Instant, value: u64) {
        self.note(|inner| inner.refresh(key, now, value));
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        self.note(|inner| inner.pop(now))
    }

    #[inline]
    fn pop_within(&mut self, now: Instant, limit: usize, values: &mut Vec<u64>) {
        self.note(|inner| inner.pop_within(now, limit, values));
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.note(Contender::next_deadline)
    }

    #[inline]
    fn look_ahead(&mut self) {
        self.note(Contender::look_ahead);
    }

    fn memory(&self) -> Option<usize> {
        self.inner.memory()
    }

    fn max_moves(&self) -> Option<u64> {
        self.inner.max_moves()
    }

    fn expect(&mut self, population: usize, first: Instant, gap_nanos: u64) {
        self.inner.expect(population, first, gap_nanos);
    }
}
