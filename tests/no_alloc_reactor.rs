//! Promise P8 through the reactor: what its handlers cost in allocations, to the number. Every allocation
//! of the thread is counted by a global allocator that does nothing else.
#![cfg(all(feature = "mio", unix))]

use std::io::{Read, Write};
use std::time::Duration;

use allocation_counter::measure;
use mio::unix::pipe;
use tourbillon::reactor::{Interest, Next, Reactor, Ready};
use tourbillon::time::ManualClock;

const COUNT: u64 = 500;

/// A reactor on a manual clock, and its hand.
fn manual() -> (Reactor<u64>, ManualClock) {
    let clock = ManualClock::new();
    (Reactor::builder().clock(clock.clone()).build().unwrap(), clock)
}

/// How often `COUNT` of `add` and the turns that call them allocate, after a warm-up; each handler adds
/// one to the state. (More than one turn, where opening the slot of a crowd takes more than a budget.)
fn allocations(
    reactor: &mut Reactor<u64>,
    clock: &ManualClock,
    mut add: impl FnMut(&mut Reactor<u64>, u64),
) -> u64 {
    let mut counted = 0;
    for _ in 0..4 {
        let mut called = 0;
        let info = measure(|| {
            for number in 0..COUNT {
                add(reactor, number);
            }
            clock.advance(Duration::from_secs(1));
            for _ in 0..9 {
                reactor.turn(&mut called, Duration::ZERO).unwrap();
            }
        });
        assert_eq!(called, COUNT);
        counted = info.count_total;
    }
    counted
}

#[test]
fn a_handler_that_captures_nothing_costs_nothing_and_one_that_does_its_box() {
    let (mut reactor, clock) = manual();
    let second = Duration::from_secs(1);
    let common = reactor.common_timeout(Duration::from_millis(1));
    let after = allocations(&mut reactor, &clock, |reactor, _| {
        reactor.after(second, |called: &mut u64, _, _| *called += 1);
    });
    let capturing = allocations(&mut reactor, &clock, |reactor, number| {
        reactor.after(second, move |called: &mut u64, _, _| {
            assert!(number < COUNT);
            *called += 1;
        });
    });
    let in_a_queue = allocations(&mut reactor, &clock, |reactor, _| {
        reactor.after(common, |called: &mut u64, _, _| *called += 1);
    });
    let with_slack = allocations(&mut reactor, &clock, |reactor, _| {
        let now = reactor.now();
        reactor.within(now, now + second, |called: &mut u64, _, _| *called += 1);
    });
    let deferred = allocations(&mut reactor, &clock, |reactor, _| {
        reactor.defer(|called: &mut u64, _| *called += 1);
    });
    let remote = reactor.remote();
    let posted = allocations(&mut reactor, &clock, |_, _| {
        remote.post(|called: &mut u64, _| *called += 1).unwrap();
    });
    assert_eq!((after, capturing, in_a_queue, with_slack), (0, COUNT, 0, 0));
    assert_eq!((deferred, posted), (0, 0));
}

#[test]
fn ticks_timeouts_activations_and_readiness_cost_nothing() {
    let (mut reactor, clock) = manual();
    let second = Duration::from_secs(1);
    for _ in 0..COUNT {
        reactor
            .every(second, |called: &mut u64, _, _| {
                *called += 1;
                Next::Continue
            })
            .unwrap();
    }
    assert_eq!(allocations(&mut reactor, &clock, |_, _| {}), 0);

    let (mut reactor, clock) = manual();
    let common = reactor.common_timeout(second);
    let events: Vec<_> = (0..COUNT)
        .map(|_| {
            let event = reactor
                .event(|called: &mut u64, _, _| {
                    *called += 1;
                    Next::Continue
                })
                .unwrap();
            reactor.set_timeout(event, common);
            event
        })
        .collect();
    assert_eq!(allocations(&mut reactor, &clock, |_, _| {}), 0, "timeouts");
    let activated = allocations(&mut reactor, &clock, |reactor, number| {
        reactor.activate(events[usize::try_from(number).unwrap()], Ready::READABLE);
    });
    assert_eq!(activated, 0);
}

#[test]
fn a_byte_through_a_pipe_costs_nothing() {
    let (mut sender, receiver) = pipe::new().unwrap();
    let mut reactor = Reactor::<u64>::new().unwrap();
    let key = reactor
        .register(receiver, Interest::READABLE, |called: &mut u64, _, pipe, _| {
            let mut bytes = [0; 8];
            while pipe.read(&mut bytes).is_ok_and(|count| count == bytes.len()) {}
            *called += 1;
            Next::Continue
        })
        .unwrap();
    reactor.set_timeout(key, Duration::from_secs(30));
    let mut called = 0;
    let mut counted = 0;
    for _ in 0..4 {
        let info = measure(|| {
            for _ in 0..COUNT {
                sender.write_all(b"x").unwrap();
                reactor.turn(&mut called, None).unwrap();
            }
        });
        counted = info.count_total;
    }
    assert_eq!((called, counted), (4 * COUNT, 0));
}
