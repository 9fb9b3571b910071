//! Handlers that cancel others, remove themselves, panic, or call the reactor from inside it.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use mio::Interest;
use tourbillon::reactor::{Next, Ready, Remote, SourceKey};
use tourbillon::timers::TimerKey;

use crate::{
    Log, at, drain, manual, nanos, panic_with, panicking_turn, readable_pipe, turn,
};

#[test]
fn a_handler_cancels_and_reschedules_others_of_its_own_batch() {
    let (mut reactor, clock) = manual::<(Log, Vec<TimerKey>)>();
    reactor.at(at(1), |(log, keys): &mut (Log, Vec<TimerKey>), reactor, _| {
        log.push("first");
        assert!(reactor.cancel(keys[0]));
        assert!(!reactor.cancel(keys[0]));
        assert!(reactor.is_pending(keys[1]));
        assert!(reactor.reschedule(keys[1], at(50)));
        assert!(reactor.reschedule(keys[2], at(4)), "due all the same");
    });
    let mut keys = Vec::new();
    for (deadline, name) in [(2, "cancelled"), (3, "later"), (4, "again"), (5, "last")] {
        keys.push(reactor.at(at(deadline), move |(log, _): &mut (Log, _), _, _| {
            log.push(name);
        }));
    }
    let mut state = (Log::new(), keys);
    clock.set(at(10));
    turn(&mut reactor, &mut state);
    assert_eq!(state.0, ["first", "last"], "what was scheduled anew waits for a turn");
    turn(&mut reactor, &mut state);
    assert_eq!(state.0, ["first", "last", "again"]);
    clock.set(at(50));
    turn(&mut reactor, &mut state);
    assert_eq!(state.0, ["first", "last", "again", "later"]);
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn a_timer_of_a_broken_off_batch_can_be_cancelled_and_rescheduled_between_turns() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.at(at(1), |log: &mut Log, reactor, _| {
        log.push("stop");
        reactor.stop();
    });
    let key = |reactor: &mut tourbillon::Reactor<Log>, deadline, name| -> TimerKey {
        reactor.at(at(deadline), move |log: &mut Log, _, _| log.push(name))
    };
    let cancelled = key(&mut reactor, 2, "cancelled");
    let moved = key(&mut reactor, 3, "moved");
    let sooner = key(&mut reactor, 4, "sooner");
    key(&mut reactor, 5, "stays");
    clock.set(at(10));
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 1);
    assert!(reactor.cancel(cancelled));
    assert!(reactor.reschedule(moved, at(30)));
    assert!(reactor.reschedule(sooner, at(1)));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["stop", "stays", "sooner"], "each once");
    clock.set(at(30));
    turn(&mut reactor, &mut log);
    assert_eq!(log.last(), Some(&"moved"));
    assert_eq!(log.len(), 4);
}

#[test]
fn an_interval_cancels_itself_or_answers_stop_and_its_key_is_stale() {
    let (mut reactor, clock) = manual::<Log>();
    let own = reactor
        .every(nanos(10), |log: &mut Log, reactor, fired| {
            log.push("cancels itself");
            assert!(reactor.cancel(fired.key));
            assert!(!reactor.reschedule(fired.key, at(1)));
            Next::Continue
        })
        .unwrap();
    let stop = reactor
        .every(nanos(10), |log: &mut Log, _, _| {
            log.push("stops");
            Next::Stop
        })
        .unwrap();
    let mut log = Log::new();
    for now in [10, 20, 30] {
        clock.set(at(now));
        turn(&mut reactor, &mut log);
    }
    assert_eq!(log, ["cancels itself", "stops"]);
    assert!(!reactor.is_pending(own) && !reactor.is_pending(stop));
}

type Keys<E> = (Log, Vec<SourceKey<E>>);

#[test]
fn a_source_removes_another_that_is_ready_in_the_same_turn() {
    let (mut reactor, _clock) = manual::<Keys<mio::unix::pipe::Receiver>>();
    let mut state: Keys<_> = (Log::new(), Vec::new());
    let mut senders = Vec::new();
    for _ in 0..2 {
        let (sender, receiver) = readable_pipe();
        senders.push(sender);
        let key = reactor
            .register(
                receiver,
                Interest::READABLE,
                |(log, keys): &mut Keys<_>, reactor, _, _| {
                    log.push("called");
                    // Whichever comes first takes the other out, and a newcomer takes its place.
                    let other = keys.iter().find_map(|&key| reactor.deregister(key));
                    assert!(other.is_some());
                    let (_sender, newcomer) = mio::unix::pipe::new().unwrap();
                    reactor
                        .register(
                            newcomer,
                            Interest::WRITABLE,
                            |(log, _): &mut Keys<_>, _, _, _| {
                                log.push("the newcomer");
                                Next::Continue
                            },
                        )
                        .unwrap();
                    Next::Continue
                },
            )
            .unwrap();
        state.1.push(key);
    }
    assert_eq!(turn(&mut reactor, &mut state), 1);
    assert_eq!(state.0, ["called"]);
    let alive = state.1.iter().filter(|&&key| reactor.is_registered(key)).count();
    assert_eq!(alive, 0, "one by the other, one by itself");
}

