//! libevent, `test/regress.c`: timers, and the timeouts of events.

use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use mio::unix::pipe;
use tourbillon::reactor::UserEvent;
use tourbillon::reactor::{
    Exit, Fired, Interest, Next, Origin, Reactor, Ready, SourceKey,
};
use tourbillon::time::{Clock, Instant};

use crate::common::{at_ms, ms};
use crate::{advance_to, drain, manual, run, turn};

/// When an event was called, and for what.
type Seen = Vec<(Instant, Ready)>;

/// An event that writes down its calls.
fn recorder(reactor: &mut Reactor<Seen>) -> SourceKey<UserEvent> {
    let event = reactor.event(|seen: &mut Seen, reactor, ready| {
        seen.push((reactor.now(), ready));
        Next::Continue
    });
    event.unwrap()
}

/// `test_simpletimeout`: a timer of 200 ms; the loop ends by itself.
#[test]
fn libevent_simpletimeout() {
    let (mut reactor, clock) = manual::<Vec<Instant>>();
    reactor.after(ms(200), |called: &mut Vec<_>, _, fired| called.push(fired.now));
    let mut called = Vec::new();
    assert_eq!(run(&mut reactor, &clock, &mut called), Exit::Idle);
    assert_eq!(called, [at_ms(200)]);
    assert_eq!(clock.now(), at_ms(200));
}

/// `test_persistent_timeout`: every 10 ms, and the sixth call has the loop exit.
#[test]
fn libevent_persistent_timeout() {
    let (mut reactor, clock) = manual::<Vec<Instant>>();
    let every = reactor.every(ms(10), |called: &mut Vec<_>, reactor, fired| {
        called.push(fired.now);
        if called.len() == 6 {
            reactor.stop_after_turn();
        }
        Next::Continue
    });
    let mut called = Vec::new();
    assert_eq!(run(&mut reactor, &clock, &mut called), Exit::Stopped);
    assert_eq!(called, [10, 20, 30, 40, 50, 60].map(at_ms));
    assert_eq!(reactor.deadline(every.unwrap()), Some(at_ms(70)));
}

/// `test_persistent_timeout_jump`: 300 ms pass before the loop of an event of 100 ms runs for 50 ms. One
/// call, and no burst. In libevent the grid is lost, and the next is due 100 ms later; ours keeps it.
#[test]
fn libevent_persistent_timeout_jump() {
    let (mut reactor, clock) = manual::<Vec<Fired>>();
    let every = reactor.every(ms(100), |called: &mut Vec<_>, _, fired| {
        called.push(fired);
        Next::Continue
    });
    let key = every.unwrap();
    clock.advance(ms(300));
    reactor.stop_at(at_ms(350));
    let mut called = Vec::new();
    assert_eq!(run(&mut reactor, &clock, &mut called), Exit::Deadline);
    let (scheduled, now) = (at_ms(300), at_ms(300));
    assert_eq!(called, [Fired { key, scheduled, now, missed: 2 }]);
    assert_eq!(reactor.deadline(key), Some(at_ms(400)));
}

/// `test_persistent_active_timeout`: an event with a timeout of 200 ms is activated at 100, from where on
/// the timeout counts anew.
#[test]
fn libevent_persistent_active_timeout() {
    let (mut reactor, clock) = manual::<Seen>();
    let event = recorder(&mut reactor);
    assert!(reactor.set_timeout(event, ms(200)));
    reactor.after(ms(100), move |_, reactor, _| {
        assert!(reactor.activate(event, Ready::READABLE));
    });
    reactor.stop_at(at_ms(600));
    let mut seen = Seen::new();
    assert_eq!(run(&mut reactor, &clock, &mut seen), Exit::Deadline);
    assert_eq!(clock.now(), at_ms(600));
    let expected =
        [(100, Ready::READABLE), (300, Ready::TIMED_OUT), (500, Ready::TIMED_OUT)];
    assert_eq!(seen, expected.map(|(millis, ready)| (at_ms(millis), ready)));
    assert_eq!(reactor.timeout_remaining(event), Some(ms(100)));
}

