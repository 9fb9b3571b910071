//! Looking at a reactor: names, dumps, whose handler runs, counters.

use mio::Interest;
use mio::unix::pipe;
use tourbillon::reactor::{Next, Origin, Priority, Ready, TimerKind};

use crate::{drain, manual, manual_with_budget, nanos, readable_pipe, turn};

#[test]
fn a_dump_tells_all_that_is_registered() {
    let (mut reactor, clock) = manual::<()>();
    let slow = reactor.after(nanos(700), |(), _, _| {});
    let tick = reactor.every(nanos(500), |(), _, _| Next::Continue).unwrap();
    let (_sender, receiver) = pipe::new().unwrap();
    let source = reactor
        .register(receiver, Interest::READABLE, |(), _, _, _| Next::Continue)
        .unwrap();
    let hook = reactor.before_wait(|(), _, _| Next::Continue);
    reactor.set_timeout(source, nanos(600));
    reactor.set_priority(source, Priority::High);
    reactor.set_keeps_alive(tick, false);
    for (owner, name) in [
        (Origin::from(slow), "slow"),
        (tick.into(), "tick"),
        (source.into(), "the pipe"),
        (hook.into(), "last look"),
    ] {
        assert!(reactor.set_name(owner, name));
        assert_eq!(reactor.name(owner), Some(name));
    }
    reactor.activate(source, Ready::READABLE);
    reactor.defer(|(), _| {});
    clock.advance(nanos(100));

    let dump = reactor.dump();
    assert_eq!(dump.now.as_nanos(), 100);
    let timers: Vec<_> = dump
        .timers
        .iter()
        .map(|timer| {
            let name = timer.name.as_deref();
            (timer.deadline.as_nanos(), timer.kind, name, timer.keeps_alive)
        })
        .collect();
    let expected = [
        (500, TimerKind::Interval(nanos(500)), Some("tick"), false),
        (600, TimerKind::Timeout(source.into()), None, false),
        (700, TimerKind::Once, Some("slow"), true),
    ];
    assert_eq!(timers, expected);
    let [seen] = &dump.sources[..] else { panic!("one source: {dump:?}") };
    assert_eq!(seen.id, source.into());
    assert_eq!(
        (seen.interest, seen.pending),
        (Some(Interest::READABLE), Ready::READABLE)
    );
    assert_eq!((seen.priority, seen.keeps_alive), (Priority::High, true));
    assert_eq!(seen.times_out, Some(crate::at(600)));
    assert_eq!(dump.hooks[0].2.as_deref(), Some("last look"));
    assert_eq!((dump.deferred, dump.posts), (1, 0));
    let printed = dump.to_string();
    for part in [
        "reactor at 100ns\n3 timers\n",
        "in 400ns, every 500ns, keeps no run alive, \"tick\"\n",
        "in 600ns, once, \"slow\"\n",
        "1 sources\n",
        "Receiver, for READABLE, priority High, pending {readable}, times out in 500ns, \
         \"the pipe\"\n",
        "before the wait, \"last look\"\n",
        "1 deferred, 0 posts",
    ] {
        assert!(printed.contains(part), "no {part:?} in\n{printed}");
    }
}

#[test]
fn a_dump_inside_a_handler_sees_it_run() {
    let (mut reactor, clock) = manual::<u32>();
    reactor
        .every(nanos(10), |seen: &mut u32, reactor, _| {
            let dump = reactor.dump();
            assert_eq!(dump.timers[0].kind, TimerKind::Running);
            assert_eq!(dump.timers[0].deadline.as_nanos(), 20);
            *seen += 1;
            Next::Continue
        })
        .unwrap();
    let event = reactor
        .event(|seen: &mut u32, reactor, _| {
            assert_eq!(reactor.dump().sources[0].type_name, None);
            assert_eq!(reactor.dump().sources[0].interest, None);
            *seen += 1;
            Next::Continue
        })
        .unwrap();
    reactor.activate(event, Ready::READABLE);
    clock.advance(nanos(10));
    let mut seen = 0;
    turn(&mut reactor, &mut seen);
    assert_eq!(seen, 2);
    // A timer that is due and overdue, and one that is never.
    reactor.at(crate::at(u64::MAX), |_, _, _| {});
    clock.advance(nanos(25));
    let printed = reactor.dump().to_string();
    assert!(printed.contains("due for 15ns, every 10ns"), "{printed}");
    assert!(printed.contains("never, once"), "{printed}");
}

#[test]
fn a_name_goes_with_its_owner() {
    let (mut reactor, clock) = manual::<()>();
    let once = reactor.after(nanos(1), |(), _, _| {});
    let tick = reactor.every(nanos(1), |(), _, _| Next::Stop).unwrap();
    let cancelled = reactor.after(nanos(1), |(), _, _| {});
    let event = reactor.event(|(), _, _| Next::Stop).unwrap();
    let hook = reactor.after_wait(|(), _, _| Next::Stop);
    let owners: [Origin; 5] =
        [once.into(), tick.into(), cancelled.into(), event.into(), hook.into()];
    for owner in owners {
        assert!(reactor.set_name(owner, format!("{owner:?}")));
        assert_eq!(reactor.name(owner), Some(&*format!("{owner:?}")));
    }
    assert!(reactor.set_name(event, "another"));
    assert_eq!(reactor.name(event), Some("another"));
    reactor.cancel(cancelled);
    reactor.activate(event, Ready::READABLE);
    clock.advance(nanos(1));
    turn(&mut reactor, &mut ());
    for owner in owners {
        assert_eq!(reactor.name(owner), None, "{owner:?}");
        assert!(!reactor.set_name(owner, "too late"), "{owner:?}");
        assert_eq!(reactor.name(owner), None, "{owner:?}");
    }
    assert!(!reactor.set_name(Origin::Deferred, "nobody's"));
    // An empty one takes it away.
    let key = reactor.after(nanos(1), |(), _, _| {});
    assert!(reactor.set_name(key, "x") && reactor.set_name(key, ""));
    assert_eq!(reactor.name(key), None);
}

