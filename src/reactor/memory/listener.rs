//! [`MemoryListener`]: where streams in memory are accepted; [`MemoryConnector`]: who knocks.

use core::fmt;
use std::format;
use std::io::{self, ErrorKind};

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::kernel::Name;
use super::{Memory, MemoryStream};

/// Accepts streams in memory: a source like mio's listeners, with a handler of your own.
///
/// ```
/// use std::io::{Read, Write};
/// use tourbillon::reactor::memory::{Memory, MemoryStream};
/// use tourbillon::reactor::{Interest, Next, Reactor};
///
/// let memory = Memory::new();
/// let mut reactor = Reactor::<Vec<MemoryStream>>::builder().memory(&memory).build()?;
/// let listener = memory.listener(16);
/// let door = listener.connector();
/// reactor.register(listener, Interest::READABLE, |guests: &mut Vec<_>, _, listener, _| {
///     while let Ok(guest) = listener.accept() {
///         guests.push(guest);
///     }
///     Next::Continue
/// })?;
/// let mut far = door.connect(64)?;
/// far.write_all(b"hello")?;
/// let mut guests = Vec::new();
/// reactor.run(&mut guests)?;
/// let mut text = [0; 5];
/// guests[0].read_exact(&mut text)?;
/// assert_eq!(&text, b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct MemoryListener {
    memory: Memory,
    name: Name,
}

/// Connects to a [`MemoryListener`], which may be in a reactor's hands by now. Cheap to clone.
#[derive(Clone)]
pub struct MemoryConnector {
    memory: Memory,
    name: Name,
}

impl MemoryListener {
    pub(super) fn new(memory: &Memory, name: Name) -> Self {
        Self { memory: memory.clone(), name }
    }

    /// Who connects to it.
    #[must_use]
    pub fn connector(&self) -> MemoryConnector {
        MemoryConnector { memory: self.memory.clone(), name: self.name }
    }

    /// The connection that has waited longest.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nobody waits; and what [`fail_next_accept`](MemoryConnector::fail_next_accept) asked for.
    pub fn accept(&self) -> io::Result<MemoryStream> {
        let name = self.memory.kernel().accept(self.name)?;
        Ok(MemoryStream::new(&self.memory, name))
    }
}

impl MemoryConnector {
    /// Connects: gives the far end of a stream whose near end waits to be accepted. Bytes can be sent
    /// at once. Each end holds up to `capacity` bytes that the other has sent and it has not read.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if as many wait as the listener's backlog allows; `ConnectionRefused` if it is
    /// closed. Who waits when a listener is closed finds its connection reset.
    pub fn connect(&self, capacity: usize) -> io::Result<MemoryStream> {
        let name = self.memory.kernel().connect(self.name, capacity)?;
        Ok(MemoryStream::new(&self.memory, name))
    }

    /// The next `accept` fails with an error of that kind, and takes nobody in. If somebody waits, an
    /// event follows.
    pub fn fail_next_accept(&self, kind: ErrorKind) {
        if let Some(door) = self.memory.kernel().door_mut(self.name) {
            door.failing = Some(kind);
        }
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.memory.kernel().close(self.name);
    }
}

/// For the reactor that its memory is attached to; `InvalidInput` with any other.
impl Source for MemoryListener {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.memory.kernel().register(self.name, registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.memory.kernel().reregister(self.name, registry, token, interests)
    }

    fn deregister(&mut self, _registry: &Registry) -> io::Result<()> {
        self.memory.kernel().deregister(self.name)
    }
}

impl fmt::Debug for MemoryListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let door = format!("{:?}", self.memory.kernel().door_mut(self.name));
        // Written when the memory is free again: the writer may be a stream of it.
        write!(f, "MemoryListener({door})")
    }
}

impl fmt::Debug for MemoryConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let door = format!("{:?}", self.memory.kernel().door_mut(self.name));
        write!(f, "MemoryConnector({door})")
    }
}
