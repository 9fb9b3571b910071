//! Stepping: every deadline on the way, in order and exactly; nothing races; what ends it and what comes then.

use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tourbillon::reactor::memory::Memory;
use tourbillon::reactor::{Advance, Interest, Next, Reactor};
use tourbillon::time::{Clock, Instant, Interval, MissedTickBehavior};
use tourbillon::{BufferEvent, Event, ManualClock};

use crate::{at, manual, manual_with_budget, nanos, panic_with, turn};

/// Who fired, and when.
type Log = Vec<(u32, u64)>;

fn note(log: &mut Log, reactor: &Reactor<Log>, who: u32) {
    log.push((who, reactor.clock().now().as_nanos()));
}

/// A timer that writes itself down, and is exact.
fn timer(reactor: &mut Reactor<Log>, who: u32, deadline: u64) {
    reactor.at(at(deadline), move |log: &mut Log, reactor, fired| {
        assert_eq!((fired.scheduled, fired.now), (at(deadline), at(deadline)));
        assert_eq!(reactor.now(), at(deadline));
        note(log, reactor, who);
    });
}

#[test]
fn every_deadline_on_the_way_is_met_in_order_and_exactly() {
    let (mut reactor, clock) = manual::<Log>();
    for (who, deadline) in [(1, 700), (2, 30), (3, 30), (4, 1 << 40), (5, 1_001)] {
        timer(&mut reactor, who, deadline);
    }
    let common = reactor.common_timeout(nanos(50));
    reactor.after(common, |log: &mut Log, reactor, _| note(log, reactor, 6));
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(1_000)).unwrap(), Advance::Done);
    assert_eq!(log, [(2, 30), (3, 30), (6, 50), (1, 700)]);
    assert_eq!((clock.now(), reactor.now()), (at(1_000), at(1_000)));
    assert_eq!(reactor.advance_to(&mut log, at(1_001)).unwrap(), Advance::Done);
    assert_eq!(log.last(), Some(&(5, 1_001)));
    assert_eq!(reactor.timer_count(), 1);
}

#[test]
fn what_handlers_add_on_the_way_is_on_the_way() {
    let (mut reactor, _clock) = manual::<Log>();
    reactor.after(nanos(10), |log: &mut Log, reactor, _| {
        note(log, reactor, 1);
        reactor.after(nanos(5), |log: &mut Log, reactor, _| note(log, reactor, 3));
        reactor.after(Duration::ZERO, |log: &mut Log, reactor, _| {
            note(log, reactor, 2);
            reactor.defer(|log, reactor| note(log, reactor, 22));
        });
    });
    timer(&mut reactor, 4, 16);
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(20)).unwrap(), Advance::Done);
    assert_eq!(log, [(1, 10), (2, 10), (22, 10), (3, 15), (4, 16)]);
}

#[test]
fn an_interval_ticks_at_each_of_its_instants_and_misses_none() {
    let (mut reactor, _clock) = manual::<Log>();
    for behavior in [MissedTickBehavior::Skip, MissedTickBehavior::Delay] {
        let interval = Interval::new(at(7), nanos(10)).unwrap();
        let interval = interval.with_missed_tick_behavior(behavior);
        reactor.interval(interval, |log: &mut Log, reactor, fired| {
            assert_eq!((fired.missed, fired.lateness()), (0, Duration::ZERO));
            note(log, reactor, 1);
            Next::Continue
        });
    }
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(100_000)).unwrap(), Advance::Done);
    let ticks: Vec<_> = (0..10_000).flat_map(|k| [(1, 7 + 10 * k); 2]).collect();
    assert_eq!(log, ticks);
}

#[test]
fn slack_is_a_deadline_at_its_latest_unless_somebody_is_awake_before() {
    let (mut reactor, _clock) = manual::<Log>();
    for (who, earliest, latest) in [(1, 10, 40), (2, 45, 90), (3, 41, 99), (4, 300, 400)]
    {
        let slack = move |log: &mut Log, reactor: &mut Reactor<Log>, _| {
            note(log, reactor, who);
        };
        reactor.within(at(earliest), at(latest), slack);
    }
    timer(&mut reactor, 5, 50);
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(350)).unwrap(), Advance::Done);
    // 4 rode along with the end of the advance, which is a turn like any other.
    assert_eq!(log, [(1, 40), (5, 50), (3, 50), (2, 50), (4, 350)]);
}

