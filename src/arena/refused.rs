//! [`Refused`]: what comes back when there are as many timers as there may be.

use core::error::Error;
use core::fmt;

/// As many timers are scheduled as there may be. Holds the value that was not scheduled.
///
/// ```
/// use tourbillon::{Instant, Timers};
///
/// let mut timers = Timers::new();
/// timers.set_limit(Some(0));
/// let refused = timers.try_schedule(Instant::ZERO, "tea").unwrap_err();
/// assert_eq!(refused.to_string(), "there are as many timers as there may be");
/// assert_eq!(refused.into_inner(), "tea");
/// ```
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct Refused<T> {
    value: T,
}

impl<T> Refused<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value }
    }

    /// The value, given back.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// Without the value: it may be anything, and what went wrong does not depend on it.
impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are as many timers as there may be")
    }
}

impl<T> Error for Refused<T> {}
