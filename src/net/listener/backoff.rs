//! [`Backoff`]: how long to wait before accepting is tried again.

use core::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(5);
/// The longest wait.
const LAST: Duration = Duration::from_secs(1);

/// Waits that double from 5 ms to 1 s while there is no success.
///
/// A listener without descriptors to spare stays readable, so without a wait it would fail as
/// often as the loop turns; and a wait that grows leaves the CPU to those who can close something.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long to wait after this failure.
    pub(super) fn failed(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(LAST);
        wait
    }

    pub(super) fn succeeded(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_second_and_start_again_after_a_success() {
        let mut backoff = Backoff::new();
        let waits: std::vec::Vec<u128> =
            (0..10).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        backoff.succeeded();
        assert_eq!(backoff.failed(), FIRST);
    }
}
