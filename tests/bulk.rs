//! Very many timers in one call, and how many there may be: on `Timers` and on `Wheel` alike.

mod common;

use std::cell::Cell;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use allocation_counter::measure;
use common::{SECOND, at, at_ms, due, ms};
use tourbillon::time::Instant;
use tourbillon::timers::{Refused, TimerKey, Timers};
use tourbillon::wheel::Wheel;

// ---- a bound -----------------------------------------------------------------------------------

#[test]
fn a_full_wheel_gives_the_value_back_and_changes_nothing() {
    let mut wheel = Wheel::new();
    wheel.set_limit(Some(2));
    assert_eq!(wheel.limit(), Some(2));
    let first = wheel.try_schedule(at_ms(1), "first".to_owned()).unwrap();
    wheel.try_schedule(at_ms(2), "second".to_owned()).unwrap();
    let refused = wheel.try_schedule(at_ms(0), "third".to_owned()).unwrap_err();
    assert_eq!(refused.into_inner(), "third");
    assert_eq!((wheel.len(), wheel.next_deadline()), (2, Some(at_ms(1))));
    wheel.validate().unwrap();

    // One goes, one may come.
    assert!(wheel.cancel(first).is_some());
    assert!(wheel.try_schedule(at_ms(3), "third".to_owned()).is_ok());
    assert!(wheel.pop_expired(at_ms(2)).is_some());
    assert!(wheel.try_schedule(at_ms(4), "fourth".to_owned()).is_ok());
    assert!(wheel.try_schedule(at_ms(5), "fifth".to_owned()).is_err());
}

#[test]
fn a_limit_binds_queue_and_wheel_together() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    timers.set_limit(Some(3));
    assert!(timers.try_schedule_after(at_ms(0), idle, 0).is_ok());
    assert!(timers.try_schedule_after(at_ms(0), ms(7), 1).is_ok());
    assert!(timers.try_schedule(at_ms(9), 2).is_ok());
    let refused = timers.try_schedule_after(at_ms(0), idle, 3).unwrap_err();
    assert_eq!(refused.into_inner(), 3);
    assert_eq!(timers.try_schedule(at_ms(0), 4).unwrap_err().into_inner(), 4);
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at_ms(30)), [1, 2, 0]);
}

#[test]
fn a_limit_cancels_nothing_and_does_not_bind_plain_calls() {
    let mut timers = Timers::new();
    for i in 0..10 {
        timers.schedule(at_ms(i), i);
    }
    timers.set_limit(Some(4));
    assert_eq!(timers.len(), 10);
    timers.schedule(at_ms(10), 10);
    timers.schedule_after(at_ms(10), ms(1), 11);
    let _: Vec<_> = timers.schedule_all([(at_ms(12), 12)]);
    assert_eq!(timers.stats().limit, Some(4));
    // What plain calls scheduled counts.
    assert_eq!(due(&mut timers, at_ms(8)).len(), 9);
    assert!(timers.try_schedule(at_ms(20), 20).is_err());
    assert_eq!(due(&mut timers, at_ms(9)), [9]);
    assert!(timers.try_schedule(at_ms(20), 20).is_ok());
    timers.set_limit(None);
    assert!(timers.try_schedule(at_ms(21), 21).is_ok());
    assert_eq!((timers.limit(), timers.stats().limit), (None, None));
}

/// `Refused` is an error like others, whatever its value is.
#[test]
fn a_refusal_is_an_error_that_says_why() {
    struct Anything;
    let mut timers = Timers::new();
    timers.set_limit(Some(0));
    let refused: Refused<Anything> =
        timers.try_schedule(Instant::ZERO, Anything).unwrap_err();
    assert_eq!(format!("{refused:?}"), "Refused { .. }");
    let error: Box<dyn Error> = Box::new(refused);
    assert_eq!(error.to_string(), "there are as many timers as there may be");
}

