//! [`MemoryStream`]: one end of a stream in memory.

use core::fmt;
use std::format;
use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::kernel::Name;
use super::{Memory, MemoryFaults};

/// One end of a stream in memory: nonblocking, and closed when dropped.
///
/// A [`mio::event::Source`] for the reactor that its [`Memory`] is attached to, and a
/// `Stream` to make a `BufferEvent` of. In no reactor it is just `Read` and `Write`. See the
/// [module](super) for what it does when.
pub struct MemoryStream {
    memory: Memory,
    name: Name,
}

impl MemoryStream {
    pub(super) fn new(memory: &Memory, name: Name) -> Self {
        Self { memory: memory.clone(), name }
    }

    /// The handle to break this end with.
    #[must_use]
    pub fn faults(&self) -> MemoryFaults {
        MemoryFaults::new(&self.memory, self.name)
    }

    /// Ends one direction or both, for both ends: where one reads no more, the other can write no more.
    ///
    /// # Errors
    ///
    /// None today.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.memory.kernel().shutdown(self.name, how);
        Ok(())
    }

    /// Takes the error that is pending, if there is one: `ConnectionReset`.
    ///
    /// # Errors
    ///
    /// None today.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        let mut kernel = self.memory.kernel();
        let error = kernel.end_mut(self.name).and_then(super::end::End::take_error);
        Ok(error.map(io::Error::from))
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        self.memory.kernel().close(self.name);
    }
}

impl Read for &MemoryStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.memory.kernel().read(self.name, out)
    }
}

impl Write for &MemoryStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.memory.kernel().write(self.name, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for MemoryStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        (&*self).read(out)
    }
}

impl Write for MemoryStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For the reactor that its memory is attached to; `InvalidInput` with any other.
impl Source for MemoryStream {
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

impl fmt::Debug for MemoryStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = format!("{:?}", self.memory.kernel().end_mut(self.name));
        // Written when the memory is free again: the writer may be a stream of it.
        write!(f, "MemoryStream({end})")
    }
}
