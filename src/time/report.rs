//! [`Discipline`]: what a clock says of how it keeps to the kernel's.

use crate::time::Instant;

/// How a clock on the CPU's counter keeps to the kernel's. See
/// [`MonotonicClock::discipline`](crate::time::MonotonicClock::discipline).
#[derive(Copy, Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Discipline {
    /// By how many nanoseconds the clock was ahead of the kernel's when it was last compared. What
    /// comes next was made so that it should be zero.
    pub offset_nanos: i64,
    /// By how many millionths the kernel's clock is faster than the counter as it was calibrated.
    pub ppm: f64,
    /// When it was last compared.
    pub last_anchor: Instant,
    /// How often it was compared.
    pub anchors: u64,
}
