//! The public face of `Timers`, verb by verb: what each does to keys, order, memory and values.

mod common;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use common::{DAY, MILLI, SECOND, at, at_ms, due, ms};
use tourbillon::common_timeout::COMMON_TIMEOUT_LIMIT;
use tourbillon::time::Instant;
use tourbillon::timers::{CommonTimeout, TimerKey, Timers};
use tourbillon::{Interval, Wheel};

/// A mix of timers: on the wheel, queued, postponed in both, and some cancelled.
fn mixed() -> (Timers<u64>, Vec<TimerKey>) {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(50));
    let mut keys: Vec<_> = (0..300)
        .map(|i| match i % 3 {
            0 => timers.schedule_after(at_ms(i), idle, i),
            _ => timers.schedule(at_ms(i * 7 % 301), i),
        })
        .collect();
    for key in keys.iter().step_by(5) {
        assert!(timers.reschedule(*key, at_ms(900)));
    }
    for key in keys.iter().step_by(11) {
        assert!(timers.cancel(*key).is_some());
    }
    keys.retain(|key| timers.contains(*key));
    (timers, keys)
}

// ---- auto traits -------------------------------------------------------------------------------

/// Compiles only if it holds: timers can be moved to another thread with what they hold.
const fn assert_send<T: Send>() {}
const _: () = assert_send::<Timers<String>>();
const _: () = assert_send::<Wheel<Vec<u8>>>();
const _: () = assert_send::<(TimerKey, CommonTimeout, Interval)>();

#[test]
fn timers_move_to_another_thread() {
    let (mut timers, keys) = mixed();
    let drained = std::thread::spawn(move || due(&mut timers, at(SECOND)).len());
    assert_eq!(drained.join().unwrap(), keys.len());
}

#[test]
fn a_key_is_eight_bytes_and_so_is_an_optional_one() {
    assert_eq!((size_of::<TimerKey>(), size_of::<Option<TimerKey>>()), (8, 8));
}

// ---- all timers at once ------------------------------------------------------------------------

#[test]
fn iter_visits_every_timer_once() {
    let (timers, keys) = mixed();
    let seen: BTreeSet<u64> = timers.iter().map(|(_, _, value)| *value).collect();
    assert_eq!((timers.iter().count(), seen.len()), (keys.len(), keys.len()));
    for (key, deadline, value) in &timers {
        assert!(keys.contains(&key));
        assert_eq!(timers.deadline(key), Some(deadline));
        assert_eq!(timers.get(key), Some(value));
    }
}

#[test]
fn retain_cancels_the_others_and_may_change_values() {
    let (mut timers, keys) = mixed();
    let mut visited = 0;
    timers.retain(|key, deadline, value| {
        visited += 1;
        assert!(keys.contains(&key) && deadline <= at_ms(900));
        *value += 1_000;
        *value % 2 == 0
    });
    timers.validate().unwrap();
    assert_eq!(visited, keys.len());
    for key in &keys {
        assert!(timers.get(*key).is_none_or(|value| *value % 2 == 0 && *value >= 1_000));
    }
    let left = timers.len();
    assert!(left > 0 && left < keys.len());
    assert_eq!(due(&mut timers, at(SECOND)).len(), left);
}

#[test]
fn clear_leaves_dead_keys_and_keeps_common_timeouts() {
    let (mut timers, keys) = mixed();
    let idle = timers.common_timeout(ms(50));
    timers.clear();
    timers.validate().unwrap();
    assert!(timers.is_empty() && timers.iter().next().is_none());
    assert_eq!(timers.next_deadline(), None);
    assert!(keys.iter().all(|key| !timers.contains(*key)));
    assert_eq!(timers.stats().common_timeouts, 1);
    let key = timers.schedule_after(at_ms(1), idle, 1);
    assert!(timers.touch(key, at_ms(2)));
    assert!(!keys.contains(&key));
}

#[test]
fn drain_all_takes_everything_in_order_and_moves_no_time() {
    let (mut timers, keys) = mixed();
    let mut drain = timers.drain_all();
    let mut last = Instant::ZERO;
    for _ in 0..keys.len() / 2 {
        let expired = drain.next().expect("half are left");
        assert!(expired.deadline >= last && keys.contains(&expired.key));
        last = expired.deadline;
    }
    drop(drain);
    assert!(timers.is_empty(), "what was not asked for is cancelled");
    timers.validate().unwrap();
    // Time has not moved: what is not due is not handed out.
    timers.schedule(at_ms(1), 7);
    assert!(timers.pop_expired(Instant::ZERO).is_none());
    assert_eq!(timers.drain_all().map(|e| e.value).collect::<Vec<_>>(), [7]);
}