// ---- scheduling many ---------------------------------------------------------------------------

#[test]
fn schedule_all_is_as_one_by_one_and_gives_the_keys_in_turn() {
    let deadlines = || (0..500_u64).map(|i| at(i * 7_919 % 64));
    let mut one_by_one = Timers::new();
    for (deadline, i) in deadlines().zip(0..) {
        one_by_one.schedule(deadline, i);
    }
    let mut all = Timers::new();
    let keys: Vec<TimerKey> = all.schedule_all(deadlines().zip(0..));
    all.validate().unwrap();
    for (key, (deadline, i)) in keys.iter().zip(deadlines().zip(0..)) {
        assert_eq!((all.deadline(*key), all.get(*key)), (Some(deadline), Some(&i)));
    }
    let mut extended = Wheel::new();
    extended.extend(deadlines().zip(0..));
    extended.validate().unwrap();
    let expected = due(&mut one_by_one, at(SECOND));
    assert_eq!(due(&mut all, at(SECOND)), expected, "equals in their order");
    let values: Vec<u64> = extended.drain_all().map(|expired| expired.value).collect();
    assert_eq!(values, expected);
}

/// Room is made for all at once, and what was reserved suffices.
#[test]
fn schedule_all_allocates_once_and_into_reserved_room_not_at_all() {
    let deadlines = || (0..10_000_u64).map(|i| (at(i * SECOND / 1_000), i));
    let mut timers = Timers::new();
    let growing = measure(|| timers.extend(deadlines())).count_total;
    assert!(growing <= 4, "{growing} allocations: slots, and three of the lists");
    timers.clear();
    assert_eq!(measure(|| timers.extend(deadlines())).count_total, 0);
    timers.validate().unwrap();
}

/// An iterator that promises the world is not believed.
#[test]
fn an_iterator_that_lies_costs_no_memory() {
    struct Lies(u64);
    impl Iterator for Lies {
        type Item = (Instant, u64);
        fn next(&mut self) -> Option<(Instant, u64)> {
            self.0 = self.0.checked_sub(1)?;
            Some((at(self.0), self.0))
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (usize::MAX, None)
        }
    }
    let mut wheel = Wheel::new();
    wheel.extend(Lies(3));
    assert_eq!(wheel.len(), 3);
    assert!(wheel.capacity() <= 1 << 20);
    wheel.shrink_to_fit();
    assert!(wheel.capacity() < 8);
    let keys: Vec<_> = Wheel::new().schedule_all(Lies(3));
    assert!(keys.len() == 3 && keys.capacity() < 1 << 21);
    wheel.validate().unwrap();
}

/// A collection that asks for one key does not keep the other timers from being scheduled.
#[test]
fn all_are_scheduled_whatever_is_collected() {
    struct First(TimerKey);
    impl FromIterator<TimerKey> for First {
        fn from_iter<I: IntoIterator<Item = TimerKey>>(keys: I) -> Self {
            Self(keys.into_iter().next().unwrap())
        }
    }
    let mut timers = Timers::new();
    let First(key) = timers.schedule_all((0..10).map(|i| (at(i), i)));
    assert_eq!((timers.get(key), timers.len()), (Some(&0), 10));
}

/// What an iterator gave before it panicked is scheduled; nothing else is.
#[test]
fn an_iterator_may_panic() {
    let mut timers = Timers::new();
    let items = (0..10_u64).map(|i| {
        assert!(i < 5, "the sixth");
        (at(i), i)
    });
    assert!(catch_unwind(AssertUnwindSafe(|| timers.extend(items))).is_err());
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at(100)), [0, 1, 2, 3, 4]);
}

// ---- visiting ----------------------------------------------------------------------------------

