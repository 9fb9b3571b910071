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
mod due;
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
use crate::common_timeout::Queues;
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

    /// No timers, and room for `timers` of them. As with a `Vec`, it panics if that
    /// is more than memory holds.
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
        let mut wheel = Core::starting_at(now);
        wheel.reserve(capacity);
        Self {
            arena: Arena::with_capacity(capacity),
            wheel,
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
        self.wheel.schedule(&mut self.arena, deadline, value)
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
        let key = self.arena.insert(deadline, value, place);
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
        let home = place.home_number();
        if home == 0 {
            return false;
        }
        let deadline = self.queues.deadline_of_home(home, now);
        if place.waits_for_its_deadline() && deadline >= node.deadline {
            // It is on the wheel, or ahead of its place already: nothing else is to be done now.
            node.deadline = deadline;
        } else {
            self.touch_in_order(key.index(), home as u32 - 1, deadline);
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

    /// Does ahead of time, touching about `moves` timers, what later calls would have to: sorts the
    /// earliest slot of the wheel, and opens those behind it that hold many timers. True: there is
    /// more to do. For the idle moments of a loop.
    pub fn maintain(&mut self, now: Instant, moves: usize) -> bool {
        self.now = self.now.max(now);
        let before = self.moves();
        let is_more = self.wheel.maintain(&mut self.arena, moves)
            || self.slack.maintain(moves, self.moves() - before);
        self.note_call(before);
        is_more
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
