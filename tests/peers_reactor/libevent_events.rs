//! libevent, `test/regress.c`, `regress_finalize.c` and `regress_minheap.c`: events of the program's own; who
//! counts them, walks over them, and frees them at the wrong moment.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use mio::unix::SourceFd;
use tourbillon::reactor::{Exit, Interest, Next, Reactor, Ready, SourceKey, UserEvent};
use tourbillon::time::Instant;

use crate::common::{Random, at, at_ms, ms};
use crate::{Log, advance_to, manual, turn};

/// Says when it is dropped.
struct Witness(Rc<Cell<u32>>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// An event that counts its calls in its own digit, and holds a witness.
fn counting(
    reactor: &mut Reactor<u32>,
    worth: u32,
    dropped: &Rc<Cell<u32>>,
) -> SourceKey<UserEvent> {
    let witness = Witness(Rc::clone(dropped));
    let event = reactor.event(move |sum: &mut u32, _, _| {
        let _held = &witness;
        *sum += worth;
        Next::Continue
    });
    event.unwrap()
}

/// What there is: timers, sources, and sources that wait for a call.
fn count<S>(reactor: &Reactor<S>) -> (usize, usize, usize) {
    let dump = reactor.dump();
    assert_eq!(dump.timers.len(), reactor.timer_count());
    let active = dump.sources.iter().filter(|source| !source.pending.is_none());
    (dump.timers.len(), dump.sources.len(), active.count())
}

/// `test_event_base_get_num_events`, `.._get_max_events`: what is added, active, and was at most. Libevent
/// counts events; here timers and sources have a count each, a timeout is a timer, and a reset begins with
/// what there is now, not with nothing.
#[test]
fn libevent_event_base_get_num_and_max_events() {
    let (mut reactor, _clock) = manual::<u32>();
    let most = |reactor: &Reactor<u32>| {
        (reactor.stats().most_timers, reactor.stats().most_sources)
    };
    assert_eq!((count(&reactor), most(&reactor)), ((0, 0, 0), (0, 0)));
    let event = counting(&mut reactor, 1, &Rc::default());
    assert_eq!(count(&reactor), (0, 1, 0));
    assert!(reactor.set_timeout(event, ms(100)));
    assert_eq!(count(&reactor), (1, 1, 0));
    assert!(reactor.set_timeout(event, ms(200)), "the same one, anew");
    assert_eq!(count(&reactor), (1, 1, 0));
    assert!(reactor.activate(event, Ready::READABLE));
    assert!(reactor.activate(event, Ready::WRITABLE));
    assert_eq!(count(&reactor), (1, 1, 1));
    let mut sum = 0;
    assert_eq!(turn(&mut reactor, &mut sum), 1);
    assert_eq!((sum, count(&reactor)), (1, (1, 1, 0)));
    let timers = [1, 2].map(|millis| reactor.after(ms(millis), |_, _, _| {}));
    assert_eq!((count(&reactor), most(&reactor)), ((3, 1, 0), (3, 1)));
    assert!(timers.into_iter().all(|timer| reactor.cancel(timer)));
    assert_eq!((count(&reactor), most(&reactor)), ((1, 1, 0), (3, 1)));
    reactor.reset_stats();
    assert_eq!(most(&reactor), (1, 1));
    assert!(reactor.clear_timeout(event) && reactor.deregister(event).is_some());
    assert_eq!((count(&reactor), most(&reactor)), ((0, 0, 0), (1, 1)));
    reactor.reset_stats();
    assert_eq!(most(&reactor), (0, 0));
    // A virtual event: what keeps a run alive and is not there.
    let remote = reactor.remote();
    assert_eq!(count(&reactor), (0, 0, 0));
    drop(remote);
    assert_eq!(reactor.run(&mut sum).unwrap(), Exit::Idle);
}

/// `test_event_foreach`: of five events four are pending or active, or both: each is visited once. (The list is
/// a snapshot, so whoever wants to stop early does, and may change what he likes meanwhile.)
#[test]
fn libevent_event_foreach() {
    let (mut reactor, _clock) = manual::<u32>();
    let dropped = Rc::default();
    let events = [1; 5].map(|worth| counting(&mut reactor, worth, &dropped));
    let timer = reactor.after(ms(10), |_, _, _| {});
    for event in &events[..3] {
        assert!(reactor.set_timeout(*event, ms(100)));
    }
    for event in &events[2..4] {
        assert!(reactor.activate(*event, Ready::READABLE));
    }
    let dump = reactor.dump();
    let visited: Vec<_> = dump.sources.iter().map(|source| source.id).collect();
    assert_eq!(visited, events.map(Into::into));
    let timers: HashSet<_> = dump.timers.iter().map(|timer| timer.key).collect();
    assert!(timers.len() == 4 && timers.contains(&timer));
    let states = dump
        .sources
        .iter()
        .map(|source| (source.times_out.is_some(), !source.pending.is_none()));
    let expected =
        [(true, false), (true, false), (true, true), (false, true), (false, false)];
    assert!(states.eq(expected));
    for source in dump.sources.iter().filter(|source| source.times_out.is_some()) {
        assert!(reactor.clear_timeout(source.id));
    }
    assert_eq!(count(&reactor), (1, 5, 2));
}

/// `test_free_active_base`: a base is freed while events are active and timers due. Nothing is called, and
/// everything is dropped once.
#[test]
fn libevent_free_active_base() {
    let (mut reactor, clock) = manual::<u32>();
    let dropped = Rc::new(Cell::new(0));
    let event = counting(&mut reactor, 1, &dropped);
    assert!(reactor.set_timeout(event, ms(1)));
    assert!(reactor.activate(event, Ready::READABLE));
    let witness = || Witness(Rc::clone(&dropped));
    let (timer, deferred) = (witness(), witness());
    reactor.after(ms(1), move |_, _, _| drop(timer));
    reactor.defer(move |_, _| drop(deferred));
    // And once more in the middle of a turn that was stopped.
    reactor.at(Instant::ZERO, |_, reactor, _| reactor.stop());
    clock.advance(ms(5));
    let mut sum = 0;
    assert_eq!(turn(&mut reactor, &mut sum), 2, "the event, and the one that stops");
    assert!(reactor.activate(event, Ready::READABLE));
    assert_eq!((sum, dropped.get()), (1, 0));
    drop(reactor);
    assert_eq!((sum, dropped.get()), (1, 3));
}

/// `test_manipulate_active_events`: what is active is deleted, activated again, made more urgent, given a
/// timeout and added anew.
#[test]
fn libevent_manipulate_active_events() {
    let (mut reactor, clock) = manual::<Vec<Ready>>();
    let event = |reactor: &mut Reactor<Vec<Ready>>| {
        let event = reactor.event(|seen: &mut Vec<_>, _, ready| {
            seen.push(ready);
            Next::Continue
        });
        event.unwrap()
    };
    let (deleted, kept) = (event(&mut reactor), event(&mut reactor));
    for event in [deleted, kept] {
        assert!(reactor.activate(event, Ready::READABLE));
    }
    assert!(reactor.deregister(deleted).is_some());
    assert!(!reactor.activate(deleted, Ready::READABLE));
    // The one that takes its place is another.
    let newcomer = event(&mut reactor);
    assert_eq!(count(&reactor), (0, 2, 1));
    assert!(reactor.activate(kept, Ready::WRITABLE));
    assert!(reactor.set_timeout(kept, Duration::ZERO));
    clock.advance(ms(1));
    let mut seen = Vec::new();
    assert_eq!(turn(&mut reactor, &mut seen), 1);
    assert_eq!(seen, [Ready::READABLE | Ready::WRITABLE | Ready::TIMED_OUT]);
    assert!(reactor.clear_timeout(kept));
    assert!(reactor.activate(newcomer, Ready::ERROR));
    assert_eq!(turn(&mut reactor, &mut seen), 1);
    assert_eq!(seen[1..], [Ready::ERROR]);
    assert_eq!(turn(&mut reactor, &mut seen), 0);
}

/// `evmap_invalid_slots`: a descriptor that cannot be is an error, and takes no slot.
#[test]
fn libevent_evmap_invalid_slots() {
    let (mut reactor, _clock) = manual::<u32>();
    for descriptor in [SourceFd(&i32::MAX), SourceFd(&-1)] {
        let register =
            reactor.register(descriptor, Interest::READABLE, |_, _, _, _| Next::Stop);
        assert!(register.is_err());
        assert_eq!(count(&reactor), (0, 0, 0));
    }
    assert_eq!(reactor.run(&mut 0).unwrap(), Exit::Idle);
}

/// `test_fin_within_cb`: of two active events the first frees both: the second is not called, and both are
/// finalized, the first when its call is over.
#[test]
fn libevent_finalize_within_cb() {
    let (mut reactor, _clock) = manual::<u32>();
    let dropped = Rc::new(Cell::new(0));
    let events = Rc::new(Cell::new(None::<[SourceKey<UserEvent>; 2]>));
    let make = |reactor: &mut Reactor<u32>| {
        let (witness, events) = (Witness(Rc::clone(&dropped)), Rc::clone(&events));
        let event = reactor.event(move |calls: &mut u32, reactor, _| {
            *calls += 1;
            let before = witness.0.get();
            for event in events.take().expect("it is called once") {
                reactor.deregister(event);
            }
            assert_eq!(witness.0.get(), before + 1, "the other one, and not this");
            Next::Continue
        });
        event.unwrap()
    };
    let both = [make(&mut reactor), make(&mut reactor)];
    events.set(Some(both));
    for event in both {
        assert!(reactor.activate(event, Ready::READABLE));
    }
    let mut calls = 0;
    assert_eq!(turn(&mut reactor, &mut calls), 1);
    assert_eq!((calls, dropped.get(), count(&reactor)), (1, 2, (0, 0, 0)));
    for event in both {
        assert!(!reactor.activate(event, Ready::READABLE), "it cannot be added again");
        assert!(!reactor.set_timeout(event, ms(1)) && !reactor.is_registered(event));
    }
    assert_eq!(turn(&mut reactor, &mut calls), 0);
}

/// `test_fin_free_finalize`, `test_fin_cb_invoked`: an event that is freed outside of its callback is finalized
/// at once, active or not; one that frees itself as it is called has been called.
#[test]
fn libevent_finalize() {
    let (mut reactor, _clock) = manual::<u32>();
    let dropped = Rc::new(Cell::new(0));
    let [idle, active, called] =
        [1, 10, 100].map(|worth| counting(&mut reactor, worth, &dropped));
    for event in [active, called] {
        assert!(reactor.activate(event, Ready::READABLE));
    }
    for (freed, event) in [(1, idle), (2, active)] {
        assert!(reactor.deregister(event).is_some());
        assert_eq!(dropped.get(), freed);
    }
    let mut sum = 0;
    assert_eq!(turn(&mut reactor, &mut sum), 1);
    assert!(reactor.deregister(called).is_some());
    assert_eq!((sum, dropped.get()), (100, 3));
}

/// `test_heap_randomized`: 1024 random timers, of which every third is cancelled and every fifth moved. (The
/// model tests do the same with more patience.)
#[test]
fn libevent_heap_randomized() {
    let (mut reactor, _clock) = manual::<Vec<u64>>();
    let mut random = Random::new(0x1024);
    let deadlines: Vec<_> = (0..1_024).map(|_| random.below(1 << 30)).collect();
    let mut expected = Vec::new();
    for (i, &deadline) in deadlines.iter().enumerate() {
        let key = reactor.at(at(deadline), |seen: &mut Vec<u64>, _, fired| {
            assert_eq!(fired.now, fired.scheduled);
            seen.push(fired.now.as_nanos());
        });
        if i % 3 == 0 {
            assert!(reactor.cancel(key));
        } else if i % 5 == 0 {
            let other = random.below(1 << 30);
            assert!(reactor.reschedule(key, at(other)));
            expected.push(other);
        } else {
            expected.push(deadline);
        }
    }
    expected.sort_unstable();
    let mut seen = Vec::new();
    advance_to(&mut reactor, &mut seen, at(1 << 30));
    assert_eq!(seen, expected);
    assert_eq!(reactor.timer_count(), 0);
}

/// A timer that is due together with an event that removes it is not called: what is active can be taken back.
/// (asio#878 and tokio's `remove_expired_item` ask for the same.)
#[test]
fn libevent_an_event_deletes_a_timer_that_is_due() {
    let (mut reactor, clock) = manual::<Log>();
    let timer = reactor.after(ms(10), |log: &mut Log, _, _| log.push("timer"));
    let event = reactor.event(move |log: &mut Log, reactor, _| {
        log.push("event");
        assert!(reactor.is_pending(timer) && reactor.cancel(timer));
        assert!(!reactor.cancel(timer));
        Next::Stop
    });
    assert!(reactor.activate(event.unwrap(), Ready::READABLE));
    clock.set(at_ms(10));
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 1);
    assert_eq!(log, ["event"]);
}
