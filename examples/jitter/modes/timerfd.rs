//! [`Timerfd`]: a bare timerfd, armed with an absolute time and read. What sleeping can give.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::retry_on_intr;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec,
    timerfd_create, timerfd_settime,
};
use tourbillon::Instant;

use super::baseline::Sleeper;

/// A timerfd on the kernel's monotonic clock.
pub(super) struct Timerfd(OwnedFd);

impl Timerfd {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?))
    }
}

impl Sleeper for Timerfd {
    const KEEPS_THE_GRID: bool = true;

    fn sleep_until(&mut self, deadline: Instant, _: Instant) -> io::Result<()> {
        const SECOND: u64 = 1_000_000_000;
        let [secs, nanos] = [deadline.as_nanos() / SECOND, deadline.as_nanos() % SECOND];
        let once = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec {
                tv_sec: i64::try_from(secs).unwrap_or(i64::MAX),
                tv_nsec: nanos.try_into().unwrap_or(0),
            },
        };
        timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &once)?;
        let mut expirations = [0; 8];
        retry_on_intr(|| rustix::io::read(&self.0, &mut expirations))?;
        Ok(())
    }
}
