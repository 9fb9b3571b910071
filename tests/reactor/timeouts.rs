//! Timeouts of sources: a call if nothing else comes for so long.

use std::time::Duration;

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Exit, Next, Reactor, Ready, SourceKey};
use tourbillon::time::{Clock, ManualClock};

use crate::{drain, manual, nanos, readable_pipe, turn};

/// What a source was called for, and when.
type Seen = Vec<(u64, Ready)>;

fn watch(reactor: &mut Reactor<Seen>) -> (pipe::Sender, SourceKey<pipe::Receiver>) {
    let (sender, receiver) = pipe::new().unwrap();
    let key = reactor
        .register(
            receiver,
            Interest::READABLE,
            |seen: &mut Seen, reactor, pipe, ready| {
                drain(pipe);
                seen.push((reactor.now().as_nanos(), ready));
                Next::Continue
            },
        )
        .unwrap();
    (sender, key)
}

/// Turns at each of these nanoseconds.
fn visit(reactor: &mut Reactor<Seen>, clock: &ManualClock, times: &[u64]) -> Seen {
    let mut seen = Vec::new();
    for &time in times {
        clock.set(crate::at(time));
        turn(reactor, &mut seen);
    }
    seen
}

#[test]
fn it_comes_again_and_again_on_its_grid_and_not_before() {
    for is_common in [false, true] {
        let (mut reactor, clock) = manual::<Seen>();
        let (_sender, key) = watch(&mut reactor);
        if is_common {
            reactor.common_timeout(nanos(100));
        }
        assert!(reactor.set_timeout(key, nanos(100)));
        let seen = visit(&mut reactor, &clock, &[99, 100, 199, 200, 317, 399, 400, 401]);
        let times: Vec<_> = seen.iter().map(|&(time, _)| time).collect();
        // The one that was due at 300 was called at 317, and the next is due at 400 all the same.
        assert_eq!(times, [100, 200, 317, 400]);
        assert!(seen.iter().all(|&(_, ready)| ready == Ready::TIMED_OUT));
    }
}

#[test]
fn any_other_call_restarts_it_from_the_end_of_that_call() {
    let (mut reactor, clock) = manual::<Seen>();
    let busy = clock.clone();
    let (_sender, receiver) = readable_pipe();
    let key = reactor
        .register(
            receiver,
            Interest::READABLE,
            move |seen: &mut Seen, reactor, _, ready| {
                seen.push((reactor.now().as_nanos(), ready));
                if ready.is_readable() {
                    busy.advance(nanos(1000));
                }
                Next::Continue
            },
        )
        .unwrap();
    reactor.set_timeout(key, nanos(100));
    let mut seen = Vec::new();
    clock.set(crate::at(50));
    turn(&mut reactor, &mut seen);
    assert_eq!(reactor.timeout_remaining(key), Some(nanos(100)));
    seen.extend(visit(&mut reactor, &clock, &[1149, 1150]));
    assert_eq!(seen, [(50, Ready::READABLE), (1150, Ready::TIMED_OUT)]);
}

#[test]
fn both_at_once_are_one_call() {
    let (mut reactor, clock) = manual::<Seen>();
    let (_sender, key) = watch(&mut reactor);
    reactor.set_timeout(key, nanos(100));
    reactor.activate(key, Ready::READABLE);
    let seen = visit(&mut reactor, &clock, &[130, 130, 229, 230]);
    let both = Ready::READABLE | Ready::TIMED_OUT;
    assert_eq!(seen, [(130, both), (230, Ready::TIMED_OUT)]);
}

#[test]
fn it_can_be_set_anew_and_cleared_also_by_its_own_handler() {
    let (mut reactor, clock) = manual::<Seen>();
    let (_sender, key) = watch(&mut reactor);
    assert!(!reactor.clear_timeout(key));
    assert!(reactor.set_timeout(key, nanos(100)));
    assert!(reactor.set_timeout(key, nanos(40)));
    assert_eq!(visit(&mut reactor, &clock, &[39, 40, 79]).len(), 1);
    assert!(reactor.clear_timeout(key));
    assert_eq!(reactor.timeout_remaining(key), None);
    assert_eq!(visit(&mut reactor, &clock, &[80, 1000]), []);
    assert_eq!(reactor.timer_count(), 0);
    // By its own handler, which knows itself by `running`.
    let event = reactor
        .event(|seen: &mut Seen, reactor, ready| {
            seen.push((reactor.now().as_nanos(), ready));
            let Some(tourbillon::Origin::Source(me)) = reactor.running() else {
                panic!("a source's handler runs")
            };
            assert!(reactor.clear_timeout(me));
            Next::Continue
        })
        .unwrap();
    reactor.set_timeout(event, nanos(5));
    assert_eq!(visit(&mut reactor, &clock, &[1005, 1010, 2000]).len(), 1);
}