#[test]
fn reserve_makes_room_beforehand() {
    let mut timers = Timers::new();
    timers.reserve(1_000);
    let room = timers.stats().memory;
    for i in 0..1_000_u64 {
        timers.schedule(at(SECOND), i);
    }
    // Of what grew there is no more than a few rings.
    assert!(timers.stats().memory < room + 8 * 1024);
    assert!(Timers::<u64>::with_capacity(1_000).stats().memory >= 24 * 1_000);
}

#[test]
fn shrink_to_fit_gives_memory_back_and_keeps_keys() {
    let mut timers = Timers::new();
    let keys: Vec<_> = (0..10_000).map(|i| timers.schedule(at(i * i), i)).collect();
    assert!(timers.pop_expired(Instant::ZERO).is_some());
    let before = timers.stats().memory;
    for key in &keys[100..] {
        timers.cancel(*key).unwrap();
    }
    timers.shrink_to_fit();
    timers.validate().unwrap();
    assert!(timers.stats().memory < before / 4);
    for (i, key) in keys.iter().enumerate().skip(1) {
        assert_eq!(timers.get(*key).is_some(), i < 100);
    }

    // Slots that are made again begin a new life: no dead key names a new timer.
    let again: Vec<_> = (0..10_000).map(|i| timers.schedule(at(SECOND), i)).collect();
    assert!(keys[100..].iter().all(|key| !timers.contains(*key)));
    assert!(again.iter().all(|key| timers.contains(*key)));
    timers.clear();
    timers.shrink_to_fit();
    let empty = timers.stats().memory;
    assert!(empty < 64 << 10, "{empty} bytes for no timers");
}

// ---- keys --------------------------------------------------------------------------------------

/// Debug builds begin the generations of each instance elsewhere.
#[test]
#[cfg(debug_assertions)]
fn a_key_of_another_instance_is_found_out() {
    let mut instances: Vec<Timers<usize>> = (0..50).map(|_| Timers::new()).collect();
    let keys: Vec<_> =
        instances.iter_mut().map(|timers| timers.schedule(at(SECOND), 0)).collect();
    for (i, timers) in instances.iter_mut().enumerate() {
        for (j, key) in keys.iter().enumerate() {
            assert_eq!(timers.contains(*key), i == j);
            assert_eq!(timers.reschedule(*key, at(SECOND)), i == j);
            if i != j {
                assert_eq!(timers.cancel(*key), None);
                assert!(!timers.touch(*key, Instant::ZERO));
                assert_eq!(timers.remaining(*key, Instant::ZERO), None);
            }
        }
    }
}

#[test]
fn get_mut_changes_the_value_that_comes_out() {
    let mut timers = Timers::new();
    let key = timers.schedule(at_ms(1), "before");
    *timers.get_mut(key).unwrap() = "after";
    assert_eq!(due(&mut timers, at_ms(1)), ["after"]);
    assert_eq!(timers.get_mut(key), None);
    assert_eq!(timers.get(key), None);
}

#[test]
fn remaining_saturates_at_zero_and_counts_from_any_reading() {
    let mut timers = Timers::new();
    let key = timers.schedule(at_ms(10), ());
    assert_eq!(timers.remaining(key, Instant::ZERO), Some(ms(10)));
    assert_eq!(timers.remaining(key, at(10 * MILLI - 1)), Some(Duration::from_nanos(1)));
    assert_eq!(timers.remaining(key, at_ms(10)), Some(Duration::ZERO));
    assert_eq!(timers.remaining(key, Instant::MAX), Some(Duration::ZERO));
    timers.cancel(key);
    assert_eq!(timers.remaining(key, Instant::ZERO), None);
}

// ---- values ------------------------------------------------------------------------------------

#[test]
fn every_value_is_dropped_exactly_once() {
    let value = Rc::new(());
    let alive = || Rc::strong_count(&value) - 1;
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(5));
    let keys: Vec<_> = (0..100)
        .map(|i| match i % 2 {
            0 => timers.schedule(at_ms(i), Rc::clone(&value)),
            _ => timers.schedule_after(at_ms(i), idle, Rc::clone(&value)),
        })
        .collect();
    assert_eq!(alive(), 100);
    drop(timers.cancel(keys[99]));
    drop(timers.cancel(keys[99]));
    assert_eq!(alive(), 99);
    drop(timers.pop_expired(at_ms(0)));
    assert_eq!(alive(), 98);
    timers.retain(|_, deadline, _| deadline > at_ms(20));
    assert_eq!(alive(), timers.len());
    drop(timers.drain_all().take(3));
    assert_eq!((alive(), timers.len()), (0, 0));
    timers.schedule(at_ms(1), Rc::clone(&value));
    timers.clear();
    assert_eq!(alive(), 0);
    timers.schedule(at_ms(1), Rc::clone(&value));
    drop(timers);
    assert_eq!(alive(), 0);
}

