//! The oracle: what [`Timers`](crate::timers::Timers) does, written to be obviously right.
//!
//! One sorted set of (deadline, order of scheduling), one of (earliest, order) for those with slack,
//! and one map from key to timer. No slot, no ring, no bound on anything. Property tests, small
//! worlds and fuzz targets run it beside the real thing, and the benches use it as the plain
//! `BTreeMap` that the real thing must beat.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use crate::arena::{Budget, Expired, TimerKey};
use crate::common_timeout::{After, CommonTimeout};
use crate::time::Instant;

/// A timer of the model.
#[derive(Clone, Debug)]
struct Entry<T> {
    deadline: Instant,
    order: u64,
    /// When its window opens, if it has slack: the deadline is when it closes.
    earliest: Option<Instant>,
    /// The common timeout it was scheduled with.
    home: Option<Duration>,
    value: T,
}

/// The oracle: the same verbs as [`Timers`](crate::timers::Timers), over a `BTreeMap`.
#[derive(Clone, Debug)]
pub struct Model<T> {
    now: Instant,
    next_order: u64,
    next_index: u32,
    entries: BTreeMap<u32, Entry<T>>,
    /// By deadline; of equals, those with slack come last.
    by_deadline: BTreeSet<(Instant, bool, u64, u32)>,
    /// Those with slack, by their earliest.
    by_earliest: BTreeSet<(Instant, u64, u32)>,
    common: Vec<Duration>,
}

