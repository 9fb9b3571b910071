//! libuv, `test/test-timer.c` and `test-timer-again.c`, asked of a reactor.
//!
//! Not expressible: `timer_is_closing` and `timer_null_callback` (a key is stale or it is not, and there is
//! always a handler). A timer that repeats keeps its grid here, where libuv's drifts by each lateness, so times
//! are exact that libuv can only bound.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tourbillon::MonotonicClock;
use tourbillon::reactor::{Exit, Fired, Next, Reactor};
use tourbillon::time::{Clock, Instant};

use crate::common::{at, at_ms, ms};
use crate::{Log, manual, run, turn};

/// Who was called, and at which instant.
type Calls = Vec<(&'static str, Instant)>;

/// `timer`: ten timers at i·50 ms, a repeating one of 100 ms that closes itself at the fifth call, and one that
/// is stopped before it could fire.
#[test]
fn libuv_timer() {
    let (mut reactor, clock) = manual::<Calls>();
    for i in 0..10 {
        reactor.after(ms(i * 50), |calls: &mut Calls, _, fired| {
            calls.push(("once", fired.now));
        });
    }
    let repeats = reactor.every(ms(100), |calls: &mut Calls, _, fired| {
        calls.push(("repeat", fired.now));
        let count = calls.iter().filter(|(who, _)| *who == "repeat").count();
        if count == 5 { Next::Stop } else { Next::Continue }
    });
    let never = reactor.after(ms(100), |_, _, _| panic!("it was stopped"));
    assert!(reactor.cancel(never));
    let mut calls = Calls::new();
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Idle);
    let times = |who| {
        let calls = calls.iter().filter(move |(other, _)| *other == who);
        calls.map(|(_, now)| *now).collect::<Vec<_>>()
    };
    assert_eq!(times("once"), (0..10).map(|i| at_ms(i * 50)).collect::<Vec<_>>());
    assert_eq!(times("repeat"), [100, 200, 300, 400, 500].map(at_ms));
    assert!(!reactor.is_pending(repeats.unwrap()));
    assert_eq!(clock.now(), at_ms(500));
}

/// `timer_start_twice`: a timer of a day is started again, for 10 ms and with another callback; or with the
/// same one, under its key.
#[test]
fn libuv_timer_start_twice() {
    let (mut reactor, clock) = manual::<Calls>();
    let day = Duration::from_secs(86_400);
    let first = reactor.after(day, |_, _, _| panic!("another has taken its place"));
    assert!(reactor.cancel(first));
    reactor.after(ms(10), |calls: &mut Calls, _, fired| {
        calls.push(("the second", fired.now));
    });
    let moved = reactor.after(day, |calls: &mut Calls, _, fired| {
        calls.push(("moved", fired.now));
    });
    assert!(reactor.reschedule(moved, at_ms(10)));
    let mut calls = Calls::new();
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Idle);
    calls.sort_unstable();
    assert_eq!(calls, [("moved", at_ms(10)), ("the second", at_ms(10))]);
}

/// `timer_order`: equal deadlines are called in the order they were started, both ways round.
#[test]
fn libuv_timer_order() {
    for names in [["a", "b"], ["b", "a"]] {
        let (mut reactor, clock) = manual::<Log>();
        for name in names {
            reactor.after(Duration::ZERO, move |log: &mut Log, _, _| log.push(name));
        }
        let mut log = Log::new();
        assert_eq!(run(&mut reactor, &clock, &mut log), Exit::Idle);
        assert_eq!(log, names);
    }
}

fn start_again_and_stop(calls: &mut u32, reactor: &mut Reactor<u32>, _: Fired) {
    *calls += 1;
    reactor.after(Duration::ZERO, start_again_and_stop);
    reactor.stop();
}

/// `timer_zero_timeout`: it starts itself again without a delay and stops the loop: one call a run.
#[test]
fn libuv_timer_zero_timeout() {
    let (mut reactor, clock) = manual::<u32>();
    reactor.after(Duration::ZERO, start_again_and_stop);
    let mut calls = 0;
    for runs in 1..=5 {
        assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Stopped);
        assert_eq!(calls, runs);
    }
    assert_eq!(clock.now(), Instant::ZERO);
}

/// `timer_huge_timeout`: when 1 ms, 2^48 - 1 ms and `u64::MAX` ms are due. The latter two lie beyond the
/// clock's 584 years, and saturate.
#[test]
fn libuv_timer_huge_timeout() {
    let (mut reactor, clock) = manual::<Log>();
    clock.advance(ms(7));
    let keys = [1, (1 << 48) - 1, u64::MAX]
        .map(|millis| reactor.after(ms(millis), |log: &mut Log, _, _| log.push("fires")));
    let most = Instant::MAX.saturating_duration_since(at_ms(7));
    let due_in = keys.map(|key| reactor.remaining(key).unwrap());
    assert_eq!(due_in, [ms(1), most, most]);
    let mut log = Log::new();
    clock.set(at(u64::MAX - 1));
    assert_eq!(turn(&mut reactor, &mut log), 1);
    assert_eq!(reactor.timer_count(), 2);
}

