//! A bound on how many timers there may be, for what others ask to be scheduled.

use super::Wheel;
use crate::arena::{Refused, TimerKey};
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Wheel<T, SLOTS, LEAF> {
    /// Lets [`try_schedule`](Self::try_schedule) refuse when there are `timers` timers or more;
    /// `None`, as at first, or [`usize::MAX`]: when no more can be numbered.
    ///
    /// [`schedule`](Self::schedule) is not bound by it: it has nothing to refuse with but a panic,
    /// and the program's own timers must go in also when its peers have used up what they may. What
    /// it schedules counts. A limit below the number of timers cancels none; it may be set at any
    /// time.
    pub const fn set_limit(&mut self, timers: Option<usize>) {
        self.arena.set_limit(match timers {
            Some(timers) => timers,
            None => usize::MAX,
        });
    }

    /// How many timers [`try_schedule`](Self::try_schedule) lets there be. `None`: no limit.
    #[must_use]
    pub const fn limit(&self) -> Option<usize> {
        match self.arena.limit() {
            usize::MAX => None,
            timers => Some(timers),
        }
    }

    /// As [`schedule`](Self::schedule), unless there are as many timers as there may be.
    ///
    /// # Errors
    ///
    /// The value, given back; nothing was changed.
    ///
    /// ```
    /// use tourbillon::{Instant, Wheel};
    ///
    /// let mut wheel = Wheel::new();
    /// wheel.set_limit(Some(1));
    /// let key = wheel.try_schedule(Instant::ZERO, "first").expect("there is room for one");
    /// let refused = wheel.try_schedule(Instant::ZERO, "second").unwrap_err();
    /// assert_eq!(refused.into_inner(), "second");
    /// wheel.cancel(key);
    /// assert!(wheel.try_schedule(Instant::ZERO, "second").is_ok());
    /// ```
    #[inline]
    pub fn try_schedule(
        &mut self,
        deadline: Instant,
        value: T,
    ) -> Result<TimerKey, Refused<T>> {
        if self.arena.is_full() {
            return Err(Refused::new(value));
        }
        Ok(self.schedule(deadline, value))
    }
}
