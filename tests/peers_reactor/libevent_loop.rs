//! libevent, `test/regress.c`, `regress_thread.c`, `regress_timer_timeout.c` and `regress_watch.c`: the loop,
//! its ends, its order, its hooks and its clock.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tourbillon::reactor::{Exit, Fired, Next, Priority, Reactor, Ready, TurnBudget};
use tourbillon::time::{Clock, Instant};

use crate::common::{at_ms, ms};
use crate::{Log, manual, run, turn};

/// More than enough for what takes milliseconds, on any machine.
const ANY_TIME: Duration = Duration::from_secs(60);

/// `test_loopexit`: a timer of 24 hours, and a loop that exits after 300 ms.
#[test]
fn libevent_loopexit() {
    let (mut reactor, clock) = manual::<u32>();
    reactor.after(Duration::from_secs(24 * 3_600), |calls: &mut u32, _, _| *calls += 1);
    reactor.stop_at(at_ms(300));
    let mut calls = 0;
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Deadline);
    assert_eq!((clock.now(), calls, reactor.timer_count()), (at_ms(300), 0, 1));
}

/// `test_loopexit_multiple`: two exits are asked for, the earlier one first or last.
#[test]
fn libevent_loopexit_multiple() {
    for exits in [[200, 3_000], [3_000, 200]] {
        let (mut reactor, clock) = manual::<()>();
        reactor.after(ms(60_000), |(), _, _| {});
        for millis in exits {
            reactor.stop_at(at_ms(millis));
        }
        assert_eq!(run(&mut reactor, &clock, &mut ()), Exit::Deadline);
        assert_eq!(clock.now(), at_ms(200));
        // The later one is forgotten with the run.
        assert_eq!(run(&mut reactor, &clock, &mut ()), Exit::Idle);
        assert_eq!(clock.now(), at_ms(60_000));
    }
}

/// `test_loopbreak`: of two timers of no time the first breaks the loop: the second is not called.
#[test]
fn libevent_loopbreak() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.after(Duration::ZERO, |log: &mut Log, reactor, _| {
        log.push("breaks");
        reactor.stop();
    });
    let second = reactor.after(Duration::ZERO, |log: &mut Log, _, _| log.push("second"));
    let mut log = Log::new();
    assert_eq!(run(&mut reactor, &clock, &mut log), Exit::Stopped);
    assert_eq!(log, ["breaks"]);
    assert!(reactor.is_pending(second), "and not lost");
    assert_eq!(run(&mut reactor, &clock, &mut log), Exit::Idle);
    assert_eq!(log, ["breaks", "second"]);
}

/// `test_bad_reentrant`: a handler may not run its own loop. Libevent warns and answers -1.
#[test]
fn libevent_bad_reentrant() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.after(Duration::ZERO, |log: &mut Log, reactor, _| {
        assert!(reactor.run(&mut Log::new()).is_err());
        assert!(reactor.turn(&mut Log::new(), Duration::ZERO).is_err());
        assert!(reactor.run_until(&mut Log::new(), Instant::ZERO).is_err());
        log.push("refused");
    });
    reactor.after(ms(5), |log: &mut Log, _, _| log.push("later"));
    let mut log = Log::new();
    // Nor did the refused one leave its end behind.
    assert_eq!(run(&mut reactor, &clock, &mut log), Exit::Idle);
    assert_eq!(log, ["refused", "later"]);
}

/// Two events that are active in each turn, until one has been called three times: who was called, in order.
fn called(priorities: [Priority; 2], budget: TurnBudget) -> Vec<usize> {
    let mut reactor = Reactor::<Vec<usize>>::builder().budget(budget).build().unwrap();
    let mut events = Vec::new();
    for (i, priority) in priorities.into_iter().enumerate() {
        let event = reactor.event(move |order: &mut Vec<usize>, reactor, _| {
            order.push(i);
            if order.iter().filter(|&&other| other == i).count() < 3 {
                return Next::Again;
            }
            reactor.stop_after_turn();
            Next::Continue
        });
        let event = event.unwrap();
        assert!(reactor.set_priority(event, priority));
        assert_eq!(reactor.priority(event), Some(priority));
        events.push(event);
    }
    // The less urgent one first: it is not who comes first.
    for &event in events.iter().rev() {
        assert!(reactor.activate(event, Ready::READABLE));
    }
    let mut order = Vec::new();
    assert_eq!(reactor.run(&mut order).unwrap(), Exit::Stopped);
    order
}

/// `test_priorities`: (3, 3) calls with one priority, (3, 1) with two and (3, 0) with three, because in
/// libevent what is less urgent waits for as long as anything more urgent is active. Here it waits for its
/// turn: all are called in each turn that has room for all, the urgent first, and by weight if it has not.
#[test]
fn libevent_priorities() {
    use Priority::{High, Low, Normal};
    let all = TurnBudget::default();
    assert_eq!(called([Normal, Normal], all), [1, 0, 1, 0, 1, 0]);
    assert_eq!(called([High, Normal], all), [0, 1, 0, 1, 0, 1]);
    assert_eq!(called([High, Low], all), [0, 1, 0, 1, 0, 1]);
    let mut one = TurnBudget::default();
    one.events = 1;
    assert_eq!(called([Normal, Normal], one), [1, 0, 1, 0, 1]);
    assert_eq!(called([High, Normal], one), [0, 0, 1, 0]);
    assert_eq!(called([High, Low], one), [0, 0, 0]);
}

