//! [`ReactorBuilder`]: clock, precision and budget of a reactor, chosen before it is made.

use alloc::collections::VecDeque;
use core::fmt;
use core::marker::PhantomData;
use std::io;

use mio::{Events, Poll};

use super::remote::Mailbox;
use super::slots::Slots;
use super::stats::{ReactorStats, Readings};
use super::wait::Waiter;
use super::{Reactor, ReactorClock};
use crate::timers::Timers;

/// How exactly a reactor sleeps.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Precision {
    /// Whole milliseconds, rounded up: what `epoll_wait` offers. Saves the system call that arms the
    /// kernel's timer, at up to a millisecond of lateness.
    Millis,
    /// Nanoseconds, by a timerfd on Linux and Android. Elsewhere the same as `Millis`.
    #[default]
    Exact,
}

/// How much one turn may do before it looks at the kernel again.
///
/// What is left over comes first in the next turn, which then does not sleep. A zero counts as one.
///
/// ```
/// use tourbillon::reactor::{Reactor, TurnBudget};
///
/// let mut budget = TurnBudget::default();
/// budget.timers = 64;
/// let reactor = Reactor::<()>::builder().budget(budget).build()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub struct TurnBudget {
    /// Sources called, and events fetched from the kernel at a time.
    pub events: usize,
    /// Timers fired.
    pub timers: usize,
    /// Deferred handlers called, and as many sources flushed after
    /// [`source_mut`](Reactor::source_mut).
    pub deferred: usize,
    /// Posts of [`Remote`](super::Remote)s called.
    pub posts: usize,
}

impl Default for TurnBudget {
    fn default() -> Self {
        Self { events: 1024, timers: 1024, deferred: 1024, posts: 1024 }
    }
}

impl TurnBudget {
    /// None of them zero, or a phase would never get anywhere, and the reactor never to sleep.
    fn at_least_one(self) -> Self {
        Self {
            events: self.events.max(1),
            timers: self.timers.max(1),
            deferred: self.deferred.max(1),
            posts: self.posts.max(1),
        }
    }
}

/// Makes a [`Reactor`].
///
/// ```
/// use tourbillon::reactor::{Precision, Reactor};
/// use tourbillon::time::ManualClock;
///
/// let clock = ManualClock::new();
/// let reactor = Reactor::<()>::builder()
///     .clock(clock.clone())
///     .precision(Precision::Millis)
///     .build()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ReactorBuilder<S> {
    clock: Option<ReactorClock>,
    precision: Precision,
    budget: TurnBudget,
    state: PhantomData<fn(&mut S)>,
}

impl<S> ReactorBuilder<S> {
    pub(super) const fn new(budget: TurnBudget) -> Self {
        Self { clock: None, precision: Precision::Exact, budget, state: PhantomData }
    }

    /// The clock; the machine's own if nothing is said.
    #[must_use]
    pub fn clock(mut self, clock: impl Into<ReactorClock>) -> Self {
        self.clock = Some(clock.into());
        self
    }

    /// How exactly it sleeps; [`Precision::Exact`] if nothing is said. A reactor on a manual clock
    /// does not sleep for timers at all.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// How much one turn may do.
    #[must_use]
    pub fn budget(mut self, budget: TurnBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Makes the reactor: an epoll (or what the system has), a waker, and a timerfd if it is to be
    /// exact.
    ///
    /// # Errors
    ///
    /// What the kernel says to one of these, most likely that there are no more descriptors.
    pub fn build(self) -> io::Result<Reactor<S>> {
        let clock = self.clock.unwrap_or_default();
        let budget = self.budget.at_least_one();
        let poll = Poll::new()?;
        let mailbox = Mailbox::new(poll.registry())?;
        let waiter = Waiter::new(&clock, self.precision, poll.registry())?;
        let now = clock.now();
        Ok(Reactor {
            timers: Timers::starting_at(now),
            batch: VecDeque::new(),
            slots: Slots::new(),
            deferred: VecDeque::new(),
            posts: VecDeque::new(),
            mailbox,
            // The kernel fills no more than this at a time; the rest waits there.
            events: Events::with_capacity(budget.events.min(4096)),
            poll,
            waiter,
            clock,
            now,
            readings: Readings { wait_began: now, turn: now, left_behind: None },
            budget,
            stats: ReactorStats::default(),
            in_turn: false,
            in_run: false,
            stop: false,
            stop_at: None,
        })
    }
}

impl<S> fmt::Debug for ReactorBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReactorBuilder")
            .field("clock", &self.clock)
            .field("precision", &self.precision)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
