//! [`CommonTimeout`] and [`After`]: the two ways to say how long from now.

use core::time::Duration;

/// A duration that many timers share, registered once.
///
/// Libevent's counterpart is the `timeval` that `event_base_init_common_timeout` hands back.
/// The token carries its duration: forgotten, of another instance, or refused because the table
/// was full, it still means that duration, only without the queue.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct CommonTimeout {
    after: Duration,
    queue: u32,
}

impl CommonTimeout {
    /// A token that names no queue.
    pub(crate) const NO_QUEUE: u32 = u32::MAX;

    #[inline]
    pub(crate) const fn new(after: Duration, queue: u32) -> Self {
        Self { after, queue }
    }

    /// The duration.
    #[inline]
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.after
    }

    #[inline]
    pub(crate) const fn queue(self) -> u32 {
        self.queue
    }
}

/// How long after now: a plain [`Duration`], which joins its common queue if one is registered,
/// or a [`CommonTimeout`].
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum After {
    /// A duration; if a common timeout of the same duration is registered, its queue is used.
    Duration(Duration),
    /// A registered common timeout.
    Common(CommonTimeout),
}

impl After {
    /// The duration meant.
    #[inline]
    #[must_use]
    pub const fn duration(self) -> Duration {
        match self {
            Self::Duration(after) => after,
            Self::Common(common) => common.duration(),
        }
    }
}

impl From<Duration> for After {
    #[inline]
    fn from(after: Duration) -> Self {
        Self::Duration(after)
    }
}

impl From<CommonTimeout> for After {
    #[inline]
    fn from(common: CommonTimeout) -> Self {
        Self::Common(common)
    }
}
