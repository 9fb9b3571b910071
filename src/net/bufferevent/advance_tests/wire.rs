//! A wire made of a script, and one call of the driver without a reactor.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::format;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::string::String;
use std::vec::Vec;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::super::flow::Share;
use super::super::{BufferEvent, Event};
use crate::net::Stream;
use crate::reactor::Ready;

/// The kernel's side of a stream.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) incoming: VecDeque<u8>,
    pub(super) fin: bool,
    pub(super) read_error: Option<ErrorKind>,
    /// How many bytes the stream takes before it would block.
    pub(super) room: usize,
    pub(super) write_error: Option<ErrorKind>,
    pub(super) sent: Vec<u8>,
    pub(super) reads: usize,
    pub(super) shut_down: bool,
}

#[derive(Clone, Default)]
pub(super) struct Peer(pub(super) Rc<RefCell<Wire>>);

impl Read for Peer {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let wire = &mut *self.0.borrow_mut();
        wire.reads += 1;
        if !wire.incoming.is_empty() {
            return wire.incoming.read(to);
        }
        match wire.read_error {
            Some(error) => Err(error.into()),
            None if wire.fin => Ok(0),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wire = &mut *self.0.borrow_mut();
        if let Some(error) = wire.write_error {
            return Err(error.into());
        }
        let n = bytes.len().min(wire.room);
        if n == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        wire.room -= n;
        wire.sent.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for Peer {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Peer {
    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        self.0.borrow_mut().shut_down = true;
        Ok(())
    }
}

impl Peer {
    /// A peer that takes all it is sent.
    pub(super) fn new() -> Self {
        let peer = Self::default();
        peer.0.borrow_mut().room = usize::MAX;
        peer
    }

    pub(super) fn stream(&self) -> BufferEvent {
        BufferEvent::new(self.clone())
    }

    pub(super) fn sends(&self, bytes: &[u8]) {
        self.0.borrow_mut().incoming.extend(bytes);
    }

    pub(super) fn takes(&self, bytes: usize) {
        self.0.borrow_mut().room = bytes;
    }

    pub(super) fn sent(&self) -> usize {
        self.0.borrow().sent.len()
    }
}

/// One call of the driver: what was told, and whether the reactor would call again by itself.
pub(super) fn turn(
    stream: &mut BufferEvent,
    ready: Ready,
    mut handler: impl FnMut(&mut BufferEvent, &Event),
) -> (Vec<String>, bool) {
    stream.absorb(ready);
    let mut share = Share::of_turn(1);
    let mut told = Vec::new();
    while let Some(event) = stream.advance(&mut share) {
        told.push(match &event {
            Event::Error(error) => format!("Error({:?})", error.kind()),
            event => format!("{event:?}"),
        });
        handler(stream, &event);
    }
    (told, stream.has_work(&share))
}

pub(super) fn leave(_: &mut BufferEvent, _: &Event) {}

pub(super) fn take_all(stream: &mut BufferEvent, _: &Event) {
    stream.input().clear();
}

pub(super) fn echo(stream: &mut BufferEvent, event: &Event) {
    if matches!(event, Event::Readable) {
        let (input, output) = stream.buffers();
        output.append(input);
    }
}

pub(super) const NOTHING: (Vec<String>, bool) = (Vec::new(), false);

pub(super) fn told(events: &[&str]) -> (Vec<String>, bool) {
    (events.iter().map(|event| String::from(*event)).collect(), false)
}
