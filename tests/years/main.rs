//! Simulated years: what takes a wheel days of uptime to show, shown in seconds.
//!
//! Peers hung, fired early or panicked when their clocks passed 2^30, 2^32 or 2^36 ms (12.4 days, 50
//! days, 2.2 years; see `regressions.rs`), so runs of ten years cross these, and 2^40 ms (34.8 years)
//! as well, beside the oracle at every step.

#[path = "../common/mod.rs"]
mod common;
mod load;
mod parked;
mod report;
mod world;

use common::{DAY, MILLI};

/// The borders, in bits of a clock of milliseconds.
const BORDERS: [u32; 4] = [30, 32, 36, 40];
/// Nanoseconds of a year.
const YEAR: u64 = 365 * DAY;

/// Nanoseconds of a border.
const fn border(bits: u32) -> u64 {
    MILLI << bits
}
