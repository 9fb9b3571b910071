//! The wait: how long a turn sleeps, what wakes it at the deadline, and from when on it spins.
//!
//! # Ground rules
//!
//! - Whether a timer is due is decided on the reactor's clock alone. The kernel's wake is a hint.
//! - The kernel's timer is armed only if it is disarmed, has fired, or is to fire *earlier*. A
//!   deadline that moved to later costs one spurious wake, which is counted; arming for each would
//!   cost a system call a turn where idle timeouts are refreshed on every byte.
//! - Nothing here sleeps longer than a day at a time, so that no duration is too long for a kernel.
//! - A reactor that spins is woken a [window](window) before the deadlines that are worth it.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod exact;
mod sharp;
mod window;

use core::time::Duration;
use std::io;

use mio::{Registry, Token};

use super::key::RawKey;
use super::{Precision, ReactorClock};
use crate::time::Instant;
use crate::timers::{TimerKey, Timers};
use sharp::Sharp;
use window::Window;

/// Timers that may be touched to find out how long to sleep. What is not known then is found out
/// when the time before which nothing is due has come.
const MOVES: usize = 1024;

/// The longest sleep for a timer. Whoever wakes early looks again.
const LONGEST: Duration = Duration::from_secs(86_400);

/// How a reactor waits.
#[derive(Debug)]
pub(super) struct Waiter {
    sleeper: Sleeper,
    /// Spins, for these deadlines.
    sharp: Option<Sharp>,
}

/// How a reactor sleeps.
#[derive(Debug)]
enum Sleeper {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Exact(exact::Exact),
    /// By the timeout of the poll itself, in whole milliseconds.
    Timeout,
    /// On a manual clock: never for a timer.
    Manual,
}

/// What is to be waited for.
#[derive(Copy, Clone, Debug)]
pub(super) struct Until {
    /// A reading just before the wait.
    pub(super) now: Instant,
    /// At most so long, by whatever clock.
    wait: Option<Duration>,
    /// At the latest then, by the reactor's clock.
    cap: Option<Instant>,
}

/// How to sleep.
#[derive(Copy, Clone, Debug)]
pub(super) struct Sleep {
    /// The timeout of the poll.
    pub(super) timeout: Option<Duration>,
    /// When it is to end by itself, if anything was asked to end it.
    pub(super) ends: Option<Instant>,
    /// Whether the kernel's timer was armed for it.
    pub(super) arms: bool,
}

impl Until {
    pub(super) fn new(
        now: Instant,
        wait: Option<Duration>,
        stop_at: Option<Instant>,
    ) -> Self {
        Self { now, wait, cap: earlier(wait.map(|wait| now + wait), stop_at) }
    }

    /// What is left of it from `now` on.
    pub(super) const fn from(self, now: Instant) -> Self {
        Self { now, ..self }
    }

    /// The earliest timer, or its own end; `None`: neither.
    pub(super) fn end<T>(self, timers: &mut Timers<T>) -> Option<Instant> {
        earlier(timers.next_deadline_within(MOVES), self.cap)
    }

    /// Whether the wait is to be over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.cap.is_some_and(|cap| cap <= now)
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

impl Waiter {
    /// The token of the kernel's timer.
    pub(super) const TOKEN: Token = RawKey::reserved(1);

    pub(super) fn new(
        clock: &ReactorClock,
        precision: Precision,
        registry: &Registry,
    ) -> io::Result<Self> {
        // Nobody can wait for a clock by asking it again and again if it stands still meanwhile.
        let sharp = match precision {
            Precision::Spin { max } if clock.flows() && !max.is_zero() => {
                Some(Sharp::new(clock.now(), max))
            }
            _ => None,
        };
        Ok(Self { sleeper: Sleeper::new(clock, precision, registry)?, sharp })
    }