#[test]
fn nothing_moves_on_before_the_budget_has_let_all_through() {
    let (mut reactor, _clock) = manual_with_budget::<Log>(2);
    for who in 0..9 {
        timer(&mut reactor, who, 10 + u64::from(who) / 5);
        reactor.after(nanos(10), move |_, reactor, _| {
            reactor.defer(move |log: &mut Log, reactor| note(log, reactor, 100 + who));
        });
    }
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(50)).unwrap(), Advance::Done);
    let tens = log.iter().filter(|(_, at)| *at == 10).count();
    assert_eq!((tens, log.len()), (14, 18));
    assert!(log.is_sorted_by_key(|(_, at)| *at));
}

#[test]
fn io_in_memory_never_races_the_clock() {
    let clock = ManualClock::new();
    let memory = Memory::new();
    let builder = Reactor::builder().clock(clock.clone()).memory(&memory);
    let mut reactor: Reactor<Log> = builder.build().unwrap();
    let (mut near, far) = memory.pair(1);
    // A conversation, byte by byte through a buffer of one, beside timers a nanosecond apart.
    reactor
        .register(far, Interest::READABLE, |log: &mut Log, reactor, far, _| {
            let mut byte = [0];
            while let Ok(1) = std::io::Read::read(far, &mut byte) {
                note(log, reactor, u32::from(byte[0]));
            }
            Next::Continue
        })
        .unwrap();
    reactor.after(nanos(100), move |_, reactor, _| {
        let mut left = vec![3_u8, 2, 1];
        near.write_all(&[left.pop().unwrap()]).unwrap();
        reactor
            .register(near, Interest::WRITABLE, move |_, _, near, _| {
                while let Some(byte) = left.pop() {
                    if near.write_all(&[byte]).is_err() {
                        left.push(byte);
                        break;
                    }
                }
                Next::Continue
            })
            .unwrap();
    });
    timer(&mut reactor, 99, 101);
    memory.interrupt();
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(500)).unwrap(), Advance::Done);
    assert_eq!(log, [(1, 100), (2, 100), (3, 100), (99, 101)]);
}

#[test]
fn a_posting_thread_and_a_pipe_are_heard_where_the_hand_stands() {
    let (mut reactor, _clock) = manual::<Log>();
    let remote = reactor.remote();
    remote.post(|log: &mut Log, reactor| note(log, reactor, 1)).unwrap();
    let (_sender, receiver) = crate::readable_pipe();
    reactor
        .register(receiver, Interest::READABLE, |log: &mut Log, reactor, _, _| {
            note(log, reactor, 2);
            Next::Stop
        })
        .unwrap();
    timer(&mut reactor, 3, 1);
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(5)).unwrap(), Advance::Done);
    log.sort_unstable();
    assert_eq!(log, [(1, 0), (2, 0), (3, 1)]);
}

#[test]
fn stepping_goes_from_deadline_to_deadline_to_the_end() {
    let (mut reactor, clock) = manual::<Log>();
    timer(&mut reactor, 1, 10);
    timer(&mut reactor, 2, 10);
    timer(&mut reactor, 3, 1 << 50);
    // Due at the end of time, or slack until then: never waited for.
    reactor.at(Instant::MAX, |_, _, _| panic!("never"));
    reactor.within(at(1 << 51), Instant::MAX, |_, _, _| panic!("nobody is awake"));
    let mut log = Log::new();
    assert_eq!(reactor.step(&mut log).unwrap(), Some(at(10)));
    assert_eq!(log.len(), 2);
    assert_eq!(reactor.step(&mut log).unwrap(), Some(at(1 << 50)));
    assert_eq!(reactor.step(&mut log).unwrap(), None);
    assert_eq!((log.len(), clock.now()), (3, at(1 << 50)));
}

