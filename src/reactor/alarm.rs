//! [`Alarm`]: a deadline as an event source, for a mio loop that is not ours.
//!
//! # Ground rules
//!
//! - Readability is a hint. Whether the deadline has come is decided on the alarm's clock alone:
//!   [`Alarm::rang`] asks it, and so does a pop with a reading of [`Alarm::now`].
//! - Edge-triggered: one expiry is one event, which need not be read. The next
//!   [`set`](Alarm::set) or [`wake_by`](Alarm::wake_by) clears what is left of it.
//!
//! # Invariants
//!
//! - I1: while a deadline is set that has not rung, either the kernel's timer is still to fire, no
//!   later than that deadline, or it has fired and the event is on its way or was delivered.
//! - I2: a kernel's timer is taken for pending only if the kernel's own clock is before its expiry, by
//!   more than processors may differ, never because of what the alarm's clock says.
//!
//! # Costs
//!
//! One descriptor. Arming is a system call and a reading of two clocks, some 750 ns on a virtual
//! machine; finding that there is nothing to arm is one reading of the kernel's clock, 50 there.

use core::time::Duration;
use std::io;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::ReactorClock;
use super::clock::CLOCK_ERROR;
use super::timerfd::Timerfd;
use crate::time::Instant;

/// A [`mio::event::Source`] that becomes readable at a deadline, to the precision of a timerfd.
///
/// With it [`Timers`](crate::timers::Timers) are plugged into a loop that is somebody else's:
/// mio's own timeout is in whole milliseconds, this is not. Such a loop calls
/// [`wake_by`](Self::wake_by) with the timers' next deadline, waits without a timeout, and pops with a
/// reading of [`now`](Self::now). It never fires early, since the pop looks at the clock; it does not
/// hang, since each call arms anew what has fired; and it does not spin, since a wake that finds
/// nothing due leads to a new arming for what is.
///
/// A loop that wants a single deadline calls [`set`](Self::set), and on the event
/// [`rang`](Self::rang).
///
/// Registered with [`Interest::READABLE`]. Dropping it takes it out of every poll. Linux and Android;
/// see `timerfd_create(2)`. A [`Reactor`](crate::reactor::Reactor) has no need of it.
///
/// ```
/// use std::time::Duration;
/// use mio::{Events, Interest, Poll, Token};
/// use tourbillon::reactor::Alarm;
/// use tourbillon::time::MonotonicClock;
/// use tourbillon::timers::Timers;
///
/// let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
/// let mut alarm = Alarm::new(MonotonicClock::new())?;
/// poll.registry().register(&mut alarm, Token(0), Interest::READABLE)?;
///
/// let mut timers = Timers::starting_at(alarm.now());
/// timers.schedule(alarm.now() + Duration::from_micros(300), "tea");
/// while !timers.is_empty() {
///     alarm.wake_by(timers.next_deadline())?;
///     poll.poll(&mut events, None)?;
///     // ... whatever else this loop waits for ...
///     while let Some(expired) = timers.pop_expired(alarm.now()) {
///         assert!(alarm.now() >= expired.deadline);
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Alarm {
    clock: ReactorClock,
    timerfd: Timerfd,
    /// What was asked for last, and has not rung.
    deadline: Option<Instant>,
    armed: Option<Armed>,
}

/// What the kernel's timer was armed for. It may have fired since.
#[derive(Copy, Clone, Debug)]
struct Armed {
    deadline: Instant,
    /// The same on the kernel's clock.
    at: Duration,
}

impl Alarm {
    /// An alarm on that clock, which is not set.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a [`ManualClock`](crate::time::ManualClock), on which no kernel can wait:
    /// whoever moves its hand asks for what is due then. Else what the kernel says, most likely that
    /// there are no more descriptors.
    pub fn new(clock: impl Into<ReactorClock>) -> io::Result<Self> {
        let clock = clock.into();
        let Some(kernels) = clock.timerfd_clock() else {
            let why =
                "no kernel waits on a manual clock: ask for what is due when it is moved";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        };
        Ok(Self { clock, timerfd: Timerfd::new(kernels)?, deadline: None, armed: None })
    }

