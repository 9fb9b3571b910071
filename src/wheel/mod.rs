//! The hashed hierarchical timing wheel: arbitrary deadlines, exact to the nanosecond.
//!
//! After Varghese and Lauck, *Hashed and Hierarchical Timing Wheels* (SOSP 1987): a deadline's
//! digits choose a slot in a hierarchy of rings. Two things differ. There is no tick: a slot is
//! opened into a finer ring only if it holds many timers, and the few of one that does not are
//! sorted, so that order is exact to the nanosecond. And nothing is done at the boundary of a slot:
//! what comes next is opened ahead, a few timers at a time.
//!
//! [`Wheel`] is the wheel alone, with its own timers. [`Timers`](crate::timers::Timers) is the
//! same with common timeouts beside it, and what most users want.

mod all;
mod arrival;
mod bounded;
mod core;
mod dump;
mod earliest;
mod front;
mod levels;
mod ring;
mod slot;
mod stats;
mod upkeep;
#[cfg(feature = "model")]
mod validate;

pub use self::all::DrainAll;
pub(crate) use self::core::Core;
pub use self::dump::Dump;
pub(crate) use self::dump::write_head;
pub use self::levels::{LevelStats, Levels};
pub use self::stats::WheelStats;
pub use crate::arena::{Budget, Expired, Iter, Refused, TimerKey};

use crate::arena::Arena;
use crate::time::Instant;

/// Slots of a ring.
pub(crate) const RING_SLOTS: usize = 64;
/// The most timers of a slot that is sorted instead of opened.
pub(crate) const LEAF_TIMERS: usize = 160;

/// A timing wheel: schedules values at deadlines and hands them out in order, once due.
///
/// It never reads a clock: it is told what time it is. `SLOTS` and `LEAF` are its geometry (slots
/// of a ring, timers of a slot that is sorted instead of opened) and there for tests on tiny
/// wheels; leave them at their defaults.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::time::Instant;
/// use tourbillon::wheel::Wheel;
///
/// let start = Instant::ZERO;
/// let mut wheel = Wheel::new();
/// let tea = wheel.schedule(start + Duration::from_secs(180), "tea");
/// wheel.schedule(start + Duration::from_secs(240), "egg");
/// assert!(wheel.reschedule(tea, start + Duration::from_secs(300)));
///
/// assert_eq!(wheel.next_deadline(), Some(start + Duration::from_secs(240)));
/// let now = start + Duration::from_secs(1_000);
/// assert_eq!(wheel.pop_expired(now).map(|expired| expired.value), Some("egg"));
/// assert_eq!(wheel.cancel(tea), Some("tea"));
/// assert!(wheel.pop_expired(now).is_none());
/// ```
pub struct Wheel<T, const SLOTS: usize = RING_SLOTS, const LEAF: usize = LEAF_TIMERS> {
    arena: Arena<T>,
    core: Core<SLOTS, LEAF>,
    now: Instant,
}

impl<T> Wheel<T> {
    /// An empty wheel at the clock's origin.
    #[must_use]
    pub fn new() -> Self {
        Self::with_geometry(Instant::ZERO, 0)
    }

    /// An empty wheel with room for `timers` timers. As with a `Vec`, it panics if that
    /// is more than memory holds.
    #[must_use]
    pub fn with_capacity(timers: usize) -> Self {
        Self::with_geometry(Instant::ZERO, timers)
    }

