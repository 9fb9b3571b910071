//! The modes: ways to wait, each in a thread of its own, that are measured in slices.
//!
//! A thread for each, because some of what is measured belongs to the thread: the time that it has
//! used of the processor, and the timer slack of the kernel, which a reactor in milliseconds sets
//! to its least and a loop around `thread::sleep` would profit from.

mod baseline;
mod cyclictest;
mod ours;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod timerfd;

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use tourbillon::reactor::ReactorStats;
use tourbillon::time::Discipline;

use crate::kind::{Kind, Peer};
use crate::plan::{Plan, Slice};
use crate::record::Record;
use crate::stop::{Stop, Wake};

use baseline::{Baseline, ThreadSleep};
use cyclictest::Cyclictest;
use ours::Ours;

/// What every mode gets.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    pub(crate) plan: Plan,
    pub(crate) load: bool,
    pub(crate) stop: Stop,
}

/// A way to wait.
trait Mode {
    /// Waits for the timers of a slice and records how late each of them was.
    fn slice(&mut self, slice: &Slice) -> io::Result<()>;

    /// Wakes it from a long sleep, if that can be done.
    fn wake(&self) -> Option<Wake> {
        None
    }

    /// What was measured.
    fn finish(self: Box<Self>) -> Outcome;
}

/// What a mode did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) record: Record,
    /// What a reactor counted about itself.
    pub(crate) stats: Option<Box<ReactorStats>>,
    /// How far its clock was off the kernel's, if it is another.
    pub(crate) clock: Option<Discipline>,
}

impl Outcome {
    /// Of what is no reactor, and reads the kernel's clock.
    fn bare(record: Record) -> Self {
        Self { record, stats: None, clock: None }
    }
}

/// A mode that is ready in its thread.
pub(crate) struct Running {
    kind: Kind,
    slices: SyncSender<Slice>,
    done: Receiver<io::Result<()>>,
    thread: JoinHandle<Outcome>,
    wake: Option<Wake>,
}

/// Why `kind` cannot be measured here, in words that name it; `None` if it can.
pub(crate) fn refusal(kind: Kind, plan: &Plan) -> Option<String> {
    match kind {
        Kind::Ours(_) | Kind::Peer(Peer::Sleep) => None,
        Kind::Peer(Peer::Timerfd)
            if cfg!(any(target_os = "linux", target_os = "android")) =>
        {
            None
        }
        Kind::Peer(Peer::Timerfd) => {
            Some("timerfd is left out: only Linux has it".into())
        }
        Kind::Peer(Peer::Cyclictest) => cyclictest::refusal(plan),
    }
}

/// In the thread of the mode.
fn prepare(kind: Kind, orders: Orders) -> io::Result<Box<dyn Mode>> {
    Ok(match kind {
        Kind::Ours(sleep) => Box::new(Ours::new(sleep, orders)?),
        Kind::Peer(Peer::Sleep) => Box::new(Baseline::new(ThreadSleep, orders)),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        Kind::Peer(Peer::Timerfd) => {
            Box::new(Baseline::new(timerfd::Timerfd::new()?, orders))
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        Kind::Peer(Peer::Timerfd) => return Err(io::ErrorKind::Unsupported.into()),
        Kind::Peer(Peer::Cyclictest) => Box::new(Cyclictest::new(orders)),
    })
}

impl Running {
    /// Starts the thread, and waits until the mode is ready in it.
    pub(crate) fn start(kind: Kind, orders: Orders) -> io::Result<Self> {
        let (slices, to_do) = sync_channel::<Slice>(1);
        let (say_done, done) = sync_channel(1);
        let (say_ready, ready) = sync_channel(1);
        let thread = thread::Builder::new().name(kind.to_string()).spawn(move || {
            let mut mode = match prepare(kind, orders.clone()) {
                Ok(mode) => mode,
                Err(error) => {
                    let _ = say_ready.send(Err(error));
                    return Outcome::bare(Record::new(&orders.plan));
                }
            };
            let _ = say_ready.send(Ok(mode.wake()));
            for slice in to_do {
                if say_done.send(mode.slice(&slice)).is_err() {
                    break;
                }
            }
            mode.finish()
        })?;
        let wake = ready.recv().unwrap_or_else(|_| Err(died()))?;
        Ok(Self { kind, slices, done, thread, wake })
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) const fn take_wake(&mut self) -> Option<Wake> {
        self.wake.take()
    }

    /// Runs a slice to its end.
    pub(crate) fn slice(&self, slice: Slice) -> io::Result<()> {
        self.slices.send(slice).map_err(|_| died())?;
        self.done.recv().unwrap_or_else(|_| Err(died()))
    }

    /// Ends the thread, and says what was measured.
    pub(crate) fn finish(self) -> io::Result<Outcome> {
        drop(self.slices);
        self.thread.join().map_err(|_| died())
    }
}

/// A panic has said more on stderr.
fn died() -> io::Error {
    io::Error::other("its thread has died")
}
