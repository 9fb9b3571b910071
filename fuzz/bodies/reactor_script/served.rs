//! The service: a listener, and a handler for each kind of connection.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use tourbillon::reactor::memory::{MemoryListener, MemoryStream};
use tourbillon::reactor::{Interest, Next, Ready};
use tourbillon::time::Instant;
use tourbillon::{BufferEvent, Event, SourceKey};

use super::conn::{Conn, Key, Service};
use super::world::{Phase, Sim, World};

/// How long a stream may be silent, read nothing or write nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(11);
const WRITE_TIMEOUT: Duration = Duration::from_secs(17);
/// Accepted in one call.
const ACCEPTS: usize = 3;
/// Bytes that a bare stream's handler takes in one call.
const SHARE: usize = 7;

impl World {
    /// Listens, if nobody does.
    pub(super) fn open_door(&mut self, reactor: &mut Sim) {
        if self.door.is_some() {
            return;
        }
        let listener = self.memory.listener(6);
        let connector = listener.connector();
        let key = reactor.register(
            listener,
            Interest::READABLE,
            |world: &mut Self, reactor, listener, _| {
                world.accept_some(reactor, listener);
                Next::Continue
            },
        );
        self.door = Some((key.expect("a listener"), connector));
    }

    fn accept_some(&mut self, reactor: &mut Sim, listener: &mut MemoryListener) {
        self.enter(Phase::Sources);
        for _ in 0..ACCEPTS {
            match listener.accept() {
                Ok(stream) => {
                    let id = self.doorstep.pop_front().expect("P3: accepted twice");
                    self.serve(reactor, id, stream);
                }
                // No more, or a failure after which an event follows.
                Err(_) => return,
            }
        }
        let key = self.door.as_ref().map(|(key, _)| *key);
        if let Some(key) = key {
            reactor.activate(key, Ready::READABLE);
        }
    }

    fn serve(&mut self, reactor: &mut Sim, id: u64, stream: MemoryStream) {
        let now = self.reading(reactor);
        let idle = self.queues[2];
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.faults = Some(stream.faults());
        (conn.born_at, conn.is_alive) = (now, true);
        let key = match conn.service {
            Service::Echo | Service::Lines => {
                let mut stream = BufferEvent::new(stream)
                    .read_high_water(conn.input_limit())
                    .write_high_water(conn.output_limit())
                    .write_low_water(conn.output_limit() / 4);
                if conn.how & 16 != 0 {
                    stream = stream.idle_timeout(idle);
                }
                if conn.how & 32 != 0 {
                    stream =
                        stream.read_timeout(READ_TIMEOUT).write_timeout(WRITE_TIMEOUT);
                }
                let attached = stream.attach(
                    reactor,
                    move |world: &mut Self, reactor, stream, event| {
                        world.told(reactor, id, stream, event);
                    },
                );
                Key::Stream(attached.expect("a stream"))
            }
            Service::Raw | Service::Bystander => {
                let registered = reactor.register(
                    stream,
                    Interest::READABLE,
                    move |world: &mut Self, reactor, stream, ready| {
                        world.ready(reactor, id, stream, ready)
                    },
                );
                Key::Raw(registered.expect("a stream"))
            }
        };
        conn.key = Some(key);
        self.report.connections += 1;
        self.note("serve", [id, 0]);
    }

    /// A handler is called, and must not have been gone.
    fn enter_conn(&mut self, reactor: &Sim, id: u64) -> &mut Conn {
        self.enter(Phase::Sources);
        let turn = reactor.stats().turns;
        let conn = self.conns.get_mut(&id);
        let conn = conn.unwrap_or_else(|| panic!("P3: connection {id} was buried"));
        assert!(conn.is_alive, "P3: a call for connection {id}, which is gone");
        let calls = if conn.calls.0 == turn { conn.calls.1 + 1 } else { 1 };
        conn.calls = (turn, calls);
        // Its own timers are called on top of its share, and the last two events are free.
        assert!(calls <= 80, "P5: connection {id} was called {calls} times in a turn");
        conn
    }

