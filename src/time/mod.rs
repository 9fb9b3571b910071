//! Time: instants, clocks, and the arithmetic of periods.
//!
//! The only floor that reads a clock. Everything above is told what time it is.
//!
//! - [`Instant`]: nanoseconds since a clock's origin, saturating.
//! - [`Clock`]: what can be asked for one. [`ManualClock`] moves when told to; `MonotonicClock`
//!   (feature `std`) is the machine's own. On Linux and Android, by choice, `BoottimeClock` goes on
//!   while the machine sleeps, and `CoarseClock` is cheap and late.
//! - [`Interval`]: ticks on an exact grid, and [`MissedTickBehavior`] for those that were missed.

#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
mod boottime;
mod clock;
#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
mod coarse;
#[cfg(all(feature = "std", target_has_atomic = "64"))]
mod counter;
#[cfg(all(feature = "std", not(target_has_atomic = "64")))]
#[path = "no_counter.rs"]
mod counter;
#[cfg(all(feature = "std", target_has_atomic = "64"))]
mod discipline;
mod drift;
mod instant;
mod interval;
#[cfg(feature = "std")]
mod kernel;
mod manual;
mod missed;
#[cfg(feature = "std")]
mod monotonic;
#[cfg(feature = "std")]
mod report;

#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
#[cfg_attr(not(feature = "mio"), allow(unused_imports))]
pub(crate) use boottime::Asleep;
#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
pub use boottime::BoottimeClock;
pub use clock::Clock;
#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
pub use coarse::CoarseClock;
pub use drift::Drift;
pub use instant::Instant;
pub use interval::{Interval, Tick, ZeroPeriod};
pub use manual::ManualClock;
pub use missed::MissedTickBehavior;
#[cfg(feature = "std")]
pub use monotonic::MonotonicClock;
#[cfg(feature = "std")]
pub use report::Discipline;
