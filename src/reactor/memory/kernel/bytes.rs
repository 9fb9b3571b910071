//! How bytes get from one end to the other, and what that makes ready.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use mio::Interest;

use super::{Body, Edge, Kernel, Name};
use crate::reactor::Ready;
use crate::reactor::memory::end::{End, State};

impl Kernel {
    pub(in crate::reactor::memory) fn read(
        &mut self,
        name: Name,
        out: &mut [u8],
    ) -> io::Result<usize> {
        let Some(end) = self.end_mut(name) else {
            return Err(ErrorKind::NotConnected.into());
        };
        if let Some(kind) = end.plan.failing_read.take() {
            if end.is_readable() {
                self.wake(name, Edge::Readable);
            }
            return Err(kind.into());
        }
        let (was_full, most) = (end.room() == 0, end.plan.most_read());
        let read = end.read(out, most);
        let (makes_room, peer) = (was_full && end.room() > 0, end.peer);
        let is_cut = most < out.len() && end.is_readable();
        if makes_room && let Some(peer) = peer {
            self.wake(peer, Edge::Writable);
        }
        if is_cut && read.as_ref().is_ok_and(|n| *n > 0) {
            self.wake(name, Edge::Readable);
        }
        read
    }

    pub(in crate::reactor::memory) fn write(
        &mut self,
        name: Name,
        bytes: &[u8],
    ) -> io::Result<usize> {
        let Some(end) = self.end_mut(name) else {
            return Err(ErrorKind::NotConnected.into());
        };
        let (failing, most) = (end.plan.failing_write.take(), end.plan.most_written());
        let (is_shut, peer) = (end.write_shut, end.peer);
        if let Some(kind) = failing {
            if self.state_of(name).is_some_and(|state| state.writable) {
                self.wake(name, Edge::Writable);
            }
            return Err(kind.into());
        }
        let Some(peer) = peer.filter(|_| !is_shut) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        if bytes.is_empty() {
            return Ok(0);
        }
        let offered = &bytes[..bytes.len().min(most)];
        let Some(other) = self.end_mut(peer) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        let written = other.take(offered);
        if written == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let is_cut = offered.len() < bytes.len() && other.room() > 0;
        self.wake(peer, Edge::Readable);
        if is_cut {
            self.wake(name, Edge::Writable);
        }
        Ok(written)
    }

    pub(in crate::reactor::memory) fn shutdown(&mut self, name: Name, how: Shutdown) {
        let (reads, writes) = match how {
            Shutdown::Read => (true, false),
            Shutdown::Write => (false, true),
            Shutdown::Both => (true, true),
        };
        let Some(end) = self.end_mut(name) else { return };
        end.read_shut |= reads;
        end.write_shut |= writes;
        let peer = end.peer;
        self.wake(name, Edge::Any);
        if let Some(peer) = peer
            && let Some(other) = self.end_mut(peer)
        {
            // Where one end reads no more, the other can write no more.
            other.read_shut |= writes;
            other.write_shut |= reads;
            self.wake(peer, Edge::Any);
        }
    }

    fn state_of(&self, name: Name) -> Option<State> {
        let end = self.end(name)?;
        let peer = end.peer.and_then(|peer| self.end(peer));
        Some(end.state(peer.map(End::room)))
    }

    pub(super) fn ready(&self, name: Name, interest: Interest) -> Ready {
        if let Some(state) = self.state_of(name) {
            return state.ready(interest);
        }
        match self.get(name).map(|socket| &socket.body) {
            Some(Body::Listener(door))
                if !door.waiting.is_empty() && interest.is_readable() =>
            {
                Ready::READABLE
            }
            _ => Ready::NONE,
        }
    }
}
