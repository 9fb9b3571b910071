//! [`End`]: one end of a stream. What it holds, what it may do, what is ready about it.

use alloc::collections::VecDeque;
use std::io::{self, ErrorKind};

use mio::Interest;

use super::faults::Plan;
use super::kernel::Name;
use crate::reactor::Ready;

/// One end of a stream.
#[derive(Debug)]
pub(super) struct End {
    /// The other end, until that is closed.
    pub(super) peer: Option<Name>,
    /// What the peer has sent and nobody has read.
    input: VecDeque<u8>,
    /// How much of that there may be.
    capacity: usize,
    /// No more bytes will come.
    pub(super) read_shut: bool,
    /// No more bytes will be sent.
    pub(super) write_shut: bool,
    /// To be told once, by a read or by `take_error`.
    error: Option<ErrorKind>,
    pub(super) plan: Plan,
}

/// What is ready, before anybody asks what he is interested in.
#[derive(Copy, Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts that hold independently")]
pub(super) struct State {
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) read_shut: bool,
    pub(super) write_shut: bool,
    pub(super) error: bool,
}

impl End {
    pub(super) fn new(peer: Name, capacity: usize) -> Self {
        Self {
            peer: Some(peer),
            input: VecDeque::new(),
            capacity: capacity.max(1),
            read_shut: false,
            write_shut: false,
            error: None,
            plan: Plan::default(),
        }
    }

    /// How much more the peer may send.
    pub(super) fn room(&self) -> usize {
        self.capacity - self.input.len()
    }

    pub(super) fn is_readable(&self) -> bool {
        !self.input.is_empty() || self.read_shut
    }

    /// Moves out what has come, `most` bytes of it. At the end of that: what there is to say.
    pub(super) fn read(&mut self, out: &mut [u8], most: usize) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if self.input.is_empty() {
            return match self.error.take() {
                Some(error) => Err(error.into()),
                None if self.read_shut => Ok(0),
                None => Err(ErrorKind::WouldBlock.into()),
            };
        }
        let wanted = out.len().min(most);
        let mut done = 0;
        while done < wanted {
            let (front, _) = self.input.as_slices();
            let part = front.len().min(wanted - done);
            if part == 0 {
                break;
            }
            out[done..done + part].copy_from_slice(&front[..part]);
            self.input.drain(..part);
            done += part;
        }
        Ok(done)
    }

    /// Takes what the peer sends, as much of it as there is room for.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.room());
        self.input.extend(&bytes[..taken]);
        taken
    }

    /// The peer is gone. True bytes stay readable; behind them comes an error, if it left some unread.
    pub(super) fn hang_up(&mut self, is_reset: bool) {
        self.peer = None;
        (self.read_shut, self.write_shut) = (true, true);
        if is_reset {
            self.error = Some(ErrorKind::ConnectionReset);
        }
    }

    /// Whether closing it now resets the connection.
    pub(super) fn has_unread(&self) -> bool {
        !self.input.is_empty()
    }

    pub(super) fn take_error(&mut self) -> Option<ErrorKind> {
        self.error.take()
    }

    /// What is ready, when the peer has so much room; `None`: there is no peer.
    pub(super) fn state(&self, room: Option<usize>) -> State {
        State {
            readable: self.is_readable(),
            writable: room.is_none_or(|room| room > 0),
            read_shut: self.read_shut,
            write_shut: self.write_shut,
            error: self.error.is_some(),
        }
    }
}

impl State {
    /// What mio makes of what epoll reports of a Unix-domain stream in that state.
    pub(super) fn ready(self, interest: Interest) -> Ready {
        let input = self.readable && interest.is_readable();
        let output = self.writable && interest.is_writable();
        let is_over = self.read_shut && self.write_shut;
        let mut ready = Ready::NONE;
        for (is_set, cause) in [
            (input, Ready::READABLE),
            (output, Ready::WRITABLE),
            (is_over || (input && self.read_shut), Ready::READ_CLOSED),
            (is_over || (output && self.error), Ready::WRITE_CLOSED),
            (self.error, Ready::ERROR),
        ] {
            if is_set {
                ready |= cause;
            }
        }
        ready
    }
}
