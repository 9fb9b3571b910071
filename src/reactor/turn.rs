//! One turn: wait, readiness, timers, deferred, posts.
//!
//! What each phase does is in [`phases`](super::phases), and what ends a run in
//! [`control`](super::control).
//!
//! # Invariants
//!
//! - I1: what is added while a phase runs waits for that phase of the next turn. Each phase counts
//!   what it has when it begins, and the timers that are due are detached before the first of them
//!   is called.
//! - I2: what a phase leaves, because of its budget, a stop or a panic, stays where it is, and comes
//!   first in that phase of the next turn, which does not sleep.
//! - I3: a turn sleeps only if nothing is left to do, and something can wake it.

use core::time::Duration;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Reactor, Turn, trace};
use crate::time::Instant;

impl<S> Reactor<S> {
    /// One turn: sleeps at most `wait` (`None`: as long as it takes) until there is something to do,
    /// and does it, in this order:
    ///
    /// 1. sources that are ready, or were activated before the turn began, the urgent first;
    /// 2. timers that are due by the turn's reading of the clock, earliest first;
    /// 3. what was deferred; then sources that were reached through
    ///    [`source_mut`](Self::source_mut) are flushed;
    /// 4. what remotes have posted.
    ///
    /// What handlers add to a phase that has begun waits for the next turn. It does not sleep while
    /// work is left over, nor when nothing could ever wake it. It may come back early, with nothing
    /// done. Libevent: `event_base_loop(EVLOOP_ONCE)`, with `wait` zero `EVLOOP_NONBLOCK`.
    ///
    /// # Errors
    ///
    /// What the kernel says to the wait; and if it is called inside a handler, where nothing changes.
    ///
    /// # Panics
    ///
    /// If a handler does: the panic passes through. That handler is gone, its source deregistered, its
    /// interval cancelled. The rest of the turn's work is done by the next turn.
    pub fn turn(
        &mut self,
        state: &mut S,
        wait: impl Into<Option<Duration>>,
    ) -> io::Result<Turn> {
        self.refuse_in_turn()?;
        self.in_turn = true;
        self.ending.now = false;
        self.slow.forget();
        let wait = wait.into();
        let turn = catch_unwind(AssertUnwindSafe(|| self.turn_once(state, wait)));
        self.in_turn = false;
        self.running = None;
        turn.unwrap_or_else(|panic| {
            self.stats.panics += 1;
            // The panic ends the run, too; entered anew, it goes on.
            self.in_run = false;
            resume_unwind(panic)
        })
    }

    pub(super) fn refuse_in_turn(&self) -> io::Result<()> {
        if self.in_turn {
            return Err(io::Error::other("turn or run was called inside a handler"));
        }
        Ok(())
    }

    fn turn_once(&mut self, state: &mut S, wait: Option<Duration>) -> io::Result<Turn> {
        self.stats.turns += 1;
        self.turn_number += 1;
        if self.hooks.any_before() {
            let expected = self.expected_wait(wait);
            self.readings.begin_handler(self.fresh_now());
            self.run_before_hooks(state, expected);
        }
        let slept = self.wait(wait)?;
        let mut turn = Turn::new(self.now);
        // Before any handler runs, so that what a handler schedules can not be among them.
        let leaves_some = self.detach_due();
        if self.hooks.any_after() {
            self.run_after_hooks(state);
        }
        turn.sources = self.run_sources(state);
        turn.timers = self.run_timers(state, leaves_some);
        let leaves_some = leaves_some || !self.batch.is_empty();
        self.readings.left_behind = leaves_some.then_some(self.now);
        turn.deferred = self.run_deferred(state) + self.run_poked(state);
        turn.posts = self.run_posts(state);
        self.note_turn(&turn);
        turn.stopped = self.mailbox.take_stop() || self.ending.now;
        self.note_wake_up_of(slept, &turn);
        Ok(turn)
    }

    fn note_wake_up_of(&mut self, slept: bool, turn: &Turn) {
        trace::turn(turn, slept);
        if slept {
            let wakeups = if turn.is_empty() && !turn.stopped {
                &mut self.stats.spurious_wakeups
            } else {
                &mut self.stats.useful_wakeups
            };
            *wakeups += 1;
        }
    }

    fn note_turn(&mut self, turn: &Turn) {
        self.stats.waited += self.now.saturating_duration_since(self.readings.wait_began);
        self.stats.spin_window = self.waiter.window();
        if let Some(late) = self.readings.overshoot.take()
            && self.options.histograms
        {
            self.stats.wait_overshoot.record(late);
        }
        if self.options.histograms && !turn.is_empty() {
            let took =
                self.readings.latest.as_nanos().saturating_sub(self.now.as_nanos());
            self.stats.turn_time.record_nanos(took);
        }
    }

    /// Whether a timer may be due. To know for certain could mean to open a slot of any size; the
    /// timers' phase finds out within its budget.
    pub(super) fn may_be_due(&self, now: Instant) -> bool {
        self.timers.next_wakeup().is_some_and(|wakeup| wakeup <= now)
    }

    /// Whether something is left to do that needs no wake.
    pub(super) fn has_work(&self) -> bool {
        self.slots.ready_len() > 0
            || self.slots.poked_len() > 0
            || !self.batch.is_empty()
            || !self.deferred.is_empty()
            || !self.posts.is_empty()
            || self.mailbox.is_called()
            || self.memory_is_ready()
    }
}
