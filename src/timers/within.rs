//! What concerns timers with slack: scheduling them, and taking them out when others are due.

use super::{Budget, TimerKey, Timers};
use crate::arena::Place;
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// Schedules `value` for some time from `earliest` to `latest`: as late as that, unless somebody
    /// is awake before. O(1).
    ///
    /// Such a timer asks for a wake-up at `latest` only: that is what
    /// [`next_deadline`](Self::next_deadline) knows of it. But whoever calls
    /// [`pop_expired`](Self::pop_expired) at or after `earliest`, for whatever reason, is given it
    /// as well. So timers whose windows overlap share a wake-up, and those that ride along with it
    /// are counted in [`TimersStats::wakeups_saved`](super::TimersStats::wakeups_saved).
    ///
    /// It is never handed out before `earliest`. What is due comes first: at `latest` it is due like
    /// any other, though behind exact timers of the same instant; before that it waits until nothing
    /// is due, so it delays nobody. (But to know who is first, windows that may close before an exact
    /// timer have to be sorted, as exact timers have: under a budget, a crowd of them takes as many
    /// calls as a crowd of those.) Those that are open and not due come in the order of their
    /// `earliest`. [`Expired::deadline`](super::Expired::deadline) is when it became due: `latest`,
    /// or the time of the pop if that is before.
    ///
    /// For every other call it is a timer with the deadline `latest`. Rescheduling it makes it exact.
    /// If `latest` is not after `earliest`, it is an exact timer at `earliest`. With a `latest` of
    /// [`Instant::MAX`] it never asks for a wake-up, and only ever rides along.
    ///
    /// It takes some 70 bytes more than an exact one.
    ///
    /// ```
    /// use tourbillon::{time::Instant, timers::Timers};
    ///
    /// let at = Instant::from_nanos;
    /// let mut timers = Timers::new();
    /// timers.schedule_within(at(10), at(50), "flush the log");
    /// timers.schedule_within(at(40), at(90), "drop old entries");
    /// timers.schedule_within(at(60), at(99), "count the guests");
    ///
    /// // Three timers, two wake-ups.
    /// assert_eq!(timers.next_deadline(), Some(at(50)));
    /// assert_eq!(timers.pop_expired(at(50)).map(|e| e.value), Some("flush the log"));
    /// assert_eq!(timers.pop_expired(at(50)).map(|e| e.value), Some("drop old entries"));
    /// assert!(timers.pop_expired(at(50)).is_none());
    /// assert_eq!(timers.next_deadline(), Some(at(99)));
    /// assert_eq!(timers.stats().wakeups_saved, 1);
    /// ```
    pub fn schedule_within(
        &mut self,
        earliest: Instant,
        latest: Instant,
        value: T,
    ) -> TimerKey {
        if latest <= earliest {
            return self.schedule(earliest, value);
        }
        let key = self.arena.insert(latest, value, Place::DETACHED);
        let before = self.moves();
        let window = self.slack.open(self.now, earliest, latest, key.index());
        self.arena.node_mut(key.index()).set_place(Place::in_window(window));
        self.note_call(before);
        key
    }

    /// From when to when the timer may fire: twice its deadline, unless it was scheduled with slack.
    /// O(1). `None`: the key is stale.
    ///
    /// ```
    /// # use tourbillon::{time::Instant, timers::Timers};
    /// # let at = Instant::from_nanos;
    /// let mut timers = Timers::new();
    /// let key = timers.schedule_within(at(10), at(50), ());
    /// assert_eq!(timers.window(key), Some((at(10), at(50))));
    /// timers.reschedule(key, at(30));
    /// assert_eq!(timers.window(key), Some((at(30), at(30))));
    /// ```
    #[must_use]
    pub fn window(&self, key: TimerKey) -> Option<(Instant, Instant)> {
        let node = self.arena.get(key)?;
        let window = node.place().window();
        let earliest = window.and_then(|window| self.slack.opening_of(window));
        Some((earliest.unwrap_or(node.deadline), node.deadline))
    }

    /// Of the exact timer that is due first and the windows that close by `now`, whatever comes
    /// first; the exact one among equals. `None` also when the budget's moves are spent: the one that
    /// was not found may be earlier.
    #[cold]
    #[inline(never)]
    pub(super) fn or_closing(
        &mut self,
        exact: Option<u32>,
        now: Instant,
        budget: &mut Budget,
    ) -> Option<u32> {
        let exact_at = exact.map(|index| self.arena.node(index).deadline);
        if exact_at.is_some_and(|at| at <= self.slack.closes()) {
            return exact;
        }
        let until = exact_at.unwrap_or(now);
        let Some(closing) = self.slack.first_closing(until, &mut budget.moves) else {
            return exact.filter(|_| budget.moves > 0);
        };
        let closes = self.arena.node(closing).deadline;
        if exact_at.is_some_and(|at| at <= closes) { exact } else { Some(closing) }
    }

    /// Takes out the timer whose window opened first, when nothing is due, or nothing is known to
    /// be because the budget's moves are spent: then nothing is taken.
    #[inline(never)]
    pub(super) fn take_open(&mut self, budget: &mut Budget) -> Option<u32> {
        // The wheel's search stops where it begins if no moves are left.
        let index = self.slack.first_open(self.now, &mut budget.moves);
        let Some(index) = index else {
            if budget.moves == 0 {
                self.slack.leave_open();
            }
            return None;
        };
        self.unlink(index);
        let node = self.arena.node_mut(index);
        debug_assert!(self.now < node.deadline, "what is due is no rider");
        // It is due now because it is taken now.
        node.deadline = self.now;
        self.slack.note_saved();
        self.upkeep_windows(budget);
        Some(index)
    }

    /// What [`TimersStats::wakeups_saved`](super::TimersStats::wakeups_saved) says. O(1).
    #[cfg(feature = "mio")]
    pub(crate) const fn wakeups_saved(&self) -> u64 {
        self.slack.wakeups_saved()
    }

    /// A timer with slack was popped: pays for those behind it.
    #[inline(never)]
    pub(super) fn upkeep_windows(&mut self, budget: &mut Budget) {
        if budget.moves > 0 {
            budget.charge_moves(self.slack.upkeep());
        }
    }
}
