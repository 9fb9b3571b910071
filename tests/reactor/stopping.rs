//! What ends a run, what keeps it alive, and that nothing is lost by stopping.

use std::time::Duration;

use mio::Interest;
use tourbillon::reactor::{Exit, Next, Reactor};

use crate::{Log, at, drain, manual, nanos, readable_pipe, turn};

#[test]
fn an_empty_reactor_is_idle_at_once() {
    let mut reactor = Reactor::<()>::new().unwrap();
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
    // Nor does a single turn sleep that nothing could wake.
    assert!(reactor.turn(&mut (), None).unwrap().is_empty());
}

#[test]
fn a_run_lasts_as_long_as_something_is_left_to_do() {
    let mut reactor = Reactor::<Log>::new().unwrap();
    reactor.after(Duration::from_millis(1), |log: &mut Log, reactor, _| {
        log.push("timer");
        reactor.defer(|log: &mut Log, reactor| {
            log.push("deferred");
            reactor.defer(|log: &mut Log, reactor| {
                log.push("deferred twice");
                let remote = reactor.remote();
                remote.post(|log: &mut Log, _| log.push("post")).unwrap();
            });
        });
    });
    let mut log = Log::new();
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
    assert_eq!(log, ["timer", "deferred", "deferred twice", "post"]);
}

#[test]
fn a_registered_source_keeps_a_run_alive_until_it_stops() {
    let mut reactor = Reactor::<usize>::new().unwrap();
    let (sender, receiver) = readable_pipe();
    let mut sender = Some(sender);
    reactor
        .register(receiver, Interest::READABLE, |bytes: &mut usize, _, pipe, ready| {
            *bytes += drain(pipe);
            if ready.is_read_closed() { Next::Stop } else { Next::Continue }
        })
        .unwrap();
    reactor
        .after(Duration::from_millis(2), move |_: &mut usize, _, _| drop(sender.take()));
    let mut bytes = 0;
    assert_eq!(reactor.run(&mut bytes).unwrap(), Exit::Idle);
    assert_eq!(bytes, 1);
}

#[test]
fn stop_ends_the_turn_after_the_handler_and_loses_nothing() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.at(at(1), |log: &mut Log, reactor, _| {
        log.push("stops");
        reactor.stop();
    });
    reactor.at(at(1), |log: &mut Log, _, _| log.push("second"));
    reactor.defer(|log: &mut Log, _| log.push("deferred"));
    let remote = reactor.remote();
    remote.post(|log: &mut Log, _| log.push("post")).unwrap();
    drop(remote);
    clock.set(at(1));
    let mut log = Log::new();
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Stopped);
    assert_eq!(log, ["stops"]);
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
    assert_eq!(log, ["stops", "second", "deferred", "post"]);
}

#[test]
fn a_stop_among_sources_leaves_the_others_ready() {
    let (mut reactor, _clock) = manual::<u32>();
    let mut senders = Vec::new();
    for _ in 0..3 {
        let (sender, receiver) = readable_pipe();
        senders.push(sender);
        reactor
            .register(receiver, Interest::READABLE, |calls: &mut u32, reactor, _, _| {
                *calls += 1;
                reactor.stop();
                Next::Stop
            })
            .unwrap();
    }
    let mut calls = 0;
    for expected in 1..=3 {
        let turn = reactor.turn(&mut calls, None).unwrap();
        assert!(turn.stopped);
        assert_eq!((calls, turn.sources), (expected, 1));
    }
}

#[test]
fn a_stop_between_runs_is_forgotten() {
    let (mut reactor, _clock) = manual::<Log>();
    reactor.after(Duration::ZERO, |log: &mut Log, _, _| log.push("fires"));
    reactor.stop();
    let mut log = Log::new();
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
    assert_eq!(log, ["fires"]);
}

#[test]
fn the_earliest_stop_at_ends_the_run_and_all_are_forgotten() {
    let mut reactor = Reactor::<u32>::new().unwrap();
    reactor
        .every(Duration::from_micros(300), |ticks: &mut u32, _, _| {
            *ticks += 1;
            Next::Continue
        })
        .unwrap();
    let start = reactor.clock().now();
    let end = start + Duration::from_millis(2);
    reactor.stop_at(start + Duration::from_secs(3600));
    reactor.stop_at(end);
    reactor.stop_at(start + Duration::from_secs(7200));
    let mut ticks = 0;
    assert_eq!(reactor.run(&mut ticks).unwrap(), Exit::Deadline);
    assert!(reactor.now() >= end);
    assert!(ticks >= 1);
    // The next run knows nothing of it.
    reactor.after(Duration::from_micros(700), |_: &mut u32, reactor, _| reactor.stop());
    assert_eq!(reactor.run(&mut ticks).unwrap(), Exit::Stopped);
}

