//! The wheel by itself: every call beside a sorted map, on tiny rings and on those that are shipped.

mod common;

use std::collections::BTreeMap;

use common::{MILLI, Random, SECOND, at};
use tourbillon::time::Instant;
use tourbillon::wheel::{Budget, TimerKey, Wheel};

/// Timers beside what they should be: by deadline and order of scheduling, their keys.
struct Pair<const SLOTS: usize, const LEAF: usize> {
    wheel: Wheel<u64, SLOTS, LEAF>,
    /// What is alive: deadline and key, by value. Values are numbered in the order of scheduling.
    alive: BTreeMap<u64, (Instant, TimerKey)>,
    dead: Vec<TimerKey>,
    now: Instant,
    next_value: u64,
}

impl<const SLOTS: usize, const LEAF: usize> Pair<SLOTS, LEAF> {
    fn new() -> Self {
        let (wheel, now) = (Wheel::with_geometry(at(1_000), 0), at(1_000));
        Self { wheel, alive: BTreeMap::new(), dead: Vec::new(), now, next_value: 0 }
    }

    fn schedule(&mut self, deadline: Instant) {
        let key = self.wheel.schedule(deadline, self.next_value);
        self.alive.insert(self.next_value, (deadline, key));
        self.next_value += 1;
    }

    fn any(&self, random: &mut Random) -> Option<u64> {
        let nth = random.below(self.alive.len().max(1) as u64) as usize;
        self.alive.keys().nth(nth).copied()
    }

    fn earliest(&self) -> Option<Instant> {
        self.alive.values().map(|(deadline, _)| *deadline).min()
    }

    fn cancel(&mut self, value: u64) {
        let (_, key) = self.alive.remove(&value).unwrap();
        assert_eq!(self.wheel.cancel(key), Some(value));
        self.dead.push(key);
    }

    fn reschedule(&mut self, value: u64, deadline: Instant) {
        let (at, key) = self.alive.get_mut(&value).unwrap();
        assert!(self.wheel.reschedule(*key, deadline));
        *at = deadline;
    }

    /// One pop, by a budget or without; it gives what is earliest, exactly.
    fn pop(&mut self, now: Instant, budget: Option<&mut Budget>) -> bool {
        self.now = self.now.max(now);
        let expired = match budget {
            Some(budget) => self.wheel.pop_expired_within(now, budget),
            None => self.wheel.pop_expired(now),
        };
        let earliest = self.earliest();
        let Some(expired) = expired else { return false };
        assert_eq!(Some(expired.deadline), earliest, "the earliest comes first");
        assert!(expired.deadline <= self.now, "none is early");
        let gone = self.alive.remove(&expired.value);
        assert_eq!(gone, Some((expired.deadline, expired.key)));
        self.dead.push(expired.key);
        true
    }

    fn check(&mut self, random: &mut Random) {
        assert_eq!(self.wheel.validate(), Ok(()));
        assert_eq!(self.wheel.len(), self.alive.len());
        assert_eq!(self.wheel.is_empty(), self.alive.is_empty());
        let wakeup = self.wheel.next_wakeup();
        assert_eq!(wakeup.is_none(), self.alive.is_empty());
        if random.below(2) == 0 {
            let next = self.wheel.next_deadline();
            assert_eq!(next, self.earliest());
            assert!(wakeup <= next, "a wake-up is never after the deadline");
        }
        if let Some(value) = self.any(random) {
            let (deadline, key) = self.alive[&value];
            assert_eq!(self.wheel.get(key), Some(&value));
            assert_eq!(self.wheel.get_mut(key).copied(), Some(value));
            assert!(self.wheel.contains(key));
            assert_eq!(self.wheel.deadline(key), Some(deadline));
        }
        if let Some(key) = self.dead.last().copied() {
            assert_eq!((self.wheel.get(key), self.wheel.deadline(key)), (None, None));
            assert!(!self.wheel.contains(key) && self.wheel.get_mut(key).is_none());
            assert!(!self.wheel.reschedule(key, at(0)));
            assert_eq!(self.wheel.cancel(key), None);
        }
    }
}