    /// Makes it readable at `deadline`, and not before; at once if that has passed; `None` not at all.
    ///
    /// What was set before is forgotten, and an event of it that no poll has fetched yet. One system
    /// call, or none if it stands at that deadline already. For many deadlines that move to later all
    /// the time, [`wake_by`](Self::wake_by) is cheaper.
    ///
    /// [`Instant::MAX`] is never, in practice.
    ///
    /// # Errors
    ///
    /// What the kernel says to the arming, which has no reason to fail.
    pub fn set(&mut self, deadline: impl Into<Option<Instant>>) -> io::Result<()> {
        let deadline = deadline.into();
        match deadline {
            Some(deadline) if self.pending() != Some(deadline) => self.arm(deadline)?,
            Some(_) => {}
            None => self.disarm()?,
        }
        self.deadline = deadline;
        Ok(())
    }

    /// Makes it readable at `deadline` or before: what is armed for an earlier time stays so.
    ///
    /// For a loop over [`Timers`](crate::timers::Timers), called before each wait with their
    /// `next_deadline`. Idle timeouts that are touched by every byte move that to later each time, which
    /// costs no system call here but one spurious wake when the earlier time comes; the next
    /// call then arms exactly. `None` disarms, as with [`set`](Self::set). A reactor keeps the same rule.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub fn wake_by(&mut self, deadline: impl Into<Option<Instant>>) -> io::Result<()> {
        match deadline.into() {
            Some(deadline) if self.pending().is_some_and(|armed| armed <= deadline) => {
                self.deadline = Some(deadline);
                Ok(())
            }
            deadline => self.set(deadline),
        }
    }

    /// Whether the deadline has come. To be called on an event, and at any other time.
    ///
    /// True once, and by the clock: [`now`](Self::now) is at or after the deadline, and the alarm is
    /// no longer set. False if it is not set, or was woken too early; then it is armed for what is
    /// missing, so that there will be another event. If what is missing is the error of the clock, a
    /// microsecond at most, it reads the clock until that is over.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub fn rang(&mut self) -> io::Result<bool> {
        let Some(deadline) = self.deadline else { return Ok(false) };
        let mut now = self.now();
        if self.clock.flows() && deadline.saturating_duration_since(now) <= CLOCK_ERROR {
            while now < deadline {
                core::hint::spin_loop();
                now = self.now();
            }
        }
        if now < deadline {
            self.set(deadline)?;
            return Ok(false);
        }
        self.deadline = None;
        Ok(true)
    }

    /// What it was set to and has not [`rung`](Self::rang) for.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The clock that deadlines are on.
    #[must_use]
    pub const fn clock(&self) -> &ReactorClock {
        &self.clock
    }

    /// A fresh reading of that clock.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What the kernel's timer is still to fire for. By the kernel's own clock (I2): if its time is
    /// yet to come, so is the event.
    fn pending(&self) -> Option<Instant> {
        let armed = self.armed?;
        let is_pending = self.clock.kernel_now()? + CLOCK_ERROR < armed.at;
        is_pending.then_some(armed.deadline)
    }

    fn arm(&mut self, deadline: Instant) -> io::Result<()> {
        let Some(at) = self.clock.kernel_deadline(deadline) else { return Ok(()) };
        self.timerfd.arm(at)?;
        self.armed = Some(Armed { deadline, at });
        Ok(())
    }

    fn disarm(&mut self) -> io::Result<()> {
        if self.armed.is_some() {
            // Also if it has fired: that clears an event that was not delivered.
            self.timerfd.arm(Duration::ZERO)?;
            self.armed = None;
        }
        Ok(())
    }
}

impl Source for Alarm {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.timerfd.register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.timerfd.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.timerfd.deregister(registry)
    }
}
