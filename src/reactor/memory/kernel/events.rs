//! Who is registered where and for what, and the queue of events (I1 to I3 of the [room](crate::reactor::memory)).

use core::mem;
use std::io::{self, ErrorKind};

use mio::{Interest, Registry, Token};

use super::{Edge, Kernel, Name, Registration};
use crate::reactor::Ready;
use crate::reactor::memory::attachment::Identity;

impl Kernel {
    /// Belongs to that reactor from now on. False: it belongs to one already.
    pub(in crate::reactor::memory) fn attach(&mut self, to: Identity) -> bool {
        if self.attached_to.is_some() {
            return false;
        }
        self.attached_to = Some(to);
        true
    }

    /// Belongs to no reactor any more; all registrations are gone.
    pub(in crate::reactor::memory) fn detach(&mut self) {
        self.attached_to = None;
        self.queue.clear();
        self.registered = 0;
        for socket in &mut self.sockets {
            socket.registration = None;
        }
    }

    fn check_home(&self, registry: &Registry) -> io::Result<()> {
        let problem = match self.attached_to {
            Some(home) if home == Identity::of(registry) => return Ok(()),
            Some(_) => "this stream's Memory is attached to another reactor",
            None => "this stream's Memory is attached to no reactor",
        };
        Err(io::Error::new(ErrorKind::InvalidInput, problem))
    }

    pub(in crate::reactor::memory) fn register(
        &mut self,
        name: Name,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.check_home(registry)?;
        let number = self.number();
        let Some(socket) = self.get_mut(name) else {
            return Err(ErrorKind::NotFound.into());
        };
        if socket.registration.is_some() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        socket.registration = Some(Registration {
            number,
            token,
            interest,
            is_pending: false,
            is_queued: false,
        });
        self.registered += 1;
        self.report(name, interest);
        Ok(())
    }

    pub(in crate::reactor::memory) fn reregister(
        &mut self,
        name: Name,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.check_home(registry)?;
        let registration =
            self.get_mut(name).and_then(|socket| socket.registration.as_mut());
        let Some(registration) = registration else {
            return Err(ErrorKind::NotFound.into());
        };
        (registration.token, registration.interest) = (token, interest);
        self.report(name, interest);
        Ok(())
    }

    pub(in crate::reactor::memory) fn deregister(
        &mut self,
        name: Name,
    ) -> io::Result<()> {
        let Some(socket) = self.get_mut(name) else {
            return Err(ErrorKind::NotFound.into());
        };
        if socket.registration.take().is_none() {
            return Err(ErrorKind::NotFound.into());
        }
        self.registered -= 1;
        Ok(())
    }

    /// Queues what is ready already.
    fn report(&mut self, name: Name, interest: Interest) {
        if !self.ready(name, interest).is_none() {
            self.wake(name, Edge::Any);
        }
    }

    /// How many sockets are registered.
    pub(in crate::reactor::memory) const fn registered(&self) -> usize {
        self.registered
    }

    /// Queues an event for a socket, if somebody is interested.
    pub(in crate::reactor::memory) fn wake(&mut self, name: Name, edge: Edge) {
        let Some(socket) = self.get_mut(name) else { return };
        let Some(registration) = &mut socket.registration else { return };
        let is_of_interest = match edge {
            Edge::Readable => registration.interest.is_readable(),
            Edge::Writable => registration.interest.is_writable(),
            Edge::Any => true,
        };
        if is_of_interest {
            registration.is_pending = true;
            self.queue_up(name);
        }
    }

    /// Puts a registration that has something to tell in the queue, unless it is there.
    fn queue_up(&mut self, name: Name) {
        let Some(socket) = self.get_mut(name) else { return };
        let withholds = socket.withholds;
        let Some(registration) = &mut socket.registration else { return };
        if registration.is_pending && !withholds && !registration.is_queued {
            registration.is_queued = true;
            let entry = (name.slot, registration.number);
            self.queue.push_back(entry);
        }
    }

    /// Lets events out that were kept back.
    pub(in crate::reactor::memory) fn release(&mut self, name: Name) {
        if let Some(socket) = self.get_mut(name) {
            socket.withholds = false;
            self.queue_up(name);
        }
    }

    /// The next event that tells something.
    pub(in crate::reactor::memory) fn next_event(&mut self) -> Option<(Token, Ready)> {
        while let Some((slot, number)) = self.queue.pop_front() {
            let Some(socket) = self.sockets.get_mut(slot) else { continue };
            let Some(registration) = &mut socket.registration else { continue };
            if registration.number != number {
                continue;
            }
            registration.is_queued = false;
            if socket.withholds || !mem::take(&mut registration.is_pending) {
                continue;
            }
            let Registration { token, interest, .. } = *registration;
            let name = Name { slot, number: socket.number };
            let spurious = mem::take(&mut socket.spurious);
            let mut ready = self.ready(name, interest);
            if spurious && interest.is_readable() {
                ready |= Ready::READABLE;
            }
            if spurious && interest.is_writable() {
                ready |= Ready::WRITABLE;
            }
            if !ready.is_none() {
                return Some((token, ready));
            }
        }
        None
    }

    /// How many entries the queue has; some of them may tell nothing.
    pub(in crate::reactor::memory) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(in crate::reactor::memory) const fn interrupt(&mut self) {
        self.interrupts += 1;
    }

    /// Whether a wait is still to be interrupted.
    pub(in crate::reactor::memory) const fn is_interrupting(&self) -> bool {
        self.interrupts > 0
    }

    /// Whether this wait is to be interrupted; then it has been.
    pub(in crate::reactor::memory) fn take_interrupt(&mut self) -> bool {
        let is_interrupting = self.is_interrupting();
        self.interrupts -= u64::from(is_interrupting);
        is_interrupting
    }
}
