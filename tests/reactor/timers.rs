//! One-shots and intervals on a manual clock: exact times, exact order, nothing in its own turn.

use std::io::Write;
use std::time::Duration;

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Fired, Next, Reactor};
use tourbillon::time::{Instant, Interval, MissedTickBehavior};

use crate::{Log, at, drain, manual, manual_with_budget, nanos, turn};

#[test]
fn a_one_shot_fires_once_at_its_nanosecond_and_not_before() {
    let (mut reactor, clock) = manual::<Vec<Fired>>();
    let mut seen = Vec::new();
    let key = reactor.after(nanos(1_000), |seen: &mut Vec<_>, reactor, fired| {
        assert!(!reactor.is_pending(fired.key), "a one-shot is done when it fires");
        seen.push(fired);
    });
    assert!(reactor.is_pending(key));
    assert_eq!(reactor.remaining(key), Some(nanos(1_000)));
    clock.set(at(999));
    assert_eq!(turn(&mut reactor, &mut seen), 0);
    assert_eq!(reactor.remaining(key), Some(nanos(1)));
    clock.set(at(1_000));
    assert_eq!(turn(&mut reactor, &mut seen), 1);
    let fired = Fired { key, scheduled: at(1_000), now: at(1_000), missed: 0 };
    assert_eq!(seen, [fired]);
    assert_eq!(fired.lateness(), Duration::ZERO);
    assert!(!reactor.is_pending(key) && !reactor.cancel(key));
    clock.advance(Duration::from_secs(1));
    assert_eq!(turn(&mut reactor, &mut seen), 0);
}

#[test]
fn timers_fire_by_deadline_and_equals_in_scheduling_order() {
    let (mut reactor, clock) = manual::<Log>();
    for (deadline, name) in
        [(30, "d"), (10, "a"), (20, "b"), (20, "c"), (5_000_000_000, "e")]
    {
        reactor.at(at(deadline), move |log: &mut Log, _, _| log.push(name));
    }
    clock.set(at(5_000_000_000));
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 5);
    assert_eq!(log, ["a", "b", "c", "d", "e"]);
}

#[test]
fn an_interval_stays_on_its_grid_and_counts_what_it_missed() {
    let (mut reactor, clock) = manual::<Vec<(u64, u64, u64)>>();
    let key = reactor
        .every(nanos(100), |seen: &mut Vec<_>, reactor, fired| {
            assert!(reactor.is_pending(fired.key));
            let (scheduled, now) = (fired.scheduled.as_nanos(), fired.now.as_nanos());
            seen.push((scheduled, now, fired.missed));
            Next::Continue
        })
        .unwrap();
    let mut seen = Vec::new();
    for now in [99, 100, 170, 230, 300, 399, 755, 799, 800] {
        clock.set(at(now));
        turn(&mut reactor, &mut seen);
        assert_eq!(turn(&mut reactor, &mut seen), 0, "one tick at {now}");
    }
    assert_eq!(
        seen,
        [(100, 100, 0), (200, 230, 0), (300, 300, 0), (700, 755, 3), (800, 800, 0)]
    );
    assert_eq!(reactor.deadline(key), Some(at(900)));
    assert!(reactor.cancel(key));
    clock.advance(Duration::from_secs(1));
    assert_eq!(turn(&mut reactor, &mut seen), 0);
}

#[test]
fn a_burst_makes_up_for_one_tick_a_turn() {
    let (mut reactor, clock) = manual::<Vec<u64>>();
    let interval = Interval::new(at(100), nanos(100))
        .unwrap()
        .with_missed_tick_behavior(MissedTickBehavior::Burst);
    reactor.interval(interval, |seen: &mut Vec<u64>, _, fired| {
        seen.push(fired.scheduled.as_nanos());
        Next::Continue
    });
    clock.set(at(350));
    let mut seen = Vec::new();
    for ticks in [1, 2, 3, 3] {
        turn(&mut reactor, &mut seen);
        assert_eq!(seen.len(), ticks);
    }
    assert_eq!(seen, [100, 200, 300]);
}

