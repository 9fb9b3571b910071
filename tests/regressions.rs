//! Bugs that timer libraries had, each with its scenario and its issue: none may appear here.
//!
//! What concerns the loop (waits, wakes, sockets) is tested with the reactor. Numbers such as B1
//! are those of the project's list; `owner#n` is an issue or a pull request on GitHub.

mod common;

use std::rc::Rc;
use std::time::Duration;

use common::{DAY, MILLI, Random, SECOND, at, at_ms, due, ms};
use tourbillon::time::Instant;
use tourbillon::timers::{Budget, TimerKey, Timers};

/// Starts where a level of rings, ours (powers of 64 ns) or a peer's (of 64 ms), turns over.
fn level_borders() -> Vec<u64> {
    let ours = (1..=10).map(|level| 1_u64 << (6 * level));
    let peers = (1..=7).map(|level| MILLI << (6 * level)).filter(|at| *at > MILLI);
    ours.chain(peers).chain([MILLI << 30]).collect()
}

/// Timers that keep themselves going: value i is due every i + 1 seconds.
struct Periodic {
    timers: Timers<Option<u64>>,
    fired: u64,
}

impl Periodic {
    fn starting_at(start: u64, periods: u64) -> Self {
        let mut timers = Timers::starting_at(at(start));
        for seconds in 1..=periods {
            timers.schedule(at(start + seconds * SECOND), Some(seconds));
        }
        Self { timers, fired: 0 }
    }

    /// One step of the clock: whatever is due must be due exactly now.
    fn step(&mut self, now: u64) {
        while let Some(expired) = self.timers.pop_expired(at(now)) {
            assert_eq!(expired.deadline, at(now), "{:?} is late", expired.value);
            let seconds = expired.value.expect("the parked timer is far away");
            self.timers.schedule(at(now + seconds * SECOND), Some(seconds));
            self.fired += 1;
        }
        assert_eq!(self.timers.next_deadline(), Some(at(now + SECOND)));
    }
}

// ---- B1 to B9: hiding and losing ---------------------------------------------------------------

/// B1, tokio#8334: with a timer of 40 days parked, 13 days in steps of a second lead past 2^30 ms,
/// where timers of 1 to 15 s vanished until the far one was due.
#[test]
fn b1_a_parked_timer_hides_no_interval_in_thirteen_days() {
    const DAYS: u64 = 13;
    let mut world = Periodic::starting_at(0, 15);
    world.timers.schedule(at(40 * DAY), None);
    let seconds = DAYS * 86_400;
    for second in 1..=seconds {
        world.step(second * SECOND);
    }
    assert!(seconds * SECOND > MILLI << 30, "the border was crossed");
    let expected: u64 = (1..=15).map(|period| seconds / period).sum();
    assert_eq!(world.fired, expected);
    assert_eq!(world.timers.len(), 16);
    world.timers.validate().unwrap();
}

/// B1, tokio#8334: the same for ten minutes around every border of a level, 2^36 ms among them.
#[test]
fn b1_nor_around_any_border_of_a_level() {
    for border in level_borders() {
        let start = border.saturating_sub(300 * SECOND);
        for parked in [40 * DAY, 783 * DAY, 795 * DAY + 13, u64::MAX / 2] {
            let mut world = Periodic::starting_at(start, 15);
            world.timers.schedule(at(start.saturating_add(parked)), None);
            for second in 1..=600 {
                world.step(start + second * SECOND);
            }
            world.timers.validate().unwrap();
        }
    }
}

