//! The exact wait: a timerfd registered with the poll.
//!
//! Absolute, on `CLOCK_MONOTONIC`, edge-triggered and never read: arming it again clears what it
//! had to tell, and a new expiry is a new edge.
//!
//! # Invariants
//!
//! - I1: while the reactor sleeps, `armed` is no later than the earliest deadline and the sleep's
//!   end, if there is either.
//! - I2: `armed` is the reading of the reactor's clock that the kernel's timer stands for; `None` if
//!   that timer is disarmed or was seen to fire.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec,
    timerfd_create, timerfd_settime,
};

use super::{LONGEST, MOVES, Sleep, Until, Waiter, earlier};
use crate::reactor::ReactorClock;
use crate::time::Instant;
use crate::timers::Timers;

#[derive(Debug)]
pub(in crate::reactor) struct Timerfd {
    fd: OwnedFd,
    armed: Option<Instant>,
    times_armed: u64,
}

impl Timerfd {
    pub(super) fn new(registry: &Registry) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(
            &mut SourceFd(&fd.as_raw_fd()),
            Waiter::TOKEN,
            Interest::READABLE,
        )?;
        Ok(Self { fd, armed: None, times_armed: 0 })
    }

    pub(super) fn prepare<T>(
        &mut self,
        clock: &ReactorClock,
        timers: &mut Timers<T>,
        until: Until,
    ) -> io::Result<Sleep> {
        // Armed for a time that has passed: its expiry may still be on its way, and would only
        // wake the sleep that is to come.
        let armed = self.armed.filter(|&armed| armed > until.now);
        let wanted = match armed {
            None => earlier(timers.next_deadline_within(MOVES), until.cap()),
            // Cheap first: only if something may be earlier is it worth the exact answer.
            Some(armed) if timers.next_wakeup().is_some_and(|wakeup| wakeup < armed) => {
                earlier(timers.next_deadline_within(MOVES), until.cap())
            }
            Some(_) => until.cap(),
        };
        let wanted = wanted.map(|wanted| wanted.min(until.now + LONGEST));
        self.armed = armed;
        if let Some(wanted) = wanted
            && armed.is_none_or(|armed| wanted < armed)
        {
            self.arm(clock, wanted)?;
        }
        Ok(Sleep { timeout: None, armed: self.armed })
    }

    pub(super) fn fired(&mut self) {
        self.armed = None;
    }

    pub(super) const fn times_armed(&self) -> u64 {
        self.times_armed
    }

    fn arm(&mut self, clock: &ReactorClock, deadline: Instant) -> io::Result<()> {
        let ReactorClock::Monotonic(clock) = clock else { return Ok(()) };
        let at = clock.kernel_deadline(deadline);
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Itimerspec {
            it_interval: never,
            it_value: Timespec {
                tv_sec: i64::try_from(at.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: at.subsec_nanos().into(),
            },
        };
        timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &once)?;
        self.armed = Some(deadline);
        self.times_armed += 1;
        Ok(())
    }
}
