//! The wait of a turn: awake, asleep or spinning, until there is something to do.
//!
//! # Invariants
//!
//! - I1: the turn's reading is taken when the wait is over, and is never before the one that the
//!   wait began with.
//! - I2: what the kernel has told is marked at the sources before anything else is looked at, however
//!   often it was asked in one wait.

use core::hint::spin_loop;
use core::time::Duration;
use std::io;

use super::Reactor;
use super::clock::CLOCK_ERROR;
use super::key::RawKey;
use super::ready::Ready;
use super::remote::Mailbox;
use super::trace;
use super::wait::{Sleep, Until, Waiter};
use crate::time::Instant;

/// The end of a spin reads only the clock: a look at the kernel takes part of a microsecond as a rule and
/// several after a sleep, as does what is done then, and the deadline would pass in it.
const CLOCK_ALONE: Duration = Duration::from_micros(6);

/// How the wait of a turn begins.
enum Rest {
    /// There is something to do.
    Awake,
    /// A deadline is too near to sleep. Until then.
    Spin(Instant),
    Sleep(Until),
}

/// What the kernel had to tell.
#[derive(Copy, Clone, Default)]
struct Told {
    /// Something is ready, or a remote called.
    anything: bool,
    /// The kernel's timer fired.
    timer: bool,
}

impl<S> Reactor<S> {
    /// Waits, fetches events, and takes the turn's reading. True: it was ready to sleep.
    pub(super) fn wait(&mut self, wait: Option<Duration>) -> io::Result<bool> {
        let (began, rest) = self.rest(wait);
        match rest {
            Rest::Awake => {
                self.look(Some(Duration::ZERO))?;
                self.now = self.fresh_now();
            }
            Rest::Spin(end) => {
                self.spin(end)?;
                // Something is due: it was the deadline's end, not the wait's.
                if self.now >= end && !self.batch.is_empty() {
                    self.waiter.note_unslept();
                }
            }
            Rest::Sleep(until) => self.sleep(until)?,
        }
        self.readings.begin_turn(began, self.now);
        Ok(!matches!(rest, Rest::Awake))
    }

    /// How to wait, and the reading that this was decided by.
    fn rest(&mut self, wait: Option<Duration>) -> (Instant, Rest) {
        // In a run nothing comes between the last handler of a turn and the next wait, so that the
        // reading after that handler serves for both.
        let is_known = self.in_run && self.readings.is_fresh;
        let now = if is_known { self.readings.latest } else { self.fresh_now() };
        if self.is_awake(now, wait) {
            return (now, Rest::Awake);
        }
        let until = Until::new(now, wait, self.end_of_run());
        if let Some(end) = self.waiter.spin_until(until) {
            return (now, Rest::Spin(end));
        }
        // Upkeep ahead of time, a little in each turn, while there is nothing else to do.
        if self.timers.maintain(now, self.budget.timers) {
            return (now, Rest::Awake);
        }
        (now, Rest::Sleep(until))
    }

    /// How long the wait is going to take at most, by the reactor's clock; `None`: for ever. It may be
    /// longer than that if the search for the earliest timer had to give up; then it is cut, too.
    pub(super) fn expected_wait(&mut self, wait: Option<Duration>) -> Option<Duration> {
        let now = self.fresh_now();
        let is_awake = wait == Some(Duration::ZERO)
            || self.has_work()
            || self.end_of_run().is_some_and(|deadline| deadline <= now)
            || self.may_be_due(now);
        if is_awake {
            return Some(Duration::ZERO);
        }
        let until = Until::new(now, wait, self.end_of_run());
        let end = until.end(&mut self.timers)?;
        Some(end.saturating_duration_since(now))
    }

    fn is_awake(&mut self, now: Instant, wait: Option<Duration>) -> bool {
        wait == Some(Duration::ZERO)
            || self.has_work()
            || self.is_stopping()
            || self.end_of_run().is_some_and(|deadline| deadline <= now)
            || (wait.is_none() && !self.can_be_woken(now))
            || self.may_be_due(now)
    }

