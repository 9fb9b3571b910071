//! Real waits: never early, never hanging, spurious wakes counted. Lateness is not judged here.

use std::time::Duration;

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Exit, Fired, Next, Precision, Reactor};
use tourbillon::time::MonotonicClock;
#[cfg(any(target_os = "linux", target_os = "android"))]
use tourbillon::time::{BoottimeClock, Clock, CoarseClock, Instant};

use crate::{drain, manual};

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

const SPIN: Precision = Precision::Spin { max: Duration::from_micros(100) };

#[test]
fn spun_waits_are_never_early_and_what_they_spin_is_counted() {
    let began = std::time::Instant::now();
    let reactor = chain_of(2_000, Reactor::builder().precision(SPIN).build().unwrap());
    let stats = reactor.stats();
    assert!(stats.spun > Duration::ZERO && stats.spun <= began.elapsed(), "{stats:?}");
    assert!(stats.spin_window <= Duration::from_micros(100), "{stats:?}");
    // A sleep before a spin and none after it, as a rule.
    assert!(stats.turns <= 4 * 2_000, "{stats:?}");
    assert!(stats.wait_overshoot.count() <= stats.turns);
}

#[test]
fn a_spin_of_nothing_is_an_exact_wait() {
    let spin = Precision::Spin { max: Duration::ZERO };
    let reactor = chain_of(200, Reactor::builder().precision(spin).build().unwrap());
    let stats = reactor.stats();
    assert_eq!((stats.spun, stats.spin_window), (Duration::ZERO, Duration::ZERO));
}

#[test]
fn the_widest_spin_that_can_be_asked_for_ends_at_the_deadline() {
    let spin = Precision::Spin { max: Duration::MAX };
    let reactor = chain_of(50, Reactor::builder().precision(spin).build().unwrap());
    assert!(reactor.stats().spin_window < Duration::from_secs(5));
}

#[test]
fn timers_with_slack_are_not_spun_for() {
    let mut reactor = Reactor::<u32>::builder().precision(SPIN).build().unwrap();
    let mut fired = 0;
    for _ in 0..20 {
        let now = reactor.clock().now();
        let (earliest, latest) =
            (now + Duration::from_micros(200), now + Duration::from_micros(400));
        reactor.within(earliest, latest, |fired: &mut u32, _, _| *fired += 1);
        reactor.run(&mut fired).unwrap();
    }
    assert_eq!((fired, reactor.stats().spun), (20, Duration::ZERO));
}

#[test]
fn a_spin_ends_with_the_wait_and_with_the_run() {
    let mut reactor = Reactor::<()>::builder().precision(SPIN).build().unwrap();
    reactor.after(Duration::from_secs(60), |(), _, _| panic!("a minute too early"));
    let began = reactor.clock().now();
    reactor.turn(&mut (), Duration::from_micros(300)).unwrap();
    assert!(reactor.now() >= began + Duration::from_micros(300));
    let end = reactor.clock().now() + Duration::from_micros(200);
    reactor.at(end + Duration::from_micros(50), |(), _, _| {});
    reactor.stop_at(end);
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Deadline);
    assert!(reactor.now() >= end);
}

#[test]
fn what_happens_during_a_spin_ends_it() {
    let spin = Precision::Spin { max: Duration::from_secs(3) };
    let mut reactor = Reactor::<Vec<&str>>::builder().precision(spin).build().unwrap();
    // Far enough to be sure that the post comes before it, on any machine that runs at all. The
    // window begins with 250 µs, so there is a sleep before that in any case.
    let key =
        reactor.after(Duration::from_secs(3600), |_: &mut Vec<_>, _, _| unreachable!());
    let remote = reactor.remote();
    let thread = std::thread::spawn(move || {
        remote.post(move |seen: &mut Vec<_>, reactor| {
            seen.push("posted");
            let deadline = reactor.clock().now() + Duration::from_micros(150);
            assert!(reactor.reschedule(key, deadline));
            reactor.at(deadline, |seen: &mut Vec<_>, reactor, fired| {
                assert!(fired.now >= fired.scheduled);
                seen.push("moved");
                reactor.stop();
            });
            reactor.cancel(key);
        })
    });
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Stopped);
    assert_eq!(seen, ["posted", "moved"]);
    assert!(thread.join().unwrap().is_ok());
}

