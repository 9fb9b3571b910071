//! The calls that concern all timers at once, or very many: scheduling, visiting, clearing, room, statistics.

use core::fmt;
use core::iter::FusedIterator;

use super::{Budget, Expired, Iter, TimerKey, Timers, TimersStats};
use crate::arena::Believed;
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// Schedules every value at its deadline, on the wheel, in turn, and gives their keys in the same order, in any
    /// collection. (Without keys: [`extend`](Extend::extend).)
    ///
    /// Room is made once for all, where one by one it would grow by doubling. Each timer then costs
    /// what [`schedule`](Self::schedule) does.
    ///
    /// ```
    /// use tourbillon::{Instant, Timers};
    ///
    /// let mut timers = Timers::new();
    /// let deadlines = (0..1_000).map(Instant::from_nanos);
    /// let keys: Vec<_> = timers.schedule_all(deadlines.zip(0..));
    /// assert_eq!(timers.get(keys[7]), Some(&7));
    /// timers.extend([(Instant::ZERO, 1_000), (Instant::ZERO, 1_001)]);
    /// assert_eq!(timers.len(), 1_002);
    /// ```
    pub fn schedule_all<C>(&mut self, timers: impl IntoIterator<Item = (Instant, T)>) -> C
    where
        C: FromIterator<TimerKey>,
    {
        let timers = Believed(timers.into_iter());
        self.reserve(timers.size_hint().0);
        timers.collect_of_all(|(deadline, value)| self.schedule(deadline, value))
    }

    /// Every timer: key, deadline, value. In no particular order. It visits the slots of memory, of
    /// which there are as many as there were timers at once since
    /// [`shrink_to_fit`](Self::shrink_to_fit), up to the last that is in use.
    #[must_use]
    pub const fn iter(&self) -> Iter<'_, T> {
        self.arena.timers()
    }

    /// Keeps the timers for which `keep` says true, and cancels the others. O(n), as
    /// [`iter`](Self::iter).
    ///
    /// When `keep` panics, or a value as it is dropped, the timers that were not visited yet stay
    /// scheduled, and so does the one that `keep` panicked for.
    pub fn retain(&mut self, mut keep: impl FnMut(TimerKey, Instant, &mut T) -> bool) {
        let (mut index, mut left) = (0, self.len());
        while left > 0 {
            if let Some(key) = self.arena.key_at(index) {
                left -= 1;
                let node = self.arena.node_mut(index);
                if !keep(key, node.deadline, &mut node.value) {
                    drop(self.cancel(key));
                }
            }
            index += 1;
        }
    }

    /// Takes every timer out, due or not, in order. What the iterator is not asked for is
    /// cancelled when it is dropped, as by [`clear`](Self::clear). O(1) amortised for each.
    pub const fn drain_all(&mut self) -> DrainAll<'_, T, SLOTS, LEAF> {
        DrainAll { timers: self }
    }

    /// Cancels every timer, dropping its value. O(n), as [`iter`](Self::iter), and several times as
    /// fast as cancelling one by one. Memory and common timeouts are kept.
    ///
    /// When a value panics as it is dropped, the others are dropped all the same, and no timer is
    /// left when the panic goes on.
    pub fn clear(&mut self) {
        self.wheel.clear(self.now);
        self.queues.clear();
        self.slack.clear(self.now);
        self.arena.clear();
    }

    /// How many timers there may be before their slots take more memory.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.arena.capacity()
    }

    /// Makes room for `additional` timers more, so that scheduling them does not allocate slots.
    /// For rings, too, room is made in proportion; how many there will be depends on when the timers are
    /// due.
    /// As with a `Vec`, it panics if that is more than memory holds.
    pub fn reserve(&mut self, additional: usize) {
        self.arena.reserve(additional);
        self.wheel.reserve(self.len().saturating_add(additional));
    }

    /// Gives back what memory it can: that of vacant slots behind the last timer, and of rings if
    /// there is no timer on the wheel. Keys stay valid; no dead key comes to life again. O(n), as
    /// [`iter`](Self::iter).
    pub fn shrink_to_fit(&mut self) {
        self.wheel.shrink_to_fit();
        self.slack.shrink_to_fit();
        self.arena.shrink_to_fit();
        self.queues.shrink_to_fit(self.arena.chunks.capacity());
    }

    /// What the timers did so far, what lies where, and what they take. What lies where is counted
    /// here: a look at each ring and at each group of up to sixteen timers, two milliseconds for
    /// a million timers.
    #[must_use]
    pub fn stats(&self) -> TimersStats {
        let wheel = self.wheel.full_stats(&self.arena);
        TimersStats {
            wheel,
            moved_from_queues: self.moved_from_queues,
            moved_in_windows: self.slack.moves(),
            wakeups_saved: self.slack.wakeups_saved(),
            max_moves_per_call: self.max_moves_per_call.max(wheel.max_moves_per_call),
            timers: self.len(),
            queued: self.queues.timers(&self.arena),
            capacity: self.capacity(),
            limit: self.limit(),
            windows: self.slack.len(),
            common_timeouts: self.queues.registered(),
            memory: self.arena.bytes()
                + self.wheel.bytes()
                + self.queues.bytes()
                + self.slack.bytes(),
        }
    }
}

/// As [`schedule_all`](Timers::schedule_all), without keys.
impl<T, const SLOTS: usize, const LEAF: usize> Extend<(Instant, T)>
    for Timers<T, SLOTS, LEAF>
{
    fn extend<I: IntoIterator<Item = (Instant, T)>>(&mut self, timers: I) {
        let timers = Believed(timers.into_iter());
        self.reserve(timers.size_hint().0);
        timers.for_each(|(deadline, value)| {
            self.schedule(deadline, value);
        });
    }
}

impl<'a, T, const SLOTS: usize, const LEAF: usize> IntoIterator
    for &'a Timers<T, SLOTS, LEAF>
{
    type Item = (TimerKey, Instant, &'a T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Takes every timer out, in order. Made by [`Timers::drain_all`].
///
/// Dropping it cancels the timers it was not asked for; if it is leaked instead, they stay
/// scheduled.
pub struct DrainAll<'a, T, const SLOTS: usize, const LEAF: usize> {
    timers: &'a mut Timers<T, SLOTS, LEAF>,
}

impl<T, const SLOTS: usize, const LEAF: usize> Iterator for DrainAll<'_, T, SLOTS, LEAF> {
    type Item = Expired<T>;

    fn next(&mut self) -> Option<Expired<T>> {
        let timers = &mut *self.timers;
        let index = timers.first_due(Instant::MAX, &mut Budget::unlimited())?;
        timers.unlink(index);
        Some(timers.remove(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.timers.len(), Some(self.timers.len()))
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> ExactSizeIterator
    for DrainAll<'_, T, SLOTS, LEAF>
{
}

impl<T, const SLOTS: usize, const LEAF: usize> FusedIterator
    for DrainAll<'_, T, SLOTS, LEAF>
{
}

impl<T, const SLOTS: usize, const LEAF: usize> Drop for DrainAll<'_, T, SLOTS, LEAF> {
    fn drop(&mut self) {
        self.timers.clear();
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> fmt::Debug
    for DrainAll<'_, T, SLOTS, LEAF>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainAll")
            .field("left", &self.timers.len())
            .finish_non_exhaustive()
    }
}