/// B1, pgdog#1290: at every border, 150 ms are not hidden by 783 days, nor by anything else.
#[test]
fn b1_a_short_timer_is_next_whatever_is_parked() {
    for border in level_borders() {
        for start in [border - 1, border, border + 1, border + border / 2] {
            for far in level_borders().into_iter().chain([783 * DAY, 40 * DAY]) {
                for slack in [0, 1, 149 * MILLI] {
                    let mut timers = Timers::starting_at(at(start));
                    let near = start + (far - 1).min(150 * MILLI);
                    timers.schedule(at((start + far).max(near + slack)), "far");
                    timers.schedule(at(near), "near");
                    assert_eq!(timers.next_deadline(), Some(at(near)));
                    assert_eq!(timers.next_wakeup(), Some(at(near)));
                    assert_eq!(timers.pop_expired(at(near)).map(|e| e.value), {
                        // With no slack both may be due at once, the far one scheduled first.
                        let both = start + far <= near && slack == 0;
                        Some(if both { "far" } else { "near" })
                    });
                }
            }
        }
    }
}

/// B2, glommio#44 \[P1\]: 300 ms lie on a coarse level; a timer of 400 ms scheduled at 250 ms was
/// named as the next.
#[test]
fn b2_an_older_timer_on_a_coarser_level_stays_next() {
    let mut timers = Timers::new();
    timers.schedule(at_ms(300), "older");
    assert!(timers.pop_expired(at_ms(250)).is_none());
    timers.schedule(at_ms(400), "newer");
    assert_eq!(timers.next_deadline(), Some(at_ms(300)));
    assert!(due(&mut timers, at(300 * MILLI - 1)).is_empty());
    assert_eq!(due(&mut timers, at_ms(300)), ["older"]);
    assert_eq!(due(&mut timers, at_ms(400)), ["newer"]);
}

/// B2, glommio#44: the slot of the cursor itself, at a full turn's distance, holds the latest
/// timers and not the earliest. Taken for the next, it made near ones up to 16 s late.
#[test]
fn b2_a_full_turn_away_is_later_than_the_slots_between() {
    for start in [0, 5, 63, 64 * 64 - 1, 16_384 * MILLI, MILLI << 30] {
        for level in 0..9 {
            let (slot, ring) = (1_u64 << (6 * level), 1_u64 << (6 * (level + 1)));
            // From a slot's middle, the same slot one turn on; and something in each slot between.
            let mut timers = Timers::starting_at(at(start));
            timers.schedule(at(start + ring - slot / 2), 64);
            timers.schedule(at(start + ring), 65);
            for between in (1..64).rev() {
                timers.schedule(at(start + between * slot - slot / 4), between);
                assert_eq!(
                    timers.next_deadline(),
                    Some(at(start + between * slot - slot / 4))
                );
            }
            assert_eq!(due(&mut timers, at(start + ring)), (1..=65).collect::<Vec<_>>());
        }
    }
}

/// B3, glommio#44 \[P2\]: 255.5 ms were rounded up to tick 256, whose cascade came when that tick
/// was already past. A deadline is what was asked for, and a border is no exception.
#[test]
fn b3_a_deadline_just_before_a_border_fires_on_its_nanosecond() {
    let near_256_ms = [255 * MILLI + MILLI / 2, 256 * MILLI - 1, 256 * MILLI];
    let borders =
        level_borders().into_iter().flat_map(|b| [b - b / 512, b - 1, b, b + 1]);
    for deadline in near_256_ms.into_iter().chain(borders) {
        for start in [0, deadline / 2, deadline - deadline / 60, deadline - 1] {
            let mut timers = Timers::starting_at(at(start));
            timers.schedule(at(deadline), ());
            assert!(timers.pop_expired(at(deadline - 1)).is_none(), "{deadline} early");
            assert_eq!(timers.next_deadline(), Some(at(deadline)));
            let expired = timers.pop_expired(at(deadline)).expect("due, and not late");
            assert_eq!(expired.deadline, at(deadline));
        }
    }
}