/// `timer_huge_repeat`: a timer of 2 ms beside two whose repeats are as long as there is.
#[test]
fn libuv_timer_huge_repeat() {
    let (mut reactor, clock) = manual::<Calls>();
    let tiny = reactor.every(ms(2), |calls: &mut Calls, reactor, fired| {
        calls.push(("tiny", fired.now));
        if calls.len() == 11 {
            reactor.stop();
        }
        Next::Continue
    });
    let huge = tourbillon::Interval::new(at_ms(1), ms(u64::MAX)).unwrap();
    let huge = reactor.interval(huge, |calls: &mut Calls, reactor, fired| {
        calls.push(("huge", fired.now));
        assert_eq!(reactor.deadline(fired.key), None, "its second tick is beyond time");
        Next::Continue
    });
    let never = reactor.every(Duration::MAX, |_, _, _| panic!("not for 584 years"));
    let mut calls = Calls::new();
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Stopped);
    let ticks = (1..=10).map(|k| ("tiny", at_ms(k * 2)));
    assert!(calls.iter().copied().eq([("huge", at_ms(1))].into_iter().chain(ticks)));
    assert!(reactor.is_pending(tiny.unwrap()) && !reactor.is_pending(huge));
    assert_eq!(reactor.deadline(never.unwrap()), Some(Instant::MAX));
}

/// `timer_run_once`: `UV_RUN_ONCE`, with timers of 0 and 1 ms: each turn runs exactly one.
#[test]
fn libuv_timer_run_once() {
    let mut reactor = Reactor::<u32>::new().unwrap();
    let mut calls = 0;
    for (after, expected) in [(Duration::ZERO, 1), (ms(1), 2)] {
        reactor.after(after, |calls: &mut u32, _, _| *calls += 1);
        // A turn may come back early, with nothing done.
        while reactor.turn(&mut calls, None).unwrap().is_empty() {}
        assert_eq!(calls, expected);
    }
}

/// `timer_early_check`, and libuv#4773, where the early ones are by fractions of a millisecond: by the
/// kernel's clock, judged by the standard library's, which is the same.
#[test]
fn libuv_timer_early_check() {
    let mut reactor =
        Reactor::<u32>::builder().clock(MonotonicClock::kernel()).build().unwrap();
    for after in [10_000_000, 1, 999, 100_001, 999_999, 1_000_001] {
        let after = Duration::from_nanos(after);
        let started = std::time::Instant::now();
        reactor.after(after, move |calls: &mut u32, _, _| {
            assert!(started.elapsed() >= after);
            *calls += 1;
        });
    }
    let mut calls = 0;
    assert_eq!(reactor.run(&mut calls).unwrap(), Exit::Idle);
    assert_eq!(calls, 6);
}

/// `timer_no_double_call_once`, `timer_no_double_call_nowait`: one of 10 ms that repeats is looked at after 20 ms:
/// one call, and not two. Here the other one is counted.
#[test]
fn libuv_timer_no_double_call() {
    for wait in [None, Some(Duration::ZERO)] {
        let (mut reactor, clock) = manual::<Vec<Fired>>();
        let every = reactor.every(ms(10), |calls: &mut Vec<_>, _, fired| {
            calls.push(fired);
            Next::Continue
        });
        let key = every.unwrap();
        clock.advance(ms(20));
        let mut calls = Vec::new();
        assert_eq!(reactor.turn(&mut calls, wait).unwrap().timers, 1);
        let (scheduled, now) = (at_ms(20), at_ms(20));
        assert_eq!(calls, [Fired { key, scheduled, now, missed: 1 }]);
        assert!(reactor.turn(&mut calls, wait).unwrap().is_empty());
    }
}

/// A timer that adds itself again without a delay, and is nothing that a run goes on for.
fn add_unreferenced(reactor: &mut Reactor<u32>) {
    let key = reactor.after(Duration::ZERO, |calls: &mut u32, reactor, _| {
        *calls += 1;
        // Else a run that goes on for it all the same would never end.
        if *calls == 1_000 {
            reactor.stop();
        }
        add_unreferenced(reactor);
    });
    assert!(reactor.set_keeps_alive(key, false));
}

