//! The exact wait: when the kernel's timer is armed, and for what.
//!
//! # Invariants
//!
//! - I1: while the reactor sleeps, `armed` is no later than the earliest deadline and the sleep's
//!   end, if there is either.
//! - I2: `armed` is the reading of the reactor's clock that the kernel's timer stands for; `None` if
//!   that timer is disarmed or was seen to fire.

use std::io;

use mio::event::Source;
use mio::{Interest, Registry};
use rustix::time::TimerfdClockId;

use super::{LONGEST, MOVES, Sleep, Until, Waiter, earlier};
use crate::reactor::ReactorClock;
use crate::reactor::timerfd::Timerfd;
use crate::time::Instant;
use crate::timers::Timers;

#[derive(Debug)]
pub(in crate::reactor) struct Exact {
    timerfd: Timerfd,
    armed: Option<Instant>,
}

impl Exact {
    pub(super) fn new(clock: TimerfdClockId, registry: &Registry) -> io::Result<Self> {
        let mut timerfd = Timerfd::new(clock)?;
        timerfd.register(registry, Waiter::TOKEN, Interest::READABLE)?;
        Ok(Self { timerfd, armed: None })
    }

    /// Arms the kernel's timer, if it is not right as it is, for the earliest timer, the beginning of a
    /// spin, or the end that `until` names.
    pub(super) fn prepare<T>(
        &mut self,
        clock: &ReactorClock,
        timers: &mut Timers<T>,
        spin_from: Option<Instant>,
        until: Until,
    ) -> io::Result<Sleep> {
        // Armed for a time that has passed: its expiry may still be on its way, and would only
        // wake the sleep that is to come.
        let armed = self.armed.filter(|&armed| armed > until.now);
        let wanted = match armed {
            None => earlier(timers.next_deadline_within(MOVES), until.cap),
            // Cheap first: only if something may be earlier is it worth the exact answer.
            Some(armed) if timers.next_wakeup().is_some_and(|wakeup| wakeup < armed) => {
                earlier(timers.next_deadline_within(MOVES), until.cap)
            }
            Some(_) => until.cap,
        };
        let wanted =
            earlier(wanted, spin_from).map(|wanted| wanted.min(until.now + LONGEST));
        self.armed = armed;
        let arms = wanted.filter(|&wanted| armed.is_none_or(|armed| wanted < armed));
        if let Some(wanted) = arms {
            self.arm(clock, wanted)?;
        }
        Ok(Sleep { timeout: None, ends: self.armed, arms: arms.is_some() })
    }

    pub(super) fn fired(&mut self) {
        self.armed = None;
    }

    fn arm(&mut self, clock: &ReactorClock, deadline: Instant) -> io::Result<()> {
        let Some(at) = clock.kernel_deadline(deadline) else { return Ok(()) };
        self.timerfd.arm(at)?;
        self.armed = Some(deadline);
        Ok(())
    }
}
