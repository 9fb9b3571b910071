//! The alarm in a mio loop that is not ours: never early by its clock, never lost, not spinning.
//! Lateness is not judged here.
#![cfg(all(feature = "mio", any(target_os = "linux", target_os = "android")))]

use std::io;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use tourbillon::reactor::{Alarm, ReactorClock};
use tourbillon::time::{
    BoottimeClock, CoarseClock, Instant, ManualClock, MonotonicClock,
};
use tourbillon::timers::Timers;

const HOUR: Duration = Duration::from_secs(3600);
const ALARM: Token = Token(7);
/// Long enough for an event that is there to be seen, whatever the machine does meanwhile: the
/// kernel has it before the wait begins.
const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A poll and an alarm that is registered with it.
struct Loop {
    poll: Poll,
    events: Events,
    alarm: Alarm,
}

impl Loop {
    fn new(clock: impl Into<ReactorClock>) -> Self {
        let poll = Poll::new().unwrap();
        let mut alarm = Alarm::new(clock).unwrap();
        poll.registry().register(&mut alarm, ALARM, Interest::READABLE).unwrap();
        Self { poll, events: Events::with_capacity(8), alarm }
    }

    /// How many events of the alarm one poll fetches.
    fn poll(&mut self, timeout: Option<Duration>) -> usize {
        loop {
            match self.poll.poll(&mut self.events, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                polled => break polled.unwrap(),
            }
        }
        let is_ours = |event: &mio::event::Event| {
            assert!(event.token() == ALARM && event.is_readable());
            true
        };
        self.events.iter().filter(|event| is_ours(event)).count()
    }

    /// Waits until it rings; how many events that took.
    fn until_it_rings(&mut self) -> usize {
        let mut events = 0;
        loop {
            events += self.poll(None);
            if self.alarm.rang().unwrap() {
                return events;
            }
        }
    }

    /// Sleeps by the alarm's clock, without looking at the events.
    fn pass(&self, time: Duration) {
        let end = self.alarm.now() + time;
        while self.alarm.now() < end {
            std::thread::sleep(end.saturating_duration_since(self.alarm.now()));
        }
    }
}

fn clocks() -> [ReactorClock; 4] {
    [
        MonotonicClock::new().into(),
        MonotonicClock::kernel().into(),
        BoottimeClock::new().into(),
        CoarseClock::new().into(),
    ]
}

#[test]
fn it_rings_at_its_deadline_and_not_before_on_every_clock() {
    for clock in clocks() {
        let mut l = Loop::new(clock);
        for after in [1, 50, 700, 3_000] {
            let deadline = l.alarm.now() + micros(after);
            l.alarm.set(deadline).unwrap();
            assert_eq!(l.alarm.deadline(), Some(deadline));
            let events = l.until_it_rings();
            assert!(l.alarm.now() >= deadline, "early: {l:?}", l = l.alarm);
            // A coarse clock may lag a few looks behind; none needs more.
            assert!((1..=12).contains(&events), "{events} events: {:?}", l.alarm);
            assert_eq!(l.alarm.deadline(), None);
            assert!(!l.alarm.rang().unwrap(), "it rings once");
        }
    }
}

#[test]
fn a_deadline_that_has_passed_rings_at_once() {
    for clock in clocks() {
        let mut l = Loop::new(clock);
        let now = l.alarm.now();
        for past in [now, now - micros(1), now - HOUR, Instant::ZERO] {
            l.alarm.set(past).unwrap();
            assert_eq!(l.until_it_rings(), 1, "{past:?}");
            // And again, for the loop that has not taken out what is due.
            l.alarm.wake_by(past).unwrap();
            assert_eq!(l.until_it_rings(), 1, "{past:?}");
        }
    }
}

#[test]
fn a_deadline_that_moves_to_earlier_rings_earlier() {
    let mut l = Loop::new(MonotonicClock::new());
    l.alarm.set(l.alarm.now() + HOUR).unwrap();
    let soon = l.alarm.now() + micros(300);
    l.alarm.set(soon).unwrap();
    l.until_it_rings();
    assert!(l.alarm.now() >= soon);
    l.alarm.wake_by(l.alarm.now() + HOUR).unwrap();
    let soon = l.alarm.now() + micros(300);
    l.alarm.wake_by(soon).unwrap();
    l.until_it_rings();
    assert!(l.alarm.now() >= soon);
}

#[test]
fn set_moves_to_later_without_an_event_at_the_earlier_time() {
    let mut l = Loop::new(MonotonicClock::new());
    l.alarm.set(l.alarm.now() + HOUR).unwrap();
    l.alarm.set(l.alarm.now() + 2 * HOUR).unwrap();
    assert_eq!(l.poll(AT_ONCE), 0);
    // Also if the earlier one has fired, and nobody has fetched it.
    l.alarm.set(l.alarm.now() + micros(100)).unwrap();
    l.pass(micros(500));
    let later = l.alarm.now() + HOUR;
    l.alarm.set(later).unwrap();
    assert_eq!(l.poll(AT_ONCE), 0);
    assert!(!l.alarm.rang().unwrap());
    assert_eq!(l.alarm.deadline(), Some(later));
}

#[test]
fn wake_by_leaves_an_earlier_arming_which_ends_in_one_spurious_event() {
    let mut l = Loop::new(MonotonicClock::new());
    let early = l.alarm.now() + micros(2_000);
    let late = early + micros(4_000);
    l.alarm.set(early).unwrap();
    l.alarm.wake_by(late).unwrap();
    assert_eq!(l.alarm.deadline(), Some(late));
    let events = l.until_it_rings();
    assert!(l.alarm.now() >= late);
    // Two, one where the machine stalled until both had passed, more if the clock was early by a moment.
    assert!((1..=8).contains(&events), "{events} events");
}

