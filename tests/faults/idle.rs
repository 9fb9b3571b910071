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
    report("useful", stats.useful_wakeups);
    report("spurious", stats.spurious_wakeups);
    report("armed", stats.armed);
}

/// Asserts that there were no waits but those for a tick, and the turns of upkeep after the scheduling.
fn assert_idle(scenario: &str, outcome: &Outcome) {
    let of = |name| outcome.report(name);
    let (ticks, turns) = (of("ticks"), of("turns"));
    let upkeep = turns - of("useful") - of("spurious");
    assert_eq!(outcome.count("epoll_wait") as u64, turns, "one wait a turn");
    assert_eq!(outcome.count("timerfd_settime") as u64, of("armed"));
    assert_eq!(of("useful"), ticks, "{scenario}: a wake-up for each tick");
    // The kernel's clock may be a moment ahead of ours; then the rest is slept for as well.
    assert!(of("spurious") <= ticks, "{scenario}: {} for nothing", of("spurious"));
    let asked = outcome.calls.iter().filter(|call| call.line.contains(", 0) = ")).count();
    assert_eq!(asked as u64, upkeep, "{scenario}: upkeep asks, and does not wait");
    assert_eq!(upkeep, 0, "{scenario}: what lies in wide slots needs none");
    println!(
        "{scenario}: {ticks} ticks, {turns} waits, of them {upkeep} for upkeep and {} for nothing; \
         armed {} times",
        of("spurious"),
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
