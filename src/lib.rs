#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod arena;
#[cfg(feature = "net")]
pub mod buffer;
pub mod common_timeout;
#[cfg(feature = "model")]
pub mod model;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "mio")]
pub mod reactor;
#[cfg(feature = "mio")]
pub mod stats;
pub mod time;
pub mod timers;
pub mod wheel;

#[cfg(feature = "net")]
pub use buffer::{Buffer, Eol};
pub use common_timeout::{After, CommonTimeout};
#[cfg(feature = "net")]
pub use net::{Accepted, BufferEvent, Event, Listener, ListenerOptions, StreamKey};
#[cfg(all(feature = "mio", any(target_os = "linux", target_os = "android")))]
pub use reactor::{Alarm, ResumeWatch, Resumed, WallFired, WallTimer};
#[cfg(feature = "mio")]
pub use reactor::{
    Exit, Fired, Interest, Next, Origin, Precision, Priority, Reactor, ReactorBuilder,
    ReactorClock, ReactorStats, Ready, Remote, Slow, SourceId, SourceKey, Turn,
    TurnBudget,
};
#[cfg(all(feature = "signals", unix))]
pub use reactor::{Signal, SignalKey};
#[cfg(feature = "std")]
pub use time::MonotonicClock;
#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
pub use time::{BoottimeClock, CoarseClock};
pub use time::{
    Clock, Drift, Instant, Interval, ManualClock, MissedTickBehavior, Tick, ZeroPeriod,
};
pub use timers::{Budget, Expired, Refused, TimerKey, Timers};
pub use wheel::Wheel;