#[test]
fn it_goes_with_its_source() {
    let (mut reactor, clock) = manual::<Seen>();
    let (_sender, key) = watch(&mut reactor);
    reactor.set_timeout(key, nanos(100));
    assert!(reactor.deregister(key).is_some());
    assert_eq!(reactor.timer_count(), 0);
    assert!(!reactor.set_timeout(key, nanos(100)));
    assert!(!reactor.clear_timeout(key));
    // Also with one that answers Stop, by its timeout or otherwise.
    for activates in [false, true] {
        let stop = reactor.event(|_, _, _| Next::Stop).unwrap();
        reactor.set_timeout(stop, nanos(100));
        if activates {
            reactor.activate(stop, Ready::READABLE);
        }
        clock.advance(nanos(100));
        turn(&mut reactor, &mut Vec::new());
        assert!(!reactor.is_registered(stop));
        assert_eq!(reactor.timer_count(), 0);
    }
}

#[test]
fn a_timeout_of_zero_is_due_once_a_turn() {
    let (mut reactor, clock) = manual::<Seen>();
    let (_sender, key) = watch(&mut reactor);
    reactor.set_timeout(key, Duration::ZERO);
    assert_eq!(visit(&mut reactor, &clock, &[0, 0, 0, 7]).len(), 4);
}

#[test]
fn the_longest_is_never() {
    let (mut reactor, clock) = manual::<Seen>();
    let (_sender, key) = watch(&mut reactor);
    reactor.set_timeout(key, Duration::MAX);
    assert_eq!(visit(&mut reactor, &clock, &[u64::MAX - 1]), []);
    assert!(reactor.activate(key, Ready::READABLE));
    assert_eq!(visit(&mut reactor, &clock, &[u64::MAX - 1]).len(), 1);
}

#[test]
fn a_source_that_keeps_no_run_alive_does_not_by_its_timeout() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let (_sender, key) = watch(&mut reactor);
    reactor.set_timeout(key, Duration::from_secs(3600));
    assert!(reactor.set_keeps_alive(key, false));
    assert_eq!(reactor.run(&mut Vec::new()).unwrap(), Exit::Idle);
    // What somebody else does to its timer, of which a dump tells the key, is in order, too.
    let timer = reactor.dump().timers[0].key;
    assert!(reactor.set_keeps_alive(timer, false));
    assert!(reactor.cancel(timer));
    assert_eq!(reactor.timeout_remaining(key), None);
    assert!(reactor.set_timeout(key, Duration::from_millis(1)));
    assert!(reactor.set_keeps_alive(key, true));
    let end = reactor.clock().now() + Duration::from_millis(3);
    let mut seen = Vec::new();
    assert_eq!(reactor.run_until(&mut seen, end).unwrap(), Exit::Deadline);
    assert!(!seen.is_empty());
}

#[test]
fn a_once_source_may_be_called_for_its_timeout() {
    let (mut reactor, clock) = manual::<Option<Ready>>();
    let (_sender, receiver) = pipe::new().unwrap();
    let key = reactor
        .register_once(receiver, Interest::READABLE, |seen, reactor, receiver, ready| {
            assert_eq!(reactor.timer_count(), 0);
            *seen = Some(ready);
            drop(receiver);
        })
        .unwrap();
    reactor.set_timeout(key, nanos(10));
    clock.advance(nanos(10));
    let mut seen = None;
    turn(&mut reactor, &mut seen);
    assert_eq!(seen, Some(Ready::TIMED_OUT));
    assert!(!reactor.is_registered(key));
    assert!(!reactor.clear_timeout(key));
    assert_eq!(clock.now(), crate::at(10));
}

#[test]
fn readiness_that_a_cut_phase_left_is_told_with_the_timeout() {
    let (mut reactor, clock) = crate::manual_with_budget::<Vec<(usize, Ready)>>(1);
    let events: Vec<_> = (0..2)
        .map(|number| {
            let event = reactor
                .event(move |seen: &mut Vec<_>, _, ready| {
                    seen.push((number, ready));
                    Next::Continue
                })
                .unwrap();
            reactor.set_timeout(event, nanos(100));
            reactor.activate(event, Ready::READABLE);
            event
        })
        .collect();
    clock.advance(nanos(100));
    let mut seen = Vec::new();
    for _ in 0..4 {
        turn(&mut reactor, &mut seen);
    }
    let both = Ready::READABLE | Ready::TIMED_OUT;
    assert_eq!(seen, [(0, both), (1, both)]);
    assert!(events.iter().all(|&event| reactor.is_registered(event)));
}