    fn told(
        &mut self,
        reactor: &mut Sim,
        id: u64,
        stream: &mut BufferEvent,
        event: Event,
    ) {
        let now = self.reading(reactor);
        let conn = self.enter_conn(reactor, id);
        let acts = conn.acts;
        let name = match &event {
            Event::Readable => "readable",
            Event::Drained => "drained",
            Event::Eof => "eof",
            Event::TimedOut(_) => "timed out",
            Event::Error(_) => "error",
            _ => "closed",
        };
        match event {
            Event::Readable => take_input(conn, stream),
            Event::Eof => {
                assert!(!std::mem::replace(&mut conn.has_eof, true), "P3: two ends");
                stream.close_when_flushed();
            }
            Event::TimedOut(_) => {
                let least = READ_TIMEOUT.min(WRITE_TIMEOUT);
                let lived = now.saturating_duration_since(conn.born_at);
                // The end of time is when all is due that would come after it.
                assert!(
                    lived >= least || now == Instant::MAX,
                    "P1: a stream's timeout after {lived:?}"
                );
                conn.is_disturbed = true;
                stream.close();
            }
            Event::Error(error) => {
                assert!(conn.is_disturbed || conn.far.is_none(), "{id}: {error}");
                conn.is_disturbed = true;
            }
            Event::Closed => conn.is_alive = false,
            _ => {}
        }
        if conn.is_alive {
            let (input, most) = (stream.input().len(), conn.input_limit());
            assert!(input <= most, "P12: {input} of {most} bytes in the input of {id}");
            let most = conn.output_limit() + conn.input_limit();
            let output = stream.output().len();
            assert!(
                output <= most,
                "P12: {output} of {most} bytes in the output of {id}"
            );
        }
        let taken = conn.taken;
        self.note(name, [id, taken]);
        self.act(reactor, acts);
        self.end_conn_call(id);
    }

    fn ready(
        &mut self,
        reactor: &mut Sim,
        id: u64,
        stream: &mut MemoryStream,
        _: Ready,
    ) -> Next {
        let conn = self.enter_conn(reactor, id);
        let acts = conn.acts;
        if conn.service == Service::Bystander {
            assert!(conn.is_noisy, "P3: {id} was called for nothing of its own");
        }
        let mut part = [0; SHARE];
        let next = match stream.read(&mut part) {
            Ok(0) => Next::Stop,
            Ok(n) => {
                for byte in &part[..n] {
                    assert_eq!(*byte, Conn::byte_at(id, conn.taken), "bytes of {id}");
                    conn.taken += 1;
                }
                let Some(Key::Raw(key)) = conn.key else {
                    panic!("{id} is no bare stream")
                };
                // It stops before `WouldBlock`, and says so.
                reactor.activate(key, Ready::READABLE);
                Next::Continue
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => Next::Continue,
                ErrorKind::Interrupted => {
                    let Some(Key::Raw(key)) = conn.key else {
                        panic!("{id} is no bare stream")
                    };
                    reactor.activate(key, Ready::READABLE);
                    Next::Continue
                }
                _ => {
                    assert!(conn.is_disturbed || conn.far.is_none(), "{id}: {error}");
                    Next::Stop
                }
            },
        };
        let taken = conn.taken;
        conn.is_alive = next == Next::Continue;
        self.note("raw", [id, taken]);
        self.act(reactor, acts);
        self.end_conn_call(id);
        next
    }

    /// The handler of a connection returns, or panics and is gone with its stream.
    fn end_conn_call(&mut self, id: u64) {
        if !self.takes_panic() {
            return;
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            (conn.is_alive, conn.is_disturbed) = (false, true);
        }
        self.panic_on_purpose();
    }

    /// The script's door, if anybody is behind it.
    pub(super) fn door_key(&self) -> Option<SourceKey<MemoryListener>> {
        self.door.as_ref().map(|(key, _)| *key)
    }
}

/// Takes and answers what came in.
fn take_input(conn: &mut Conn, stream: &mut BufferEvent) {
    let (input, output) = stream.buffers();
    let until = conn.taken + input.len() as u64;
    assert!(until > conn.announced, "P5: {} is told of what it knows", conn.id);
    conn.announced = until;
    let whole = match conn.service {
        Service::Lines => {
            let bytes = input.make_contiguous();
            bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)
        }
        _ => input.len(),
    };
    for byte in input.move_to(output, whole) {
        assert_eq!(*byte, Conn::byte_at(conn.id, conn.taken), "bytes of {}", conn.id);
        *byte = Conn::answer_at(conn.id, conn.taken);
        conn.taken += 1;
    }
    conn.answered = conn.taken;
    if conn.service == Service::Lines && input.len() >= conn.input_limit() {
        // An endless line.
        conn.is_disturbed = true;
        stream.close();
    }
}
