//! [`Dump`]: what is registered with a reactor, for people.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use mio::Interest;

use super::timers::Handler;
use super::{HookKey, Origin, Priority, Reactor, Ready, SourceId};
use crate::time::Instant;
use crate::timers::TimerKey;

/// What is registered with a reactor: a snapshot, made by [`Reactor::dump`]. It prints as a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dump {
    /// A fresh reading of the reactor's clock.
    pub now: Instant,
    /// Timers by deadline, earliest first.
    pub timers: Vec<DumpedTimer>,
    /// Sources in the order of their slots.
    pub sources: Vec<DumpedSource>,
    /// Hooks in the order of their calls, those before the wait first: key, kind and name.
    pub hooks: Vec<(HookKey, &'static str, Option<String>)>,
    /// Deferred handlers that wait for a call.
    pub deferred: usize,
    /// Posts that were collected and wait for a call. (What other threads have posted since is not seen.)
    pub posts: usize,
}

/// A timer, as it is registered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DumpedTimer {
    /// Its key.
    pub key: TimerKey,
    /// The name that it was given.
    pub name: Option<String>,
    /// When it is due. Of a timer with slack, its latest.
    pub deadline: Instant,
    /// What it is.
    pub kind: TimerKind,
    /// Whether it keeps a run alive.
    pub keeps_alive: bool,
}

/// What a timer is.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[non_exhaustive]
pub enum TimerKind {
    /// It fires once.
    Once,
    /// It fires every so often.
    Interval(Duration),
    /// An interval whose handler runs now.
    Running,
    /// The [timeout](Reactor::set_timeout) of a source.
    Timeout(SourceId),
    /// A timer of a source's own: a stream's deadline, a listener's pause.
    OfSource(SourceId),
}

/// A source, as it is registered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DumpedSource {
    /// Its key.
    pub id: SourceId,
    /// The name that it was given.
    pub name: Option<String>,
    /// The name of its type; `None` while its handler runs.
    pub type_name: Option<&'static str>,
    /// What it is registered for.
    pub interest: Option<Interest>,
    /// What its handler is to be called for next: it is on the ready list.
    pub pending: Ready,
    /// Its priority.
    pub priority: Priority,
    /// Whether it keeps a run alive.
    pub keeps_alive: bool,
    /// When it [times out](Reactor::set_timeout), if it does.
    pub times_out: Option<Instant>,
}

impl<S> Reactor<S> {
    /// What is registered: timers with their deadlines, sources with what they wait for, hooks, and what
    /// is queued, with the names that were [given](Self::set_name). To be printed when a program hangs,
    /// or does too much. Also inside a handler.
    ///
    /// O(n log n) in timers and O(n) in sources, and it allocates. Libevent: `event_base_dump_events`;
    /// libuv: `uv_print_all_handles`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::{ManualClock, Reactor};
    ///
    /// let mut reactor = Reactor::<()>::builder().clock(ManualClock::new()).build()?;
    /// let key = reactor.after(Duration::from_millis(1500), |_, _, _| {});
    /// reactor.set_name(key, "warm-up is over");
    /// let dump = reactor.dump();
    /// assert_eq!(dump.timers[0].deadline.as_nanos(), 1_500_000_000);
    /// assert!(dump.to_string().contains("in 1.5s, once, \"warm-up is over\""));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn dump(&self) -> Dump {
        let name = |origin| self.marks.name(origin).map(String::from);
        let mut timers: Vec<_> = self
            .timers
            .iter()
            .map(|(key, deadline, handler)| DumpedTimer {
                key,
                name: name(Origin::Timer(key)),
                // An interval whose handler runs knows its next tick, and its timer does not yet.
                deadline: self.deadline(key).unwrap_or(deadline),
                kind: kind_of(handler),
                keeps_alive: !self.marks.is_weightless(key)
                    && !matches!(handler, Handler::Timeout(_)),
            })
            .collect();
        timers.sort_by_key(|timer| timer.deadline);
        let sources = self
            .slots
            .all()
            .map(|seen| DumpedSource {
                id: seen.id,
                name: name(Origin::Source(seen.id)),
                type_name: seen.type_name,
                interest: seen.interest,
                pending: seen.pending,
                priority: seen.priority,
                keeps_alive: seen.keeps_alive,
                times_out: seen.timeout.and_then(|timer| self.deadline(timer)),
            })
            .collect();
        Dump {
            now: self.fresh_now(),
            timers,
            sources,
            hooks: self
                .hooks
                .keys()
                .map(|(key, kind)| (key, kind, name(Origin::Hook(key))))
                .collect(),
            deferred: self.deferred.len(),
            posts: self.posts.len(),
        }
    }
}