#[test]
fn a_period_of_zero_is_refused() {
    let (mut reactor, _clock) = manual::<()>();
    assert!(reactor.every(Duration::ZERO, |(), _, _| Next::Continue).is_err());
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn a_rescheduled_interval_starts_its_grid_anew() {
    let (mut reactor, clock) = manual::<Vec<u64>>();
    let key = reactor
        .every(nanos(100), |seen: &mut Vec<u64>, reactor, fired| {
            seen.push(fired.scheduled.as_nanos());
            if seen.len() == 2 {
                assert!(reactor.reschedule(fired.key, at(1_007)));
            }
            Next::Continue
        })
        .unwrap();
    let mut seen = Vec::new();
    // Earlier than the grid, and later, from outside and from its own handler.
    assert!(reactor.reschedule(key, at(30)));
    for now in (0..=1_300).step_by(1) {
        clock.set(at(now));
        turn(&mut reactor, &mut seen);
    }
    assert_eq!(seen, [30, 130, 1_007, 1_107, 1_207]);
}

#[test]
fn the_ends_of_time_are_instants_like_others() {
    let (mut reactor, clock) = manual::<Log>();
    let period = Duration::MAX;
    reactor
        .every(period, |log: &mut Log, _, _| {
            log.push("interval");
            Next::Continue
        })
        .unwrap();
    reactor.after(Duration::MAX, |log: &mut Log, _, _| log.push("far"));
    reactor.at(at(0), |log: &mut Log, _, _| log.push("past"));
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 1);
    clock.set(at(u64::MAX));
    assert_eq!(turn(&mut reactor, &mut log), 2);
    // There is no instant left for the interval's next tick.
    assert_eq!(turn(&mut reactor, &mut log), 0);
    assert_eq!(log, ["past", "interval", "far"]);
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn a_reading_that_goes_back_is_taken_for_the_last_one() {
    let (mut reactor, clock) = manual::<Vec<u64>>();
    clock.set(at(1_000));
    let mut seen = Vec::new();
    turn(&mut reactor, &mut seen);
    clock.set(at(10));
    turn(&mut reactor, &mut seen);
    assert_eq!(reactor.now(), at(1_000));
    reactor.after(nanos(5), |seen: &mut Vec<u64>, _, fired| {
        seen.push(fired.now.as_nanos());
    });
    assert_eq!(turn(&mut reactor, &mut seen), 0);
    clock.set(at(1_005));
    assert_eq!(turn(&mut reactor, &mut seen), 1);
    assert_eq!(seen, [1_005]);
}

/// Schedules itself again, with no delay, from its own handler.
fn again(count: &mut (u32, u32), reactor: &mut Reactor<(u32, u32)>, _: Fired) {
    count.0 += 1;
    reactor.after(Duration::ZERO, again);
}

#[test]
fn a_zero_delay_added_again_by_its_handler_runs_once_a_turn_and_starves_nobody() {
    for precise in [false, true] {
        let mut reactor = if precise { Reactor::new().unwrap() } else { manual().0 };
        let (mut sender, receiver) = pipe::new().unwrap();
        reactor
            .register(
                receiver,
                Interest::READABLE,
                |count: &mut (u32, u32), _, pipe, _| {
                    count.1 += u32::try_from(drain(pipe)).unwrap();
                    Next::Continue
                },
            )
            .unwrap();
        reactor.after(Duration::ZERO, again);
        let mut count = (0, 0);
        for turns in 1..=100 {
            sender.write_all(b"x").unwrap();
            let turn = reactor.turn(&mut count, None).unwrap();
            assert_eq!(turn.timers, 1);
            assert_eq!(count, (turns, turns));
        }
    }
}

#[test]
fn a_timer_scheduled_by_a_handler_waits_for_the_next_turn_even_if_long_due() {
    let (mut reactor, clock) = manual::<Log>();
    clock.set(at(1_000));
    reactor.at(at(10), |log: &mut Log, reactor, _| {
        log.push("first");
        reactor.at(at(0), |log: &mut Log, _, _| log.push("second"));
    });
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 1);
    assert_eq!(turn(&mut reactor, &mut log), 1);
    assert_eq!(log, ["first", "second"]);
}

#[test]
fn a_spent_budget_goes_on_in_the_next_turn_in_order() {
    let (mut reactor, clock) = manual_with_budget::<Vec<u64>>(3);
    for deadline in (1..=10).rev() {
        reactor.at(at(deadline), |seen: &mut Vec<u64>, _, fired| {
            seen.push(fired.scheduled.as_nanos());
        });
    }
    clock.set(at(100));
    let mut seen = Vec::new();
    let mut fired = Vec::new();
    while seen.len() < 10 {
        // None: with timers left over it does not sleep.
        fired.push(reactor.turn(&mut seen, None).unwrap().timers);
    }
    assert_eq!(fired, [3, 3, 3, 1]);
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    let stats = reactor.stats();
    assert_eq!((stats.budget_hits, stats.timers_fired), (3, 10));
    // The first three were late by the clock's jump, the others by the budget as well.
    assert_eq!(stats.lateness.total.count(), 10);
    assert_eq!(stats.lateness.budget.count(), 7);
}

