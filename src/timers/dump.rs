//! [`Dump`]: timers in words, for a person to read; and their `Debug`, in one line.

use core::fmt;
use core::time::Duration;

use super::Timers;
use crate::arena::Counted;
use crate::time::Instant;
use crate::wheel::write_head;

/// Prints everything about timers but their values. Made by [`Timers::dump`].
pub struct Dump<'a, T, const SLOTS: usize, const LEAF: usize> {
    timers: &'a Timers<T, SLOTS, LEAF>,
}

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// What lies where, for a person to read: how many timers there are and may be; level by level
    /// the wheel's slots with timers, the span of time each covers, how many timers it holds, and
    /// how many of these were postponed beyond it; what is sorted; each common timeout with its
    /// members, on the wheel or in its queue; and the timers with slack. The first eight slots of a level; with `{:#}` all.
    /// O(n), and nothing is allocated.
    ///
    /// ```
    /// use core::time::Duration;
    /// use tourbillon::{Instant, Timers};
    ///
    /// let mut timers = Timers::new();
    /// timers.set_limit(Some(100));
    /// let idle = timers.common_timeout(Duration::from_secs(30));
    /// timers.schedule_after(Instant::ZERO, idle, "connection 1");
    /// timers.schedule(Instant::from_nanos(1_500_000_000), "tea");
    /// assert_eq!(timers.dump().to_string(), "\
    /// 2 timers of 100 that there may be
    /// now 0ns, next wake-up 1.5s
    /// wheel: 1 timer
    ///   level 5, slots of 1.073741824s: 1 timer in 1 slot
    ///     1.073741824s ..= 2.147483647s: 1 timer
    ///   nothing is sorted
    /// queues: 1 timer
    ///   30s: 1 member, 1 in line, the first in it due 30s
    /// ");
    /// ```
    #[must_use]
    pub const fn dump(&self) -> Dump<'_, T, SLOTS, LEAF> {
        Dump { timers: self }
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// One line for the timers with slack, if there are any.
    fn write_windows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.slack.len() == 0 {
            return Ok(());
        }
        let time = |at: Instant| Duration::from_nanos(at.as_nanos());
        let timers = Counted(self.slack.len(), "timer");
        let (opens, closes) = (time(self.slack.opens()), time(self.slack.closes()));
        writeln!(
            f,
            "windows: {timers}, none opens before {opens:?} or closes before {closes:?}"
        )
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> fmt::Display for Dump<'_, T, SLOTS, LEAF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timers = self.timers;
        let arena = &timers.arena;
        write_head(f, timers.len(), timers.limit(), timers.now, timers.next_wakeup())?;
        timers.wheel.write(f, arena)?;
        timers.queues.write(f, arena)?;
        timers.write_windows(f)?;
        let listed = timers.wheel.levels(arena).timers()
            + timers.queues.timers(arena)
            + timers.slack.len();
        match timers.len() - listed {
            0 => Ok(()),
            detached => writeln!(f, "{} being fired", Counted(detached, "timer")),
        }
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> fmt::Debug for Dump<'_, T, SLOTS, LEAF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Counts, the next wake-up and what lies on which level, but no values: so `T` need not be `Debug`.
impl<T, const SLOTS: usize, const LEAF: usize> fmt::Debug for Timers<T, SLOTS, LEAF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers")
            .field("timers", &self.len())
            .field("next_wakeup", &self.next_wakeup())
            .field("levels", &self.wheel.levels(&self.arena))
            .field("queued", &self.queues.timers(&self.arena))
            .field("windows", &self.slack.len())
            .field("common_timeouts", &self.queues.registered())
            .finish_non_exhaustive()
    }
}
