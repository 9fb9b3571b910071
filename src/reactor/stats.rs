//! [`ReactorStats`]: what a reactor counts about itself.

use core::time::Duration;

use super::{Reactor, trace};
use crate::stats::Histogram;
use crate::time::Instant;

/// Counters since the reactor was built, and how late its timers were, by cause.
///
/// Reading them costs nothing; they are plain fields. The histograms take 36 KiB each.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReactorStats {
    /// Turns begun.
    pub turns: u64,
    /// Events that the kernel delivered to sources.
    pub events: u64,
    /// Events whose source was gone when they arrived. They reach nobody.
    pub stale_events: u64,
    /// Waits, asleep, polling or spinning, that ended with something to do.
    pub useful_wakeups: u64,
    /// Such waits that ended with nothing to do: the cost of not arming the kernel's timer again
    /// whenever a deadline moves to later.
    pub spurious_wakeups: u64,
    /// Times that the kernel's timer was armed: one system call each.
    pub armed: u64,
    /// Waits that a signal's handler interrupted. What is left of a wait is computed anew then.
    pub interrupted: u64,
    /// Timers whose handlers were called.
    pub timers_fired: u64,
    /// Phases of turns that left work for the next turn because their budget or their time was spent.
    pub budget_hits: u64,
    /// The same by phase; and how often listeners and streams had their share of a turn.
    pub budget_hits_by: BudgetHits,
    /// Handlers that took longer than [`on_slow_handler`](super::Reactor::on_slow_handler) was told.
    pub slow_handlers: u64,
    /// Handlers that panicked.
    pub panics: u64,
    /// The most timers that were pending at a time; from [`reset_stats`](super::Reactor::reset_stats) on,
    /// those that are now, to begin with. Libevent: `event_base_get_max_events`.
    pub most_timers: usize,
    /// The most sources that were registered at a time; as above.
    pub most_sources: usize,
    /// How late timers fired.
    pub lateness: Lateness,
    /// Of the sleeps that ended by themselves: how long after they were to end. The kernel's part of
    /// lateness; of a reactor that spins, what its window is learned from.
    pub wait_overshoot: Histogram,
    /// How long handlers took: of timers, sources, deferred calls and posts, each by itself, with what
    /// the reactor did to call it. One that panicked is not in it.
    pub handler_time: Histogram,
    /// How long turns took from the end of the wait on, of those that called a handler.
    pub turn_time: Histogram,
    /// The time spent in waits, whatever way: from before the kernel is asked to after it has answered.
    /// Libuv: `uv_metrics_idle_time`.
    pub waited: Duration,
    /// The time spent [spinning](super::Precision::Spin) for deadlines, by the reactor's own clock.
    pub spun: Duration,
    /// How long before a deadline a reactor that spins wakes up, as it is now: what it has learned.
    pub spin_window: Duration,
    /// The time spent [asking for events](super::ReactorBuilder::busy_poll) before sleeps.
    pub busy_polled: Duration,
}

impl ReactorStats {
    /// Forgets all, and keeps the memory.
    pub(super) fn clear(&mut self) {
        // In full, so that whatever is added is forgotten, too.
        let Self {
            turns,
            events,
            stale_events,
            useful_wakeups,
            spurious_wakeups,
            armed,
            interrupted,
            timers_fired,
            budget_hits,
            budget_hits_by,
            slow_handlers,
            panics,
            most_timers,
            most_sources,
            lateness: Lateness { total, kernel, handlers, budget },
            wait_overshoot,
            handler_time,
            turn_time,
            waited,
            spun,
            spin_window,
            busy_polled,
        } = self;
        *budget_hits_by = BudgetHits::default();
        (*most_timers, *most_sources) = (0, 0);
        for count in [
            turns,
            events,
            stale_events,
            useful_wakeups,
            spurious_wakeups,
            armed,
            interrupted,
            timers_fired,
            budget_hits,
            slow_handlers,
            panics,
        ] {
            *count = 0;
        }
        for time in [waited, spun, spin_window, busy_polled] {
            *time = Duration::ZERO;
        }
        for histogram in
            [total, kernel, handlers, budget, wait_overshoot, handler_time, turn_time]
        {
            histogram.clear();
        }
    }
}

