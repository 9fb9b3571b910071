//! A loop that sleeps, and another thread that brings it something earlier: whatever it sleeps by, it wakes.

use std::thread;
use std::time::Duration;

use tourbillon::reactor::{Exit, Fired, Precision, Reactor, ReactorClock, Remote};
use tourbillon::time::MonotonicClock;
#[cfg(any(target_os = "linux", target_os = "android"))]
use tourbillon::time::{BoottimeClock, CoarseClock};
use tourbillon::{After, ManualClock};

const HOUR: Duration = Duration::from_secs(3_600);

/// A thread, as others can look it up.
#[cfg(any(target_os = "linux", target_os = "android"))]
type Sleeper = rustix::thread::Pid;

#[cfg(any(target_os = "linux", target_os = "android"))]
fn this_thread() -> Sleeper {
    rustix::thread::gettid()
}

/// Waits until the kernel has that thread asleep.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn wait_until_asleep(sleeper: Sleeper) {
    let path = format!("/proc/self/task/{}/stat", sleeper.as_raw_nonzero());
    loop {
        let stat = std::fs::read_to_string(&path).unwrap();
        // The state stands behind the name, which is in brackets and may have any in it.
        if stat.rsplit(") ").next().unwrap().starts_with('S') {
            return;
        }
        thread::yield_now();
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
type Sleeper = ();

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn this_thread() -> Sleeper {}

/// So that it is asleep, as a rule; if it is not, that is right as well.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn wait_until_asleep((): Sleeper) {
    thread::sleep(Duration::from_millis(5));
}

/// Reactors that sleep for timers in every way there is.
fn every_kind() -> Vec<(&'static str, Reactor<Vec<Fired>>)> {
    let spin = Precision::Spin { max: Duration::from_micros(250) };
    let mut clocks: Vec<(&str, ReactorClock)> = vec![
        ("disciplined", MonotonicClock::new().into()),
        ("the kernel's", MonotonicClock::kernel().into()),
    ];
    #[cfg(any(target_os = "linux", target_os = "android"))]
    clocks.extend([
        ("boottime", BoottimeClock::new().into()),
        ("coarse", CoarseClock::new().into()),
    ]);
    let mut kinds = Vec::new();
    for (name, clock) in clocks {
        for precision in [Precision::Millis, Precision::Exact, spin] {
            for busy in [Duration::ZERO, Duration::from_micros(50)] {
                let builder = Reactor::builder().clock(clock.clone());
                let builder = builder.precision(precision).busy_poll(busy);
                kinds.push((name, builder.build().unwrap()));
            }
        }
    }
    kinds
}

/// Runs the reactor, and `disturb` on another thread once it is asleep.
fn run_disturbed(
    reactor: &mut Reactor<Vec<Fired>>,
    disturb: impl Fn(&Remote<Vec<Fired>>) + Send,
) -> Vec<Fired> {
    let (remote, sleeper) = (reactor.remote(), this_thread());
    let mut seen = Vec::new();
    thread::scope(|scope| {
        scope.spawn(move || {
            wait_until_asleep(sleeper);
            disturb(&remote);
        });
        assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Stopped);
    });
    seen
}

fn note_and_stop(seen: &mut Vec<Fired>, reactor: &mut Reactor<Vec<Fired>>, fired: Fired) {
    assert!(fired.now >= fired.scheduled);
    seen.push(fired);
    reactor.stop();
}

#[test]
fn a_deadline_moved_from_another_thread_wakes_every_kind_of_sleep() {
    for (kind, mut reactor) in every_kind() {
        let key = reactor.after(HOUR, note_and_stop);
        let seen = run_disturbed(&mut reactor, |remote| {
            // Half as far first: it goes back to sleep, and must be woken again.
            for left in [HOUR / 2, Duration::from_micros(700)] {
                let moved = remote.post(move |_: &mut Vec<_>, reactor| {
                    let now = reactor.clock().now();
                    assert!(reactor.reschedule(key, now + left));
                });
                assert!(moved.is_ok());
            }
        });
        assert_eq!(seen.len(), 1, "{kind}: {reactor:?}");
    }
}

#[test]
fn a_timer_scheduled_from_another_thread_wakes_every_kind_of_sleep() {
    for (kind, mut reactor) in every_kind() {
        let common = reactor.common_timeout(Duration::from_micros(300));
        // With nothing that it sleeps for, with a timer that is later, and with a queue's member.
        let later: [Option<After>; 3] = [None, Some(HOUR.into()), Some(common.into())];
        for (number, other) in later.into_iter().enumerate() {
            if number > 0 {
                reactor.after(HOUR, |_: &mut Vec<_>, _, _| {});
            }
            let seen = run_disturbed(&mut reactor, |remote| {
                let scheduled = remote.post(move |_: &mut Vec<_>, reactor| {
                    if let Some(other) = other {
                        reactor.after(other, |_, _, _| {});
                    }
                    reactor.after(Duration::from_micros(700), note_and_stop);
                });
                assert!(scheduled.is_ok());
            });
            assert_eq!(seen.len(), 1, "{kind}: {reactor:?}");
        }
    }
}

/// Nothing but a wake tells a reactor that somebody has moved its clock's hand.
#[test]
fn a_hand_moved_on_another_thread_and_a_wake_fire_what_is_due() {
    let clock = ManualClock::new();
    let mut reactor = Reactor::builder().clock(clock.clone()).build().unwrap();
    reactor.after(HOUR, note_and_stop);
    let seen = run_disturbed(&mut reactor, |remote| {
        clock.advance(Duration::from_secs(3_599));
        remote.wake();
        clock.advance(Duration::from_secs(1));
        remote.wake();
    });
    assert_eq!(seen[0].lateness(), Duration::ZERO);
}