#[test]
fn iter_knows_how_many_are_left_and_can_be_had_again() {
    let mut wheel = Wheel::new();
    let keys: Vec<TimerKey> = wheel.schedule_all((0..100).map(|i| (at(i), i)));
    for key in keys.iter().step_by(3) {
        wheel.cancel(*key);
    }
    let mut iter = wheel.iter();
    assert_eq!(iter.len(), 66);
    iter.next();
    let again = iter.clone();
    assert_eq!((iter.len(), again.count(), iter.count()), (65, 65, 65));
    let mut seen = 0;
    for (key, deadline, value) in &wheel {
        assert_eq!((wheel.deadline(key), deadline), (Some(deadline), at(*value)));
        seen += 1;
    }
    assert_eq!((seen, wheel.iter().fuse().last().is_some()), (66, true));
}

#[test]
fn drain_all_knows_how_many_are_left() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(5));
    for i in 0..10 {
        timers.schedule_after(at(i), idle, i);
        timers.schedule(at_ms(i), i);
    }
    let mut drain = timers.drain_all();
    assert_eq!((drain.len(), drain.size_hint()), (20, (20, Some(20))));
    drain.nth(4);
    assert_eq!(drain.len(), 15);
    assert_eq!(drain.by_ref().count(), 15);
    assert!(drain.next().is_none() && drain.next().is_none());
}

/// Leaked, it cancels nothing.
#[test]
fn a_drain_that_is_leaked_leaves_the_others_scheduled() {
    let mut timers = Timers::new();
    timers.extend((0..10).map(|i| (at(i), i)));
    let mut drain = timers.drain_all();
    assert_eq!(drain.next().map(|expired| expired.value), Some(0));
    std::mem::forget(drain);
    timers.validate().unwrap();
    assert_eq!(due(&mut timers, at(100)), (1..10).collect::<Vec<_>>());
}

// ---- clearing ----------------------------------------------------------------------------------

/// A value that counts that it is dropped, and panics if it is the chosen one.
struct Bomb {
    dropped: Rc<Cell<usize>>,
    explodes: bool,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.dropped.set(self.dropped.get() + 1);
        assert!(!self.explodes, "a value that panics when it is dropped");
    }
}

/// A hundred bombs, on the wheel, in a queue and with slack, one of them live.
fn bombs() -> (Timers<Bomb>, Vec<TimerKey>, Rc<Cell<usize>>) {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(5));
    let dropped = Rc::new(Cell::new(0));
    let keys = (0..100)
        .map(|i| {
            let bomb = Bomb { dropped: Rc::clone(&dropped), explodes: i == 40 };
            match i % 3 {
                0 => timers.schedule(at(i * 1_000), bomb),
                1 => timers.schedule_after(at(i), idle, bomb),
                _ => timers.schedule_within(at(i), at(i * 1_000), bomb),
            }
        })
        .collect();
    (timers, keys, dropped)
}

/// However the timers go together: none is left, each value was dropped once, and what comes next
/// works as before.
fn check_emptied(mut timers: Timers<Bomb>, keys: &[TimerKey], dropped: &Cell<usize>) {
    timers.validate().unwrap();
    assert_eq!((timers.len(), dropped.get()), (0, 100));
    assert_eq!((timers.next_wakeup(), timers.next_deadline()), (None, None));
    assert!(keys.iter().all(|key| !timers.contains(*key)));
    let idle = timers.common_timeout(ms(5));
    let bomb = || Bomb { dropped: Rc::default(), explodes: false };
    let again =
        [timers.schedule(at(7), bomb()), timers.schedule_after(at(0), idle, bomb())];
    assert!(again.iter().all(|key| !keys.contains(key)), "a dead key lives again");
    timers.validate().unwrap();
    let order = std::iter::from_fn(|| timers.pop_expired(at(SECOND)));
    assert!(order.map(|expired| expired.key).eq(again));
}

#[test]
fn a_value_that_panics_does_not_stop_clear() {
    let (mut timers, keys, dropped) = bombs();
    assert!(catch_unwind(AssertUnwindSafe(|| timers.clear())).is_err());
    check_emptied(timers, &keys, &dropped);
}