#[test]
fn a_source_that_removes_itself_is_dropped_when_its_handler_returns() {
    let (mut reactor, _clock) = manual::<Keys<mio::unix::pipe::Receiver>>();
    let (_sender, receiver) = readable_pipe();
    let witness = Rc::new(());
    let held = Rc::clone(&witness);
    let key = reactor
        .register(
            receiver,
            Interest::READABLE,
            move |(log, keys): &mut Keys<_>, reactor, _, _| {
                assert_eq!(Rc::strong_count(&held), 2);
                assert!(reactor.source_mut(keys[0]).is_none(), "moved out");
                assert!(reactor.deregister(keys[0]).is_none());
                assert!(reactor.is_registered(keys[0]), "until the handler returns");
                log.push("gone");
                Next::Continue
            },
        )
        .unwrap();
    let mut state = (Log::new(), vec![key]);
    assert_eq!(turn(&mut reactor, &mut state), 1);
    assert_eq!(state.0, ["gone"]);
    assert!(!reactor.is_registered(key));
    assert_eq!(Rc::strong_count(&witness), 1, "the handler is dropped");
    assert!(!reactor.activate(key, Ready::READABLE));
    assert!(reactor.reregister(key, Interest::READABLE).is_err());
}

#[test]
fn turn_and_run_inside_a_handler_are_refused_and_change_nothing() {
    let (mut reactor, _clock) = manual::<Vec<io::ErrorKind>>();
    reactor.after(Duration::ZERO, |kinds: &mut Vec<_>, reactor, _| {
        let before = format!("{:?}", reactor.stats());
        kinds.push(reactor.turn(&mut Vec::new(), None).unwrap_err().kind());
        kinds.push(reactor.run(&mut Vec::new()).unwrap_err().kind());
        assert_eq!(format!("{:?}", reactor.stats()), before);
    });
    reactor.after(Duration::ZERO, |kinds: &mut Vec<_>, _, _| {
        kinds.push(io::ErrorKind::AddrInUse);
    });
    let mut kinds = Vec::new();
    turn(&mut reactor, &mut kinds);
    assert_eq!(
        kinds,
        [io::ErrorKind::Other, io::ErrorKind::Other, io::ErrorKind::AddrInUse]
    );
}

#[test]
fn a_hook_that_a_hook_adds_is_called_from_the_next_turn_on_and_so_are_those_behind_it() {
    for is_before in [true, false] {
        let (mut reactor, _clock) = manual::<Log>();
        let add = move |reactor: &mut tourbillon::Reactor<Log>, name: &'static str| {
            if is_before {
                reactor.before_wait(move |log: &mut Log, _, _| {
                    log.push(name);
                    Next::Continue
                })
            } else {
                reactor.after_wait(move |log: &mut Log, _, _| {
                    log.push(name);
                    Next::Continue
                })
            }
        };
        let mut is_new = true;
        let mut adds = move |log: &mut Log, reactor: &mut _| {
            log.push("adds");
            if std::mem::take(&mut is_new) {
                add(reactor, "added");
                add(reactor, "and another");
            }
            Next::Continue
        };
        if is_before {
            reactor.before_wait(move |log: &mut Log, reactor, _| adds(log, reactor));
        } else {
            reactor.after_wait(move |log: &mut Log, reactor, _| adds(log, reactor));
        }
        let mut log = Log::new();
        turn(&mut reactor, &mut log);
        assert_eq!(log, ["adds"]);
        turn(&mut reactor, &mut log);
        turn(&mut reactor, &mut log);
        assert_eq!(log[1..4], ["adds", "added", "and another"]);
        assert_eq!(log[4..], log[1..4]);
    }
}

#[test]
fn an_activation_as_timed_out_and_the_timeout_of_the_same_turn_are_one_call() {
    let (mut reactor, clock) = manual::<u32>();
    let event = reactor
        .event(|count: &mut u32, _, ready| {
            assert_eq!(ready, Ready::TIMED_OUT);
            *count += 1;
            Next::Continue
        })
        .unwrap();
    reactor.set_timeout(event, nanos(10));
    reactor.activate(event, Ready::TIMED_OUT);
    clock.set(at(13));
    let mut count = 0;
    assert_eq!((turn(&mut reactor, &mut count), count), (1, 1));
    assert_eq!(reactor.timeout_remaining(event), Some(nanos(10)));
    // One that is not due is neither told nor moved by it.
    clock.set(at(17));
    reactor.activate(event, Ready::TIMED_OUT);
    assert_eq!((turn(&mut reactor, &mut count), count), (1, 2));
    assert_eq!(reactor.timeout_remaining(event), Some(nanos(6)));
}

