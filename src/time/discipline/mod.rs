//! A clock on the CPU's counter that keeps to the kernel's monotonic clock.
//!
//! The counter is cheap to read and its rate is known only nearly; the kernel knows the rate, and may
//! change it. So the clock is a chain of straight *segments* over the counter, each with a rate of its
//! own, and every so often the next one is made from a fresh reading of both: steered so that it
//! meets the kernel's clock where it ends. The chain steps forward only, and seldom.
//!
//! A segment is published before it begins, and no reading is taken beyond the end of the last one.
//! So a reading is a function of the counter alone, the same one for all threads: if the counter
//! does not go back from one thread to another, the clock does not, and nobody has to write down the
//! latest reading.
//!
//! - [`Segment`]: one straight piece, and its arithmetic.
//! - [`Steering`]: from readings to segments. Pure, so that hours pass in no time in its tests.
//! - [`Track`]: the two segments that count now, for any number of threads to read without a lock.

mod clock;
mod segment;
mod steering;
mod track;

pub(super) use clock::{Counter, Disciplined};
use segment::Segment;
pub(super) use steering::Reading;
use steering::Steering;
use track::{Found, Track};
