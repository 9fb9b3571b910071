//! Bugs of our own that were mended: one test each, so that none comes back.

mod common;

use std::time::Duration;

use common::{MILLI, Random, SECOND, at};
use tourbillon::timers::{Budget, Timers};
use tourbillon::wheel::Wheel;

/// A member that was touched with an older reading, as the last of its queue, drew the queue's end
/// back behind what its empty last chunk said, and those that came then were withheld.
#[test]
fn a_touch_with_an_older_reading_hides_nobody() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(Duration::from_nanos(100));
    let first: Vec<_> = (0..16).map(|i| timers.schedule_after(at(i), idle, i)).collect();
    let late = timers.schedule_after(at(1_000), idle, 99);
    timers.cancel(late);
    assert!(timers.touch(first[15], at(20)));
    let next = timers.schedule_after(at(30), idle, 1);
    for i in 0..14 {
        timers.schedule_after(at(40 + i), idle, 2);
    }
    assert!(timers.touch(next, at(35)));
    for key in first {
        timers.cancel(key);
    }
    timers.validate().unwrap();
    assert_eq!(timers.pop_expired(at(500)).map(|e| e.deadline), Some(at(135)));
    assert_eq!(timers.next_deadline(), Some(at(140)));
}

/// Slots of which every timer was postponed were sorted one after the other, whatever the budget.
#[test]
fn a_budget_ends_among_slots_of_postponed_timers() {
    let mut timers = Timers::new();
    let keys: Vec<_> = (0..100_000_u64)
        .map(|i| timers.schedule(at(((1 + i / 100) << 30) + i % 100), ()))
        .collect();
    for key in &keys {
        assert!(timers.reschedule(*key, at(1 << 50)));
    }
    for _ in 0..10 {
        let before = timers.stats().wheel.moves;
        let mut budget = Budget { timers: 1, moves: 1 };
        assert!(timers.pop_expired_within(at(1 << 45), &mut budget).is_none());
        timers.maintain(at(1 << 45), 1);
        let touched = timers.stats().wheel.moves - before;
        assert!(touched <= 2 * (160 + 16), "{touched} moves on budgets of one");
    }
}

/// A full slot was sorted again after every two timers that were due before it.
#[test]
fn short_timers_before_a_full_slot_do_not_have_it_sorted_again_and_again() {
    let mut timers = Timers::new();
    for i in 0..159 {
        timers.schedule(at(10 * SECOND + i), ());
    }
    for round in 0..1_000 {
        let now = at(round * MILLI);
        timers.schedule(now + Duration::from_nanos(20), ());
        timers.schedule(now + Duration::from_nanos(10), ());
        assert_eq!(timers.next_deadline(), Some(now + Duration::from_nanos(10)));
        let now = now + Duration::from_nanos(30);
        assert!(timers.pop_expired(now).is_some() && timers.pop_expired(now).is_some());
        assert_eq!(timers.next_deadline(), Some(at(10 * SECOND)));
    }
    let moves = timers.stats().wheel.moves;
    assert!(moves <= 20_000, "{moves} moves for two thousand timers");
}

/// A budget that ended among exact timers made the loop wake where the next window opens, not where
/// it closes, and that for ever.
#[test]
fn a_spent_budget_wakes_nobody_for_a_window_that_is_not_open() {
    let mut timers = Timers::new();
    timers.schedule(at(10), 1);
    timers.schedule(at(10), 2);
    timers.schedule_within(at(1_000), at(900_000), 3);
    let mut budget = Budget { timers: 1, moves: usize::MAX };
    assert!(timers.pop_expired_within(at(10), &mut budget).is_some());
    assert!(timers.pop_expired_within(at(10), &mut budget).is_none());
    assert!(timers.pop_expired(at(10)).is_some());
    assert!(timers.pop_expired(at(10)).is_none());
    assert_eq!(timers.next_deadline(), Some(at(900_000)));
    assert_eq!(timers.next_wakeup(), Some(at(900_000)));
}

/// One that was spent by the last rider it allowed did not say that others are open.
#[test]
fn a_spent_budget_says_that_windows_are_open_without_being_asked_again() {
    let mut timers = Timers::new();
    for latest in 100..150 {
        timers.schedule_within(at(10), at(latest), ());
    }
    let mut budget = Budget { timers: 20, moves: usize::MAX };
    while !budget.is_spent() {
        assert!(timers.pop_expired_within(at(100), &mut budget).is_some());
    }
    assert!(timers.next_wakeup() <= Some(at(100)));
    // Who has ridden along leaves nothing that would wake for the next one.
    while timers.pop_expired(at(100)).is_some() {}
    timers.schedule_within(at(50), at(900), ());
    assert_eq!(timers.next_wakeup(), Some(at(900)));
}

/// Timers touched inside, so far.
fn moves<T>(timers: &Timers<T>) -> u64 {
    let stats = timers.stats();
    stats.wheel.moves + stats.moved_from_queues + stats.moved_in_windows
}

/// The worst call was told in parts; and after a sort that had spent a budget, upkeep was done on top.
#[test]
fn the_worst_call_is_told_whole_and_overdraws_by_one_step() {
    let mut random = Random::new(5);
    for slack in [false, true] {
        let mut timers = Timers::new();
        for value in 0..20_000 {
            let earliest = random.below(100 * SECOND);
            timers.schedule(at(random.below(100 * SECOND)), value);
            if slack {
                let latest = earliest + 1 + random.below(10 * SECOND);
                timers.schedule_within(at(earliest), at(latest), value);
            }
        }
        let mut now = 0;
        while !timers.is_empty() {
            now += 10 * MILLI;
            loop {
                let before = moves(&timers);
                let mut budget = Budget { timers: 64, moves: 1 };
                let popped = timers.pop_expired_within(at(now), &mut budget);
                let touched = moves(&timers) - before;
                assert!(touched <= 1 + 160, "{touched} moves with a budget of one");
                assert!(touched <= timers.stats().max_moves_per_call);
                if popped.is_none() && budget.moves == 1 {
                    break;
                }
            }
        }
    }
    let mut timers = Timers::new();
    for i in 0..5_000 {
        timers.schedule_within(at(i * 97 % 50_000), at(60_000 + i * 89 % 50_000), i);
    }
    let before = moves(&timers);
    timers.maintain(at(0), 100_000);
    assert!(moves(&timers) - before <= timers.stats().max_moves_per_call);
}

