//! The timeout of a source: a call if nothing else comes for so long.
//!
//! # Invariants
//!
//! - I1: as long as a slot has a timeout, the timer that it names is alive, and is a `Timeout` of that slot;
//!   and the other way round. Whoever takes one away takes the other, too.
//! - I2: a call for another cause restarts it, after the handler has returned: a handler that takes its
//!   time is no silence of the peer's.
//!
//! # Costs
//!
//! Restarting is a `touch` where the duration is a common timeout, else a `reschedule`: both O(1), and as a
//! rule a single store. Nothing is allocated.

use core::time::Duration;

use super::drive::Call;
use super::key::RawKey;
use super::slots::SlotTimeout;
use super::timers::Handler;
use super::{Reactor, Ready, SourceId};
use crate::time::Instant;
use crate::timers::{After, TimerKey};

impl<S> Reactor<S> {
    /// Has a source's handler called with [`Ready::TIMED_OUT`] if it is not called for anything else for
    /// so long, again and again. False: the key is stale.
    ///
    /// It counts from now, and anew from the end of each call for readiness or an activation. When both
    /// come in one turn, there is one call with both. Timing out changes nothing by itself: it is the
    /// handler that gives up, or does not; then the next one is due one duration after this one *was
    /// due*, or the first one of that grid that is still to come. Setting it again restarts it. To wait
    /// in all for so long, whatever comes, use a timer of your own and [`activate`](Self::activate).
    ///
    /// O(1), and no allocation once the timers have their size. A [`Duration`] or a
    /// [`CommonTimeout`](crate::CommonTimeout), which is what many sources should share. Bufferevents
    /// have timeouts of their own, which know directions. Libevent: the `tv` of `event_add` with
    /// `EV_READ | EV_PERSIST`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Interest, Next, Reactor};
    ///
    /// let (_sender, receiver) = mio::unix::pipe::new()?;
    /// let mut reactor = Reactor::<bool>::new()?;
    /// let key = reactor.register(receiver, Interest::READABLE, |silent: &mut bool, _, _, ready| {
    ///     *silent = ready.is_timed_out();
    ///     Next::Stop
    /// })?;
    /// reactor.set_timeout(key, Duration::from_millis(1));
    /// let mut silent = false;
    /// reactor.run(&mut silent)?;
    /// assert!(silent);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_timeout(
        &mut self,
        key: impl Into<SourceId>,
        after: impl Into<After>,
    ) -> bool {
        let (raw, after) = (key.into().raw(), after.into());
        if !self.slots.contains(raw) {
            return false;
        }
        self.clear_timeout(SourceId(raw));
        let now = self.precise_now();
        let timer = self.timers.schedule_after(now, after, Handler::Timeout(raw));
        self.note_population();
        let after_nanos = u64::try_from(after.duration().as_nanos()).unwrap_or(u64::MAX);
        let had = self.slots.set_timeout(raw, Some(SlotTimeout { timer, after_nanos }));
        debug_assert!(matches!(had, Ok(None)));
        true
    }

    /// Takes a source's timeout away; what it waits for stays. False: the key is stale, or there was
    /// none. O(1). Libevent: `event_remove_timer`.
    pub fn clear_timeout(&mut self, key: impl Into<SourceId>) -> bool {
        match self.slots.set_timeout(key.into().raw(), None) {
            Ok(Some(timeout)) => {
                // Somebody may have read its key in a dump, and given it a name.
                self.marks.forget_timer(timeout.timer);
                self.timers.cancel(timeout.timer).is_some()
            }
            Ok(None) | Err(()) => false,
        }
    }

    /// How long a source's timeout still has, by a fresh reading; zero if it is due, `None` if the key is
    /// stale or there is none. Libevent: the `tv` of `event_pending`.
    #[must_use]
    pub fn timeout_remaining(&self, key: impl Into<SourceId>) -> Option<Duration> {
        self.remaining(self.slots.timeout(key.into().raw())?.timer)
    }

    /// Whether the timer is a source's timeout.
    pub(super) fn is_timeout(&self, key: TimerKey) -> bool {
        matches!(self.timers.get(key), Some(Handler::Timeout(_)))
    }

    /// [`Ready::TIMED_OUT`] if the source's timeout is among what is due in this turn.
    #[inline]
    pub(super) fn timed_out(&self, raw: RawKey) -> Ready {
        if self.batch.is_empty() {
            return Ready::NONE;
        }
        match self.slots.timeout(raw) {
            Some(timeout) if self.timers.is_detached(timeout.timer) => Ready::TIMED_OUT,
            _ => Ready::NONE,
        }
    }

    /// The source was called for something: its timeout counts anew from the end of the call.
    #[inline]
    pub(super) fn restart_timeout(&mut self, raw: RawKey) {
        let Some(SlotTimeout { timer, after_nanos }) = self.slots.timeout(raw) else {
            return;
        };
        let now = self.recent_now();
        if !self.timers.touch(timer, now) {
            self.timers.reschedule(timer, now + Duration::from_nanos(after_nanos));
        }
    }

    /// The source's timeout was due at `scheduled`: calls its handler, and goes on by the grid.
    pub(super) fn time_out(
        &mut self,
        state: &mut S,
        raw: RawKey,
        timer: TimerKey,
        scheduled: Instant,
    ) {
        let now = self.begin_handler();
        self.note_fired(scheduled, now);
        // Before the call, which may panic, or change it.
        let after_nanos =
            self.slots.timeout(raw).map_or(0, |timeout| timeout.after_nanos);
        self.timers.reschedule(timer, next_on_grid(scheduled, after_nanos, now));
        let ready = Ready::TIMED_OUT | self.left_pending(raw);
        self.call_source(state, raw, Call::Ready(ready));
    }

    /// What the source is to be called for and was not, because the sources' phase was cut short. It is told
    /// with the timer: nobody shall give up a peer whose bytes are there. Where that phase was done to its end
    /// there is only what handlers of this turn have asked for, for the next one.
    pub(super) fn left_pending(&mut self, raw: RawKey) -> Ready {
        if self.is_cut { self.slots.take_pending(raw) } else { Ready::NONE }
    }
}

/// The first instant after `now` that is a multiple of `after_nanos` from `scheduled`; `now` if that is
/// zero.
fn next_on_grid(scheduled: Instant, after_nanos: u64, now: Instant) -> Instant {
    let late_nanos = now.as_nanos().saturating_sub(scheduled.as_nanos());
    match late_nanos.checked_rem(after_nanos) {
        Some(into_nanos) => now + Duration::from_nanos(after_nanos - into_nanos),
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_goes_on_behind_now() {
        let at = Instant::from_nanos;
        for (scheduled, after, now, next) in [
            (100, 10, 100, 110),
            (100, 10, 109, 110),
            (100, 10, 110, 120),
            (100, 10, 135, 140),
            (100, 0, 105, 105),
            (100, u64::MAX, 105, u64::MAX),
            (u64::MAX, 1, u64::MAX, u64::MAX),
        ] {
            assert_eq!(next_on_grid(at(scheduled), after, at(now)), at(next));
        }
    }
}