#[test]
fn a_step_does_first_what_is_due_already() {
    let (mut reactor, clock) = manual::<Log>();
    clock.set(at(100));
    reactor.at(at(60), |log: &mut Log, reactor, fired| {
        assert_eq!(fired.lateness(), nanos(40));
        note(log, reactor, 1);
    });
    timer(&mut reactor, 2, 130);
    let mut log = Log::new();
    assert_eq!(reactor.step(&mut log).unwrap(), Some(at(130)));
    assert_eq!(log, [(1, 100), (2, 130)]);
}

#[test]
fn a_stop_ends_it_where_it_is_and_another_call_goes_on() {
    let (mut reactor, clock) = manual::<Log>();
    timer(&mut reactor, 1, 10);
    reactor.at(at(20), |log: &mut Log, reactor, _| {
        note(log, reactor, 2);
        reactor.stop();
    });
    reactor.at(at(20), |log: &mut Log, reactor, _| note(log, reactor, 3));
    timer(&mut reactor, 4, 30);
    let mut log = Log::new();
    assert_eq!(reactor.advance_to(&mut log, at(40)).unwrap(), Advance::Stopped);
    assert_eq!((log.as_slice(), clock.now()), (&[(1, 10), (2, 20)][..], at(20)));
    assert_eq!(reactor.advance_to(&mut log, at(40)).unwrap(), Advance::Done);
    assert_eq!(log[2..], [(3, 20), (4, 30)]);
    // From another thread's handle, and while stepping.
    reactor.remote().stop();
    timer(&mut reactor, 5, 50);
    assert_eq!(reactor.step(&mut log).unwrap(), None);
    assert_eq!(reactor.step(&mut log).unwrap(), Some(at(50)));
}

#[test]
fn a_time_to_stop_at_is_stopped_at() {
    let (mut reactor, clock) = manual::<Log>();
    timer(&mut reactor, 1, 10);
    timer(&mut reactor, 2, 25);
    reactor.stop_at(at(20));
    let mut log = Log::new();
    // Not come so far: it stands.
    assert_eq!(reactor.advance(&mut log, nanos(12)).unwrap(), Advance::Done);
    assert_eq!(reactor.advance(&mut log, nanos(99)).unwrap(), Advance::Deadline);
    assert_eq!((log.as_slice(), clock.now()), (&[(1, 10)][..], at(20)));
    assert_eq!(reactor.advance(&mut log, nanos(99)).unwrap(), Advance::Done);
    assert_eq!((log.last(), clock.now()), (Some(&(2, 25)), at(119)));
    // Stepping comes to it as to a deadline, but it is nothing to wait for by itself.
    reactor.stop_at(at(200));
    assert_eq!(reactor.step(&mut log).unwrap(), None);
    assert_eq!(clock.now(), at(119));
    timer(&mut reactor, 3, 300);
    assert_eq!(reactor.step(&mut log).unwrap(), None);
    assert_eq!(clock.now(), at(200));
    assert_eq!(reactor.step(&mut log).unwrap(), Some(at(300)));
}

#[test]
fn a_hand_that_a_handler_moves_is_taken_as_it_stands() {
    let (mut reactor, clock) = manual::<Log>();
    let hand = clock.clone();
    reactor.at(at(10), move |log: &mut Log, reactor, _| {
        note(log, reactor, 1);
        hand.advance(nanos(15));
    });
    reactor.at(at(20), |log: &mut Log, reactor, fired| {
        assert_eq!(fired.lateness(), nanos(5));
        note(log, reactor, 2);
    });
    timer(&mut reactor, 3, 30);
    let hand = clock.clone();
    reactor.at(at(40), move |_, _, _| hand.set(at(5)));
    timer(&mut reactor, 4, 50);
    let hand = clock.clone();
    reactor.at(at(60), move |_, _, _| hand.set(at(1_000)));
    let mut log = Log::new();
    assert_eq!(reactor.advance_to(&mut log, at(100)).unwrap(), Advance::Done);
    assert_eq!(log, [(1, 10), (2, 25), (3, 30), (4, 50)]);
    // Beyond its end: over, and not set back.
    assert_eq!(clock.now(), at(1_000));
    assert_eq!(reactor.advance_to(&mut log, at(500)).unwrap(), Advance::Done);
    assert_eq!(clock.now(), at(1_000));
    // Set back between two calls: the reactor goes by its last reading, and brings the hand there.
    clock.set(at(7));
    timer(&mut reactor, 5, 1_003);
    assert_eq!(reactor.advance(&mut log, nanos(5)).unwrap(), Advance::Done);
    assert_eq!((log.last(), clock.now()), (Some(&(5, 1_003)), at(1_005)));
}