#[test]
fn values_may_take_no_room_or_much() {
    let mut nothing = Timers::new();
    let mut pages = Timers::new();
    for i in 0..100 {
        nothing.schedule(at_ms(i), ());
        pages.schedule(at_ms(99 - i), [i; 512]);
    }
    assert_eq!(due(&mut nothing, at(SECOND)).len(), 100);
    let order: Vec<u64> =
        due(&mut pages, at(SECOND)).iter().map(|page| page[511]).collect();
    assert_eq!(order, (0..100).rev().collect::<Vec<_>>());
}

// ---- common timeouts ---------------------------------------------------------------------------

/// libevent's `test_common_timeout`: however it is written, the same duration is the same token.
#[test]
#[expect(
    clippy::duration_suboptimal_units,
    reason = "five million microseconds are the point"
)]
fn registering_a_common_timeout_is_idempotent() {
    let mut timers = Timers::<()>::new();
    let tokens = [ms(100), ms(200), Duration::from_secs(5)]
        .map(|after| timers.common_timeout(after));
    assert_eq!(timers.common_timeout(ms(200)), tokens[1]);
    assert_eq!(timers.common_timeout(tokens[1].duration()), tokens[1]);
    assert_eq!(timers.common_timeout(Duration::from_micros(5_000_000)), tokens[2]);
    assert_eq!(timers.common_timeout(Duration::new(0, 0) + ms(5_000)), tokens[2]);
    assert_eq!(timers.stats().common_timeouts, 3);
    assert_eq!(tokens.map(CommonTimeout::duration), [ms(100), ms(200), ms(5_000)]);
}

/// A plain `Duration` joins the queue of its like; seen by `touch`, which only members know.
#[test]
fn a_duration_joins_its_registered_queue_and_no_other() {
    let mut timers = Timers::new();
    let before = timers.schedule_after(Instant::ZERO, ms(50), "before");
    timers.common_timeout(ms(50));
    let joined = timers.schedule_after(Instant::ZERO, ms(50), "joined");
    let other = timers.schedule_after(Instant::ZERO, ms(51), "other");
    let absolute = timers.schedule(at_ms(50), "absolute");
    let now = at_ms(20);
    assert!(timers.touch(joined, now));
    for plain in [before, other, absolute] {
        assert!(!timers.touch(plain, now), "scheduled without a common timeout");
    }
    assert_eq!(timers.deadline(joined), Some(at_ms(70)));
    assert_eq!(due(&mut timers, at_ms(70)), ["before", "absolute", "other", "joined"]);
}

#[test]
fn touching_keeps_order_key_and_home() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    let keys: Vec<_> =
        (0..10).map(|i| timers.schedule_after(at_ms(i), idle, i)).collect();
    assert!(timers.touch(keys[0], at_ms(10)));
    assert!(timers.touch(keys[5], at_ms(11)));
    assert_eq!(timers.next_deadline(), Some(at_ms(31)));
    // A rescheduled one keeps its common timeout for life.
    assert!(timers.reschedule(keys[9], at_ms(5)));
    assert!(timers.touch(keys[9], at_ms(12)));
    assert_eq!(timers.deadline(keys[9]), Some(at_ms(42)));
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at_ms(100)), [1, 2, 3, 4, 6, 7, 8, 0, 5, 9]);
    assert!(!timers.touch(keys[0], at_ms(100)), "stale");
}

#[test]
fn touching_with_an_earlier_reading_brings_the_timer_forward() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    let keys = [at_ms(10), at_ms(20)].map(|now| timers.schedule_after(now, idle, ()));
    assert!(timers.touch(keys[1], at_ms(5)));
    assert_eq!(timers.deadline(keys[1]), Some(at_ms(35)));
    assert_eq!(timers.pop_expired(at_ms(35)).map(|e| e.key), Some(keys[1]));
    assert!(timers.pop_expired(at_ms(39)).is_none());
    assert_eq!(timers.pop_expired(at_ms(40)).map(|e| e.key), Some(keys[0]));
}

