//! Panics: out of each kind of handler, and out of the `Drop` of what a handler has captured.
//!
//! The rule is the same for all: whatever was called is gone, nothing of it is left behind, and what
//! the turn had still to do is done by the next one, in its order.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use mio::Interest;
use mio::net::UnixStream;
use tourbillon::reactor::{Exit, Next, Reactor, Ready};
use tourbillon::time::ManualClock;
use tourbillon::{BufferEvent, Event, Listener, ListenerOptions};

use crate::{
    Log, at, drain, manual, nanos, panic_with, panicking_turn, readable_pipe, turn,
};

/// A source, a timer, something deferred and a post, each of which writes its name down.
fn one_of_each(reactor: &mut Reactor<Log>) -> mio::unix::pipe::Sender {
    let (sender, receiver) = readable_pipe();
    let f = |log: &mut Log, _: &mut Reactor<Log>, pipe: &mut _, _| {
        log.push("source");
        drain(pipe);
        Next::Continue
    };
    reactor.register(receiver, Interest::READABLE, f).unwrap();
    reactor.at(at(1), |log: &mut Log, _, _| log.push("timer"));
    reactor.defer(|log: &mut Log, _| log.push("deferred"));
    let post = reactor.remote().post(|log: &mut Log, _| log.push("post"));
    assert!(post.is_ok());
    sender
}

const ALL: [&str; 4] = ["source", "timer", "deferred", "post"];

#[test]
fn a_panic_before_the_wait_leaves_the_whole_turn_to_the_next() {
    let (mut reactor, clock) = manual::<Log>();
    let _sender = one_of_each(&mut reactor);
    clock.set(at(1));
    let key = reactor.before_wait(|_, _, _| panic_with("before"));
    reactor.before_wait(|log: &mut Log, _, _| {
        log.push("hook");
        Next::Stop
    });
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "before");
    assert!(log.is_empty());
    assert!(!reactor.remove_hook(key), "gone");
    turn(&mut reactor, &mut log);
    assert_eq!(log[0], "hook");
    assert_eq!(log[1..], ALL);
    assert_eq!(reactor.stats().panics, 1);
}

#[test]
fn a_panic_after_the_wait_leaves_what_is_due_and_detached_to_the_next_turn() {
    let (mut reactor, clock) = manual::<Log>();
    let _sender = one_of_each(&mut reactor);
    let late = reactor.at(at(2), |log: &mut Log, _, _| log.push("moved"));
    clock.set(at(2));
    let key = reactor.after_wait(|_, _, _| panic_with("after"));
    reactor.after_wait(|log: &mut Log, _, _| {
        log.push("hook");
        Next::Stop
    });
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "after");
    assert!(log.is_empty());
    assert!(!reactor.remove_hook(key));
    // Between the turns it can be moved, as ever; and what is new comes behind.
    assert!(reactor.is_pending(late) && reactor.reschedule(late, at(3)));
    reactor.at(at(0), |log: &mut Log, _, _| log.push("new"));
    clock.set(at(3));
    reactor.turn(&mut log, None).unwrap();
    let expected = ["hook", "source", "timer", "new", "moved", "deferred", "post"];
    assert_eq!(log, expected, "and it did not sleep");
}

#[test]
fn of_deferred_handlers_and_posts_the_rest_stays_in_order_behind_a_panic() {
    let (mut reactor, _clock) = manual::<Vec<u32>>();
    let remote = reactor.remote();
    for number in 0..4 {
        let act = move |seen: &mut Vec<u32>| match number {
            1 => panic_with("the second"),
            _ => seen.push(number),
        };
        reactor.defer(move |seen: &mut Vec<u32>, _| act(seen));
        let posted = remote.post(move |seen: &mut Vec<u32>, _| {
            if number == 2 {
                panic_with("the third");
            }
            seen.push(10 + number);
        });
        assert!(posted.is_ok());
    }
    let mut seen = Vec::new();
    panicking_turn(&mut reactor, &mut seen, "the second");
    assert_eq!(seen, [0]);
    reactor.defer(|seen: &mut Vec<u32>, _| seen.push(9));
    assert!(remote.post(|seen: &mut Vec<u32>, _| seen.push(19)).is_ok());
    panicking_turn(&mut reactor, &mut seen, "the third");
    assert_eq!(seen, [0, 2, 3, 9, 10, 11]);
    reactor.turn(&mut seen, None).unwrap();
    assert_eq!(seen, [0, 2, 3, 9, 10, 11, 13, 19]);
}