    /// An empty wheel whose last known time is `now`.
    #[must_use]
    pub fn starting_at(now: Instant) -> Self {
        Self::with_geometry(now, 0)
    }
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> Wheel<T, SLOTS, LEAF> {
    /// An empty wheel of any geometry: for tests on tiny wheels.
    #[doc(hidden)]
    #[must_use]
    pub fn with_geometry(now: Instant, capacity: usize) -> Self {
        let (arena, mut core) = (Arena::with_capacity(capacity), Core::starting_at(now));
        core.reserve(capacity);
        Self { arena, core, now }
    }

    /// Schedules `value` at `deadline`. O(1).
    ///
    /// A deadline in the past is kept as it is: the timer is due at the next pop, in its order.
    /// [`Instant::MAX`] is as good as never.
    #[inline(always)]
    pub fn schedule(&mut self, deadline: Instant, value: T) -> TimerKey {
        self.core.schedule(&mut self.arena, deadline, value)
    }

    /// Gives a timer another deadline, earlier or later, due or not; it keeps its key. O(1); to a
    /// later deadline it is one store. False: the key is stale, and nothing was changed.
    #[inline]
    pub fn reschedule(&mut self, key: TimerKey, deadline: Instant) -> bool {
        let Some(index) = self.arena.find(key) else { return false };
        self.core.reschedule(&mut self.arena, index, deadline);
        true
    }

    /// Cancels a timer and gives its value back, also when it is already due. O(1). `None`: the key
    /// is stale.
    #[inline(always)]
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        let (spot, value) = self.arena.take_plain(key)?;
        self.core.note_departure(&mut self.arena, key.index(), spot, Some(value))
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

    /// The earliest deadline, exactly. `None`: there are no timers.
    ///
    /// A comparison, as long as the timer that was found or scheduled last as the earliest is still
    /// that; else amortised O(1): it may sort the few timers of one slot, and puts right the
    /// postponed timers that stand before the earliest.
    #[inline]
    pub fn next_deadline(&mut self) -> Option<Instant> {
        let wake = self.core.wake();
        // Nothing is earlier than `wake`, so whoever is due then is the earliest.
        if self.arena.is_due_at(self.core.witness(), wake) {
            return Some(wake);
        }
        self.find_next_deadline()
    }

    #[inline(never)]
    fn find_next_deadline(&mut self) -> Option<Instant> {
        let mut moves = usize::MAX;
        let found = self.core.first_due(&mut self.arena, Instant::MAX, &mut moves);
        let index = found.ok().flatten()?;
        Some(self.arena.node(index).deadline)
    }

    /// When a call is next worth making: at or before [`next_deadline`](Self::next_deadline), and
    /// earlier only if a timer that was cancelled or postponed stood there, or for upkeep where timers
    /// begin to come near. O(1), one load. `None`: there are no timers.
    #[inline]
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Instant> {
        (self.arena.len() > 0).then(|| self.core.wake())
    }

    /// The next due timer, earliest first; equal deadlines in the order of their scheduling.
    /// `None`: nothing is due. A `now` earlier than the last one counts as the last one.
    ///
    /// With nothing due it costs one comparison, else amortised O(1).
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
        self.now = self.now.max(now);
        if self.core.wake() > self.now {
            if self.core.idle_from() <= self.now {
                budget.charge_moves(self.core.idle(
                    &mut self.arena,
                    self.now,
                    budget.moves,
                ));
            }
            return None;
        }
        self.pop_due(budget)
    }

    fn pop_due(&mut self, budget: &mut Budget) -> Option<Expired<T>> {
        if budget.timers == 0 {
            return None;
        }
        let before = self.core.stats().moves;
        let found = self.core.first_due(&mut self.arena, self.now, &mut budget.moves);
        let index = found.ok().flatten()?;
        budget.timers -= 1;
        let expired = self.take(index);
        if budget.moves > 0 {
            budget.charge_moves(self.core.upkeep(&mut self.arena));
        }
        self.core.note_call(before);
        Some(expired)
    }

    /// Takes a linked timer out.
    #[inline]
    fn take(&mut self, index: u32) -> Expired<T> {
        self.core.unlink(&mut self.arena, index);
        let (key, node) = self.arena.remove(index);
        Expired { key, deadline: node.deadline, value: node.value }
    }

    /// Does ahead of time, touching about `moves` timers, what later pops would have to: sorts the
    /// earliest slot, and opens those behind it that hold many timers. True: there is more to do.
    pub fn maintain(&mut self, now: Instant, moves: usize) -> bool {
        self.now = self.now.max(now);
        self.core.maintain(&mut self.arena, moves)
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