/// How often what had to leave work for the next turn. See [`TurnBudget`](super::TurnBudget).
#[derive(Copy, Clone, Eq, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct BudgetHits {
    /// The phase of sources.
    pub sources: u64,
    /// That of timers.
    pub timers: u64,
    /// That of deferred handlers, and of sources that were reached from outside.
    pub deferred: u64,
    /// That of posts.
    pub posts: u64,
    /// A listener that had more connections to accept: by their number, or out of time.
    pub accepts: u64,
    /// A stream that had more to do: by its share of bytes and calls, or out of time.
    pub streams: u64,
    /// How many of the phases above were out of time, and not of their number.
    pub by_time: u64,
}

/// What a budget is for.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[allow(dead_code, reason = "for the rooms above, which may be switched off")]
pub(crate) enum Phase {
    Sources,
    Timers,
    Deferred,
    Posts,
    Accepts,
    Streams,
}

impl<S> Reactor<S> {
    /// What it counted, and how late its timers were. A clone of it is a snapshot.
    #[must_use]
    pub const fn stats(&self) -> &ReactorStats {
        &self.stats
    }

    /// Begins to count anew, and keeps the memory for it. Also inside a handler.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::Reactor;
    ///
    /// let mut reactor = Reactor::<()>::new()?;
    /// reactor.after(Duration::from_millis(1), |_, _, _| {});
    /// reactor.run(&mut ())?;
    /// let warm_up = reactor.stats().clone();
    /// reactor.reset_stats();
    /// assert_eq!((warm_up.timers_fired, reactor.stats().timers_fired), (1, 0));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reset_stats(&mut self) {
        self.stats.clear();
        self.stats.spin_window = self.waiter.window();
        self.stats.most_timers = self.timers.len();
        self.stats.most_sources = self.slots.len();
    }

    /// Something was dropped, or told, that may have taken its time: that is nobody's, neither of the
    /// handler before it nor of the next one.
    pub(super) fn disown_time(&mut self) {
        if self.options.histograms || self.slow.watches() {
            self.readings.begin_handler(self.fresh_now());
        }
        self.readings.grow_old();
    }

    /// A timer was added.
    #[inline]
    pub(super) fn note_population(&mut self) {
        self.stats.most_timers = self.stats.most_timers.max(self.timers.len());
    }

    /// Something leaves work for the next turn.
    pub(crate) fn note_hit(&mut self, phase: Phase, is_by_time: bool) {
        trace::budget_hit(phase, is_by_time);
        let by = &mut self.stats.budget_hits_by;
        let (count, is_phase) = match phase {
            Phase::Sources => (&mut by.sources, true),
            Phase::Timers => (&mut by.timers, true),
            Phase::Deferred => (&mut by.deferred, true),
            Phase::Posts => (&mut by.posts, true),
            Phase::Accepts => (&mut by.accepts, false),
            Phase::Streams => (&mut by.streams, false),
        };
        *count += 1;
        by.by_time += u64::from(is_phase && is_by_time);
        self.stats.budget_hits += u64::from(is_phase);
    }
}

/// How late timers fired, and why.
///
/// `total` has an entry for each timer; the causes have one for each timer that they delayed. The
/// parts of one timer add up to its total. An interval that skipped ticks is as late as the first of
/// them; [`Fired::lateness`](super::Fired::lateness) and [`Drift`](crate::time::Drift) go by the tick that
/// was handed out. An entry is made when the handler has returned, of a stream's timeout before it is called.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Lateness {
    /// From the deadline to the call of the handler.
    pub total: Histogram,
    /// The deadline passed while the reactor slept or polled, and the kernel gave the processor back
    /// that much later; with what the reactor itself does before the first handler of a turn.
    pub kernel: Histogram,
    /// Other handlers were running: of this turn before this one, or since before the wait.
    pub handlers: Histogram,
    /// It was due in an earlier turn, which had spent its budget or its time, or was stopped.
    pub budget: Histogram,
}