#[test]
fn a_touched_timer_restarts_its_common_timeout() {
    let (mut reactor, clock) = manual::<Log>();
    let idle = reactor.common_timeout(nanos(100));
    let key = reactor.after(idle, |log: &mut Log, _, _| log.push("idle"));
    let plain = reactor.after(nanos(77), |log: &mut Log, _, _| log.push("plain"));
    let mut log = Log::new();
    clock.set(at(60));
    assert!(reactor.touch(key));
    assert!(!reactor.touch(plain), "scheduled without a common timeout");
    clock.set(at(159));
    assert_eq!(turn(&mut reactor, &mut log), 1);
    clock.set(at(160));
    assert_eq!(turn(&mut reactor, &mut log), 1);
    assert_eq!(log, ["plain", "idle"]);
    assert!(!reactor.touch(key));
    assert!(reactor.forget_common_timeout(idle));
    assert!(!reactor.forget_common_timeout(idle));
}

/// What a source's handler schedules waits for the next turn, like what a timer's handler does.
#[test]
fn a_timer_that_a_source_schedules_never_fires_in_the_same_turn() {
    let (mut reactor, clock) = manual::<Log>();
    clock.set(at(5));
    let (mut sender, receiver) = pipe::new().unwrap();
    let readable = Interest::READABLE;
    let register =
        reactor.register(receiver, readable, |log: &mut Log, reactor, pipe, _| {
            drain(pipe);
            log.push("source");
            reactor.after(Duration::ZERO, |log: &mut Log, _, _| log.push("after"));
            reactor.at(at(0), |log: &mut Log, _, _| log.push("at"));
            Next::Continue
        });
    register.unwrap();
    sender.write_all(b"x").unwrap();
    let mut log = Log::new();
    while log.is_empty() {
        reactor.turn(&mut log, Duration::from_millis(10)).unwrap();
    }
    assert_eq!(log, ["source"]);
    reactor.turn(&mut log, Duration::ZERO).unwrap();
    assert_eq!(log, ["source", "at", "after"]);
}

#[test]
fn inside_its_handler_an_interval_tells_its_next_tick_and_may_be_moved_or_cancelled() {
    let (mut reactor, clock) = manual::<Vec<u64>>();
    let millis = Duration::from_millis;
    let at = |ms: u64| at(ms * 1_000_000);
    let key = reactor
        .every(millis(10), move |seen: &mut Vec<u64>, reactor, fired| {
            let (key, now) = (fired.key, fired.now);
            seen.push(fired.scheduled.as_nanos() / 1_000_000);
            assert!(reactor.is_pending(key) && reactor.timer_count() == 1);
            let next = reactor.deadline(key).unwrap();
            assert_eq!(
                reactor.remaining(key).unwrap(),
                next.saturating_duration_since(now)
            );
            match seen.len() {
                1 => assert_eq!(next, at(20)),
                // Seen at 45: 30 was missed.
                2 => {
                    assert_eq!((next, fired.missed), (at(50), 2));
                    assert!(reactor.reschedule(key, at(47)));
                    assert_eq!(reactor.deadline(key), Some(at(47)));
                }
                3 => assert_eq!(next, at(57)),
                _ => {
                    assert!(reactor.cancel(key) && !reactor.cancel(key));
                    assert_eq!(
                        (reactor.deadline(key), reactor.remaining(key)),
                        (None, None)
                    );
                }
            }
            Next::Continue
        })
        .unwrap();
    let mut seen = Vec::new();
    for ms in [10, 45, 47, 57, 99] {
        clock.set(at(ms));
        reactor.turn(&mut seen, Duration::ZERO).unwrap();
    }
    assert_eq!(seen, [10, 40, 47, 57]);
    assert!(!reactor.is_pending(key) && reactor.timer_count() == 0);
}

#[test]
fn an_interval_without_a_next_tick_can_be_started_anew_at_the_end_of_time() {
    let (mut reactor, clock) = manual::<u32>();
    clock.set(Instant::MAX);
    let interval = Interval::new(Instant::MAX, nanos(10)).unwrap();
    let key = reactor.interval(interval, |ticks, reactor, fired| {
        *ticks += 1;
        assert_eq!(fired.scheduled, Instant::MAX);
        if *ticks < 3 {
            assert!(reactor.reschedule(fired.key, Instant::MAX));
        }
        Next::Continue
    });
    let mut ticks = 0;
    for expected in [1, 2, 3, 3] {
        turn(&mut reactor, &mut ticks);
        assert_eq!(ticks, expected);
        assert_eq!(reactor.is_pending(key), ticks < 3);
    }
}
