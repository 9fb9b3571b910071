//! [`MemoryFaults`]: what can go wrong with one end of a stream, on demand.

use core::fmt;
use std::format;
use std::io::ErrorKind;

use super::Memory;
use super::kernel::{Edge, Name};

/// Breaks one end of a [`MemoryStream`](super::MemoryStream), which may be in a reactor's or a
/// bufferevent's hands by now.
///
/// From [`MemoryStream::faults`](super::MemoryStream::faults); cheap to clone. Nothing happens when
/// the stream is closed. Whatever is cut short or fails here is followed by an event if there is more
/// to do, as from a kernel that has just made progress: who then waits for readiness is not stuck.
///
/// ```
/// use std::io::{ErrorKind, Read, Write};
/// use tourbillon::reactor::memory::Memory;
///
/// let (mut near, mut far) = Memory::new().pair(64);
/// far.write_all(b"hello")?;
/// let faults = near.faults();
/// faults.limit_reads(2);
/// faults.fail_next_read(ErrorKind::Interrupted);
/// let mut part = [0; 64];
/// assert_eq!(near.read(&mut part).unwrap_err().kind(), ErrorKind::Interrupted);
/// assert_eq!(near.read(&mut part)?, 2);
/// faults.reset();
/// assert_eq!(near.read(&mut part)?, 2);
/// assert_eq!(near.read(&mut part)?, 1);
/// assert_eq!(near.read(&mut part).unwrap_err().kind(), ErrorKind::ConnectionReset);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryFaults {
    memory: Memory,
    name: Name,
}

/// What is to go wrong with an end.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// 0: no limit.
    most_read: usize,
    most_written: usize,
    pub(super) failing_read: Option<ErrorKind>,
    pub(super) failing_write: Option<ErrorKind>,
}

impl Plan {
    pub(super) const fn most_read(&self) -> usize {
        if self.most_read == 0 { usize::MAX } else { self.most_read }
    }

    pub(super) const fn most_written(&self) -> usize {
        if self.most_written == 0 { usize::MAX } else { self.most_written }
    }
}

impl MemoryFaults {
    pub(super) fn new(memory: &Memory, name: Name) -> Self {
        Self { memory: memory.clone(), name }
    }

    /// From now on a read gives at most so many bytes; 0: as many as there are.
    pub fn limit_reads(&self, bytes: usize) {
        self.plan(|plan| plan.most_read = bytes);
    }

    /// From now on a write takes at most so many bytes; 0: as many as there is room for.
    pub fn limit_writes(&self, bytes: usize) {
        self.plan(|plan| plan.most_written = bytes);
    }

    /// The next read fails with an error of that kind, and changes nothing else.
    pub fn fail_next_read(&self, kind: ErrorKind) {
        self.plan(|plan| plan.failing_read = Some(kind));
    }

    /// The next write fails with an error of that kind, and changes nothing else.
    pub fn fail_next_write(&self, kind: ErrorKind) {
        self.plan(|plan| plan.failing_write = Some(kind));
    }

    /// The connection is lost: what has come can be read, then there is `ConnectionReset`, once, and
    /// the end. The other end sees an end, and neither can write.
    pub fn reset(&self) {
        self.memory.kernel().reset(self.name);
    }

    /// Reports the stream as ready for whatever it is registered for, whether it is or not.
    pub fn spurious(&self) {
        let mut kernel = self.memory.kernel();
        if let Some(socket) = kernel.get_mut(self.name) {
            socket.spurious = true;
            kernel.wake(self.name, Edge::Any);
        }
    }

    /// Keeps back all events of the stream, until [`release`](Self::release). Bytes move as ever.
    pub fn withhold(&self) {
        if let Some(socket) = self.memory.kernel().get_mut(self.name) {
            socket.withholds = true;
        }
    }

    /// Lets events out again, and the one that was kept back, if there was any.
    pub fn release(&self) {
        self.memory.kernel().release(self.name);
    }

    fn plan(&self, change: impl FnOnce(&mut Plan)) {
        if let Some(end) = self.memory.kernel().end_mut(self.name) {
            change(&mut end.plan);
        }
    }
}

impl fmt::Debug for MemoryFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = {
            let mut kernel = self.memory.kernel();
            format!("{:?}", kernel.end_mut(self.name).map(|end| &end.plan))
        };
        // Written when the memory is free again: the writer may be a stream of it.
        write!(f, "MemoryFaults({plan})")
    }
}
