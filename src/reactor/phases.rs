//! The phases of a turn, and what ends each: its work, its budget, its time, or a stop.
//!
//! # Invariants
//!
//! - I1: a phase calls at least one handler if it has one to call, however short its time is: so that
//!   what is left over gets less in each turn.
//! - I2: a handler's own things are in order again (its source at home, its interval scheduled) before
//!   anybody else is called, the watch of slow handlers included.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::drive::Call;
use super::key::RawKey;
use super::stats::Phase;
use super::{Next, Origin, Reactor, Ready, SourceId, trace};
use crate::time::Instant;
use crate::timers::Budget;

impl<S> Reactor<S> {
    pub(super) fn run_sources(&mut self, state: &mut S) -> usize {
        let mut called = 0;
        self.is_cut = false;
        if self.slots.ready_len() == 0 {
            return called;
        }
        let mut budget = self.budget.events;
        self.slots.begin_round(budget);
        self.begin_phase();
        while !self.is_stopping() && !self.slots.is_round_over() {
            if budget == 0 || (called > 0 && self.is_out_of_time()) {
                self.note_hit(Phase::Sources, budget > 0);
                break;
            }
            let Some((key, ready)) = self.slots.next_ready() else { break };
            // A source that is gone costs a look, and has cost more when it was deregistered.
            if !ready.is_none() {
                budget -= 1;
                let ready = ready | self.timed_out(key);
                called += usize::from(self.call_source(state, key, Call::Ready(ready)));
            }
        }
        self.is_cut = !self.slots.is_round_over();
        called
    }

    /// Calls a source's driver, and puts the source back, or away. False: it is gone.
    pub(super) fn call_source(&mut self, state: &mut S, key: RawKey, call: Call) -> bool {
        let Some(mut source) = self.slots.move_out(key) else { return false };
        self.begin_call(Origin::Source(SourceId(key)));
        let handler = AssertUnwindSafe(|| source.call(state, self, key, call));
        let (next, panic) = match catch_unwind(handler) {
            Ok(next) => {
                self.end_call();
                (next, None)
            }
            Err(panic) => (Next::Stop, Some(panic)),
        };
        let gone = match next {
            Next::Continue | Next::Again => self.slots.put_back(key, source).err(),
            Next::Stop => Some(source),
        };
        match gone {
            None => self.after_call(key, call, next),
            Some(mut source) => {
                self.put_away(key);
                source.leave(self);
                if let Some(source) = source.source() {
                    self.forget_source(source);
                }
                drop(source);
                self.disown_time();
            }
        }
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        self.tell_if_slow(state);
        true
    }

    /// The source is at home again, and stays.
    #[inline]
    fn after_call(&mut self, key: RawKey, call: Call, next: Next) {
        let causes = match call {
            Call::Ready(ready) => ready,
            Call::Poked => Ready::NONE,
        };
        let ready = causes.without(Ready::TIMED_OUT);
        // Also if it was activated as timed out, and is due to be: it has been told.
        if !ready.is_none()
            || (causes.is_timed_out() && self.timed_out(key).is_timed_out())
        {
            self.restart_timeout(key);
        }
        if next == Next::Again {
            // Whoever was called for nothing but time has only that to be called for again.
            let again = if ready.is_none() { Ready::TIMED_OUT } else { ready };
            self.slots.mark_ready(key, again);
        }
    }

