//! Promise P8: after warm-up, nothing that timers and intervals do allocates. Every allocation of
//! the thread is counted by a global allocator that does nothing else.

mod common;

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use allocation_counter::measure;
use common::hold::Hold;
use common::{MILLI, SECOND, at, ms};
use tourbillon::time::{Instant, Interval, MissedTickBehavior};
use tourbillon::timers::{Budget, Timers};

/// How often the body allocates.
fn allocations(body: impl FnOnce()) -> u64 {
    measure(body).count_total
}

/// The control: what allocates is counted, so that a zero below means something.
#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(black_box(Box::new(7_u64)))), 1);
    assert_eq!(allocations(|| drop(black_box(Vec::<u8>::new()))), 0);
    let mut timers = Timers::new();
    let growing = allocations(|| {
        for i in 0..10_000_u32 {
            timers.schedule(at(u64::from(i)), i);
        }
    });
    assert!((1..100).contains(&growing), "slots grow by doubling, not {growing} times");
}

/// Schedule, schedule after, touch, reschedule, cancel and expire, 100,000 times at random.
#[test]
fn a_hold_run_does_not_allocate() {
    for population in [1, 100, 10_000] {
        let mut hold = Hold::of(population);
        for _ in 0..100_000 {
            hold.step();
        }
        let expired = hold.expired;
        let counted = allocations(|| {
            for _ in 0..100_000 {
                hold.step();
            }
        });
        assert!(hold.expired > expired + 40_000, "half the steps expire a timer");
        assert_eq!(counted, 0, "with {population} timers");
        hold.timers.validate().unwrap();
    }
}

/// An echo server's day: idle timeouts that are touched on every byte, in a queue and on the wheel.
#[test]
fn touching_does_not_allocate() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(Duration::from_secs(30));
    let keys: Vec<_> =
        (0..1_000).map(|i| timers.schedule_after(at(i), idle, i)).collect();
    let run = |timers: &mut Timers<u64>, turns: std::ops::Range<u64>| {
        for turn in turns {
            let now = at(turn * MILLI);
            // Every 16th connection is silent, expires, and connects again.
            let index = (turn % 1_000) as usize;
            if !index.is_multiple_of(16) {
                assert!(timers.touch(keys[index], now));
            }
            while let Some(expired) = timers.pop_expired(now) {
                timers.schedule_after(now, idle, expired.value);
            }
        }
    };
    run(&mut timers, 0..100_000);
    assert_eq!(allocations(|| run(&mut timers, 100_000..200_000)), 0);
    assert_eq!(timers.len(), 1_000);
}

/// Upkeep, budgets and looking allocate nothing either.
#[test]
fn looking_and_upkeep_do_not_allocate() {
    let mut hold = Hold::of(10_000);
    for _ in 0..100_000 {
        hold.step();
    }
    let (timers, now) = (&mut hold.timers, hold.now);
    let counted = allocations(|| {
        for step in 0..10_000_u64 {
            let later = now + Duration::from_micros(step);
            black_box((timers.next_wakeup(), timers.next_deadline(), timers.stats()));
            black_box(timers.maintain(later, 32));
            let mut budget = Budget::timers(4);
            while let Some(expired) = timers.pop_expired_within(later, &mut budget) {
                timers.schedule_after(later, ms(40), expired.value);
            }
        }
        black_box(timers.iter().count());
    });
    assert_eq!(counted, 0);
}

/// Timers with slack, of which some ride, some close, some are cancelled and some made exact.
#[test]
fn slack_does_not_allocate() {
    let mut random = common::Random::new(5);
    let mut timers = Timers::new();
    let mut step = |timers: &mut Timers<u64>, turn: u64| {
        let now = at(turn * 10 * MILLI);
        let earliest = now + ms(random.below(1_000));
        let latest = earliest + ms(random.below(1_000));
        let key = timers.schedule_within(earliest, latest, turn);
        match turn % 8 {
            0 => drop(timers.cancel(key)),
            1 => drop(timers.reschedule(key, latest)),
            _ => {}
        }
        // Awake only when somebody must be.
        if timers.next_deadline().is_some_and(|deadline| deadline <= now) {
            while timers.pop_expired(now).is_some() {}
        }
    };
    for turn in 0..100_000 {
        step(&mut timers, turn);
    }
    let saved = timers.stats().wakeups_saved;
    let counted = allocations(|| {
        for turn in 100_000..200_000 {
            step(&mut timers, turn);
        }
    });
    assert_eq!(counted, 0);
    assert!(timers.stats().wakeups_saved > saved);
    timers.validate().unwrap();
}

/// Intervals of every behaviour, on time and late.
#[test]
fn intervals_do_not_allocate() {
    let behaviors = [
        MissedTickBehavior::Skip,
        MissedTickBehavior::Burst,
        MissedTickBehavior::Delay,
        MissedTickBehavior::BurstUpTo(NonZeroU32::MIN),
    ];
    let counted = allocations(|| {
        for behavior in behaviors {
            let mut interval = Interval::new(Instant::ZERO, ms(1))
                .expect("a millisecond is a period")
                .with_missed_tick_behavior(behavior);
            let mut ticks = 0;
            for step in 0..100_000 {
                while let Some(tick) =
                    interval.tick(at(step * MILLI / 3 + step % 7 * SECOND))
                {
                    black_box(tick);
                    ticks += 1;
                }
            }
            assert!(ticks > 1_000, "{behavior:?} ticked {ticks} times");
        }
    });
    assert_eq!(counted, 0);
}