/// The readings that tell the causes of lateness apart.
#[derive(Copy, Clone, Debug)]
pub(super) struct Readings {
    /// Just before the wait.
    pub(super) wait_began: Instant,
    /// When the wait was over: the turn's now.
    pub(super) turn: Instant,
    /// The turn's now of the last turn, if that one left due timers behind.
    pub(super) left_behind: Option<Instant>,
    /// The last one: before the handler that runs, or after the one that ran last.
    pub(super) latest: Instant,
    /// Whether nothing that takes time has been done since `latest`.
    pub(super) is_fresh: bool,
    /// Whether the handler that runs is the first of its turn.
    pub(super) is_first: bool,
    /// How long after it was to end the wait did, if it ended by itself.
    pub(super) overshoot: Option<Duration>,
}

impl Readings {
    pub(super) const fn beginning_at(now: Instant) -> Self {
        Self {
            wait_began: now,
            turn: now,
            left_behind: None,
            latest: now,
            is_fresh: false,
            is_first: true,
            overshoot: None,
        }
    }

    /// The wait is over, and the turn begins.
    pub(super) const fn begin_turn(&mut self, wait_began: Instant, now: Instant) {
        let Self { left_behind, overshoot, .. } = *self;
        *self = Self { wait_began, left_behind, overshoot, ..Self::beginning_at(now) };
    }

    /// A timer's handler is about to be called.
    pub(super) fn begin_handler(&mut self, now: Instant) {
        self.is_first = self.latest == self.turn;
        self.latest = now;
    }

    /// A handler has returned.
    pub(super) const fn end_handler(&mut self, now: Instant) {
        self.latest = now;
        self.is_fresh = true;
    }

    /// Something may be dropped that belongs to a user: anybody's code, and it may take its time.
    pub(super) const fn grow_old(&mut self) {
        self.is_fresh = false;
    }
}

impl Lateness {
    /// Counts a timer due at `scheduled` whose handler is called at `now`.
    #[inline]
    pub(super) fn record(&mut self, scheduled: Instant, now: Instant, at: &Readings) {
        let since =
            |from: Instant, to: Instant| to.as_nanos().saturating_sub(from.as_nanos());
        let total = since(scheduled, now);
        self.total.record_nanos(total);
        let (cause, part) = if at.left_behind.is_some_and(|last| scheduled <= last) {
            (&mut self.budget, since(scheduled, at.turn))
        } else {
            let slept_till = if at.is_first { now } else { at.turn };
            (&mut self.kernel, since(scheduled.max(at.wait_began), slept_till))
        };
        let part = part.min(total);
        Self::note(cause, part);
        Self::note(&mut self.handlers, total - part);
    }

    #[inline]
    fn note(cause: &mut Histogram, part_nanos: u64) {
        if part_nanos > 0 {
            cause.record_nanos(part_nanos);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn lateness_is_split_by_cause_and_the_parts_add_up() {
        let mut lateness = Lateness::default();
        let mut slept = Readings::beginning_at(at(0));
        slept.begin_turn(at(10), at(60));
        slept.is_first = false;
        // Due at 40 during the sleep: 20 by the kernel, 5 by other handlers.
        lateness.record(at(40), at(65), &slept);
        assert_eq!(lateness.total.max(), Duration::from_nanos(25));
        assert_eq!(lateness.kernel.max(), Duration::from_nanos(20));
        assert_eq!(lateness.handlers.max(), Duration::from_nanos(5));
        // Due at 4, before the sleep began: 6 by handlers before it, 50 by the kernel.
        lateness.record(at(4), at(60), &slept);
        assert_eq!(lateness.kernel.max(), Duration::from_nanos(50));
        assert_eq!(lateness.handlers.max(), Duration::from_nanos(6));
        assert!(lateness.budget.is_empty());
        // The first handler of its turn: nobody but the kernel and the reactor was before it.
        let first = Readings { is_first: true, ..slept };
        lateness.record(at(30), at(101), &first);
        assert_eq!(lateness.kernel.max(), Duration::from_nanos(71));
        assert_eq!(lateness.handlers.count(), 2);
        // Due at 40, left behind by the turn at 50.
        let late = Readings { left_behind: Some(at(50)), ..slept };
        lateness.record(at(40), at(61), &late);
        assert_eq!(lateness.budget.max(), Duration::from_nanos(20));
        assert_eq!(lateness.total.count(), 4);
        assert_eq!(lateness.budget.count(), 1);
    }
}
