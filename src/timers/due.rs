//! What is due: the earliest deadline, and taking timers out when it has come. Wheel and queues are
//! asked together here, so that what comes out is in order.

#[cfg(feature = "mio")]
use super::TimerKey;
use super::{Budget, Expired, Timers};
use crate::common_timeout::First;
use crate::time::Instant;

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
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
    pub(super) fn known_next(&self) -> Option<Instant> {
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
        let before = self.moves();
        let first = self.first_due(Instant::MAX, &mut Budget::unlimited());
        self.note_call(before);
        Some(self.arena.node(first?).deadline)
    }

    /// As [`next_deadline`](Self::next_deadline) within a budget of moves: exact, or when that is
    /// spent, a time before which nothing is due.
    #[cfg(feature = "mio")]
    pub(crate) fn next_deadline_within(&mut self, moves: usize) -> Option<Instant> {
        let mut budget = Budget { timers: usize::MAX, moves };
        let before = self.moves();
        let first = self.first_due(Instant::MAX, &mut budget);
        self.note_call(before);
        match first {
            Some(index) => Some(self.arena.node(index).deadline),
            None => (self.wake() < Instant::MAX).then(|| self.wake()),
        }
    }

    /// When a call is next worth making: at or before
    /// [`next_deadline`](Self::next_deadline), and earlier only if a timer that was cancelled or
    /// postponed stood there, for upkeep where timers begin to come near, or if a budget left
    /// timers behind whose window is open. O(1). `None`: there are no timers.
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
    pub(super) fn exact_wake(&self) -> Instant {
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
        self.now = self.now.max(now);
        // No window closes before it opens, so this says that nothing closes either.
        if self.exact_wake() > self.now && self.slack.opens() > self.now {
            if self.wheel.idle_from() <= self.now {
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
        let moves = self.wheel.idle(&mut self.arena, self.now, budget.moves);
        budget.charge_moves(moves);
        self.max_moves_per_call = self.max_moves_per_call.max(moves as u64);
    }

    fn take_first(&mut self, budget: &mut Budget) -> Option<u32> {
        let index = if budget.is_spent() { None } else { self.take_one(budget) };
        if budget.is_spent() && self.slack.opens() <= self.now {
            self.slack.leave_open();
        }
        index
    }

    #[inline]
    fn take_one(&mut self, budget: &mut Budget) -> Option<u32> {
        let seated = self.wheel.seat(&mut self.arena);
        // As a rule the next is in the sorted view, and nothing has to be looked for.
        let Some((at, index)) = self.wheel.ready(&self.arena) else {
            return self.take_found(budget, seated);
        };
        if at > self.now || at > self.queues.wake() || at > self.slack.closes() {
            return self.take_found(budget, seated);
        }
        self.wheel.pop_front(&mut self.arena, index);
        budget.timers -= 1;
        if budget.moves > 0 {
            let moves = seated + self.wheel.upkeep(&mut self.arena);
            if moves > 0 {
                budget.charge_moves(moves);
                self.max_moves_per_call = self.max_moves_per_call.max(moves as u64);
            }
        }
        Some(index)
    }

    /// As [`take_one`](Self::take_one), when it has to be looked for and so many timers were touched.
    fn take_found(&mut self, budget: &mut Budget, seated: usize) -> Option<u32> {
        let before = self.moves() - seated as u64;
        budget.charge_moves(seated);
        let found = self.find_and_take(budget);
        if found.is_some() {
            budget.timers -= 1;
            if budget.moves > 0 {
                budget.charge_moves(self.wheel.upkeep(&mut self.arena));
            }
        }
        self.note_call(before);
        found
    }

    fn find_and_take(&mut self, budget: &mut Budget) -> Option<u32> {
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
    pub(super) fn first_due(&mut self, now: Instant, budget: &mut Budget) -> Option<u32> {
        let exact = self.first_exact(now, budget);
        if self.slack.closes() > now {
            exact
        } else {
            self.or_closing(exact, now, budget)
        }
    }

    /// As [`first_due`](Self::first_due), of the timers without slack.
    #[inline]
    fn first_exact(&mut self, now: Instant, budget: &mut Budget) -> Option<u32> {
        if self.exact_wake() > now { None } else { self.find_exact(now, budget) }
    }

    /// Timers touched inside, so far.
    #[inline]
    pub(super) fn moves(&self) -> u64 {
        self.wheel.stats().moves + self.moved_from_queues + self.slack.moves()
    }

    /// A call is over that began with so many moves.
    #[inline]
    pub(super) fn note_call(&mut self, moves_before: u64) {
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
}

#[cfg(all(test, feature = "mio"))]
mod tests {
    use super::*;

    /// What a reactor sleeps by: never too long, also when the search stopped half way.
    #[test]
    fn a_search_that_is_spent_names_a_time_before_which_nothing_is_due() {
        let mut timers = Timers::<u32>::new();
        assert_eq!(timers.next_deadline_within(1), None);
        let earliest = Instant::from_nanos(5_000_000_000);
        for i in 0..10_000 {
            let at = earliest + core::time::Duration::from_nanos(u64::from(i) * 1_000);
            timers.schedule(at, i);
        }
        // Cancelled, so that it has to be searched for.
        let first = timers.schedule(Instant::from_nanos(4_999_999_999), 0);
        assert!(timers.maintain(Instant::ZERO, 1));
        assert_eq!(timers.cancel(first), Some(0));
        let mut searches = 0;
        loop {
            let named = timers.next_deadline_within(1).expect("there are timers");
            assert!(named <= earliest, "{named:?} is too late");
            searches += 1;
            if named == earliest {
                break;
            }
        }
        assert!(searches > 3, "it was never spent");
        timers.clear();
        assert_eq!(timers.next_deadline_within(1), None);
    }
}
