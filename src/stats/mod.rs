//! Stats: what is measured while it runs.
//!
//! The ground floor: it knows neither clocks nor timers, only durations and how often they came.
//!
//! - [`Histogram`]: durations from a nanosecond to an hour, with quantiles good to one percent.

mod histogram;

pub use histogram::Histogram;
