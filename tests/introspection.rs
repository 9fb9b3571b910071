//! What timers say about themselves: counters, occupancy, `Debug` in one line, and the dump.

mod common;

use allocation_counter::measure;
use common::{Random, SECOND, at, ms};
use tourbillon::time::Instant;
use tourbillon::timers::{Budget, Timers};
use tourbillon::wheel::Wheel;

/// A value that says nothing about itself.
struct Mute;

#[test]
fn debug_is_one_short_line_whatever_is_stored() {
    let mut timers = Timers::new();
    assert_eq!(
        format!("{timers:?}"),
        "Timers { timers: 0, next_wakeup: None, levels: {}, queued: 0, \
         windows: 0, common_timeouts: 0, .. }"
    );
    let idle = timers.common_timeout(ms(30));
    for i in 0..1_000 {
        timers.schedule(at(i * SECOND), Mute);
        timers.schedule_after(at(i), idle, Mute);
    }
    assert_eq!(
        format!("{timers:?}"),
        "Timers { timers: 2000, next_wakeup: Some(Instant(0)), levels: {5: 69 timers in \
         64 slots, 6: 931 timers in 14 slots}, queued: 1000, windows: 0, \
         common_timeouts: 1, .. }"
    );
    let mut wheel = Wheel::new();
    wheel.schedule(at(SECOND), Mute);
    assert_eq!(
        format!("{wheel:?}"),
        "Wheel { timers: 1, next_wakeup: Some(Instant(1000000000)), \
         levels: {5: 1 timer in 1 slot}, .. }"
    );
    assert_eq!(format!("{:?}", wheel.iter()), "Iter { left: 1, .. }");
    assert_eq!(format!("{:?}", wheel.drain_all()), "DrainAll { left: 1, .. }");
    assert_eq!(format!("{:?}", timers.drain_all()), "DrainAll { left: 2000, .. }");
}

#[test]
fn nothing_is_said_of_an_empty_wheel() {
    let empty = "0 timers\nnow 5s, no wake-up\nwheel: 0 timers\n  nothing is sorted\n";
    assert_eq!(Wheel::<Mute>::starting_at(at(5 * SECOND)).dump().to_string(), empty);
    let queues = format!("{empty}queues: 0 timers\n");
    assert_eq!(Timers::<Mute>::starting_at(at(5 * SECOND)).dump().to_string(), queues);
}

/// A wheel of four slots a ring, in every state: opened, sorted, postponed, far away.
#[test]
fn a_small_wheel_reads_as_it_lies() {
    let mut wheel = Wheel::<Mute, 4, 2>::with_geometry(Instant::ZERO, 0);
    wheel.set_limit(Some(50));
    let keys: Vec<_> = wheel.schedule_all([
        (at(100), Mute),
        (at(101), Mute),
        (at(110), Mute),
        (at(1 << 30), Mute),
        (at(3 << 30), Mute),
        (Instant::MAX, Mute),
    ]);
    assert_eq!(
        wheel.dump().to_string(),
        "\
6 timers of 50 that there may be
now 0ns, next wake-up 100ns
wheel: 6 timers
  level 31, slots of 4611686018.427387904s: 1 timer in 1 slot
    13835058055.282163712s ..= 18446744073.709551615s: 1 timer
  level 15, slots of 1.073741824s: 5 timers in 3 slots
    0ns ..= 1.073741823s: 3 timers
    1.073741824s ..= 2.147483647s: 1 timer
    3.221225472s ..= 4.294967295s: 1 timer
  nothing is sorted
"
    );
    assert!(wheel.reschedule(keys[3], at(5 << 30)));
    assert!(wheel.reschedule(keys[1], at(1_000)));
    assert_eq!(wheel.next_deadline(), Some(at(100)));
    assert!(wheel.pop_expired(at(105)).is_some());
    assert_eq!(
        wheel.dump().to_string(),
        "\
5 timers of 50 that there may be
now 105ns, next wake-up 100ns
wheel: 5 timers
  level 31, slots of 4611686018.427387904s: 1 timer in 1 slot
    13835058055.282163712s ..= 18446744073.709551615s: 1 timer
  level 15, slots of 1.073741824s: 2 timers in 2 slots
    1.073741824s ..= 2.147483647s: 1 timer, 1 postponed beyond it
    3.221225472s ..= 4.294967295s: 1 timer
  level 4, slots of 256ns: 2 timers in 2 slots
    0ns ..= 255ns: 1 timer
    768ns ..= 1.023µs: 1 timer
  sorted: 1 timer from 0ns of level 4
"
    );
}

