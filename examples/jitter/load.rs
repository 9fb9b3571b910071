//! [`Load`]: echo traffic beside what is measured, from a client thread over Unix sockets.
//!
//! The client has a few connections, sends a burst of lines over one after another and takes the
//! echo back before it goes on. It rests after each round: a few percent of a processor, no more.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tourbillon::net::{BufferEvent, Event, StreamKey};
use tourbillon::reactor::Reactor;

/// How many connections there are, and what goes over one at a time.
const CONNECTIONS: usize = 4;
const LINES: usize = 16;
const LINE: [u8; 64] =
    *b"the quick brown fox jumps over the lazy dog, again and again...\n";

/// Between two rounds over all connections.
const REST: Duration = Duration::from_micros(500);

/// How long a client waits for an echo before it looks whether it is to end. (The reactor that it
/// talks to may have ended already.)
const PATIENCE: Duration = Duration::from_millis(20);

/// Traffic that flows until [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Load {
    over: Arc<AtomicBool>,
    client: JoinHandle<u64>,
}

impl Load {
    /// Traffic that `reactor` echoes, as long as it turns. The keys are to be deregistered.
    pub(crate) fn on<S: 'static>(
        reactor: &mut Reactor<S>,
    ) -> io::Result<(Self, Vec<StreamKey>)> {
        let mut clients = Vec::new();
        let mut streams = Vec::new();
        for _ in 0..CONNECTIONS {
            let (server, client) = UnixStream::pair()?;
            server.set_nonblocking(true)?;
            client.set_read_timeout(Some(PATIENCE))?;
            client.set_write_timeout(Some(PATIENCE))?;
            let server = mio::net::UnixStream::from_std(server);
            streams.push(BufferEvent::new(server).attach(reactor, echo)?);
            clients.push(client);
        }
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let client = thread::Builder::new()
            .name("load".into())
            .spawn(move || talk(&clients, &until))?;
        Ok((Self { over, client }, streams))
    }

    /// The same traffic, echoed by a thread of its own: for loops that have no room for it.
    pub(crate) fn beside() -> io::Result<Self> {
        let (sender, receiver) = std::sync::mpsc::channel();
        thread::Builder::new().name("echo".into()).spawn(move || {
            let started = Reactor::<()>::new().and_then(|mut reactor| {
                Self::on(&mut reactor).map(|(load, _)| (load, reactor))
            });
            match started {
                Ok((load, mut reactor)) => {
                    let _ = sender.send(Ok(load));
                    // Until the client has closed its ends, and nothing is left.
                    let _ = reactor.run(&mut ());
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        })?;
        receiver.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }

    /// Ends it, and says how many lines were echoed.
    pub(crate) fn finish(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.client.join().unwrap_or(0)
    }
}

/// The handler of every stream.
#[allow(clippy::needless_pass_by_value, reason = "a handler owns its event")]
fn echo<S>(_: &mut S, _: &mut Reactor<S>, stream: &mut BufferEvent, event: Event) {
    match event {
        Event::Readable => {
            let (input, output) = stream.buffers();
            output.append(input);
        }
        Event::Eof | Event::Error(_) | Event::TimedOut(_) => stream.close(),
        _ => {}
    }
}

/// The client: how many lines came back until it is over.
fn talk(connections: &[UnixStream], over: &AtomicBool) -> u64 {
    let burst = LINE.repeat(LINES);
    let mut echo = vec![0; burst.len()];
    let mut lines = 0;
    while !over.load(Ordering::Relaxed) {
        for mut connection in connections {
            // A burst fits the socket's buffer, so that it is never written in part.
            if connection.write_all(&burst).is_err()
                || read_all(connection, &mut echo, over).is_err()
            {
                return lines;
            }
            lines += LINES as u64;
        }
        thread::sleep(REST);
    }
    lines
}

/// Reads until `echo` is full, or it is over.
fn read_all(
    mut connection: &UnixStream,
    echo: &mut [u8],
    over: &AtomicBool,
) -> io::Result<()> {
    let mut filled = 0;
    while filled < echo.len() {
        match connection.read(&mut echo[filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted
                    if !over.load(Ordering::Relaxed) => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}
