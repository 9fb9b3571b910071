//! [`Remote`]: a reactor's handle for other threads.
//!
//! How a post finds its way, and why none is lost: see [`wake`](super::wake).

use alloc::boxed::Box;
use core::fmt;
use std::error::Error;
use std::io;

use mio::{Registry, Waker};

use super::Reactor;
use super::key::RawKey;
use super::wake::{Caller, Inbox, Wake};

/// A posted function.
pub(super) type Post<S> = Box<dyn FnOnce(&mut S, &mut Reactor<S>) + Send>;

/// A reactor's handle for other threads: `Clone`, `Send` and `Sync`, whatever the state is.
///
/// A living `Remote` keeps [`Reactor::run`] alive, since it may post at any time; when the last one
/// is dropped, a sleeping reactor wakes to see it. Libevent: `event_active` from another thread, with
/// the locks of `evthread_use_pthreads`; here only the queue is locked.
///
/// ```
/// use tourbillon::reactor::{Exit, Reactor};
///
/// let mut reactor = Reactor::<u32>::new()?;
/// let remote = reactor.remote();
/// let thread = std::thread::spawn(move || {
///     remote.post(|sum: &mut u32, _| *sum += 42).expect("the reactor is running");
/// });
/// let mut sum = 0;
/// assert_eq!(reactor.run(&mut sum)?, Exit::Idle);
/// assert_eq!(sum, 42);
/// # thread.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Timers of another thread
///
/// A post may do to the reactor whatever a handler may, so timers are scheduled and cancelled by posts. A
/// key that is wanted comes back through a channel. A deadline that is the earliest now ends the sleep
/// in time: the post has ended it.
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
/// use tourbillon::reactor::{Exit, Reactor};
///
/// let mut reactor = Reactor::<Vec<&str>>::new()?;
/// let remote = reactor.remote();
/// let thread = std::thread::spawn(move || {
///     let (sender, key) = mpsc::channel();
///     let schedule = remote.post(move |_: &mut Vec<_>, reactor| {
///         let hour = Duration::from_secs(3_600);
///         let key = reactor.after(hour, |seen: &mut Vec<_>, _, _| seen.push("tea"));
///         let _ = sender.send(key);
///     });
///     assert!(schedule.is_ok());
///     let key = key.recv().expect("the post is called");
///     let earlier = remote.post(move |_, reactor| {
///         let soon = reactor.now() + Duration::from_millis(1);
///         assert!(reactor.reschedule(key, soon));
///     });
///     assert!(earlier.is_ok());
/// });
/// let mut seen = Vec::new();
/// assert_eq!(reactor.run(&mut seen)?, Exit::Idle);
/// assert_eq!(seen, ["tea"]);
/// # thread.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Costs
///
/// A post is one allocation (none if the function captures nothing), a lock that is held for a push, and
/// an atomic exchange; the first one after the reactor looked also wakes it, by one system call. A
/// turn calls [`TurnBudget::posts`](super::TurnBudget::posts) of them at most, so that a flood of
/// posts delays timers and sources by so many calls and starves nobody.
///
/// # Not promised
///
/// A limit: what is posted faster than the reactor calls it takes memory until it is called. A thread
/// that could do that sends its values through a bounded channel, which makes it wait, and posts
/// who takes them out; such a post captures nothing and allocates nothing.
///
/// ```
/// use std::sync::mpsc;
/// use tourbillon::reactor::Reactor;
///
/// struct Sum {
///     numbers: mpsc::Receiver<u64>,
///     sum: u64,
/// }
///
/// let mut reactor = Reactor::<Sum>::new()?;
/// let remote = reactor.remote();
/// let (sender, numbers) = mpsc::sync_channel(100);
/// let thread = std::thread::spawn(move || {
///     for number in 1..=5_000 {
///         // Waits while a hundred are on their way.
///         sender.send(number).expect("the state is not gone");
///         let add = |state: &mut Sum, _: &mut _| {
///             state.sum += state.numbers.try_recv().unwrap_or(0);
///         };
///         remote.post(add).expect("the reactor is not gone");
///     }
/// });
/// let mut state = Sum { numbers, sum: 0 };
/// reactor.run(&mut state)?;
/// assert_eq!(state.sum, 12_502_500);
/// # thread.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Remote<S> {
    caller: Caller<Post<S>, Waker>,
}

/// The reactor is gone; here is what it was to be handed.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct Closed<F>(pub F);

impl<S> Remote<S> {
    /// Has `f` called by the reactor, in the last phase of its next turn. Wakes it if it sleeps.
    ///
    /// Posts of one thread are called in their order. Any number of posts between two turns costs
    /// one system call.
    ///
    /// # Errors
    ///
    /// [`Closed`] with `f` in it if the reactor is gone. What was accepted before is dropped with the
    /// reactor if that goes before the next turn.
    pub fn post<F>(&self, f: F) -> Result<(), Closed<F>>
    where
        F: FnOnce(&mut S, &mut Reactor<S>) + Send + 'static,
    {
        // Boxed before the queue is locked: nobody waits for an allocator.
        let pushed = self.caller.push(Box::new(f), |boxed| -> Post<S> { boxed });
        pushed.map_err(|boxed| Closed(*boxed))
    }

    /// Wakes the reactor if it sleeps; if not, its next wait does not sleep. Does nothing if it is
    /// gone.
    pub fn wake(&self) {
        self.caller.wake();
    }

    /// Ends the present run, or the next one if none is present, after the handler that is running.
    ///
    /// Unlike [`Reactor::stop`] it is not forgotten when a run is entered: the two threads could not
    /// agree on which came first. Does nothing if the reactor is gone.
    pub fn stop(&self) {
        self.caller.stop();
    }

    /// Whether the reactor is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.caller.is_closed()
    }
}

// By hand, because a derive would ask the same of `S`.
impl<S> Clone for Remote<S> {
    fn clone(&self) -> Self {
        Self { caller: self.caller.clone() }
    }
}

impl<S> fmt::Debug for Remote<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Closed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}

impl<F> fmt::Display for Closed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reactor is gone")
    }
}

impl<F> Error for Closed<F> {}

/// The reactor's end of its remotes.
pub(super) type Mailbox<S> = Inbox<Post<S>, Waker>;

impl<S> Mailbox<S> {
    pub(super) const TOKEN: mio::Token = RawKey::reserved(0);

    pub(super) fn new(registry: &Registry) -> io::Result<Self> {
        Ok(Self::woken_by(Waker::new(registry, Self::TOKEN)?))
    }

    pub(super) fn remote(&self) -> Remote<S> {
        Remote { caller: self.caller() }
    }
}

impl Wake for Waker {
    fn wake(&self) {
        // An eventfd refuses only when it is full, and then it is readable already.
        let _ = Self::wake(self);
    }
}