    /// Prepares a sleep until the earliest timer or the end that `until` names. Nothing is due.
    pub(super) fn prepare<T>(
        &mut self,
        clock: &ReactorClock,
        timers: &mut Timers<T>,
        until: Until,
    ) -> io::Result<Sleep> {
        let opens = self.sharp.as_mut().and_then(Sharp::opens);
        match &mut self.sleeper {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Sleeper::Exact(exact) => exact.prepare(clock, timers, opens, until),
            Sleeper::Timeout => {
                let _ = clock;
                let end = earlier(timers.next_deadline_within(MOVES), until.cap);
                let end = earlier(end, opens);
                let left = end.map(|end| end.saturating_duration_since(until.now));
                let timeout = left.unwrap_or(LONGEST).min(LONGEST);
                Ok(Sleep { timeout: Some(timeout), ends: end, arms: false })
            }
            Sleeper::Manual => {
                let timeout = until.wait.map(|wait| wait.min(LONGEST));
                Ok(Sleep { timeout, ends: None, arms: false })
            }
        }
    }

    /// Until when to spin, if it is time to.
    #[inline]
    pub(super) fn spin_until(&mut self, until: Until) -> Option<Instant> {
        self.sharp.as_mut()?.spin_until(until)
    }

    /// A sleep ended by itself, so long after it was to end.
    pub(super) fn note_wake_up(&mut self, late: Duration) {
        if let Some(sharp) = &mut self.sharp {
            sharp.note_wake_up(late);
        }
    }

    /// A deadline was spun for without a sleep before it.
    pub(super) fn note_unslept(&mut self) {
        self.note_wake_up(Duration::ZERO);
    }

    /// The kernel's timer fired.
    pub(super) fn fired(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Sleeper::Exact(exact) = &mut self.sleeper {
            exact.fired();
        }
    }

    /// How long before a deadline a sleep ends; zero if the reactor does not spin.
    pub(super) fn window(&self) -> Duration {
        self.sharp.as_ref().map_or(Duration::ZERO, Sharp::window)
    }

    /// Whether there are deadlines that it spins for.
    #[inline]
    pub(super) const fn spins(&self) -> bool {
        self.sharp.is_some()
    }

    /// A timer that is worth spinning for has this deadline from now on.
    #[inline]
    pub(super) fn set_sharp(&mut self, timer: TimerKey, deadline: Instant) {
        if let Some(sharp) = &mut self.sharp {
            sharp.set(timer, deadline);
        }
    }

    /// A timer has another deadline, whether worth spinning for or not.
    #[inline]
    pub(super) fn moved(&mut self, timer: TimerKey, deadline: Instant) {
        if let Some(sharp) = &mut self.sharp {
            sharp.moved(timer, deadline);
        }
    }

    /// A timer is gone.
    #[inline]
    pub(super) fn forget(&mut self, timer: TimerKey) {
        if let Some(sharp) = &mut self.sharp {
            sharp.forget(timer);
        }
    }
}

impl Sleeper {
    fn new(
        clock: &ReactorClock,
        precision: Precision,
        registry: &Registry,
    ) -> io::Result<Self> {
        match (clock, precision) {
            (ReactorClock::Manual(_), _) => Ok(Self::Manual),
            (_, Precision::Millis) => Ok(Self::timeout()),
            (_, Precision::Exact | Precision::Spin { .. }) => {
                Self::exact(clock, registry)
            }
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn timeout() -> Self {
        // The kernel lets a timeout wait by as much again, so that wake-ups may fall together: 50 µs
        // by default, and no less than 1 ns (0 stands for the default). Where a sandbox forbids to change
        // that, the default is what it costs.
        let _ = rustix::thread::set_current_timer_slack(core::num::NonZeroU64::new(1));
        Self::Timeout
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn timeout() -> Self {
        Self::Timeout
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn exact(clock: &ReactorClock, registry: &Registry) -> io::Result<Self> {
        let Some(clock) = clock.timerfd_clock() else { return Ok(Self::timeout()) };
        exact::Exact::new(clock, registry).map(Self::Exact)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn exact(_clock: &ReactorClock, _registry: &Registry) -> io::Result<Self> {
        Ok(Self::timeout())
    }
}
