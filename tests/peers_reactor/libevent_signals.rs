//! libevent, `test/regress.c`: signals. Each test has a signal of its own, since a process has only one of each.

use signal_hook::low_level::raise;
use tourbillon::reactor::{Exit, Next, Reactor, Signal, SignalKey};

use crate::{manual, turn};

/// How often which of them was called.
type Counts = [u32; 2];

fn count(reactor: &mut Reactor<Counts>, signal: Signal, which: usize) -> SignalKey {
    let on = reactor.on_signal(signal, move |counts: &mut Counts, _, _| {
        counts[which] += 1;
        Next::Continue
    });
    on.unwrap()
}

/// `test_immediatesignal`: a signal that was raised before the loop is entered; raised three times before
/// anybody looks it is one call.
#[test]
fn libevent_immediatesignal() {
    let signal = Signal::Hangup;
    let (mut reactor, _clock) = manual::<Counts>();
    let key = count(&mut reactor, signal, 0);
    let mut counts = [0; 2];
    for (raised, expected) in [(1, 1), (3, 2), (0, 2)] {
        for _ in 0..raised {
            raise(signal.number()).unwrap();
        }
        turn(&mut reactor, &mut counts);
        assert_eq!(counts, [expected, 0]);
    }
    assert!(reactor.off_signal(key));
}

/// `test_multiplesignal`, and `test_multiple_events_for_same_signal`: two events for one signal, in one loop or
/// in two: both are called.
#[test]
fn libevent_multiplesignal() {
    let signal = Signal::WindowChanged;
    let (mut one, _clock) = manual::<Counts>();
    let (mut other, _clock) = manual::<Counts>();
    for which in [0, 1] {
        count(&mut one, signal, which);
    }
    count(&mut other, signal, 0);
    raise(signal.number()).unwrap();
    let (mut counts, mut others) = ([0; 2], [0; 2]);
    assert_eq!(turn(&mut one, &mut counts), 2);
    assert_eq!(turn(&mut other, &mut others), 1);
    assert_eq!((counts, others), ([1, 1], [1, 0]));
}

/// `signal_while_processing`: a signal that comes while its own callback runs is not lost, nor called twice.
#[test]
fn libevent_signal_while_processing() {
    let signal = Signal::Child;
    let mut reactor = Reactor::<u32>::new().unwrap();
    reactor
        .on_signal(signal, |calls: &mut u32, _, signal| {
            *calls += 1;
            if *calls < 10 {
                raise(signal.number()).unwrap();
                Next::Continue
            } else {
                Next::Stop
            }
        })
        .unwrap();
    raise(signal.number()).unwrap();
    let mut calls = 0;
    assert_eq!(reactor.run(&mut calls).unwrap(), Exit::Idle);
    assert_eq!(calls, 10);
}

/// `test_signal_free_in_callback`: an event frees itself, and another for the same signal, while both are to be
/// called: the other is not.
#[test]
fn libevent_signal_free_in_callback() {
    let signal = Signal::Quit;
    let mut reactor = Reactor::<Vec<SignalKey>>::new().unwrap();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let on = reactor.on_signal(signal, |keys: &mut Vec<_>, reactor, _| {
            assert_eq!(keys.len(), 2, "one call of one of them");
            for key in keys.drain(..) {
                assert!(reactor.off_signal(key));
            }
            Next::Continue
        });
        keys.push(on.unwrap());
    }
    raise(signal.number()).unwrap();
    assert_eq!(reactor.run(&mut keys).unwrap(), Exit::Idle);
    assert!(keys.is_empty());
    assert_eq!(reactor.dump().sources.len(), 0);
}
