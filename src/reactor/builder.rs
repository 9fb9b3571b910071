//! [`ReactorBuilder`]: clock, precision and budget of a reactor, chosen before it is made.

use alloc::collections::VecDeque;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::io;

use mio::{Events, Poll};

use super::control::Ending;
use super::hooks::Hooks;
use super::memory::{Attachment, Memory};
use super::origin::Marks;
use super::remote::Mailbox;
use super::slots::Slots;
use super::slow::SlowWatch;
use super::stats::{ReactorStats, Readings};
use super::wait::Waiter;
use super::{Reactor, ReactorClock};
use crate::timers::Timers;

/// How exactly a reactor waits, and at what price.
///
/// | | late by, as a rule | costs, for each wake-up |
/// |---|---|---|
/// | `Millis` | 50 µs to 1.1 ms | one system call |
/// | `Exact` | 30 to 100 µs | two |
/// | `Spin` | less than 1 µs | two, and a processor for up to `max` |
///
/// How late the kernel wakes a sleeper is the machine's affair; `cargo run --release --example jitter`
/// shows it. [`ReactorStats`] tells what became of it. No mode is ever early.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Precision {
    /// Whole milliseconds, rounded up: what `epoll_wait` offers. Saves the system call that arms the
    /// kernel's timer, at up to a millisecond of lateness. On Linux and Android, building the reactor
    /// sets the timer slack of its thread to the least there is (`PR_SET_TIMERSLACK`), if it may, and
    /// leaves it so: by default the kernel adds 50 µs.
    Millis,
    /// Nanoseconds, by a timerfd on Linux and Android. Elsewhere the same as `Millis`.
    #[default]
    Exact,
    /// As `Exact`, but a sleep ends a little before the deadline, and the rest is spun: asking for
    /// events and reading the clock by turns, for the last six microseconds only the clock.
    ///
    /// By how much it ends before is learned from how late wake-ups have been: such that one in 510
    /// is too late. It begins with 250 µs, and is told by
    /// [`ReactorStats::spin_window`]; the time spun by [`ReactorStats::spun`].
    ///
    /// Only timers with a handler of their own are worth it. The idle timeouts of streams and timers
    /// with slack are waited for as under `Exact`. So is everything on a clock that does not flow: a
    /// manual or a coarse one. Timers cost a hash table's entry more each.
    Spin {
        /// How long before a deadline a sleep ends at most; zero is `Exact`. Where the machine's
        /// wake-ups are later than that, timers are late by the rest.
        max: Duration,
    },
}

/// How much one turn may do before it looks at the kernel again.
///
/// What is left over comes first in the next turn, which then does not sleep. A zero counts as one.
/// How often that happened is counted, by phase, in [`ReactorStats::budget_hits_by`]. What one listener
/// accepts and one stream reads in a turn has its own bounds, and ends with the time as well. Libevent:
/// `event_config_set_max_dispatch_interval`.
///
/// ```
/// use std::time::Duration;
/// use tourbillon::reactor::{Reactor, TurnBudget};
///
/// let mut budget = TurnBudget::default();
/// budget.timers = 64;
/// budget.time = Duration::from_millis(1);
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
    /// How long each of the four phases may go on calling handlers. Looked at after each handler, so that
    /// one is called in any case; a reading of the clock each. [`Duration::MAX`], which is the default, is
    /// no limit, and reads nothing.
    pub time: Duration,
}

impl Default for TurnBudget {
    fn default() -> Self {
        Self {
            events: 1024,
            timers: 1024,
            deferred: 1024,
            posts: 1024,
            time: Duration::MAX,
        }
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
            time: self.time,
        }
    }
}

/// What is chosen once and asked again in every turn.
#[derive(Copy, Clone, Debug)]
pub(super) struct Options {
    /// To ask for events so long before sleeping.
    pub(super) busy_poll: Duration,
    /// To measure how late timers are called, and how long what takes.
    pub(super) histograms: bool,
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
    options: Options,
    memory: Option<Memory>,
    state: PhantomData<fn(&mut S)>,
}