#[test]
fn time_that_cannot_move_on_is_an_error_and_nothing_is_lost() {
    fn again(log: &mut Log, reactor: &mut Reactor<Log>) {
        log.push((1, 0));
        reactor.after(Duration::ZERO, |log: &mut Log, reactor, _| again(log, reactor));
    }
    let (mut reactor, clock) = manual::<Log>();
    reactor.at(at(10), |log: &mut Log, reactor, _| again(log, reactor));
    reactor.at(at(11), |log: &mut Log, reactor, _| {
        note(log, reactor, 2);
        reactor.stop();
    });
    let mut log = Log::new();
    let most = Reactor::<Log>::MOST_TURNS_AT_ONE_INSTANT as usize;
    for calls in 1..=2 {
        let error = reactor.advance(&mut log, nanos(50)).unwrap_err();
        assert!(error.to_string().contains("turns at Instant(10)"), "{error}");
        assert_eq!((clock.now(), reactor.timer_count()), (at(10), 2));
        assert!((most * calls).abs_diff(log.len()) < 3, "once a turn: {}", log.len());
    }
    log.clear();
    clock.set(at(11));
    assert_eq!(reactor.advance(&mut log, nanos(50)).unwrap(), Advance::Stopped);
    assert!(log.contains(&(2, 11)));
}

#[test]
fn only_a_manual_clock_is_stepped_and_not_from_inside() {
    let mut real = Reactor::<()>::new().unwrap();
    let refused = real.advance(&mut (), nanos(1)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(refused.to_string().contains("manual clock"), "{refused}");
    assert_eq!(real.step(&mut ()).unwrap_err().kind(), ErrorKind::InvalidInput);

    let (mut reactor, clock) = manual::<Log>();
    reactor.at(at(10), |log: &mut Log, reactor, _| {
        let mut inner = Log::new();
        let refused = reactor.advance(&mut inner, nanos(1)).unwrap_err();
        assert!(refused.to_string().contains("inside a handler"), "{refused}");
        assert!(reactor.step(&mut inner).is_err());
        note(log, reactor, 1);
    });
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, nanos(20)).unwrap(), Advance::Done);
    assert_eq!((log.as_slice(), clock.now()), (&[(1, 10)][..], at(20)));
}

#[test]
fn a_panic_comes_out_and_another_call_goes_on() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.at(at(10), |_, _, _| panic_with("on purpose"));
    reactor.at(at(10), |log: &mut Log, reactor, _| note(log, reactor, 1));
    timer(&mut reactor, 2, 20);
    let mut log = Log::new();
    let advance = || reactor.advance_to(&mut log, at(30));
    assert!(catch_unwind(AssertUnwindSafe(advance)).is_err());
    assert_eq!(clock.now(), at(10));
    assert_eq!(reactor.advance_to(&mut log, at(30)).unwrap(), Advance::Done);
    assert_eq!(log, [(1, 10), (2, 20)]);
    assert_eq!(turn(&mut reactor, &mut log), 0);
}

#[test]
fn the_end_of_time_can_be_reached() {
    let (mut reactor, clock) = manual::<Log>();
    timer(&mut reactor, 1, u64::MAX - 1);
    timer(&mut reactor, 2, u64::MAX);
    let mut log = Log::new();
    assert_eq!(reactor.advance(&mut log, Duration::MAX).unwrap(), Advance::Done);
    assert_eq!(log, [(1, u64::MAX - 1), (2, u64::MAX)]);
    assert_eq!(clock.now(), Instant::MAX);
    assert_eq!(reactor.advance(&mut log, Duration::MAX).unwrap(), Advance::Done);
}