/// `test_priority_active_inversion`: A activates B, which is as urgent, and then C, which is more so.
#[test]
fn libevent_priority_active_inversion() {
    let (mut reactor, _clock) = manual::<Log>();
    let mut event = |name: &'static str| {
        let event = reactor.event(move |log: &mut Log, _, _| {
            log.push(name);
            Next::Continue
        });
        event.unwrap()
    };
    let (b, c) = (event("B"), event("C"));
    let a = reactor.event(move |log: &mut Log, reactor, _| {
        log.push("A");
        assert!(reactor.activate(b, Ready::READABLE));
        assert!(reactor.activate(c, Ready::READABLE));
        Next::Continue
    });
    assert!(reactor.set_priority(c, Priority::High));
    assert!(reactor.activate(a.unwrap(), Ready::READABLE));
    let mut log = Log::new();
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
    assert_eq!(log, ["A", "C", "B"]);
}

/// `test_gettimeofday_cached` and its four variants: three events of one turn read the same time, whether
/// they take time or not; what is asked of the clock is always fresh. (There is nothing to update and
/// nothing to switch off, as each of the two has a name of its own.)
#[test]
fn libevent_gettimeofday_cached() {
    for nap in [Duration::ZERO, ms(20)] {
        let (mut reactor, clock) = manual::<Vec<(Instant, Instant)>>();
        let mut events = Vec::new();
        for _ in 0..3 {
            let hand = clock.clone();
            let event = reactor.event(move |seen: &mut Vec<_>, reactor, _| {
                seen.push((reactor.now(), reactor.clock().now()));
                hand.advance(nap);
                Next::Continue
            });
            events.push(event.unwrap());
        }
        let start = at_ms(1_000);
        clock.set(start);
        let mut seen = Vec::new();
        for turns in 0..2 {
            for &event in &events {
                assert!(reactor.activate(event, Ready::READABLE));
            }
            assert_eq!(turn(&mut reactor, &mut seen), 3);
            let began = start + nap * 3 * turns;
            let fresh = [began, began + nap, began + nap * 2];
            assert_eq!(seen, fresh.map(|fresh| (began, fresh)));
            seen.clear();
        }
    }
}

/// libevent#674: a timeout that is added after 5 s of work in the same callback counts from then, and not from
/// the time of before the work.
#[test]
fn libevent_a_timeout_counts_from_a_fresh_reading() {
    let (mut reactor, clock) = manual::<Vec<Instant>>();
    let hand = clock.clone();
    reactor.after(ms(1), move |_, reactor, _| {
        hand.advance(ms(5_000));
        assert_eq!(reactor.now(), at_ms(1));
        let key = reactor.after(ms(5_000), |seen: &mut Vec<_>, _, fired| {
            seen.push(fired.now);
        });
        assert_eq!(reactor.remaining(key), Some(ms(5_000)));
    });
    let mut seen = Vec::new();
    assert_eq!(run(&mut reactor, &clock, &mut seen), Exit::Idle);
    assert_eq!(seen, [at_ms(10_001)]);
}

/// `test_del_timeout_notify`: the loop sleeps for the sake of one timer, and another thread has it deleted: the
/// loop is over at once.
#[test]
fn libevent_del_timeout_notify() {
    let mut reactor = Reactor::<u32>::new().unwrap();
    let key = reactor.after(ANY_TIME, |calls: &mut u32, _, _| *calls += 1);
    let remote = reactor.remote();
    let (sender, sleeps) = mpsc::channel();
    reactor.before_wait(move |_, _, wait| {
        assert!(sender.send(wait).is_ok() || wait.is_none());
        Next::Continue
    });
    let thread = thread::spawn(move || {
        // It is about to sleep for a minute.
        assert!(sleeps.recv().unwrap() > Some(ANY_TIME / 2));
        remote.post(move |_, reactor| assert!(reactor.cancel(key))).unwrap();
        drop(remote);
        // Whatever comes between is awake, and the last one has nothing to wait for.
        assert!(sleeps.iter().all(|wait| wait.is_none_or(|wait| wait.is_zero())));
    });
    let began = std::time::Instant::now();
    let mut calls = 0;
    assert_eq!(reactor.run(&mut calls).unwrap(), Exit::Idle);
    assert!(calls == 0 && began.elapsed() < ANY_TIME);
    drop(reactor);
    thread.join().unwrap();
}

