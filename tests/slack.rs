//! Timers with slack: a test for each sentence that `schedule_within` says.

mod common;

use std::time::Duration;

use common::{at, ms};
use tourbillon::time::Instant;
use tourbillon::timers::{Budget, TimerKey, Timers};

/// What comes out at `now`: value and deadline.
fn pop_all(timers: &mut Timers<&'static str>, now: u64) -> Vec<(&'static str, u64)> {
    let mut popped = Vec::new();
    while let Some(expired) = timers.pop_expired(at(now)) {
        assert!(expired.deadline <= at(now), "never early");
        popped.push((expired.value, expired.deadline.as_nanos()));
    }
    timers.validate().unwrap();
    assert!(timers.next_wakeup().is_none_or(|wakeup| wakeup > at(now)), "no spinning");
    popped
}

fn within(
    timers: &mut Timers<&'static str>,
    earliest: u64,
    latest: u64,
    value: &'static str,
) -> TimerKey {
    let key = timers.schedule_within(at(earliest), at(latest), value);
    timers.validate().unwrap();
    key
}

#[test]
fn it_asks_to_be_woken_at_its_latest_and_not_before() {
    let mut timers = Timers::new();
    within(&mut timers, 10, 50, "a");
    assert_eq!(timers.next_deadline(), Some(at(50)));
    assert!(timers.next_wakeup() <= Some(at(50)));
    timers.schedule(at(70), "exact");
    assert_eq!(timers.next_deadline(), Some(at(50)));
    assert_eq!(pop_all(&mut timers, 50), [("a", 50)]);
    assert_eq!(timers.next_deadline(), Some(at(70)));
    assert_eq!(timers.stats().wakeups_saved, 0, "it needed that wake-up itself");
}

#[test]
fn it_is_never_handed_out_before_its_earliest() {
    let mut timers = Timers::new();
    within(&mut timers, 10, 50, "a");
    assert_eq!(pop_all(&mut timers, 9), []);
    assert_eq!(pop_all(&mut timers, 10), [("a", 10)]);
    assert_eq!(timers.stats().wakeups_saved, 1);
}

#[test]
fn windows_that_overlap_share_a_wake_up() {
    let mut timers = Timers::new();
    for (earliest, latest) in [(10, 50), (20, 60), (49, 70), (51, 80), (80, 90)] {
        within(&mut timers, earliest, latest, "x");
    }
    let (mut wakeups, mut popped) = (0, 0);
    while let Some(deadline) = timers.next_deadline() {
        wakeups += 1;
        popped += pop_all(&mut timers, deadline.as_nanos()).len();
    }
    // 50 stabs the first three, 80 the other two.
    assert_eq!((wakeups, popped), (2, 5));
    assert_eq!(timers.stats().wakeups_saved, 3);
}

/// Random windows, against the textbook: sort by latest, stab there, drop what is stabbed.
#[test]
fn no_choice_of_wake_ups_is_smaller() {
    let mut random = common::Random::new(11);
    for _ in 0..200 {
        let mut windows: Vec<(u64, u64)> = (0..40)
            .map(|_| (random.below(1_000), random.below(100) + 1))
            .map(|(earliest, slack)| (earliest, earliest + slack))
            .collect();
        let mut timers = Timers::new();
        for (earliest, latest) in &windows {
            timers.schedule_within(at(*earliest), at(*latest), "x");
        }
        let mut wakeups = 0;
        while let Some(deadline) = timers.next_deadline() {
            wakeups += 1;
            pop_all(&mut timers, deadline.as_nanos());
        }
        let mut fewest = 0;
        windows.sort_by_key(|(_, latest)| *latest);
        while let Some((_, stab)) = windows.first().copied() {
            fewest += 1;
            windows.retain(|(earliest, _)| *earliest > stab);
        }
        assert_eq!(wakeups, fewest);
    }
}

#[test]
fn an_exact_timer_is_not_delayed_by_those_with_slack() {
    let mut timers = Timers::new();
    for _ in 0..100 {
        within(&mut timers, 1, 90, "rider");
    }
    timers.schedule(at(20), "exact");
    within(&mut timers, 5, 20, "closing");
    let mut budget = Budget { timers: 2, moves: usize::MAX };
    let first = timers.pop_expired_within(at(20), &mut budget).unwrap();
    let second = timers.pop_expired_within(at(20), &mut budget).unwrap();
    assert_eq!((first.value, second.value), ("exact", "closing"));
    assert!(timers.pop_expired_within(at(20), &mut budget).is_none());
}