#[test]
fn a_deadline_that_is_touched_or_moved_is_spun_for_where_it_is() {
    let mut reactor = Reactor::<Vec<Fired>>::builder().precision(SPIN).build().unwrap();
    let common = reactor.common_timeout(Duration::from_millis(1));
    let seen = |seen: &mut Vec<Fired>, _: &mut Reactor<_>, fired| seen.push(fired);
    let touched = reactor.after(common, seen);
    let moved = reactor.after(Duration::from_millis(1), seen);
    let cancelled = reactor.after(Duration::from_micros(300), seen);
    std::thread::sleep(Duration::from_micros(500));
    assert!(reactor.touch(touched) && reactor.cancel(cancelled));
    let deadline = reactor.clock().now() + Duration::from_millis(3);
    assert!(reactor.reschedule(moved, deadline));
    let touched_deadline = reactor.deadline(touched).unwrap();
    let mut fires = Vec::new();
    assert_eq!(reactor.run(&mut fires).unwrap(), Exit::Idle);
    let scheduled: Vec<_> = fires.iter().map(|fired| fired.scheduled).collect();
    assert_eq!(scheduled, [touched_deadline, deadline]);
    assert!(fires.iter().all(|fired| fired.now >= fired.scheduled));
    // Had the cancelled one's deadline or the old ones been left, it would have spun for hours.
    assert!(reactor.stats().spun < Duration::from_secs(60));
}

#[test]
fn nothing_is_spun_for_once_its_handler_has_panicked() {
    let mut reactor = Reactor::<u32>::builder().precision(SPIN).build().unwrap();
    reactor.after(Duration::from_micros(300), |_, _, _| panic!("on purpose"));
    reactor.every(Duration::from_micros(300), |_, _, _| panic!("on purpose")).unwrap();
    for _ in 0..2 {
        let run = std::panic::AssertUnwindSafe(|| reactor.run(&mut 0));
        assert!(std::panic::catch_unwind(run).is_err());
    }
    assert_eq!(reactor.stats().lateness.total.count(), 2, "both were called");
    let (turns, remote) = (reactor.stats().turns, reactor.remote());
    reactor.turn(&mut 0, Duration::from_millis(3)).unwrap();
    let stats = reactor.stats();
    assert!(stats.turns == turns + 1 && stats.spurious_wakeups >= 1, "{stats:?}");
    drop(remote);
}

#[test]
fn busy_polling_is_counted_and_does_not_delay_timers_or_ends() {
    let busy = Duration::from_micros(200);
    let mut reactor = Reactor::<Chain>::builder().busy_poll(busy).build().unwrap();
    let remote = reactor.remote();
    let began = reactor.clock().now();
    let mut chain = Chain { left: 0, seed: 7, step: 1, least: 1 };
    reactor.turn(&mut chain, Duration::from_micros(50)).unwrap();
    assert!(reactor.now() >= began + Duration::from_micros(50));
    let polled = reactor.stats().busy_polled;
    assert!(polled >= Duration::from_micros(50), "{polled:?}: it never slept");
    assert_eq!(reactor.stats().armed, 0, "it was over before it would have slept");
    reactor.turn(&mut chain, Duration::from_millis(2)).unwrap();
    assert!(reactor.now() >= began + Duration::from_millis(2));
    assert!(reactor.stats().busy_polled >= polled + busy);
    drop(remote);
    for precision in [Precision::Millis, Precision::Exact, SPIN] {
        let builder = Reactor::builder().precision(precision).busy_poll(busy);
        chain_of(300, builder.build().unwrap());
    }
}

