//! [`Attachment`]: a reactor's hold on its memory.

use std::io::{self, ErrorKind};

use mio::{Registry, Token};

use super::Memory;
use crate::reactor::key::RawKey;
use crate::reactor::{Reactor, Ready};

/// Whose registry it is.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) struct Identity {
    #[cfg(unix)]
    descriptor: std::os::fd::RawFd,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(registry: &Registry) -> Self {
        use std::os::fd::AsRawFd;
        Self { descriptor: registry.as_raw_fd() }
    }

    /// There is nothing to tell one from another.
    #[cfg(not(unix))]
    pub(super) const fn of(_registry: &Registry) -> Self {
        Self {}
    }
}

/// A reactor's hold on its memory. Dropped with the reactor; the memory is free for another one then.
#[derive(Debug)]
pub(in crate::reactor) struct Attachment {
    memory: Memory,
}

impl Attachment {
    pub(in crate::reactor) fn new(
        memory: &Memory,
        registry: &Registry,
    ) -> io::Result<Self> {
        if !memory.kernel().attach(Identity::of(registry)) {
            return Err(io::Error::new(
                ErrorKind::AlreadyExists,
                "the Memory is attached to a reactor already",
            ));
        }
        Ok(Self { memory: memory.clone() })
    }

    fn next_event(&self) -> Option<(Token, Ready)> {
        self.memory.kernel().next_event()
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.memory.kernel().detach();
    }
}

impl<S> Reactor<S> {
    /// Fetches what memory has to tell, a turn's share of it, and marks the sources that are ready.
    /// How many events there were; `None`: the wait is interrupted.
    pub(in crate::reactor) fn look_in_memory(&mut self) -> Option<usize> {
        let Some(attachment) = &self.memory else { return Some(0) };
        if attachment.memory.kernel().take_interrupt() {
            return None;
        }
        let mut events = 0;
        while events < self.budget.events
            && let Some((token, ready)) = attachment.next_event()
        {
            let is_live = self.slots.mark_ready(RawKey::of_token(token), ready);
            self.stats.events += u64::from(is_live);
            self.stats.stale_events += u64::from(!is_live);
            events += 1;
        }
        Some(events)
    }

    /// Whether memory has something to tell.
    pub(in crate::reactor) fn memory_is_ready(&self) -> bool {
        self.memory
            .as_ref()
            .is_some_and(|attachment| attachment.memory.kernel().queued() > 0)
    }

    /// Whether the next wait will be interrupted by memory.
    pub(in crate::reactor) fn memory_interrupts(&self) -> bool {
        self.memory
            .as_ref()
            .is_some_and(|attachment| attachment.memory.kernel().is_interrupting())
    }

    /// How many sockets in memory are registered.
    pub(in crate::reactor) fn memory_registrations(&self) -> usize {
        self.memory
            .as_ref()
            .map_or(0, |attachment| attachment.memory.kernel().registered())
    }
}
