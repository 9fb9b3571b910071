//! The reactor: one loop over sources, timers, deferred work and posts from other threads.
//!
//! Handlers get the user's state and the reactor itself, both whole: `&mut S, &mut Reactor<S>`. A
//! handler, and a source with it, is moved out of the reactor while it runs.
//!
//! ```
//! use std::time::Duration;
//! use tourbillon::reactor::{Exit, Next, Reactor};
//!
//! let mut reactor = Reactor::<u32>::new()?;
//! reactor.every(Duration::from_millis(1), |ticks: &mut u32, _, _| {
//!     *ticks += 1;
//!     Next::Continue
//! })?;
//! reactor.after(Duration::from_millis(5), |_, reactor, _| reactor.stop());
//! let mut ticks = 0;
//! assert_eq!(reactor.run(&mut ticks)?, Exit::Stopped);
//! assert!(ticks >= 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to find what
//!
//! | | |
//! |---|---|
//! | the loop | [`turn`](Reactor::turn), [`run`](Reactor::run), [`run_until`](Reactor::run_until), [`stop`](Reactor::stop), [`stop_after_turn`](Reactor::stop_after_turn), [`stop_at`](Reactor::stop_at), [`TurnBudget`], [`Precision`] |
//! | timers | [`after`](Reactor::after), [`at`](Reactor::at), [`every`](Reactor::every), [`interval`](Reactor::interval), [`within`](Reactor::within), [`common_timeout`](Reactor::common_timeout); `wall`, `on_resume` |
//! | sources | [`register`](Reactor::register), [`register_once`](Reactor::register_once), [`set_timeout`](Reactor::set_timeout), [`set_priority`](Reactor::set_priority), [`source_mut`](Reactor::source_mut), [`deregister`](Reactor::deregister); `on_signal` |
//! | without the kernel | [`defer`](Reactor::defer), [`event`](Reactor::event), [`activate`](Reactor::activate), [`before_wait`](Reactor::before_wait), [`after_wait`](Reactor::after_wait) |
//! | other threads | [`Remote`] |
//! | to see inside | [`stats`](Reactor::stats), [`dump`](Reactor::dump), [`set_name`](Reactor::set_name), [`on_slow_handler`](Reactor::on_slow_handler), [`drift`](Reactor::drift) |
//! | to test with | [`advance`](Reactor::advance), [`step`](Reactor::step), [`memory`] |
//!
//! # Ground rules
//!
//! - One thread owns a reactor. Others reach it through a [`Remote`].
//! - [`Reactor::now`] is one reading a turn, taken when the wait is over; [`Fired::now`] is taken just
//!   before a timer's handler; [`Reactor::after`] counts from a fresh reading. Readings that go back
//!   are taken for the last one.
//! - The order of work in a turn, and what waits for the next one: see [`Reactor::turn`]. What keeps a
//!   run alive: see [`Reactor::run`].
//! - A handler may do anything to the reactor but turn it: cancel, reschedule and deregister itself
//!   and others, also those that are due in the same turn.
//! - A handler that panics is gone, and its source or interval with it. The panic leaves the turn;
//!   everything else is done by the next one.
//! - What is still pending when a reactor is dropped is dropped with it, uncalled.
//!
//! # Costs
//!
//! A turn that sleeps until a timer costs two system calls: one to arm the kernel's timer, unless it
//! stands right already, and one to wait. A turn that finds something to do at once costs one.
//!
//! # Not promised
//!
//! Progress while the machine sleeps, and a fair share for a handler that shares its turn with one
//! that does not return: a handler is never interrupted.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod alarm;
mod builder;
mod clock;
mod control;
mod drive;
mod dump;
mod hooks;
mod key;
pub mod memory;
mod once;
mod origin;
mod outcome;
mod phases;
mod priority;
mod ready;
mod rehearsal;
mod remote;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod resume;
#[cfg(all(feature = "signals", unix))]
mod signal;
mod slots;
mod slow;
mod sources;
mod stats;
mod stepping;
mod sync;
mod timeout;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod timerfd;
mod timers;
mod trace;
mod turn;
mod wait;
mod waiting;
mod wake;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod wall;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt;
use std::io;

#[doc(no_inline)]
pub use mio::{Interest, event::Source};

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use alarm::Alarm;
pub use builder::{Precision, ReactorBuilder, TurnBudget};
pub use clock::ReactorClock;
#[allow(unused_imports, reason = "for the rooms above, which may be switched off")]
pub(crate) use drive::Drive;
pub use dump::{Dump, DumpedSource, DumpedTimer, TimerKind};
pub use hooks::HookKey;
pub use key::{SourceId, SourceKey};
pub use memory::{Memory, MemoryListener, MemoryStream};
pub use once::UserEvent;
pub use origin::Origin;
pub use outcome::{Exit, Fired, Next, Turn};
pub use priority::Priority;
pub use ready::Ready;
#[allow(unused_imports, reason = "for the rooms above, which may be switched off")]
pub(crate) use ready::SourceTimer;
pub use remote::{Closed, Remote};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use resume::{ResumeWatch, Resumed};
#[cfg(all(feature = "signals", unix))]
pub use signal::{Signal, SignalKey};
pub use slow::Slow;
#[allow(unused_imports, reason = "for the rooms above, which may be switched off")]
pub(crate) use stats::Phase;
pub use stats::{BudgetHits, Lateness, ReactorStats};
pub use stepping::Advance;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use wall::{WallFired, WallTimer};