/// As above, of a sort and upkeep in one pop, and in one poll with nothing due.
#[test]
fn a_sort_that_spends_the_budget_is_the_last_step() {
    let mut timers = Timers::new();
    let begins = |second: u64, i| at((second << 30) + i);
    timers.extend(common::full_slot_before_a_crowd());
    let now = begins(1, 1_000);
    for _ in 0..3 {
        assert!(timers.pop_expired(now).is_some());
    }
    let before = moves(&timers);
    timers.pop_expired_within(now, &mut Budget { timers: 1, moves: 1 });
    let touched = moves(&timers) - before;
    assert!(touched <= 161 && touched <= timers.stats().max_moves_per_call, "{touched}");

    let mut timers = Timers::new();
    for i in 0..160 {
        timers.schedule(begins(3, i), i);
    }
    for i in 0..2_000 {
        timers.schedule(begins(4, i * 1_000), i);
    }
    timers.schedule(at(5), 0);
    assert!(timers.pop_expired(at(5)).is_some());
    for step in 0..48 {
        let before = moves(&timers);
        let mut budget = Budget { timers: 1, moves: 1 };
        assert!(timers.pop_expired_within(at(step << 26), &mut budget).is_none());
        assert!(moves(&timers) - before <= 161);
    }
}

/// Windows that close in a slot which begins after a due timer were looked through before it.
#[test]
fn an_exact_timer_does_not_wait_for_windows_of_a_later_slot() {
    let mut timers = Timers::new();
    let base = 2_u64 << 30;
    let first = timers.schedule_within(at(1), at(5), 0);
    let second = timers.schedule_within(at(1 << 30), at((1 << 30) + 5), 0);
    for i in 0..20_000 {
        let (earliest, latest) = (base + 500_000_000 + i, base + 900_000_000 + i * 1_000);
        timers.schedule_within(at(earliest), at(latest), i);
    }
    timers.schedule(at((1 << 30) + 10), 777);
    assert!(timers.cancel(first).is_some() && timers.cancel(second).is_some());
    let popped = timers.pop_expired_within(at(base + 10), &mut Budget::timers(64));
    assert_eq!(popped.map(|expired| expired.value), Some(777));
}

/// A wheel whose only timer was cancelled at once still woke for it, and whoever came next, later but
/// before the cursor, was not known to be there.
#[test]
fn a_lone_timer_that_is_cancelled_hides_nobody_who_comes_after_it() {
    let far = 1 << 62;
    let mut wheel: Wheel<u64> = Wheel::with_geometry(at(far), 0);
    assert!(!wheel.maintain(at(0), 10));
    let lone = wheel.schedule(at(5), 0);
    wheel.cancel(lone);
    assert!(!wheel.maintain(at(0), 10));
    wheel.schedule(at(7), 1);
    wheel.validate().unwrap();
    wheel.schedule(at(far + 7), 2);
    wheel.schedule(at(far + 700), 3);
    wheel.validate().unwrap();
    assert_eq!(wheel.next_deadline(), Some(at(7)));
    let popped: Vec<_> = wheel.drain_all().map(|expired| expired.value).collect();
    assert_eq!(popped, [1, 2, 3]);
}

/// A timer that was scheduled last into a slot that had to be relieved was put there by a call that
/// had no moves left, in each of the three wheels that a `Timers` has.
#[test]
fn a_spent_budget_seats_nobody() {
    const OVERDRAWN: u64 = 160;
    for moves in [1, 16, 33, 48, 100] {
        let mut timers = Timers::new();
        for i in 0..160 {
            timers.schedule(at(900 * MILLI + i), i);
        }
        for i in 0..177 {
            timers.schedule_within(at(1 + i), at(500 * MILLI + i), i);
        }
        for i in 0..177 {
            timers.schedule(at((1 << 30) + i), i);
        }
        let touched = |timers: &Timers<u64>| {
            let stats = timers.stats();
            stats.wheel.moves + stats.moved_from_queues + stats.moved_in_windows
        };
        let before = touched(&timers);
        let mut budget = Budget { timers: 10, moves };
        timers.pop_expired_within(at(SECOND), &mut budget);
        let spent = touched(&timers) - before;
        assert!(spent <= moves as u64 + OVERDRAWN, "{spent} moves of {moves}");

        let mut wheel = Wheel::new();
        wheel.extend((0..160).map(|i| (at(900 * MILLI + i), i)));
        wheel.extend((0..177).map(|i| (at((1 << 30) + i), i)));
        let before = wheel.stats().moves;
        assert!(wheel.maintain(at(0), moves));
        let spent = wheel.stats().moves - before;
        assert!(
            spent <= moves as u64 + OVERDRAWN,
            "{spent} moves of {moves} to maintain"
        );
        let before = wheel.stats().moves;
        wheel.schedule(at(SECOND), 1);
        let mut none = Budget { timers: 1, moves: 0 };
        assert!(wheel.pop_expired_within(at(SECOND), &mut none).is_none());
        assert_eq!(wheel.stats().moves, before);
    }
}
