//! Timers of a reactor: one-shots, intervals, and the verbs on their keys.

use alloc::boxed::Box;
use core::mem;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::drive::Call;
use super::key::RawKey;
use super::ready::SourceTimer;
use super::{Fired, Next, Origin, Reactor, Ready};
use crate::time::{Drift, Instant, Interval, ZeroPeriod};
use crate::timers::{After, CommonTimeout, TimerKey};

type OneShot<S> = Box<dyn FnOnce(&mut S, &mut Reactor<S>, Fired)>;

/// What is called when a timer fires.
pub(super) enum Handler<S> {
    Once(OneShot<S>),
    Every(Box<dyn Ticking<S>>),
    /// A source's own timer: nothing to box.
    Source {
        key: RawKey,
        id: SourceTimer,
    },
    /// A source's timeout, which its slot names.
    Timeout(RawKey),
    /// An interval whose handler is moved out for its call.
    Away,
}

/// An interval and its handler, in one box.
pub(super) trait Ticking<S> {
    fn interval(&self) -> &Interval;
    fn interval_mut(&mut self) -> &mut Interval;
    fn call(&mut self, state: &mut S, reactor: &mut Reactor<S>, fired: Fired) -> Next;
}

/// What is known of the interval whose handler runs.
#[derive(Copy, Clone, Debug)]
pub(super) struct Ticked {
    /// When its next tick is due; `None`: there is none.
    next: Option<Instant>,
    drift: Drift,
}

struct Periodic<F> {
    interval: Interval,
    f: F,
}

impl<S, F> Ticking<S> for Periodic<F>
where
    F: FnMut(&mut S, &mut Reactor<S>, Fired) -> Next,
{
    fn interval(&self) -> &Interval {
        &self.interval
    }

    fn interval_mut(&mut self) -> &mut Interval {
        &mut self.interval
    }

    fn call(&mut self, state: &mut S, reactor: &mut Reactor<S>, fired: Fired) -> Next {
        (self.f)(state, reactor, fired)
    }
}

