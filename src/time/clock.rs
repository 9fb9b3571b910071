//! [`Clock`]: whatever can say what time it is.

use crate::time::Instant;

/// Something that can be asked for the time.
///
/// Only the reactor and its users read clocks; the timers below are told the time. A reading that
/// is smaller than an earlier one is no error: whoever uses it holds on to the later of the two.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::time::{Clock, ManualClock};
///
/// fn elapsed(clock: &impl Clock, work: impl FnOnce()) -> Duration {
///     let before = clock.now();
///     work();
///     clock.now().saturating_duration_since(before)
/// }
///
/// let clock = ManualClock::new();
/// assert_eq!(elapsed(&clock, || clock.advance(Duration::from_secs(3))).as_secs(), 3);
/// ```
pub trait Clock {
    /// The time now, in nanoseconds since this clock's own origin.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for &C {
    #[inline]
    fn now(&self) -> Instant {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ManualClock;

    #[test]
    fn a_reference_to_a_clock_is_that_clock() {
        let read = |clock: &dyn Clock| clock.now();
        let clock = ManualClock::starting_at(Instant::from_nanos(7));
        assert_eq!(read(&&clock), Instant::from_nanos(7));
    }
}
