//! [`Timerfd`]: a timer of the kernel's, as a descriptor that a poll can wait for.
//!
//! Absolute, edge-triggered, and as a rule never read: arming it again clears what it had to tell,
//! and a new expiry is a new edge. One that waits on the wall clock is read, since only that tells
//! that the clock was set. See `timerfd_create(2)`.

use core::time::Duration;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec,
    timerfd_create, timerfd_settime,
};

const NEVER: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

#[derive(Debug)]
pub(super) struct Timerfd {
    fd: OwnedFd,
}

impl Timerfd {
    /// A disarmed timer on that clock.
    pub(super) fn new(clock: TimerfdClockId) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self { fd: timerfd_create(clock, flags)? })
    }

    /// A disarmed timer on the wall clock.
    pub(super) fn wall() -> io::Result<Self> {
        Self::new(TimerfdClockId::Realtime)
    }

    /// Has it fire when its clock shows `at`, at once if it does already; not at all if that is zero.
    pub(super) fn arm(&self, at: Duration) -> io::Result<()> {
        timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &once(at))?;
        Ok(())
    }

    /// The same on the wall clock, and has it fire as well when that clock is set or the machine
    /// resumes. True: the clock was set since it was last read or armed; it is armed all the same.
    pub(super) fn arm_until_set(&self, at: Duration) -> io::Result<bool> {
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        // The kernel starts the timer first, and then finds that it has something to tell.
        was_set(timerfd_settime(&self.fd, flags, &once(at)).map(drop))
    }

    /// Takes what it had to tell. True: the wall clock was set since it was last read or armed.
    pub(super) fn read(&self) -> io::Result<bool> {
        match rustix::io::read(&self.fd, &mut [0; 8]) {
            Err(Errno::AGAIN) => Ok(false),
            told => was_set(told.map(drop)),
        }
    }
}

fn once(at: Duration) -> Itimerspec {
    Itimerspec {
        it_interval: NEVER,
        it_value: Timespec {
            tv_sec: i64::try_from(at.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: at.subsec_nanos().into(),
        },
    }
}

fn was_set(told: rustix::io::Result<()>) -> io::Result<bool> {
    match told {
        Ok(()) => Ok(false),
        Err(Errno::CANCELED) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

impl Source for Timerfd {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.fd.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.fd.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.fd.as_raw_fd()).deregister(registry)
    }
}