impl<T> Default for Model<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Model<T> {
    /// An empty model at the clock's origin.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(Instant::ZERO)
    }

    /// An empty model whose last known time is `now`.
    #[must_use]
    pub fn starting_at(now: Instant) -> Self {
        Self {
            now,
            next_order: 0,
            next_index: 0,
            entries: BTreeMap::new(),
            by_deadline: BTreeSet::new(),
            by_earliest: BTreeSet::new(),
            common: Vec::new(),
        }
    }

    /// Schedules `value` at `deadline`.
    pub fn schedule(&mut self, deadline: Instant, value: T) -> TimerKey {
        self.insert(deadline, None, None, value)
    }

    /// Schedules `value` for some time in a window.
    pub fn schedule_within(
        &mut self,
        earliest: Instant,
        latest: Instant,
        value: T,
    ) -> TimerKey {
        if latest <= earliest {
            return self.schedule(earliest, value);
        }
        self.insert(latest, Some(earliest), None, value)
    }

    /// From when to when the timer may fire.
    #[must_use]
    pub fn window(&self, key: TimerKey) -> Option<(Instant, Instant)> {
        let entry = self.entry(key)?;
        Some((entry.earliest.unwrap_or(entry.deadline), entry.deadline))
    }

    /// Registers a common timeout; registering it again gives the same token.
    pub fn common_timeout(&mut self, after: Duration) -> CommonTimeout {
        if !self.common.contains(&after) {
            self.common.push(after);
        }
        CommonTimeout::new(after, CommonTimeout::NO_QUEUE)
    }

    /// Unregisters a common timeout.
    pub fn forget_common_timeout(&mut self, common: CommonTimeout) -> bool {
        let before = self.common.len();
        self.common.retain(|after| *after != common.duration());
        self.common.len() < before
    }

    /// Schedules `value` for `after` from `now`.
    pub fn schedule_after(
        &mut self,
        now: Instant,
        after: impl Into<After>,
        value: T,
    ) -> TimerKey {
        let after = after.into().duration();
        let home = self.common.contains(&after).then_some(after);
        self.insert(now + after, None, home, value)
    }

    /// Restarts from `now` the common timeout that the timer was scheduled with.
    pub fn touch(&mut self, key: TimerKey, now: Instant) -> bool {
        let home = self.entry(key).and_then(|entry| entry.home);
        home.is_some_and(|after| self.reschedule(key, now + after))
    }

    /// Gives a timer another deadline.
    pub fn reschedule(&mut self, key: TimerKey, deadline: Instant) -> bool {
        let order = self.take_order();
        if self.entry(key).is_none() {
            return false;
        }
        self.take_out(key.index());
        self.by_deadline.insert((deadline, false, order, key.index()));
        if let Some(entry) = self.entries.get_mut(&key.index()) {
            (entry.deadline, entry.order, entry.earliest) = (deadline, order, None);
        }
        true
    }

    /// Cancels a timer and gives its value back.
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        self.entry(key)?;
        self.take_out(key.index());
        self.entries.remove(&key.index()).map(|entry| entry.value)
    }

    /// The value of a timer.
    #[must_use]
    pub fn get(&self, key: TimerKey) -> Option<&T> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a timer, to change.
    pub fn get_mut(&mut self, key: TimerKey) -> Option<&mut T> {
        self.entry(key)?;
        self.entries.get_mut(&key.index()).map(|entry| &mut entry.value)
    }

    /// Whether the timer is still scheduled.
    #[must_use]
    pub fn contains(&self, key: TimerKey) -> bool {
        self.entry(key).is_some()
    }

    /// When the timer is due.
    #[must_use]
    pub fn deadline(&self, key: TimerKey) -> Option<Instant> {
        self.entry(key).map(|entry| entry.deadline)
    }

    /// How long the timer still has.
    #[must_use]
    pub fn remaining(&self, key: TimerKey, now: Instant) -> Option<Duration> {
        Some(self.deadline(key)?.saturating_duration_since(now))
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.by_deadline.first().map(|(deadline, ..)| *deadline)
    }

    /// The next due timer, earliest first; when nothing is due, that whose window opened first.
    pub fn pop_expired(&mut self, now: Instant) -> Option<Expired<T>> {
        self.now = self.now.max(now);
        let due = self.by_deadline.first().map(|&(at, .., index)| (at, index));
        let open = self.by_earliest.first().map(|&(at, _, index)| (at, index));
        let has_come = |&(at, _): &(Instant, u32)| at <= self.now;
        let (_, index) = due.filter(has_come).or(open.filter(has_come))?;
        self.take_out(index);
        let entry = self.entries.remove(&index)?;
        Some(Expired {
            key: TimerKey::of_first_generation(index),
            deadline: entry.deadline.min(self.now),
            value: entry.value,
        })
    }

    /// The next due timer, unless the budget is spent.
    pub fn pop_expired_within(
        &mut self,
        now: Instant,
        budget: &mut Budget,
    ) -> Option<Expired<T>> {
        if budget.is_spent() {
            return None;
        }
        let expired = self.pop_expired(now)?;
        budget.timers -= 1;
        Some(expired)
    }

    /// Takes a timer out of the order; it stays among the entries.
    fn take_out(&mut self, index: u32) {
        let Some(entry) = self.entries.get(&index) else { return };
        let has_slack = entry.earliest.is_some();
        self.by_deadline.remove(&(entry.deadline, has_slack, entry.order, index));
        if let Some(earliest) = entry.earliest {
            self.by_earliest.remove(&(earliest, entry.order, index));
        }
    }

    /// How many timers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all timers.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_deadline.clear();
        self.by_earliest.clear();
    }

    /// Every timer, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (TimerKey, Instant, &T)> {
        self.entries.iter().map(|(index, entry)| {
            (TimerKey::of_first_generation(*index), entry.deadline, &entry.value)
        })
    }

    fn insert(
        &mut self,
        deadline: Instant,
        earliest: Option<Instant>,
        home: Option<Duration>,
        value: T,
    ) -> TimerKey {
        let (order, index) = (self.take_order(), self.next_index);
        self.next_index += 1;
        self.by_deadline.insert((deadline, earliest.is_some(), order, index));
        self.by_earliest.extend(earliest.map(|earliest| (earliest, order, index)));
        self.entries.insert(index, Entry { deadline, order, earliest, home, value });
        TimerKey::of_first_generation(index)
    }

    fn take_order(&mut self) -> u64 {
        self.next_order += 1;
        self.next_order
    }

    fn entry(&self, key: TimerKey) -> Option<&Entry<T>> {
        let is_ours = key == TimerKey::of_first_generation(key.index());
        self.entries.get(&key.index()).filter(|_| is_ours)
    }
}
