//! The processor's time, for means.

/// Nanoseconds of the processor's time that this thread has had: what others run on the core
/// meanwhile does not count, though what they leave in the caches does.
#[cfg(unix)]
pub(crate) fn cpu_nanos() -> i64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Without such a clock: real time.
#[cfg(not(unix))]
pub(crate) fn cpu_nanos() -> i64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as i64
}