/// B4, glommio#44 \[P2\], nexus#669, nexus#666: with nothing due, asking for the next deadline walked
/// the population, 2.4 ms at 50,000. Counted here: asking again touches no timer, but for upkeep
/// that is done once; and the first time after the earliest has gone, a few.
#[test]
fn b4_asking_with_nothing_due_touches_a_constant_number_of_timers() {
    const TIMERS: u64 = 50_000;
    let mut random = Random::new(4);
    let mut timers = Timers::new();
    for _ in 0..TIMERS {
        timers.schedule(at(SECOND + random.below(600 * SECOND)), ());
    }
    let mut seen = 0;
    let mut touched = |timers: &Timers<()>| {
        let moves = timers.stats().wheel.moves;
        moves - std::mem::replace(&mut seen, moves)
    };
    let first = timers.next_deadline().unwrap();
    assert!(touched(&timers) <= 2 * TIMERS, "each moves once a level, if at all");
    for step in 0..10_000 {
        assert!(timers.pop_expired(at(step * SECOND / 10_000)).is_none());
        assert_eq!(timers.next_deadline(), Some(first));
    }
    assert!(touched(&timers) <= 64, "some upkeep that was left to do, and then no more");

    // The earliest goes, again and again: amortised, each answer costs a few moves.
    let mut by_deadline: Vec<(Instant, TimerKey)> =
        timers.iter().map(|(key, deadline, ())| (deadline, key)).collect();
    by_deadline.sort_unstable_by_key(|(deadline, _)| *deadline);
    for pair in by_deadline.windows(2).take(1_000) {
        timers.cancel(pair[0].1).unwrap();
        assert_eq!(timers.next_deadline(), Some(pair[1].0));
    }
    let moves = touched(&timers);
    assert!(moves < 8 * 1_000, "{moves} moves for 1,000 answers");
}

/// B5, bitwheel#18: a next deadline in the past makes the loop spin. After a drain it never is.
#[test]
fn b5_after_a_drain_the_next_deadline_lies_ahead() {
    let mut random = Random::new(5);
    for start in level_borders().into_iter().filter(|start| *start < 1 << 62) {
        let mut timers = Timers::starting_at(at(start));
        let mut now = start;
        for _ in 0..500 {
            for _ in 0..random.below(4) {
                let bits = random.below(40);
                timers.schedule(at(now + random.below(1 << bits)), ());
            }
            now += 1 << random.below(38);
            while timers.pop_expired(at(now)).is_some() {}
            assert!(timers.next_deadline().is_none_or(|next| next > at(now)));
            assert!(timers.next_wakeup().is_none_or(|wakeup| wakeup > at(now)));
        }
    }
}

/// B5, bitwheel#18: an unlink that trusts the place it once noted detaches another timer. Here each
/// timer of a slot is cancelled in turn, before and after the slot was sorted, opened, or left
/// behind by a postponed one.
#[test]
fn b5_cancelling_detaches_the_right_timer_wherever_it_is() {
    for population in [1, 2, 3, 24, 25, 100] {
        for victim in 0..population {
            for history in 0..4 {
                let mut timers = Timers::new();
                let keys: Vec<_> =
                    (0..population).map(|i| timers.schedule(at_ms(70 + i), i)).collect();
                match history {
                    1 => assert_eq!(timers.next_deadline(), Some(at_ms(70))),
                    2 => assert!(timers.reschedule(keys[victim as usize], at_ms(500))),
                    3 => {
                        assert!(timers.reschedule(keys[victim as usize], at_ms(500)));
                        while timers.maintain(at_ms(69), 1_000) {}
                    }
                    _ => {}
                }
                assert_eq!(timers.cancel(keys[victim as usize]), Some(victim));
                timers.validate().unwrap();
                assert_eq!(timers.cancel(keys[victim as usize]), None, "once");
                let others: Vec<_> = (0..population).filter(|i| *i != victim).collect();
                assert_eq!(due(&mut timers, at_ms(1_000)), others);
            }
        }
    }
}

/// B6, tokio#6682, tokio#6683: a remembered wake-up that is not lowered when an earlier timer comes
/// leaves the loop asleep.
#[test]
fn b6_an_earlier_timer_lowers_the_wakeup_at_once() {
    let mut timers = Timers::new();
    for millis in (1..=1_000).rev() {
        timers.schedule(at_ms(millis), millis);
        assert_eq!(timers.next_wakeup(), Some(at_ms(millis)));
    }
    let common = timers.common_timeout(Duration::from_micros(500));
    timers.schedule_after(Instant::ZERO, common, 0);
    assert_eq!(timers.next_wakeup(), Some(at(MILLI / 2)));
    assert_eq!(timers.next_deadline(), Some(at(MILLI / 2)));
}