/// Each common timeout has its line: members on the wheel and in the queue, and who is forgotten.
#[test]
fn queues_and_windows_read_as_they_stand() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30_000));
    let short = timers.common_timeout(ms(5));
    timers.common_timeout(ms(7));
    let keys: Vec<_> = (0..4).map(|i| timers.schedule_after(at(i), idle, Mute)).collect();
    assert!(timers.touch(keys[0], at(10)) && timers.touch(keys[1], at(11)));
    assert!(timers.reschedule(keys[2], at(SECOND)));
    timers.schedule_after(at(0), short, Mute);
    assert!(timers.forget_common_timeout(short));
    timers.schedule(at(2 * SECOND), Mute);
    timers.schedule_within(at(SECOND), at(9 * SECOND), Mute);
    timers.schedule_within(at(2 * SECOND), at(8 * SECOND), Mute);
    assert_eq!(
        timers.dump().to_string(),
        "\
8 timers
now 0ns, next wake-up 5ms
wheel: 2 timers
  level 5, slots of 1.073741824s: 2 timers in 2 slots
    0ns ..= 1.073741823s: 1 timer
    1.073741824s ..= 2.147483647s: 1 timer
  nothing is sorted
queues: 4 timers
  30s: 4 members, 3 in line, 2 postponed, the first in it due 30.00000001s
  5ms: 1 member, 1 in line, the first in it due 5ms, forgotten
  7ms: 0 members, 0 in line
windows: 2 timers, none opens before 1s or closes before 8s
"
    );
}

#[test]
fn a_dump_shows_eight_slots_of_a_level_and_all_if_asked() {
    let mut wheel = Wheel::new();
    wheel.extend((0..20).map(|i| (at(i << 30), Mute)));
    let (short, whole) = (wheel.dump().to_string(), format!("{:#}", wheel.dump()));
    assert_eq!((short.lines().count(), whole.lines().count()), (14, 25));
    assert_eq!(short.lines().nth(12), Some("    and 12 more"));
    assert!(whole.contains("    20.401094656s ..= 21.474836479s: 1 timer\n"));
    assert_eq!(format!("{:?}", wheel.dump()), short);
}

#[test]
fn stats_count_every_timer_where_it_lies() {
    let mut timers = Timers::with_capacity(100);
    let idle = timers.common_timeout(ms(30));
    assert!((100..200).contains(&timers.stats().capacity));
    for i in 0..1_000_u64 {
        timers.schedule(at(i * i * 1_000), i);
        timers.schedule_after(at(i), idle, i);
        timers.schedule_within(at(i), at(i + 100 * i * i), i);
    }
    for step in 0..100 {
        let now = at(step * 10_000_000);
        timers.maintain(now, 64);
        while timers.pop_expired(now).is_some() {}
        let stats = timers.stats();
        let on_wheel: usize = stats.wheel.levels.iter().map(|level| level.timers).sum();
        let listed = on_wheel + stats.queued + stats.windows;
        assert_eq!((listed, stats.timers), (timers.len(), timers.len()));
        assert!(stats.capacity >= stats.timers && stats.limit.is_none());
        for (number, level) in stats.wheel.levels.iter().enumerate() {
            assert_eq!(level.slot_nanos, 1 << (6 * number));
            assert!(level.slots <= level.timers);
        }
        assert_eq!(stats.wheel.levels.len(), 11);
    }
    assert!(timers.stats().max_moves_per_call > 0);
}

/// Cheap enough to stay on: what is printed is not put together in memory first.
#[test]
fn stats_and_dump_allocate_nothing() {
    use std::fmt::Write;
    struct Nowhere(usize);
    impl Write for Nowhere {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    for i in 0..1_000 {
        timers.schedule(at(i * SECOND / 10), i);
        timers.schedule_after(at(i), idle, i);
    }
    let mut nowhere = Nowhere(0);
    let counted = measure(|| {
        let stats = timers.stats();
        write!(nowhere, "{stats:?} {timers:?} {:#}", timers.dump()).unwrap();
    });
    assert_eq!(counted.count_total, 0);
    assert!(nowhere.0 > 2_000, "{} bytes", nowhere.0);
}

/// Bytes are added up, of slots, lists, rings and queues; what is given back is no longer counted.
#[test]
fn memory_is_that_of_all_parts_and_goes_down_again() {
    let mut timers = Timers::<u64>::new();
    let empty = timers.stats().memory;
    assert!((1_000..100_000).contains(&empty), "rings of an empty wheel: {empty} bytes");
    let idle = timers.common_timeout(ms(30_000));
    let keys: Vec<_> =
        (0..100_000).map(|i| timers.schedule_after(at(i), idle, i)).collect();
    // A slot of 24 bytes; sixteen to a chunk of 80 bytes, and 8 bytes of the queue for each.
    let least = 100_000 * 24 + 100_000 / 16 * 88;
    let memory = timers.stats().memory - empty;
    assert!((least..2 * least).contains(&memory), "{memory} bytes, at least {least}");
    for key in keys {
        assert!(timers.cancel(key).is_some());
    }
    timers.shrink_to_fit();
    let left = timers.stats().memory;
    assert!(left < 2 * empty + 4_096, "{left} bytes are left of {memory}");
}

#[test]
fn those_that_start_at_the_same_time_share_a_queue_and_those_before_do_not() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(5));
    for now in [7, 7, 8, 8] {
        timers.schedule_after(at(now), idle, Mute);
    }
    assert_eq!(timers.stats().queued, 4);
    timers.schedule_after(at(7), idle, Mute);
    assert_eq!(timers.stats().queued, 4);
}

