//! [`Stream`]: what a bufferevent can be made of.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::event::Source;

use crate::reactor::MemoryStream;

/// A connected, nonblocking stream of bytes.
///
/// Implemented for mio's TCP streams, on Unix for its Unix-domain streams (whose `pair` gives two
/// that are connected to each other), and for [streams in memory](crate::reactor::memory). `read` gives 0 at the end of the peer's bytes and
/// `WouldBlock` when there are none yet; `write` gives `WouldBlock` when there is no room.
pub trait Stream: Read + Write + Source {
    /// Ends one direction or both.
    ///
    /// # Errors
    ///
    /// Those of the system: `NotConnected`, when the peer was faster.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    /// Takes the error that is pending on the stream, if there is one.
    ///
    /// # Errors
    ///
    /// Those of asking.
    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }

    /// The peer's internet address, if it has one.
    fn peer_addr(&self) -> Option<SocketAddr> {
        None
    }
}

impl Stream for mio::net::TcpStream {
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        Self::peer_addr(self).ok()
    }
}

#[cfg(unix)]
impl Stream for mio::net::UnixStream {
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }
}

impl Stream for MemoryStream {
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }
}
