//! [`WallTimer`]: at a time of day, whatever happens to the clock on the wall.
//!
//! # Ground rules
//!
//! - Due is what the wall clock says is due: `SystemTime` at or after the point. It is read just
//!   before the handler is called; the kernel's wake is a hint.
//! - A clock that is set wakes the timer, which looks again. See [`WallTimer`] for what then counts.
//!
//! # Invariants
//!
//! - I1: while it is registered and not over, the kernel's timer is armed for `schedule.next()`, or
//!   an event is on its way.
//! - I2: no step of the clock goes unnoticed between a look and the arming that follows it: the kernel
//!   tells of it in the arming's answer, and has armed all the same.

mod point;
mod schedule;

use alloc::boxed::Box;
use core::time::Duration;
use std::io;
use std::time::SystemTime;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use schedule::Schedule;
pub use schedule::WallFired;

use super::drive::Drive;
use super::timerfd::Timerfd;
use super::{Next, Reactor, Ready, SourceKey};
use crate::time::ZeroPeriod;

/// A timer on the wall clock: at a time, every period on a grid, or by a rule of your own.
///
/// [`Reactor::wall`] runs it; it is a [`mio::event::Source`] as well, for other people's loops: see
/// [`fired`](Self::fired). For everything that is not about the time of day use the reactor's other
/// timers, which no administrator and no time server can move.
///
/// **When it fires.** As soon as [`SystemTime::now`] is at or after the point, and never while it is
/// before. When the clock is set:
///
/// - *back*: the first point after the new time counts. So a point of a grid that the clock shows
///   twice fires twice; a time [`at`](Self::at) which it fired does not fire again;
/// - *forward*: what it went over has come. A grid fires once, for its latest point, and counts the
///   others as missed, just as after any other lateness.
///
/// A clock that is only slewed, as time servers do it as a rule, takes the timer along. While the
/// machine sleeps nothing fires; what came meanwhile fires when it wakes. The reactor's own clock has
/// no part in any of this, be it a manual one.
///
/// Costs a descriptor each, and when it fires two system calls beside the wait. Linux and Android:
/// `timerfd_create(2)`, with `TFD_TIMER_CANCEL_ON_SET`. Libev: `ev_periodic`; libevent has none.
#[derive(Debug)]
pub struct WallTimer {
    schedule: Schedule,
    /// While it is registered.
    timerfd: Option<Timerfd>,
    armed: bool,
}

impl WallTimer {
    /// Once, at `time`; as soon as it is registered if that has passed, also if it lies before the epoch.
    ///
    /// One that lies beyond the kernel's clock (the year 2262) stays pending.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        Self::of(Schedule::at(time))
    }

    /// At every point `UNIX_EPOCH + offset + k·period`, for whole k, from the first one after its
    /// registration on.
    ///
    /// The grid is that of the wall clock, which counts days of 86,400 seconds in UTC: `offset`
    /// 3 h and `period` 24 h are three in the morning there, every day. For local time, with its
    /// summers, see [`with`](Self::with). The offset may be longer than the period.
    ///
    /// # Errors
    ///
    /// [`ZeroPeriod`] if `period` is zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::WallTimer;
    ///
    /// let on_the_minute = WallTimer::every(Duration::from_secs(60), Duration::ZERO)?;
    /// assert!(!on_the_minute.is_over());
    /// assert!(WallTimer::every(Duration::ZERO, Duration::ZERO).is_err());
    /// # Ok::<(), tourbillon::ZeroPeriod>(())
    /// ```
    pub fn every(period: Duration, offset: Duration) -> Result<Self, ZeroPeriod> {
        Schedule::every(period, offset).map(Self::of)
    }

    /// Whenever `next_after` says: it is given what the wall clock shows, and answers with the next
    /// time after that, or `None` to end the timer.
    ///
    /// For calendars: the first of the month, nine o'clock in Vienna. It is called when the timer is
    /// registered, when it has fired, and when the clock was set before that, and so should depend on
    /// its argument only. An answer that is not after its argument is due at once, in the
    /// next turn. Libev: `reschedule_cb`.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime, UNIX_EPOCH};
    /// use tourbillon::reactor::WallTimer;
    ///
    /// // The seconds whose number is a power of two.
    /// let timer = WallTimer::with(|now: SystemTime| {
    ///     let secs = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
    ///     Some(UNIX_EPOCH + Duration::from_secs((secs + 1).next_power_of_two()))
    /// });
    /// # let _ = timer;
    /// ```
    #[must_use]
    pub fn with(
        next_after: impl FnMut(SystemTime) -> Option<SystemTime> + 'static,
    ) -> Self {
        Self::of(Schedule::with(Box::new(next_after)))
    }

    /// What it waits for. `None`: it is over, or not registered, or waits for a time that no
    /// `SystemTime` can show.
    #[must_use]
    pub fn next_time(&self) -> Option<SystemTime> {
        self.schedule.next()?.time()
    }

    /// Whether it will never fire again: it was for one time, which it has fired for, or its function
    /// has ended it.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.schedule.is_over()
    }

    /// Whether it is due: what a loop of one's own calls on an event of it, once.
    ///
    /// `None`: it was woken because the clock was set, or for nothing. Either way it is armed for what is
    /// next, so that there will be another event. Edge-triggered. Two system calls. A
    /// [`Reactor`] calls it for you.
    ///
    /// # Errors
    ///
    /// What the kernel says to the arming, which has no reason to fail. Call it again then.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use mio::{Events, Interest, Poll, Token};
    /// use tourbillon::reactor::WallTimer;
    ///
    /// let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
    /// let time = SystemTime::now() + Duration::from_millis(2);
    /// let mut timer = WallTimer::at(time);
    /// poll.registry().register(&mut timer, Token(0), Interest::READABLE)?;
    /// let fired = loop {
    ///     poll.poll(&mut events, None)?;
    ///     if let Some(fired) = timer.fired()? {
    ///         break fired;
    ///     }
    /// };
    /// assert!(fired.scheduled == time && fired.now >= time && timer.is_over());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn fired(&mut self) -> io::Result<Option<WallFired>> {
        let Some(timerfd) = &self.timerfd else { return Ok(None) };
        self.armed = false;
        let was_set = timerfd.read()?;
        let now = SystemTime::now();
        let fired = self.schedule.take_due(now);
        if fired.is_none() && was_set {
            self.schedule.clock_was_set(now);
        }
        let armed = self.arm();
        match fired {
            // It has fired, whatever becomes of the next time: `armed` tells the driver.
            Some(fired) => Ok(Some(fired)),
            None => armed.map(|()| None),
        }
    }

    fn of(schedule: Schedule) -> Self {
        Self { schedule, timerfd: None, armed: false }
    }

    fn start(&mut self) {
        self.schedule.start(SystemTime::now());
    }

    fn stop(&mut self) {
        self.schedule.stop();
        (self.timerfd, self.armed) = (None, false);
    }

    fn arm(&mut self) -> io::Result<()> {
        self.armed = false;
        if let Some(timerfd) = &self.timerfd {
            while let Some(next) = self.schedule.next() {
                if !timerfd.arm_until_set(next.kernel_deadline())? {
                    break;
                }
                // Set between the look and the arming, for which this is the news (I2).
                self.schedule.clock_was_set(SystemTime::now());
            }
        }
        self.armed = true;
        Ok(())
    }
}