/// What a stream was told, and when.
type Told = Vec<(u64, String)>;

fn tell(told: &mut Told, reactor: &Reactor<Told>, event: &Event) {
    told.push((reactor.clock().now().as_nanos() / 1_000_000, format!("{event:?}")));
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn a_bufferevents_timeouts_pass_at_their_very_instants() {
    let memory = Memory::new();
    let builder = Reactor::builder().clock(ManualClock::new()).memory(&memory);
    let mut reactor: Reactor<Told> = builder.build().unwrap();
    let idle = reactor.common_timeout(ms(30));
    let (near, mut far) = memory.pair(8);
    let stream = BufferEvent::new(near).idle_timeout(idle).write_timeout(ms(20));
    let key = stream
        .attach(&mut reactor, |told: &mut Told, reactor, stream, event| {
            tell(told, reactor, &event);
            if matches!(event, Event::Readable) {
                let (input, output) = stream.buffers();
                output.append(input);
            }
        })
        .unwrap();
    let mut told = Told::new();
    let _ = reactor.advance(&mut told, ms(5)).unwrap();
    far.write_all(b"12345678").unwrap();
    let _ = reactor.advance(&mut told, ms(10)).unwrap();
    // Its echo of the next eight is not taken.
    far.write_all(b"abcdefgh").unwrap();
    let _ = reactor.advance(&mut told, ms(100)).unwrap();
    let told = told.iter().map(|(at, what)| (*at, what.as_str())).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            (5, "Readable"),
            (5, "Drained"),
            (15, "Readable"),
            (35, "TimedOut(Write)"),
            (45, "TimedOut(Idle)"),
        ]
    );
    assert_eq!(reactor.source_mut(key).unwrap().output().len(), 8);
}

#[test]
fn a_closing_bufferevent_lingers_exactly_as_long_as_it_says() {
    let memory = Memory::new();
    let builder = Reactor::builder().clock(ManualClock::new()).memory(&memory);
    let mut reactor: Reactor<Told> = builder.build().unwrap();
    let (near, mut far) = memory.pair(8);
    far.write_all(b"more").unwrap();
    let key = BufferEvent::new(near)
        .attach(&mut reactor, |told: &mut Told, reactor, stream, event| {
            tell(told, reactor, &event);
            stream.close_when_flushed();
        })
        .unwrap();
    reactor.source_mut(key).unwrap().output().extend_from_slice(b"a long farewell");
    let mut told = Told::new();
    let _ = reactor.advance(&mut told, ms(10)).unwrap();
    let mut part = [0; 8];
    assert_eq!(std::io::Read::read(&mut far, &mut part).unwrap(), 8);
    far.write_all(b"more").unwrap();
    let _ = reactor.advance(&mut told, ms(1)).unwrap();
    // All is out now, and the peer still talks: half a second from then.
    assert_eq!(std::io::Read::read(&mut far, &mut part).unwrap(), 7);
    far.write_all(b"more").unwrap();
    while reactor.step(&mut told).unwrap().is_some() {}
    assert_eq!(told, [(0, "Drained".to_owned()), (510, "Closed".to_owned())]);
}

#[test]
fn a_stop_after_the_turn_ends_an_advance_where_the_hand_stands() {
    let (mut reactor, _clock) = manual::<Vec<u64>>();
    reactor.after(nanos(10), |seen: &mut Vec<u64>, reactor, _| {
        seen.push(10);
        reactor.stop_after_turn();
        reactor.defer(|seen, _| seen.push(11));
    });
    reactor.after(nanos(20), |seen: &mut Vec<u64>, _, _| seen.push(20));
    let mut seen = Vec::new();
    assert_eq!(reactor.advance(&mut seen, nanos(50)).unwrap(), Advance::Stopped);
    assert_eq!((&seen[..], reactor.now()), (&[10, 11][..], at(10)));
    assert_eq!(reactor.advance(&mut seen, nanos(50)).unwrap(), Advance::Done);
    assert_eq!((&seen[..], reactor.now()), (&[10, 11, 20][..], at(60)));
}
