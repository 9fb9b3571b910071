//! tokio, `tests/time_interval.rs`, `time_pause.rs` and `time_timeout.rs`, asked of a reactor.
//!
//! Where tokio's numbers are a millisecond later, its clock has ticks of that size; ours has none.

use std::time::Duration;

use tourbillon::ManualClock;
use tourbillon::reactor::{Exit, Next, Reactor, Ready, SourceKey, UserEvent};
use tourbillon::time::{Clock, Instant, Interval, MissedTickBehavior};

use crate::common::{MILLI, Random, at, at_ms, ms};
use crate::{Log, advance_to, manual, run, turn};

const PERIOD: Duration = Duration::from_millis(300);

/// When the interval is asked, in milliseconds.
const ASKED_AT: [u64; 8] = [0, 100, 300, 950, 1_150, 1_250, 1_500, 1_800];

/// An interval of 300 ms that starts now, and writes down for when its ticks were scheduled.
fn start(
    behavior: MissedTickBehavior,
) -> (Reactor<Vec<u64>>, ManualClock, tourbillon::TimerKey) {
    let (mut reactor, clock) = manual::<Vec<u64>>();
    let interval =
        Interval::new(Instant::ZERO, PERIOD).unwrap().with_missed_tick_behavior(behavior);
    let key = reactor.interval(interval, |ticks: &mut Vec<u64>, _, fired| {
        ticks.push(fired.scheduled.as_nanos() / MILLI);
        Next::Continue
    });
    (reactor, clock, key)
}

/// The ticks of each time that it is asked. Each turn gives one at most.
fn ticks(behavior: MissedTickBehavior) -> Vec<Vec<u64>> {
    let (mut reactor, clock, _) = start(behavior);
    ASKED_AT
        .map(|now| {
            clock.set(at_ms(now));
            let mut ticks = Vec::new();
            while turn(&mut reactor, &mut ticks) == 1 {}
            ticks
        })
        .to_vec()
}

/// `burst`: at 950 the ticks of 600 and 900 come one after the other.
#[test]
fn tokio_interval_burst() {
    let expected: [&[u64]; 8] =
        [&[0], &[], &[300], &[600, 900], &[], &[1_200], &[1_500], &[1_800]];
    assert_eq!(ticks(MissedTickBehavior::Burst), expected);
}

/// `delay`: at 950 the tick of 600 comes, and from there on it goes by 950.
#[test]
fn tokio_interval_delay() {
    let expected: [&[u64]; 8] = [&[0], &[], &[300], &[600], &[], &[1_250], &[], &[1_550]];
    assert_eq!(ticks(MissedTickBehavior::Delay), expected);
}

/// `skip`: at 950 tokio hands out the tick of 600, which was missed; here it is the latest that is due, that
/// of 900, and the other is counted. From there on they are the same.
#[test]
fn tokio_interval_skip() {
    let expected: [&[u64]; 8] =
        [&[0], &[], &[300], &[900], &[], &[1_200], &[1_500], &[1_800]];
    assert_eq!(ticks(MissedTickBehavior::Skip), expected);
}

/// `reset_without_behavior`, `reset_immediately`, `reset_after`, `reset_at`: at 400, from between two turns
/// and from a handler. In a reactor all four are `reschedule`, which starts the grid anew.
#[test]
fn tokio_interval_resets() {
    let now = at_ms(400);
    for (first, expected) in [
        (now + PERIOD, [700, 1_000]),
        (now, [400, 700]),
        (now + ms(20), [420, 720]),
        (at_ms(440), [440, 740]),
    ] {
        for in_handler in [false, true] {
            let (mut reactor, clock, key) = start(MissedTickBehavior::Skip);
            let mut ticks = Vec::new();
            advance_to(&mut reactor, &mut ticks, at_ms(399));
            assert_eq!(ticks, [0, 300]);
            ticks.clear();
            if in_handler {
                reactor.at(now, move |_, reactor, _| {
                    assert!(reactor.reschedule(key, first));
                });
            } else {
                clock.set(now);
                assert!(reactor.reschedule(key, first));
            }
            advance_to(&mut reactor, &mut ticks, at_ms(1_020));
            assert_eq!(ticks[..2], expected);
        }
    }
}

