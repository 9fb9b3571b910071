//! The clocks of the comparison: the kernel's monotonic one, and the processor's time of a thread.

use std::time::Instant as StdInstant;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds on `CLOCK_MONOTONIC`, which says how late everybody is.
#[inline]
pub(crate) fn monotonic_nanos() -> u64 {
    nanos(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds of the processor's time that this thread has had.
pub(crate) fn cpu_nanos() -> u64 {
    nanos(clock_gettime(ClockId::ThreadCPUTime))
}

#[inline]
fn nanos(time: Timespec) -> u64 {
    // Neither part is ever negative, and no machine runs for the 584 years that a word holds.
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// An instant of `CLOCK_MONOTONIC` in the words of the kernel.
pub(crate) const fn timespec(nanos: u64) -> Timespec {
    Timespec {
        tv_sec: (nanos / 1_000_000_000).cast_signed(),
        tv_nsec: (nanos % 1_000_000_000).cast_signed(),
    }
}

/// By how many nanoseconds `now` is after `deadline`; negative: before.
#[inline]
pub(crate) const fn lateness(deadline: u64, now: u64) -> i64 {
    now.wrapping_sub(deadline).cast_signed()
}

/// The same of the standard library's instants, which on Linux are of `CLOCK_MONOTONIC` too.
#[inline]
pub(crate) fn std_lateness(deadline: StdInstant, now: StdInstant) -> i64 {
    match now.checked_duration_since(deadline) {
        Some(late) => late.as_nanos() as i64,
        None => -(deadline.duration_since(now).as_nanos() as i64),
    }
}