fn beside_a_sorted_map<const SLOTS: usize, const LEAF: usize>(seed: u64, span: u64) {
    let mut random = Random::new(seed);
    let mut pair = Pair::<SLOTS, LEAF>::new();
    for _ in 0..600 {
        let ahead = random.below(span);
        let deadline = at((pair.now.as_nanos() + ahead).saturating_sub(span / 8));
        match (random.below(12), pair.any(&mut random)) {
            (0..=3, _) | (4..=7, None) => pair.schedule(deadline),
            (4 | 5, Some(value)) => pair.cancel(value),
            (6 | 7, Some(value)) => pair.reschedule(value, deadline),
            (8, _) => while pair.pop(at(pair.now.as_nanos() + span / 16), None) {},
            (9, _) => {
                pair.pop(at(pair.now.as_nanos().saturating_sub(span / 16)), None);
            }
            (10, _) => {
                let now = pair.now + std::time::Duration::from_nanos(span / 8);
                let mut budget = Budget { timers: 3, moves: usize::MAX };
                let mut popped = 0;
                while pair.pop(now, Some(&mut budget)) {
                    popped += 1;
                }
                let more = pair.earliest().is_some_and(|earliest| earliest <= now);
                assert_eq!(popped, 3 - budget.timers);
                assert!(budget.timers == 0 || !more, "due timers were left behind");
            }
            (_, _) => {
                let moves = random.below(20) as usize;
                pair.wheel.maintain(pair.now, moves);
            }
        }
        pair.check(&mut random);
    }
    while let Some(earliest) = pair.earliest() {
        assert_eq!(pair.wheel.next_deadline(), Some(earliest));
        let just_before = at(earliest.as_nanos().saturating_sub(1));
        if just_before > pair.now {
            assert!(!pair.pop(just_before, None), "not a nanosecond early");
        }
        assert!(pair.pop(earliest, None), "on the dot");
    }
    assert!(pair.wheel.is_empty() && pair.wheel.next_deadline().is_none());
}

#[test]
fn every_call_does_what_a_sorted_map_does() {
    for seed in 1..=40 {
        beside_a_sorted_map::<4, 1>(seed, 200);
        beside_a_sorted_map::<4, 2>(seed, 5_000);
        beside_a_sorted_map::<64, 160>(seed, 40 * SECOND);
    }
}

#[test]
fn equal_deadlines_come_out_in_the_order_of_their_scheduling() {
    let mut wheel = Wheel::<u64, 4, 2>::with_geometry(Instant::ZERO, 0);
    for value in 0..100 {
        wheel.schedule(at(77), value);
    }
    let popped: Vec<_> = std::iter::from_fn(|| wheel.pop_expired(at(77))).collect();
    assert!(popped.iter().map(|expired| expired.value).eq(0..100));
}

#[test]
fn a_reading_that_goes_back_counts_as_the_last_one() {
    let mut wheel = Wheel::new();
    assert!(wheel.pop_expired(at(10)).is_none());
    wheel.schedule(at(5), ());
    assert!(wheel.pop_expired(at(3)).is_some());
}

#[test]
fn maintenance_says_whether_there_is_more_to_do() {
    let mut wheel = Wheel::new();
    assert!(!wheel.maintain(at(0), 32), "there is nothing to do");
    let mut random = Random::new(3);
    for value in 0..20_000 {
        wheel.schedule(at(random.below(SECOND)), value);
    }
    assert!(wheel.maintain(at(0), 32), "one call cannot have done it all");
    let before = wheel.stats().moves;
    while wheel.maintain(at(0), 32) {}
    assert!(wheel.stats().moves > before);
    assert!(!wheel.maintain(at(0), 32), "it stays done");
}

