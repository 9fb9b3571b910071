//! Timers: the wheel and the common queues behind one key.
//!
//! [`Timers`] is a data structure and nothing more: it reads no clock, does no I/O, starts no
//! thread, and needs no `std`. Give it instants, ask it what is due. The
//! [`Reactor`](crate::reactor::Reactor) is built on it, and any other loop can be:
//!
//! ```
//! use core::time::Duration;
//! use tourbillon::time::{Clock, ManualClock};
//! use tourbillon::timers::Timers;
//!
//! let clock = ManualClock::new();
//! let mut timers = Timers::new();
//! let idle = timers.common_timeout(Duration::from_secs(30));
//!
//! let connection = timers.schedule_after(clock.now(), idle, "connection 1");
//! timers.schedule_after(clock.now(), Duration::from_millis(5), "flush");
//!
//! // How long may the loop sleep?
//! let wake = timers.next_deadline();
//! assert_eq!(wake, Some(clock.now() + Duration::from_millis(5)));
//!
//! clock.advance(Duration::from_secs(29));
//! assert_eq!(timers.pop_expired(clock.now()).map(|e| e.value), Some("flush"));
//! assert!(timers.touch(connection, clock.now())); // a byte came: thirty seconds more
//! clock.advance(Duration::from_secs(29));
//! assert!(timers.pop_expired(clock.now()).is_none());
//! ```
//!
//! # Order
//!
//! What is due comes out by deadline, to the nanosecond, wheel and queues together; equal
//! deadlines in the order of their scheduling. Only a timer that was rescheduled or touched, and a
//! queue's member beside the wheel's, may take any place among its equals.
//!
//! A timer with slack ([`schedule_within`](Timers::schedule_within)) is due at its latest, behind exact
//! timers of the same instant. When nothing is due, those whose window is open come out, by their
//! earliest.
//!
//! # Costs
//!
//! Every call is O(1) but those that visit all timers (`retain`, `clear`, `iter`, `drain_all`).
//! `next_deadline` and `pop_expired` are exact, so they are O(1) amortised: they may first have to
//! put right timers that were postponed, once each. Calls with a budget stop when it is spent.

mod all;
mod bounded;
mod dump;
mod slack;
mod stats;
#[cfg(feature = "model")]
mod validate;
mod within;

use core::time::Duration;

pub use self::all::DrainAll;
pub use self::dump::Dump;
pub use self::stats::TimersStats;
pub use crate::arena::{Budget, Expired, Iter, Refused, TimerKey};
pub use crate::common_timeout::{After, CommonTimeout};

use self::slack::Slack;
use crate::arena::{Arena, Place};
use crate::common_timeout::{First, Queues};
use crate::time::Instant;
use crate::wheel::{Core, LEAF_TIMERS, RING_SLOTS};

/// Timers with arbitrary deadlines and with common timeouts, under one kind of key.
///
/// `SLOTS` and `LEAF` are the wheel's geometry, for tests on tiny wheels; leave them at their
/// defaults. See the [module](self) for an example, the order and the costs.
pub struct Timers<T, const SLOTS: usize = RING_SLOTS, const LEAF: usize = LEAF_TIMERS> {
    arena: Arena<T>,
    wheel: Core<SLOTS, LEAF>,
    queues: Queues,
    slack: Slack<SLOTS, LEAF>,
    now: Instant,
    moved_from_queues: u64,
    max_moves_per_call: u64,
}

impl<T> Timers<T> {
    /// No timers, at the clock's origin.
    #[must_use]
    pub fn new() -> Self {
        Self::with_geometry(Instant::ZERO, 0)
    }

    /// No timers, and room for `timers` of them.
    #[must_use]
    pub fn with_capacity(timers: usize) -> Self {
        Self::with_geometry(Instant::ZERO, timers)
    }

