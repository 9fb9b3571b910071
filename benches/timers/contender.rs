//! [`Contender`]: the verbs that every contender has.

use core::time::Duration;

use tourbillon::time::Instant;

/// The constant timeout of the refresh workload, and the longest delay of the others.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// A set of timers with 8-byte payloads.
pub(crate) trait Contender {
    /// Its row in the table.
    const NAME: &'static str;

    /// What cancels a timer.
    type Key: Copy;

    /// No timers, and room for `capacity` of them.
    fn with_capacity(capacity: usize) -> Self;

    /// Schedules a timer.
    fn schedule(&mut self, deadline: Instant, value: u64) -> Self::Key;

    /// Cancels a timer; the key is not stale.
    fn cancel(&mut self, key: Self::Key) -> Option<u64>;

    /// Schedules a timer with the constant timeout.
    fn schedule_idle(&mut self, now: Instant, value: u64) -> Self::Key {
        self.schedule(now + LONGEST, value)
    }

    /// Starts the constant timeout of a timer again; gives the key it has from here on.
    fn refresh(&mut self, key: Self::Key, now: Instant) -> Self::Key {
        let value = self.cancel(key).unwrap_or_default();
        self.schedule_idle(now, value)
    }

    /// Takes out the earliest timer, if it is due.
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)>;

    /// The earliest deadline, exactly.
    fn next_deadline(&mut self) -> Option<Instant>;

    /// Bytes of memory it has taken, where it can tell.
    fn memory(&self) -> Option<usize>;

    /// The most timers that one call touched inside, where it counts them.
    fn max_moves(&self) -> Option<u64> {
        None
    }

    /// `population` timers will fire at random, each again within [`LONGEST`]. (For the harness
    /// alone, which has no timers that could tell when.)
    fn expect_hold(&mut self, _population: usize) {}
}