    fn sleep(&mut self, until: Until) -> io::Result<()> {
        if self.busy_poll(until)? {
            return Ok(());
        }
        let until = until.from(self.now.max(until.now));
        let Sleep { timeout, ends, arms } =
            self.waiter.prepare(&self.clock, &mut self.timers, until)?;
        self.stats.armed += u64::from(arms);
        let told = self.look(timeout)?;
        self.now = self.fresh_now();
        let Some(ends) = ends else { return Ok(()) };
        if told.timer || (timeout.is_some() && !told.anything) {
            self.note_wake_up(ends);
        }
        self.close_in_on(ends);
        if told.anything {
            return Ok(());
        }
        self.waiter.spin_until(until.from(self.now)).map_or(Ok(()), |end| self.spin(end))
    }

    /// A sleep that was to end at `ends` did so by itself. It is counted when the turn is over: an entry
    /// to a histogram after a sleep takes a microsecond, which whoever is due need not wait for.
    fn note_wake_up(&mut self, ends: Instant) {
        if let Some(late) = self.now.checked_duration_since(ends) {
            self.readings.overshoot = Some(late);
            self.waiter.note_wake_up(late);
        }
    }

    /// Reads the clock until `end` if the kernel's timer fired a moment early by it.
    fn close_in_on(&mut self, end: Instant) {
        if self.clock.flows() && end.saturating_duration_since(self.now) <= CLOCK_ERROR {
            self.read_until(end);
        }
    }

    /// Asks the kernel again and again instead of sleeping, for as long as the builder was told or
    /// until a timer may be due. True: there is something to do, and the turn's reading is taken.
    fn busy_poll(&mut self, until: Until) -> io::Result<bool> {
        if self.options.busy_poll.is_zero() || !self.clock.flows() {
            return Ok(false);
        }
        let end = until.now + self.options.busy_poll;
        loop {
            let told = self.look(Some(Duration::ZERO))?;
            self.now = self.fresh_now();
            let is_over = until.is_over(self.now) || self.may_be_due(self.now);
            let spin = self.waiter.spin_until(until.from(self.now));
            if !told.anything && !is_over && spin.is_none() && self.now < end {
                continue;
            }
            self.stats.busy_polled += self.now.saturating_duration_since(until.now);
            if told.anything || is_over {
                return Ok(true);
            }
            return spin.map_or(Ok(false), |end| self.spin(end).map(|()| true));
        }
    }

    /// Spins until `end`, or until there is something else to do, and takes the turn's reading.
    fn spin(&mut self, end: Instant) -> io::Result<()> {
        let began = self.fresh_now();
        self.now = began;
        self.rehearse_taking();
        while end.saturating_duration_since(self.now) > CLOCK_ALONE {
            let told = self.look(Some(Duration::ZERO))?;
            self.now = self.fresh_now();
            if told.anything {
                break;
            }
        }
        if end.saturating_duration_since(self.now) <= CLOCK_ALONE {
            // Found now, what is due at the end need not be looked for when it comes. It is called by
            // nobody before the end, as nothing but the clock is read until then.
            self.detach_by(end);
            self.rehearse_calling(end);
            self.read_until(end);
        }
        self.stats.spun += self.now.saturating_duration_since(began);
        Ok(())
    }

    fn read_until(&mut self, end: Instant) {
        while self.now < end {
            spin_loop();
            self.now = self.fresh_now();
        }
    }

    /// Asks the kernel what there is, for so long at most, and marks the sources that are ready.
    fn look(&mut self, timeout: Option<Duration>) -> io::Result<Told> {
        let mut told = Told::default();
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            // A signal's handler ran. There are no events; what is due is seen by the clock.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                told.anything = true;
                self.stats.interrupted += 1;
                return Ok(told);
            }
            Err(error) => return Err(error),
        }
        for event in &self.events {
            match event.token() {
                Waiter::TOKEN => {
                    self.waiter.fired();
                    told.timer = true;
                    continue;
                }
                token if token == Mailbox::<S>::TOKEN => {}
                token => {
                    let (key, ready) = (RawKey::of_token(token), Ready::of_event(event));
                    let is_live = self.slots.mark_ready(key, ready);
                    self.stats.events += u64::from(is_live);
                    self.stats.stale_events += u64::from(!is_live);
                    if !is_live {
                        trace::stale(key);
                    }
                }
            }
            told.anything = true;
        }
        Ok(told)
    }
}
