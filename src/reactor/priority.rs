//! [`Priority`]: who goes first among sources that are ready, and how far.
//!
//! # Invariants
//!
//! - I1: where a turn can call all that are ready, and the one before did, the urgent go first, and
//!   within a priority who was ready first.
//! - I2: where it can not, they take turns by weight: of 21 calls at least 16 are for high, 4 for normal
//!   and 1 for low priority, as far as each has somebody waiting. So nobody waits for ever, whatever
//!   the others do: libevent's and libev's priorities starve by design.
//!
//! Every operation is O(1).

use alloc::collections::VecDeque;

use super::key::RawKey;

/// How urgent a source's handler is. See [`Reactor::set_priority`](super::Reactor::set_priority).
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Default)]
pub enum Priority {
    /// Before all others: sixteen calls of twenty-one, when there is more to do than a turn allows.
    High,
    /// Four calls of twenty-one.
    #[default]
    Normal,
    /// After all others: one call of twenty-one.
    Low,
}

impl Priority {
    const COUNT: usize = 3;
    const WEIGHTS: [i32; Self::COUNT] = [16, 4, 1];
}

/// Those that wait for a call, in the order in which they began to, by priority.
#[derive(Default)]
pub(super) struct Waiting {
    queues: [VecDeque<RawKey>; Priority::COUNT],
    /// What each has saved up by not being chosen. Between two rounds, too: a turn may be a single call.
    credits: [i32; Priority::COUNT],
    /// The round that goes on, or the last one: wherever a stop, a panic, the time or the budget has
    /// ended it.
    round: Round,
}

/// How many of each priority a round may still call: newcomers wait for the next one.
#[derive(Copy, Clone, Default, Debug)]
struct Round {
    left: [usize; Priority::COUNT],
    by_weight: bool,
}

impl Waiting {
    #[inline]
    pub(super) fn push(&mut self, key: RawKey, priority: Priority) {
        self.queues[priority as usize].push_back(key);
    }

    pub(super) fn len(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Begins a round of all that wait now, of whom `most` may be called.
    pub(super) fn begin_round(&mut self, most: usize) {
        let left = self.queues.each_ref().map(VecDeque::len);
        // Whom the round before has left must not be overtaken again and again.
        let by_weight = !self.is_round_over() || self.len() > most;
        self.round = Round { left, by_weight };
    }

    /// The next one of the round, if it has one.
    pub(super) fn next_of_round(&mut self) -> Option<RawKey> {
        let chosen = if self.round.by_weight {
            self.heaviest()
        } else {
            self.round.left.iter().position(|&left| left > 0)
        };
        let chosen = chosen?;
        self.round.left[chosen] -= 1;
        self.queues[chosen].pop_front()
    }

    /// Whether all of the round have been called.
    pub(super) fn is_round_over(&self) -> bool {
        self.round.left == [0; Priority::COUNT]
    }

    /// Smooth weighted round-robin: all that have somebody gain their weight, and who has most pays for
    /// the call what all have gained.
    fn heaviest(&mut self) -> Option<usize> {
        let (mut chosen, mut gained) = (None, 0);
        for (class, &weight) in Priority::WEIGHTS.iter().enumerate() {
            if self.round.left[class] == 0 {
                // Nothing is saved up by who has nothing to do.
                self.credits[class] = 0;
                continue;
            }
            self.credits[class] += weight;
            gained += weight;
            if chosen.is_none_or(|best: usize| self.credits[class] > self.credits[best]) {
                chosen = Some(class);
            }
        }
        self.credits[chosen?] -= gained;
        chosen
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    const ALL: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

    fn key(index: usize) -> RawKey {
        RawKey { index: index as u32, generation: 1 }
    }

    /// Always somebody of each of `classes` waiting; who is called by rounds of `most` calls.
    fn busy(classes: &[Priority], most: usize, calls: usize) -> Vec<usize> {
        let mut waiting = Waiting::default();
        for &class in classes {
            for _ in 0..most.max(2) {
                waiting.push(key(class as usize), class);
            }
        }
        let mut called = Vec::new();
        while called.len() < calls {
            waiting.begin_round(most);
            for _ in 0..most {
                let key = waiting.next_of_round().unwrap();
                called.push(key.index as usize);
                waiting.push(key, ALL[key.index as usize]);
            }
        }
        called
    }

    #[test]
    fn the_urgent_go_first_where_all_can_go() {
        let mut waiting = Waiting::default();
        for class in [Priority::Low, Priority::Normal, Priority::High, Priority::Low] {
            waiting.push(key(waiting.len()), class);
        }
        waiting.begin_round(4);
        let mut order = Vec::new();
        while let Some(key) = waiting.next_of_round() {
            order.push(key.index);
        }
        assert_eq!(order, [2, 1, 0, 3]);
        assert!(waiting.is_round_over());
    }

    #[test]
    fn in_a_crowd_they_take_turns_by_weight_however_short_a_round_is() {
        for most in [1, 2, 5, 21, 100] {
            let called = busy(&ALL, most, 2100);
            for window in called[..2100].chunks(21) {
                let count = |class| window.iter().filter(|&&c| c == class).count();
                assert_eq!([count(0), count(1), count(2)], [16, 4, 1], "by {most}");
            }
            let called = busy(&[Priority::High, Priority::Low], most, 1700);
            let low = called[..1700].iter().filter(|&&class| class == 2).count();
            assert_eq!(low, 100, "by {most}");
        }
    }

    #[test]
    fn a_newcomer_waits_for_the_next_round() {
        let mut waiting = Waiting::default();
        waiting.push(key(0), Priority::Low);
        waiting.begin_round(10);
        waiting.push(key(1), Priority::High);
        assert_eq!(waiting.next_of_round(), Some(key(0)));
        assert_eq!(waiting.next_of_round(), None);
        assert_eq!(waiting.len(), 1);
    }

    #[test]
    fn who_was_left_by_a_broken_round_is_not_overtaken_for_ever() {
        let mut waiting = Waiting::default();
        waiting.push(key(2), Priority::Low);
        for turn in 0.. {
            assert!(turn < 20, "the low one starves");
            waiting.push(key(0), Priority::High);
            // A stop after the first call of each round.
            waiting.begin_round(100);
            if waiting.next_of_round() == Some(key(2)) {
                break;
            }
        }
    }
}
