//! [`Listener`]: accepts connections and hands each to a handler.
//!
//! Libevent's `evconnlistener`.
//!
//! # Ground rules
//!
//! - Connections are accepted until there are none left, at most
//!   [`accepts_per_turn`](ListenerOptions::accepts_per_turn) in a turn; the rest wait for the next.
//! - A connection that died in the queue is skipped and counted; so is one whose handler fails.
//! - Any other failure (no descriptor or no memory left, above all) stops accepting for 5 ms, then
//!   twice as long each time up to a second, until one is accepted again. The connections wait in
//!   the kernel's queue meanwhile; nothing spins.
//!
//! # Costs
//!
//! One system call a connection, one that finds none, and one for `TCP_NODELAY`.

mod backoff;
mod options;

use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};

use mio::event::Source;
use mio::{Interest, Registry, Token};

use crate::reactor::{Drive, Next, Phase, Reactor, Ready, SourceKey, SourceTimer};
use crate::timers::TimerKey;

use backoff::Backoff;

pub use options::ListenerOptions;

/// The name of a listener.
pub type ListenerKey = SourceKey<Listener>;

/// When to try again after a failure.
const RETRY: SourceTimer = SourceTimer::new(0);

/// A connection that was accepted: nonblocking, closed on exec, and closed when dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// The connection.
    pub stream: mio::net::TcpStream,
    /// Who is at its other end.
    pub peer: SocketAddr,
}

/// What a listener has counted.
#[derive(Copy, Clone, Eq, PartialEq, Default, Debug)]
#[non_exhaustive]
pub struct ListenerStats {
    /// Connections accepted and handed to the handler.
    pub accepted: u64,
    /// Of those, the ones whose handler gave an error: dropped.
    pub failed: u64,
    /// Connections that were gone before they could be accepted or set up.
    pub aborted: u64,
    /// How often accepting failed for want of something, and was put off.
    pub backoffs: u64,
}

/// A listening TCP socket on the reactor; see the [room](crate::net) for an example.
pub struct Listener {
    socket: mio::net::TcpListener,
    options: ListenerOptions,
    stats: ListenerStats,
    last_error: Option<io::Error>,
    backoff: Backoff,
    enabled: bool,
    /// Connections may be waiting.
    readable: bool,
    /// How many may still be accepted in which turn, however often the listener is called in it.
    share: (u64, usize),
    /// The timer of the next try; until then nothing is accepted.
    retry: Option<TimerKey>,
}

/// How a row of accepts ended.
enum Outcome {
    /// Nobody is waiting, or nobody may be accepted.
    Done,
    /// The turn's share is spent.
    Share,
    /// Something is wanting.
    Wait(Duration),
}

impl Listener {
    /// Listens on the first of the addresses that works, and gives each connection to `handler`
    /// (`evconnlistener_new_bind`). Port 0 takes a free one, which [`local_addr`](Self::local_addr)
    /// tells. An `Err` of the handler drops that connection alone.
    ///
    /// To stop, [`Reactor::deregister`] the key: the socket is closed, and connections that nobody
    /// accepted are refused.
    ///
    /// # Errors
    ///
    /// Those of resolving, binding and registering, saying which address it was.
    pub fn bind<S>(
        reactor: &mut Reactor<S>,
        addr: impl ToSocketAddrs,
        options: ListenerOptions,
        handler: impl FnMut(&mut S, &mut Reactor<S>, Accepted) -> io::Result<()> + 'static,
    ) -> io::Result<ListenerKey> {
        let listener = Self {
            socket: options.open(addr)?,
            options,
            stats: ListenerStats::default(),
            last_error: None,
            backoff: Backoff::new(),
            enabled: true,
            readable: false,
            share: (0, 0),
            retry: None,
        };
        reactor.register_driver(listener, Interest::READABLE, Accept { handler })
    }

    /// The address it listens on, with the port that port 0 became.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts again (`evconnlistener_enable`).
    pub const fn enable(&mut self) {
        self.enabled = true;
    }

    /// Accepts nobody until [`enable`](Self::enable); who comes waits in the kernel's queue
    /// (`evconnlistener_disable`).
    pub const fn disable(&mut self) {
        self.enabled = false;
    }

    /// What was counted so far.
    #[must_use]
    pub const fn stats(&self) -> ListenerStats {
        self.stats
    }