impl<S> ReactorBuilder<S> {
    pub(super) const fn new(budget: TurnBudget) -> Self {
        Self {
            clock: None,
            precision: Precision::Exact,
            budget,
            options: Options { busy_poll: Duration::ZERO, histograms: true },
            memory: None,
            state: PhantomData,
        }
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

    /// Before it sleeps, the reactor asks for events again and again for so long; not at all if
    /// nothing is said.
    ///
    /// For who would rather burn a processor than wait for the kernel to wake a sleeper: it saves
    /// whatever comes within that time some tens of microseconds. Timers that come due meanwhile
    /// gain as well. A reactor on a clock that does not flow (a manual or a coarse one) does not poll
    /// busily. [`ReactorStats::busy_polled`] tells the time. The kernel's counterpart for sockets
    /// alone is `SO_BUSY_POLL`, see `socket(7)`.
    #[must_use]
    pub fn busy_poll(mut self, at_most: Duration) -> Self {
        self.options.busy_poll = at_most;
        self
    }

    /// Whether to keep the histograms of [`ReactorStats`]; yes if nothing is said. Counters and times
    /// are kept in any case.
    ///
    /// They cost a reading of the clock for each handler, and some nanoseconds for each entry: one for a
    /// handler, one or two for a turn, two or three for a timer. `cargo bench --bench turn` tells
    /// what share of a turn that is.
    #[must_use]
    pub fn histograms(mut self, yes: bool) -> Self {
        self.options.histograms = yes;
        self
    }

    /// Attaches a kernel in memory, whose streams the reactor takes like sockets: for tests and
    /// simulations. It belongs to this reactor as long as that lives.
    #[must_use]
    pub fn memory(mut self, memory: &Memory) -> Self {
        self.memory = Some(memory.clone());
        self
    }

    /// Makes the reactor: an epoll (or what the system has), a waker, and a timerfd if it is to be
    /// exact.
    ///
    /// # Errors
    ///
    /// What the kernel says to one of these, most likely that there are no more descriptors; and
    /// `AlreadyExists` if the memory is attached to another reactor.
    pub fn build(self) -> io::Result<Reactor<S>> {
        let clock = self.clock.unwrap_or_default();
        let budget = self.budget.at_least_one();
        let poll = Poll::new()?;
        let mailbox = Mailbox::new(poll.registry())?;
        let waiter = Waiter::new(&clock, self.precision, poll.registry())?;
        let memory = self.memory.as_ref();
        let memory = memory.map(|memory| Attachment::new(memory, poll.registry()));
        let memory = memory.transpose()?;
        let now = clock.now();
        let stats =
            ReactorStats { spin_window: waiter.window(), ..ReactorStats::default() };
        Ok(Reactor {
            timers: Timers::starting_at(now),
            rehearsal: Timers::starting_at(now),
            batch: VecDeque::new(),
            ticking: None,
            slots: Slots::new(),
            hooks: Hooks::new(),
            marks: Marks::default(),
            source_timers: 0,
            is_cut: false,
            turn_number: 0,
            running: None,
            slow: SlowWatch::nobody(),
            deferred: VecDeque::new(),
            posts: VecDeque::new(),
            mailbox,
            // The kernel fills no more than this at a time; the rest waits there.
            events: Events::with_capacity(budget.events.min(4096)),
            poll,
            memory,
            waiter,
            clock,
            now,
            readings: Readings::beginning_at(now),
            budget,
            stats,
            options: self.options,
            in_turn: false,
            in_run: false,
            ending: Ending::default(),
            phase_ends: now,
        })
    }
}

impl<S> fmt::Debug for ReactorBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReactorBuilder")
            .field("clock", &self.clock)
            .field("precision", &self.precision)
            .field("budget", &self.budget)
            .field("options", &self.options)
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}
