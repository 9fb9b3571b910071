//! The wait: how long a turn sleeps, and what wakes it at the deadline.
//!
//! # Ground rules
//!
//! - Whether a timer is due is decided on the reactor's clock alone. The kernel's wake is a hint.
//! - The kernel's timer is armed only if it is disarmed, has fired, or is to fire *earlier*. A
//!   deadline that moved to later costs one spurious wake, which is counted; arming for each would
//!   cost a system call a turn where idle timeouts are refreshed on every byte.
//! - Nothing here sleeps longer than a day at a time, so that no duration is too long for a kernel.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod exact;

use core::time::Duration;
use std::io;

use mio::{Registry, Token};

use super::key::RawKey;
use super::{Precision, ReactorClock};
use crate::time::Instant;
use crate::timers::Timers;

/// Timers that may be touched to find out how long to sleep. What is not known then is found out
/// when the time before which nothing is due has come.
const MOVES: usize = 1024;

/// The longest sleep for a timer. Whoever wakes early looks again.
const LONGEST: Duration = Duration::from_secs(86_400);

/// How a reactor sleeps.
#[derive(Debug)]
pub(super) enum Waiter {
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
    /// At most so long.
    pub(super) wait: Option<Duration>,
    /// At the latest then.
    pub(super) stop_at: Option<Instant>,
}

/// How to sleep.
#[derive(Copy, Clone, Debug)]
pub(super) struct Sleep {
    /// The timeout of the poll.
    pub(super) timeout: Option<Duration>,
    /// When the kernel's timer was asked to fire.
    pub(super) armed: Option<Instant>,
}

impl Sleep {
    /// Do not sleep.
    pub(super) const NO: Self = Self { timeout: Some(Duration::ZERO), armed: None };
}

impl Until {
    /// The wait's end by the clock, without the timers.
    fn cap(&self) -> Option<Instant> {
        earlier(self.wait.map(|wait| self.now + wait), self.stop_at)
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
        match (clock, precision) {
            (ReactorClock::Manual(_), _) => Ok(Self::Manual),
            (_, Precision::Millis) => Ok(Self::Timeout),
            (_, Precision::Exact) => Self::exact(clock, registry),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn exact(clock: &ReactorClock, registry: &Registry) -> io::Result<Self> {
        let Some(clock) = clock.timerfd_clock() else { return Ok(Self::Timeout) };
        exact::Exact::new(clock, registry).map(Self::Exact)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn exact(_clock: &ReactorClock, _registry: &Registry) -> io::Result<Self> {
        Ok(Self::Timeout)
    }

    /// Prepares a sleep until the earliest timer or the end that `until` names. Nothing is due.
    pub(super) fn prepare<T>(
        &mut self,
        clock: &ReactorClock,
        timers: &mut Timers<T>,
        until: Until,
    ) -> io::Result<Sleep> {
        match self {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Exact(exact) => exact.prepare(clock, timers, until),
            Self::Timeout => {
                let _ = clock;
                let end = earlier(timers.next_deadline_within(MOVES), until.cap());
                let left = end.map(|end| end.saturating_duration_since(until.now));
                Ok(Sleep {
                    timeout: Some(left.unwrap_or(LONGEST).min(LONGEST)),
                    armed: None,
                })
            }
            Self::Manual => Ok(Sleep {
                timeout: until.wait.map(|wait| wait.min(LONGEST)),
                armed: None,
            }),
        }
    }

    /// The kernel's timer fired.
    pub(super) fn fired(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Self::Exact(exact) = self {
            exact.fired();
        }
    }

    /// How often the kernel's timer was armed.
    pub(super) fn times_armed(&self) -> u64 {
        match self {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Exact(exact) => exact.times_armed(),
            _ => 0,
        }
    }
}
