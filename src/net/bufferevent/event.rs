//! What a stream's handler is told.

use std::io;

/// One direction of a stream, or both.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum Direction {
    /// From the peer to the input.
    Read,
    /// From the output to the peer.
    Write,
    /// Both.
    Both,
}

impl Direction {
    pub(super) const fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Both)
    }

    pub(super) const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Both)
    }
}

/// Which of a stream's timeouts.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub enum Timeout {
    /// Nothing came in, though reading was enabled and there was room for it. Reading is now
    /// disabled.
    Read,
    /// The peer took nothing of the output that was waiting. Writing is now disabled.
    Write,
    /// Nothing moved in either direction. Both are now disabled.
    Idle,
}

/// What a stream's handler is told, one at a time.
///
/// After [`close`](super::BufferEvent::close) nothing but `Closed` comes; after
/// [`close_when_flushed`](super::BufferEvent::close_when_flushed) nothing but an `Error` or a
/// `TimedOut`, and then `Closed`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Bytes came in since the last time, and the input is at or above its low mark. Take all that
    /// can be used: the same bytes are not announced again (libevent's read callback).
    Readable,
    /// Bytes went out, and the output is at or below its low mark: there is room for more
    /// (libevent's write callback).
    Drained,
    /// The peer has sent all it will send, and all of it was announced as `Readable`; what can
    /// still be in the input is what the handler left there. Reading is over, writing is not
    /// (`BEV_EVENT_EOF`).
    Eof,
    /// A timeout passed. Unless the handler closes the stream or enables what was disabled,
    /// nothing more happens there. A stream that was closing is closed (`BEV_EVENT_TIMEOUT`).
    TimedOut(Timeout),
    /// Reading or writing failed: the connection is lost. What is in the output will not be sent;
    /// `Closed` is next, whatever the handler does (`BEV_EVENT_ERROR`).
    Error(io::Error),
    /// The last event of a stream, exactly once, however it ended: closed by the handler, by
    /// somebody else, or by an error. What belongs to the connection can be put away. The
    /// descriptor is closed when the handler returns.
    ///
    /// It does not come when there is no handler any more: one that panicked, or a stream that
    /// was taken back with [`Reactor::deregister`](crate::reactor::Reactor::deregister) or went
    /// with its reactor.
    Closed,
}
