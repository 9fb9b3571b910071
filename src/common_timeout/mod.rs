//! Common timeouts: durations that very many timers share.
//!
//! A server gives each of its connections the same idle timeout. Timers of one duration are due in
//! the order in which they were started, so they need no wheel: a FIFO queue, in at the tail, out
//! at the head.
//!
//! # If you come from libevent
//!
//! There you may know `event_base_init_common_timeout` as the call that makes timers precise. It is
//! easily read like that, and many have hoped for it: ask it for the time that is really left, and
//! correct the timeout with that when the timer is added next. But it does one thing, and it is another: it
//! gives back the same duration with a mark in it, and whoever adds an event with that joins a queue
//! instead of the heap. Adding becomes O(1). No timer fires any earlier or later for it.
//!
//! What was hoped for are three things, and here each has its name:
//!
//! - the queue: a [`CommonTimeout`], which [`Timers::common_timeout`] and
//!   `Reactor::common_timeout` give. A plain `Duration` that equals a registered one joins by itself;
//! - the time left: [`Timers::remaining`], on the timers' own clock and never more than was asked for. There
//!   it is the `tv` of `event_pending`, an absolute time on the wall clock;
//! - the corrected next add: an [`Interval`](crate::time::Interval), whose ticks are due at
//!   start + k·period however late each was; or, by hand, `schedule_after` from the deadline of the one
//!   that fired and not from now.
//!
//! `examples/common_timeout.rs` shows the three side by side.
//!
//! [`Timers::common_timeout`]: crate::timers::Timers::common_timeout
//! [`Timers::remaining`]: crate::timers::Timers::remaining
//!
//! The queues are part of [`Timers`](crate::timers::Timers), which also holds what does not fit
//! them.

mod queues;
mod token;

pub(crate) use queues::{First, QUEUE_LIMIT, Queues};
pub use token::{After, CommonTimeout};

/// How many common timeouts one [`Timers`](crate::timers::Timers) keeps queues for. Registering
/// more is not an error: the token then means its duration, on the wheel.
pub const COMMON_TIMEOUT_LIMIT: usize = QUEUE_LIMIT as usize;