fn kind_of<S>(handler: &Handler<S>) -> TimerKind {
    match handler {
        Handler::Once(_) => TimerKind::Once,
        Handler::Every(ticking) => TimerKind::Interval(ticking.interval().period()),
        Handler::Away => TimerKind::Running,
        Handler::Timeout(source) => TimerKind::Timeout(SourceId(*source)),
        Handler::Source { key, .. } => TimerKind::OfSource(SourceId(*key)),
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = Duration::from_nanos(self.now.as_nanos());
        writeln!(f, "reactor at {now:?}")?;
        writeln!(f, "{} timers", self.timers.len())?;
        for timer in &self.timers {
            write!(f, "  {:?}: ", timer.key)?;
            write_until(f, self.now, timer.deadline)?;
            write!(f, ", {}", timer.kind)?;
            write_rest(f, timer.keeps_alive, timer.name.as_deref())?;
        }
        writeln!(f, "{} sources", self.sources.len())?;
        for source in &self.sources {
            source.write(f, self.now)?;
        }
        if !self.hooks.is_empty() {
            writeln!(f, "{} hooks", self.hooks.len())?;
        }
        for (key, kind, name) in &self.hooks {
            write!(f, "  {key:?}: {kind}")?;
            write_rest(f, true, name.as_deref())?;
        }
        write!(f, "{} deferred, {} posts", self.deferred, self.posts)
    }
}

impl DumpedSource {
    fn write(&self, f: &mut fmt::Formatter<'_>, now: Instant) -> fmt::Result {
        write!(f, "  {:?}: {}", self.id, self.type_name.unwrap_or("running"))?;
        if let Some(interest) = self.interest {
            write!(f, ", for {interest:?}")?;
        }
        if self.priority != Priority::Normal {
            write!(f, ", priority {:?}", self.priority)?;
        }
        if !self.pending.is_none() {
            write!(f, ", pending {:?}", self.pending)?;
        }
        if let Some(deadline) = self.times_out {
            write!(f, ", times out ")?;
            write_until(f, now, deadline)?;
        }
        write_rest(f, self.keeps_alive, self.name.as_deref())
    }
}

impl fmt::Display for TimerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once => f.write_str("once"),
            Self::Interval(period) => write!(f, "every {period:?}"),
            Self::Running => f.write_str("running"),
            Self::Timeout(source) => write!(f, "the timeout of {source:?}"),
            Self::OfSource(source) => write!(f, "of {source:?}"),
        }
    }
}

/// How long from now, or how long ago.
fn write_until(f: &mut fmt::Formatter<'_>, now: Instant, then: Instant) -> fmt::Result {
    match then.checked_duration_since(now) {
        _ if then == Instant::MAX => f.write_str("never"),
        Some(left) => write!(f, "in {left:?}"),
        None => write!(f, "due for {:?}", now.saturating_duration_since(then)),
    }
}

fn write_rest(
    f: &mut fmt::Formatter<'_>,
    keeps_alive: bool,
    name: Option<&str>,
) -> fmt::Result {
    if !keeps_alive {
        f.write_str(", keeps no run alive")?;
    }
    match name {
        Some(name) => writeln!(f, ", {name:?}"),
        None => writeln!(f),
    }
}
