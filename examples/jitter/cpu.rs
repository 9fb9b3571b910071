//! What the running thread has used of the processor.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time of this thread since it began.
pub(crate) fn of_this_thread() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