    /// No timers; the last known time is `now`.
    #[must_use]
    pub fn starting_at(now: Instant) -> Self {
        Self::with_geometry(now, 0)
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// No timers, on a wheel of any geometry: for tests on tiny wheels.
    #[doc(hidden)]
    #[must_use]
    pub fn with_geometry(now: Instant, capacity: usize) -> Self {
        Self {
            arena: Arena::with_capacity(capacity),
            wheel: Core::starting_at(now),
            queues: Queues::new(),
            slack: Slack::new(),
            now,
            moved_from_queues: 0,
            max_moves_per_call: 0,
        }
    }

    /// Schedules `value` at `deadline`, on the wheel. O(1).
    ///
    /// A deadline in the past is kept as it is: the timer is due at the next pop, in its order.
    /// [`Instant::MAX`] is as good as never.
    #[inline(always)]
    pub fn schedule(&mut self, deadline: Instant, value: T) -> TimerKey {
        self.wheel.schedule(&mut self.arena, deadline, Place::DETACHED, value)
    }

    /// Registers a duration that many timers will share. Idempotent: the same duration gives the
    /// same token. (libevent: `event_base_init_common_timeout`)
    ///
    /// At most [`COMMON_TIMEOUT_LIMIT`](crate::common_timeout::COMMON_TIMEOUT_LIMIT) durations have
    /// queues; above that the token means its duration on the wheel.
    pub fn common_timeout(&mut self, after: Duration) -> CommonTimeout {
        self.queues.register(after)
    }

    /// Takes a common timeout out of the table; its members stay until they are done. False: it was
    /// not registered.
    pub fn forget_common_timeout(&mut self, common: CommonTimeout) -> bool {
        self.queues.forget(common)
    }

    /// Schedules `value` for `after` from `now`: a [`CommonTimeout`], or a [`Duration`], which joins
    /// the queue of the same duration if one is registered. O(1).
    ///
    /// A timer that would stand before the last of its queue, as when `now` was read earlier, goes
    /// to the wheel: nothing is searched.
    #[inline]
    pub fn schedule_after(
        &mut self,
        now: Instant,
        after: impl Into<After>,
        value: T,
    ) -> TimerKey {
        let after = after.into();
        let Some(queue) = self.queues.find(after) else {
            return self.schedule(now + after.duration(), value);
        };
        let deadline = self.queues.deadline(queue, now);
        let place = Place::DETACHED.with_home(Some(queue));
        let key = self.arena.insert(deadline, value, |_, _| place);
        self.queues.join(queue);
        self.link_home(queue, key.index());
        key
    }

    /// Links a timer in its home queue if it is in order there, else on the wheel.
    #[inline]
    fn link_home(&mut self, queue: u32, index: u32) {
        if !self.queues.append(&mut self.arena, queue, index) {
            self.wheel.insert(&mut self.arena, index);
        }
    }

    /// Restarts from `now` the common timeout that the timer was scheduled with, which it keeps for
    /// life. One store: the timer moves when its old place comes up. False: the key is stale, or
    /// the timer was scheduled without a common timeout; nothing was changed.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use tourbillon::{time::Instant, timers::Timers};
    /// let mut timers = Timers::new();
    /// let idle = timers.common_timeout(Duration::from_secs(10));
    /// let key = timers.schedule_after(Instant::ZERO, idle, ());
    /// let now = Instant::ZERO + Duration::from_secs(4);
    /// assert!(timers.touch(key, now));
    /// assert_eq!(timers.remaining(key, now), Some(Duration::from_secs(10)));
    /// ```
    #[inline]
    pub fn touch(&mut self, key: TimerKey, now: Instant) -> bool {
        let Some(node) = self.arena.get_mut(key) else { return false };
        let place = node.place();
        let Some(queue) = place.home() else { return false };
        let deadline = self.queues.deadline(queue, now);
        if deadline >= node.deadline && place.waits_for_its_deadline() {
            // It is on the wheel, or ahead of its place already: nothing else is to be done now.
            node.deadline = deadline;
        } else {
            self.touch_in_order(key.index(), queue, deadline);
        }
        true
    }

    /// Restarts a timer that is detached, or in its home queue where its deadline asks for, or due
    /// later than it shall be.
    #[inline(never)]
    fn touch_in_order(&mut self, index: u32, queue: u32, deadline: Instant) {
        let node = self.arena.node_mut(index);
        let place = node.place();
        if place.is_detached() {
            node.deadline = deadline;
            self.link_home(queue, index);
        } else if deadline >= node.deadline && place.is_queued() {
            self.queues.restart(&mut self.arena, queue, index, deadline);
        } else {
            self.move_linked(index, place, deadline);
        }
    }

    /// Gives a timer another deadline, earlier or later, due or not; it keeps its key. O(1); to a
    /// later deadline it is one store. False: the key is stale, and nothing was changed.
    #[inline]
    pub fn reschedule(&mut self, key: TimerKey, deadline: Instant) -> bool {
        let Some(node) = self.arena.get_mut(key) else { return false };
        let place = node.place();
        if place.is_on_wheel() {
            self.wheel.reschedule(&mut self.arena, key.index(), deadline);
        } else {
            self.reschedule_elsewhere(key.index(), place, deadline);
        }
        true
    }

    /// As [`reschedule`](Self::reschedule), of a timer that is in a queue, in a window or detached.
    #[inline(never)]
    fn reschedule_elsewhere(&mut self, index: u32, place: Place, deadline: Instant) {
        if place.home().is_some() && place.is_queued() {
            self.move_linked(index, place, deadline);
            return;
        }
        self.note_departure(index, place);
        self.arena.node_mut(index).deadline = deadline;
        self.wheel.insert(&mut self.arena, index);
    }

    #[inline]
    fn move_linked(&mut self, index: u32, place: Place, deadline: Instant) {
        match place.home() {
            Some(_) if place.is_queued() => {
                if deadline >= self.arena.node(index).deadline {
                    Queues::postpone(&mut self.arena, index, deadline);
                } else {
                    self.queues.unlink(&mut self.arena, index);
                    self.arena.node_mut(index).deadline = deadline;
                    self.wheel.insert(&mut self.arena, index);
                }
            }
            _ => self.wheel.reschedule(&mut self.arena, index, deadline),
        }
    }

    /// Cancels a timer and gives its value back, also when it is already due. O(1). `None`: the key
    /// is stale.
    #[inline(always)]
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        match self.arena.take_plain(key) {
            Some((spot, value)) => {
                let (arena, index) = (&mut self.arena, key.index());
                self.wheel.note_departure(arena, index, spot, Some(value))
            }
            None => self.cancel_any(key),
        }
    }

