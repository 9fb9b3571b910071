//! The oracle of common timeouts: a list of timers and one of durations, searched from end to end.

use std::time::Duration;

use tourbillon::common_timeout::COMMON_TIMEOUT_LIMIT;
use tourbillon::time::Instant;
use tourbillon::timers::TimerKey;

/// A timer that is alive, or was.
pub(super) struct Timer {
    pub(super) key: TimerKey,
    pub(super) deadline: Instant,
    after: Duration,
    /// It was scheduled while its duration was registered, so that it can be touched.
    home: bool,
    pub(super) alive: bool,
}

/// A duration that was ever scheduled or registered.
struct Known {
    after: Duration,
    registered: bool,
    /// Timers that were scheduled while it was registered, and are alive.
    members: usize,
    /// The latest reading that a timer was scheduled with.
    latest: Instant,
    /// Its timers are due in the order they came in: no reading went back, none was moved, and it
    /// was registered once and for all before the first of them.
    fifo: bool,
}

impl Known {
    /// A queue is taken by a duration that is registered, or that still has members.
    fn takes_queue(&self) -> bool {
        self.registered || self.members > 0
    }
}

#[derive(Default)]
pub(super) struct Dumb {
    pub(super) timers: Vec<Timer>,
    known: Vec<Known>,
}

impl Dumb {
    fn known(&mut self, after: Duration) -> &mut Known {
        let at = self.known.iter().position(|known| known.after == after);
        let at = at.unwrap_or_else(|| {
            self.known.push(Known {
                after,
                registered: false,
                members: 0,
                latest: Instant::ZERO,
                fifo: true,
            });
            self.known.len() - 1
        });
        &mut self.known[at]
    }

    pub(super) fn register(&mut self, after: Duration) {
        let is_new = !self.timers.iter().any(|timer| timer.after == after);
        let taken = self.known.iter().filter(|known| known.takes_queue()).count();
        let known = self.known(after);
        known.fifo &= is_new || known.registered;
        known.registered |= known.takes_queue() || taken < COMMON_TIMEOUT_LIMIT;
    }

    pub(super) fn forget(&mut self, after: Duration) -> bool {
        let known = self.known(after);
        known.fifo = false;
        std::mem::replace(&mut known.registered, false)
    }

    pub(super) fn registered(&self) -> usize {
        self.known.iter().filter(|known| known.registered).count()
    }

    pub(super) fn schedule(&mut self, key: TimerKey, now: Instant, after: Duration) {
        let known = self.known(after);
        known.fifo &= now >= known.latest;
        known.latest = known.latest.max(now);
        let home = known.registered;
        known.members += usize::from(home);
        self.timers.push(Timer { key, deadline: now + after, after, home, alive: true });
    }

    pub(super) fn pick(&self, pick: u16) -> Option<usize> {
        usize::from(pick).checked_rem(self.timers.len())
    }

    pub(super) fn touch(&mut self, id: usize, now: Instant) -> bool {
        let timer = &self.timers[id];
        timer.home && self.reschedule(id, now + timer.after)
    }

    pub(super) fn reschedule(&mut self, id: usize, deadline: Instant) -> bool {
        let timer = &mut self.timers[id];
        if timer.alive {
            timer.deadline = deadline;
            let after = timer.after;
            self.known(after).fifo = false;
        }
        self.timers[id].alive
    }

    /// Gives the value back: the number.
    pub(super) fn cancel(&mut self, id: usize) -> Option<usize> {
        let timer = &mut self.timers[id];
        if !std::mem::replace(&mut timer.alive, false) {
            return None;
        }
        let (after, home) = (timer.after, timer.home);
        self.known(after).members -= usize::from(home);
        Some(id)
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = &Timer> {
        self.timers.iter().filter(|timer| timer.alive)
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.alive().map(|timer| timer.deadline).min()
    }

    /// A timer came out, which had the earliest deadline of all.
    pub(super) fn expire(&mut self, id: usize, key: TimerKey) {
        assert_eq!(self.timers[id].key, key, "P3: another timer's key");
        let after = self.timers[id].after;
        let is_first =
            self.alive().find(|timer| timer.after == after).map(|t| t.key) == Some(key);
        assert!(is_first || !self.known(after).fifo, "P4: {id} is not the first in");
        assert!(self.cancel(id).is_some(), "P3: twice");
    }
}
