//! [`Sharp`]: the deadlines that are worth spinning for.
//!
//! Idle timeouts of streams and timers with slack are not: nobody minds if they fire 50 µs late, and
//! a server has thousands of them. But one of them may come just before a timer that is, so the
//! earliest deadline of all does not tell when to begin. Hence this second, smaller set of timers,
//! whose values are the keys of those in the first. Only a reactor that spins has one.

use core::time::Duration;

use hashbrown::HashMap;

use super::{MOVES, Until, Window};
use crate::time::Instant;
use crate::timers::{TimerKey, Timers};

/// # Invariants
///
/// - I1: `keys` has those timers of the reactor that are worth spinning for, and the timers of
///   `deadlines` under them; each has the deadline that it has there.
#[derive(Debug)]
pub(super) struct Sharp {
    deadlines: Timers<()>,
    keys: HashMap<TimerKey, TimerKey>,
    window: Window,
}

impl Sharp {
    pub(super) fn new(now: Instant, max: Duration) -> Self {
        Self {
            deadlines: Timers::starting_at(now),
            keys: HashMap::new(),
            window: Window::at_most(max),
        }
    }

    /// A timer has this deadline from now on.
    pub(super) fn set(&mut self, timer: TimerKey, deadline: Instant) {
        let deadlines = &mut self.deadlines;
        self.keys
            .entry(timer)
            .and_modify(|&mut key| {
                deadlines.reschedule(key, deadline);
            })
            .or_insert_with(|| deadlines.schedule(deadline, ()));
    }

    /// As [`set`](Self::set), if the timer is one of these.
    pub(super) fn moved(&mut self, timer: TimerKey, deadline: Instant) {
        if let Some(&key) = self.keys.get(&timer) {
            self.deadlines.reschedule(key, deadline);
        }
    }

    /// A timer is gone.
    pub(super) fn forget(&mut self, timer: TimerKey) {
        if let Some(key) = self.keys.remove(&timer) {
            self.deadlines.cancel(key);
        }
    }

    /// The earliest deadline, or a time before which there is none.
    fn next(&mut self) -> Option<Instant> {
        self.deadlines.next_deadline_within(MOVES)
    }

    /// When to stop sleeping for the earliest of these deadlines.
    pub(super) fn opens(&mut self) -> Option<Instant> {
        let window = self.window.get();
        Some(self.next()? - window)
    }

    /// Until when to spin, if it is time to, and something to spin for.
    pub(super) fn spin_until(&mut self, until: Until) -> Option<Instant> {
        let (next, window) = (self.next()?, self.window.get());
        let is_near = next - window <= until.now;
        is_near.then(|| until.cap.map_or(next, |cap| cap.min(next)))
    }

    /// A wake-up came so long after it was asked for.
    pub(super) fn note_wake_up(&mut self, late: Duration) {
        self.window.note(late);
    }

    pub(super) const fn window(&self) -> Duration {
        self.window.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Instant {
        Instant::from_nanos(micros * 1_000)
    }

    fn key_of(timers: &mut Timers<u8>) -> TimerKey {
        timers.schedule(Instant::MAX, 0)
    }

    #[test]
    fn it_opens_a_window_before_the_earliest_wherever_that_moves() {
        let mut timers = Timers::new();
        let (one, other) = (key_of(&mut timers), key_of(&mut timers));
        let mut sharp = Sharp::new(Instant::ZERO, Duration::from_micros(100));
        assert_eq!(sharp.opens(), None);
        sharp.set(one, at(1_000));
        sharp.set(other, at(3_000));
        assert_eq!(sharp.opens(), Some(at(900)));
        sharp.moved(one, at(2_000));
        assert_eq!(sharp.opens(), Some(at(1_900)));
        sharp.set(one, at(7_000));
        assert_eq!(sharp.opens(), Some(at(2_900)));
        sharp.forget(other);
        assert_eq!(sharp.opens(), Some(at(6_900)));
        sharp.moved(other, at(1));
        assert_eq!(sharp.opens(), Some(at(6_900)), "what is gone stays gone");
        sharp.forget(one);
        assert_eq!((sharp.opens(), sharp.deadlines.len()), (None, 0));
    }

    #[test]
    fn it_spins_from_its_window_on_and_no_longer_than_the_wait() {
        let mut timers = Timers::new();
        let mut sharp = Sharp::new(Instant::ZERO, Duration::from_micros(100));
        let until = |now: u64, wait: Option<u64>, stop_at: Option<u64>| {
            Until::new(at(now), wait.map(Duration::from_micros), stop_at.map(at))
        };
        assert_eq!(sharp.spin_until(until(0, None, None)), None);
        sharp.set(key_of(&mut timers), at(1_000));
        assert_eq!(sharp.spin_until(until(899, None, None)), None);
        assert_eq!(sharp.spin_until(until(900, None, None)), Some(at(1_000)));
        assert_eq!(sharp.spin_until(until(950, Some(20), None)), Some(at(970)));
        assert_eq!(sharp.spin_until(until(950, None, Some(960))), Some(at(960)));
        assert_eq!(sharp.spin_until(until(950, Some(70), None)), Some(at(1_000)));
    }
}