    /// Takes the timers that are due out of their order, to be called in the timers' phase. True:
    /// the budget left some.
    pub(super) fn detach_due(&mut self) -> bool {
        self.detach_by(self.now) && self.may_be_due(self.now)
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

    /// Calls the timers that were detached; `is_cut`: there are more that are due.
    pub(super) fn run_timers(&mut self, state: &mut S, is_cut: bool) -> usize {
        let (mut fired, mut is_out_of_time) = (0, false);
        if !self.batch.is_empty() {
            self.begin_phase();
        }
        while !self.is_stopping() {
            if fired > 0 && !self.batch.is_empty() && self.is_out_of_time() {
                is_out_of_time = true;
                break;
            }
            let Some((key, scheduled)) = self.batch.pop_front() else { break };
            fired += usize::from(self.fire(state, key, scheduled));
            self.tell_if_slow(state);
        }
        if is_cut || is_out_of_time {
            self.note_hit(Phase::Timers, is_out_of_time);
        }
        fired
    }

    pub(super) fn run_deferred(&mut self, state: &mut S) -> usize {
        let mut round = self.begin(Phase::Deferred, self.deferred.len());
        while self.goes_on(&mut round) {
            let Some(f) = self.deferred.pop_front() else { break };
            self.begin_call(Origin::Deferred);
            f(state, self);
            self.end_call();
            round.called += 1;
            self.tell_if_slow(state);
        }
        round.called
    }

    /// Tells sources that they were reached from outside. Their drivers flush what was written.
    pub(super) fn run_poked(&mut self, state: &mut S) -> usize {
        let mut round = self.begin(Phase::Deferred, self.slots.poked_len());
        while self.goes_on(&mut round) {
            let Some(key) = self.slots.next_poked() else { break };
            round.called += usize::from(self.call_source(state, key, Call::Poked));
        }
        round.called
    }

    pub(super) fn run_posts(&mut self, state: &mut S) -> usize {
        if self.is_stopping() {
            return 0;
        }
        self.mailbox.take(&mut self.posts);
        let mut round = self.begin(Phase::Posts, self.posts.len());
        while self.goes_on(&mut round) {
            let Some(f) = self.posts.pop_front() else { break };
            self.begin_call(Origin::Post);
            f(state, self);
            self.end_call();
            round.called += 1;
            self.tell_if_slow(state);
        }
        round.called
    }

    /// A handler is about to be called.
    #[inline]
    pub(super) fn begin_call(&mut self, origin: Origin) {
        self.running = Some(origin);
    }

    /// A handler has returned. One reading serves for its end and the next one's beginning.
    #[inline]
    pub(super) fn end_call(&mut self) {
        let origin = self.running.take();
        if self.options.histograms || self.slow.watches() || cfg!(feature = "tracing") {
            let now = self.fresh_now();
            let took = now.as_nanos().saturating_sub(self.readings.latest.as_nanos());
            if self.options.histograms {
                self.stats.handler_time.record_nanos(took);
            }
            self.readings.end_handler(now);
            if self.slow.is_slow(took) {
                let name = origin.and_then(|origin| self.marks.name_of(origin));
                self.slow.note(origin, took, name);
            }
            trace::handled(origin, took);
        }
    }
}

/// What a phase that takes one thing after the other from a queue may still do.
struct Queued {
    phase: Phase,
    left: usize,
    /// There is more than the budget allows.
    is_cut: bool,
    called: usize,
}

/// When phases end.
impl<S> Reactor<S> {
    fn begin(&mut self, phase: Phase, waiting: usize) -> Queued {
        if waiting > 0 {
            self.begin_phase();
        }
        let most = match phase {
            Phase::Posts => self.budget.posts,
            _ => self.budget.deferred,
        };
        Queued { phase, left: waiting.min(most), is_cut: waiting > most, called: 0 }
    }

    fn goes_on(&mut self, round: &mut Queued) -> bool {
        if self.is_stopping() {
            return false;
        }
        if round.left == 0 {
            if round.is_cut {
                self.note_hit(round.phase, false);
            }
            return false;
        }
        if round.called > 0 && self.is_out_of_time() {
            self.note_hit(round.phase, true);
            return false;
        }
        round.left -= 1;
        true
    }

    fn begin_phase(&mut self) {
        if self.budget.time < Duration::MAX {
            self.phase_ends = self.fresh_now() + self.budget.time;
        }
    }

    /// Whether the phase has had its time. Whoever does several things in one call asks between them,
    /// and leaves the rest to the next turn.
    #[inline]
    pub(crate) fn is_out_of_time(&self) -> bool {
        if self.budget.time == Duration::MAX {
            return false;
        }
        self.fresh_now() >= self.phase_ends
    }
}
