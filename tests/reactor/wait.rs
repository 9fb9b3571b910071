//! Real waits: never early, never hanging, spurious wakes counted. Lateness is not judged here.

use std::time::Duration;

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Exit, Fired, Next, Precision, Reactor};
use tourbillon::time::MonotonicClock;
#[cfg(any(target_os = "linux", target_os = "android"))]
use tourbillon::time::{BoottimeClock, Clock, CoarseClock, Instant};

use crate::drain;

/// Waits one after the other, each from the handler of the one before.
struct Chain {
    left: u32,
    seed: u32,
    step: u32,
    least: u32,
}

fn link(chain: &mut Chain, reactor: &mut Reactor<Chain>, fired: Fired) {
    assert!(fired.now >= fired.scheduled, "early by the handler's reading");
    assert!(reactor.now() >= fired.scheduled, "early by the turn's reading");
    assert!(reactor.clock().now() >= fired.scheduled, "early by a fresh reading");
    if chain.left > 0 {
        chain.left -= 1;
        chain.seed = chain.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let nanos = chain.least + chain.seed % chain.step;
        reactor.after(Duration::from_nanos(nanos.into()), link);
    }
}

fn chain_of(waits: u32, mut reactor: Reactor<Chain>) -> Reactor<Chain> {
    let mut chain = Chain { left: waits, seed: 7, step: 450_000, least: 50_000 };
    reactor.after(Duration::ZERO, link);
    assert_eq!(reactor.run(&mut chain).unwrap(), Exit::Idle);
    assert_eq!(chain.left, 0);
    let stats = reactor.stats();
    assert_eq!(stats.timers_fired, u64::from(waits) + 1);
    assert_eq!(stats.lateness.total.count(), stats.timers_fired);
    reactor
}

#[test]
fn two_thousand_exact_waits_are_never_early() {
    let reactor = chain_of(2_000, Reactor::new().unwrap());
    let stats = reactor.stats();
    // One arming for each wait, and a few where the kernel's clock was a moment ahead.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    assert!(stats.armed <= 2 * 2_000, "{stats:?}");
    assert!(stats.turns <= 4 * 2_000, "it does not spin: {stats:?}");
}