/// A world of timers, intervals, events and timeouts that move each other about at random.
struct World {
    random: Random,
    log: Vec<(Instant, Instant, u64)>,
    event: Option<SourceKey<UserEvent>>,
}

impl World {
    fn act(&mut self, reactor: &mut Reactor<Self>, scheduled: Instant, who: u64) {
        self.log.push((reactor.now(), scheduled, who));
        let after = Duration::from_nanos(self.random.below(50 * MILLI));
        match self.random.below(4) {
            0 => {
                reactor.after(after, move |world: &mut Self, reactor, fired| {
                    world.act(reactor, fired.scheduled, who + 1);
                });
            }
            1 => {
                let keys = reactor.dump().timers;
                let chosen = keys[self.random.below(keys.len() as u64) as usize].key;
                let to = reactor.now() + after;
                assert!(reactor.reschedule(chosen, to));
            }
            2 => {
                let event = self.event.unwrap();
                assert!(reactor.set_timeout(event, after));
                assert!(reactor.activate(event, Ready::WRITABLE));
            }
            _ => {}
        }
    }
}

/// What happens in half a second of it.
fn history(seed: u64) -> Vec<(Instant, Instant, u64)> {
    let (mut reactor, _clock) = manual::<World>();
    let event = reactor.event(|world: &mut World, reactor, _| {
        world.act(reactor, Instant::MAX, 1_000);
        Next::Continue
    });
    let event = Some(event.unwrap());
    let mut world = World { random: Random::new(seed), log: Vec::new(), event };
    for i in 1..=10 {
        let period = Duration::from_nanos(world.random.below(20 * MILLI) + MILLI);
        let every = reactor.every(period, move |world: &mut World, reactor, fired| {
            world.act(reactor, fired.scheduled, i * 10_000);
            Next::Continue
        });
        every.unwrap();
    }
    advance_to(&mut reactor, &mut world, at_ms(500));
    world.log
}

/// `paused_time_is_deterministic`: two runs are equal, and a third with other numbers is not.
#[test]
fn tokio_paused_time_is_deterministic() {
    let first = history(1);
    assert!(first.len() > 400, "{}", first.len());
    assert!(first.iter().all(|(now, scheduled, who)| now >= scheduled || *who == 1_000));
    assert_eq!(first, history(1));
    assert_ne!(first, history(2));
}

/// `sub_ms` advances, and `regression_3710_with_submillis_advance`: a timer of 60 s that is added a nanosecond
/// or most of a millisecond after a whole one fires 60 s later, to the nanosecond.
#[test]
fn tokio_advance_by_less_than_a_millisecond() {
    for into in [1, 1_000, 499_999, 500_000, 999_999] {
        let (mut reactor, clock) = manual::<Log>();
        clock.advance(ms(1) + Duration::from_nanos(into));
        reactor.after(ms(60_000), |log: &mut Log, _, _| log.push("done"));
        let mut log = Log::new();
        clock.advance(ms(59_000));
        assert_eq!(turn(&mut reactor, &mut log), 0);
        clock.advance(Duration::from_nanos(999_999_999));
        assert_eq!(turn(&mut reactor, &mut log), 0);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(turn(&mut reactor, &mut log), 1);
    }
}

/// `advance_multi_with_timer_pending`, `interval`-and-`advance` (tokio#7419, #7858): an advance over several
/// deadlines stops at each of them, so that what a handler sees and adds is as on a clock that flows.
#[test]
fn tokio_advance_stops_at_each_deadline() {
    let (mut reactor, clock) = manual::<Vec<(Instant, Instant)>>();
    for millis in [10, 20, 30] {
        reactor.after(ms(millis), |seen: &mut Vec<_>, reactor, fired| {
            seen.push((fired.scheduled, fired.now));
            reactor.after(ms(5), |seen: &mut Vec<_>, _, fired| {
                seen.push((fired.scheduled, fired.now));
            });
        });
    }
    let mut seen = Vec::new();
    advance_to(&mut reactor, &mut seen, at_ms(100));
    assert_eq!(
        seen,
        [10, 15, 20, 25, 30, 35].map(|millis| (at_ms(millis), at_ms(millis)))
    );
    assert_eq!(clock.now(), at_ms(100));
}