impl<S> Reactor<S> {
    /// Calls `f` whenever `timer` is due on the wall clock, until it answers [`Next::Stop`] or the
    /// timer is over.
    ///
    /// It runs in the first phase of a turn, like any source's handler, and keeps
    /// [`run`](Self::run) alive like one. [`deregister`](Self::deregister) cancels it and hands the
    /// timer back, [`source_mut`](Self::source_mut) shows what it waits for. O(1), one descriptor
    /// and three system calls; firing costs two beside the wait. Libev: `ev_periodic_start`.
    ///
    /// # Errors
    ///
    /// What the kernel says to the descriptor, its arming or its registration: most likely that there
    /// are no more descriptors.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tourbillon::reactor::{Exit, Next, Reactor, WallFired, WallTimer};
    ///
    /// let mut reactor = Reactor::<Vec<WallFired>>::new()?;
    /// // Whenever the wall clock shows a whole hundredth of a second.
    /// let hundredths = WallTimer::every(Duration::from_millis(10), Duration::ZERO)?;
    /// reactor.wall(hundredths, |seen: &mut Vec<_>, _, fired| {
    ///     seen.push(fired);
    ///     if seen.len() < 3 { Next::Continue } else { Next::Stop }
    /// })?;
    /// let mut seen = Vec::new();
    /// assert_eq!(reactor.run(&mut seen)?, Exit::Idle);
    /// for fired in seen {
    ///     let since = fired.scheduled.duration_since(SystemTime::UNIX_EPOCH)?;
    ///     assert!(since.as_nanos() % 10_000_000 == 0 && fired.now >= fired.scheduled);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wall(
        &mut self,
        mut timer: WallTimer,
        f: impl FnMut(&mut S, &mut Reactor<S>, WallFired) -> Next + 'static,
    ) -> io::Result<SourceKey<WallTimer>> {
        // Before it has a slot, which a function that panics would leave taken.
        timer.start();
        let is_over = timer.is_over();
        let key = self.register_driver(timer, Interest::READABLE, OnWall(f))?;
        if is_over {
            // Nothing will wake it; so it is called once more to be taken out.
            self.activate(key, Ready::READABLE);
        }
        Ok(key)
    }
}

struct OnWall<F>(F);

impl<S, F> Drive<S, WallTimer> for OnWall<F>
where
    F: FnMut(&mut S, &mut Reactor<S>, WallFired) -> Next,
{
    fn ready(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: SourceKey<WallTimer>,
        timer: &mut WallTimer,
        ready: Ready,
    ) -> Next {
        let next = match timer.fired() {
            Ok(Some(fired)) => (self.0)(state, reactor, fired),
            Ok(None) | Err(_) => Next::Continue,
        };
        if next == Next::Stop || timer.is_over() {
            return Next::Stop;
        }
        if !timer.armed {
            // The kernel refused, and will not wake it: so it looks in every turn, and is not lost.
            reactor.activate(key, ready);
        }
        Next::Continue
    }
}

impl Source for WallTimer {
    /// Starts it: on a grid, from the first point after now.
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        if self.timerfd.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // First, because it may call a function of the user's, which may panic.
        self.start();
        let timerfd = self.timerfd.insert(Timerfd::wall()?);
        let registered = timerfd.register(registry, token, interests);
        let registered = registered.and_then(|()| self.arm());
        if registered.is_err() {
            self.stop();
        }
        registered
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        match &mut self.timerfd {
            Some(timerfd) => timerfd.reregister(registry, token, interests),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Stops it. Registered again, it starts anew.
    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        let timerfd = self.timerfd.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let deregistered = timerfd.deregister(registry);
        self.stop();
        deregistered
    }
}
