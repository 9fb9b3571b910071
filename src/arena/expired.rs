//! [`Expired`]: what comes out when a timer is due.

use super::TimerKey;
use crate::time::Instant;

/// A timer that was due: taken out, with all that was put in.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Expired<T> {
    /// The key it had. It is stale now.
    pub key: TimerKey,
    /// When it was due: exactly what was asked for; of a timer with slack its latest, or the time of
    /// the pop if that was before.
    pub deadline: Instant,
    /// What was scheduled.
    pub value: T,
}