/// `timer_no_run_on_unref`: a timer that was told not to keeps no run alive, be it due or not.
fn no_run_on_unref(mut reactor: Reactor<u32>) {
    let key = reactor.after(Duration::from_secs(60), |_, _, _| panic!("too late"));
    assert!(reactor.set_keeps_alive(key, false));
    let mut calls = 0;
    assert_eq!(reactor.run(&mut calls).unwrap(), Exit::Idle);
    // One that is due is called by the turn that a run has in any case; it does not make another.
    add_unreferenced(&mut reactor);
    assert_eq!(reactor.run(&mut calls).unwrap(), Exit::Idle);
    assert!(calls <= 1 && reactor.timer_count() == 2);
}

#[test]
fn libuv_timer_no_run_on_unref() {
    no_run_on_unref(Reactor::new().unwrap());
}

/// The same where the clock does not flow.
#[test]
fn libuv_timer_no_run_on_unref_on_a_manual_clock() {
    let (reactor, _clock) = manual::<u32>();
    no_run_on_unref(reactor);
}

/// `uv_ref`: told to again, it keeps a run alive.
#[test]
fn libuv_timer_ref_again() {
    let mut reactor = Reactor::<u32>::new().unwrap();
    let key = reactor.after(ms(1), |calls: &mut u32, _, _| *calls += 1);
    assert!(reactor.set_keeps_alive(key, false) && reactor.set_keeps_alive(key, true));
    let mut calls = 0;
    assert_eq!(reactor.run(&mut calls).unwrap(), Exit::Idle);
    assert_eq!(calls, 1);
    assert!(!reactor.set_keeps_alive(key, false), "its key is stale");
}

/// `timer_again`: a repeating timer of 100 ms is kept from firing by another, of 50 ms, which starts it again
/// ten times; when that is gone it fires at 600 ms and at 700.
///
/// `uv_timer_again` is `reschedule` to a period from now, which starts the grid anew. One that was never
/// started, which is an error there, has no key here; one that is closed has a stale one, which is told.
#[test]
fn libuv_timer_again() {
    let (mut reactor, clock) = manual::<Calls>();
    let again = |reactor: &mut Reactor<Calls>, key| {
        let deadline = reactor.clock().now() + ms(100);
        reactor.reschedule(key, deadline)
    };
    let kept = reactor.every(ms(100), |calls: &mut Calls, _, fired| {
        calls.push(("kept", fired.now));
        let count = calls.iter().filter(|(who, _)| *who == "kept").count();
        if count == 2 { Next::Stop } else { Next::Continue }
    });
    let kept = kept.unwrap();
    let keeper = reactor.every(ms(50), move |calls: &mut Calls, reactor, fired| {
        assert!(again(reactor, kept));
        calls.push(("keeper", fired.now));
        if calls.len() == 10 { Next::Stop } else { Next::Continue }
    });
    let mut calls = Calls::new();
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Idle);
    let keepers = (1..=10).map(|k| ("keeper", at_ms(k * 50)));
    let expected = keepers.chain([("kept", at_ms(600)), ("kept", at_ms(700))]);
    assert!(calls.iter().copied().eq(expected), "{calls:?}");
    assert!(!again(&mut reactor, kept) && !again(&mut reactor, keeper.unwrap()));
}

/// `uv_timer_set_repeat` from the callback, of `timer_again` as well: libuv has started the timer again before
/// it calls, so that the new period counts from the next call on. An interval here has one period for life: who
/// wants another has its handler schedule one with that, and stop; the grid of the new one begins where he
/// says, one new period after this tick, or as in libuv after the next.
#[test]
fn libuv_timer_set_repeat_from_its_callback() {
    for (as_in_libuv, expected) in [(false, [50, 150, 250]), (true, [50, 100, 200])] {
        let (mut reactor, clock) = manual::<Calls>();
        let other = Rc::new(Cell::new(None));
        let made = Rc::clone(&other);
        let every = reactor.every(ms(50), move |calls: &mut Calls, reactor, fired| {
            calls.push(("50", fired.now));
            let first = fired.scheduled + ms(if as_in_libuv { 50 } else { 100 });
            let interval = tourbillon::Interval::new(first, ms(100)).unwrap();
            let key = reactor.interval(interval, |calls: &mut Calls, _, fired| {
                calls.push(("100", fired.now));
                if calls.len() == 3 { Next::Stop } else { Next::Continue }
            });
            made.set(Some(key));
            Next::Stop
        });
        let every = every.unwrap();
        let mut calls = Calls::new();
        assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Idle);
        assert_eq!(
            calls.iter().map(|(_, now)| *now).collect::<Vec<_>>(),
            expected.map(at_ms)
        );
        assert_eq!(calls.iter().filter(|(who, _)| *who == "50").count(), 1);
        assert!(!reactor.is_pending(every) && !reactor.is_pending(other.get().unwrap()));
    }
}
