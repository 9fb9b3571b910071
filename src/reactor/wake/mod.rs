//! [`Inbox`] and [`Caller`]: how other threads reach a loop, and wake it if it sleeps.
//!
//! A queue, a flag that the loop was called, a flag that it is to stop, and the number of callers.
//! Nothing here knows a reactor: `tests` checks the protocol under loom, at every interleaving of a few
//! threads, with a model of the kernel in place of [`Wake`].
//!
//! # Ground rules
//!
//! - The lock is held to push one item or to take all of them. No code of a user's runs under it.
//! - The loop hears its calls before it sleeps, or does not sleep: it asks
//!   [`is_called`](Inbox::is_called) first, and whoever calls between the question and the sleep wakes it,
//!   since a wake that comes before a sleep ends it ([`Wake`]).
//!
//! # Invariants
//!
//! - I1: whoever leaves something for the loop (an item, a stop, the last caller's end) sets `called`
//!   afterwards, and wakes the loop if it was not set. The loop clears `called` *before* it takes what
//!   there is. So what was left is either seen by the taking that follows, or wakes the loop once more.
//! - I2: between two clearings the loop is woken once, however often it is called.
//! - I3: once `open` is false, nothing is queued.
//! - I4: `callers` is the number of living callers. Whoever reads 0 there sees what they all left.
//!
//! # Costs
//!
//! A push is a lock, an atomic exchange, and for the first one after a clearing a wake. A loop that
//! nobody calls pays two plain loads a turn.

#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use core::mem;
use std::sync::PoisonError;

use super::sync::{Arc, AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering};

/// What ends a loop's sleep.
pub(super) trait Wake {
    /// Ends the sleep, or the next one if there is none. Whoever sleeps sees everything that was done
    /// before this call. (Of an eventfd, the kernel's own locks see to that.)
    fn wake(&self);
}

/// What a loop and its callers share.
#[derive(Debug)]
struct Shared<T, W> {
    queue: Mutex<Queue<T>>,
    waker: W,
    /// The loop was called and has not listened yet.
    called: AtomicBool,
    stop: AtomicBool,
    callers: AtomicUsize,
}

#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<T>,
    open: bool,
}

impl<T, W> Shared<T, W> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        // No code of a user's runs under the lock, so that a poisoned queue is a whole one.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_called(&self) -> bool {
        // A hint for the loop alone. False though somebody called: that one wakes it, and after the
        // wake it is true. True: the exchange in `take` comes before anything that is believed.
        self.called.load(Ordering::Relaxed)
    }
}

impl<T, W: Wake> Shared<T, W> {
    fn call(&self) {
        // Release: the loop's clearing, which is an exchange of the same flag, comes either after this
        // and sees what was left before it (also through the exchanges of later callers, which
        // continue this one's release), or before, and then this finds false and wakes. Nothing is
        // read afterwards, so there is nothing to acquire.
        if !self.called.swap(true, Ordering::Release) {
            self.waker.wake();
        }
    }
}

/// The end of another thread. A clone is another caller.
#[derive(Debug)]
pub(super) struct Caller<T, W: Wake> {
    shared: Arc<Shared<T, W>>,
}

impl<T, W: Wake> Caller<T, W> {
    fn of(shared: &Arc<Shared<T, W>>) -> Self {
        // Relaxed, as in an `Arc`: whoever makes it has a caller, or is the loop.
        shared.callers.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(shared) }
    }

    /// Leaves an item for the loop: `value`, which is made one by `into`. It comes back if the loop is
    /// gone. `into` is called under the lock.
    pub(super) fn push<V>(&self, value: V, into: fn(V) -> T) -> Result<(), V> {
        {
            let mut queue = self.shared.lock();
            if !queue.open {
                return Err(value);
            }
            queue.items.push_back(into(value));
        }
        self.shared.call();
        Ok(())
    }

    /// Ends the loop's sleep, or its next one.
    pub(super) fn wake(&self) {
        self.shared.call();
    }

    /// Asks the loop to stop.
    pub(super) fn stop(&self) {
        // Release: the loop may see it in the middle of a turn, without having been called; whoever
        // sees the loop end sees what was done before this.
        self.shared.stop.store(true, Ordering::Release);
        self.shared.call();
    }

    /// Whether the loop is gone.
    pub(super) fn is_closed(&self) -> bool {
        !self.shared.lock().open
    }
}

impl<T, W: Wake> Clone for Caller<T, W> {
    fn clone(&self) -> Self {
        Self::of(&self.shared)
    }
}

impl<T, W: Wake> Drop for Caller<T, W> {
    fn drop(&mut self) {
        // Release, for I4: what this caller left was left before.
        if self.shared.callers.fetch_sub(1, Ordering::Release) == 1 {
            // A loop that sleeps for the sake of its callers must see that there are none.
            self.shared.call();
        }
    }
}

/// The loop's end. What is in it when it is dropped is dropped with it.
#[derive(Debug)]
pub(super) struct Inbox<T, W> {
    shared: Arc<Shared<T, W>>,
}

impl<T, W: Wake> Inbox<T, W> {
    pub(super) fn woken_by(waker: W) -> Self {
        let shared = Shared {
            queue: Mutex::new(Queue { items: VecDeque::new(), open: true }),
            waker,
            called: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            callers: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(super) fn caller(&self) -> Caller<T, W> {
        Caller::of(&self.shared)
    }

    /// Whether somebody called since the last [`take`](Self::take).
    pub(super) fn is_called(&self) -> bool {
        self.shared.is_called()
    }

    /// Whether somebody called or still may. If not, all that was ever left has been taken.
    pub(super) fn expects_calls(&self) -> bool {
        // In this order. Acquire: if the last caller is gone, so that this reads 0, then what it and
        // those before it left is seen behind it. The other way round, a caller that calls and goes
        // between the two questions would never be heard.
        self.shared.callers.load(Ordering::Acquire) > 0 || self.is_called()
    }

    pub(super) fn is_stopping(&self) -> bool {
        // Asked before every handler. It is seen the sooner or the later; `take_stop` decides.
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Whether a caller asked to stop; if so, it is done with. After a [`take`](Self::take) it sees
    /// every stop whose call that one heard.
    pub(super) fn take_stop(&self) -> bool {
        self.is_stopping() && self.shared.stop.swap(false, Ordering::Acquire)
    }

    /// Moves what was left to the end of `items`. False: nobody has called.
    pub(super) fn take(&self, items: &mut VecDeque<T>) -> bool {
        // The load is for the turns in which nobody called: an exchange costs ten times as much.
        //
        // Acquire: see `call`. Whoever calls after this wakes the loop, whatever it was that it left
        // and the loop takes here already.
        if !self.is_called() || !self.shared.called.swap(false, Ordering::Acquire) {
            return false;
        }
        let mut queue = self.shared.lock();
        if items.is_empty() {
            mem::swap(items, &mut queue.items);
        } else {
            items.append(&mut queue.items);
        }
        true
    }
}

impl<T, W> Drop for Inbox<T, W> {
    fn drop(&mut self) {
        let items = {
            let mut queue = self.shared.lock();
            queue.open = false;
            mem::take(&mut queue.items)
        };
        // Not under the lock: what an item captured may well hold a caller and use it when dropped.
        drop(items);
    }
}