/// Members that were touched are moved to the wheel when their old time comes, and not before.
#[test]
fn touched_members_move_as_time_comes_to_them() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(10));
    let keys: Vec<_> =
        (0..1_600).map(|i| timers.schedule_after(at(i * 1_000), idle, i)).collect();
    for key in &keys {
        assert!(timers.touch(*key, at(SECOND)));
    }
    let begin = 10 * 1_000_000;
    assert!(timers.pop_expired(at(begin)).is_none());
    for (now, come) in [(begin, 1), (begin + 160_000, 161), (begin + 1_600_000, 1_599)] {
        assert!(timers.pop_expired(at(now)).is_none());
        let moved = timers.stats().moved_from_queues;
        assert!((come..come + 16).contains(&moved), "{moved} moved, {come} had come up");
    }
    assert_eq!(timers.stats().queued, 1, "the last stays where it is, in order");
}

/// What is spent on the way, of a poll that finds nothing due, is upkeep, and is charged.
#[test]
fn a_poll_with_nothing_due_does_some_upkeep_near_a_crowd() {
    let mut random = Random::new(3);
    let mut timers = Timers::new();
    let begin = SECOND + SECOND / 10;
    for _ in 0..20_000 {
        timers.schedule(at(begin + random.below(SECOND)), Mute);
    }
    let mut now = 0;
    while timers.stats().wheel.opened == 0 && now < begin {
        now += 1_000_000;
        let before = timers.stats().wheel.moves;
        let mut budget = Budget { timers: 1, moves: 1_000 };
        assert!(timers.pop_expired_within(at(now), &mut budget).is_none());
        let moves = timers.stats().wheel.moves - before;
        assert_eq!((moves, budget.timers), (1_000 - budget.moves as u64, 1));
        assert!(timers.stats().max_moves_per_call >= moves);
    }
    assert!(now < begin, "nothing was opened while there was time");
    assert!(timers.maintain(at(now), 1), "there is more to do");
    while timers.maintain(at(now), 1_000) {}
    assert!(!timers.maintain(at(now), 1_000), "it stays done");
}

/// A timer lies as near as its deadline is, whatever the time of the day: thirty seconds ahead no slot
/// is wider than a minute, but for those that stand beyond the border of a turn.
#[test]
fn near_timers_lie_in_fine_slots_at_any_time() {
    for start in [0, 7_901_234_496, 1 << 46, (1 << 62) + 12_345] {
        let start = at(start);
        let mut timers = Timers::starting_at(start);
        for i in 0..1_000 {
            timers.schedule(start + ms(i * 30), Mute);
        }
        let levels = timers.stats().wheel.levels;
        let minute = 60 * SECOND;
        let near: usize = levels
            .iter()
            .filter(|level| level.slot_nanos < minute)
            .map(|level| level.timers)
            .sum();
        assert!(near >= 300, "{near} of 1,000 lie in slots of less than a minute");
    }
}

/// To the byte, rings and what a slot is sorted in included, as the allocator has it.
#[test]
fn a_wheels_memory_is_what_was_allocated_for_it_and_not_yet_given_back() {
    let mut wheel = None;
    let mut now = 0;
    let allocated = measure(|| {
        let wheel = wheel.insert(Wheel::with_capacity(100));
        let mut random = Random::new(11);
        wheel.extend((0..20_000).map(|i| (at(random.below(SECOND)), i)));
        for _ in 0..200 {
            now += 100_000;
            while wheel.pop_expired(at(now)).is_some() {}
        }
    });
    let mut wheel = wheel.unwrap();
    assert!(wheel.stats().opened > 2);
    let dump = wheel.dump().to_string();
    let sorted =
        dump.lines().last().and_then(|line| line.split(' ').nth(3)?.parse().ok());
    assert!((2..160).contains(&sorted.unwrap_or(0)), "{dump}");
    assert_eq!(i64::try_from(wheel.memory()), Ok(allocated.bytes_current));

    // A crowd has rings of its own, which go when it has.
    let given_back = measure(|| {
        while let Some(next) = wheel.next_deadline() {
            assert!(wheel.pop_expired(next).is_some());
        }
        wheel.shrink_to_fit();
    });
    let left = allocated.bytes_current + given_back.bytes_current;
    assert_eq!(i64::try_from(wheel.memory()), Ok(left));
    assert!(left < 20_000, "{left} bytes of no timers");
    // Where there is room no more is made.
    wheel.reserve(1_000);
    let capacity = wheel.capacity();
    wheel.extend((0..500).map(|i| (at(i), i)));
    wheel.reserve(500);
    assert_eq!(wheel.capacity(), capacity);
    wheel.reserve(1_000);
    assert!(wheel.capacity() >= 1_500);
}
