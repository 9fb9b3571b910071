//! [`ManualClock`]: a clock that stands still until it is told to move.
//!
//! For tests and simulations. Clones share one hand, so that a test keeps one clone and gives the
//! other away. Where the target has 64-bit atomics the clock is `Send + Sync`; elsewhere it stays
//! on its thread, since no smaller atomic can hold the hand without tearing it.

use core::time::Duration;

use crate::time::{Clock, Instant};

/// A clock that shows what it was last told to show.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::time::{Clock, Instant, ManualClock};
///
/// let clock = ManualClock::new();
/// let shared = clock.clone();
/// clock.advance(Duration::from_millis(5));
/// assert_eq!(shared.now(), Instant::from_nanos(5_000_000));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    hand: hand::Hand,
}

impl ManualClock {
    /// A clock that shows [`Instant::ZERO`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A clock that shows `now`.
    #[must_use]
    pub fn starting_at(now: Instant) -> Self {
        Self { hand: hand::Hand::at(now.as_nanos()) }
    }

    /// Moves the hand forward, for all clones; it stops at [`Instant::MAX`].
    pub fn advance(&self, by: Duration) {
        self.hand.change(|nanos| (Instant::from_nanos(nanos) + by).as_nanos());
    }

    /// Moves the hand forward to `now`, for all clones. One that stands there or further stays.
    pub fn advance_to(&self, now: Instant) {
        self.hand.change(|nanos| nanos.max(now.as_nanos()));
    }

    /// Puts the hand where it is wanted, for all clones: also back, as a clock that misbehaves
    /// would do.
    pub fn set(&self, now: Instant) {
        self.hand.change(|_| now.as_nanos());
    }
}

impl Clock for ManualClock {
    #[inline]
    fn now(&self) -> Instant {
        Instant::from_nanos(self.hand.read())
    }
}

#[cfg(target_has_atomic = "64")]
mod hand {
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicU64, Ordering};

    #[derive(Clone, Debug, Default)]
    pub(super) struct Hand(Arc<AtomicU64>);

    impl Hand {
        pub(super) fn at(nanos: u64) -> Self {
            Self(Arc::new(AtomicU64::new(nanos)))
        }

        pub(super) fn read(&self) -> u64 {
            // Acquire: what was written before the hand moved is visible to whoever sees it moved.
            self.0.load(Ordering::Acquire)
        }

        /// Two threads that advance at once both count.
        pub(super) fn change(&self, new: impl Fn(u64) -> u64) {
            let mut seen = self.0.load(Ordering::Relaxed);
            while let Err(other) = self.0.compare_exchange_weak(
                seen,
                new(seen),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                seen = other;
            }
        }
    }
}

#[cfg(not(target_has_atomic = "64"))]
mod hand {
    use alloc::rc::Rc;
    use core::cell::Cell;

    #[derive(Clone, Debug, Default)]
    pub(super) struct Hand(Rc<Cell<u64>>);

    impl Hand {
        pub(super) fn at(nanos: u64) -> Self {
            Self(Rc::new(Cell::new(nanos)))
        }

        pub(super) fn read(&self) -> u64 {
            self.0.get()
        }

        pub(super) fn change(&self, new: impl Fn(u64) -> u64) {
            self.0.set(new(self.0.get()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_stops_at_the_last_instant() {
        let clock = ManualClock::starting_at(Instant::from_nanos(u64::MAX - 1));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(clock.now(), Instant::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Instant::MAX);
    }

    #[test]
    fn the_hand_advances_to_an_instant_and_not_back_to_one() {
        let clock = ManualClock::starting_at(Instant::from_nanos(100));
        clock.advance_to(Instant::from_nanos(40));
        assert_eq!(clock.now(), Instant::from_nanos(100));
        clock.advance_to(Instant::from_nanos(101));
        assert_eq!(clock.now(), Instant::from_nanos(101));
    }

    #[test]
    fn the_hand_may_go_back() {
        let clock = ManualClock::starting_at(Instant::from_nanos(100));
        clock.set(Instant::from_nanos(40));
        assert_eq!(clock.now(), Instant::from_nanos(40));
    }

    #[test]
    fn a_new_clock_has_a_hand_of_its_own() {
        let (one, other) = (ManualClock::new(), ManualClock::new());
        one.advance(Duration::from_secs(1));
        assert_eq!(other.now(), Instant::ZERO);
    }

    #[cfg(all(feature = "std", target_has_atomic = "64"))]
    #[test]
    fn advances_from_several_threads_all_count() {
        let clock = ManualClock::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let clock = clock.clone();
                scope.spawn(move || {
                    for _ in 0..1_000 {
                        clock.advance(Duration::from_nanos(3));
                    }
                });
            }
        });
        assert_eq!(clock.now(), Instant::from_nanos(12_000));
    }
}