use crate::time::Instant;
use crate::timers::{TimerKey, Timers};
use builder::Options;
use control::Ending;
use hooks::Hooks;
use origin::Marks;
use remote::{Mailbox, Post};
use slots::Slots;
use slow::SlowWatch;
use stats::Readings;
use timers::{Handler, Ticked};
use wait::Waiter;

type Deferred<S> = Box<dyn FnOnce(&mut S, &mut Reactor<S>)>;

/// A loop over sources, timers, deferred work and posts, with handlers that share the state `S`.
///
/// Libevent's name for it is `event_base`. See the [module](self) for its rules.
pub struct Reactor<S> {
    timers: Timers<Handler<S>>,
    /// As good as empty: see [`rehearsal`].
    rehearsal: Timers<Handler<S>>,
    /// Timers that were due at the turn's now, in their order, and are still to be called.
    batch: VecDeque<(TimerKey, Instant)>,
    /// Of the interval whose handler runs, if one does.
    ticking: Option<Ticked>,
    slots: Slots<S>,
    hooks: Hooks<S>,
    marks: Marks,
    /// Timers of sources' own that are pending. They count with their source.
    source_timers: usize,
    /// The sources' phase of this turn was cut short.
    is_cut: bool,
    /// Of the turn: never set back, whatever is done to the counters.
    turn_number: u64,
    /// Whose handler runs.
    running: Option<Origin>,
    slow: SlowWatch<S>,
    deferred: VecDeque<Deferred<S>>,
    /// Posts that were collected and are still to be called.
    posts: VecDeque<Post<S>>,
    mailbox: Mailbox<S>,
    events: mio::Events,
    poll: mio::Poll,
    /// What tells of readiness besides the kernel.
    memory: Option<memory::Attachment>,
    waiter: Waiter,
    clock: ReactorClock,
    now: Instant,
    readings: Readings,
    budget: TurnBudget,
    stats: ReactorStats,
    options: Options,
    /// Handlers may be running: no turn within a turn.
    in_turn: bool,
    /// Inside `run`: a time to stop at counts.
    in_run: bool,
    ending: Ending,
    /// When the present phase is out of time, if the budget knows of time.
    phase_ends: Instant,
}

impl<S> Reactor<S> {
    /// A reactor on the machine's clock, with exact waits and the default budget.
    ///
    /// # Errors
    ///
    /// As [`ReactorBuilder::build`].
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// A reactor with a clock, precision or budget of its own.
    #[must_use]
    pub fn builder() -> ReactorBuilder<S> {
        ReactorBuilder::new(TurnBudget::default())
    }

    /// The turn's reading of the clock: taken when its wait was over. Libevent:
    /// `event_base_gettimeofday_cached`.
    #[inline]
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The clock, for a fresh reading.
    #[inline]
    #[must_use]
    pub const fn clock(&self) -> &ReactorClock {
        &self.clock
    }

    /// Calls `f` later in this turn, after sources and timers; in the next one if it is called from a
    /// deferred handler, from a post, or between turns. A turn with something deferred does not sleep.
    /// O(1), and one allocation if `f` captures anything. Libevent: `event_deferred_cb_schedule`.
    pub fn defer(&mut self, f: impl FnOnce(&mut S, &mut Reactor<S>) + 'static) {
        self.deferred.push_back(Box::new(f));
    }

    /// A handle for other threads. As long as one lives, [`run`](Self::run) goes on.
    #[must_use]
    pub fn remote(&self) -> Remote<S> {
        self.mailbox.remote()
    }

    /// A fresh reading; the turn's if the clock went back.
    #[inline]
    fn fresh_now(&self) -> Instant {
        self.clock.now().max(self.now)
    }

    /// A reading after the handler that returned last, for what counts from its end.
    #[inline]
    fn recent_now(&self) -> Instant {
        if self.readings.is_fresh && self.clock.is_precise() {
            self.readings.latest
        } else {
            self.precise_now()
        }
    }

    /// The reading that a relative deadline counts from.
    #[inline]
    pub(crate) fn precise_now(&self) -> Instant {
        self.clock.precise_now().max(self.now)
    }
}

impl<S> fmt::Debug for Reactor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("now", &self.now)
            .field("timers", &self.timers.len())
            .field("sources", &self.slots.len())
            .field("deferred", &self.deferred.len())
            .field("posts", &self.posts.len())
            .field("clock", &self.clock)
            .field("waiter", &self.waiter)
            .field("in_turn", &self.in_turn)
            .finish_non_exhaustive()
    }
}
