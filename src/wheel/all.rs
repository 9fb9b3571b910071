//! The calls that concern all timers at once, or very many: scheduling, visiting, clearing, room, statistics.

use core::fmt;
use core::iter::FusedIterator;

use super::{Core, Wheel, WheelStats};
use crate::arena::{Believed, Expired, Iter, TimerKey};
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Wheel<T, SLOTS, LEAF> {
    /// Schedules every value at its deadline, in turn, and gives their keys in the same order, in any
    /// collection. (Without keys: [`extend`](Extend::extend).)
    ///
    /// Room is made once for all, where one by one it would grow by doubling. Each timer then costs
    /// what [`schedule`](Self::schedule) does.
    ///
    /// ```
    /// use tourbillon::{Instant, Wheel};
    ///
    /// let mut wheel = Wheel::new();
    /// let deadlines = (0..1_000).map(Instant::from_nanos);
    /// let keys: Vec<_> = wheel.schedule_all(deadlines.zip(0..));
    /// assert_eq!(wheel.get(keys[7]), Some(&7));
    /// wheel.extend([(Instant::ZERO, 1_000), (Instant::ZERO, 1_001)]);
    /// assert_eq!(wheel.len(), 1_002);
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
        DrainAll { wheel: self }
    }

    /// Cancels every timer, dropping its value. O(n), as [`iter`](Self::iter), and several times as
    /// fast as cancelling one by one. Memory is kept.
    ///
    /// When a value panics as it is dropped, the others are dropped all the same, and the wheel is
    /// empty when the panic goes on.
    pub fn clear(&mut self) {
        self.core.clear(self.now);
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
        self.core.reserve(self.len().saturating_add(additional));
    }

    /// Gives back what memory it can: that of vacant slots behind the last timer, and of rings if
    /// there is no timer. Keys stay valid; no dead key comes to life again. O(n), as
    /// [`iter`](Self::iter).
    pub fn shrink_to_fit(&mut self) {
        self.core.shrink_to_fit();
        self.arena.shrink_to_fit();
    }

    /// What the wheel did so far, and what lies in it now. The latter is counted here: a look at
    /// each ring and at each group of up to sixteen timers, two milliseconds for a million.
    #[must_use]
    pub fn stats(&self) -> WheelStats {
        self.core.full_stats(&self.arena)
    }

    /// Bytes of memory that timers and rings take, room for more included.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.arena.bytes() + self.core.bytes()
    }
}

/// As [`schedule_all`](Wheel::schedule_all), without keys.
impl<T, const SLOTS: usize, const LEAF: usize> Extend<(Instant, T)>
    for Wheel<T, SLOTS, LEAF>
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
    for &'a Wheel<T, SLOTS, LEAF>
{
    type Item = (TimerKey, Instant, &'a T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Takes every timer out of a wheel, in order. Made by [`Wheel::drain_all`].
///
/// Dropping it cancels the timers it was not asked for; if it is leaked instead, they stay
/// scheduled.
pub struct DrainAll<'a, T, const SLOTS: usize, const LEAF: usize> {
    wheel: &'a mut Wheel<T, SLOTS, LEAF>,
}

impl<T, const SLOTS: usize, const LEAF: usize> Iterator for DrainAll<'_, T, SLOTS, LEAF> {
    type Item = Expired<T>;

    fn next(&mut self) -> Option<Expired<T>> {
        // Not a pop: time does not move because of this.
        let wheel = &mut *self.wheel;
        let mut moves = usize::MAX;
        let first = wheel.core.first_due(&mut wheel.arena, Instant::MAX, &mut moves);
        let index = first.ok().flatten()?;
        Some(wheel.take(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.wheel.len(), Some(self.wheel.len()))
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
        self.wheel.clear();
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> fmt::Debug
    for DrainAll<'_, T, SLOTS, LEAF>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainAll")
            .field("left", &self.wheel.len())
            .finish_non_exhaustive()
    }
}

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Forgets all timers; the next are expected soon after `now`. Memory is kept.
    pub(crate) fn clear(&mut self, now: Instant) {
        self.restart(now.as_nanos());
        self.upkeep_due = false;
        self.saved_moves = 0;
    }
}
