//! [`Slow`]: hears of handlers that run too long, while it is fresh.
//!
//! A loop is as quick as its slowest handler: all others wait for it, timers above all. The reactor
//! reads the clock after each handler anyway, for its histograms; what this adds is a comparison.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::time::Duration;

use super::{Next, Origin, Reactor, trace};

type SlowFn<S> = Box<dyn FnMut(&mut S, &mut Reactor<S>, Slow) -> Next>;

/// A handler that took longer than it should.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[non_exhaustive]
pub struct Slow {
    /// Whose handler it was. [`Reactor::name`] tells its name as long as this is told, also if its owner is
    /// gone by then.
    pub origin: Origin,
    /// How long it took, with what the reactor did to call it.
    pub took: Duration,
}

/// Who is to hear of slow handlers, and of which.
pub(super) struct SlowWatch<S> {
    /// Longer than this is slow.
    limit_nanos: u64,
    /// `None`: nobody, or it runs right now.
    f: Option<SlowFn<S>>,
    /// Seen, and still to be told: what the handler belongs to is put in order first.
    seen: Option<Slow>,
    /// The name of its owner, who may be gone by then.
    name: Option<Cow<'static, str>>,
    /// Whose handler somebody is told of right now.
    told: Option<Origin>,
}

impl<S> SlowWatch<S> {
    pub(super) const fn nobody() -> Self {
        Self { limit_nanos: u64::MAX, f: None, seen: None, name: None, told: None }
    }

    /// Whether anybody wants to know.
    pub(super) const fn watches(&self) -> bool {
        self.limit_nanos < u64::MAX
    }

    #[inline]
    pub(super) const fn is_slow(&self, took_nanos: u64) -> bool {
        took_nanos > self.limit_nanos
    }

    #[cold]
    pub(super) fn note(
        &mut self,
        origin: Option<Origin>,
        took_nanos: u64,
        name: Option<Cow<'static, str>>,
    ) {
        if let Some(origin) = origin {
            self.name = name;
            self.seen = Some(Slow { origin, took: Duration::from_nanos(took_nanos) });
        }
    }

    #[inline]
    pub(super) const fn has_seen(&self) -> bool {
        self.seen.is_some()
    }

    /// Not told any more: the handler's panic is worse.
    pub(super) fn forget(&mut self) {
        (self.seen, self.told, self.name) = (None, None, None);
    }

    /// The name of whom somebody is told of, though it may be gone.
    pub(super) fn name_of(&self, origin: Origin) -> Option<&str> {
        self.name.as_deref().filter(|_| self.told == Some(origin))
    }
}

impl<S> Reactor<S> {
    /// Calls `f` right after each handler, of whatever kind, that took longer than `limit`, until it
    /// answers [`Next::Stop`]. It takes the place of the one before.
    ///
    /// A handler is never interrupted, and one that does not return is not seen: for that there are
    /// watchdogs on other threads. `f` itself is not watched: its time counts to nobody, and neither does
    /// that of dropping a handler that is gone. It finds the slow one in order again: a source is at home,
    /// an interval scheduled, and either can be removed there. A handler that panicked is not told of. Set
    /// inside a handler it is told of that one, too; with [histograms](super::ReactorBuilder::histograms)
    /// switched off, of what it took from then on. With those off it costs a reading of the clock for
    /// each handler, else a comparison. [`ReactorStats::slow_handlers`](super::ReactorStats) counts them.
    /// Node has `blocked-at` for it, Go's and Java's loops log lines; libevent has none.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Next, Reactor};
    ///
    /// let mut reactor = Reactor::<Vec<String>>::new()?;
    /// reactor.on_slow_handler(Duration::from_millis(1), |log: &mut Vec<_>, reactor, slow| {
    ///     let name = reactor.name(slow.origin).unwrap_or("no name");
    ///     log.push(format!("{:?} ({name}) took {:?}", slow.origin, slow.took));
    ///     Next::Continue
    /// });
    /// reactor.defer(|_, _| std::thread::sleep(Duration::from_millis(2)));
    /// let mut log = Vec::new();
    /// reactor.run(&mut log)?;
    /// assert!(log[0].starts_with("Deferred (no name) took "));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_slow_handler(
        &mut self,
        limit: Duration,
        f: impl FnMut(&mut S, &mut Reactor<S>, Slow) -> Next + 'static,
    ) {
        // The longest limit of all would be taken for none: nothing is slower anyway.
        let limit_nanos =
            u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX).min(u64::MAX - 1);
        if !self.options.histograms && !self.slow.watches() {
            // Nobody has read the clock for whoever ran before in this turn.
            self.readings.begin_handler(self.fresh_now());
        }
        self.slow =
            SlowWatch { limit_nanos, f: Some(Box::new(f)), ..SlowWatch::nobody() };
    }

    /// Tells of the handler that has just returned, if it was slow.
    #[inline]
    pub(super) fn tell_if_slow(&mut self, state: &mut S) {
        if self.slow.has_seen() {
            self.tell_of_slow(state);
        }
    }

    #[cold]
    fn tell_of_slow(&mut self, state: &mut S) {
        let Some(slow) = self.slow.seen.take() else { return };
        self.stats.slow_handlers += 1;
        trace::slow(slow, self.slow.name.as_deref());
        self.slow.told = Some(slow.origin);
        let Some(mut f) = self.slow.f.take() else { return };
        // If it panics, it is gone: nobody is told again.
        let limit_nanos = core::mem::replace(&mut self.slow.limit_nanos, u64::MAX);
        let next = f(state, self, slow);
        (self.slow.told, self.slow.name) = (None, None);
        // Unless it has put another in its place.
        if next != Next::Stop && !self.slow.watches() {
            self.slow = SlowWatch { limit_nanos, f: Some(f), ..SlowWatch::nobody() };
        } else {
            drop(f);
        }
        self.disown_time();
    }
}