#[test]
fn marks_of_a_timer_that_belongs_to_a_stream_go_with_it() {
    let mut reactor = tourbillon::Reactor::<Log>::new().unwrap();
    let (_peer, ours) = mio::net::UnixStream::pair().unwrap();
    let stream = tourbillon::BufferEvent::new(ours).idle_timeout(Duration::ZERO);
    let key = stream
        .attach(&mut reactor, |log: &mut Log, _, stream, _| {
            log.push("told");
            stream.close();
        })
        .unwrap();
    let mut log = Log::new();
    reactor.turn(&mut log, Duration::ZERO).unwrap();
    let timer = reactor.dump().timers[0].key;
    assert!(reactor.set_keeps_alive(timer, false) && reactor.set_name(timer, "idle"));
    while reactor.is_registered(key) {
        reactor.turn(&mut log, Duration::from_millis(1)).unwrap();
    }
    assert_eq!(reactor.name(timer), None);
    // Or this one would be taken for the one that keeps nothing alive.
    reactor.after(Duration::from_millis(1), |log: &mut Log, _, _| log.push("after"));
    assert_eq!(reactor.run(&mut log).unwrap(), tourbillon::Exit::Idle);
    assert_eq!(log, ["told", "told", "after"]);
}

/// Where the panic comes from in the test below.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Culprit {
    Source,
    Timer,
    Interval,
    Deferred,
    Post,
}

#[test]
fn a_handler_that_panics_hurts_only_itself() {
    use Culprit::{Deferred, Interval, Post, Source, Timer};
    for culprit in [Source, Timer, Interval, Deferred, Post] {
        let (mut reactor, clock) = manual::<Log>();
        let dropped = Rc::new(Cell::new(0));
        let (_pipes, source, interval) = populate(&mut reactor, culprit, &dropped);
        clock.set(at(10));
        let mut log = Log::new();
        panicking_turn(&mut reactor, &mut log, "culprit");
        assert_eq!(dropped.get(), usize::from(culprit != Post), "{culprit:?}");
        assert_eq!(reactor.is_registered(source), culprit != Source, "{culprit:?}");
        assert_eq!(reactor.is_pending(interval), culprit != Interval, "{culprit:?}");
        // The rest of the turn is done by the next one, which does not sleep. After a post there is
        // no rest.
        let wait = (culprit == Post).then_some(Duration::ZERO);
        reactor.turn(&mut log, wait).unwrap();
        let mut expected = vec!["source", "timer", "interval", "deferred", "post"];
        expected.remove(culprit as usize);
        assert_eq!(log, expected, "{culprit:?}");
        assert_eq!(turn(&mut reactor, &mut log), 0, "{culprit:?}");
    }
}

/// Says when it is dropped.
struct Witness(Rc<Cell<usize>>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

type Populated = (
    (mio::unix::pipe::Sender, Remote<Log>),
    SourceKey<mio::unix::pipe::Receiver>,
    TimerKey,
);

/// One handler of each kind, of which one panics. That one holds a witness.
fn populate(
    reactor: &mut tourbillon::Reactor<Log>,
    culprit: Culprit,
    dropped: &Rc<Cell<usize>>,
) -> Populated {
    let act = |kind: Culprit, name: &'static str| {
        let witness = (kind == culprit).then(|| Witness(Rc::clone(dropped)));
        move |log: &mut Log| match witness {
            Some(_) => panic_with("culprit"),
            None => log.push(name),
        }
    };
    let (sender, receiver) = readable_pipe();
    let f = act(Culprit::Source, "source");
    let source = reactor
        .register(receiver, Interest::READABLE, move |log: &mut Log, _, pipe, _| {
            f(log);
            drain(pipe);
            Next::Continue
        })
        .unwrap();
    let f = act(Culprit::Timer, "timer");
    reactor.at(at(1), move |log: &mut Log, _, _| f(log));
    let f = act(Culprit::Interval, "interval");
    let interval = reactor
        .every(nanos(10), move |log: &mut Log, _, _| {
            f(log);
            Next::Continue
        })
        .unwrap();
    let f = act(Culprit::Deferred, "deferred");
    reactor.defer(move |log: &mut Log, _| f(log));
    let remote = reactor.remote();
    let is_culprit = culprit == Culprit::Post;
    let post = remote.post(move |log: &mut Log, _| {
        if is_culprit {
            panic_with("culprit");
        }
        log.push("post");
    });
    assert!(post.is_ok());
    ((sender, remote), source, interval)
}

#[test]
fn a_panic_ends_a_run_which_can_be_entered_again() {
    let mut reactor = tourbillon::Reactor::<Log>::new().unwrap();
    reactor.after(Duration::ZERO, |_: &mut Log, _, _| panic_with("once"));
    reactor.after(Duration::from_millis(1), |log: &mut Log, _, _| log.push("after"));
    let mut log = Log::new();
    let run =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reactor.run(&mut log)));
    assert!(run.is_err());
    assert_eq!(reactor.run(&mut log).unwrap(), tourbillon::Exit::Idle);
    assert_eq!(log, ["after"]);
}
