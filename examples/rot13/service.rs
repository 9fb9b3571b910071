//! The service: a listener, one handler for every stream, and an orderly end.
//!
//! A line that is unfinished at the end of the stream is dropped, as in the seed's libevent
//! program; unlike the seed's, this server still answers the finished ones when the client has
//! closed its half. A client that sends and never reads holds a full output and `max_line` bytes
//! of input, no more: the kernel keeps the rest, and then the client waits.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tourbillon::net::{
    BufferEvent, Event, Listener, ListenerKey, ListenerOptions, StreamKey,
};
use tourbillon::reactor::{Next, Reactor, Signal};

use crate::args::Args;
use crate::lines;

/// How long clients that take nothing may hold a server that was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What was served, and who is connected: the state that all handlers share.
#[derive(Debug, Default)]
pub(crate) struct Served {
    connections: u64,
    lines: u64,
    bytes: u64,
    timed_out: u64,
    refused: u64,
    max_line: usize,
    open: HashSet<StreamKey>,
    stopping: bool,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, lines, bytes, timed_out, refused, .. } = self;
        write!(f, "served: connections {connections}, lines {lines}, bytes {bytes}, ")?;
        write!(f, "timed out {timed_out}, refused {refused}, cut off {}", self.open.len())
    }
}

/// A server that is listening.
pub(crate) struct Service {
    reactor: Reactor<Served>,
    addr: SocketAddr,
}

impl Service {
    /// Listens, and is ready for signals before the first client is accepted.
    pub(crate) fn start(args: &Args) -> io::Result<Self> {
        let mut reactor = Reactor::new()?;
        // Every idle timeout is equal: one queue, and a touch for every byte that moves.
        let idle = reactor.common_timeout(args.idle_timeout);
        let cap = usize::try_from(args.max_connections).unwrap_or(usize::MAX);
        let max_line = usize::try_from(args.max_line).unwrap_or(usize::MAX);
        let options = ListenerOptions::default();
        let listener = Listener::bind(
            &mut reactor,
            args.listen,
            options,
            move |served: &mut Served, reactor, accepted| {
                if served.open.len() >= cap {
                    // Dropping the stream closes it.
                    served.refused += 1;
                    return Ok(());
                }
                let stream = BufferEvent::new(accepted.stream)
                    .read_high_water(max_line)
                    .idle_timeout(idle)
                    .attach(reactor, rot13)?;
                served.connections += 1;
                served.open.insert(stream);
                Ok(())
            },
        )?;
        let addr =
            reactor.source_mut(listener).map_or(Ok(args.listen), |l| l.local_addr())?;
        for signal in [Signal::Interrupt, Signal::Terminate] {
            reactor.on_signal(signal, move |served, reactor, _| {
                stop(served, reactor, listener);
                Next::Continue
            })?;
        }
        Ok(Self { reactor, addr })
    }

    /// Where it listens: with the port that port 0 became.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until a signal, and says what was served.
    pub(crate) fn run(mut self, max_line: u32) -> io::Result<Served> {
        let max_line = usize::try_from(max_line).unwrap_or(usize::MAX);
        let mut served = Served { max_line, ..Served::default() };
        self.reactor.run(&mut served)?;
        Ok(served)
    }
}

/// The handler of every stream.
#[allow(clippy::needless_pass_by_value, reason = "a handler owns its event")]
fn rot13(
    served: &mut Served,
    reactor: &mut Reactor<Served>,
    stream: &mut BufferEvent,
    event: Event,
) {
    match event {
        Event::Readable => {
            let (input, output) = stream.buffers();
            let answered = lines::answer(input, output, served.max_line);
            served.lines += answered.lines;
            served.bytes += answered.bytes;
        }
        // Whole lines are answered by now; what is left is unfinished, and dropped.
        Event::Eof => stream.close_when_flushed(),
        Event::TimedOut(_) => {
            served.timed_out += 1;
            stream.close();
        }
        Event::Error(_) => stream.close(),
        Event::Closed => {
            served.open.remove(&stream.key());
            if served.stopping && served.open.is_empty() {
                reactor.stop();
            }
        }
        _ => {}
    }
}

/// A signal came. The first: no more clients, and a close for each stream once it has what it is
/// owed. The second, or the end of the grace: enough.
fn stop(served: &mut Served, reactor: &mut Reactor<Served>, listener: ListenerKey) {
    if served.stopping {
        reactor.stop();
        return;
    }
    served.stopping = true;
    drop(reactor.deregister(listener));
    for key in &served.open {
        if let Some(stream) = reactor.source_mut(*key) {
            stream.close_when_flushed();
        }
    }
    if served.open.is_empty() {
        reactor.stop();
    } else {
        reactor.after(GRACE, |_, reactor, _| reactor.stop());
    }
}
