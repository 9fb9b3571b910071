//! Time for means: of the processor, of this thread.

use crate::harness::cpu_nanos;

/// What `work` takes, in nanoseconds of the processor's time.
#[inline]
pub(crate) fn cpu_time(work: impl FnOnce()) -> f64 {
    let start = cpu_nanos();
    work();
    (cpu_nanos() - start) as f64
}