/// What is spent on the way, of a poll that finds nothing due, is upkeep, and is charged. It begins when
/// the earliest slot is as near as it is wide.
#[test]
fn a_poll_with_nothing_due_does_some_upkeep_near_a_crowd() {
    let mut random = Random::new(3);
    let mut wheel = Wheel::new();
    let begin = 10_100 * MILLI;
    // The crowd's slot is neither the first nor the next, which scheduling opens.
    for before in [MILLI, 3 * SECOND] {
        wheel.schedule(at(before), 0);
    }
    for value in 0..20_000 {
        wheel.schedule(at(begin + random.below(SECOND)), value);
    }
    let (mut now, filled) = (0, wheel.stats().moves);
    while wheel.stats().opened == 0 && now < begin {
        now += MILLI;
        let before = wheel.stats().moves;
        let mut budget = Budget { timers: 1, moves: 1_000 };
        let popped = wheel.pop_expired_within(at(now), &mut budget).is_some();
        assert_eq!(popped, now == MILLI || now == 3 * SECOND);
        assert_eq!(wheel.stats().moves - before, 1_000 - budget.moves as u64);
        assert!(now > SECOND || wheel.stats().moves <= filled + 40, "too early");
    }
    assert!((MILLI..begin).contains(&now), "nothing was opened while there was time");
}

/// Each pop opens what comes next some way, unless the budget is spent.
#[test]
fn a_pop_pays_for_what_comes_next() {
    let mut wheel = Wheel::new();
    wheel.extend(common::full_slot_before_a_crowd());
    let now = at((1 << 30) + 1_000);
    for _ in 0..3 {
        assert!(wheel.pop_expired(now).is_some());
    }
    let before = wheel.stats().moves;
    assert!(wheel.pop_expired_within(now, &mut Budget { timers: 1, moves: 1 }).is_some());
    assert!(
        wheel.stats().moves - before <= 161,
        "a sort that spends all is the last step"
    );
    let before = wheel.stats().moves;
    for _ in 0..100 {
        assert!(wheel.pop_expired(now).is_some());
    }
    let moves = wheel.stats().moves - before;
    assert!((300..=416).contains(&moves), "{moves} moves of upkeep in 100 pops");
}

#[test]
fn room_for_so_many_timers_is_made_at_once() {
    assert!(Wheel::<u64>::with_capacity(1_000).capacity() >= 1_000);
    let mut wheel = Wheel::starting_at(at(SECOND));
    wheel.schedule(at(5), ());
    assert!(wheel.pop_expired(at(0)).is_some(), "the last known time is a second");
}

/// With 20,000 in a slot of a second, one of 16 ms would hold 300 and have to be opened as well: each
/// timer goes two levels down at once, and is sorted.
#[test]
fn timers_of_a_crowded_slot_move_once_and_are_sorted_once() {
    let mut random = Random::new(3);
    let mut wheel = Wheel::new();
    wheel.schedule(at(0), 0);
    for value in 1..=20_000 {
        wheel.schedule(at(5 * SECOND + random.below(SECOND)), value);
    }
    while wheel.pop_expired(at(7 * SECOND)).is_some() {}
    let moves = wheel.stats().moves;
    assert!((40_000..44_000).contains(&moves), "{moves} moves of 20,000 timers");
}

/// What leaves is chosen so that no chunk is joined: all but one of one, all but seven of the next.
#[test]
fn lists_take_no_more_than_20_bytes_a_timer_whoever_leaves() {
    let mut wheel = Wheel::new();
    wheel.schedule(at(5), 0);
    wheel.schedule(at(3 << 30), 0);
    for round in 0..40 {
        let deadline = at((10 << 30) + round);
        let keys: Vec<_> = (0..3_200).map(|i| wheel.schedule(deadline, i)).collect();
        for (first, one_of) in [(0, 1), (1, 7)] {
            for (i, key) in keys.iter().enumerate() {
                if i / 16 % 2 == first && i % 16 >= one_of {
                    assert!(wheel.cancel(*key).is_some());
                }
            }
        }
    }
    wheel.validate().unwrap();
    let lists = wheel.memory() - wheel.capacity() * 24;
    // Rings, and an eighth as room to grow.
    let most = 20 * wheel.len() * 9 / 8 + 20_000;
    assert!(lists <= most, "{lists} bytes for the lists of {} timers", wheel.len());
}

