//! [`Memory`]: a kernel in memory, for tests and simulations. Streams and a listener that a reactor takes
//! like sockets, without a descriptor, a system call or a thread.
//!
//! Together with a [`ManualClock`](crate::time::ManualClock) and
//! [`Reactor::advance`](crate::reactor::Reactor::advance) a whole service runs as a function of its
//! script: nothing races, and the same script gives the same run.
//!
//! ```
//! use std::io::{Read, Write};
//! use tourbillon::reactor::memory::Memory;
//! use tourbillon::reactor::{Interest, Next, Reactor};
//!
//! let memory = Memory::new();
//! let mut reactor = Reactor::<Vec<u8>>::builder().memory(&memory).build()?;
//! let (near, mut far) = memory.pair(1024);
//! reactor.register(near, Interest::READABLE, |got: &mut Vec<u8>, _, near, _| {
//!     let mut part = [0; 64];
//!     while let Ok(n @ 1..) = near.read(&mut part) {
//!         got.extend_from_slice(&part[..n]);
//!     }
//!     Next::Continue
//! })?;
//! far.write_all(b"hello")?;
//! let mut got = Vec::new();
//! reactor.run(&mut got)?;
//! assert_eq!(got, b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Ground rules
//!
//! - A `Memory` is attached to one reactor ([`ReactorBuilder::memory`](crate::reactor::ReactorBuilder::memory)),
//!   and its streams are registered there and nowhere else. Those that are registered in none, such as
//!   a peer that a test plays, are plain nonblocking streams.
//! - All of it stays on one thread. So nobody can write to a stream while the reactor sleeps, and
//!   what is in memory keeps no [`run`](crate::reactor::Reactor::run) alive unless it is ready: a run that
//!   waits for its script comes back with [`Exit::Idle`](crate::reactor::Exit::Idle).
//! - Streams behave as Unix-domain ones on Linux do, registered with mio: edge-triggered. An
//!   event comes when bytes come (also if there were some), when room appears where there was none, and
//!   when either end is shut down or closed; a registration, or another one of the same source, reports
//!   what is ready. It tells what is ready when it is fetched, all of that, and is not sent if that
//!   is nothing any more. (The kernel reports room more often than that. No program may count on it.)
//! - Errors are those of such streams, as kinds: `WouldBlock`; 0 at the end; `BrokenPipe` where
//!   nobody will read; `ConnectionReset`, once, behind the bytes that had come, when the peer closed
//!   with bytes unread.
//! - [`MemoryFaults`] breaks one end of a stream, [`Memory::interrupt`] the wait.
//!
//! # Invariants
//!
//! - I1: a registration is in the queue at most once, under the number it got when it was made;
//!   causes merge there.
//! - I2: an entry whose number is not its socket's present registration tells nobody anything.
//! - I3: events are fetched in the order in which they were queued.
//! - I4: one kernel owns all sockets; none of its methods runs anybody's code, so that it is never
//!   borrowed twice.
//!
//! # Costs
//!
//! O(1) for each operation, and a copy of the bytes. A reactor without a `Memory` pays a comparison a
//! turn; one with it still asks the real kernel in each turn, for its real sources and
//! [`Remote`](crate::reactor::Remote)s.
//!
//! # Not promised
//!
//! That a memory refuses a reactor it is not attached to, on other systems than Unix: there such a
//! stream is registered, and its events go to the reactor that the memory is attached to.

mod attachment;
mod end;
mod faults;
mod kernel;
mod listener;
mod stream;

use alloc::rc::Rc;
use core::cell::{RefCell, RefMut};
use core::fmt;

pub(super) use attachment::Attachment;
pub use faults::MemoryFaults;
pub use listener::{MemoryConnector, MemoryListener};
pub use stream::MemoryStream;

use kernel::Kernel;

/// A kernel in memory: makes streams and listeners, and tells one reactor what is ready.
///
/// A handle; clones share one kernel. See the [module](self) for its rules.
#[derive(Clone, Default)]
pub struct Memory {
    kernel: Rc<RefCell<Kernel>>,
}

impl Memory {
    /// A kernel without sockets, attached to no reactor.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Two streams that are connected to each other, each of which holds up to `capacity` bytes that
    /// the other has sent and it has not read (at least one). Libevent: `bufferevent_pair_new`; of the
    /// system it is `socketpair`.
    #[must_use]
    pub fn pair(&self, capacity: usize) -> (MemoryStream, MemoryStream) {
        let (one, other) = self.kernel().pair(capacity);
        (MemoryStream::new(self, one), MemoryStream::new(self, other))
    }

    /// A listener at whose door up to `backlog` connections wait to be accepted (at least one).
    #[must_use]
    pub fn listener(&self, backlog: usize) -> MemoryListener {
        let name = self.kernel().listen(backlog);
        MemoryListener::new(self, name)
    }

    /// Has the next wait of the reactor end at once, with no event told, as if a signal had arrived
    /// (`EINTR`). Several calls interrupt as many waits, also those that do not sleep.
    pub fn interrupt(&self) {
        self.kernel().interrupt();
    }

    fn kernel(&self) -> RefMut<'_, Kernel> {
        // I4: nothing inside leads back here.
        self.kernel.borrow_mut()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sockets, registered, events) = {
            let kernel = self.kernel();
            (kernel.len(), kernel.registered(), kernel.queued())
        };
        f.debug_struct("Memory")
            .field("sockets", &sockets)
            .field("registered", &registered)
            .field("events", &events)
            .finish_non_exhaustive()
    }
}
