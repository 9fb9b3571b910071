//! Runs and their ends: what keeps a run alive, and what stops it.

use std::io;

use super::{Exit, Reactor};
use crate::time::Instant;

/// What is to end the present turn or run.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Ending {
    /// After the handler that runs.
    pub(super) now: bool,
    /// When the turn is done to its end.
    pub(super) after_turn: bool,
    /// With the first turn at or after it.
    pub(super) at: Option<Instant>,
}

impl<S> Reactor<S> {
    /// Turns until [`stop`](Self::stop), [`stop_at`](Self::stop_at) or
    /// [`Remote::stop`](super::Remote::stop) ends it, or nothing is left that could wake it.
    ///
    /// What keeps it alive: pending timers (on a manual clock only while one is due, since nothing
    /// else moves its hand), registered sources, signals among them (those in memory only if they are
    /// ready, since nothing else runs meanwhile that could make them so), activations, deferred handlers
    /// and posts, and living [`Remote`](super::Remote)s. Timers and sources that were
    /// [told not to](Self::set_keeps_alive) do not, and neither do hooks, events of one's own
    /// ([`event`](Self::event)), nor what waits for the machine to resume (`on_resume`). Libevent:
    /// `event_base_dispatch`.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    ///
    /// # Panics
    ///
    /// As [`turn`](Self::turn). It may be called again, and goes on where it was: what
    /// [`stop_at`](Self::stop_at) was told counts on.
    pub fn run(&mut self, state: &mut S) -> io::Result<Exit> {
        self.refuse_in_turn()?;
        self.in_run = true;
        self.ending.after_turn = false;
        // Between two runs there is time for anything.
        self.readings.grow_old();
        let exit = loop {
            let turn = match self.turn(state, None) {
                Ok(turn) => turn,
                Err(error) => break Err(error),
            };
            if turn.stopped || self.ending.after_turn {
                break Ok(Exit::Stopped);
            }
            if self.ending.at.is_some_and(|deadline| deadline <= self.now) {
                break Ok(Exit::Deadline);
            }
            if !self.can_be_woken(self.fresh_now()) {
                break Ok(Exit::Idle);
            }
        };
        self.in_run = false;
        self.ending.at = None;
        exit
    }

    /// [`run`](Self::run), to `deadline` at the longest: [`Exit::Deadline`] then. Sooner if nothing is left
    /// to do. Asio: `run_until`.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Exit, Reactor};
    ///
    /// let mut reactor = Reactor::<()>::new()?;
    /// reactor.after(Duration::from_secs(3600), |_, _, _| {});
    /// let soon = reactor.clock().now() + Duration::from_millis(1);
    /// assert_eq!(reactor.run_until(&mut (), soon)?, Exit::Deadline);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn run_until(&mut self, state: &mut S, deadline: Instant) -> io::Result<Exit> {
        self.refuse_in_turn()?;
        self.stop_at(deadline);
        self.run(state)
    }

    /// Ends the present turn, and run, after the handler that is running. The rest of the turn's work
    /// stays for the next turn. Forgotten when a turn or a run is entered. Libevent:
    /// `event_base_loopbreak`.
    pub fn stop(&mut self) {
        self.ending.now = true;
    }

    /// Ends the present run when the present turn is done to its end. Forgotten when a run is entered.
    /// Libevent: `event_base_loopexit` without a time.
    pub fn stop_after_turn(&mut self) {
        self.ending.after_turn = true;
    }

    /// Ends the present run, or the next one if none is present, with the first turn at or after
    /// `deadline`, which is done to its end. The earliest of several calls counts, and all are
    /// forgotten when a run ends. It does not keep a run alive by itself. Libevent:
    /// `event_base_loopexit`.
    pub fn stop_at(&mut self, deadline: Instant) {
        self.ending.at =
            Some(self.ending.at.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// When the present run is to end. A turn by itself has no such end.
    pub(super) fn end_of_run(&self) -> Option<Instant> {
        self.ending.at.filter(|_| self.in_run)
    }

    /// Whether there is anything that could ever end a sleep; inside a run, anything that keeps it alive.
    pub(super) fn can_be_woken(&self, now: Instant) -> bool {
        if self.slots.keeping_alive() > 0
            || self.mailbox.expects_calls()
            || self.has_work()
        {
            return true;
        }
        if !self.in_run && self.slots.wakeable() > 0 {
            return true;
        }
        // The timers of a source count with it.
        let of_sources = self.slots.timing() + self.source_timers;
        let weightless = self.marks.weightless_timers() + of_sources;
        let weighs = self.timers.len() > if self.in_run { weightless } else { 0 };
        // Nothing else moves a manual clock's hand to what is to come.
        weighs && (!self.clock.is_manual() || self.may_be_due(now))
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.ending.now || self.mailbox.is_stopping()
    }
}