/// 160 timers that are sorted, behind 30 that make their slot too large to be sorted: opening it and
/// sorting them in one call would be 350 moves with a budget of 192.
#[test]
fn a_call_that_has_moved_timers_does_not_sort_more_than_is_left() {
    for others in [1, 30, 200, 2_000] {
        let mut wheel = Wheel::new();
        wheel.schedule(at(5), 0);
        wheel.schedule(at(3 << 30), 0);
        for i in 0..160 {
            wheel.schedule(at((10 << 30) + i), i);
        }
        for i in 0..others {
            wheel.schedule(at((10 << 30) + (1 << 24) + i % 63 * (1 << 24)), i);
        }
        let (mut came, mut worst) = (0, 0);
        while !wheel.is_empty() {
            let before = wheel.stats().moves;
            let mut budget = Budget::timers(64);
            came +=
                u64::from(wheel.pop_expired_within(at(1 << 40), &mut budget).is_some());
            worst = worst.max(wheel.stats().moves - before);
        }
        assert_eq!(came, others + 162);
        assert!(worst <= 192 + 16, "{worst} moves in one call, beside {others}");
    }
}

/// As many rings as there will be are made by filling; the lists take the room that was asked for.
#[test]
fn who_has_asked_for_room_needs_no_more_for_timers_that_come_and_go() {
    for timers in [31_000, 200_000] {
        let mut random = Random::new(99);
        let mut wheel = Wheel::with_capacity(timers as usize);
        let mut deadline = || at(10 * SECOND + random.below(60 * SECOND));
        let mut keys: Vec<_> =
            (0..timers).map(|i| wheel.schedule(deadline(), i)).collect();
        let memory = wheel.memory();
        let mut random = Random::new(17);
        for _ in 0..3 * timers {
            let key = &mut keys[random.below(timers) as usize];
            assert!(wheel.cancel(*key).is_some());
            *key = wheel.schedule(deadline(), 0);
        }
        assert_eq!(wheel.memory(), memory, "{timers} timers");
    }
}

/// A timeout that is over before anything else happens has taken no place anywhere.
#[test]
fn who_is_cancelled_at_once_leaves_nothing_behind() {
    let mut wheel = Wheel::with_capacity(1_000);
    wheel.extend((0..500).map(|i| (at((1 + i) * MILLI), i)));
    assert_eq!(wheel.next_deadline(), Some(at(MILLI)));
    let (stats, memory) = (wheel.stats(), wheel.memory());
    let mut random = Random::new(3);
    for _ in 0..10_000 {
        let key = wheel.schedule(at(MILLI + random.below(1_000 * SECOND)), 0);
        assert_eq!(
            wheel.stats().levels.iter().map(|level| level.timers).sum::<usize>(),
            501
        );
        assert!(wheel.reschedule(key, at(2_000 * SECOND)));
        assert_eq!(wheel.cancel(key), Some(0));
        assert_eq!(wheel.cancel(key), None);
    }
    assert_eq!((wheel.stats(), wheel.memory()), (stats, memory));
    assert_eq!(wheel.next_wakeup(), Some(at(MILLI)));
}

/// Alone on the wheel, it is in no slot, and no slot has a timer.
#[test]
fn the_only_timer_survives_what_empties_a_wheel() {
    let mut wheel = Wheel::new();
    for round in 0..10 {
        let key = wheel.schedule(at(round * SECOND), round);
        wheel.shrink_to_fit();
        wheel.reserve(10);
        wheel.validate().unwrap();
        assert_eq!(wheel.deadline(key), Some(at(round * SECOND)));
        assert_eq!(wheel.next_deadline(), Some(at(round * SECOND)));
        let other = wheel.schedule(at(round), 99);
        assert_eq!(wheel.cancel(key), Some(round));
        wheel.shrink_to_fit();
        assert_eq!(
            wheel.pop_expired(at(20 * SECOND)).map(|expired| expired.key),
            Some(other)
        );
    }
}

