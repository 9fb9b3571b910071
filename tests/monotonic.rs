//! The machine's clock and its translation to the kernel's. No test here depends on speed: a thread
//! that is put aside widens the bounds it is held to.

#![cfg(feature = "std")]

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use tourbillon::{Clock, Instant, MonotonicClock};

/// The counter where the kernel trusts it, and the kernel's clock.
fn both() -> [MonotonicClock; 2] {
    [MonotonicClock::new(), MonotonicClock::kernel()]
}

#[test]
fn no_reading_is_smaller_than_the_one_before() {
    for clock in both() {
        let mut last = clock.now();
        for _ in 0..100_000 {
            let now = clock.now();
            assert!(now >= last, "{clock:?} went back from {last:?} to {now:?}");
            last = now;
        }
    }
}

#[test]
fn clones_and_new_clocks_agree() {
    let one = MonotonicClock::new();
    let two = one.clone();
    let three = MonotonicClock::default();
    let mut last = Instant::ZERO;
    for _ in 0..10_000 {
        for clock in [&one, &two, &three] {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }
}

#[test]
fn a_reading_handed_to_another_thread_is_not_ahead_of_its_own() {
    // The counter is read without a barrier: tens of nanoseconds either way are allowed for.
    const ALLOWED: Duration = Duration::from_micros(1);
    for clock in both() {
        let latest = Mutex::new(clock.now());
        thread::scope(|scope| {
            for _ in 0..4 {
                let (clock, latest) = (clock.clone(), &latest);
                scope.spawn(move || {
                    for _ in 0..10_000 {
                        let mut latest = latest.lock().unwrap();
                        let now = clock.now();
                        assert!(now + ALLOWED >= *latest, "{now:?} after {latest:?}");
                        *latest = now;
                    }
                });
            }
        });
    }
}

/// By how much the clock is ahead of the kernel's: the lowest and highest that can be true, from
/// readings around one of the kernel.
fn offset_bounds(clock: &MonotonicClock) -> (i128, i128) {
    let kernel = MonotonicClock::kernel();
    let before = i128::from(clock.now().as_nanos());
    let now = i128::from(kernel.now().as_nanos());
    let after = i128::from(clock.now().as_nanos());
    (before - now, after - now)
}

#[test]
fn the_clock_runs_on_the_kernels_scale() {
    let clock = MonotonicClock::new();
    let (low_before, high_before) = offset_bounds(&clock);
    let begun = MonotonicClock::kernel().now();
    thread::sleep(Duration::from_millis(50));
    let (low, high) = offset_bounds(&clock);
    let passed = MonotonicClock::kernel().now().saturating_duration_since(begun);

    let allowed = i128::try_from(passed.as_nanos() / 1_000).unwrap();
    assert!(low - high_before <= allowed, "fast: {low} ns after {high_before}");
    assert!(low_before - high <= allowed, "slow: {high} ns after {low_before}");
}

/// Compares the clock with the kernel's for a while, at odd moments, and gives by how much it was off
/// at least, at most, and how often it was asked; of the first second nothing.
fn compare(clock: &MonotonicClock, length: Duration) -> (i128, i128, u64) {
    let begun = MonotonicClock::kernel().now();
    let (mut ahead, mut behind, mut asked) = (i128::MIN, i128::MAX, 0);
    let mut last = clock.now();
    loop {
        let passed = MonotonicClock::kernel().now().saturating_duration_since(begun);
        if passed > length {
            return (ahead, behind, asked);
        }
        let now = clock.now();
        assert!(now >= last, "back from {last:?} to {now:?}");
        last = now;
        if passed > Duration::from_secs(1) {
            let (low, high) = offset_bounds(clock);
            (ahead, behind, asked) = (ahead.max(low), behind.min(high), asked + 1);
        }
        if asked % 64 == 0 {
            thread::sleep(Duration::from_micros(asked * 7919 % 30_000));
        }
    }
}

#[test]
fn it_keeps_to_the_kernels_clock() {
    let clock = MonotonicClock::new();
    let (ahead, behind, asked) = compare(&clock, Duration::from_secs(2));
    // A reading of both that was held up each time counts for what it was uncertain by; the figure of
    // a quiet machine is in docs/FIGURES.md.
    assert!(
        ahead <= 20_000 && behind >= -20_000,
        "{ahead} and {behind} ns, {asked} times"
    );
    if let Some(discipline) = clock.discipline() {
        assert!(discipline.anchors > 10, "{discipline:?}");
        assert!(discipline.ppm.abs() < 1_000.0, "{discipline:?}");
        assert!(discipline.offset_nanos.abs() < 20_000, "{discipline:?}");
        assert!(discipline.last_anchor <= clock.now());
    }
    assert!(MonotonicClock::kernel().discipline().is_none());
}

/// The figure: `cargo test --release --test monotonic -- --ignored --nocapture`.
#[test]
#[ignore = "a minute, for the figure in docs/FIGURES.md"]
fn a_minute_beside_the_kernels_clock() {
    let clock = MonotonicClock::new();
    let (ahead, behind, asked) = compare(&clock, Duration::from_secs(60));
    println!("compared {asked} times: at least {ahead} ns ahead and {} behind", -behind);
    println!("{:?}", clock.discipline());
    assert!(ahead <= 1_000 && behind >= -1_000);
}

#[test]
fn a_deadline_is_translated_by_the_offset_of_the_moment() {
    let kernel = MonotonicClock::kernel();
    for clock in both() {
        for ahead in [1, 1_000_000, 3_600_000_000_000_u64] {
            for _ in 0..1_000 {
                let (clock_before, kernel_before) = (clock.now(), kernel.now());
                let deadline = clock_before + Duration::from_nanos(ahead);
                let armed = clock.kernel_deadline(deadline);
                let (kernel_after, clock_after) = (kernel.now(), clock.now());

                let left = deadline.saturating_duration_since(clock_after);
                let earliest = (kernel_before + left).as_nanos();
                let latest = (kernel_after + Duration::from_nanos(ahead)).as_nanos();
                let armed = u64::try_from(armed.as_nanos()).unwrap();
                assert!(
                    (earliest..=latest).contains(&armed),
                    "{clock:?}, {ahead} ns ahead"
                );
            }
        }
    }
}

#[test]
fn a_past_deadline_is_a_nanosecond_after_the_kernels_now() {
    let kernel = MonotonicClock::kernel();
    for clock in both() {
        for deadline in [Instant::ZERO, clock.now()] {
            let before = Duration::from_nanos(kernel.now().as_nanos());
            let armed = clock.kernel_deadline(deadline);
            let after = Duration::from_nanos(kernel.now().as_nanos());
            let least = Duration::from_nanos(1);
            assert!(before + least <= armed && armed <= after + least);
        }
    }
}

#[test]
fn the_last_instant_is_translated_without_overflow() {
    for clock in both() {
        let armed = clock.kernel_deadline(Instant::MAX);
        assert!(armed <= Duration::from_nanos(u64::MAX));
        assert!(armed >= Duration::from_secs(500 * 365 * 24 * 3600), "{armed:?}");
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod of_the_kernel {
    use super::*;
    use tourbillon::{BoottimeClock, CoarseClock};

    #[test]
    fn the_boottime_clock_is_the_monotonic_one_and_what_was_slept() {
        let (clock, kernel) = (BoottimeClock::new(), MonotonicClock::kernel());
        let mut last = Instant::ZERO;
        for _ in 0..1_000 {
            let (before, now) = (kernel.now(), clock.now());
            assert!(now >= before && now >= last);
            last = now;
        }
        let (asleep, after) = (clock.asleep(), kernel.now());
        // Nobody suspends the machine in between, and whoever is put aside sees a little more.
        let tolerated = Duration::from_millis(100);
        assert!(clock.now() + tolerated >= after + asleep);
        assert!(last <= after + asleep + tolerated);
    }

    #[test]
    fn a_deadline_on_the_boottime_clock_is_the_kernels_but_never_zero() {
        let clock = BoottimeClock::new();
        for nanos in [1, 2, u64::MAX] {
            let at = clock.kernel_deadline(Instant::from_nanos(nanos));
            assert_eq!(at, Duration::from_nanos(nanos));
        }
        assert_eq!(clock.kernel_deadline(Instant::ZERO), Duration::from_nanos(1));
    }

    #[test]
    fn the_coarse_clock_is_behind_by_no_more_than_it_says_as_a_rule() {
        let clock = CoarseClock::new();
        let tick = clock.resolution();
        assert!(tick >= Duration::from_micros(900), "{tick:?} is not coarse");
        assert!(tick <= Duration::from_millis(100), "{tick:?}");
        let mut within = 0;
        for _ in 0..50 {
            let (coarse, precise) = (clock.now(), clock.precise_now());
            assert!(coarse <= precise);
            let behind = precise.saturating_duration_since(coarse);
            within += usize::from(behind <= tick * 2);
            thread::sleep(Duration::from_micros(700));
        }
        assert!(within > 0, "it has stopped");
    }

    #[test]
    fn a_coarse_deadline_is_a_tick_later_and_some_way_off() {
        let clock = CoarseClock::new();
        let (tick, now) = (clock.resolution(), clock.precise_now());
        for (deadline, least) in [
            (Instant::ZERO, now + tick / 4),
            (now, now + tick),
            (now + tick * 9, now + tick * 10),
            (Instant::MAX, Instant::MAX),
        ] {
            let at = clock.kernel_deadline(deadline);
            assert!(at >= Duration::from_nanos(least.as_nanos()), "{deadline:?}");
        }
    }
}
