//! Stepping: a reactor on a manual clock goes from deadline to deadline.
//!
//! # Invariants
//!
//! - I1: the hand moves only when nothing is left to do where it stands, and never past a deadline: each
//!   timer fires when the clock shows its deadline exactly, unless it was due before.
//! - I2: the hand is never set back.
//! - I3: no turn of it sleeps.

use core::time::Duration;
use std::format;
use std::io::{self, ErrorKind};

use super::{Reactor, ReactorClock};
use crate::time::{Instant, ManualClock};

/// How an advance ended.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
#[must_use]
pub enum Advance {
    /// The hand stands where it was to go, and nothing is left to do there.
    Done,
    /// [`Reactor::stop`], [`Remote::stop`](super::Remote::stop) or [`Reactor::stop_after_turn`] was called.
    /// The hand stands where it
    /// stood then; what is left is done by the next turn.
    Stopped,
    /// The deadline of [`Reactor::stop_at`] was reached, and its turn was done.
    Deadline,
}

impl<S> Reactor<S> {
    /// How many turns [`advance`](Self::advance) and [`step`](Self::step) make while the hand stands
    /// still, before they give up.
    pub const MOST_TURNS_AT_ONE_INSTANT: u32 = 100_000;

    /// Moves the hand of a manual clock forward by `by`, and does on the way all there is to do, in order.
    ///
    /// The hand stops at each deadline: also at those that handlers add meanwhile, and for timers
    /// with slack at their latest. There the reactor turns, without sleeping, until nothing is left: sources that are
    /// ready, timers, deferred calls, posts, and what these bring about. Only then does time
    /// move on. So nothing races the clock, and no timer is late but for what the next paragraph says. At
    /// last the hand stands at the reading of now and `by`, and what is due there is done, too.
    ///
    /// A hand that somebody else moves, a handler among them, is taken as it stands: what that made due
    /// is done at once, late as it is; the advance goes on from there, and is over if that is beyond its end.
    /// A reading that goes back counts as the last one, as everywhere.
    ///
    /// [`stop`](Self::stop) ends it, and so does [`stop_at`](Self::stop_at) if the hand comes that far (if not,
    /// it stands for the next advance, step or run). Under a panic of a handler the hand stays where it is.
    /// Either way another call goes on. Tokio's name for it is `time::advance`, which jumps.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the clock is not a manual one. As [`turn`](Self::turn), also inside a handler. And if
    /// [`MOST_TURNS_AT_ONE_INSTANT`](Self::MOST_TURNS_AT_ONE_INSTANT) turns did not suffice for one
    /// instant, as with a zero delay that its own handler adds again: nothing is lost, and another call goes on.
    ///
    /// # Panics
    ///
    /// If a handler does, as [`turn`](Self::turn).
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Advance, Next, Reactor};
    /// use tourbillon::time::ManualClock;
    ///
    /// let mut reactor = Reactor::<Vec<u64>>::builder().clock(ManualClock::new()).build()?;
    /// reactor.every(Duration::from_secs(60), |seen: &mut Vec<_>, _, fired| {
    ///     assert_eq!(fired.now, fired.scheduled);
    ///     seen.push(fired.now.as_nanos() / 1_000_000_000);
    ///     Next::Continue
    /// })?;
    /// let mut seen = Vec::new();
    /// assert_eq!(reactor.advance(&mut seen, Duration::from_secs(200))?, Advance::Done);
    /// assert_eq!(seen, [60, 120, 180]);
    /// assert_eq!(reactor.now().as_nanos(), 200_000_000_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&mut self, state: &mut S, by: Duration) -> io::Result<Advance> {
        let target = self.fresh_now() + by;
        self.advance_to(state, target)
    }

    /// Moves the hand of a manual clock to `target`, and does on the way all there is to do, in order: see
    /// [`advance`](Self::advance). If `target` has passed, it does what is left to do where the hand stands.
    ///
    /// # Errors
    ///
    /// As [`advance`](Self::advance).
    ///
    /// # Panics
    ///
    /// As [`advance`](Self::advance).
    pub fn advance_to(&mut self, state: &mut S, target: Instant) -> io::Result<Advance> {
        let clock = self.steppable()?;
        self.ending.after_turn = false;
        loop {
            let settled = self.settle(state)?;
            if settled != Advance::Done {
                return Ok(settled);
            }
            let now = self.fresh_now();
            if now >= target {
                return Ok(Advance::Done);
            }
            let stop = self.next_stop().map_or(target, |stop| stop.min(target));
            clock.advance_to(stop);
        }
    }

    /// Does all there is to do now, then moves the hand of a manual clock to the next deadline, and does
    /// what there is to do there. `None`: nothing is pending, or the deadline of
    /// [`stop_at`](Self::stop_at) was reached, or [`stop`](Self::stop) was called; in the last case another call
    /// goes on.
    ///
    /// So this runs a program to its end as fast as its handlers are, which tokio calls auto-advance:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::Reactor;
    /// use tourbillon::time::ManualClock;
    ///
    /// let mut reactor = Reactor::<u32>::builder().clock(ManualClock::new()).build()?;
    /// reactor.after(Duration::from_secs(3_600), |hours: &mut u32, reactor, _| {
    ///     *hours += 1;
    ///     reactor.after(Duration::from_secs(3_600), |hours, _, _| *hours += 1);
    /// });
    /// let mut hours = 0;
    /// while reactor.step(&mut hours)?.is_some() {}
    /// assert_eq!((hours, reactor.now().as_nanos()), (2, 7_200_000_000_000));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// What is due at [`Instant::MAX`] only, or has slack until then, is not waited for.
    ///
    /// # Errors
    ///
    /// As [`advance`](Self::advance).
    ///
    /// # Panics
    ///
    /// As [`advance`](Self::advance).
    pub fn step(&mut self, state: &mut S) -> io::Result<Option<Instant>> {
        let clock = self.steppable()?;
        self.ending.after_turn = false;
        if self.settle(state)? != Advance::Done || self.timers.is_empty() {
            return Ok(None);
        }
        let Some(next) = self.next_stop().filter(|next| *next < Instant::MAX) else {
            return Ok(None);
        };
        clock.advance_to(next);
        let settled = self.settle(state)?;
        Ok((settled == Advance::Done).then_some(next))
    }

    /// The clock, if its hand may be moved.
    fn steppable(&self) -> io::Result<ManualClock> {
        if self.in_turn {
            return Err(io::Error::other("advance or step was called inside a handler"));
        }
        match &self.clock {
            ReactorClock::Manual(clock) => Ok(clock.clone()),
            _ => Err(io::Error::new(
                ErrorKind::InvalidInput,
                "only a reactor on a manual clock can be advanced or stepped",
            )),
        }
    }

    /// Where the hand has to stop next.
    fn next_stop(&mut self) -> Option<Instant> {
        let deadline = self.timers.next_deadline();
        match self.ending.at {
            Some(stop) => Some(deadline.map_or(stop, |deadline| deadline.min(stop))),
            None => deadline,
        }
    }

    /// Turns until nothing is left to do.
    fn settle(&mut self, state: &mut S) -> io::Result<Advance> {
        let (mut turns, mut at) = (0, self.fresh_now());
        loop {
            // One that is interrupted has not asked whether there is anything.
            let has_asked = !self.memory_interrupts();
            let turn = self.turn(state, Duration::ZERO)?;
            if turn.stopped || core::mem::take(&mut self.ending.after_turn) {
                return Ok(Advance::Stopped);
            }
            if self.ending.at.is_some_and(|deadline| deadline <= self.now) {
                self.ending.at = None;
                return Ok(Advance::Deadline);
            }
            if has_asked && turn.is_empty() && !self.is_unsettled() {
                return Ok(Advance::Done);
            }
            if self.fresh_now() > at {
                (turns, at) = (0, self.fresh_now());
            }
            turns += 1;
            if turns >= Self::MOST_TURNS_AT_ONE_INSTANT {
                return Err(io::Error::other(format!(
                    "there is still something to do after {turns} turns at {at:?}"
                )));
            }
        }
    }

    /// Whether something is left to do without waiting for it.
    fn is_unsettled(&mut self) -> bool {
        let now = self.fresh_now();
        self.has_work() || self.timers.next_deadline().is_some_and(|next| next <= now)
    }
}