#[test]
fn a_stream_whose_handler_panics_amid_its_share_is_closed_and_its_timers_are_gone() {
    let (mut reactor, clock) = manual::<Log>();
    let (mut peer, ours) = UnixStream::pair().unwrap();
    let stream = BufferEvent::new(ours)
        .idle_timeout(Duration::from_secs(600))
        .read_timeout(Duration::from_secs(600));
    let key = stream
        .attach(&mut reactor, |log: &mut Log, _, stream, event| match event {
            Event::Readable => {
                log.push("readable");
                stream.output().extend_from_slice(b"answer");
            }
            Event::Drained => panic_with("drained"),
            _ => log.push("more"),
        })
        .unwrap();
    let mut log = Log::new();
    turn(&mut reactor, &mut log);
    assert_eq!(reactor.timer_count(), 2);
    peer.write_all(b"question").unwrap();
    panicking_turn(&mut reactor, &mut log, "drained");
    assert_eq!(log, ["readable"], "not even that it is closed");
    assert!(!reactor.is_registered(key));
    assert_eq!(reactor.timer_count(), 0, "or they would keep a run alive");
    let mut answer = Vec::new();
    let end = peer.read_to_end(&mut answer);
    assert!(end.is_ok() || end.unwrap_err().kind() == ErrorKind::ConnectionReset);
    clock.set(at(u64::MAX / 2));
    assert_eq!(turn(&mut reactor, &mut log), 0);
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
}

#[test]
fn a_stream_that_is_taken_out_takes_its_timers_along() {
    let (mut reactor, clock) = manual::<Log>();
    let (mut peer, ours) = UnixStream::pair().unwrap();
    let handler = |log: &mut Log, _: &mut Reactor<Log>, _: &mut BufferEvent, event| {
        log.push(match event {
            Event::Readable => "readable",
            Event::TimedOut(_) => "timed out",
            _ => "more",
        });
    };
    let stream = BufferEvent::new(ours).idle_timeout(nanos(100));
    let key = stream.attach(&mut reactor, handler).unwrap();
    let mut log = Log::new();
    turn(&mut reactor, &mut log);
    assert_eq!(reactor.timer_count(), 1);
    let stream = reactor.deregister(key).unwrap();
    assert_eq!(reactor.timer_count(), 0);
    // Its timeout is its own, and counts anew where it is attached again.
    clock.set(at(70));
    stream.attach(&mut reactor, handler).unwrap();
    peer.write_all(b"x").unwrap();
    turn(&mut reactor, &mut log);
    assert_eq!(reactor.timer_count(), 1);
    clock.set(at(169));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["readable"]);
    clock.set(at(170));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["readable", "timed out"]);
}

#[test]
fn a_listener_whose_handler_panics_amid_its_accepts_is_closed_alone() {
    let (mut reactor, clock) = manual::<Log>();
    let _sender = one_of_each(&mut reactor);
    clock.set(at(1));
    let options = ListenerOptions::default();
    let mut accepted = 0;
    let key = Listener::bind(
        &mut reactor,
        "127.0.0.1:0",
        options,
        move |log: &mut Log, _, _| {
            accepted += 1;
            if accepted == 2 {
                panic_with("accepting");
            }
            log.push("accepted");
            Ok(())
        },
    )
    .unwrap();
    let addr = reactor.source_mut(key).unwrap().local_addr().unwrap();
    let clients: Vec<_> = (0..3).map(|_| TcpStream::connect(addr).unwrap()).collect();
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "accepting");
    assert!(!reactor.is_registered(key));
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
    drop(clients);
    turn(&mut reactor, &mut log);
    log.sort_unstable();
    assert_eq!(log, ["accepted", "deferred", "post", "source", "timer"]);
}

#[test]
fn a_once_source_whose_handler_panics_is_closed_and_its_slot_free() {
    let (mut reactor, _clock) = manual::<Log>();
    let (mut sender, receiver) = readable_pipe();
    let key = reactor
        .register_once(receiver, Interest::READABLE, |_: &mut Log, _, _, _| {
            panic_with("once")
        })
        .unwrap();
    assert!(reactor.set_timeout(key, nanos(1)));
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "once");
    assert!(!reactor.is_registered(key));
    assert_eq!(reactor.timer_count(), 0);
    assert_eq!(sender.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
}

