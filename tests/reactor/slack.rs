//! Timers with slack in the loop: shared wake-ups, on a manual clock and on the machine's.

use std::time::Duration;

use tourbillon::reactor::{Exit, Fired, Reactor};

use crate::{Log, at, manual, manual_with_budget, turn};

type Seen = Vec<(u64, u64)>;

fn note(seen: &mut Seen, _: &mut Reactor<Seen>, fired: Fired) {
    seen.push((fired.scheduled.as_nanos(), fired.now.as_nanos()));
}

#[test]
fn two_windows_that_overlap_cause_one_wake_up() {
    let (mut reactor, clock) = manual();
    let mut seen = Seen::new();
    let keys = [(10, 50), (40, 90)]
        .map(|(earliest, latest)| reactor.within(at(earliest), at(latest), note));
    clock.set(at(9));
    assert_eq!(turn(&mut reactor, &mut seen), 0);
    let mut wakeups = 0;
    // A loop that sleeps as long as it may.
    while let Some(next) = keys.iter().filter_map(|key| reactor.deadline(*key)).min() {
        clock.set(next);
        assert!(turn(&mut reactor, &mut seen) > 0);
        wakeups += 1;
    }
    assert_eq!(wakeups, 1);
    assert_eq!(seen, [(50, 50), (50, 50)]);
    assert_eq!(reactor.wakeups_saved(), 1);
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
}

#[test]
fn what_is_due_fires_before_what_is_open() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.within(at(10), at(90), |log: &mut Log, _, _| log.push("rider"));
    reactor.within(at(95), at(99), |log: &mut Log, _, _| log.push("not open"));
    reactor.within(at(20), at(50), |log: &mut Log, _, _| log.push("closing"));
    reactor.at(at(60), |log: &mut Log, _, _| log.push("exact"));
    clock.set(at(60));
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 3);
    assert_eq!(log, ["closing", "exact", "rider"]);
}

#[test]
fn a_rider_may_be_cancelled_or_rescheduled_in_its_own_batch() {
    let (mut reactor, clock) = manual::<Log>();
    let cancelled =
        reactor.within(at(1), at(90), |log: &mut Log, _, _| log.push("cancelled"));
    let moved = reactor.within(at(2), at(90), |log: &mut Log, _, _| log.push("moved"));
    reactor.at(at(5), move |log: &mut Log, reactor, _| {
        log.push("exact");
        assert!(reactor.cancel(cancelled));
        assert!(reactor.reschedule(moved, at(20)));
    });
    let mut log = Log::new();
    clock.set(at(5));
    turn(&mut reactor, &mut log);
    clock.set(at(19));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["exact"]);
    clock.set(at(20));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["exact", "moved"]);
}

#[test]
fn riders_that_the_budget_left_go_on_in_the_next_turn_which_does_not_sleep() {
    let (mut reactor, clock) = manual_with_budget::<Seen>(4);
    let mut seen = Seen::new();
    for latest in 50..60 {
        reactor.within(at(10), at(latest), note);
    }
    clock.set(at(50));
    // Without a remote or a source, a turn that found nothing to do would not end the run.
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen, [(50, 50); 10]);
    assert_eq!(reactor.wakeups_saved(), 9);
}

/// On the machine's clock: neither before the earliest nor a sleep for each.
#[test]
fn ten_windows_cost_one_sleep() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let now = reactor.clock().now();
    let ms = Duration::from_millis;
    for i in 0..10 {
        reactor.within(now + ms(i), now + ms(30 + 1_000 * i), note);
    }
    let mut seen = Seen::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen.len(), 10);
    for (scheduled, fired) in &seen {
        assert!(scheduled <= fired);
    }
    assert!(reactor.stats().useful_wakeups <= 3, "{:?}", reactor.stats());
    assert!(reactor.clock().now() < now + ms(1_030), "nobody waited for the second");
}