/// `test_common_timeout`, first part: registering a duration again, by its token's duration, or in other
/// units, gives the same token.
#[test]
fn libevent_common_timeout_is_idempotent() {
    let (mut reactor, _clock) = manual::<()>();
    let [short, long, five] =
        [100, 200, 5_000].map(|millis| reactor.common_timeout(ms(millis)));
    assert!(short != long && long != five && short != five);
    assert_eq!(reactor.common_timeout(ms(200)), long);
    assert_eq!(reactor.common_timeout(long.duration()), long);
    assert_eq!(reactor.common_timeout(Duration::from_micros(1) * 5_000_000), five);
    assert_eq!(reactor.common_timeout(Duration::from_secs(5)), five);
}

/// What the events of `libevent_common_timeout` count.
struct Calls {
    counts: Vec<u64>,
    ended: Vec<Option<Instant>>,
}

/// Gives the `i`-th event its timeout: odd ones 100 ms, even ones 200; some of them twice, from one queue to
/// the other. A plain duration that is a common timeout's joins its queue by itself, which a timeout
/// that is a nanosecond off before does not.
fn start(reactor: &mut Reactor<Calls>, event: SourceKey<UserEvent>, i: usize) {
    let (own, other) = if i % 2 == 1 { (ms(100), ms(200)) } else { (ms(200), ms(100)) };
    let (own_queue, other_queue) =
        (reactor.common_timeout(own), reactor.common_timeout(other));
    let plain_other = other + Duration::from_nanos(1);
    match i % 20 {
        1 => {
            assert!(reactor.set_timeout(event, other_queue));
            assert!(reactor.set_timeout(event, own));
        }
        3 => {
            assert!(reactor.set_timeout(event, plain_other));
            assert!(reactor.set_timeout(event, own_queue));
        }
        5 => {
            assert!(reactor.set_timeout(event, other_queue));
            assert!(reactor.set_timeout(event, own_queue));
        }
        _ => assert!(reactor.set_timeout(event, own)),
    }
}

/// `test_common_timeout`, second part: a hundred events, each called four times, on its millisecond; then
/// all are added again, and the base is freed with them pending.
#[test]
fn libevent_common_timeout() {
    let (mut reactor, clock) = manual::<Calls>();
    let witness = Rc::new(());
    let mut events = Vec::new();
    for i in 0..100 {
        let held = Rc::clone(&witness);
        let event = reactor.event(move |calls: &mut Calls, reactor, ready| {
            assert_eq!((ready, Rc::strong_count(&held)), (Ready::TIMED_OUT, 101));
            calls.counts[i] += 1;
            let period = if i % 2 == 1 { 100 } else { 200 };
            assert_eq!(reactor.now(), at_ms(calls.counts[i] * period), "event {i}");
            if calls.counts[i] == 4 {
                let Some(Origin::Source(own)) = reactor.running() else { panic!() };
                assert!(reactor.clear_timeout(own));
                calls.ended[i] = Some(reactor.now());
            }
            Next::Continue
        });
        events.push(event.unwrap());
        start(&mut reactor, events[i], i);
    }
    let mut calls = Calls { counts: vec![0; 100], ended: vec![None; 100] };
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Idle);
    assert_eq!(calls.counts, [4; 100]);
    for (i, ended) in calls.ended.iter().enumerate() {
        let expected = if i % 2 == 1 { at_ms(400) } else { at_ms(800) };
        assert_eq!(*ended, Some(expected), "event {i}");
    }
    assert_eq!((clock.now(), reactor.timer_count()), (at_ms(800), 0));

    for (i, &event) in events.iter().enumerate() {
        start(&mut reactor, event, i);
    }
    assert_eq!((reactor.timer_count(), Rc::strong_count(&witness)), (100, 101));
    drop(reactor);
    assert_eq!(Rc::strong_count(&witness), 1, "each is dropped once, and uncalled");
}

