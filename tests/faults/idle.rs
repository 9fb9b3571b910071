//! An idle reactor sleeps: ten thousand timers that are far away cost no wake-ups, by what strace sees of
//! it.

use std::time::Duration;

use tourbillon::reactor::{Exit, Next, Precision, Reactor};

use crate::scenario::report;
use crate::strace::{self, Outcome, Test};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        (
            "ten_thousand_far_timers_cost_no_wake_ups",
            false,
            ten_thousand_far_timers_cost_no_wake_ups,
        ),
        (
            "ten_thousand_far_timers_cost_no_wake_ups_for_a_minute",
            true,
            ten_thousand_far_timers_cost_no_wake_ups_for_a_minute,
        ),
    ]
}

/// How many seconds to be idle for, if not three.
const SECONDS: &str = "TOURBILLON_IDLE_SECONDS";

pub(crate) fn exact() {
    idle(Precision::Exact);
}

pub(crate) fn millis() {
    idle(Precision::Millis);
}

/// Ten thousand timers an hour to ten years ahead, as many idle timeouts, and a tick each second.
fn idle(precision: Precision) {
    const TIMERS: u64 = 10_000;
    let seconds = std::env::var(SECONDS).map_or(3, |text| text.parse().unwrap());
    let mut reactor = Reactor::<u64>::builder().precision(precision).build().unwrap();
    let timeout = reactor.common_timeout(Duration::from_secs(3_600));
    let mut random = 1_u64;
    for _ in 0..TIMERS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let far = Duration::from_secs(3_600 + (random >> 33) % 315_360_000);
        reactor.after(far + Duration::from_nanos(random >> 40), |_, _, _| {
            panic!("an hour too early")
        });
        reactor.after(timeout, |_, _, _| panic!("an hour too early"));
    }
    let every =
        reactor.every(Duration::from_secs(1), move |ticks: &mut u64, reactor, _| {
            *ticks += 1;
            if *ticks == seconds {
                reactor.stop();
            }
            Next::Continue
        });
    assert!(every.is_ok());
    let mut ticks = 0;
    assert_eq!(reactor.run(&mut ticks).unwrap(), Exit::Stopped);
    assert_eq!(reactor.timer_count() as u64, 2 * TIMERS + 1);
    let stats = reactor.stats();
    report("ticks", ticks);
    report("turns", stats.turns);
    report("spurious", stats.spurious_wakeups);
    report("armed", stats.armed);
}

/// Asserts that there were no waits but those for a tick: after the scheduling there is no upkeep either.
fn assert_idle(scenario: &str, outcome: &Outcome) {
    let of = |name| outcome.report(name);
    let (ticks, turns, spurious) = (of("ticks"), of("turns"), of("spurious"));
    assert_eq!(outcome.count("epoll_wait") as u64, turns, "one wait a turn");
    assert_eq!(outcome.count("timerfd_settime") as u64, of("armed"));
    // The kernel's clock may be a moment ahead of ours; then the rest is slept for as well.
    assert!(spurious <= ticks, "{scenario}: {spurious} for nothing");
    // What lies in wide slots needs no upkeep as yet.
    let upkeep = turns - ticks - spurious;
    assert_eq!(upkeep, 0, "{scenario}: {turns} turns for {ticks} ticks");
    println!(
        "{scenario}: {ticks} ticks, {turns} waits, of them {upkeep} for upkeep and {spurious} for \
         nothing; armed {} times",
        of("armed"),
    );
}

fn ten_thousand_far_timers_cost_no_wake_ups() {
    for scenario in ["idle, exact", "idle, millis"] {
        let outcome = strace::trace(scenario, "epoll_wait,timerfd_settime", None);
        assert_eq!(outcome.report("ticks"), 3);
        assert_idle(scenario, &outcome);
    }
}

fn ten_thousand_far_timers_cost_no_wake_ups_for_a_minute() {
    for scenario in ["idle, exact", "idle, millis"] {
        let shown = "epoll_wait,timerfd_settime";
        let outcome = strace::trace_with(scenario, shown, None, &[(SECONDS, "50")]);
        assert_eq!(outcome.report("ticks"), 50);
        assert_idle(scenario, &outcome);
    }
}
