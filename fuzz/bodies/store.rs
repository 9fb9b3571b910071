//! What [`Wheel`] and [`Timers`] have in common, so that one world drives both.

use tourbillon::time::Instant;
use tourbillon::timers::{Budget, Expired, Refused, TimerKey, Timers};
use tourbillon::wheel::Wheel;

/// The verbs of both, for values that are numbers.
pub(crate) trait Store {
    fn starting_at(now: Instant) -> Self;
    fn schedule(&mut self, deadline: Instant, id: usize) -> TimerKey;
    fn schedule_all(&mut self, timers: Vec<(Instant, usize)>) -> Vec<TimerKey>;
    /// `Err`: the value was given back.
    fn try_schedule(&mut self, deadline: Instant, id: usize) -> Result<TimerKey, usize>;
    fn set_limit(&mut self, timers: Option<usize>);
    fn limit(&self) -> Option<usize>;
    fn reschedule(&mut self, key: TimerKey, deadline: Instant) -> bool;
    fn cancel(&mut self, key: TimerKey) -> Option<usize>;
    fn get(&self, key: TimerKey) -> Option<usize>;
    fn contains(&self, key: TimerKey) -> bool;
    fn deadline(&self, key: TimerKey) -> Option<Instant>;
    fn next_deadline(&mut self) -> Option<Instant>;
    fn next_wakeup(&self) -> Option<Instant>;
    fn pop_within(&mut self, now: Instant, budget: &mut Budget)
    -> Option<Expired<usize>>;
    fn maintain(&mut self, now: Instant, moves: usize) -> bool;
    /// Cancels the timers whose numbers the modulus divides.
    fn thin(&mut self, modulus: usize);
    fn clear(&mut self);
    fn reserve(&mut self, timers: usize);
    fn shrink_to_fit(&mut self);
    /// Takes the first few out, due or not, and cancels the others.
    fn drain_some(&mut self, most: usize) -> Vec<Expired<usize>>;
    fn len(&self) -> usize;
    fn numbers(&self) -> Vec<usize>;
    /// Timers touched inside, so far.
    fn moves(&self) -> u64;
    /// The most timers that one call is said to have touched.
    fn worst_call(&self) -> u64;
    /// As many characters as a dump has.
    fn dump_len(&self) -> usize;
    fn validate(&self) -> Result<(), String>;
}

macro_rules! store {
    ($kind:ident, $moves:expr, $worst:expr) => {
        impl<const SLOTS: usize, const LEAF: usize> Store for $kind<usize, SLOTS, LEAF> {
            fn starting_at(now: Instant) -> Self {
                Self::with_geometry(now, 0)
            }

            fn schedule(&mut self, deadline: Instant, id: usize) -> TimerKey {
                self.schedule(deadline, id)
            }

            fn schedule_all(&mut self, timers: Vec<(Instant, usize)>) -> Vec<TimerKey> {
                self.schedule_all(timers)
            }

            fn try_schedule(
                &mut self,
                deadline: Instant,
                id: usize,
            ) -> Result<TimerKey, usize> {
                self.try_schedule(deadline, id).map_err(Refused::into_inner)
            }

            fn set_limit(&mut self, timers: Option<usize>) {
                self.set_limit(timers);
            }

            fn limit(&self) -> Option<usize> {
                self.limit()
            }

            fn reschedule(&mut self, key: TimerKey, deadline: Instant) -> bool {
                self.reschedule(key, deadline)
            }

            fn cancel(&mut self, key: TimerKey) -> Option<usize> {
                self.cancel(key)
            }

            fn get(&self, key: TimerKey) -> Option<usize> {
                self.get(key).copied()
            }

            fn contains(&self, key: TimerKey) -> bool {
                self.contains(key)
            }

            fn deadline(&self, key: TimerKey) -> Option<Instant> {
                self.deadline(key)
            }

            fn next_deadline(&mut self) -> Option<Instant> {
                self.next_deadline()
            }

            fn next_wakeup(&self) -> Option<Instant> {
                self.next_wakeup()
            }

            fn pop_within(
                &mut self,
                now: Instant,
                budget: &mut Budget,
            ) -> Option<Expired<usize>> {
                self.pop_expired_within(now, budget)
            }

            fn maintain(&mut self, now: Instant, moves: usize) -> bool {
                self.maintain(now, moves)
            }

            fn thin(&mut self, modulus: usize) {
                self.retain(|_, _, id| *id % modulus != 0);
            }

            fn clear(&mut self) {
                self.clear();
            }

            fn reserve(&mut self, timers: usize) {
                self.reserve(timers);
            }

            fn shrink_to_fit(&mut self) {
                self.shrink_to_fit();
            }

            fn drain_some(&mut self, most: usize) -> Vec<Expired<usize>> {
                self.drain_all().take(most).collect()
            }

            fn len(&self) -> usize {
                assert_eq!(self.is_empty(), self.len() == 0);
                self.len()
            }

            fn numbers(&self) -> Vec<usize> {
                self.iter().map(|(_, _, id)| *id).collect()
            }

            fn moves(&self) -> u64 {
                $moves(self.stats())
            }

            fn worst_call(&self) -> u64 {
                $worst(self.stats())
            }

            fn dump_len(&self) -> usize {
                format!("{:#} {self:?}", self.dump()).len()
            }

            fn validate(&self) -> Result<(), String> {
                self.validate()
            }
        }
    };
}

store!(
    Wheel,
    |stats: tourbillon::wheel::WheelStats| stats.moves,
    |stats: tourbillon::wheel::WheelStats| stats.max_moves_per_call
);
store!(
    Timers,
    |stats: tourbillon::timers::TimersStats| {
        stats.wheel.moves + stats.moved_from_queues + stats.moved_in_windows
    },
    |stats: tourbillon::timers::TimersStats| stats.max_moves_per_call
);
