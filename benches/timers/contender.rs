//! [`Contender`]: the verbs that every contender has.

use core::hint::black_box;
use core::time::Duration;

use tourbillon::time::Instant;

/// The constant timeout of the refresh workload, and the longest delay of the others.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// A set of timers with 8-byte payloads.
pub(crate) trait Contender {
    /// Its row in the table.
    const NAME: &'static str;

    /// What cancels a timer. Not always `Copy`: some peers want theirs back.
    type Key;

    /// Whether it fires in order and never early, to the nanosecond; asserted where it says so.
    /// What others do is counted, not asserted.
    const EXACT: bool = true;

    /// No timers, and room for `capacity` of them.
    fn with_capacity(capacity: usize) -> Self;

    /// Schedules a timer.
    fn schedule(&mut self, deadline: Instant, value: u64) -> Self::Key;

    /// Schedules a timer that will not be cancelled.
    fn schedule_unkeyed(&mut self, deadline: Instant, value: u64) {
        self.schedule(deadline, value);
    }

    /// Cancels a timer; the key is not stale, and is so from here on.
    fn cancel(&mut self, key: &mut Self::Key) -> Option<u64>;

    /// The timer of this key has fired: lets go of what the key holds on to.
    fn retire(&mut self, _key: &mut Self::Key) {}

    /// Schedules a timer with the constant timeout.
    fn schedule_idle(&mut self, now: Instant, value: u64) -> Self::Key {
        self.schedule(now + LONGEST, value)
    }

    /// Starts the constant timeout of a timer again.
    fn refresh(&mut self, key: &mut Self::Key, now: Instant, value: u64) {
        self.cancel(key);
        *key = self.schedule_idle(now, value);
    }

    /// Takes out the earliest timer, if it is due. With its deadline as far as the contender knows
    /// it: one that fires by ticks may say the time of its tick.
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)>;

    /// One poll that gives out `limit` timers at most; that no more come does not say that no more
    /// are due.
    fn pop_within(&mut self, now: Instant, limit: usize, values: &mut Vec<u64>) {
        for _ in 0..limit {
            let Some((_, value)) = self.pop(now) else { return };
            values.push(value);
        }
    }

    /// The earliest deadline, as exactly as the contender knows it.
    fn next_deadline(&mut self) -> Option<Instant>;

    /// Asks for the earliest deadline, in whatever form the contender gives it.
    #[inline]
    fn look_ahead(&mut self) {
        black_box(self.next_deadline());
    }

    /// Bytes of memory it has taken, where it can tell.
    fn memory(&self) -> Option<usize>;

    /// The most timers that one call touched inside, where it counts them.
    fn max_moves(&self) -> Option<u64> {
        None
    }

    /// Members of a `population` will fire at random, one at `first` and then one every
    /// `gap_nanos`. (For the harness alone, which has no timers that could tell when.)
    fn expect(&mut self, _population: usize, _first: Instant, _gap_nanos: u64) {}
}