/// The timer scheduled last is in no slot yet. It is seen, told and taken as if it were, whatever is
/// asked first: where its slot is empty, where others lie in it, where it is sorted, where it is
/// opened, and before the cursor.
#[test]
fn the_timer_scheduled_last_is_like_any_other() {
    type Ask = fn(&mut Wheel<u64, 4, 2>);
    let asks: [Ask; 8] = [
        |_| {},
        |wheel| assert!(wheel.next_deadline() <= Some(at(100))),
        |wheel| assert!(!wheel.maintain(at(0), usize::MAX)),
        |wheel| wheel.shrink_to_fit(),
        |wheel| assert!(wheel.pop_expired(at(0)).is_none()),
        |wheel| {
            let mut nothing = Budget::timers(0);
            assert!(wheel.pop_expired_within(at(1_000), &mut nothing).is_none());
        },
        |wheel| {
            let other = wheel.iter().next().map(|(key, ..)| key).unwrap();
            assert!(wheel.reschedule(other, at(100)));
        },
        |wheel| {
            let key = wheel.schedule(at(500), 99);
            assert_eq!(wheel.cancel(key), Some(99));
        },
    ];
    for (number, ask) in asks.into_iter().enumerate() {
        for last in [1, 99, 100, 101, 150, 151, 152, 255, 256, 100_000] {
            let mut wheel = Wheel::with_geometry(at(0), 0);
            wheel.extend([100, 150, 150, 151, 151, 151].map(at).into_iter().zip(0..));
            assert!(!wheel.maintain(at(0), usize::MAX));
            assert!(wheel.stats().opened > 3, "150 and 151 are told apart");
            let key = wheel.schedule(at(last), 7);
            let told = wheel.stats().levels;
            assert_eq!(told.iter().map(|level| level.timers).sum::<usize>(), 7);
            let dump = format!("{:#}", wheel.dump());
            assert!(dump.starts_with("7 timers\n") && dump.contains("wheel: 7 timers"));
            let listed = dump.lines().filter_map(|line| {
                let (_, count) = line.strip_prefix("    ")?.split_once("s: ")?;
                count.split(' ').next()?.parse::<usize>().ok()
            });
            assert_eq!(listed.sum::<usize>(), 7, "{dump}");
            assert_eq!(wheel.next_wakeup(), Some(at(last.min(100))));

            ask(&mut wheel);
            wheel.validate().unwrap();
            assert_eq!(wheel.deadline(key), Some(at(last)));
            let popped: Vec<_> =
                wheel.drain_all().map(|expired| expired.deadline.as_nanos()).collect();
            let mut expected = vec![100, 150, 150, 151, 151, 151, last];
            expected.sort_unstable();
            assert_eq!(popped, expected, "ask {number}, last {last}");
        }
    }
}

/// Rings, too: of a million timers, those that a crowd is opened into find room.
#[test]
fn who_has_asked_for_room_needs_no_more_for_timers_that_fire() {
    for reserved in [true, false] {
        let mut wheel = Wheel::with_capacity(if reserved { 1_000_000 } else { 0 });
        if !reserved {
            wheel.reserve(1_000_000);
        }
        let memory = wheel.memory();
        let mut random = Random::new(5);
        wheel.extend((0..1_000_000).map(|i| (at(SECOND + random.below(30 * SECOND)), i)));
        for step in 1..=300 {
            while let Some(expired) = wheel.pop_expired(at(SECOND + step * 10 * MILLI)) {
                let after = SECOND + random.below(30 * SECOND);
                wheel.schedule(
                    expired.deadline + core::time::Duration::from_nanos(after),
                    0,
                );
            }
        }
        assert!(wheel.stats().opened > 10);
        let sorting = wheel.memory() - memory;
        assert!(sorting < 10_000, "more than what a slot is sorted in: {sorting} bytes");
    }
}