#[test]
fn wake_by_arms_anew_what_has_fired_whoever_saw_the_event() {
    let mut l = Loop::new(MonotonicClock::new());
    for step in 0..200 {
        // Fetched or not, rung or not, in all combinations.
        l.alarm.wake_by(l.alarm.now() + micros(5)).unwrap();
        l.pass(micros(step % 20));
        if step & 1 == 0 {
            l.poll(AT_ONCE);
        }
        if step & 2 == 0 {
            l.alarm.rang().unwrap();
        }
        let deadline = l.alarm.now() + micros(step % 60);
        l.alarm.wake_by(deadline).unwrap();
        l.until_it_rings();
        assert!(l.alarm.now() >= deadline);
    }
}

#[test]
fn disarmed_it_has_no_event_not_even_one_that_was_on_its_way() {
    let mut l = Loop::new(MonotonicClock::new());
    l.alarm.set(None).unwrap();
    for pass in [0, 500] {
        l.alarm.set(l.alarm.now() + micros(100)).unwrap();
        l.pass(micros(pass));
        l.alarm.set(None).unwrap();
        assert_eq!(l.alarm.deadline(), None);
        l.pass(micros(500));
        assert_eq!(l.poll(AT_ONCE), 0, "after {pass} us");
        assert!(!l.alarm.rang().unwrap());
    }
    l.alarm.wake_by(l.alarm.now() + micros(100)).unwrap();
    l.alarm.wake_by(None).unwrap();
    l.pass(micros(500));
    assert_eq!(l.poll(AT_ONCE), 0);
}

#[test]
fn the_last_instant_never_comes() {
    for clock in clocks() {
        let mut l = Loop::new(clock);
        for far in [Instant::MAX, Instant::MAX - HOUR, l.alarm.now() + 10_000 * HOUR] {
            l.alarm.set(far).unwrap();
            l.pass(micros(300));
            assert_eq!(l.poll(AT_ONCE), 0, "{far:?}");
            assert!(!l.alarm.rang().unwrap());
        }
        let soon = l.alarm.now() + micros(100);
        l.alarm.wake_by(soon).unwrap();
        l.until_it_rings();
        assert!(l.alarm.now() >= soon);
    }
}

#[test]
fn a_deadline_survives_reregistering_and_a_change_of_polls() {
    let mut l = Loop::new(MonotonicClock::new());
    let other = Poll::new().unwrap();
    let deadline = l.alarm.now() + micros(400);
    l.alarm.set(deadline).unwrap();
    l.poll.registry().reregister(&mut l.alarm, ALARM, Interest::READABLE).unwrap();
    l.poll.registry().deregister(&mut l.alarm).unwrap();
    other.registry().register(&mut l.alarm, Token(1), Interest::READABLE).unwrap();
    other.registry().deregister(&mut l.alarm).unwrap();
    l.pass(micros(800));
    assert_eq!(l.poll(AT_ONCE), 0, "it is not registered");
    // It fired meanwhile: who registers it hears of that.
    l.poll.registry().register(&mut l.alarm, ALARM, Interest::READABLE).unwrap();
    l.until_it_rings();
    assert!(l.alarm.now() >= deadline);
    let twice = l.poll.registry().register(&mut l.alarm, ALARM, Interest::READABLE);
    assert_eq!(twice.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
}

#[test]
fn one_that_is_dropped_while_armed_is_heard_of_no_more() {
    let mut l = Loop::new(MonotonicClock::new());
    l.alarm.set(l.alarm.now() + micros(200)).unwrap();
    let mut gone = Alarm::new(MonotonicClock::new()).unwrap();
    l.poll.registry().register(&mut gone, ALARM, Interest::READABLE).unwrap();
    gone.set(gone.now() + micros(100)).unwrap();
    drop(gone);
    l.until_it_rings();
    l.pass(micros(300));
    assert_eq!(l.poll(AT_ONCE), 0);
}

#[test]
fn a_manual_clock_is_refused_with_a_reason() {
    let error = Alarm::new(ManualClock::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("manual clock"), "{error}");
}

/// The loop that the alarm is for, with as little help as possible: it never calls `rang`.
#[test]
fn five_hundred_random_timers_fire_in_order_and_never_early_in_a_loop_of_mios() {
    for clock in [MonotonicClock::new(), MonotonicClock::kernel()] {
        let mut l = Loop::new(clock);
        let mut timers = Timers::starting_at(l.alarm.now());
        let idle = timers.common_timeout(micros(900));
        let (mut seed, mut wakes, mut fired) = (7_u32, 0_u64, 0);
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % below
        };
        let mut touched = timers.schedule_after(l.alarm.now(), idle, u32::MAX);
        while fired < 500 {
            if timers.len() < 4 {
                let after = Duration::from_nanos(random(600_000).into());
                timers.schedule(l.alarm.now() + after, fired);
            }
            if random(3) > 0 && !timers.touch(touched, l.alarm.now()) {
                touched = timers.schedule_after(l.alarm.now(), idle, u32::MAX);
            }
            l.alarm.wake_by(timers.next_deadline()).unwrap();
            l.poll(None);
            wakes += 1;
            let now = l.alarm.now();
            let mut last = Instant::ZERO;
            while let Some(expired) = timers.pop_expired(now) {
                assert!(expired.deadline <= now && expired.deadline >= last);
                last = expired.deadline;
                fired += 1;
            }
        }
        // One for each timer, one where a touched deadline was left, a few where the clocks differ.
        assert!(wakes <= 4 * 500, "{wakes} wakes");
    }
}
