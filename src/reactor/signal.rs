//! Signals as events: SIGINT, SIGTERM and their like end up in a handler of the loop.
//!
//! The signal's own handler only writes to a pipe; yours runs in the first phase of a turn, where it
//! may do anything. Signals that come faster than turns are merged, as the kernel does it itself.

use core::ffi::c_int;
use std::io;

use mio::Interest;
use signal_hook::consts;
use signal_hook_mio::v1_0::Signals;

use super::{Next, Reactor, SourceId, SourceKey};

/// A signal that a reactor can wait for.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: please end.
    Terminate,
    /// SIGHUP: the terminal is gone; for a daemon: read the configuration again.
    Hangup,
    /// SIGQUIT: Ctrl-\.
    Quit,
    /// SIGUSR1.
    User1,
    /// SIGUSR2.
    User2,
    /// SIGCHLD: a child process ended or stopped.
    Child,
    /// SIGWINCH: the terminal's window has another size.
    WindowChanged,
}

/// The name of a signal's handler.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct SignalKey(SourceKey<Signals>);

impl From<SignalKey> for SourceId {
    fn from(key: SignalKey) -> Self {
        key.0.into()
    }
}

impl Signal {
    /// The system's number for it.
    #[must_use]
    pub const fn number(self) -> i32 {
        let number: c_int = match self {
            Self::Interrupt => consts::SIGINT,
            Self::Terminate => consts::SIGTERM,
            Self::Hangup => consts::SIGHUP,
            Self::Quit => consts::SIGQUIT,
            Self::User1 => consts::SIGUSR1,
            Self::User2 => consts::SIGUSR2,
            Self::Child => consts::SIGCHLD,
            Self::WindowChanged => consts::SIGWINCH,
        };
        number
    }
}

impl<S> Reactor<S> {
    /// Calls `f` when the process gets `signal`, until it answers [`Next::Stop`].
    ///
    /// It runs in the first phase of a turn, like any source's handler, and keeps
    /// [`run`](Self::run) alive like one. However often the signal came, it is called once a turn; one
    /// that comes while it runs is for the next turn. Several handlers for one signal are all called. From the
    /// first one on the signal has lost its default effect, for good: when the last handler is gone,
    /// it is ignored. Costs two descriptors. Libevent: `evsignal_new`.
    ///
    /// # Errors
    ///
    /// What the kernel says to the handler, the pipe, or its registration.
    ///
    /// ```no_run
    /// use tourbillon::reactor::{Next, Reactor, Signal};
    ///
    /// let mut reactor = Reactor::<()>::new()?;
    /// for signal in [Signal::Interrupt, Signal::Terminate] {
    ///     reactor.on_signal(signal, |_, reactor, signal| {
    ///         eprintln!("{signal:?}: stopping");
    ///         reactor.stop();
    ///         Next::Stop
    ///     })?;
    /// }
    /// reactor.run(&mut ())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_signal(
        &mut self,
        signal: Signal,
        mut f: impl FnMut(&mut S, &mut Reactor<S>, Signal) -> Next + 'static,
    ) -> io::Result<SignalKey> {
        let signals = Signals::new([signal.number()])?;
        let key = self.register(
            signals,
            Interest::READABLE,
            move |state, reactor, signals, _| {
                // Once a turn: one that comes during `f` makes a new event. Else a handler that raises
                // its own signal would never be done, nor be taken out by itself.
                match signals.pending().next() {
                    Some(_) => f(state, reactor, signal),
                    None => Next::Continue,
                }
            },
        )?;
        Ok(SignalKey(key))
    }

    /// Takes a signal's handler out. False: the key is stale. Inside that very handler it is taken
    /// out when it returns. Libevent: `event_del`.
    pub fn off_signal(&mut self, key: SignalKey) -> bool {
        let is_registered = self.is_registered(key.0);
        drop(self.deregister(key.0));
        is_registered
    }
}
