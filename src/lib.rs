#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod arena;
pub mod common_timeout;
#[cfg(feature = "model")]
pub mod model;
pub mod time;
pub mod timers;
pub mod wheel;

pub use common_timeout::{After, CommonTimeout};
#[cfg(feature = "std")]
pub use time::MonotonicClock;
pub use time::{
    Clock, Instant, Interval, ManualClock, MissedTickBehavior, Tick, ZeroPeriod,
};
pub use timers::{Budget, Expired, TimerKey, Timers};
pub use wheel::Wheel;