/// B6, tokio#8252, netty#2561, netty#5647, calloop#238: cancelled timers stayed in the wheel until
/// their deadline, for up to two years.
#[test]
fn b6_cancelled_timers_leave_nothing_behind() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(Duration::from_secs(30));
    let mut after_first_round = 0;
    for round in 0..50_u64 {
        let now = at(round * SECOND);
        let mut keys = Vec::new();
        for i in 0..1_000 {
            keys.push(timers.schedule(now + ms(1 + i * i), i));
            keys.push(timers.schedule(now + Duration::from_secs(i * 63_072), i));
            keys.push(timers.schedule_after(now, idle, i));
        }
        for (i, key) in keys.iter().enumerate() {
            if i % 3 == 0 {
                assert!(timers.reschedule(*key, now + Duration::from_secs(3_600)));
            }
            timers.cancel(*key).unwrap();
        }
        assert!(timers.is_empty());
        assert_eq!((timers.next_deadline(), timers.next_wakeup()), (None, None));
        timers.validate().unwrap();
        if round == 0 {
            after_first_round = timers.stats().memory;
        }
    }
    assert_eq!(timers.stats().memory, after_first_round);
}

/// B7, tokio#849: a timer brought forward, or put off, after its wake-up was handed out.
#[test]
fn b7_the_wakeup_follows_a_timer_that_is_moved() {
    for first in [64, 127, 128, 191, 192, 200] {
        let mut timers = Timers::new();
        assert!(timers.pop_expired(at_ms(1)).is_none());
        let key = timers.schedule(at_ms(first), ());
        assert_eq!(timers.next_deadline(), Some(at_ms(first)));
        assert!(timers.pop_expired(at_ms(4)).is_none());
        for moved_to in [50, 5, 10_000, 40] {
            assert!(timers.reschedule(key, at_ms(moved_to)));
            assert_eq!(timers.next_deadline(), Some(at_ms(moved_to)));
            assert!(timers.next_wakeup() <= Some(at_ms(moved_to)));
        }
        assert!(timers.pop_expired(at_ms(39)).is_none());
        assert!(timers.pop_expired(at_ms(40)).is_some());
    }
}

/// B7, tokio#868: two timers, moved past each other three times, panicked.
#[test]
fn b7_timers_moved_past_each_other_come_out_in_their_new_order() {
    let mut timers = Timers::new();
    let one = timers.schedule(at_ms(200), "one");
    let two = timers.schedule(at_ms(250), "two");
    assert_eq!(timers.next_deadline(), Some(at_ms(200)));
    for (key, moved_to, next) in [(one, 300, 250), (two, 350, 300), (one, 400, 350)] {
        assert!(timers.reschedule(key, at_ms(moved_to)));
        assert_eq!(timers.next_deadline(), Some(at_ms(next)));
    }
    assert!(due(&mut timers, at_ms(349)).is_empty());
    assert_eq!(due(&mut timers, at_ms(360)), ["two"]);
    assert_eq!(due(&mut timers, at_ms(410)), ["one"]);
}

/// B7, tokio#1700, tokio#2285: scheduling a later timer after one had expired postponed the wake-up
/// of all others to the new one.
#[test]
fn b7_a_newcomer_does_not_postpone_the_others() {
    let mut timers = Timers::new();
    for seconds in 1..=5 {
        timers.schedule(at(seconds * SECOND), seconds);
    }
    assert_eq!(due(&mut timers, at(SECOND)), [1]);
    timers.schedule(at(SECOND) + Duration::from_secs(10), 11);
    for seconds in 2..=5 {
        assert_eq!(timers.next_deadline(), Some(at(seconds * SECOND)));
        assert_eq!(due(&mut timers, at(seconds * SECOND)), [seconds]);
    }
    assert_eq!(timers.next_deadline(), Some(at(11 * SECOND)));
}