    /// As [`cancel`](Self::cancel), of a timer that was scheduled with a common timeout, or is
    /// detached.
    #[inline(never)]
    fn cancel_any(&mut self, key: TimerKey) -> Option<T> {
        let node = self.arena.take(key)?;
        let place = node.place();
        self.note_departure(key.index(), place);
        if let Some(queue) = place.home() {
            self.queues.leave(queue);
        }
        Some(node.value)
    }

    /// A timer has gone from that place, or is about to go.
    #[inline]
    fn note_departure(&mut self, index: u32, place: Place) {
        if place.is_on_wheel() {
            let spot = place.spot_in_list();
            self.wheel.note_departure(&mut self.arena, index, spot, ());
        } else if let Some(window) = place.window() {
            self.slack.close(window);
        } else if place.is_queued() {
            self.queues.note_departure(&mut self.arena, place);
        }
    }

    /// Unlinks a timer from wherever it is; it stays alive.
    #[inline]
    fn unlink(&mut self, index: u32) {
        let place = self.arena.node(index).place();
        self.note_departure(index, place);
    }

    /// Takes a timer that is linked nowhere out of its slot.
    #[inline]
    fn remove(&mut self, index: u32) -> Expired<T> {
        let (key, node) = self.arena.remove(index);
        if let Some(queue) = node.place().home() {
            self.queues.leave(queue);
        }
        Expired { key, deadline: node.deadline, value: node.value }
    }

    /// The value of a timer. `None`: the key is stale.
    #[inline]
    #[must_use]
    pub fn get(&self, key: TimerKey) -> Option<&T> {
        self.arena.get(key).map(|node| &node.value)
    }

    /// The value of a timer, to change. `None`: the key is stale.
    #[inline]
    pub fn get_mut(&mut self, key: TimerKey) -> Option<&mut T> {
        self.arena.get_mut(key).map(|node| &mut node.value)
    }

    /// Whether the timer is still scheduled. (libevent: `evtimer_pending`)
    #[inline]
    #[must_use]
    pub fn contains(&self, key: TimerKey) -> bool {
        self.arena.find(key).is_some()
    }

    /// When the timer is due. `None`: the key is stale.
    #[inline]
    #[must_use]
    pub fn deadline(&self, key: TimerKey) -> Option<Instant> {
        self.arena.get(key).map(|node| node.deadline)
    }

    /// How long the timer still has at `now`; zero when it is due. `None`: the key is stale.
    /// (libevent: the second argument of `event_pending`, less the time of day)
    #[inline]
    #[must_use]
    pub fn remaining(&self, key: TimerKey, now: Instant) -> Option<Duration> {
        Some(self.deadline(key)?.saturating_duration_since(now))
    }