#[test]
fn nobody_runs_and_nobody_is_slow_after_a_panic() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.on_slow_handler(nanos(10), |log: &mut Log, _, _| {
        log.push("slow");
        Next::Continue
    });
    let hand = clock.clone();
    let key = reactor
        .every(nanos(1), move |_: &mut Log, _, _| {
            hand.advance(nanos(1_000));
            panic_with("slow, and worse")
        })
        .unwrap();
    let other = reactor
        .every(nanos(2), |log: &mut Log, reactor, fired| {
            log.push("other");
            assert_eq!(reactor.drift(fired.key).unwrap().ticks(), 1);
            assert_eq!(reactor.running(), Some(fired.key.into()));
            Next::Stop
        })
        .unwrap();
    clock.set(at(2));
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "slow, and worse");
    assert_eq!(reactor.running(), None);
    assert!(reactor.drift(key).is_none() && reactor.deadline(key).is_none());
    assert_eq!(reactor.deadline(other), Some(at(2)));
    assert!(reactor.drift(other).is_some());
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["other"]);
    assert_eq!(reactor.stats().slow_handlers, 0);
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn a_run_that_a_panic_has_ended_is_entered_again_and_keeps_its_end() {
    let (mut reactor, clock) = manual::<Log>();
    let _remote = reactor.remote();
    reactor.at(at(1), |_, reactor, _| {
        reactor.stop_at(at(5));
        panic_with("once")
    });
    let hand = clock.clone();
    reactor.at(at(2), move |log: &mut Log, _, _| {
        log.push("after");
        hand.set(at(5));
    });
    clock.set(at(2));
    let mut log = Log::new();
    let run = catch_unwind(AssertUnwindSafe(|| reactor.run(&mut log)));
    assert!(run.is_err());
    assert_eq!(turn(&mut reactor, &mut log), 1, "a turn by itself is no run");
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Deadline);
    assert_eq!(log, ["after"]);
}

/// Panics when it is dropped, once.
struct Explosive(Rc<Cell<usize>>);

impl Drop for Explosive {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        panic_with("dropped");
    }
}

/// Adds a handler that stops itself, in each way there is, and holds what explodes.
fn add_explosive(
    reactor: &mut Reactor<Log>,
    kind: usize,
    drops: &Rc<Cell<usize>>,
) -> Option<mio::unix::pipe::Sender> {
    let held = Explosive(Rc::clone(drops));
    let act = move |log: &mut Log| {
        assert_eq!(held.0.get(), 0);
        log.push("explosive");
        Next::Stop
    };
    match kind {
        0 => {
            let (sender, receiver) = readable_pipe();
            let f = move |log: &mut Log, _: &mut Reactor<Log>, _: &mut _, _| act(log);
            reactor.register(receiver, Interest::READABLE, f).unwrap();
            return Some(sender);
        }
        1 => {
            reactor.every(nanos(1), move |log: &mut Log, _, _| act(log)).unwrap();
        }
        2 => {
            reactor.before_wait(move |log: &mut Log, _, _| act(log));
        }
        3 => {
            reactor.after_wait(move |log: &mut Log, _, _| act(log));
        }
        4 => {
            let event = reactor.event(move |log: &mut Log, _, _| act(log)).unwrap();
            reactor.activate(event, Ready::READABLE);
        }
        5 => reactor.defer(move |log: &mut Log, _| assert_eq!(act(log), Next::Stop)),
        _ => {
            let f = move |log: &mut Log, _: &mut _, _| assert_eq!(act(log), Next::Stop);
            reactor.at(at(1), f);
        }
    }
    None
}

#[test]
fn a_drop_that_panics_is_its_handlers_panic_and_hurts_nobody_else() {
    for kind in 0..7 {
        let (mut reactor, clock) = manual::<Log>();
        let drops = Rc::new(Cell::new(0));
        let _explosive = add_explosive(&mut reactor, kind, &drops);
        let _sender = one_of_each(&mut reactor);
        clock.set(at(1));
        let mut log = Log::new();
        panicking_turn(&mut reactor, &mut log, "dropped");
        assert_eq!(drops.get(), 1, "{kind}");
        turn(&mut reactor, &mut log);
        assert_eq!(turn(&mut reactor, &mut log), 0, "{kind}");
        log.sort_unstable();
        let expected = ["deferred", "explosive", "post", "source", "timer"];
        assert_eq!(log, expected, "{kind}");
        assert_eq!((reactor.stats().panics, reactor.timer_count()), (1, 0), "{kind}");
        assert!(reactor.dump().hooks.is_empty(), "{kind}");
        drop(reactor);
        assert_eq!(drops.get(), 1, "{kind}: once");
    }
}