/// `test_event_timeout_lost`: the timeout is over when an event is called for something else: one call,
/// with both.
#[test]
fn libevent_event_timeout_lost() {
    let (mut reactor, clock) = manual::<Seen>();
    let event = recorder(&mut reactor);
    assert!(reactor.set_timeout(event, Duration::from_micros(100)));
    assert!(reactor.activate(event, Ready::READABLE));
    clock.advance(ms(1_000));
    let mut seen = Seen::new();
    assert_eq!(turn(&mut reactor, &mut seen), 1);
    assert_eq!(seen, [(at_ms(1_000), Ready::READABLE | Ready::TIMED_OUT)]);
    assert_eq!(turn(&mut reactor, &mut seen), 0);
    assert_eq!(reactor.timeout_remaining(event), Some(Duration::from_micros(100)));
}

/// `test_event_remove_timeout`: at 25 ms the timeout of a pipe and a timer, both of 75 ms, are removed; what
/// comes through the pipe at 40 and 125 is told all the same.
#[test]
fn libevent_event_remove_timeout() {
    let (mut reactor, _clock) = manual::<Seen>();
    let (sender, receiver) = pipe::new().unwrap();
    let register = reactor.register(
        receiver,
        Interest::READABLE,
        |seen: &mut Seen, reactor, pipe, ready| {
            assert_eq!(drain(pipe), 1);
            seen.push((reactor.now(), ready));
            Next::Continue
        },
    );
    let source = register.unwrap();
    assert!(reactor.set_timeout(source, ms(75)));
    let timer = reactor.after(ms(75), |_, _, _| panic!("it was cancelled"));
    reactor.after(ms(25), move |_, reactor, _| {
        assert_eq!(reactor.timeout_remaining(source), Some(ms(50)));
        assert!(reactor.cancel(timer) && reactor.clear_timeout(source));
        assert_eq!(reactor.timeout_remaining(source), None);
        assert!(!reactor.clear_timeout(source) && reactor.is_registered(source));
    });
    let sender = Rc::new(sender);
    for millis in [40, 125] {
        let sender = Rc::clone(&sender);
        reactor.after(ms(millis), move |_, _, _| {
            (&*sender).write_all(b"x").unwrap();
        });
    }
    let mut seen = Seen::new();
    advance_to(&mut reactor, &mut seen, at_ms(1_000));
    assert_eq!(seen, [40, 125].map(|millis| (at_ms(millis), Ready::READABLE)));
}

/// `test_event_once`: what is there to be read, a timer, one without a time, and one of no time. (A
/// descriptor below zero is an error in libevent, and no source here.)
#[test]
fn libevent_event_once() {
    let (mut reactor, _clock) = manual::<Vec<(Instant, u32, &str)>>();
    let (mut sender, receiver) = pipe::new().unwrap();
    let register = reactor.register_once(
        receiver,
        Interest::READABLE,
        |seen: &mut Vec<_>, reactor, mut pipe, ready| {
            assert_eq!((ready, drain(&mut pipe)), (Ready::READABLE, 5));
            seen.push((reactor.now(), 1, "read"));
        },
    );
    register.unwrap();
    for (after, worth, name) in [
        (ms(50), 100, "timer"),
        (Duration::ZERO, 1_000, "at once"),
        (Duration::ZERO, 1_000, "and then"),
    ] {
        reactor.after(after, move |seen: &mut Vec<_>, _, fired| {
            seen.push((fired.now, worth, name));
        });
    }
    sender.write_all(b"five!").unwrap();
    let mut seen = Vec::new();
    advance_to(&mut reactor, &mut seen, at_ms(500));
    assert_eq!(seen.iter().map(|(_, worth, _)| worth).sum::<u32>(), 2_101);
    let order = [(0, "read"), (0, "at once"), (0, "and then"), (50, "timer")];
    let seen: Vec<_> = seen.into_iter().map(|(now, _, name)| (now, name)).collect();
    assert_eq!(seen, order.map(|(millis, name)| (at_ms(millis), name)));
    assert_eq!((reactor.timer_count(), reactor.dump().sources.len()), (0, 0));
}