#[test]
fn a_forgotten_common_timeout_keeps_its_members_till_they_are_done() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    let member = timers.schedule_after(Instant::ZERO, idle, "member");
    assert!(timers.forget_common_timeout(idle));
    assert!(!timers.forget_common_timeout(idle), "it was");
    assert_eq!(timers.stats().common_timeouts, 0);
    assert!(timers.touch(member, at_ms(10)), "members know their duration for life");
    assert_eq!(timers.deadline(member), Some(at_ms(40)));

    // The token still means its duration, on the wheel.
    let plain = timers.schedule_after(at_ms(5), idle, "plain");
    assert_eq!(timers.deadline(plain), Some(at_ms(35)));
    assert!(!timers.touch(plain, at_ms(10)));

    // Registered again, while a member of the old days lives.
    let again = timers.common_timeout(ms(30));
    let newer = timers.schedule_after(at_ms(15), again, "newer");
    assert!(timers.touch(newer, at_ms(20)) && timers.touch(member, at_ms(12)));
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at_ms(60)), ["plain", "member", "newer"]);
}

#[test]
fn a_queue_without_members_serves_another_duration() {
    let mut timers = Timers::new();
    for round in 1..=10 * COMMON_TIMEOUT_LIMIT as u64 {
        let common = timers.common_timeout(ms(round));
        let key = timers.schedule_after(at_ms(round), common, round);
        assert!(timers.touch(key, at_ms(round)), "round {round} has a queue");
        assert!(timers.forget_common_timeout(common));
        assert_eq!(due(&mut timers, at_ms(2 * round)), [round]);
        timers.validate().unwrap();
    }
}

#[test]
fn above_the_limit_a_common_timeout_means_its_duration() {
    let mut timers = Timers::new();
    let count = COMMON_TIMEOUT_LIMIT as u64 + 10;
    let tokens: Vec<_> = (1..=count).map(|i| timers.common_timeout(ms(i))).collect();
    assert_eq!(timers.stats().common_timeouts, COMMON_TIMEOUT_LIMIT);
    let keys: Vec<_> =
        tokens.iter().map(|token| timers.schedule_after(at(7), *token, ())).collect();
    for (i, (key, token)) in keys.iter().zip(&tokens).enumerate() {
        let queued = i < COMMON_TIMEOUT_LIMIT;
        assert_eq!(timers.deadline(*key), Some(at(7) + token.duration()));
        assert_eq!(timers.touch(*key, at(7)), queued);
        assert_eq!(timers.forget_common_timeout(*token), queued);
    }
    // A forgotten queue with members is still one of those that there may be.
    assert_eq!(timers.common_timeout(ms(count)).duration(), ms(count));
    assert_eq!(timers.stats().common_timeouts, 0);
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at(SECOND)).len(), keys.len());
    timers.common_timeout(ms(count));
    assert_eq!(timers.stats().common_timeouts, 1);
}

#[test]
fn a_token_of_another_instance_means_its_duration() {
    let mut theirs = Timers::<&str>::new();
    let (first, second) = (theirs.common_timeout(ms(5)), theirs.common_timeout(ms(10)));
    let mut ours = Timers::new();
    ours.common_timeout(ms(10));
    // The same place in the table, another duration; and the other way round.
    let plain = ours.schedule_after(Instant::ZERO, first, "plain");
    let queued = ours.schedule_after(Instant::ZERO, second, "queued");
    assert_eq!(ours.deadline(plain), Some(at_ms(5)));
    assert_eq!(ours.deadline(queued), Some(at_ms(10)));
    assert!(!ours.touch(plain, Instant::ZERO));
    assert!(ours.touch(queued, Instant::ZERO));
    assert!(!ours.forget_common_timeout(first));
    ours.validate().unwrap();
}

/// A reading that goes back makes a deadline that is not behind the queue's last: wheel, in order.
#[test]
fn a_reading_that_goes_back_still_fires_in_order() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    let readings = [10, 20, 15, 5, 20, 25, 24];
    let keys = readings.map(|now| timers.schedule_after(at_ms(now), idle, now));
    timers.validate().unwrap();
    for (key, now) in keys.iter().zip(readings) {
        assert_eq!(timers.deadline(*key), Some(at_ms(now + 30)));
    }
    assert_eq!(timers.next_deadline(), Some(at_ms(35)));
    assert!(
        keys.iter().all(|key| timers.touch(*key, at_ms(26)) || !timers.contains(*key))
    );
    assert!(timers.pop_expired(at(56 * MILLI - 1)).is_none());
    assert_eq!(due(&mut timers, at_ms(56)).len(), readings.len());
}

/// A member that was put off for long at the end of its queue does not keep others out of it.
#[test]
fn a_member_far_ahead_leaves_the_queue_in_order() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    let far = timers.schedule_after(Instant::ZERO, idle, 99);
    assert!(timers.reschedule(far, at(DAY)));
    for i in 0..50 {
        timers.schedule_after(at_ms(i), idle, i);
    }
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at(SECOND)), (0..50).collect::<Vec<_>>());
    assert_eq!(due(&mut timers, at(DAY)), [99]);
}
