//! [`Origin`]: whose handler it is; the names that are given to them, and whether they keep a run
//! alive.

use alloc::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use super::hooks::HookKey;
use super::{Reactor, SourceId, SourceKey};
use crate::timers::TimerKey;

/// Whose handler it is: what [`Reactor::running`] and [`Slow`](super::Slow) tell, and what can be given
/// a [name](Reactor::set_name). Every key becomes one with `into`.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub enum Origin {
    /// A timer's.
    Timer(TimerKey),
    /// A source's: of a stream, a listener, a signal, an event of one's own.
    Source(SourceId),
    /// That of a hook before or after the wait.
    Hook(HookKey),
    /// One that was deferred.
    Deferred,
    /// A post of a [`Remote`](super::Remote).
    Post,
}

impl From<TimerKey> for Origin {
    fn from(key: TimerKey) -> Self {
        Self::Timer(key)
    }
}

impl From<SourceId> for Origin {
    fn from(id: SourceId) -> Self {
        Self::Source(id)
    }
}

impl<E> From<SourceKey<E>> for Origin {
    fn from(key: SourceKey<E>) -> Self {
        Self::Source(key.into())
    }
}

#[cfg(all(feature = "signals", unix))]
impl From<super::SignalKey> for Origin {
    fn from(key: super::SignalKey) -> Self {
        Self::Source(key.into())
    }
}

impl From<HookKey> for Origin {
    fn from(key: HookKey) -> Self {
        Self::Hook(key)
    }
}

/// What few have, kept apart from what all have.
#[derive(Default)]
pub(super) struct Marks {
    names: HashMap<Origin, Cow<'static, str>>,
    /// Timers that keep no run alive.
    weightless: HashSet<TimerKey>,
}

impl Marks {
    /// Its name is free for the next: whatever had it is gone.
    #[inline]
    pub(super) fn forget(&mut self, origin: Origin) {
        if !self.names.is_empty() {
            self.names.remove(&origin);
        }
    }

    #[inline]
    pub(super) fn forget_timer(&mut self, key: TimerKey) {
        self.forget(Origin::Timer(key));
        if !self.weightless.is_empty() {
            self.weightless.remove(&key);
        }
    }

    pub(super) fn name_of(&self, origin: Origin) -> Option<Cow<'static, str>> {
        self.names.get(&origin).cloned()
    }

    pub(super) fn name(&self, origin: Origin) -> Option<&str> {
        self.names.get(&origin).map(AsRef::as_ref)
    }

    pub(super) fn weightless_timers(&self) -> usize {
        self.weightless.len()
    }

    pub(super) fn is_weightless(&self, key: TimerKey) -> bool {
        self.weightless.contains(&key)
    }
}

impl<S> Reactor<S> {
    /// Gives a timer, source, signal or hook a name, for [`dump`](Self::dump),
    /// [`on_slow_handler`](Self::on_slow_handler) and traces. False: the key is stale.
    ///
    /// It is kept until its owner is gone, or has another name; an empty one takes it away. O(1), in a
    /// table that only those with a name are in.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Next, Reactor};
    ///
    /// let mut reactor = Reactor::<()>::new()?;
    /// let key = reactor.every(Duration::from_secs(1), |_, _, _| Next::Continue)?;
    /// assert!(reactor.set_name(key, "heartbeat"));
    /// assert_eq!(reactor.name(key), Some("heartbeat"));
    /// assert!(reactor.dump().to_string().contains("heartbeat"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_name(
        &mut self,
        owner: impl Into<Origin>,
        name: impl Into<Cow<'static, str>>,
    ) -> bool {
        let (owner, name) = (owner.into(), name.into());
        if !self.is_there(owner) {
            return false;
        }
        if name.is_empty() {
            self.marks.forget(owner);
        } else {
            self.marks.names.insert(owner, name);
        }
        true
    }

    /// The name that was given to it.
    #[must_use]
    pub fn name(&self, owner: impl Into<Origin>) -> Option<&str> {
        let owner = owner.into();
        self.marks.name(owner).or_else(|| self.slow.name_of(owner))
    }

    /// Whether a timer or a source keeps a [`run`](Self::run) alive, as it does unless it is told not to.
    /// False: the key is stale, or a hook's.
    ///
    /// For what is there as long as something else is: a timer that prints a statistic, a signal
    /// that ends the program in order. It is called as before as long as the run lasts. O(1). Libuv:
    /// `uv_ref` and `uv_unref`; libev the same; in libevent an internal event. What keeps a run alive
    /// that has nothing to do is a [`Remote`](super::Remote): asio's `executor_work_guard`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Exit, Next, Reactor};
    ///
    /// let mut reactor = Reactor::<u32>::new()?;
    /// let key = reactor.every(Duration::from_millis(1), |ticks: &mut u32, _, _| {
    ///     *ticks += 1;
    ///     Next::Continue
    /// })?;
    /// reactor.set_keeps_alive(key, false);
    /// reactor.after(Duration::from_millis(5), |_, _, _| {});
    /// let mut ticks = 0;
    /// assert_eq!(reactor.run(&mut ticks)?, Exit::Idle);
    /// assert!(ticks >= 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_keeps_alive(&mut self, owner: impl Into<Origin>, yes: bool) -> bool {
        let owner = owner.into();
        match owner {
            Origin::Timer(key) if self.timers.contains(key) => {
                // The timeout of a source counts with its source.
                if yes {
                    self.marks.weightless.remove(&key);
                } else if !self.is_timeout(key) {
                    self.marks.weightless.insert(key);
                }
                true
            }
            Origin::Source(id) => self.slots.set_weight(id.raw(), yes),
            _ => false,
        }
    }

    /// Whose handler runs now; `None` between handlers. How a handler learns its own key. Libevent:
    /// `event_base_get_running_event`.
    #[must_use]
    pub const fn running(&self) -> Option<Origin> {
        self.running
    }

    fn is_there(&self, owner: Origin) -> bool {
        match owner {
            Origin::Timer(key) => self.timers.contains(key),
            Origin::Source(id) => self.slots.contains(id.raw()),
            Origin::Hook(key) => self.hooks.contains(key),
            Origin::Deferred | Origin::Post => false,
        }
    }
}