#[test]
fn waits_on_the_kernels_own_clock_are_never_early() {
    let clock = MonotonicClock::kernel();
    chain_of(500, Reactor::builder().clock(clock).build().unwrap());
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn waits_on_the_clock_that_goes_on_in_a_suspend_are_never_early() {
    let clock = BoottimeClock::new();
    let reactor = chain_of(500, Reactor::builder().clock(clock).build().unwrap());
    let stats = reactor.stats();
    assert!(stats.armed > 0 && stats.turns <= 4 * 500, "{stats:?}");
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn waits_on_the_coarse_clock_are_never_early_and_do_not_spin() {
    for precision in [Precision::Exact, Precision::Millis] {
        let clock = CoarseClock::new();
        let builder = Reactor::builder().precision(precision);
        let reactor = chain_of(40, builder.clock(clock).build().unwrap());
        // A quarter of a tick at least from look to look, and a tick's lag.
        let turns = reactor.stats().turns;
        assert!(turns <= 12 * 40, "{turns} turns");
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn what_is_added_on_the_coarse_clock_counts_from_the_truth() {
    let kernel = MonotonicClock::kernel();
    let mut reactor = Reactor::builder().clock(CoarseClock::new()).build().unwrap();
    for nanos in [1, 300_000, 1_000_000, 4_100_000] {
        let after = Duration::from_nanos(nanos);
        let began = kernel.now();
        reactor.after(after, |ended: &mut Option<Instant>, _, _| {
            *ended = Some(MonotonicClock::kernel().now());
        });
        let mut ended = None;
        reactor.run(&mut ended).unwrap();
        assert!(ended.unwrap() >= began + after, "{after:?}");
    }
}

#[test]
fn waits_of_whole_milliseconds_are_never_early() {
    let builder = Reactor::builder().precision(Precision::Millis);
    let reactor = chain_of(200, builder.build().unwrap());
    assert_eq!(reactor.stats().armed, 0);
}

#[test]
fn a_turn_without_work_ends_after_its_wait() {
    for precision in [Precision::Exact, Precision::Millis] {
        let mut reactor = Reactor::<()>::builder().precision(precision).build().unwrap();
        let _remote = reactor.remote();
        let wait = Duration::from_micros(1_300);
        let began = reactor.clock().now();
        assert!(reactor.turn(&mut (), wait).unwrap().is_empty());
        assert!(reactor.now() >= began + wait);
        assert_eq!(reactor.stats().spurious_wakeups, 1);
    }
}

#[test]
fn a_deadline_that_moves_to_later_costs_one_spurious_wake_and_no_arming() {
    let mut reactor = Reactor::<(u32, bool)>::new().unwrap();
    let key = reactor.after(Duration::from_millis(3), |state: &mut (u32, bool), _, _| {
        state.1 = true;
    });
    let (mut sender, receiver) = pipe::new().unwrap();
    reactor
        .register(receiver, Interest::READABLE, |state: &mut (u32, bool), _, pipe, _| {
            drain(pipe);
            state.0 += 1;
            Next::Continue
        })
        .unwrap();
    let mut seen = (0, false);
    let start = reactor.clock().now();
    let mut deadline = start + Duration::from_millis(3);
    for _ in 0..50 {
        std::io::Write::write_all(&mut sender, b"x").unwrap();
        reactor.turn(&mut seen, None).unwrap();
        deadline += Duration::from_micros(10);
        assert!(reactor.reschedule(key, deadline) || seen.1);
    }
    while !seen.1 {
        reactor.turn(&mut seen, None).unwrap();
    }
    assert!(reactor.now() >= start + Duration::from_millis(3));
    let stats = reactor.stats();
    #[cfg(any(target_os = "linux", target_os = "android"))]
    assert!(stats.armed <= 10, "not once a turn: {stats:?}");
    assert!(stats.spurious_wakeups <= 10, "{stats:?}");
}

#[test]
fn an_earlier_deadline_wakes_a_sleep_that_was_armed_for_a_later_one() {
    let mut reactor = Reactor::<Vec<u8>>::new().unwrap();
    reactor.after(Duration::from_secs(3600), |_: &mut Vec<u8>, _, _| {});
    let mut seen = Vec::new();
    let began = reactor.clock().now();
    reactor.turn(&mut seen, Duration::from_micros(100)).unwrap();
    reactor.after(Duration::from_micros(200), |seen: &mut Vec<u8>, reactor, _| {
        seen.push(1);
        reactor.stop();
    });
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Stopped);
    assert_eq!(seen, [1]);
    assert!(reactor.now() >= began + Duration::from_micros(200));
}

#[test]
fn the_longest_waits_are_cut_not_wrapped() {
    for precision in [Precision::Exact, Precision::Millis] {
        let mut reactor =
            Reactor::<bool>::builder().precision(precision).build().unwrap();
        reactor.after(Duration::MAX, |_: &mut bool, _, _| panic!("after 584 years"));
        let remote = reactor.remote();
        let thread = std::thread::spawn(move || {
            remote.post(|seen: &mut bool, _| *seen = true).unwrap();
            remote.stop();
        });
        let mut seen = false;
        while !seen {
            reactor.turn(&mut seen, Duration::MAX).unwrap();
        }
        thread.join().unwrap();
    }
}

#[test]
fn many_far_timers_do_not_keep_a_reactor_awake() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let idle = reactor.common_timeout(Duration::from_secs(30));
    let mut seed = 1_u64;
    for _ in 0..50_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let far = Duration::from_secs(60) + Duration::from_nanos(seed >> 22);
        reactor.after(far, |(), _, _| panic!("minutes too early"));
        reactor.after(idle, |(), _, _| panic!("half a minute too early"));
    }
    // What upkeep there is may take turns, but it comes to an end.
    let end = reactor.clock().now() + Duration::from_millis(30);
    reactor.stop_at(end);
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Deadline);
    assert!(reactor.now() >= end);
    let turns = reactor.stats().turns;
    assert!(turns <= 2_000, "{turns} turns");
    reactor.stop_at(end + Duration::from_millis(30));
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Deadline);
    let turns = reactor.stats().turns - turns;
    assert!(turns <= 20, "{turns} turns");
    assert_eq!(reactor.timer_count(), 100_000);
}