#[test]
fn the_turn_of_stop_at_is_done_to_its_end() {
    let (mut reactor, clock) = manual::<Log>();
    reactor.at(at(5), |log: &mut Log, reactor, _| {
        log.push("timer");
        reactor.stop_at(at(5));
        reactor.defer(|log: &mut Log, _| log.push("deferred"));
        reactor.at(at(5), |log: &mut Log, _, _| log.push("next turn"));
    });
    clock.set(at(5));
    let mut log = Log::new();
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Deadline);
    assert_eq!(log, ["timer", "deferred"]);
}

#[test]
fn on_a_manual_clock_a_run_ends_when_only_the_future_is_left() {
    let (mut reactor, clock) = manual::<Log>();
    let hand = clock.clone();
    reactor.at(at(1), move |log: &mut Log, _, _| {
        log.push("first");
        hand.advance(nanos(9));
    });
    reactor.at(at(10), |log: &mut Log, _, _| log.push("second"));
    reactor.at(at(11), |log: &mut Log, _, _| log.push("never"));
    clock.set(at(1));
    let mut log = Log::new();
    assert_eq!(reactor.run(&mut log).unwrap(), Exit::Idle);
    assert_eq!(log, ["first", "second"]);
    assert_eq!(reactor.timer_count(), 1);
    assert_eq!(turn(&mut reactor, &mut log), 0);
}

#[test]
fn a_stop_after_the_turn_does_it_to_its_end() {
    let (mut reactor, _clock) = manual::<Vec<u32>>();
    reactor.after(nanos(0), |seen: &mut Vec<u32>, reactor, _| {
        reactor.stop_after_turn();
        seen.push(1);
    });
    reactor.after(nanos(0), |seen: &mut Vec<u32>, reactor, _| {
        seen.push(2);
        reactor.defer(|seen, reactor| {
            seen.push(3);
            reactor.defer(|seen, _| seen.push(4));
        });
    });
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Stopped);
    assert_eq!(seen, [1, 2, 3]);
    // Forgotten by the next run; and one that nobody was in is none.
    reactor.stop_after_turn();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen, [1, 2, 3, 4]);
}

#[test]
fn what_keeps_no_run_alive_is_called_as_long_as_one_lasts() {
    let mut reactor = Reactor::<u32>::new().unwrap();
    let ms = Duration::from_millis;
    let statistics = reactor
        .every(ms(1), |ticks: &mut u32, _, _| {
            *ticks += 1;
            Next::Continue
        })
        .unwrap();
    assert!(reactor.set_keeps_alive(statistics, false));
    let mut ticks = 0;
    assert_eq!(reactor.run(&mut ticks).unwrap(), Exit::Idle);
    assert_eq!(ticks, 0);
    // A turn by itself waits for it all the same.
    while ticks == 0 {
        reactor.turn(&mut ticks, None).unwrap();
    }
    // The next one in its slot keeps a run alive again, and so does it when it is told to.
    assert!(reactor.cancel(statistics));
    reactor.after(ms(2), |ticks: &mut u32, _, _| *ticks = 1000);
    assert_eq!(reactor.run(&mut ticks).unwrap(), Exit::Idle);
    assert_eq!(ticks, 1000);
    let late = reactor.after(ms(2), |ticks: &mut u32, _, _| *ticks = 2000);
    reactor.set_keeps_alive(late, false);
    reactor.set_keeps_alive(late, true);
    assert_eq!(reactor.run(&mut ticks).unwrap(), Exit::Idle);
    assert_eq!(ticks, 2000);
    assert!(!reactor.set_keeps_alive(late, false));
}

#[test]
fn a_run_to_a_deadline_ends_there_or_before() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let now = reactor.clock().now();
    assert_eq!(reactor.run_until(&mut (), now).unwrap(), Exit::Deadline);
    let far = now + Duration::from_secs(3600);
    assert_eq!(reactor.run_until(&mut (), far).unwrap(), Exit::Idle);
    reactor.after(Duration::from_secs(1800), |(), _, _| {});
    let soon = reactor.clock().now() + Duration::from_millis(2);
    assert_eq!(reactor.run_until(&mut (), soon).unwrap(), Exit::Deadline);
    assert!(reactor.now() >= soon);
}

#[test]
fn a_turn_by_itself_sleeps_for_a_source_that_keeps_no_run_alive() {
    let (mut sender, receiver) = mio::unix::pipe::new().unwrap();
    let mut reactor = Reactor::<bool>::new().unwrap();
    let key = reactor
        .register(receiver, Interest::READABLE, |seen: &mut bool, _, pipe, _| {
            drain(pipe);
            *seen = true;
            Next::Continue
        })
        .unwrap();
    reactor.set_keeps_alive(key, false);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        std::io::Write::write_all(&mut sender, b"x").unwrap();
        sender
    });
    let mut seen = false;
    let mut turns = 0;
    while !seen {
        reactor.turn(&mut seen, None).unwrap();
        turns += 1;
    }
    assert!(turns < 20, "it spun: {turns} turns");
    drop(thread.join().unwrap());
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
}
