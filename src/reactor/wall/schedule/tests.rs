use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::time::UNIX_EPOCH;

use super::*;

/// What the simulated wall clock shows, in seconds from the epoch.
fn wall(secs: i64) -> SystemTime {
    let since = Duration::from_secs(secs.unsigned_abs());
    if secs < 0 { UNIX_EPOCH - since } else { UNIX_EPOCH + since }
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn every(period: u64, offset: u64, start: i64) -> Schedule {
    let mut schedule = Schedule::every(secs(period), secs(offset)).unwrap();
    schedule.start(wall(start));
    schedule
}

fn next(schedule: &Schedule) -> Option<SystemTime> {
    schedule.next()?.time()
}

/// What is handed out when the clock shows `now`: scheduled and missed.
fn take(schedule: &mut Schedule, now: i64) -> Option<(SystemTime, u64)> {
    let fired = schedule.take_due(wall(now))?;
    assert!(fired.now == wall(now) && fired.scheduled <= fired.now);
    Some((fired.scheduled, fired.missed))
}

#[test]
fn a_grid_fires_at_each_of_its_points_and_at_no_other_time() {
    let mut schedule = every(10, 3, 0);
    for now in 1..100 {
        let due = (now % 10 == 3).then(|| (wall(now), 0));
        assert_eq!(take(&mut schedule, now), due, "at {now}");
    }
}

#[test]
fn a_grid_starts_with_the_first_point_after_now() {
    for (start, first) in [(2, 3), (3, 13), (4, 13), (-8, -7), (-7, 3), (-20, -17)] {
        assert_eq!(next(&every(10, 3, start)), Some(wall(first)), "from {start}");
        assert_eq!(next(&every(10, 1_003, start)), Some(wall(first)));
    }
}

#[test]
fn a_step_forward_over_several_points_fires_once_and_counts_the_others() {
    let mut schedule = every(10, 0, 5);
    schedule.clock_was_set(wall(45));
    assert_eq!(take(&mut schedule, 45), Some((wall(40), 3)));
    assert_eq!(take(&mut schedule, 45), None);
    assert_eq!(next(&schedule), Some(wall(50)));
    // Over none.
    schedule.clock_was_set(wall(49));
    assert_eq!(take(&mut schedule, 49), None);
    assert_eq!(next(&schedule), Some(wall(50)));
    // Onto one.
    schedule.clock_was_set(wall(60));
    assert_eq!(take(&mut schedule, 60), Some((wall(60), 1)));
}

#[test]
fn after_a_step_back_the_next_point_after_the_new_now_counts() {
    let mut schedule = every(10, 0, 35);
    assert_eq!(take(&mut schedule, 41), Some((wall(40), 0)));
    schedule.clock_was_set(wall(12));
    assert_eq!(next(&schedule), Some(wall(20)));
    assert_eq!(take(&mut schedule, 19), None);
    assert_eq!(take(&mut schedule, 20), Some((wall(20), 0)));
    // A point that the clock shows twice fires twice.
    assert_eq!(take(&mut schedule, 30), Some((wall(30), 0)));
    assert_eq!(take(&mut schedule, 40), Some((wall(40), 0)));
    schedule.clock_was_set(wall(39));
    assert_eq!(take(&mut schedule, 40), Some((wall(40), 0)));
    // Before the epoch, too.
    schedule.clock_was_set(wall(-35));
    assert_eq!(take(&mut schedule, -30), Some((wall(-30), 0)));
}

#[test]
fn what_was_due_before_a_step_back_was_heard_of_waits_for_its_point_again() {
    let mut schedule = every(10, 0, 35);
    // At 41 it was due; before anybody looked the clock was set.
    schedule.clock_was_set(wall(33));
    assert_eq!(take(&mut schedule, 33), None);
    assert_eq!(next(&schedule), Some(wall(40)));
}

#[test]
fn a_time_by_itself_fires_once_however_often_the_clock_shows_it() {
    let mut schedule = Schedule::at(wall(50));
    schedule.start(wall(0));
    schedule.clock_was_set(wall(49));
    assert_eq!(take(&mut schedule, 49), None);
    schedule.clock_was_set(wall(10));
    assert_eq!(next(&schedule), Some(wall(50)));
    schedule.clock_was_set(wall(1_000));
    assert!(!schedule.is_over());
    assert_eq!(take(&mut schedule, 1_000), Some((wall(50), 0)));
    assert!(schedule.is_over());
    for now in [1_000, 49, 50, 51] {
        schedule.clock_was_set(wall(now));
        assert_eq!(take(&mut schedule, now), None);
        schedule.start(wall(now));
        schedule.stop();
        assert!(schedule.is_over() && schedule.next().is_none());
    }
}

#[test]
fn a_time_before_the_epoch_has_passed() {
    let mut schedule = Schedule::at(wall(-1));
    schedule.start(wall(0));
    assert_eq!(take(&mut schedule, 0), Some((wall(-1), 0)));
}

#[test]
fn a_function_is_asked_at_the_start_after_each_firing_and_when_the_clock_is_set() {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let notes = Rc::clone(&asked);
    let mut schedule = Schedule::with(Box::new(move |now| {
        notes.borrow_mut().push(now);
        (now < wall(100)).then(|| now + secs(10))
    }));
    schedule.start(wall(5));
    assert_eq!(take(&mut schedule, 14), None);
    assert_eq!(take(&mut schedule, 17), Some((wall(15), 0)));
    assert_eq!(next(&schedule), Some(wall(27)));
    schedule.clock_was_set(wall(2));
    assert_eq!(next(&schedule), Some(wall(12)));
    // What is due is not forgotten, and so no reason to ask.
    schedule.clock_was_set(wall(150));
    assert_eq!(*asked.borrow(), [wall(5), wall(17), wall(2)]);
    assert_eq!(take(&mut schedule, 150), Some((wall(12), 0)));
    assert!(schedule.is_over());
    schedule.clock_was_set(wall(3));
    assert_eq!(asked.borrow().len(), 4);
}

#[test]
fn an_answer_that_is_not_after_its_question_is_due_once_a_look() {
    let mut schedule = Schedule::with(Box::new(|now| Some(now - secs(1))));
    schedule.start(wall(5));
    for now in [5, 5, 7] {
        assert!(take(&mut schedule, now).is_some());
    }
}

#[test]
fn stopped_it_starts_anew_and_counts_nothing_from_before() {
    let mut schedule = every(10, 0, 5);
    schedule.start(wall(77));
    assert_eq!(next(&schedule), Some(wall(10)), "it was started already");
    schedule.stop();
    assert_eq!(take(&mut schedule, 77), None);
    schedule.start(wall(77));
    assert_eq!(take(&mut schedule, 80), Some((wall(80), 0)));
}

#[test]
fn a_zero_period_is_refused() {
    assert_eq!(Schedule::every(Duration::ZERO, secs(3)).unwrap_err(), ZeroPeriod);
}

#[test]
fn nothing_overflows_at_the_ends_of_time() {
    let step = |time: SystemTime, by: Duration| {
        vec![
            time,
            time.checked_add(by).unwrap_or(time),
            time.checked_sub(by).unwrap_or(time),
        ]
    };
    let far = secs(i64::MAX as u64);
    let times: Vec<_> = step(UNIX_EPOCH, far)
        .into_iter()
        .flat_map(|time| step(time, Duration::from_nanos(1)))
        .collect();
    let lengths = [Duration::from_nanos(1), secs(1), far, Duration::MAX];
    for &start in &times {
        let mut all: Vec<_> = times.iter().map(|time| Schedule::at(*time)).collect();
        for period in lengths {
            for offset in lengths {
                all.push(Schedule::every(period, offset).unwrap());
            }
        }
        all.push(Schedule::with(Box::new(move |_| Some(start))));
        for schedule in &mut all {
            schedule.start(start);
            for &now in &times {
                schedule.clock_was_set(now);
                if let Some(fired) = schedule.take_due(now) {
                    assert!(fired.scheduled <= now);
                    let _ = fired.lateness();
                }
                let _ = (next(schedule), schedule.next().map(Point::kernel_deadline));
            }
        }
    }
}

/// A clock that runs, stalls and is set, and a timer that hears of each setting. Whatever happens,
/// what fires is what a walk over the seconds that the clock has shown says.
#[test]
fn in_a_world_of_random_steps_each_point_that_the_clock_passes_is_fired_or_counted() {
    let mut seed = 7_u32;
    let mut random = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i64::from((seed >> 8) % below)
    };
    for _ in 0..300 {
        let (period, offset) = (1 + random(20), random(100));
        let is_point = |at: &i64| (at - offset).rem_euclid(period) == 0;
        let mut now = random(200) - 100;
        let mut schedule = every(period.unsigned_abs(), offset.unsigned_abs(), now);
        for _ in 0..60 {
            let mut looked_at = now;
            if random(4) == 0 {
                now += random(90) - 45;
                schedule.clock_was_set(wall(now));
                looked_at = looked_at.min(now);
            } else {
                now += random(40);
            }
            let passed: Vec<_> = (looked_at + 1..=now).filter(is_point).collect();
            let expected = passed.last().map(|at| (wall(*at), passed.len() as u64 - 1));
            assert_eq!(take(&mut schedule, now), expected, "{schedule:?} at {now}");
            assert_eq!(take(&mut schedule, now), None);
            let following = (now + 1..=now + period).find(is_point).unwrap();
            assert_eq!(next(&schedule), Some(wall(following)));
        }
    }
}