    /// The earliest deadline, exactly. `None`: there are no timers.
    ///
    /// A comparison, as long as the timer that was found or scheduled last as the earliest is still
    /// that; else amortised O(1): it may sort the few timers of one slot, and puts right the
    /// postponed timers that stand before the earliest.
    #[inline]
    pub fn next_deadline(&mut self) -> Option<Instant> {
        let known = self.known_next();
        if known.is_some() { known } else { self.find_next_deadline() }
    }

    /// The earliest deadline, if nothing has to be looked for.
    #[inline]
    fn known_next(&self) -> Option<Instant> {
        let (wheel, queues) = (self.wheel.wake(), self.queues.wake());
        let witness =
            if wheel <= queues { self.wheel.witness() } else { self.queues.witness() };
        // Nothing is earlier than `wake`, so whoever is due then is the earliest.
        let wake = wheel.min(queues);
        if self.slack.closes() < wake {
            return self.slack.known_close();
        }
        self.arena.is_due_at(witness, wake).then_some(wake)
    }

    #[inline(never)]
    fn find_next_deadline(&mut self) -> Option<Instant> {
        let index = self.first_due(Instant::MAX, &mut Budget::unlimited())?;
        Some(self.arena.node(index).deadline)
    }

    /// As [`next_deadline`](Self::next_deadline) within a budget of moves: exact, or when that is
    /// spent, a time before which nothing is due.
    #[cfg(feature = "mio")]
    pub(crate) fn next_deadline_within(&mut self, moves: usize) -> Option<Instant> {
        let mut budget = Budget { timers: usize::MAX, moves };
        match self.first_due(Instant::MAX, &mut budget) {
            Some(index) => Some(self.arena.node(index).deadline),
            None => (self.wake() < Instant::MAX).then(|| self.wake()),
        }
    }

    /// When a call is next worth making: at or before
    /// [`next_deadline`](Self::next_deadline), and earlier only if a timer that was cancelled or
    /// postponed stood there, or if a budget left timers behind whose window is open. O(1). `None`:
    /// there are no timers.
    #[inline]
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Instant> {
        (!self.is_empty()).then(|| self.wake().min(self.slack.left_open()))
    }

    /// Nothing needs doing before this instant.
    #[inline]
    fn wake(&self) -> Instant {
        self.exact_wake().min(self.slack.closes())
    }

    /// Nothing is due before this instant but by its slack.
    #[inline]
    fn exact_wake(&self) -> Instant {
        self.wheel.wake().min(self.queues.wake())
    }

    /// The next due timer, earliest first. `None`: nothing is due. A `now` earlier than the last
    /// one counts as the last one.
    ///
    /// With nothing due it costs two comparisons, else amortised O(1).
    #[inline]
    pub fn pop_expired(&mut self, now: Instant) -> Option<Expired<T>> {
        self.pop_expired_within(now, &mut Budget::unlimited())
    }

    /// As [`pop_expired`](Self::pop_expired), but also `None` when the budget is spent: a later
    /// call goes on where this one stopped, in order.
    #[inline]
    pub fn pop_expired_within(
        &mut self,
        now: Instant,
        budget: &mut Budget,
    ) -> Option<Expired<T>> {
        let index = self.take_due(now, budget)?;
        Some(self.remove(index))
    }

    /// As [`pop_expired_within`](Self::pop_expired_within), but the timer stays alive under its
    /// key: detached, until it is cancelled or scheduled anew.
    #[cfg(feature = "mio")]
    pub(crate) fn detach_expired(
        &mut self,
        now: Instant,
        budget: &mut Budget,
    ) -> Option<(TimerKey, Instant)> {
        let index = self.take_due(now, budget)?;
        let node = self.arena.node_mut(index);
        node.set_place(node.place().detached());
        let deadline = node.deadline;
        Some((self.arena.key(index), deadline))
    }

    /// Whether the timer has been detached and not scheduled anew.
    #[cfg(feature = "mio")]
    pub(crate) fn is_detached(&self, key: TimerKey) -> bool {
        self.arena.get(key).is_some_and(|node| node.place().is_detached())
    }

    /// Unlinks the timer that is due first.
    #[inline]
    fn take_due(&mut self, now: Instant, budget: &mut Budget) -> Option<u32> {
        if now > self.now {
            self.now = now;
        }
        // No window closes before it opens, so this says that nothing closes either.
        if self.exact_wake() > self.now && self.slack.opens() > self.now {
            if self.wheel.is_upkeep_due() {
                self.idle(budget);
            }
            return None;
        }
        self.take_first(budget)
    }

