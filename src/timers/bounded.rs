//! A bound on how many timers there may be, for what others ask to be scheduled.

use super::{After, Refused, TimerKey, Timers};
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// Lets [`try_schedule`](Self::try_schedule),
    /// [`try_schedule_after`](Self::try_schedule_after) and
    /// [`try_schedule_within`](Self::try_schedule_within) refuse when there are `timers` timers or
    /// more; `None`, as at first, or [`usize::MAX`]: when no more can be numbered.
    ///
    /// [`schedule`](Self::schedule) and the others are not bound by it: they have nothing to refuse
    /// with but a panic, and the program's own timers must go in also when its peers have used up
    /// what they may. What they schedule counts. A limit below the number of timers cancels none; it
    /// may be set at any time.
    pub const fn set_limit(&mut self, timers: Option<usize>) {
        self.arena.set_limit(match timers {
            Some(timers) => timers,
            None => usize::MAX,
        });
    }

    /// How many timers the calls that may refuse let there be. `None`: no limit.
    #[must_use]
    pub const fn limit(&self) -> Option<usize> {
        match self.arena.limit() {
            usize::MAX => None,
            timers => Some(timers),
        }
    }

    /// As [`schedule`](Self::schedule), unless there are as many timers as there may be. O(1).
    ///
    /// # Errors
    ///
    /// The value, given back; nothing was changed.
    ///
    /// ```
    /// use tourbillon::{Instant, Timers};
    ///
    /// let mut timers = Timers::new();
    /// timers.set_limit(Some(1));
    /// assert!(timers.try_schedule(Instant::ZERO, "a peer's").is_ok());
    /// let refused = timers.try_schedule(Instant::ZERO, "another's").unwrap_err();
    /// assert_eq!(refused.into_inner(), "another's");
    ///
    /// timers.schedule(Instant::ZERO, "our own");
    /// assert_eq!((timers.len(), timers.limit()), (2, Some(1)));
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

    /// As [`schedule_after`](Self::schedule_after), unless there are as many timers as there may
    /// be. O(1).
    ///
    /// # Errors
    ///
    /// The value, given back; nothing was changed.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use tourbillon::{Instant, Timers};
    /// let mut timers = Timers::new();
    /// let idle = timers.common_timeout(Duration::from_secs(30));
    /// timers.set_limit(Some(10_000));
    /// for connection in 0..10_000 {
    ///     assert!(timers.try_schedule_after(Instant::ZERO, idle, connection).is_ok());
    /// }
    /// let refused = timers.try_schedule_after(Instant::ZERO, idle, 10_000);
    /// assert_eq!(refused.unwrap_err().into_inner(), 10_000);
    /// ```
    #[inline]
    pub fn try_schedule_after(
        &mut self,
        now: Instant,
        after: impl Into<After>,
        value: T,
    ) -> Result<TimerKey, Refused<T>> {
        if self.arena.is_full() {
            return Err(Refused::new(value));
        }
        Ok(self.schedule_after(now, after, value))
    }

    /// As [`schedule_within`](Self::schedule_within), unless there are as many timers as there may
    /// be. O(1).
    ///
    /// # Errors
    ///
    /// The value, given back; nothing was changed.
    ///
    /// ```
    /// # use tourbillon::{Instant, Timers};
    /// let mut timers = Timers::new();
    /// timers.set_limit(Some(1));
    /// let (earliest, latest) = (Instant::from_nanos(5), Instant::from_nanos(50));
    /// assert!(timers.try_schedule_within(earliest, latest, "flush").is_ok());
    /// let refused = timers.try_schedule_within(earliest, latest, "count").unwrap_err();
    /// assert_eq!(refused.into_inner(), "count");
    /// ```
    pub fn try_schedule_within(
        &mut self,
        earliest: Instant,
        latest: Instant,
        value: T,
    ) -> Result<TimerKey, Refused<T>> {
        if self.arena.is_full() {
            return Err(Refused::new(value));
        }
        Ok(self.schedule_within(earliest, latest, value))
    }
}
