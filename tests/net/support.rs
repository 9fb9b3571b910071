//! A reactor, a listener on a free port, clients, and a log of what every stream was told.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tourbillon::{
    BufferEvent, Event, Listener, ListenerOptions, Reactor, ReactorClock, StreamKey,
};

/// Longer than anything here takes on the slowest machine; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the streams were told, and which there are.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) events: Vec<(StreamKey, String)>,
    pub(crate) streams: Vec<StreamKey>,
}

impl Log {
    /// What one stream was told.
    pub(crate) fn of(&self, key: StreamKey) -> Vec<&str> {
        let mine = self.events.iter().filter(|(of, _)| *of == key);
        mine.map(|(_, event)| event.as_str()).collect()
    }

    pub(crate) fn note(&mut self, stream: &BufferEvent, event: &Event) {
        let event = match event {
            Event::Error(error) => format!("Error({:?})", error.kind()),
            event => format!("{event:?}"),
        };
        self.events.push((stream.key(), event));
    }
}

pub(crate) struct Server {
    pub(crate) reactor: Reactor<Log>,
    pub(crate) log: Log,
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Every stream is set up by `setup` and gets `handler`; what it is told is logged.
    pub(crate) fn new(
        setup: impl Fn(BufferEvent) -> BufferEvent + 'static,
        handler: impl Fn(&mut Reactor<Log>, &mut BufferEvent, &Event) + Clone + 'static,
    ) -> Self {
        Self::build(Reactor::new().unwrap(), setup, handler)
    }

    pub(crate) fn on_clock(
        clock: impl Into<ReactorClock>,
        setup: impl Fn(BufferEvent) -> BufferEvent + 'static,
        handler: impl Fn(&mut Reactor<Log>, &mut BufferEvent, &Event) + Clone + 'static,
    ) -> Self {
        Self::build(Reactor::builder().clock(clock).build().unwrap(), setup, handler)
    }

    pub(crate) fn build(
        mut reactor: Reactor<Log>,
        setup: impl Fn(BufferEvent) -> BufferEvent + 'static,
        handler: impl Fn(&mut Reactor<Log>, &mut BufferEvent, &Event) + Clone + 'static,
    ) -> Self {
        let options = ListenerOptions::default();
        let listener = Listener::bind(
            &mut reactor,
            "127.0.0.1:0",
            options,
            move |log: &mut Log, reactor, accepted| {
                let handler = handler.clone();
                let key = setup(BufferEvent::new(accepted.stream)).attach(
                    reactor,
                    move |log: &mut Log, reactor, stream, event| {
                        log.note(stream, &event);
                        handler(reactor, stream, &event);
                    },
                )?;
                log.streams.push(key);
                Ok(())
            },
        )
        .unwrap();
        let addr = reactor.source_mut(listener).unwrap().local_addr().unwrap();
        Self { reactor, log: Log::default(), addr }
    }

    /// A connected client, and the server's end of it.
    pub(crate) fn connect(&mut self) -> (TcpStream, StreamKey) {
        let client = TcpStream::connect(self.addr).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let before = self.log.streams.len();
        self.turn_until(|server| server.log.streams.len() > before);
        let key = *self.log.streams.last().unwrap();
        (client, key)
    }

    /// Turns until `done`.
    pub(crate) fn turn_until(&mut self, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < deadline, "it never came: {:?}", self.log.events);
            self.reactor.turn(&mut self.log, Duration::from_millis(10)).unwrap();
        }
    }

    /// Turns until the stream was told `event`.
    pub(crate) fn turn_until_told(&mut self, key: StreamKey, event: &str) {
        self.turn_until(|server| server.log.of(key).contains(&event));
    }

    /// Turns without sleeping until nothing happens in a row of turns.
    pub(crate) fn settle(&mut self) {
        let mut quiet = 0;
        while quiet < 3 {
            let turn =
                self.reactor.turn(&mut self.log, Duration::from_millis(1)).unwrap();
            quiet = if turn.is_empty() { quiet + 1 } else { 0 };
        }
    }

    /// Turns while the client, nonblocking, reads all up to the end.
    pub(crate) fn read_to_end(&mut self, client: &mut TcpStream) -> io::Result<Vec<u8>> {
        client.set_nonblocking(true)?;
        let mut got = Vec::new();
        let mut part = vec![0; 64 * 1024];
        let mut result = None;
        self.turn_until(|_| {
            match client.read(&mut part) {
                Ok(0) => result = Some(Ok(())),
                Ok(n) => got.extend_from_slice(&part[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => result = Some(Err(error)),
            }
            result.is_some()
        });
        result.unwrap().map(|()| got)
    }

    /// Turns until the client has got so many bytes.
    pub(crate) fn read_exactly(&mut self, client: &mut TcpStream, n: usize) -> Vec<u8> {
        client.set_nonblocking(true).unwrap();
        let (mut got, mut len) = (vec![0; n], 0);
        self.turn_until(|_| {
            match client.read(&mut got[len..]) {
                Ok(0) => panic!("the end after {len} of {n} bytes"),
                Ok(more) => len += more,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            len == n
        });
        client.set_nonblocking(false).unwrap();
        got
    }
}

pub(crate) fn as_it_is(stream: BufferEvent) -> BufferEvent {
    stream
}

pub(crate) fn nothing(_: &mut Reactor<Log>, _: &mut BufferEvent, _: &Event) {}

/// Sends back what came, and closes when the client has sent all.
pub(crate) fn echo(_: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event) {
    match event {
        Event::Readable => {
            let (input, output) = stream.buffers();
            output.append(input);
        }
        Event::Eof => stream.close_when_flushed(),
        Event::TimedOut(_) => stream.close(),
        _ => {}
    }
}

/// Bytes of which no two near each other look alike.
pub(crate) fn pattern(n: usize) -> Vec<u8> {
    (0..n).map(|at| (at % 251) as u8 ^ (at / 251 % 241) as u8).collect()
}

/// Writes until the socket takes no more, and says how much it took.
pub(crate) fn write_until_full(client: &mut TcpStream, bytes: &[u8]) -> usize {
    client.set_nonblocking(true).unwrap();
    let mut written = 0;
    while let Some(rest @ [_, ..]) = bytes.get(written..) {
        match client.write(rest) {
            Ok(n) => written += n,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                break;
            }
        }
    }
    written
}
