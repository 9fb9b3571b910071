//! [`Remote`]: a reactor's handle for other threads.
//!
//! # Ground rules
//!
//! The queue's lock is held to push one post or to take all of them, and never while a handler
//! runs or is dropped.
//!
//! # Invariants
//!
//! - I1: whoever pushes, sets `notified` afterwards, and wakes the reactor if it was not set. The
//!   reactor clears `notified` before it takes the posts. So a post is either seen by the taking that
//!   follows, or wakes the next turn; and N posts between two turns cost one system call.
//! - I2: once `open` is false, nothing is queued.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::error::Error;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mio::{Registry, Waker};

use super::Reactor;
use super::key::RawKey;

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
pub struct Remote<S> {
    shared: Arc<Shared<S>>,
}

/// The reactor is gone; here is what it was to be handed.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct Closed<F>(pub F);

struct Shared<S> {
    queue: Mutex<Queue<S>>,
    waker: Waker,
    /// The reactor was woken and has not looked yet.
    notified: AtomicBool,
    stop: AtomicBool,
    remotes: AtomicUsize,
}

struct Queue<S> {
    posts: VecDeque<Post<S>>,
    open: bool,
}

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
        {
            let mut queue = self.shared.lock();
            if !queue.open {
                return Err(Closed(f));
            }
            queue.posts.push_back(Box::new(f));
        }
        self.shared.notify();
        Ok(())
    }

    /// Wakes the reactor if it sleeps; if not, its next wait does not sleep. Does nothing if it is
    /// gone.
    pub fn wake(&self) {
        self.shared.notify();
    }

    /// Ends the present run, or the next one if none is present, after the handler that is running.
    ///
    /// Unlike [`Reactor::stop`] it is not forgotten when a run is entered: the two threads could not
    /// agree on which came first. Does nothing if the reactor is gone.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.notify();
    }

    /// Whether the reactor is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.shared.lock().open
    }
}

impl<S> Clone for Remote<S> {
    fn clone(&self) -> Self {
        self.shared.remotes.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S> Drop for Remote<S> {
    fn drop(&mut self) {
        if self.shared.remotes.fetch_sub(1, Ordering::AcqRel) == 1 {
            // A reactor that sleeps for the sake of its remotes must see that there are none.
            self.shared.notify();
        }
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

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Queue<S>> {
        // No code of a user's runs under the lock, so that a poisoned queue is a whole one.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notify(&self) {
        if !self.notified.swap(true, Ordering::AcqRel) {
            // An eventfd refuses only when it is full, and then it is readable already.
            let _ = self.waker.wake();
        }
    }
}

/// The reactor's end of its remotes.
pub(super) struct Mailbox<S> {
    shared: Arc<Shared<S>>,
}

impl<S> Mailbox<S> {
    pub(super) const TOKEN: mio::Token = RawKey::reserved(0);

    pub(super) fn new(registry: &Registry) -> io::Result<Self> {
        let shared = Shared {
            queue: Mutex::new(Queue { posts: VecDeque::new(), open: true }),
            waker: Waker::new(registry, Self::TOKEN)?,
            notified: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            remotes: AtomicUsize::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(super) fn remote(&self) -> Remote<S> {
        self.shared.remotes.fetch_add(1, Ordering::Relaxed);
        Remote { shared: Arc::clone(&self.shared) }
    }

    pub(super) fn has_remotes(&self) -> bool {
        self.shared.remotes.load(Ordering::Acquire) > 0
    }

    /// Whether somebody called since the last `collect`.
    pub(super) fn is_notified(&self) -> bool {
        self.shared.notified.load(Ordering::Acquire)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Whether a remote asked to stop; if so, it is done with.
    pub(super) fn take_stop(&self) -> bool {
        self.is_stopping() && self.shared.stop.swap(false, Ordering::Acquire)
    }

    /// Moves what was posted to the end of `posts`.
    pub(super) fn collect(&self, posts: &mut VecDeque<Post<S>>) {
        if !self.is_notified() || !self.shared.notified.swap(false, Ordering::AcqRel) {
            return;
        }
        let mut queue = self.shared.lock();
        if posts.is_empty() {
            core::mem::swap(posts, &mut queue.posts);
        } else {
            posts.append(&mut queue.posts);
        }
    }
}

impl<S> Drop for Mailbox<S> {
    fn drop(&mut self) {
        let posts = {
            let mut queue = self.shared.lock();
            queue.open = false;
            core::mem::take(&mut queue.posts)
        };
        // Not under the lock: what a post captured may well hold a remote and use it when dropped.
        drop(posts);
    }
}