#[test]
fn a_reset_forgets_all_that_was_counted_and_goes_on() {
    let mut reactor = chain_of(20, Reactor::builder().precision(SPIN).build().unwrap());
    let window = reactor.stats().spin_window;
    let stats = reactor.stats();
    assert_eq!(stats.handler_time.count(), 21);
    assert!(stats.turn_time.count() <= 21 && stats.turn_time.count() > 0);
    assert!(stats.turn_time.max() >= stats.handler_time.min());
    reactor.reset_stats();
    let stats = reactor.stats();
    assert_eq!((stats.turns, stats.timers_fired, stats.armed), (0, 0, 0));
    assert_eq!((stats.spun, stats.spin_window), (Duration::ZERO, window));
    for empty in [&stats.handler_time, &stats.wait_overshoot, &stats.lateness.total] {
        assert!(empty.is_empty());
    }
    let reactor = chain_of_one_more(reactor);
    assert_eq!(reactor.stats().handler_time.count(), 1);
}

fn chain_of_one_more(mut reactor: Reactor<Chain>) -> Reactor<Chain> {
    let mut chain = Chain { left: 0, seed: 7, step: 1, least: 1 };
    reactor.after(Duration::ZERO, link);
    reactor.run(&mut chain).unwrap();
    reactor
}

#[test]
fn handlers_of_every_kind_are_timed_unless_histograms_are_switched_off() {
    for timed in [true, false] {
        let mut reactor = Reactor::<u32>::builder().histograms(timed).build().unwrap();
        let (mut sender, receiver) = pipe::new().unwrap();
        reactor
            .register(receiver, Interest::READABLE, |calls: &mut u32, _, pipe, _| {
                drain(pipe);
                *calls += 1;
                Next::Stop
            })
            .unwrap();
        std::io::Write::write_all(&mut sender, b"x").unwrap();
        let remote = reactor.remote();
        let slow = Duration::from_millis(2);
        remote
            .post(move |calls: &mut u32, _| {
                std::thread::sleep(slow);
                *calls += 1;
            })
            .unwrap();
        drop(remote);
        reactor.defer(|calls, _| *calls += 1);
        reactor.after(Duration::ZERO, |calls: &mut u32, _, _| *calls += 1);
        reactor
            .every(Duration::from_micros(10), |calls: &mut u32, _, _| {
                *calls += 1;
                Next::Stop
            })
            .unwrap();
        let mut calls = 0;
        reactor.run(&mut calls).unwrap();
        assert_eq!(calls, 5);
        let stats = reactor.stats();
        assert_eq!(stats.handler_time.count(), if timed { 5 } else { 0 });
        if timed {
            assert!(stats.handler_time.max() >= slow && stats.turn_time.max() >= slow);
        } else {
            assert!(stats.turn_time.is_empty() && stats.wait_overshoot.is_empty());
        }
        assert_eq!(stats.lateness.total.count(), if timed { 2 } else { 0 });
        assert_eq!(stats.timers_fired, 2);
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn whole_milliseconds_are_waited_for_with_the_least_timer_slack() {
    let slack = || rustix::thread::current_timer_slack().unwrap();
    std::thread::spawn(move || {
        let _exact = Reactor::<()>::new().unwrap();
        assert!(slack() > 1, "an exact wait needs none of it");
        let millis = Reactor::<()>::builder().precision(Precision::Millis);
        let _millis = millis.build().unwrap();
        assert_eq!(slack(), 1);
    })
    .join()
    .unwrap();
}

#[test]
fn a_turn_without_work_ends_after_its_wait() {
    for precision in [Precision::Exact, Precision::Millis, SPIN] {
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
    for precision in [Precision::Exact, Precision::Millis, SPIN] {
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

/// The reading after the last handler of a run once served for the first wait of the next, which
/// then slept too long by all that lay between them.
#[test]
fn what_passes_between_two_runs_is_no_part_of_a_wait() {
    let hour = Duration::from_secs(3_600);
    let (mut reactor, clock) = manual::<()>();
    let in_handler = clock.clone();
    reactor.after(Duration::ZERO, move |(), _, _| in_handler.advance(hour));
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);

    clock.advance(hour);
    let before = reactor.clock().now() - hour / 2;
    let kernel = reactor.stats().lateness.kernel.count();
    reactor.at(before, |(), _, _| {});
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    // It came due while nobody waited: the kernel had no part in it.
    assert_eq!(reactor.stats().lateness.kernel.count(), kernel);
}