#[test]
fn what_is_due_comes_by_deadline_and_then_what_is_open_by_earliest() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(1));
    within(&mut timers, 300, 9_000_000, "rider 2");
    within(&mut timers, 200, 9_000_001, "rider 1");
    within(&mut timers, 100, 999_999, "closed before");
    within(&mut timers, 150, 1_000_000, "closed with them");
    timers.schedule_after(Instant::ZERO, idle, "queued");
    timers.schedule(at(1_000_001), "exact");
    within(&mut timers, 300, 8_000_000, "rider 3");
    within(&mut timers, 1_000_003, 8_000_000, "not open");
    assert_eq!(
        pop_all(&mut timers, 1_000_002),
        [
            ("closed before", 999_999),
            ("queued", 1_000_000),
            ("closed with them", 1_000_000),
            ("exact", 1_000_001),
            ("rider 1", 1_000_002),
            ("rider 2", 1_000_002),
            ("rider 3", 1_000_002),
        ]
    );
    assert_eq!(timers.stats().wakeups_saved, 3);
    assert_eq!(timers.stats().windows, 1);
}

#[test]
fn a_budget_that_stops_among_riders_says_that_it_is_worth_asking_again() {
    let mut timers = Timers::new();
    for latest in 100..150 {
        within(&mut timers, 10, latest, "x");
    }
    let mut budget = Budget { timers: 20, moves: usize::MAX };
    let popped = |timers: &mut Timers<_>, budget: &mut Budget| {
        (0..100)
            .take_while(|_| timers.pop_expired_within(at(100), budget).is_some())
            .count()
    };
    assert_eq!(popped(&mut timers, &mut budget), 20);
    assert!(timers.next_wakeup() <= Some(at(100)), "30 are open");
    assert_eq!(timers.next_deadline(), Some(at(120)), "but nobody has to be woken");
    assert_eq!(popped(&mut timers, &mut Budget::timers(200)), 30);
    assert_eq!(timers.next_wakeup(), None);
    within(&mut timers, 10, 200, "new");
    assert!(timers.next_wakeup() > Some(at(100)), "nobody has been refused it");
}

#[test]
fn equal_and_inverted_windows_are_exact_timers() {
    let mut timers = Timers::new();
    let equal = within(&mut timers, 30, 30, "equal");
    let inverted = within(&mut timers, 40, 10, "inverted");
    assert_eq!(timers.window(equal), Some((at(30), at(30))));
    assert_eq!(timers.window(inverted), Some((at(40), at(40))));
    assert_eq!(timers.stats().windows, 0);
    assert_eq!(pop_all(&mut timers, 39), [("equal", 30)]);
    assert_eq!(pop_all(&mut timers, 40), [("inverted", 40)]);
    assert_eq!(timers.stats().wakeups_saved, 0);
}

#[test]
fn for_every_other_call_its_deadline_is_its_latest() {
    let mut timers = Timers::new();
    let key = within(&mut timers, 10, 50, "a");
    assert_eq!(timers.deadline(key), Some(at(50)));
    assert_eq!(timers.remaining(key, at(20)), Some(Duration::from_nanos(30)));
    assert_eq!(timers.window(key), Some((at(10), at(50))));
    assert_eq!(timers.iter().next(), Some((key, at(50), &"a")));
    assert_eq!((timers.get(key), timers.len()), (Some(&"a"), 1));
    assert!(!timers.touch(key, at(1)), "it has no common timeout");
    *timers.get_mut(key).unwrap() = "b";
    assert_eq!(timers.cancel(key), Some("b"));
    assert_eq!((timers.cancel(key), timers.window(key)), (None, None));
    assert_eq!((timers.next_deadline(), timers.len()), (None, 0));
    timers.validate().unwrap();
    assert_eq!(pop_all(&mut timers, 1_000), []);
}

