//! What a review found in the wait and in what is counted of it: each a test that failed.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use tourbillon::reactor::{Exit, Next, Precision, Reactor};
use tourbillon::time::{Instant, Interval};

use crate::{manual, nanos};

fn spin(max: Duration) -> Precision {
    Precision::Spin { max }
}

/// The busy poll was added to the sleep that follows it, where that is the poll's own timeout.
#[test]
fn a_busy_poll_is_no_part_of_the_sleep_that_follows_it() {
    let busy = Duration::from_millis(500);
    let builder = Reactor::<Duration>::builder().precision(Precision::Millis);
    let mut reactor = builder.busy_poll(busy).build().unwrap();
    reactor.after(busy + busy / 8, |late: &mut Duration, _, fired| {
        *late = fired.lateness();
    });
    let mut late = Duration::ZERO;
    reactor.run(&mut late).unwrap();
    // A machine that stalls for half a second would fail this; the wait by itself did so each time.
    assert!(late < busy, "late by {late:?}");
}

/// A value whose drop takes its time, as a handler's or a source's may.
struct SlowToDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for SlowToDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// The reading after the last handler served for the next wait, though the drop of that handler lay
/// between them.
#[test]
fn what_a_handlers_drop_takes_is_seen_by_the_next_wait() {
    let (mut reactor, clock) = manual::<Vec<&str>>();
    let hand = clock.clone();
    let dropped = SlowToDrop(move || hand.advance(nanos(1_000)));
    let tick = move |seen: &mut Vec<_>, _: &mut Reactor<_>, _| {
        let _captured = &dropped;
        seen.push("tick");
        Next::Stop
    };
    reactor.every(nanos(10), tick).unwrap();
    reactor.after(nanos(500), |seen: &mut Vec<_>, _, _| seen.push("due by the drop"));
    clock.advance(nanos(10));
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen, ["tick", "due by the drop"]);
}

/// A window wider than the time between two deadlines was never asked about again.
#[test]
fn a_period_below_the_first_window_is_slept_for_before_long() {
    let builder = Reactor::<u32>::builder().precision(spin(Duration::from_millis(1)));
    let mut reactor = builder.build().unwrap();
    let period = Duration::from_micros(200);
    assert!(reactor.stats().spin_window > period);
    reactor
        .every(period, |ticks: &mut u32, reactor, _| {
            *ticks += 1;
            let has_slept = !reactor.stats().wait_overshoot.is_empty();
            if has_slept || *ticks == 20_000 { Next::Stop } else { Next::Continue }
        })
        .unwrap();
    reactor.run(&mut 0).unwrap();
    assert!(!reactor.stats().wait_overshoot.is_empty(), "{:?}", reactor.stats());
}

/// The timer was accepted, and dropped when the handler returned.
#[test]
fn the_last_tick_of_an_interval_may_reschedule_it() {
    let (mut reactor, clock) = manual::<Vec<Option<Instant>>>();
    let last = Interval::new(Instant::ZERO, Duration::MAX).unwrap();
    let key = reactor.interval(last, |seen: &mut Vec<_>, reactor, fired| {
        seen.push(reactor.deadline(fired.key));
        if seen.len() < 3 {
            let soon = reactor.now() + nanos(100);
            assert!(reactor.reschedule(fired.key, soon));
            assert_eq!(reactor.deadline(fired.key), Some(soon));
        }
        Next::Continue
    });
    let mut seen = Vec::new();
    for _ in 0..5 {
        reactor.turn(&mut seen, Duration::ZERO).unwrap();
        clock.advance(nanos(100));
    }
    assert_eq!(seen, [None, None, None], "no tick comes after any of them");
    assert!(!reactor.is_pending(key));
}

#[test]
fn a_handler_that_panicked_is_late_but_not_timed() {
    let (mut reactor, _clock) = manual::<()>();
    reactor.after(Duration::ZERO, |(), _, _| panic!("on purpose"));
    reactor.at(Instant::ZERO, |(), _, _| {});
    let turn = catch_unwind(AssertUnwindSafe(|| reactor.turn(&mut (), Duration::ZERO)));
    assert!(turn.is_err());
    let stats = reactor.stats();
    assert_eq!((stats.lateness.total.count(), stats.handler_time.count()), (1, 0));
    reactor.turn(&mut (), Duration::ZERO).unwrap();
    let stats = reactor.stats();
    assert_eq!((stats.lateness.total.count(), stats.handler_time.count()), (2, 1));
    assert_eq!(stats.timers_fired, 2);
}

#[test]
fn a_reset_inside_a_handler_leaves_the_books_even() {
    let (mut reactor, _clock) = manual::<()>();
    reactor.after(Duration::ZERO, |(), reactor, _| reactor.reset_stats());
    reactor.run(&mut ()).unwrap();
    let stats = reactor.stats();
    assert_eq!((stats.timers_fired, stats.lateness.total.count()), (1, 1));
}

#[test]
fn a_timer_that_has_lost_its_slack_is_spun_for() {
    type Seen = Rc<RefCell<u32>>;
    let ms = Duration::from_millis;
    for reschedules in [true, false] {
        let mut reactor =
            Reactor::<Seen>::builder().precision(spin(ms(1))).build().unwrap();
        let mut seen = Seen::default();
        // A machine that wakes it too late has nothing left to spin; some time it will not.
        for _ in 0..1_000 {
            let now = reactor.clock().now();
            let latest = if reschedules { now + ms(9) } else { now };
            let earliest = now + ms(2);
            let fire = |seen: &mut Seen, _: &mut Reactor<_>, _| *seen.borrow_mut() += 1;
            let key = reactor.within(earliest, latest, fire);
            if reschedules {
                assert!(reactor.reschedule(key, earliest));
            }
            reactor.run(&mut seen).unwrap();
            if reactor.stats().spun > Duration::ZERO {
                break;
            }
        }
        assert!(reactor.stats().spun > Duration::ZERO && *seen.borrow() > 0);
    }
}

/// The end of each short wait counted as a deadline that was met without a sleep, and the window
/// forgot how late sleeps are.
#[test]
fn waits_that_end_before_the_deadline_do_not_narrow_the_window() {
    let builder = Reactor::<u32>::builder().precision(spin(Duration::from_millis(1)));
    let mut reactor = builder.build().unwrap();
    let window = reactor.stats().spin_window;
    let mut fired = 0;
    for round in 1..=30 {
        // So near that there is no sleep before it.
        reactor.after(window * 4 / 5, |fired: &mut u32, _, _| *fired += 1);
        while fired < round {
            reactor.turn(&mut fired, nanos(1_000)).unwrap();
        }
    }
    assert_eq!(reactor.stats().spin_window, window);
}
