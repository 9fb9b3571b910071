//! [`StdTime`]: the harness's time as the standard library's, which most peers take.

use std::time::{Duration, Instant as StdInstant};

use tourbillon::time::Instant;

/// Counts from an epoch of its own. What the conversion costs shows in the row of
/// [`StdNull`](super::StdNull).
pub(crate) struct StdTime {
    epoch: StdInstant,
    now: Instant,
    std_now: StdInstant,
}

impl StdTime {
    pub(crate) fn from(epoch: StdInstant) -> Self {
        Self { epoch, now: Instant::ZERO, std_now: epoch }
    }

    #[inline]
    pub(crate) fn deadline(&self, deadline: Instant) -> StdInstant {
        self.epoch + Duration::from_nanos(deadline.as_nanos())
    }

    /// The time of a poll: converted once, as a loop reads its clock once a turn.
    #[inline]
    pub(crate) fn now(&mut self, now: Instant) -> StdInstant {
        if now != self.now {
            self.now = now;
            self.std_now = self.deadline(now);
        }
        self.std_now
    }

    #[inline]
    pub(crate) fn back(&self, time: StdInstant) -> Instant {
        Instant::ZERO + time.saturating_duration_since(self.epoch)
    }
}
