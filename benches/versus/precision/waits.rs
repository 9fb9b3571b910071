//! Loops by hand: a thread that waits for one deadline after another, in one of several ways.

use std::io;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use rustix::event::epoll;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create,
    timerfd_settime,
};

use crate::clock::{cpu_nanos, lateness, monotonic_nanos, timespec};
use crate::plan::{LEAD_NANOS, Plan, Workload};
use crate::run::{Grid, Run};

/// A way to wait.
pub(crate) trait Wait {
    /// Comes back at `deadline` of `CLOCK_MONOTONIC`, or later.
    fn until(&mut self, deadline: u64) -> io::Result<()>;
}

/// The workload, waited for by `wait`.
pub(crate) fn run(
    workload: Workload,
    plan: &Plan,
    mut wait: impl Wait,
) -> io::Result<Run> {
    let mut run = Run::with_capacity(plan.fires(workload));
    let start = monotonic_nanos() + LEAD_NANOS;
    let cpu = cpu_nanos();
    match workload {
        Workload::Ticks => {
            let mut grid = Grid::new(start, plan.period_nanos);
            while grid.index() <= plan.ticks {
                wait.until(grid.deadline())?;
                grid.tick(monotonic_nanos(), &mut run);
            }
            // The deadlines are the grid's own.
            run.drift_nanos = Some(0);
        }
        Workload::OneShots => {
            for delay in &plan.delays_nanos {
                let deadline = monotonic_nanos() + delay;
                wait.until(deadline)?;
                run.called(lateness(deadline, monotonic_nanos()));
            }
        }
    }
    run.cpu_nanos = cpu_nanos() - cpu;
    Ok(run)
}

/// Blocked in the read of an absolute timerfd: the least that a sleep can be.
pub(crate) struct Timerfd(OwnedFd);

impl Timerfd {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?))
    }

    fn arm(&self, deadline: u64) -> io::Result<()> {
        let once = Itimerspec { it_interval: timespec(0), it_value: timespec(deadline) };
        timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }
}

impl Wait for Timerfd {
    fn until(&mut self, deadline: u64) -> io::Result<()> {
        self.arm(deadline)?;
        rustix::io::retry_on_intr(|| rustix::io::read(&self.0, &mut [0; 8]))?;
        Ok(())
    }
}

/// The timerfd in an epoll, edge-triggered and never read, as a loop does that has sockets too.
pub(crate) struct TimerfdEpoll {
    timerfd: Timerfd,
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl TimerfdEpoll {
    pub(crate) fn new() -> io::Result<Self> {
        let timerfd = Timerfd::new()?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let (data, flags) = (epoll::EventData::new_u64(0), epoll::EventFlags::IN);
        epoll::add(&epoll, &timerfd.0, data, flags | epoll::EventFlags::ET)?;
        Ok(Self { timerfd, epoll, events: Vec::with_capacity(8) })
    }
}

impl Wait for TimerfdEpoll {
    fn until(&mut self, deadline: u64) -> io::Result<()> {
        self.timerfd.arm(deadline)?;
        while self.events.is_empty() {
            let room = rustix::buffer::spare_capacity(&mut self.events);
            match epoll::wait(&self.epoll, room, None) {
                Err(rustix::io::Errno::INTR) => {}
                other => drop(other?),
            }
        }
        self.events.clear();
        Ok(())
    }
}

/// Reads the clock until it is time: how late this is, is what the machine does to anybody.
pub(crate) struct Spin;

impl Wait for Spin {
    fn until(&mut self, deadline: u64) -> io::Result<()> {
        while monotonic_nanos() < deadline {
            core::hint::spin_loop();
        }
        Ok(())
    }
}

/// Sleeps by a timerfd until so many nanoseconds before the deadline, and spins the rest.
pub(crate) struct SleepThenSpin {
    pub(crate) timerfd: Timerfd,
    pub(crate) max_nanos: u64,
}

impl Wait for SleepThenSpin {
    fn until(&mut self, deadline: u64) -> io::Result<()> {
        let awake = deadline.saturating_sub(self.max_nanos);
        if monotonic_nanos() < awake {
            self.timerfd.until(awake)?;
        }
        Spin.until(deadline)
    }
}

/// The standard library's sleep.
pub(crate) struct ThreadSleep;

impl Wait for ThreadSleep {
    fn until(&mut self, deadline: u64) -> io::Result<()> {
        let left = deadline.saturating_sub(monotonic_nanos());
        thread::sleep(Duration::from_nanos(left));
        Ok(())
    }
}
