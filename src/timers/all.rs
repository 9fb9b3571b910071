//! The calls that concern all timers at once: visiting, clearing, room, statistics.

use super::{Budget, Expired, TimerKey, Timers, TimersStats};
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// Every timer: key, deadline, value. In no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (TimerKey, Instant, &T)> {
        self.arena.iter().map(|(key, node)| (key, node.deadline, &node.value))
    }

    /// Keeps the timers for which `keep` says true, and cancels the others. O(n).
    pub fn retain(&mut self, mut keep: impl FnMut(TimerKey, Instant, &mut T) -> bool) {
        for index in 0..self.arena.slots() {
            let Some(key) = self.arena.key_at(index) else { continue };
            let node = self.arena.node_mut(index);
            if !keep(key, node.deadline, &mut node.value) {
                drop(self.cancel(key));
            }
        }
    }

    /// Takes every timer out, due or not, in order. What the iterator is not asked for is
    /// cancelled when it is dropped.
    pub fn drain_all(&mut self) -> DrainAll<'_, T, SLOTS, LEAF> {
        DrainAll { timers: self }
    }

    /// Cancels every timer, dropping its value. O(n). Memory and common timeouts are kept.
    pub fn clear(&mut self) {
        self.retain(|_, _, _| false);
    }

    /// Makes room for `additional` timers more, so that scheduling them does not allocate slots.
    pub fn reserve(&mut self, additional: usize) {
        self.arena.reserve(additional);
    }

    /// Gives back what memory it can. Keys stay valid; no dead key comes to life again.
    pub fn shrink_to_fit(&mut self) {
        self.wheel.shrink_to_fit();
        self.slack.shrink_to_fit();
        self.arena.shrink_to_fit();
        self.queues.shrink_to_fit(self.arena.chunks.capacity());
    }

    /// What the timers did so far, and what they take.
    #[must_use]
    pub fn stats(&self) -> TimersStats {
        let wheel = self.wheel.stats();
        TimersStats {
            wheel,
            moved_from_queues: self.moved_from_queues,
            moved_in_windows: self.slack.moves(),
            wakeups_saved: self.slack.wakeups_saved(),
            max_moves_per_call: self.max_moves_per_call.max(wheel.max_moves_per_call),
            timers: self.len(),
            windows: self.slack.len(),
            common_timeouts: self.queues.registered(),
            memory: self.arena.bytes()
                + self.wheel.bytes()
                + self.queues.bytes()
                + self.slack.bytes(),
        }
    }
}

/// Takes every timer out, in order. Made by [`Timers::drain_all`].
#[derive(Debug)]
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
}

impl<T, const SLOTS: usize, const LEAF: usize> Drop for DrainAll<'_, T, SLOTS, LEAF> {
    fn drop(&mut self) {
        self.timers.clear();
    }
}
