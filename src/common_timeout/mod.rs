//! Common timeouts: durations that very many timers share.
//!
//! A server gives each of its connections the same idle timeout. Timers of one duration are due in
//! the order in which they were started, so they need no wheel: a FIFO queue, in at the tail, out
//! at the head. Libevent's name for it is `event_base_init_common_timeout`, which is an
//! optimisation and nothing else. Its users also hoped for the time that is left, and for a
//! corrected next add; here each of the three has a name of its own: a [`CommonTimeout`],
//! [`remaining`](crate::timers::Timers::remaining), and
//! [`Interval`](crate::time::Interval).
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
