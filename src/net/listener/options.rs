//! [`ListenerOptions`], and opening a socket by them.

use std::format;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

/// How to listen. The sockets, the listening one and all it accepts, are always nonblocking and
/// closed on exec.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[must_use]
pub struct ListenerOptions {
    backlog: i32,
    reuse_addr: bool,
    pub(super) nodelay: bool,
    pub(super) accepts_per_turn: usize,
}

impl Default for ListenerOptions {
    fn default() -> Self {
        Self { backlog: 1024, reuse_addr: true, nodelay: true, accepts_per_turn: 64 }
    }
}

impl ListenerOptions {
    /// How many connections the kernel holds that were not accepted yet. Default 1024; the system
    /// has a limit of its own (`net.core.somaxconn` on Linux).
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = i32::try_from(connections).unwrap_or(i32::MAX);
        self
    }

    /// Whether a server that is started again may listen while connections of the former one are
    /// still dying (`SO_REUSEADDR`, `LEV_OPT_REUSEABLE`). Default true. On Unix two live listeners
    /// never share an address by this; on Windows, where they would, it does nothing.
    pub const fn reuse_addr(mut self, reuse: bool) -> Self {
        self.reuse_addr = reuse;
        self
    }

    /// Whether accepted streams send small writes at once (`TCP_NODELAY`). Default true: output is
    /// already gathered and goes out once a turn.
    pub const fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self
    }

    /// How many connections are accepted in one turn, at least 1. Default 64. Those that are left
    /// wait for the next turn, so that a crowd at the door does not starve those inside.
    pub const fn accepts_per_turn(mut self, connections: usize) -> Self {
        self.accepts_per_turn = if connections == 0 { 1 } else { connections };
        self
    }

    /// Listens on the first of the addresses that works.
    pub(super) fn open(
        &self,
        addr: impl ToSocketAddrs,
    ) -> io::Result<mio::net::TcpListener> {
        let addresses = addr.to_socket_addrs().map_err(|error| {
            describe(&error, "cannot resolve the address to listen on")
        })?;
        let mut last = None;
        for address in addresses {
            match self.open_one(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => {
                    last = Some(describe(&error, &format!("cannot listen on {address}")));
                }
            }
        }
        Err(last.unwrap_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "no address to listen on")
        }))
    }

    fn open_one(&self, address: SocketAddr) -> io::Result<mio::net::TcpListener> {
        let kind = Type::STREAM;
        let socket =
            Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
        if self.reuse_addr && cfg!(unix) {
            socket.set_reuse_address(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(self.backlog)?;
        Ok(mio::net::TcpListener::from_std(socket.into()))
    }
}

/// The same kind of error, saying what was being done.
fn describe(error: &io::Error, doing: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{doing}: {error}"))
}
