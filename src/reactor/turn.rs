//! One turn: wait, readiness, timers, deferred, posts.
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

use super::drive::Call;
use super::key::RawKey;
use super::{Exit, Next, Reactor, Turn};
use crate::time::Instant;
use crate::timers::Budget;

impl<S> Reactor<S> {
    /// One turn: sleeps at most `wait` (`None`: as long as it takes) until there is something to do,
    /// and does it, in this order:
    ///
    /// 1. sources that are ready, or were activated before the turn began;
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
        self.stop = false;
        let wait = wait.into();
        let turn = catch_unwind(AssertUnwindSafe(|| self.turn_once(state, wait)));
        self.in_turn = false;
        turn.unwrap_or_else(|panic| {
            // The panic ends the run, too; entered anew, it goes on.
            self.in_run = false;
            resume_unwind(panic)
        })
    }

    /// Turns until [`stop`](Self::stop), [`stop_at`](Self::stop_at) or
    /// [`Remote::stop`](super::Remote::stop) ends it, or nothing is left that could wake it.
    ///
    /// What keeps it alive: pending timers (on a manual clock only those that are due, since nothing
    /// else moves its hand), registered sources, signals among them, activations, deferred handlers
    /// and posts, and living [`Remote`](super::Remote)s. What waits for the machine to resume
    /// (`on_resume`) does not. Libevent: `event_base_dispatch`.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    ///
    /// # Panics
    ///
    /// As [`turn`](Self::turn). It may be called again, and goes on where it was.
    pub fn run(&mut self, state: &mut S) -> io::Result<Exit> {
        self.refuse_in_turn()?;
        self.in_run = true;
        // Between two runs there is time for anything.
        self.readings.grow_old();
        let exit = loop {
            let turn = match self.turn(state, None) {
                Ok(turn) => turn,
                Err(error) => break Err(error),
            };
            if turn.stopped {
                break Ok(Exit::Stopped);
            }
            if self.stop_at.is_some_and(|deadline| deadline <= self.now) {
                break Ok(Exit::Deadline);
            }
            if !self.can_be_woken(self.fresh_now()) {
                break Ok(Exit::Idle);
            }
        };
        self.in_run = false;
        self.stop_at = None;
        exit
    }

    /// Ends the present turn, and run, after the handler that is running. The rest of the turn's work
    /// stays for the next turn. Forgotten when a turn or a run is entered. Libevent:
    /// `event_base_loopbreak`.
    pub fn stop(&mut self) {
        self.stop = true;
    }

    /// Ends the present run, or the next one if none is present, with the first turn at or after
    /// `deadline`, which is done to its end. The earliest of several calls counts, and all are
    /// forgotten when a run ends. It does not keep a run alive by itself. Libevent:
    /// `event_base_loopexit`.
    pub fn stop_at(&mut self, deadline: Instant) {
        self.stop_at =
            Some(self.stop_at.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    fn refuse_in_turn(&self) -> io::Result<()> {
        if self.in_turn {
            return Err(io::Error::other("turn or run was called inside a handler"));
        }
        Ok(())
    }

    fn turn_once(&mut self, state: &mut S, wait: Option<Duration>) -> io::Result<Turn> {
        self.stats.turns += 1;
        let slept = self.wait(wait)?;
        let mut turn = Turn::new(self.now);
        // Before any handler runs, so that what a handler schedules can not be among them.
        let leaves_some = self.detach_due();
        turn.sources = self.run_sources(state);
        turn.timers = self.run_timers(state);
        self.readings.left_behind = leaves_some.then_some(self.now);
        turn.deferred = self.run_deferred(state) + self.run_poked(state);
        turn.posts = self.run_posts(state);
        self.note_turn(&turn);
        turn.stopped = self.mailbox.take_stop() || self.stop;
        if slept {
            let wakeups = if turn.is_empty() && !turn.stopped {
                &mut self.stats.spurious_wakeups
            } else {
                &mut self.stats.useful_wakeups
            };
            *wakeups += 1;
        }
        Ok(turn)
    }

    /// Whether a timer may be due. To know for certain could mean to open a slot of any size; the
    /// timers' phase finds out within its budget.
    pub(super) fn may_be_due(&self, now: Instant) -> bool {
        self.timers.next_wakeup().is_some_and(|wakeup| wakeup <= now)
    }

    /// When the present run is to end. A turn by itself has no such end.
    pub(super) fn end_of_run(&self) -> Option<Instant> {
        self.stop_at.filter(|_| self.in_run)
    }

    /// Whether something is left to do that needs no wake.
    pub(super) fn has_work(&self) -> bool {
        self.slots.ready_len() > 0
            || self.slots.poked_len() > 0
            || !self.batch.is_empty()
            || !self.deferred.is_empty()
            || !self.posts.is_empty()
            || self.mailbox.is_called()
    }

    /// Whether there is anything that could ever end a sleep.
    pub(super) fn can_be_woken(&self, now: Instant) -> bool {
        if self.slots.keeping_alive() > 0
            || self.mailbox.expects_calls()
            || self.has_work()
        {
            return true;
        }
        if self.clock.is_manual() {
            return self.may_be_due(now);
        }
        !self.timers.is_empty()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop || self.mailbox.is_stopping()
    }

    fn run_sources(&mut self, state: &mut S) -> usize {
        let (mut left, mut called) = (self.slots.ready_len(), 0);
        let mut budget = self.budget.events;
        while left > 0 && !self.is_stopping() {
            if budget == 0 {
                self.stats.budget_hits += 1;
                break;
            }
            let Some((key, ready)) = self.slots.next_ready() else { break };
            (left, budget) = (left - 1, budget - 1);
            if !ready.is_none() {
                called += usize::from(self.call_source(state, key, Call::Ready(ready)));
            }
        }
        called
    }

    /// Calls a source's driver, and puts the source back, or away. False: it is gone.
    pub(super) fn call_source(&mut self, state: &mut S, key: RawKey, call: Call) -> bool {
        let Some(mut source) = self.slots.move_out(key) else { return false };
        let handler = AssertUnwindSafe(|| source.call(state, self, key, call));
        let (next, panic) = match catch_unwind(handler) {
            Ok(next) => {
                self.note_handled();
                (next, None)
            }
            Err(panic) => (Next::Stop, Some(panic)),
        };
        let gone = match next {
            Next::Continue => self.slots.put_back(key, source).err(),
            Next::Stop => Some(source),
        };
        if let Some(mut source) = gone {
            self.readings.grow_old();
            self.slots.release_away(key);
            self.forget_source(&mut *source);
        }
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        true
    }

    /// Takes the timers that are due out of their order, to be called in the timers' phase. True:
    /// the budget left some.
    fn detach_due(&mut self) -> bool {
        let is_spent = self.detach_by(self.now);
        let leaves_some = is_spent && self.may_be_due(self.now);
        self.stats.budget_hits += u64::from(leaves_some);
        leaves_some
    }

    /// As `detach_due`, those that are due at `then`. True: the budget is spent.
    pub(super) fn detach_by(&mut self, then: Instant) -> bool {
        let mut budget =
            Budget::timers(self.budget.timers.saturating_sub(self.batch.len()));
        while let Some(due) = self.timers.detach_expired(then, &mut budget) {
            self.batch.push_back(due);
        }
        budget.is_spent()
    }

    fn run_timers(&mut self, state: &mut S) -> usize {
        let mut fired = 0;
        while !self.is_stopping() {
            let Some((key, scheduled)) = self.batch.pop_front() else { break };
            fired += usize::from(self.fire(state, key, scheduled));
        }
        fired
    }

    fn run_deferred(&mut self, state: &mut S) -> usize {
        let waiting = self.deferred.len();
        let count = self.allowed(waiting, self.budget.deferred);
        let mut called = 0;
        while called < count && !self.is_stopping() {
            let Some(f) = self.deferred.pop_front() else { break };
            f(state, self);
            self.note_handled();
            called += 1;
        }
        called
    }

    /// Tells sources that they were reached from outside. Their drivers flush what was written.
    fn run_poked(&mut self, state: &mut S) -> usize {
        let waiting = self.slots.poked_len();
        let mut left = self.allowed(waiting, self.budget.deferred);
        let mut called = 0;
        while left > 0 && !self.is_stopping() {
            let Some(key) = self.slots.next_poked() else { break };
            left -= 1;
            called += usize::from(self.call_source(state, key, Call::Poked));
        }
        called
    }

    fn run_posts(&mut self, state: &mut S) -> usize {
        if self.is_stopping() {
            return 0;
        }
        self.mailbox.take(&mut self.posts);
        let waiting = self.posts.len();
        let count = self.allowed(waiting, self.budget.posts);
        let mut called = 0;
        while called < count && !self.is_stopping() {
            let Some(f) = self.posts.pop_front() else { break };
            f(state, self);
            self.note_handled();
            called += 1;
        }
        called
    }

    /// A handler has returned. One reading serves for its end and the next one's beginning.
    #[inline]
    pub(super) fn note_handled(&mut self) {
        if self.options.histograms {
            let now = self.fresh_now();
            let took = now.as_nanos().saturating_sub(self.readings.latest.as_nanos());
            self.stats.handler_time.record_nanos(took);
            self.readings.end_handler(now);
        }
    }

    fn note_turn(&mut self, turn: &Turn) {
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

    /// How much of what waits the budget allows.
    fn allowed(&mut self, waiting: usize, budget: usize) -> usize {
        self.stats.budget_hits += u64::from(waiting > budget);
        waiting.min(budget)
    }
}
