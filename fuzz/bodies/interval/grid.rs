//! The oracle: a grid in `u128`, where no sum of instants and durations overflows.
//!
//! Tick k lies at base + k·period, for each k from `next` on; those beyond the last instant do not
//! exist. What is due is counted, and the behavior says which of it goes first.

use std::time::Duration;

use tourbillon::time::{Instant, MissedTickBehavior, Tick};

pub(in crate::bodies) struct Grid {
    base: u128,
    period: u128,
    /// The place on the grid of the next tick.
    next: u128,
    /// What the index of a tick is ahead of its place, since the grid was left.
    ahead: u128,
    pub(in crate::bodies) behavior: MissedTickBehavior,
}

impl Grid {
    pub(in crate::bodies) fn new(
        start: u64,
        period: Duration,
        behavior: MissedTickBehavior,
    ) -> Self {
        let (base, period) = (start.into(), period.as_nanos());
        Self { base, period, next: 0, ahead: 0, behavior }
    }

    pub(in crate::bodies) fn reset_at(&mut self, start: u64) {
        (self.base, self.next, self.ahead) = (start.into(), 0, 0);
    }

    fn due_at(&self, place: u128) -> u128 {
        self.base + place * self.period
    }

    pub(in crate::bodies) fn is_over(&self) -> bool {
        self.due_at(self.next) > u64::MAX.into()
    }

    pub(in crate::bodies) fn next_deadline(&self) -> Instant {
        u64::try_from(self.due_at(self.next)).map_or(Instant::MAX, Instant::from_nanos)
    }

    /// How many ticks there are up to `then`.
    pub(in crate::bodies) fn ticks_until(&self, then: u64) -> u128 {
        let since = u128::from(then).checked_sub(self.due_at(self.next));
        since.map_or(0, |since| 1 + since / self.period)
    }

    pub(in crate::bodies) fn tick(&mut self, now: u64) -> Option<Tick> {
        let now = u128::from(now);
        let first = self.due_at(self.next);
        if first > now {
            return None;
        }
        // Ticks that are due: the first, and one more for each whole period since.
        let due = 1 + (now - first) / self.period;
        let most = match self.behavior {
            MissedTickBehavior::Skip => 1,
            MissedTickBehavior::BurstUpTo(most) => most.get().into(),
            _ => due,
        };
        let missed = due.saturating_sub(most);
        let place = self.next + missed;
        let tick = Tick {
            scheduled: Instant::from_nanos(self.due_at(place).try_into().unwrap()),
            index: (place + self.ahead).try_into().unwrap(),
            missed: missed.try_into().unwrap(),
        };
        self.next = place + 1;
        if self.behavior == MissedTickBehavior::Delay && due > 1 {
            // Another grid begins a period from now; the indices go on.
            (self.base, self.ahead) = (now + self.period, self.ahead + self.next);
            self.next = 0;
        }
        Some(tick)
    }
}
