//! [`Kernel`]: all sockets of a [`Memory`](super::Memory), their registrations, and the queue of events.

mod bytes;
mod events;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
use std::io::{self, ErrorKind};

use mio::{Interest, Token};

use super::attachment::Identity;
use super::end::End;

/// A socket's name: none is used twice.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) struct Name {
    slot: usize,
    number: u64,
}

#[derive(Debug)]
pub(super) struct Socket {
    number: u64,
    registration: Option<Registration>,
    /// Events are kept back.
    pub(super) withholds: bool,
    /// To be reported ready, whether it is or not.
    pub(super) spurious: bool,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Vacant,
    Stream(End),
    Listener(Door),
}

/// Where connections wait: the ends that `accept` gives out.
#[derive(Debug)]
pub(super) struct Door {
    waiting: VecDeque<Name>,
    backlog: usize,
    pub(super) failing: Option<ErrorKind>,
}

#[derive(Copy, Clone, Debug)]
struct Registration {
    number: u64,
    token: Token,
    interest: Interest,
    /// There is something to tell.
    is_pending: bool,
    is_queued: bool,
}

/// What has happened to a socket.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Edge {
    Readable,
    Writable,
    /// It was shut down or closed, or is looked at anew: of interest whatever for.
    Any,
}

#[derive(Debug, Default)]
pub(super) struct Kernel {
    sockets: Vec<Socket>,
    vacant: Vec<usize>,
    /// Slots, and numbers of registrations.
    queue: VecDeque<(usize, u64)>,
    last_number: u64,
    registered: usize,
    attached_to: Option<Identity>,
    interrupts: u64,
}

impl Kernel {
    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn open(&mut self) -> Name {
        let number = self.number();
        let socket = Socket {
            number,
            registration: None,
            withholds: false,
            spurious: false,
            body: Body::Vacant,
        };
        let slot = if let Some(slot) = self.vacant.pop() {
            self.sockets[slot] = socket;
            slot
        } else {
            self.sockets.push(socket);
            self.sockets.len() - 1
        };
        Name { slot, number }
    }

    /// How many sockets are open.
    pub(super) fn len(&self) -> usize {
        self.sockets.len() - self.vacant.len()
    }

    fn get(&self, name: Name) -> Option<&Socket> {
        self.sockets.get(name.slot).filter(|socket| socket.number == name.number)
    }

    /// The socket, unless it is closed.
    pub(super) fn get_mut(&mut self, name: Name) -> Option<&mut Socket> {
        self.sockets.get_mut(name.slot).filter(|socket| socket.number == name.number)
    }

    fn end(&self, name: Name) -> Option<&End> {
        match &self.get(name)?.body {
            Body::Stream(end) => Some(end),
            Body::Listener(_) | Body::Vacant => None,
        }
    }

    /// The end of a stream, unless it is closed.
    pub(super) fn end_mut(&mut self, name: Name) -> Option<&mut End> {
        match &mut self.get_mut(name)?.body {
            Body::Stream(end) => Some(end),
            Body::Listener(_) | Body::Vacant => None,
        }
    }

    /// The door of a listener, unless that is closed.
    pub(super) fn door_mut(&mut self, name: Name) -> Option<&mut Door> {
        match &mut self.get_mut(name)?.body {
            Body::Listener(door) => Some(door),
            Body::Stream(_) | Body::Vacant => None,
        }
    }

    pub(super) fn pair(&mut self, capacity: usize) -> (Name, Name) {
        let (one, other) = (self.open(), self.open());
        self.sockets[one.slot].body = Body::Stream(End::new(other, capacity));
        self.sockets[other.slot].body = Body::Stream(End::new(one, capacity));
        (one, other)
    }

    pub(super) fn listen(&mut self, backlog: usize) -> Name {
        let name = self.open();
        let door =
            Door { waiting: VecDeque::new(), backlog: backlog.max(1), failing: None };
        self.sockets[name.slot].body = Body::Listener(door);
        name
    }

    pub(super) fn connect(
        &mut self,
        listener: Name,
        capacity: usize,
    ) -> io::Result<Name> {
        match self.door_mut(listener) {
            None => return Err(ErrorKind::ConnectionRefused.into()),
            Some(door) if door.waiting.len() >= door.backlog => {
                return Err(ErrorKind::WouldBlock.into());
            }
            Some(_) => {}
        }
        let (near, far) = self.pair(capacity);
        if let Some(door) = self.door_mut(listener) {
            door.waiting.push_back(near);
        }
        self.wake(listener, Edge::Readable);
        Ok(far)
    }

    pub(super) fn accept(&mut self, listener: Name) -> io::Result<Name> {
        let Some(door) = self.door_mut(listener) else {
            return Err(ErrorKind::NotConnected.into());
        };
        if let Some(kind) = door.failing.take() {
            // As with a read that fails: who believes it and waits is told again.
            if !door.waiting.is_empty() {
                self.wake(listener, Edge::Readable);
            }
            return Err(kind.into());
        }
        door.waiting.pop_front().ok_or_else(|| ErrorKind::WouldBlock.into())
    }

    pub(super) fn close(&mut self, name: Name) {
        let Some(socket) = self.get_mut(name) else { return };
        let body = mem::replace(&mut socket.body, Body::Vacant);
        // No name is that old.
        socket.number = 0;
        let registration = socket.registration.take();
        self.registered -= usize::from(registration.is_some());
        self.vacant.push(name.slot);
        match body {
            Body::Stream(end) => self.hang_up(end.peer, end.has_unread()),
            Body::Listener(door) => {
                for near in door.waiting {
                    let far = self.end(near).and_then(|end| end.peer);
                    self.hang_up(far, true);
                    self.close(near);
                }
            }
            Body::Vacant => {}
        }
    }

    fn hang_up(&mut self, name: Option<Name>, is_reset: bool) {
        let Some(name) = name else { return };
        if let Some(end) = self.end_mut(name) {
            end.hang_up(is_reset);
            self.wake(name, Edge::Any);
        }
    }

    /// The connection of that end is lost, and it is told so.
    pub(super) fn reset(&mut self, name: Name) {
        let peer = self.end(name).and_then(|end| end.peer);
        if peer.is_some() {
            self.hang_up(Some(name), true);
            self.hang_up(peer, false);
        }
    }
}
