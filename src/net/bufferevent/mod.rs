//! [`BufferEvent`]: a stream with an input and an output buffer, and one handler for its events.
//!
//! Libevent's `bufferevent`. The reactor moves the bytes; the handler sees buffers.
//!
//! # Ground rules
//!
//! - Reading and writing are enabled from the start (in libevent only writing is).
//! - What the handler puts into the output goes out when it returns, in one write. Whoever reaches
//!   the stream through [`Reactor::source_mut`] has it flushed later in the same turn.
//! - The input is announced once: `Readable` comes again only when more has come in. A handler
//!   that leaves bytes there is not called over and over for them, and one that takes them, at
//!   whatever event and from wherever, makes room for reading to go on.
//! - At the high mark of the output reading is suspended until the peer has taken enough: one
//!   that sends and never reads costs a bounded amount of memory and no CPU time.
//!
//! # Costs
//!
//! A turn of a busy stream is one read and one write: a short read is not followed by another, and
//! writability is asked for only after the kernel has refused bytes. A timeout that is common
//! costs one store a turn. No allocation after warm-up.
//!
//! # Not promised
//!
//! A peer that vanishes without a word is noticed by timeouts alone. While reading is disabled or
//! suspended, the end of the peer's bytes is not noticed either.

mod advance;
#[cfg(test)]
mod advance_tests;
mod driver;
mod event;
mod flow;
mod timeouts;
mod watermark;

use core::fmt;
use core::time::Duration;
use std::boxed::Box;
use std::io;
use std::net::SocketAddr;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use crate::buffer::Buffer;
use crate::reactor::{Reactor, SourceKey};
use crate::timers::After;

use super::Stream;
use driver::Driver;
use flow::{Flow, Life};
use timeouts::Timeouts;
use watermark::Marks;

pub use event::{Direction, Event, Timeout};

/// The name of an attached stream.
pub type StreamKey = SourceKey<BufferEvent>;

/// How long a stream that is flushed and shut down goes on to take, and drop, what its peer is
/// still sending.
const LINGER: Duration = Duration::from_millis(500);

/// A stream with an input and an output buffer; see the [room](crate::net) for an example.
///
/// Made from a connected stream, set up by the methods that take it by value, then given to the
/// reactor with [`attach`](Self::attach). The handler gets it as `&mut BufferEvent`.
pub struct BufferEvent {
    stream: Box<dyn Stream>,
    input: Buffer,
    output: Buffer,
    key: StreamKey,
    reading: bool,
    writing: bool,
    input_marks: Marks,
    output_marks: Marks,
    timeouts: Timeouts,
    flow: Flow,
}

impl BufferEvent {
    /// A bufferevent on a connected, nonblocking stream (`bufferevent_socket_new`). Dropping it
    /// closes the stream.
    #[must_use]
    pub fn new(stream: impl Stream + 'static) -> Self {
        let mut timeouts = Timeouts::default();
        timeouts.set_linger(LINGER.into());
        Self {
            stream: Box::new(stream),
            input: Buffer::new(),
            output: Buffer::new(),
            key: SourceKey::dangling(),
            reading: true,
            writing: true,
            input_marks: Marks::INPUT,
            output_marks: Marks::OUTPUT,
            timeouts,
            flow: Flow::new(),
        }
    }

    /// `Readable` comes only with at least this many bytes in the input, or at the end of the
    /// stream. Default 0; counts as no more than the high mark.
    #[must_use]
    pub fn read_low_water(mut self, bytes: usize) -> Self {
        self.input_marks.set_low(bytes);
        self
    }

    /// No more than this many bytes are read ahead into the input. Default 64 KiB; 0: no limit.
    #[must_use]
    pub fn read_high_water(mut self, bytes: usize) -> Self {
        self.input_marks.set_high(bytes);
        self
    }

    /// `Drained` comes when no more than this many bytes are left in the output; reading that the
    /// output has suspended goes on. Default 64 KiB.
    #[must_use]
    pub fn write_low_water(mut self, bytes: usize) -> Self {
        self.output_marks.set_low(bytes);
        self
    }

    /// With this many bytes left in the output, reading is suspended. Default 256 KiB; 0: never.
    /// Writing into the output is never refused.
    #[must_use]
    pub fn write_high_water(mut self, bytes: usize) -> Self {
        self.output_marks.set_high(bytes);
        self
    }

    /// `TimedOut(Timeout::Read)` when nothing comes in for so long, while reading is enabled and
    /// not suspended.
    #[must_use]
    pub fn read_timeout(mut self, after: impl Into<After>) -> Self {
        self.timeouts.set(Timeout::Read, Some(after.into()));
        self
    }

    /// `TimedOut(Timeout::Write)` when for so long nothing goes out of the output that waits.
    #[must_use]
    pub fn write_timeout(mut self, after: impl Into<After>) -> Self {
        self.timeouts.set(Timeout::Write, Some(after.into()));
        self
    }

    /// `TimedOut(Timeout::Idle)` when no byte moves in either direction for so long.
    ///
    /// With a [common timeout](crate::reactor::Reactor::common_timeout) restarting it is one store,
    /// however many streams there are.
    #[must_use]
    pub fn idle_timeout(mut self, after: impl Into<After>) -> Self {
        self.timeouts.set(Timeout::Idle, Some(after.into()));
        self
    }