/// `thread_no_events`: a loop that has nothing to do is kept alive, and another thread gives it timers. A
/// hundredth of the source's times: 1, 2, 4, 4.5 and 5 ms.
#[test]
fn libevent_thread_no_events() {
    let mut reactor = Reactor::<Vec<Fired>>::new().unwrap();
    let (remote, keeper) = (reactor.remote(), reactor.remote());
    let (sender, sleeps) = mpsc::channel();
    reactor.before_wait(move |_, _, wait| {
        sender.send(wait).unwrap();
        Next::Stop
    });
    let start = reactor.clock().now();
    let deadlines = [1_000, 2_000, 4_000, 4_500, 5_000].map(Duration::from_micros);
    let thread = thread::spawn(move || {
        assert_eq!(sleeps.recv().unwrap(), None, "it sleeps until somebody calls");
        for after in deadlines {
            let add = move |_: &mut Vec<Fired>, reactor: &mut Reactor<Vec<Fired>>| {
                reactor.at(
                    start + after,
                    move |seen: &mut Vec<Fired>, reactor, fired| {
                        seen.push(fired);
                        if seen.len() == deadlines.len() {
                            reactor.stop();
                        }
                    },
                );
            };
            remote.post(add).unwrap();
        }
    });
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Stopped);
    thread.join().unwrap();
    drop(keeper);
    let scheduled: Vec<_> = seen.iter().map(|fired| fired.scheduled).collect();
    assert_eq!(scheduled, deadlines.map(|after| start + after));
    assert!(seen.iter().all(|fired| fired.now >= fired.scheduled), "none is early");
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
}

/// `default_clock`, `precise_clock`: a thousand times a timer of 100 µs is added, and what remains of it is
/// never more than that.
#[test]
fn libevent_remaining_is_never_more_than_was_asked_for() {
    let after = Duration::from_micros(100);
    let mut reactor = Reactor::<()>::new().unwrap();
    for _ in 0..1_000 {
        let asked_from = reactor.clock().now();
        let key = reactor.after(after, |(), _, _| {});
        let remaining = reactor.remaining(key).unwrap();
        assert!(remaining <= after, "{remaining:?}");
        // Nor is it early: all the time that was asked for is there.
        assert!(reactor.deadline(key) >= Some(asked_from + after));
        assert!(reactor.cancel(key));
    }
}

/// What hooks and a timer write down: who, and for how long.
type Watch = Vec<(&'static str, Option<Duration>)>;

fn watch(
    reactor: &mut Reactor<Watch>,
    names: [&'static str; 2],
) -> [tourbillon::reactor::HookKey; 2] {
    let [before, after] = names;
    [
        reactor.before_wait(move |seen: &mut Watch, _, wait| {
            seen.push((before, wait));
            Next::Continue
        }),
        reactor.after_wait(move |seen: &mut Watch, _, took| {
            seen.push((after, Some(took)));
            Next::Continue
        }),
    ]
}

/// `callback_ordering`, `timeout_unavailable` (`evwatch`): two hooks before the wait and two after it are
/// called in that order, and told how long it is to take; of each kind one is freed, and says no more.
#[test]
fn libevent_watch() {
    let (mut reactor, clock) = manual::<Watch>();
    let [before, _] = watch(&mut reactor, ["p1", "c1"]);
    let [_, after] = watch(&mut reactor, ["p2", "c2"]);
    reactor.after(ms(1_000), |seen: &mut Watch, _, _| seen.push(("timer", None)));
    let mut seen = Watch::new();
    // What is to come is a second away, and nothing is due: on a manual clock the wait takes no time.
    reactor.turn(&mut seen, None).unwrap();
    let (second, zero) = (Some(ms(1_000)), Some(Duration::ZERO));
    let all = |wait| [("p1", wait), ("p2", wait), ("c1", zero), ("c2", zero)];
    assert_eq!(seen, all(second));
    // A turn that is to wait for less says so.
    seen.clear();
    reactor.turn(&mut seen, ms(5)).unwrap();
    assert_eq!(seen, all(Some(ms(5))));
    seen.clear();
    clock.advance(ms(1_000));
    reactor.turn(&mut seen, None).unwrap();
    assert_eq!(seen[..4], all(zero));
    assert_eq!(seen[4..], [("timer", None)]);
    seen.clear();
    // Without timers there is nothing that limits the wait.
    assert!(reactor.remove_hook(before) && reactor.remove_hook(after));
    assert!(!reactor.remove_hook(before));
    reactor.turn(&mut seen, None).unwrap();
    assert_eq!(seen, [("p2", None), ("c1", zero)]);
}

/// The same on a clock that flows: what the hooks after the waits are told adds up to what was waited.
#[test]
fn libevent_watch_tells_what_waits_took() {
    let mut reactor = Reactor::<Watch>::new().unwrap();
    watch(&mut reactor, ["prepare", "check"]);
    let key = reactor.after(ms(2), |_, _, _| {});
    let asked = reactor.remaining(key);
    let mut seen = Watch::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    let times =
        |of| seen.iter().filter(move |(who, _)| *who == of).map(|(_, time)| *time);
    assert!(times("prepare").all(|wait| wait <= asked));
    let waited: Duration = times("check").flatten().sum();
    assert_eq!(waited, reactor.stats().waited);
    assert!(!waited.is_zero());
}
