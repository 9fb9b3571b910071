//! [`Stop`]: Ctrl-C ends the run, and what was measured is reported all the same.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use tourbillon::reactor::{Next, Reactor, Signal};

/// What a shell shows of a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Whether the run is to end now. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// Wakes a loop that may be asleep for long.
pub(crate) type Wake = Box<dyn Fn() + Send>;

impl Stop {
    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets it at SIGINT and SIGTERM, from when this returns. The second of them ends the program
    /// on the spot.
    ///
    /// A reactor and a thread of its own, which sleep until then: what is measured is left alone,
    /// and the bare loops among it know nothing of signals.
    pub(crate) fn at_signals(&self, wakes: Vec<Wake>) -> io::Result<()> {
        let (ready, is_ready) = mpsc::channel();
        let mut state = Signalled { stop: self.clone(), wakes };
        thread::Builder::new().name("signals".into()).spawn(move || {
            match listen() {
                Ok(mut reactor) => {
                    let _ = ready.send(Ok(()));
                    // Until the program ends.
                    let _ = reactor.run(&mut state);
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        })?;
        is_ready.recv().unwrap_or(Ok(()))
    }
}

/// What a signal reaches.
struct Signalled {
    stop: Stop,
    wakes: Vec<Wake>,
}

fn listen() -> io::Result<Reactor<Signalled>> {
    let mut reactor = Reactor::<Signalled>::new()?;
    for signal in [Signal::Interrupt, Signal::Terminate] {
        reactor.on_signal(signal, |to, _, _| {
            if to.stop.0.swap(true, Ordering::Relaxed) {
                process::exit(INTERRUPTED);
            }
            to.wakes.iter().for_each(|wake| wake());
            Next::Continue
        })?;
    }
    Ok(reactor)
}