    /// The last error of accepting, of setting up a connection, or of the handler.
    #[must_use]
    pub const fn last_error(&self) -> Option<&io::Error> {
        self.last_error.as_ref()
    }

    /// Accepts one connection; `Err` says how to go on without.
    fn accept(&mut self) -> Result<Option<Accepted>, Outcome> {
        match self.socket.accept() {
            Ok((stream, peer)) => {
                self.backoff.succeeded();
                if self.options.nodelay
                    && let Err(error) = stream.set_nodelay(true)
                {
                    self.last_error = Some(error);
                    self.stats.aborted += 1;
                    return Ok(None);
                }
                Ok(Some(Accepted { stream, peer }))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Err(Outcome::Done)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(None),
            Err(error) if concerns_one_connection(error.kind()) => {
                self.last_error = Some(error);
                self.stats.aborted += 1;
                Ok(None)
            }
            Err(error) => {
                self.last_error = Some(error);
                self.stats.backoffs += 1;
                Err(Outcome::Wait(self.backoff.failed()))
            }
        }
    }
}

/// Whether `accept` failed for the sake of the one connection it took from the queue: it died
/// there, or a network error was pending on it, which Linux passes on.
fn concerns_one_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::PermissionDenied
    )
}

/// Carries connections to the handler.
struct Accept<F> {
    handler: F,
}

impl<F> Accept<F> {
    fn accept_all<S>(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: ListenerKey,
        listener: &mut Listener,
    ) -> Outcome
    where
        F: FnMut(&mut S, &mut Reactor<S>, Accepted) -> io::Result<()>,
    {
        let turn = reactor.turn_number();
        if listener.share.0 != turn {
            listener.share = (turn, listener.options.accepts_per_turn);
        }
        loop {
            // The handler may have deregistered the listener.
            let may_accept =
                listener.enabled && listener.retry.is_none() && listener.readable;
            if !may_accept || reactor.is_doomed(key) {
                return Outcome::Done;
            }
            if listener.share.1 == 0 {
                return Outcome::Share;
            }
            listener.share.1 -= 1;
            let accepted = match listener.accept() {
                Ok(Some(accepted)) => accepted,
                Ok(None) if reactor.is_out_of_time() => return Outcome::Share,
                Ok(None) => continue,
                Err(outcome) => return outcome,
            };
            listener.stats.accepted += 1;
            if let Err(error) = (self.handler)(state, reactor, accepted) {
                listener.stats.failed += 1;
                listener.last_error = Some(error);
            }
            if reactor.is_out_of_time() {
                return Outcome::Share;
            }
        }
    }

    fn drive<S>(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: ListenerKey,
        listener: &mut Listener,
        ready: Ready,
    ) -> Next
    where
        F: FnMut(&mut S, &mut Reactor<S>, Accepted) -> io::Result<()>,
    {
        listener.readable |= !ready.is_none();
        if ready.is_timer(RETRY) {
            listener.retry = None;
        }
        match self.accept_all(state, reactor, key, listener) {
            Outcome::Done => {}
            Outcome::Share => {
                reactor.note_hit(Phase::Accepts, false);
                reactor.activate(key, Ready::READABLE);
            }
            Outcome::Wait(wait) => {
                listener.retry = Some(reactor.source_timer_after(key, RETRY, wait));
            }
        }
        Next::Continue
    }
}

impl<S, F> Drive<S, Listener> for Accept<F>
where
    F: FnMut(&mut S, &mut Reactor<S>, Accepted) -> io::Result<()>,
{
    fn ready(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: ListenerKey,
        listener: &mut Listener,
        ready: Ready,
    ) -> Next {
        self.drive(state, reactor, key, listener, ready)
    }

    fn poked(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: ListenerKey,
        listener: &mut Listener,
    ) -> Next {
        self.drive(state, reactor, key, listener, Ready::NONE)
    }

    fn leave(&mut self, reactor: &mut Reactor<S>, listener: &mut Listener) {
        if let Some(retry) = listener.retry.take() {
            reactor.cancel(retry);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("socket", &self.socket)
            .field("enabled", &self.enabled)
            .field("waiting", &self.retry.is_some())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

/// For the reactor. [`Listener::bind`] is what programs call.
impl Source for Listener {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.socket.register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.socket.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.socket.deregister(registry)
    }
}