/// B7, tokio#854, tokio#2290, msquic#3206, esp-hal#4212, embassy#6528: a sooner timer scheduled
/// after the wake-up was handed out.
#[test]
fn b7_a_sooner_newcomer_is_next() {
    for (first, sooner) in [(10_000, 600), (200, 100), (200, 199)] {
        let mut timers = Timers::new();
        timers.schedule(at_ms(first), "first");
        assert!(timers.pop_expired(Instant::ZERO).is_none());
        assert_eq!(timers.next_deadline(), Some(at_ms(first)));
        timers.schedule(at_ms(sooner), "sooner");
        assert_eq!(timers.next_deadline(), Some(at_ms(sooner)));
        assert!(due(&mut timers, at(sooner * MILLI - 1)).is_empty());
        assert_eq!(due(&mut timers, at_ms(sooner)), ["sooner"]);
    }
}

/// B7, tokio#6751, tokio#4161, tokio#8320: when the last timer goes, so does the wake-up.
#[test]
fn b7_without_timers_there_is_no_wakeup() {
    let mut timers = Timers::new();
    let key = timers.schedule(at(100 * SECOND), ());
    assert_eq!(timers.next_deadline(), Some(at(100 * SECOND)));
    timers.cancel(key);
    assert_eq!((timers.next_deadline(), timers.next_wakeup()), (None, None));
    assert!(timers.pop_expired(Instant::ZERO).is_none());
    timers.schedule(at(10 * SECOND), ());
    timers.clear();
    assert_eq!((timers.next_deadline(), timers.next_wakeup()), (None, None));
}

/// B8, libevent#46: after the machine slept, a new short timer was not taken for the first, because
/// the stale earliest one was already past.
#[test]
fn b8_after_a_suspend_a_new_short_timer_gets_its_turn() {
    let mut timers = Timers::new();
    timers.schedule(at(10 * SECOND), "before the suspend");
    assert_eq!(timers.next_deadline(), Some(at(10 * SECOND)));
    // Nobody asks for eight hours.
    let woken = at(8 * 3_600 * SECOND);
    timers.schedule(woken + ms(5), "after it");
    assert_eq!(timers.next_deadline(), Some(at(10 * SECOND)), "it is due, and so is now");
    assert_eq!(due(&mut timers, woken), ["before the suspend"]);
    assert_eq!(timers.next_deadline(), Some(woken + ms(5)));
    assert_eq!(due(&mut timers, woken + ms(5)), ["after it"]);
}

/// B8, libevent#1530: a timer that is rescheduled while it is due is not lost, and fires once.
#[test]
fn b8_a_due_timer_that_is_moved_is_neither_lost_nor_doubled() {
    let mut timers = Timers::new();
    let first = timers.schedule(at_ms(10), "first");
    let second = timers.schedule(at_ms(10), "second");
    assert_eq!(timers.pop_expired(at_ms(20)).map(|e| e.key), Some(first));
    assert!(timers.reschedule(second, at_ms(30)));
    assert!(!timers.reschedule(first, at_ms(30)), "it has fired");
    assert!(timers.pop_expired(at_ms(29)).is_none());
    assert_eq!(due(&mut timers, at_ms(30)), ["second"]);
    assert!(timers.is_empty());
}

/// B9, agrona#73, camunda#767, theine#64, nats#7070: wheels that had to be polled once a tick lost a
/// turn when they were not. One sleep past many turns of every ring finds everything, in order.
#[test]
fn b9_a_sleep_past_many_turns_loses_nothing() {
    let mut random = Random::new(9);
    for sleep_bits in 1..63 {
        let start = random.below(1 << 40);
        let mut timers = Timers::starting_at(at(start));
        let mut deadlines: Vec<u64> =
            (0..300).map(|_| start + random.below(1 << sleep_bits)).collect();
        for deadline in &deadlines {
            timers.schedule(at(*deadline), *deadline);
        }
        let beyond = timers.schedule(at(start + (1 << sleep_bits)), 0);
        deadlines.sort_unstable();
        assert_eq!(due(&mut timers, at(start + (1 << sleep_bits) - 1)), deadlines);
        assert_eq!(timers.len(), 1);
        assert!(timers.contains(beyond));
    }
}