#[test]
fn a_drop_that_panics_when_another_removes_its_handler_is_the_others_panic() {
    let (mut reactor, clock) = manual::<Log>();
    let drops = Rc::new(Cell::new(0));
    let held = Explosive(Rc::clone(&drops));
    let victim = reactor.at(at(2), move |_: &mut Log, _, _| drop(held));
    let culprit = reactor
        .every(nanos(1), move |log: &mut Log, reactor, _| {
            log.push("culprit");
            reactor.cancel(victim);
            Next::Continue
        })
        .unwrap();
    reactor.at(at(3), |log: &mut Log, _, _| log.push("bystander"));
    clock.set(at(3));
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "dropped");
    assert!(!reactor.is_pending(victim) && !reactor.is_pending(culprit));
    turn(&mut reactor, &mut log);
    assert_eq!((log, drops.get()), (vec!["culprit", "bystander"], 1));
}

/// Posts when it is dropped, and says whether that was accepted.
struct Parting(tourbillon::reactor::Remote<Log>, mpsc::Sender<bool>);

impl Drop for Parting {
    fn drop(&mut self) {
        let posted = self.0.post(|log: &mut Log, _| log.push("farewell"));
        self.1.send(posted.is_ok()).unwrap();
    }
}

#[test]
fn what_a_drop_posts_is_called_while_there_is_a_reactor_and_refused_after_it() {
    let (mut reactor, clock) = manual::<Log>();
    let (told, tells) = mpsc::channel();
    let parting = Parting(reactor.remote(), told.clone());
    let key = reactor.at(at(9), move |_: &mut Log, _, _| drop(parting));
    let parting = Parting(reactor.remote(), told.clone());
    let posted = reactor.remote().post(move |_: &mut Log, _| drop(parting));
    assert!(posted.is_ok());
    assert!(reactor.cancel(key));
    let mut log = Log::new();
    while turn(&mut reactor, &mut log) > 0 {}
    assert_eq!(log, ["farewell", "farewell"]);
    assert_eq!(tells.try_iter().collect::<Vec<_>>(), [true, true]);
    // Those that are dropped with the reactor, whatever holds them, and not called any more.
    let held: Vec<_> = (0..4).map(|_| Parting(reactor.remote(), told.clone())).collect();
    let mut held = held.into_iter();
    let (one, two) = (held.next(), held.next());
    reactor.at(at(9), move |_: &mut Log, _, _| drop(one));
    reactor.defer(move |_: &mut Log, _| drop(two));
    let three = held.next();
    assert!(reactor.remote().post(move |_: &mut Log, _| drop(three)).is_ok());
    let four = RefCell::new(held.next());
    let f = move |_: &mut Log, _: &mut Reactor<Log>, _| {
        four.take();
        Next::Continue
    };
    reactor.after_wait(f);
    clock.set(at(0));
    drop(reactor);
    assert_eq!(tells.try_iter().count(), 4);
    assert_eq!(log.len(), 2);
}

#[test]
fn a_panic_in_the_hook_of_slow_handlers_costs_the_hook_and_not_the_slow_one() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.on_slow_handler(nanos(10), |_: &mut Log, _, _| panic_with("told"));
    let hand: ManualClock = clock.clone();
    let slow = reactor
        .every(nanos(1), move |log: &mut Log, _, _| {
            log.push("slow");
            hand.advance(nanos(1_000));
            Next::Continue
        })
        .unwrap();
    reactor.at(at(1), |log: &mut Log, _, _| log.push("next"));
    clock.set(at(1));
    let mut log = Log::new();
    panicking_turn(&mut reactor, &mut log, "told");
    assert_eq!(log, ["slow"]);
    assert_eq!(reactor.deadline(slow), Some(at(2)));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["slow", "next", "slow"], "and nobody is told again");
    assert_eq!((reactor.stats().panics, reactor.stats().slow_handlers), (1, 1));
}