    /// Gives the stream to the reactor, with the handler of its events, which is called until it
    /// has had [`Event::Closed`]. What is in the output already is sent.
    ///
    /// # Errors
    ///
    /// Those of registering with the system. The stream is then closed.
    pub fn attach<S>(
        self,
        reactor: &mut Reactor<S>,
        handler: impl FnMut(&mut S, &mut Reactor<S>, &mut BufferEvent, Event) + 'static,
    ) -> io::Result<StreamKey> {
        let key =
            reactor.register_driver(self, Interest::READABLE, Driver::new(handler))?;
        // Reaching for it has it looked after in this turn: output sent, timeouts started.
        if let Some(stream) = reactor.source_mut(key) {
            stream.key = key;
            stream.timeouts.forget();
            stream.flow.begin();
        }
        Ok(key)
    }

    /// The key under which the reactor has the stream. Before [`attach`](Self::attach) it is one
    /// that finds nothing.
    #[must_use]
    pub const fn key(&self) -> StreamKey {
        self.key
    }

    /// The peer's internet address, if it has one and is still connected.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.stream.peer_addr()
    }

    /// What came in (`bufferevent_get_input`).
    pub const fn input(&mut self) -> &mut Buffer {
        &mut self.input
    }

    /// What is to go out (`bufferevent_get_output`).
    pub const fn output(&mut self) -> &mut Buffer {
        &mut self.output
    }

    /// Input and output at once, to move bytes from one to the other.
    pub const fn buffers(&mut self) -> (&mut Buffer, &mut Buffer) {
        (&mut self.input, &mut self.output)
    }

    /// Allows reading, writing or both (`bufferevent_enable`). What came meanwhile is read, and
    /// announced, once the handler returns.
    pub const fn enable(&mut self, direction: Direction) {
        self.reading |= direction.reads();
        self.writing |= direction.writes();
    }

    /// Stops reading, writing or both (`bufferevent_disable`): no bytes move that way, no events
    /// of that direction come and its timeout does not count. Errors are told all the same. The
    /// output waits.
    pub const fn disable(&mut self, direction: Direction) {
        self.reading &= !direction.reads();
        self.writing &= !direction.writes();
    }

    /// Whether reading is enabled. It is not after `Eof`.
    #[must_use]
    pub const fn is_reading(&self) -> bool {
        self.reading
    }

    /// Whether writing is enabled.
    #[must_use]
    pub const fn is_writing(&self) -> bool {
        self.writing
    }

    /// Sets the marks of the input, the output or both, in bytes; a `high` of 0 means none
    /// (`bufferevent_setwatermark`). What follows from them is done once the handler returns.
    pub fn set_watermarks(&mut self, direction: Direction, low: usize, high: usize) {
        for (set, marks) in [
            (direction.reads(), &mut self.input_marks),
            (direction.writes(), &mut self.output_marks),
        ] {
            if set {
                marks.set_low(low);
                marks.set_high(high);
            }
        }
    }

    /// Sets the timeouts for reading and for writing, from now; `None`: there is none
    /// (`bufferevent_set_timeouts`).
    pub fn set_timeouts(&mut self, read: Option<After>, write: Option<After>) {
        self.timeouts.set(Timeout::Read, read);
        self.timeouts.set(Timeout::Write, write);
    }

    /// Sets the timeout for both directions together, from now; `None`: there is none.
    pub fn set_idle_timeout(&mut self, idle: Option<After>) {
        self.timeouts.set(Timeout::Idle, idle);
    }

    /// Ends the stream now: nothing more is read or sent, [`Event::Closed`] is next
    /// (`bufferevent_free`). Closing with unread bytes in the kernel resets the connection.
    pub fn close(&mut self) {
        if self.flow.life != Life::Closed {
            self.flow.life = Life::Closing;
        }
    }

    /// Reads no more, sends what is in the output, ends our side of the connection and then closes
    /// it. Writing is enabled for that.
    ///
    /// A peer that still sends is listened to, and ignored, for half a second at most: to close at
    /// once would reset the connection, and the reset may overtake the output. One that takes
    /// nothing holds the stream until a timeout passes, if there is one, or until
    /// [`close`](Self::close).
    pub fn close_when_flushed(&mut self) {
        if self.flow.life == Life::Open {
            self.flow.life = Life::Flushing;
            self.writing = true;
        }
    }

    /// Whether the stream was told to close, or has.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.flow.life != Life::Open
    }

    /// Writes as much of the output as the stream takes now, instead of when the handler returns;
    /// `true`: all of it (`bufferevent_flush`, which does nothing on sockets). Calls no handler.
    ///
    /// # Errors
    ///
    /// Those of writing. The stream is broken then: [`Event::Error`] tells so again.
    pub fn try_flush(&mut self) -> io::Result<bool> {
        while self.can_write() {
            if let Err(error) = self.write_once(usize::MAX) {
                self.break_down(again(&error));
                return Err(error);
            }
        }
        Ok(self.output.is_empty())
    }

    fn settle_timers<S>(&mut self, reactor: &mut Reactor<S>) {
        let counts = self.take_counts();
        self.timeouts.settle(reactor, self.key, counts);
    }
}

/// An error cannot be cloned; the system's number, or its kind, is what matters of it.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

impl fmt::Debug for BufferEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferEvent")
            .field("key", &self.key)
            .field("input", &self.input.len())
            .field("output", &self.output.len())
            .field("reading", &self.reading)
            .field("writing", &self.writing)
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

/// For the reactor. [`BufferEvent::attach`] is what programs call.
impl Source for BufferEvent {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.stream.register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.stream.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.stream.deregister(registry)
    }
}
