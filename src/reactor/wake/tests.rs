//! The protocol at every interleaving of up to three threads, under loom, and on real threads in an
//! ordinary test run: the bodies are the same.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --lib --target-dir target/loom reactor::wake
//! ```
//!
//! Loom also tries what the memory model allows beside interleavings: every value that a load may
//! read. It goes through all schedules with at most two switches that no thread asked for, in seconds;
//! `LOOM_MAX_PREEMPTIONS=3` takes a minute. A loop that is never woken is a deadlock there, and is
//! reported as one; on real threads it is a minute's wait.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::super::sync::{Arc, AtomicUsize, Condvar, Mutex, Ordering, thread};
use super::{Caller, Inbox, Wake};

/// Tries the body at every interleaving.
#[cfg(loom)]
fn check(body: impl Fn() + Send + Sync + 'static) {
    /// Enough for each of the bugs that were planted to see it found (docs/DESIGN.md).
    const PREEMPTIONS: usize = 2;
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(PREEMPTIONS));
    model.check(body);
}

/// Tries the body at those interleavings that come along.
#[cfg(not(loom))]
fn check(body: impl Fn() + Send + Sync + 'static) {
    for _ in 0..1_000 {
        body();
    }
}

/// What the protocol needs of the kernel: an eventfd in an edge-triggered poll.
#[derive(Debug)]
struct Kernel {
    edge: Mutex<Edge>,
    sleeper: Condvar,
}

#[derive(Debug)]
struct Edge {
    /// Written to since the last poll.
    is_new: bool,
    /// How often it was written to.
    writes: usize,
}

impl Kernel {
    /// A poll; with a sleep if there is nothing to tell.
    fn poll(&self, sleeps: bool) {
        let mut edge = self.edge.lock().unwrap();
        while sleeps && !edge.is_new {
            let (woken, waited) =
                self.sleeper.wait_timeout(edge, Duration::from_secs(60)).unwrap();
            assert!(!waited.timed_out(), "nobody has woken the loop");
            edge = woken;
        }
        edge.is_new = false;
    }

    fn writes(&self) -> usize {
        self.edge.lock().unwrap().writes
    }
}

impl Wake for Arc<Kernel> {
    fn wake(&self) {
        let mut edge = self.edge.lock().unwrap();
        edge.is_new = true;
        edge.writes += 1;
        self.sleeper.notify_one();
    }
}

/// How a run ended.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
enum Exit {
    Idle,
    Stopped,
}

/// A loop that has nothing but its inbox, and asks it what a reactor asks, in that order.
struct Loop<T> {
    inbox: Inbox<T, Arc<Kernel>>,
    kernel: Arc<Kernel>,
    seen: VecDeque<T>,
    /// Turns in which it heard a call.
    heard: usize,
}

impl<T> Loop<T> {
    fn new() -> Self {
        let edge = Mutex::new(Edge { is_new: false, writes: 0 });
        let kernel = Arc::new(Kernel { edge, sleeper: Condvar::new() });
        let inbox = Inbox::woken_by(Arc::clone(&kernel));
        Self { inbox, kernel, seen: VecDeque::new(), heard: 0 }
    }

    fn caller(&self) -> Caller<T, Arc<Kernel>> {
        self.inbox.caller()
    }

    /// One turn. True: it was asked to stop.
    fn turn(&mut self) -> bool {
        let is_awake = self.inbox.is_called() || !self.inbox.expects_calls();
        self.kernel.poll(!is_awake);
        if !self.inbox.is_stopping() {
            self.heard += usize::from(self.inbox.take(&mut self.seen));
        }
        self.inbox.take_stop()
    }

    fn run(&mut self) -> Exit {
        loop {
            if self.turn() {
                return Exit::Stopped;
            }
            if !self.inbox.expects_calls() {
                return Exit::Idle;
            }
        }
    }

    /// I2: no more wakes than clearings of the flag, and one that is still to be cleared.
    fn assert_woken_no_more_than_once_between_takes(&self) {
        let due = usize::from(self.inbox.is_called());
        assert_eq!(self.kernel.writes(), self.heard + due);
    }
}

fn itself<V>(value: V) -> V {
    value
}

#[test]
fn every_post_of_two_threads_is_seen_once_each_threads_in_order() {
    check(|| {
        let mut reactor = Loop::new();
        let threads: Vec<_> = (0..2)
            .map(|thread| {
                let caller = reactor.caller();
                thread::spawn(move || {
                    for number in 0..2 {
                        caller.push((thread, number), itself).unwrap();
                    }
                })
            })
            .collect();
        assert_eq!(reactor.run(), Exit::Idle);
        for thread in 0..2 {
            let of_thread = reactor.seen.iter().filter(|(of, _)| *of == thread);
            assert!(of_thread.map(|&(_, number)| number).eq(0..2));
        }
        assert_eq!(reactor.seen.len(), 4);
        for thread in threads {
            thread.join().unwrap();
        }
        reactor.assert_woken_no_more_than_once_between_takes();
    });
}

