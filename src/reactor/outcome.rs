//! What handlers are told and what they answer; what a turn and a run come back with.

use core::time::Duration;

use crate::time::Instant;
use crate::timers::TimerKey;

/// What a handler that may be called again wants.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum Next {
    /// Stay.
    Continue,
    /// Stay, and for a source: be called again in the next turn, which does not sleep, for the same
    /// causes. It is the answer of a handler that stopped before `WouldBlock`. For everything else it
    /// is the same as `Continue`.
    Again,
    /// Be gone: an interval is cancelled, a source is deregistered and dropped.
    Stop,
}

/// What a timer's handler is told.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct Fired {
    /// The timer's key: stale by now for a one-shot, alive for an interval.
    pub key: TimerKey,
    /// When it was due: exactly what was asked for; of a timer with slack its latest, or the turn's now
    /// if that was before.
    pub scheduled: Instant,
    /// A reading taken just before the handler is called, never before `scheduled`.
    pub now: Instant,
    /// How many ticks of the interval were skipped just before this one; 0 for a one-shot.
    pub missed: u64,
}

impl Fired {
    /// How late the handler is called.
    #[inline]
    #[must_use]
    pub const fn lateness(&self) -> Duration {
        self.now.saturating_duration_since(self.scheduled)
    }
}

/// What one turn did.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[non_exhaustive]
pub struct Turn {
    /// The turn's reading of the clock, taken when the wait was over.
    pub now: Instant,
    /// How many sources' handlers were called for readiness or an activation.
    pub sources: usize,
    /// How many timers fired.
    pub timers: usize,
    /// How many deferred handlers were called, and sources looked after that somebody had reached
    /// through [`Reactor::source_mut`](crate::reactor::Reactor::source_mut).
    pub deferred: usize,
    /// How many posts of [`Remote`](crate::reactor::Remote)s were called.
    pub posts: usize,
    /// Whether [`Reactor::stop`](crate::reactor::Reactor::stop) or
    /// [`Remote::stop`](crate::reactor::Remote::stop) cut the turn short. What was left of it stays
    /// for the next one.
    pub stopped: bool,
}

impl Turn {
    pub(super) const fn new(now: Instant) -> Self {
        Self { now, sources: 0, timers: 0, deferred: 0, posts: 0, stopped: false }
    }

    /// Whether no handler was called: the wait was over for another reason.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sources + self.timers + self.deferred + self.posts == 0
    }
}

/// Why a run is over.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// [`Reactor::stop`](crate::reactor::Reactor::stop) or
    /// [`Remote::stop`](crate::reactor::Remote::stop) was called.
    Stopped,
    /// The deadline of [`Reactor::stop_at`](crate::reactor::Reactor::stop_at) has passed.
    Deadline,
    /// Nothing is left that could ever wake it.
    Idle,
}
