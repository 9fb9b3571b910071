//! [`Disciplined`]: track and steering together, over anything that counts.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::{Found, Reading, Steering, Track};
use crate::time::Discipline;

/// A counter, and the clock that it is steered by.
pub(in crate::time) trait Counter {
    /// What the counter shows.
    fn raw(&self) -> u64;
    /// What the clock shows, and the counter at that time.
    fn read(&self) -> Reading;
}

/// A clock on a counter that keeps to another clock.
#[derive(Debug)]
pub(in crate::time) struct Disciplined<C> {
    counter: C,
    track: Track,
    steering: Mutex<Steering>,
}

impl<C: Counter> Disciplined<C> {
    /// A clock that begins now. So many nanoseconds take so many ticks, nearly.
    pub(in crate::time) fn beginning_now(counter: C, nanos: u64, ticks: u64) -> Self {
        let steering = Steering::beginning_at(counter.read(), nanos, ticks);
        let track = Track::beginning_with(steering.last());
        Self { counter, track, steering: Mutex::new(steering) }
    }

    /// The time. As a rule a reading of the counter, six loads or nine, and a multiplication; at the end
    /// of each segment one thread makes the next.
    #[inline]
    pub(in crate::time) fn now(&self) -> u64 {
        match self.track.find(self.counter.raw()) {
            Found::Time(nanos) => nanos,
            Found::TimeToRenew(nanos) => self.renew(nanos),
            Found::Outside => self.resume(),
        }
    }

    /// The time at which the counter showed that. `None`: it is not known, or no longer.
    pub(in crate::time) fn at(&self, raw: u64) -> Option<u64> {
        match self.track.find(raw) {
            Found::Time(nanos) | Found::TimeToRenew(nanos) => Some(nanos),
            Found::Outside => None,
        }
    }

    /// Makes the next segment, unless another thread does.
    #[cold]
    #[inline(never)]
    fn renew(&self, nanos: u64) -> u64 {
        let mut steering = match self.steering.try_lock() {
            Ok(steering) => steering,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return nanos,
        };
        if let Found::TimeToRenew(_) = self.track.find(self.counter.raw()) {
            self.make_next(&mut steering);
        }
        nanos
    }

    /// The time, when the counter is outside of the segments: nobody has read the clock for a while.
    #[cold]
    #[inline(never)]
    fn resume(&self) -> u64 {
        let mut steering = self.lock();
        loop {
            // Another thread may have made the next segment meanwhile.
            match self.track.find(self.counter.raw()) {
                Found::Time(nanos) | Found::TimeToRenew(nanos) => return nanos,
                Found::Outside => self.make_next(&mut steering),
            }
        }
    }

    fn make_next(&self, steering: &mut Steering) {
        if let Some(next) = steering.next(self.counter.read()) {
            self.track.publish(next);
        }
    }

    /// What is known of the two clocks.
    pub(in crate::time) fn report(&self) -> Discipline {
        self.lock().report()
    }

    pub(in crate::time) const fn counter(&self) -> &C {
        &self.counter
    }

    /// Nothing that is done under the lock panics; if it did, what is there is whole.
    fn lock(&self) -> MutexGuard<'_, Steering> {
        self.steering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