#[test]
fn every_handler_can_ask_whose_it_is() {
    let (mut reactor, clock) = manual::<Vec<Origin>>();
    let note =
        |seen: &mut Vec<Origin>, running: Option<Origin>| seen.push(running.unwrap());
    let before = reactor.before_wait(move |seen, reactor, _| {
        note(seen, reactor.running());
        Next::Stop
    });
    let after = reactor.after_wait(move |seen, reactor, _| {
        note(seen, reactor.running());
        Next::Stop
    });
    let event = reactor
        .event(move |seen, reactor, _| {
            note(seen, reactor.running());
            Next::Continue
        })
        .unwrap();
    reactor.activate(event, Ready::READABLE);
    let once =
        reactor.after(nanos(1), move |seen, reactor, _| note(seen, reactor.running()));
    let tick = reactor
        .every(nanos(2), move |seen, reactor, _| {
            note(seen, reactor.running());
            Next::Stop
        })
        .unwrap();
    reactor.defer(move |seen, reactor| note(seen, reactor.running()));
    let remote = reactor.remote();
    remote.post(move |seen, reactor| note(seen, reactor.running())).unwrap();
    clock.advance(nanos(2));
    let mut seen = Vec::new();
    turn(&mut reactor, &mut seen);
    let expected: [Origin; 7] = [
        before.into(),
        after.into(),
        event.into(),
        once.into(),
        tick.into(),
        Origin::Deferred,
        Origin::Post,
    ];
    assert_eq!(seen, expected);
    assert_eq!(reactor.running(), None);
}

#[test]
fn high_water_marks_are_kept_until_they_are_reset() {
    let (mut reactor, _clock) = manual::<()>();
    let keys: Vec<_> = (0..10).map(|i| reactor.after(nanos(i), |(), _, _| {})).collect();
    for key in &keys[..7] {
        reactor.cancel(*key);
    }
    let event = reactor.event(|(), _, _| Next::Continue).unwrap();
    reactor.set_timeout(event, nanos(100));
    reactor.deregister(event);
    assert_eq!((reactor.stats().most_timers, reactor.stats().most_sources), (10, 1));
    reactor.reset_stats();
    assert_eq!((reactor.stats().most_timers, reactor.stats().most_sources), (3, 0));
}

#[test]
fn budget_hits_are_counted_by_phase() {
    let (mut reactor, clock) = manual_with_budget::<()>(2);
    for _ in 0..3 {
        reactor.after(nanos(1), |(), _, _| {});
        reactor.defer(|(), _| {});
        reactor.remote().post(|(), _| {}).unwrap();
        let event = reactor.event(|(), _, _| Next::Continue).unwrap();
        reactor.activate(event, Ready::READABLE);
    }
    clock.advance(nanos(1));
    turn(&mut reactor, &mut ());
    let hits = reactor.stats().budget_hits_by;
    assert_eq!((hits.sources, hits.timers, hits.deferred, hits.posts), (1, 1, 1, 1));
    assert_eq!((hits.by_time, reactor.stats().budget_hits), (0, 4));
    turn(&mut reactor, &mut ());
    assert_eq!(reactor.stats().budget_hits, 4);
}

#[test]
fn who_stops_before_the_end_is_called_again_by_its_answer() {
    let (mut reactor, _clock) = manual::<Vec<Ready>>();
    let (_sender, receiver) = readable_pipe();
    reactor
        .register(
            receiver,
            Interest::READABLE,
            |seen: &mut Vec<Ready>, _, pipe, ready| {
                seen.push(ready);
                if seen.len() < 3 {
                    return Next::Again;
                }
                drain(pipe);
                Next::Continue
            },
        )
        .unwrap();
    let mut seen = Vec::new();
    for _ in 0..5 {
        turn(&mut reactor, &mut seen);
    }
    assert_eq!(seen, [Ready::READABLE; 3]);
}

#[test]
fn who_is_told_of_a_slow_handler_can_ask_for_the_name_of_one_that_is_gone() {
    let (mut reactor, clock) = manual::<Vec<Option<String>>>();
    reactor.on_slow_handler(nanos(10), |seen: &mut Vec<_>, reactor, slow| {
        seen.push(reactor.name(slow.origin).map(String::from));
        Next::Continue
    });
    let (busy, also_busy) = (clock.clone(), clock.clone());
    let once = reactor.after(nanos(0), move |_, _, _| busy.advance(nanos(50)));
    let event = reactor
        .event(move |_, _, _| {
            also_busy.advance(nanos(50));
            Next::Stop
        })
        .unwrap();
    reactor.set_name(once, "once");
    reactor.set_name(event, "event");
    reactor.activate(event, Ready::READABLE);
    let mut seen = Vec::new();
    turn(&mut reactor, &mut seen);
    assert_eq!(seen, [Some("event".into()), Some("once".into())]);
    assert_eq!(reactor.name(once), None);
    assert_eq!(reactor.name(event), None);
}