// ---- early -------------------------------------------------------------------------------------

/// libuv#4773: start and now were each cut to milliseconds, and a timer of 1 ms fired after one
/// microsecond. Nothing is cut here.
#[test]
fn a_fraction_of_a_millisecond_is_not_lost_on_the_way() {
    for fraction in [0, 1, 10_000, 499_999, 500_000, 999_990, 999_999] {
        let start = 77 * MILLI + fraction;
        let mut timers = Timers::starting_at(at(start));
        timers.schedule_after(at(start), ms(1), ());
        for early in [start, start + MILLI / 2, start + MILLI - 1] {
            assert!(timers.pop_expired(at(early)).is_none(), "{fraction}: early");
        }
        assert!(timers.pop_expired(at(start + MILLI)).is_some(), "{fraction}: late");
    }
}

/// libuv#1068, libevent#1173, libevent#674: a delay counts from the reading it was given, not from
/// one that was remembered before something slow.
#[test]
fn a_delay_counts_from_the_reading_that_was_given() {
    let mut timers = Timers::new();
    let common = timers.common_timeout(ms(50));
    assert!(timers.pop_expired(at_ms(1_000)).is_none(), "the last reading it has seen");
    let plain = timers.schedule_after(at_ms(1_500), ms(100), ());
    let queued = timers.schedule_after(at_ms(1_500), common, ());
    assert_eq!(timers.deadline(plain), Some(at_ms(1_600)));
    assert_eq!(timers.deadline(queued), Some(at_ms(1_550)));
}

/// rpc-perf#180, apollo#10872, synapse#17850: timers longer than the wheel fired early. There is
/// nothing that is longer than this one.
#[test]
fn long_timers_are_never_early() {
    let lengths = level_borders().into_iter().flat_map(|b| [b - 1, b, b + 1, b + b / 2]);
    for length in lengths.chain([365 * DAY, 3_650 * DAY, u64::MAX - 1, u64::MAX]) {
        for start in [0, 1, MILLI, (MILLI << 30) - 1] {
            let deadline = at(start) + Duration::from_nanos(length);
            let mut timers = Timers::starting_at(at(start));
            timers.schedule(deadline, ());
            let mut now = start;
            // Come nearer and nearer: half the way that is left, each time.
            while now < deadline.as_nanos() - 1 {
                now += (deadline.as_nanos() - now)
                    .div_ceil(2)
                    .min(deadline.as_nanos() - 1 - now);
                assert!(timers.pop_expired(at(now)).is_none(), "{length} at {now}");
                assert_eq!(timers.next_deadline(), Some(deadline));
            }
            assert!(timers.pop_expired(deadline).is_some());
        }
    }
}

/// tokio-timer#14: a period that was no multiple of the tick crept ahead.
#[test]
fn an_odd_duration_keeps_every_nanosecond() {
    let odd = Duration::from_nanos(1_333_333);
    let mut timers = Timers::new();
    let common = timers.common_timeout(odd);
    let mut now = Instant::ZERO;
    for k in 1..=1_000 {
        timers.schedule_after(now, common, ());
        assert_eq!(timers.next_deadline(), Some(at(k * 1_333_333)));
        assert!(timers.pop_expired(at(k * 1_333_333 - 1)).is_none());
        now = timers.pop_expired(at(k * 1_333_333)).unwrap().deadline;
    }
}

// ---- panics and overflows ----------------------------------------------------------------------