    /// Nothing is due: time for some upkeep.
    #[cold]
    #[inline(never)]
    fn idle(&mut self, budget: &mut Budget) {
        let moves = self.wheel.idle(&mut self.arena, budget.moves);
        budget.charge_moves(moves);
        self.max_moves_per_call = self.max_moves_per_call.max(moves as u64);
    }

    fn take_first(&mut self, budget: &mut Budget) -> Option<u32> {
        if budget.is_spent() {
            self.slack.leave_open();
            return None;
        }
        // As a rule the next is in the sorted view, and nothing has to be looked for.
        let index = match self.wheel.ready(&self.arena) {
            Some((at, index))
                if at <= self.now
                    && at <= self.queues.wake()
                    && at <= self.slack.closes() =>
            {
                self.wheel.pop_front(&mut self.arena, index);
                index
            }
            _ => self.take_found(budget)?,
        };
        budget.timers -= 1;
        let moves = self.wheel.upkeep(&mut self.arena);
        if moves > 0 {
            budget.charge_moves(moves);
            self.max_moves_per_call = self.max_moves_per_call.max(moves as u64);
        }
        Some(index)
    }

    fn take_found(&mut self, budget: &mut Budget) -> Option<u32> {
        let Some(index) = self.first_due(self.now, budget) else {
            return if self.slack.opens() > self.now {
                None
            } else {
                self.take_open(budget)
            };
        };
        let place = self.arena.node(index).place();
        self.note_departure(index, place);
        if place.window().is_some() {
            self.upkeep_windows(budget);
        }
        Some(index)
    }

    /// The timer that is due first, by `now`; it stays linked. `None` also when the budget's moves
    /// are spent.
    #[inline]
    fn first_due(&mut self, now: Instant, budget: &mut Budget) -> Option<u32> {
        let before = self.moves();
        let exact = self.first_exact(now, budget);
        if self.slack.closes() > now {
            return exact;
        }
        let found = self.or_closing(exact, now, budget);
        self.note_call(before);
        found
    }

    /// As [`first_due`](Self::first_due), of the timers without slack.
    #[inline]
    fn first_exact(&mut self, now: Instant, budget: &mut Budget) -> Option<u32> {
        if self.exact_wake() > now {
            return None;
        }
        let before = self.moves();
        let found = self.find_exact(now, budget);
        self.note_call(before);
        found
    }

    /// Timers touched inside, so far.
    #[inline]
    fn moves(&self) -> u64 {
        self.wheel.stats().moves + self.moved_from_queues + self.slack.moves()
    }

    /// A call is over that began with so many moves.
    #[inline]
    fn note_call(&mut self, moves_before: u64) {
        let moves = self.moves() - moves_before;
        self.max_moves_per_call = self.max_moves_per_call.max(moves);
    }

    fn find_exact(&mut self, now: Instant, budget: &mut Budget) -> Option<u32> {
        loop {
            if budget.moves == 0 {
                return None;
            }
            // Without the wheel's answer a queue's timer may not go first: the wheel's may be
            // earlier. And no queue has to be looked into beyond it.
            let on_wheel = self.wheel.first_due(&mut self.arena, now, &mut budget.moves);
            let on_wheel = on_wheel.ok()?;
            let wheel = on_wheel.map(|index| self.arena.node(index).deadline);
            match self.queues.first_due(&self.arena, wheel.unwrap_or(now)) {
                First::Nothing => return on_wheel,
                First::Due(index) => {
                    let earlier =
                        wheel.is_none_or(|wheel| self.arena.node(index).deadline < wheel);
                    return if earlier { Some(index) } else { on_wheel };
                }
                First::Postponed(index) => {
                    self.queues.unlink(&mut self.arena, index);
                    self.wheel.insert(&mut self.arena, index);
                    self.moved_from_queues += 1;
                    budget.charge_moves(1);
                }
            }
        }
    }

    /// Does ahead of time, touching about `moves` timers, what later calls would have to: sorts the
    /// earliest slot of the wheel, and opens those behind it that hold many timers. True: there is
    /// more to do. For the idle moments of a loop.
    pub fn maintain(&mut self, now: Instant, moves: usize) -> bool {
        self.now = self.now.max(now);
        let before = self.moves();
        self.wheel.maintain(&mut self.arena, moves)
            || self.slack.maintain(moves, self.moves() - before)
    }

    /// How many timers there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Whether there are no timers.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arena.len() == 0
    }
}