impl<S> Reactor<S> {
    /// Calls `f` once, `after` from now: a fresh reading, not the turn's.
    ///
    /// `after` is a [`Duration`] or a [`CommonTimeout`]. It never fires in the turn that scheduled it,
    /// however short it is, unless that was [before the wait](Self::before_wait). The key is stale when `f` is called. O(1), and one allocation if `f`
    /// captures anything. Libevent: `evtimer_new` and `evtimer_add`, or `event_base_once`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Exit, Reactor};
    ///
    /// let mut reactor = Reactor::<Vec<&str>>::new()?;
    /// reactor.after(Duration::from_millis(2), |seen: &mut Vec<_>, _, fired| {
    ///     assert!(fired.now >= fired.scheduled);
    ///     seen.push("second");
    /// });
    /// reactor.after(Duration::ZERO, |seen: &mut Vec<_>, _, _| seen.push("first"));
    /// let mut seen = Vec::new();
    /// assert_eq!(reactor.run(&mut seen)?, Exit::Idle);
    /// assert_eq!(seen, ["first", "second"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn after(
        &mut self,
        after: impl Into<After>,
        f: impl FnOnce(&mut S, &mut Reactor<S>, Fired) + 'static,
    ) -> TimerKey {
        let now = self.precise_now();
        let key = self.timers.schedule_after(now, after, Handler::Once(Box::new(f)));
        self.be_sharp(key)
    }

    /// Calls `f` once at `deadline`, or in the next turn if that has passed. See
    /// [`after`](Self::after).
    pub fn at(
        &mut self,
        deadline: Instant,
        f: impl FnOnce(&mut S, &mut Reactor<S>, Fired) + 'static,
    ) -> TimerKey {
        let key = self.timers.schedule(deadline, Handler::Once(Box::new(f)));
        self.be_sharp(key)
    }

    /// Calls `f` once, some time from `earliest` to `latest`: in the first turn from `earliest` on that
    /// there is for any other reason, else at `latest`. It asks for a wake-up at `latest` only, so those
    /// whose windows overlap share one; [`wakeups_saved`](Self::wakeups_saved) tells how many that
    /// saved.
    ///
    /// For sweeping, flushing and counting: for what shall be done now and then, and need not be
    /// done on the dot. [`Fired::scheduled`] is `latest`, or the turn's now if that was before (the
    /// deadline that the turn spun for, if it did). What is due goes first. Rescheduling it makes it
    /// exact, and so does a `latest` that is not after `earliest`. O(1), and one allocation if `f` captures anything. Libevent has none of this; of
    /// libev it is `ev_set_timeout_collect_interval`, for each timer by itself.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::Reactor;
    ///
    /// let mut reactor = Reactor::<u32>::new()?;
    /// let now = reactor.clock().now();
    /// let ms = Duration::from_millis;
    /// reactor.within(now + ms(1), now + ms(4), |count: &mut u32, _, _| *count += 1);
    /// reactor.within(now + ms(2), now + ms(60_000), |count: &mut u32, _, _| *count += 1);
    /// let mut count = 0;
    /// reactor.run(&mut count)?;
    /// assert_eq!((count, reactor.wakeups_saved()), (2, 1));
    /// assert!(reactor.clock().now() < now + ms(60_000));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn within(
        &mut self,
        earliest: Instant,
        latest: Instant,
        f: impl FnOnce(&mut S, &mut Reactor<S>, Fired) + 'static,
    ) -> TimerKey {
        let handler = Handler::Once(Box::new(f));
        let key = self.timers.schedule_within(earliest, latest, handler);
        // Without a window it is as exact as any other.
        self.note_population();
        if latest <= earliest { self.be_sharp(key) } else { key }
    }

    /// How many timers with slack went along, before their latest, with a turn that was awake for
    /// something else. O(1). (See
    /// [`TimersStats::wakeups_saved`](crate::timers::TimersStats::wakeups_saved).)
    #[must_use]
    pub fn wakeups_saved(&self) -> u64 {
        self.timers.wakeups_saved()
    }

    /// Calls `f` every `period`, the first time one period from now, until it answers
    /// [`Next::Stop`] or the timer is cancelled.
    ///
    /// The k-th tick is due at start + k·period exactly, however late the others were. Ticks that
    /// were missed are skipped, and counted in [`Fired::missed`]; [`interval`](Self::interval) takes
    /// other policies. The key stays the same over all ticks. No allocation after the first. Libevent:
    /// `event_new` with `EV_PERSIST`, which drifts.
    ///
    /// # Errors
    ///
    /// [`ZeroPeriod`] if `period` is zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Next, Reactor};
    ///
    /// let mut reactor = Reactor::<Vec<u64>>::new()?;
    /// let start = reactor.clock().now();
    /// reactor.every(Duration::from_millis(1), |ticks: &mut Vec<_>, _, fired| {
    ///     ticks.push(fired.scheduled.as_nanos());
    ///     if ticks.len() == 3 { Next::Stop } else { Next::Continue }
    /// })?;
    /// let mut ticks = Vec::new();
    /// reactor.run(&mut ticks)?;
    /// assert_eq!((ticks[1] - ticks[0]) % 1_000_000, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn every(
        &mut self,
        period: Duration,
        f: impl FnMut(&mut S, &mut Reactor<S>, Fired) -> Next + 'static,
    ) -> Result<TimerKey, ZeroPeriod> {
        let interval = Interval::new(self.precise_now() + period, period)?;
        Ok(self.interval(interval, f))
    }

    /// Calls `f` at every tick of `interval`. See [`every`](Self::every).
    ///
    /// Under a policy that makes up for missed ticks, one tick is made up for in each turn.
    /// Rescheduling the timer starts its grid anew at the new deadline.
    pub fn interval(
        &mut self,
        interval: Interval,
        f: impl FnMut(&mut S, &mut Reactor<S>, Fired) -> Next + 'static,
    ) -> TimerKey {
        let deadline = interval.next_deadline();
        let handler = Handler::Every(Box::new(Periodic { interval, f }));
        let key = self.timers.schedule(deadline, handler);
        self.be_sharp(key)
    }

    /// Registers a duration that many timers will share, and gets a token for it: O(1) to schedule,
    /// to touch and to fire, at any population. Registering it again gives the same queue. Libevent:
    /// `event_base_init_common_timeout`.
    pub fn common_timeout(&mut self, after: Duration) -> CommonTimeout {
        self.timers.common_timeout(after)
    }

    /// Takes a common timeout out of the table. Timers that are in its queue stay until they are
    /// done, and the token goes on meaning its duration. False: it was not registered.
    pub fn forget_common_timeout(&mut self, common: CommonTimeout) -> bool {
        self.timers.forget_common_timeout(common)
    }

    /// Cancels a timer, and drops its handler. False: the key is stale. A handler may cancel its own
    /// interval, and any timer that is due in the same turn. O(1). Libevent: `event_del`.
    pub fn cancel(&mut self, key: TimerKey) -> bool {
        self.take(key).is_some()
    }

    /// Gives a timer another deadline, under the same key. False: the key is stale. An interval
    /// starts its grid anew there. O(1). Libevent: `event_add` of a pending event.
    pub fn reschedule(&mut self, key: TimerKey, deadline: Instant) -> bool {
        let is_alive = self.timers.reschedule(key, deadline);
        if is_alive && self.waiter.spins() {
            match self.timers.get(key) {
                Some(Handler::Source { .. } | Handler::Timeout(_)) => {}
                // Also one with slack, which it has lost.
                _ => self.waiter.set_sharp(key, deadline),
            }
        }
        is_alive
    }

    /// Restarts the common timeout that a timer was scheduled with, from a fresh reading. False: the
    /// key is stale, or the timer was scheduled without one ([`reschedule`](Self::reschedule) it
    /// then). O(1).
    pub fn touch(&mut self, key: TimerKey) -> bool {
        let now = self.precise_now();
        let is_touched = self.timers.touch(key, now);
        if is_touched
            && self.waiter.spins()
            && let Some(deadline) = self.deadline(key)
        {
            self.waiter.moved(key, deadline);
        }
        is_touched
    }

    /// Whether the timer is still to fire. Libevent: `event_pending`.
    #[must_use]
    pub fn is_pending(&self, key: TimerKey) -> bool {
        self.timers.contains(key)
    }

    /// When the timer is due; `None` if the key is stale.
    #[must_use]
    pub fn deadline(&self, key: TimerKey) -> Option<Instant> {
        match self.timers.get(key)? {
            // Its next tick is scheduled when its handler returns.
            Handler::Away if self.timers.is_detached(key) => {
                self.ticking.and_then(|ticked| ticked.next)
            }
            _ => self.timers.deadline(key),
        }
    }

    /// How long the timer still has, by a fresh reading; zero if it is due, `None` if the key is
    /// stale. Libevent: the `tv` of `event_pending`.
    #[must_use]
    pub fn remaining(&self, key: TimerKey) -> Option<Duration> {
        let now = self.precise_now();
        Some(self.deadline(key)?.saturating_duration_since(now))
    }

    /// How an interval has kept to its grid so far, the tick that is being handled included; `None` if
    /// the key is stale, or not an interval's.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tourbillon::reactor::{Next, Reactor};
    ///
    /// let mut reactor = Reactor::<u64>::new()?;
    /// reactor.every(Duration::from_micros(100), |_, reactor, fired| {
    ///     let drift = reactor.drift(fired.key).unwrap();
    ///     assert_eq!(drift.phase_error(), Duration::ZERO);
    ///     if drift.ticks() < 20 { Next::Continue } else { Next::Stop }
    /// })?;
    /// reactor.run(&mut 0)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn drift(&self, key: TimerKey) -> Option<Drift> {
        match self.timers.get(key)? {
            Handler::Every(ticking) => Some(ticking.interval().drift()),
            // Of all intervals only the one whose handler runs is away.
            Handler::Away => self.ticking.map(|ticked| ticked.drift),
            Handler::Once(_) | Handler::Source { .. } | Handler::Timeout(_) => None,
        }
    }

    /// How many timers are pending.
    #[must_use]
    pub fn timer_count(&self) -> usize {
        self.timers.len()
    }

    /// Calls the handler of a timer that was due at `scheduled`. False: it is not due any more,
    /// because a handler before it cancelled or rescheduled it.
    pub(super) fn fire(
        &mut self,
        state: &mut S,
        key: TimerKey,
        scheduled: Instant,
    ) -> bool {
        // One that was rescheduled and came due again has an entry of its own, with its own deadline.
        let is_due = self.timers.is_detached(key)
            && self.timers.deadline(key).is_none_or(|deadline| deadline == scheduled);
        if !is_due {
            return false;
        }
        match self.timers.get_mut(key) {
            Some(handler @ Handler::Every(_)) => {
                if let Handler::Every(ticking) = mem::replace(handler, Handler::Away) {
                    self.tick(state, key, scheduled, ticking);
                }
                return true;
            }
            Some(&mut Handler::Timeout(source)) => {
                self.time_out(state, source, key, scheduled);
                return true;
            }
            _ => {}
        }
        match self.timers.cancel(key) {
            Some(Handler::Once(f)) => {
                let now = self.begin_handler();
                self.begin_call(Origin::Timer(key));
                let fired = Fired { key, scheduled, now, missed: 0 };
                let call = AssertUnwindSafe(|| f(state, self, fired));
                let end = catch_unwind(call);
                self.end_handler(scheduled, now, end.is_ok());
                self.waiter.forget(key);
                self.marks.forget_timer(key);
                end.unwrap_or_else(|panic| resume_unwind(panic));
            }
            Some(Handler::Source { key: source, id }) => {
                self.source_timers -= 1;
                self.marks.forget_timer(key);
                let now = self.begin_handler();
                self.note_fired(scheduled, now);
                let ready = Ready::timer(id) | self.left_pending(source);
                self.call_source(state, source, Call::Ready(ready));
            }
            // Two are handled above, and one that is away is not detached.
            Some(Handler::Every(_) | Handler::Timeout(_) | Handler::Away) | None => {}
        }
        true
    }

    /// Calls the handler of an interval, which may cancel it or reschedule it. If it does not, the next
    /// tick is scheduled afterwards, so that the handler need not wait for that.
    fn tick(
        &mut self,
        state: &mut S,
        key: TimerKey,
        scheduled: Instant,
        mut ticking: Box<dyn Ticking<S>>,
    ) {
        let now = self.begin_handler();
        let interval = ticking.interval_mut();
        // One that is over says the end of time as well, and has been rescheduled if it comes here.
        if interval.is_over() || interval.next_deadline() != scheduled {
            interval.reset_at(scheduled);
        }
        let Some(tick) = interval.tick(now) else {
            self.take(key);
            drop(ticking);
            return self.disown_time();
        };
        let next = (!interval.is_over()).then(|| interval.next_deadline());
        self.ticking = Some(Ticked { next, drift: interval.drift() });
        let fired = Fired { key, scheduled: tick.scheduled, now, missed: tick.missed };
        self.begin_call(Origin::Timer(key));
        let call = AssertUnwindSafe(|| ticking.call(state, self, fired));
        let answer = catch_unwind(call);
        self.end_handler(scheduled, now, answer.is_ok());
        match answer {
            Ok(Next::Continue | Next::Again) => self.tick_again(key, ticking, next),
            Ok(Next::Stop) => {
                self.take(key);
                drop(ticking);
                self.disown_time();
            }
            Err(panic) => {
                self.take(key);
                drop(ticking);
                resume_unwind(panic);
            }
        }
    }

    /// Puts the handler of an interval back, and schedules its next tick, unless the handler has
    /// cancelled or rescheduled it.
    fn tick_again(
        &mut self,
        key: TimerKey,
        ticking: Box<dyn Ticking<S>>,
        next: Option<Instant>,
    ) {
        let Some(handler @ Handler::Away) = self.timers.get_mut(key) else {
            drop(ticking);
            return self.disown_time();
        };
        *handler = Handler::Every(ticking);
        if !self.timers.is_detached(key) {
            return;
        }
        if let Some(next) = next {
            self.timers.reschedule(key, next);
            self.waiter.moved(key, next);
        } else {
            drop(self.take(key));
            self.disown_time();
        }
    }

    /// Takes the reading for a handler that is about to be called.
    #[inline]
    pub(super) fn begin_handler(&mut self) -> Instant {
        let now = self.fresh_now();
        self.readings.begin_handler(now);
        now
    }

    /// A handler that was called at `now` has returned, or panicked: counts how late it was called, and
    /// how long it took. Counting before the call would delay it by more than all else that the reactor
    /// does.
    fn end_handler(&mut self, scheduled: Instant, now: Instant, has_returned: bool) {
        if has_returned {
            self.end_call();
        }
        self.note_fired(scheduled, now);
    }

    pub(super) fn note_fired(&mut self, scheduled: Instant, now: Instant) {
        self.stats.timers_fired += 1;
        if self.options.histograms {
            self.stats.lateness.record(scheduled, now, &self.readings);
        }
    }

    /// Counts a timer that was added, and has a reactor that spins do so for it.
    #[inline]
    fn be_sharp(&mut self, key: TimerKey) -> TimerKey {
        self.note_population();
        if self.waiter.spins()
            && let Some(deadline) = self.timers.deadline(key)
        {
            self.waiter.set_sharp(key, deadline);
        }
        key
    }

    /// Takes a timer out, wherever it is.
    fn take(&mut self, key: TimerKey) -> Option<Handler<S>> {
        let handler = self.timers.cancel(key)?;
        self.waiter.forget(key);
        self.marks.forget_timer(key);
        match &handler {
            // Somebody has read its key in a dump: the source has no timeout any more.
            Handler::Timeout(source) => drop(self.slots.set_timeout(*source, None)),
            Handler::Source { .. } => self.source_timers -= 1,
            Handler::Once(_) | Handler::Every(_) | Handler::Away => {}
        }
        Some(handler)
    }
}
