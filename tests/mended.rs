//! Bugs of our own that were mended: one test each, so that none comes back.

mod common;

use std::time::Duration;

use common::{MILLI, SECOND, at};
use tourbillon::timers::{Budget, Timers};

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