/// tokio#5183: `u64::MAX / 10` seconds beside one nanosecond.
#[test]
fn a_sleep_of_ages_beside_a_nanosecond() {
    let mut timers = Timers::new();
    let now = at(3);
    timers.schedule_after(now, Duration::from_secs(u64::MAX / 10), "ages");
    timers.schedule_after(now, Duration::from_nanos(1), "now");
    assert_eq!(due(&mut timers, at(4)), ["now"]);
    assert_eq!(timers.next_deadline(), Some(Instant::MAX), "it saturates");
    assert!(timers.pop_expired(at(u64::MAX - 1)).is_none());
    assert_eq!(due(&mut timers, Instant::MAX), ["ages"]);
}

/// tokio#4494, tokio#6634, nebula#802: the longest duration there is, from anywhere, in every verb.
#[test]
fn the_longest_duration_is_as_good_as_never() {
    for start in [0, 1, 1 << 36, MILLI << 36, u64::MAX - 1, u64::MAX] {
        let now = at(start);
        let almost = Duration::MAX.saturating_sub(ms(1));
        for after in [Duration::MAX, almost, Duration::from_secs(u64::MAX)] {
            let mut timers = Timers::starting_at(now);
            let common = timers.common_timeout(after);
            let keys = [
                timers.schedule_after(now, common, ()),
                timers.schedule_after(now, after, ()),
                timers.schedule(now + after, ()),
            ];
            for key in keys {
                assert_eq!(timers.deadline(key), Some(Instant::MAX));
                assert_eq!(
                    timers.remaining(key, now),
                    Some(Duration::from_nanos(u64::MAX - start))
                );
            }
            assert!(timers.touch(keys[0], now));
            assert!(timers.reschedule(keys[1], now + after));
            // Never comes at the last nanosecond there is, and not before.
            let early = timers.pop_expired(at(u64::MAX - 1));
            assert_eq!(early.is_some(), start == u64::MAX);
            assert_eq!(timers.next_deadline(), Some(Instant::MAX));
            timers.validate().unwrap();
        }
    }
}

/// tokio#4494, tokio#2473: deadlines in the far past are kept, come out first and in order, and can
/// be moved and cancelled like any other.
#[test]
fn the_far_past_comes_out_first_and_in_order() {
    let now = MILLI << 30;
    let mut timers = Timers::starting_at(at(now));
    assert!(timers.pop_expired(at(now)).is_none());
    timers.schedule(at(now + 1), "ahead");
    timers.schedule(at(now - 1), "a moment ago");
    timers.schedule(Instant::ZERO, "the origin");
    let moved = timers.schedule(at(1), "moved ahead");
    let cancelled = timers.schedule(at(2), "cancelled");
    assert_eq!(timers.remaining(moved, at(now)), Some(Duration::ZERO));
    assert!(timers.reschedule(moved, at(now + 2)));
    assert_eq!(timers.cancel(cancelled), Some("cancelled"));
    assert_eq!(timers.next_deadline(), Some(Instant::ZERO));
    assert_eq!(due(&mut timers, at(now)), ["the origin", "a moment ago"]);
    assert_eq!(due(&mut timers, at(now + 2)), ["ahead", "moved ahead"]);
}

/// tokio#5536 (its first fix was incomplete): a wheel older than 2^36 ms took no more timers.
#[test]
fn an_old_wheel_still_takes_timers() {
    const AGE: u64 = MILLI << 35;
    let mut timers = Timers::new();
    for age in 1..=3 {
        let now = AGE * age;
        timers.schedule(at(now), age);
        assert_eq!(due(&mut timers, at(now)), [age]);
        timers.schedule(at(now + 1), age);
        timers.schedule(at(now + MILLI), age);
        timers.schedule(at(now + DAY), age);
        for later in [1, MILLI, DAY] {
            assert_eq!(due(&mut timers, at(now + later)), [age]);
        }
    }
    // And at the end of its days.
    assert!(timers.pop_expired(at(u64::MAX - 2)).is_none());
    timers.schedule(at(u64::MAX - 1), 0);
    timers.schedule(at(5), 1);
    assert_eq!(due(&mut timers, Instant::MAX), [1, 0]);
}