#[test]
fn a_value_that_panics_does_not_stop_a_dropped_drain() {
    let (mut timers, keys, dropped) = bombs();
    let drop_drain = || drop(timers.drain_all().nth(2));
    assert!(catch_unwind(AssertUnwindSafe(drop_drain)).is_err());
    check_emptied(timers, &keys, &dropped);
}

/// A wheel clears as timers do.
#[test]
fn a_value_that_panics_does_not_stop_a_wheel() {
    let dropped = Rc::new(Cell::new(0));
    let bomb = |i| Bomb { dropped: Rc::clone(&dropped), explodes: i == 5 };
    let mut wheel = Wheel::new();
    wheel.extend((0..10).map(|i| (at(i), bomb(i))));
    assert!(catch_unwind(AssertUnwindSafe(|| wheel.clear())).is_err());
    wheel.validate().unwrap();
    assert_eq!((wheel.len(), dropped.get()), (0, 10));
}

/// `retain` stops where the panic was; the rest stays scheduled.
#[test]
fn a_panic_in_retain_leaves_the_others_scheduled() {
    let (mut timers, keys, dropped) = bombs();
    let retain = || timers.retain(|_, _, _| false);
    assert!(catch_unwind(AssertUnwindSafe(retain)).is_err());
    timers.validate().unwrap();
    assert_eq!((timers.len(), dropped.get()), (59, 41));
    assert!(keys[41..].iter().all(|key| timers.contains(*key)));
    let mut asked = 0;
    let retain = || {
        timers.retain(|_, _, _| {
            asked += 1;
            assert!(asked < 10, "the tenth");
            false
        });
    };
    assert!(catch_unwind(AssertUnwindSafe(retain)).is_err());
    timers.validate().unwrap();
    assert_eq!((timers.len(), dropped.get()), (50, 50));
}

/// Cleared and filled again, over and over: memory stays as it is, and nothing is allocated.
#[test]
fn clear_keeps_memory_and_allocates_nothing() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(500));
    let fill = |timers: &mut Timers<u64>, round: u64| {
        for i in 0..5_000 {
            let now = at(round * SECOND + i);
            timers.schedule(now + ms(i * 7_919 % 997), i);
            timers.schedule_after(now, idle, i);
            timers.schedule_within(now, now + ms(i % 700), i);
        }
        for _ in 0..2_000 {
            assert!(timers.pop_expired(at((round + 2) * SECOND)).is_some());
        }
        timers.clear();
    };
    fill(&mut timers, 0);
    fill(&mut timers, 1);
    let memory = timers.stats().memory;
    let counted = measure(|| {
        for round in 2..20 {
            fill(&mut timers, round);
        }
    });
    assert_eq!((counted.count_total, timers.stats().memory), (0, memory));
    timers.validate().unwrap();
}

/// A retired slot stays retired, vacant ones stay vacant, whatever is cleared when.
#[test]
fn no_dead_key_lives_again_over_clear_and_shrink() {
    let mut wheel = Wheel::new();
    let mut dead = Vec::new();
    for round in 0..50_u64 {
        let keys: Vec<TimerKey> = wheel.schedule_all((0..20).map(|i| (at(i * round), i)));
        assert!(keys.iter().all(|key| !dead.contains(key)), "round {round}");
        for key in keys.iter().skip(round as usize % 20).step_by(3) {
            wheel.cancel(*key).unwrap();
        }
        match round % 3 {
            0 => wheel.clear(),
            1 => drop(wheel.drain_all().nth(5)),
            _ => wheel.retain(|_, _, _| false),
        }
        if round % 4 == 0 {
            wheel.shrink_to_fit();
        }
        wheel.validate().unwrap();
        dead.extend(keys);
        assert!(dead.iter().all(|key| !wheel.contains(*key)));
    }
}