#[test]
fn a_post_a_stop_and_the_last_callers_end_are_all_noticed() {
    check(|| {
        let mut reactor = Loop::new();
        let (poster, stopper) = (reactor.caller(), reactor.caller());
        let threads = [
            thread::spawn(move || poster.push("posted", itself).unwrap()),
            thread::spawn(move || stopper.stop()),
        ];
        let mut stops = 0;
        while reactor.run() == Exit::Stopped {
            stops += 1;
        }
        assert_eq!((stops, reactor.seen.len()), (1, 1));
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_burst_of_posts_costs_one_wake() {
    check(|| {
        let mut reactor = Loop::new();
        let (one, other) = (reactor.caller(), reactor.caller());
        let thread = thread::spawn(move || {
            for number in 0..2 {
                other.push(number, itself).unwrap();
            }
            other
        });
        for number in 2..4 {
            one.push(number, itself).unwrap();
        }
        let other = thread.join().unwrap();
        assert_eq!(reactor.kernel.writes(), 1);
        reactor.turn();
        assert_eq!((reactor.seen.len(), reactor.heard), (4, 1));
        other.push(4, itself).unwrap();
        one.push(5, itself).unwrap();
        assert_eq!(reactor.kernel.writes(), 2);
        reactor.turn();
        assert_eq!((reactor.seen.len(), reactor.heard), (6, 2));
    });
}

/// A value that counts how often one of its kind was dropped, and posts another when it is.
struct Dropped {
    count: Arc<AtomicUsize>,
    caller: Option<Caller<Dropped, Arc<Kernel>>>,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if let Some(caller) = self.caller.take() {
            let another = Dropped { count: Arc::clone(&self.count), caller: None };
            let refused = caller.push(another, itself);
            assert!(refused.is_err(), "the loop is gone");
        }
    }
}

#[test]
fn a_post_that_races_with_the_end_is_dropped_with_the_loop_or_given_back() {
    check(|| {
        let reactor = Loop::new();
        let counts: Vec<_> = (0..2).map(|_| Arc::new(AtomicUsize::new(0))).collect();
        let threads: Vec<_> = counts
            .iter()
            .map(|count| {
                let (count, caller) = (Arc::clone(count), reactor.caller());
                thread::spawn(move || {
                    let value = Dropped { count, caller: None };
                    let result = caller.push(value, itself);
                    assert!(result.is_ok() || caller.is_closed());
                    (caller, result)
                })
            })
            .collect();
        drop(reactor);
        let results: Vec<_> =
            threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        // The callers live, and with them what they share with the loop.
        for (count, (_, result)) in counts.iter().zip(&results) {
            assert_eq!(count.load(Ordering::Relaxed), usize::from(result.is_ok()));
        }
        drop(results);
        for count in counts {
            assert_eq!(count.load(Ordering::Relaxed), 1);
        }
    });
}

#[test]
fn what_is_dropped_with_the_loop_may_post_and_gets_it_back() {
    check(|| {
        let reactor = Loop::new();
        let count = Arc::new(AtomicUsize::new(0));
        let (caller, within) = (reactor.caller(), reactor.caller());
        let value = Dropped { count: Arc::clone(&count), caller: Some(within) };
        let thread = thread::spawn(move || drop(caller.push(value, itself)));
        drop(reactor);
        thread.join().unwrap();
        // The value, and the one that it was given back.
        assert_eq!(count.load(Ordering::Relaxed), 2);
    });
}

/// The loop has a caller of its own here, so that it sleeps whenever it may.
#[test]
fn a_wake_ends_the_sleep_and_shows_what_was_done_before_it() {
    check(|| {
        let mut reactor = Loop::<()>::new();
        let own = reactor.caller();
        let done: Vec<_> = (0..2).map(|_| Arc::new(AtomicUsize::new(0))).collect();
        let threads: Vec<_> = done
            .iter()
            .map(|done| {
                let (done, caller) = (Arc::clone(done), reactor.caller());
                thread::spawn(move || {
                    done.store(1, Ordering::Relaxed);
                    caller.wake();
                })
            })
            .collect();
        while done.iter().any(|done| done.load(Ordering::Relaxed) == 0) {
            reactor.turn();
        }
        for thread in threads {
            thread.join().unwrap();
        }
        reactor.assert_woken_no_more_than_once_between_takes();
        drop(own);
    });
}

#[test]
fn who_sees_the_run_stopped_sees_what_was_done_before_the_stop() {
    check(|| {
        let mut reactor = Loop::<()>::new();
        let (own, stopper, poster) =
            (reactor.caller(), reactor.caller(), reactor.caller());
        let done = Arc::new(AtomicUsize::new(0));
        let does = Arc::clone(&done);
        let threads = [
            thread::spawn(move || {
                does.store(1, Ordering::Relaxed);
                stopper.stop();
            }),
            thread::spawn(move || poster.wake()),
        ];
        assert_eq!(reactor.run(), Exit::Stopped);
        assert_eq!(done.load(Ordering::Relaxed), 1);
        for thread in threads {
            thread.join().unwrap();
        }
        drop(own);
    });
}

#[test]
fn the_last_of_the_callers_ends_the_sleep_whichever_it_is() {
    check(|| {
        let mut reactor = Loop::new();
        let (one, other) = (reactor.caller(), reactor.caller());
        let threads = [
            thread::spawn(move || {
                // While there is one there is another, and never none.
                let copy = one.clone();
                drop(one);
                copy.push("posted", itself).unwrap();
            }),
            thread::spawn(move || drop(other)),
        ];
        assert_eq!(reactor.run(), Exit::Idle);
        assert_eq!(reactor.seen.len(), 1);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}