/// tokio#2473, tokio#3270: timers inserted as expired and then moved, twice, or cancelled while the
/// time is exactly their deadline.
#[test]
fn an_expired_timer_can_be_moved_and_cancelled_again_and_again() {
    let now = at_ms(200);
    let mut timers = Timers::starting_at(now);
    let key = timers.schedule(now - ms(100), "moved");
    assert!(timers.reschedule(key, now + ms(100)));
    assert!(timers.reschedule(key, now + ms(50)));
    assert!(timers.pop_expired(now).is_none());
    assert_eq!(due(&mut timers, now + ms(60)), ["moved"]);
    assert_eq!(timers.cancel(key), None);

    let keys = ["one", "two"].map(|name| timers.schedule(now + ms(64), name));
    assert_eq!(timers.pop_expired(now + ms(64)).map(|e| e.key), Some(keys[0]));
    assert_eq!(timers.cancel(keys[1]), Some("two"), "due, not taken");
    assert!(timers.is_empty());
}

/// tokio#2789, tokio#3229, libuv#1439, moka#548: shutting down with timers pending, due, postponed
/// and half drained drops every value once, and nothing else.
#[test]
fn dropping_everything_half_way_through_drops_each_value_once() {
    let value = Rc::new(());
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(30));
    let mut keys = Vec::new();
    for i in 0..500 {
        keys.push(timers.schedule(at_ms(i), Rc::clone(&value)));
        keys.push(timers.schedule_after(at_ms(i), idle, Rc::clone(&value)));
    }
    for key in keys.iter().step_by(7) {
        assert!(timers.reschedule(*key, at(DAY)));
    }
    let mut popped = 0;
    while let Some(expired) =
        timers.pop_expired_within(at_ms(300), &mut Budget { timers: 1, moves: 5_000 })
    {
        drop(expired);
        popped += 1;
        if popped == 100 {
            break;
        }
    }
    assert_eq!(Rc::strong_count(&value), 1 + timers.len());
    assert_eq!(timers.len(), 900);
    drop(timers);
    assert_eq!(Rc::strong_count(&value), 1);
}

// ---- loops that never end ----------------------------------------------------------------------

/// libuv#4245, libuv#4250, joyent/libuv#1427: a timer of zero delay that is scheduled again while
/// draining never lets the drain end. A budget ends it, and it overtakes nobody who is due.
#[test]
fn zero_delays_scheduled_in_a_drain_end_with_the_budget_and_starve_nobody() {
    let mut timers = Timers::new();
    let now = at_ms(5);
    timers.schedule(now, 0);
    for patient in 1..=9 {
        timers.schedule(now, patient);
    }
    let mut order = Vec::new();
    let mut budget = Budget::timers(30);
    while let Some(expired) = timers.pop_expired_within(now, &mut budget) {
        order.push(expired.value);
        if expired.value == 0 {
            timers.schedule_after(now, Duration::ZERO, 0);
        }
    }
    assert_eq!(budget.timers, 0);
    let expected: Vec<_> = (0..=9).chain([0; 20]).collect();
    assert_eq!(order, expected);
    assert_eq!(timers.next_deadline(), Some(now));
}

// ---- time that goes back -----------------------------------------------------------------------

/// libevent 2.1, `common_timeout` (read in its `event.c`): a clock that steps back made each insert
/// walk its queue from the tail. Here such timers go to the wheel: no timer is touched on the way.
#[test]
fn a_clock_that_steps_back_costs_nobody_a_walk() {
    let mut timers = Timers::new();
    let idle = timers.common_timeout(Duration::from_secs(30));
    for i in 0..10_000 {
        timers.schedule_after(at(100 * SECOND - i), idle, i);
    }
    assert_eq!(timers.stats().wheel.moves + timers.stats().moved_from_queues, 0);
    timers.validate().unwrap();
    let order = due(&mut timers, at(130 * SECOND));
    assert!(order.iter().rev().is_sorted() && order.len() == 10_000);
}