#[test]
fn rescheduling_makes_it_exact() {
    for deadline in [5, 30, 90] {
        let mut timers = Timers::new();
        let key = within(&mut timers, 10, 50, "a");
        assert!(timers.reschedule(key, at(deadline)));
        timers.validate().unwrap();
        assert_eq!(timers.window(key), Some((at(deadline), at(deadline))));
        assert_eq!(timers.next_deadline(), Some(at(deadline)));
        assert_eq!(pop_all(&mut timers, deadline - 1), []);
        assert_eq!(pop_all(&mut timers, deadline), [("a", deadline)]);
        assert_eq!(timers.stats().wakeups_saved, 0);
    }
}

#[test]
fn one_without_a_latest_only_rides_along() {
    let mut timers = Timers::new();
    let key = timers.schedule_within(at(10), Instant::MAX, "whenever");
    assert_eq!(timers.next_deadline(), Some(Instant::MAX));
    timers.schedule(at(30), "exact");
    assert_eq!(timers.next_deadline(), Some(at(30)));
    assert_eq!(pop_all(&mut timers, 30), [("exact", 30), ("whenever", 30)]);
    assert!(!timers.contains(key));
}

#[test]
fn a_reading_that_goes_back_closes_no_window_again() {
    let mut timers = Timers::new();
    assert_eq!(pop_all(&mut timers, 40), []);
    timers.schedule_within(at(30), at(90), "a");
    let expired = timers.pop_expired(at(20)).expect("it is 40");
    assert_eq!(expired.deadline, at(40));
}

#[test]
fn all_at_once_means_those_with_slack_too() {
    let filled = || {
        let mut timers = Timers::new();
        for i in 0..300_u64 {
            timers.schedule_within(at(i), at(1_000 - i), i);
            timers.schedule(at(2 * i), i);
        }
        timers
    };
    let mut timers = filled();
    timers.retain(|_, _, value| *value % 3 == 0);
    timers.validate().unwrap();
    assert_eq!((timers.len(), timers.stats().windows), (200, 100));
    timers.shrink_to_fit();
    timers.validate().unwrap();
    let drained: Vec<_> = timers.drain_all().map(|expired| expired.deadline).collect();
    assert!(drained.is_sorted() && drained.len() == 200);
    assert_eq!(drained.last(), Some(&at(1_000)), "by its latest");

    let mut timers = filled();
    timers.clear();
    timers.validate().unwrap();
    assert_eq!((timers.next_wakeup(), timers.stats().windows), (None, 0));
    timers.shrink_to_fit();
    timers.validate().unwrap();
    assert!(timers.stats().memory < 128 << 10, "{}", timers.stats().memory);
}

/// Windows that are cancelled are gone: nothing is left to be swept.
#[test]
fn cancelled_windows_leave_nothing_behind() {
    let mut timers = Timers::new();
    let mut memory = 0;
    for i in 0..200_000_u64 {
        let key = timers.schedule_within(at(i + 30_000_000), at(i + 90_000_000), i);
        assert_eq!(timers.cancel(key), Some(i));
        if i == 1_000 {
            memory = timers.stats().memory;
        }
    }
    assert_eq!(timers.stats().memory, memory);
    assert_eq!(timers.next_wakeup(), None);
    timers.validate().unwrap();
}

#[test]
fn upkeep_ahead_of_time_ends_and_keeps_to_its_moves() {
    let mut timers = Timers::new();
    for i in 0..20_000_u64 {
        timers.schedule_within(at(i * 97 % 50_000), at(60_000 + i * 89 % 50_000), i);
    }
    let moves = |timers: &Timers<_>| timers.stats().moved_in_windows;
    let mut calls = 0;
    loop {
        let before = moves(&timers);
        let is_more = timers.maintain(Instant::ZERO, 32);
        assert!(moves(&timers) - before <= 256, "bounded");
        timers.validate().unwrap();
        calls += 1;
        if !is_more {
            break;
        }
        assert!(calls < 100_000, "it ends");
    }
    let mut popped = 0;
    while let Some(expired) = timers.pop_expired(at(50_000)) {
        assert_eq!(expired.deadline, at(50_000));
        popped += 1;
    }
    assert_eq!(popped, 20_000);
    assert_eq!(timers.stats().wakeups_saved, 20_000);
}