/// `test_event_once_never`: a timer of 10 s in a loop that exits after 75 ms is not called, and no leak.
#[test]
fn libevent_event_once_never() {
    let (mut reactor, clock) = manual::<u32>();
    let witness = Rc::new(());
    let held = Rc::clone(&witness);
    reactor.after(ms(10_000), move |calls: &mut u32, _, _| {
        *calls += Rc::strong_count(&held) as u32;
    });
    reactor.stop_at(at_ms(75));
    let mut calls = 0;
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Deadline);
    assert_eq!((calls, clock.now()), (0, at_ms(75)));
    assert_eq!(Rc::strong_count(&witness), 2);
    drop(reactor);
    assert_eq!(Rc::strong_count(&witness), 1);
}

/// `test_event_pending`: what a timer of 500 ms and a pipe that is waited for to be readable have pending.
#[test]
fn libevent_event_pending() {
    let (mut reactor, clock) = manual::<()>();
    clock.advance(ms(7));
    let (_sender, receiver) = pipe::new().unwrap();
    let timer = reactor.after(ms(500), |(), _, _| {});
    let source = reactor
        .register(receiver, Interest::READABLE, |(), _, _, _| Next::Continue)
        .unwrap();
    assert!(reactor.is_pending(timer) && reactor.is_registered(source));
    assert_eq!(reactor.deadline(timer), Some(at_ms(507)));
    assert_eq!(reactor.remaining(timer), Some(ms(500)));
    assert_eq!(reactor.timeout_remaining(source), None);
    let dump = reactor.dump();
    assert_eq!(dump.sources[0].interest, Some(Interest::READABLE));
    assert_eq!(dump.sources[0].times_out, None);
    assert_eq!(dump.timers[0].deadline, at_ms(507));
    // The same time, and not more than that, whenever it is asked for.
    clock.advance(ms(499));
    assert_eq!(reactor.remaining(timer), Some(ms(1)));
    clock.advance(ms(2));
    assert_eq!(reactor.remaining(timer), Some(Duration::ZERO));
    assert_eq!(reactor.deadline(timer), Some(at_ms(507)));
    assert!(reactor.cancel(timer) && reactor.deregister(source).is_some());
    assert!(!reactor.is_pending(timer) && !reactor.is_registered(source));
    assert_eq!((reactor.remaining(timer), reactor.deadline(timer)), (None, None));
}

/// Calls of a timer without a delay, and of a pipe that is always ready.
#[derive(Default)]
struct Busy {
    timer: u32,
    source: u32,
}

fn add_again(busy: &mut Busy, reactor: &mut Reactor<Busy>, _: Fired) {
    busy.timer += 1;
    reactor.after(Duration::ZERO, add_again);
}

/// A timer of no time that adds itself again: it is called once a turn, and starves nobody. (libuv has the
/// same as `timer_zero_timeout` and #4250.)
#[test]
fn libevent_zero_timer_readded_in_its_callback() {
    let (mut reactor, _clock) = manual::<Busy>();
    let (mut sender, receiver) = pipe::new().unwrap();
    sender.write_all(b"x").unwrap();
    reactor
        .register(receiver, Interest::READABLE, |busy: &mut Busy, _, _, _| {
            busy.source += 1;
            Next::Again
        })
        .unwrap();
    reactor.after(Duration::ZERO, add_again);
    let mut busy = Busy::default();
    for turns in 1..=1_000 {
        assert_eq!(turn(&mut reactor, &mut busy), 2);
        assert_eq!((busy.timer, busy.source), (turns, turns));
    }
    assert_eq!(reactor.timer_count(), 1);
}
