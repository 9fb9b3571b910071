//! What a reactor tells to `tracing`, if that feature is on: the only file that knows of it.
//!
//! Events, no spans: a handler's own events are its own, and a span around each would cost most
//! subscribers an allocation. At `TRACE` each turn that did something, and each handler; at `DEBUG` events
//! whose source is gone, and budgets that were spent; at `WARN` slow handlers. The target is
//! `tourbillon::reactor`. Without the feature nothing is left of it.

#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, clippy::missing_const_for_fn)
)]

use super::key::RawKey;
use super::stats::Phase;
use super::{Origin, Slow, Turn};

#[cfg(feature = "tracing")]
const TARGET: &str = "tourbillon::reactor";

#[inline]
pub(super) fn turn(turn: &Turn, waited: bool) {
    #[cfg(feature = "tracing")]
    if !turn.is_empty() {
        tracing::trace!(
            target: TARGET,
            now_nanos = turn.now.as_nanos(),
            sources = turn.sources,
            timers = turn.timers,
            deferred = turn.deferred,
            posts = turn.posts,
            stopped = turn.stopped,
            waited,
            "turn"
        );
    }
}

#[inline]
pub(super) fn handled(origin: Option<Origin>, took_nanos: u64) {
    #[cfg(feature = "tracing")]
    if let Some(origin) = origin {
        tracing::trace!(target: TARGET, ?origin, took_nanos, "handled");
    }
}

#[inline]
pub(super) fn slow(slow: Slow, name: Option<&str>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, origin = ?slow.origin, name, took = ?slow.took, "slow handler");
}

#[inline]
pub(super) fn stale(key: RawKey) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, source = ?super::SourceId(key), "event for a source that is gone");
}

#[inline]
pub(super) fn budget_hit(phase: Phase, is_by_time: bool) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, ?phase, by_time = is_by_time, "budget spent");
}