/// What an event with a timeout was told, and when.
type Told = Vec<(Instant, Ready)>;

fn waiting(after: Duration) -> (Reactor<Told>, ManualClock, SourceKey<UserEvent>) {
    let (mut reactor, clock) = manual::<Told>();
    let event = reactor.event(|told: &mut Told, reactor, ready| {
        told.push((reactor.now(), ready));
        Next::Stop
    });
    let event = event.unwrap();
    assert!(reactor.set_timeout(event, after));
    (reactor, clock, event)
}

/// `simultaneous_deadline_future_completion`: what is ready at the deadline is handed out. (The timeout is
/// told as well: both are true.)
#[test]
fn tokio_timeout_and_value_at_the_same_time() {
    let (mut reactor, _clock, event) = waiting(ms(100));
    reactor.before_wait(move |_, reactor, _| {
        if reactor.clock().now() == at_ms(100) {
            reactor.activate(event, Ready::READABLE);
        }
        Next::Continue
    });
    let mut told = Told::new();
    advance_to(&mut reactor, &mut told, at_ms(1_000));
    assert_eq!(told, [(at_ms(100), Ready::READABLE | Ready::TIMED_OUT)]);
}

/// `future_and_deadline_in_future`, `deadline_now_elapses`, `deadline_future_elapses`, `very_large_timeout`,
/// `completed_future_past_deadline`.
#[test]
fn tokio_timeouts() {
    let (mut reactor, _clock, event) = waiting(ms(100));
    let mut told = Told::new();
    advance_to(&mut reactor, &mut told, at_ms(90));
    assert!(reactor.activate(event, Ready::READABLE));
    advance_to(&mut reactor, &mut told, at_ms(1_000));
    assert_eq!(told, [(at_ms(90), Ready::READABLE)]);
    assert_eq!(reactor.timer_count(), 0, "the timeout goes with the event");

    let (mut reactor, _clock, _) = waiting(Duration::ZERO);
    let mut told = Told::new();
    advance_to(&mut reactor, &mut told, at_ms(1_000));
    assert_eq!(told, [(at_ms(0), Ready::TIMED_OUT)]);

    let (mut reactor, _clock, _) = waiting(ms(300));
    let mut told = Told::new();
    advance_to(&mut reactor, &mut told, at(300 * MILLI - 1));
    assert_eq!(told, []);
    advance_to(&mut reactor, &mut told, at_ms(300));
    assert_eq!(told, [(at_ms(300), Ready::TIMED_OUT)]);

    let (mut reactor, _clock, event) = waiting(Duration::MAX);
    let mut told = Told::new();
    advance_to(&mut reactor, &mut told, at(u64::MAX - 1));
    assert_eq!((told.len(), reactor.is_registered(event)), (0, true));
    assert!(reactor.activate(event, Ready::READABLE));
    assert_eq!(turn(&mut reactor, &mut told), 1, "an age too late for its deadline");
}

/// `timeout_is_not_exhausted_by_future`: what is busy in every turn does not keep a deadline from being met.
/// (The timeout of an event is one of silence. The deadline of all the work is a timer.)
#[test]
fn tokio_timeout_is_not_exhausted_by_future() {
    let (mut reactor, clock) = manual::<u64>();
    let hand = clock.clone();
    let busy = reactor.event(move |calls: &mut u64, _, ready| {
        assert!(!ready.is_timed_out());
        *calls += 1;
        hand.advance(ms(1));
        Next::Again
    });
    let busy = busy.unwrap();
    assert!(reactor.set_timeout(busy, ms(2)), "which never comes");
    assert!(reactor.activate(busy, Ready::READABLE));
    reactor.after(ms(90), move |_, reactor, fired| {
        assert_eq!(fired.now, at_ms(91), "after the call that began at the deadline");
        assert!(reactor.deregister(busy).is_some());
    });
    let mut calls = 0;
    assert_eq!(run(&mut reactor, &clock, &mut calls), Exit::Idle);
    assert_eq!((calls, clock.now()), (91, at_ms(91)));
}
