//! Signals as events. Each test has a signal of its own, since a process has only one of each.

use signal_hook::low_level::raise;
use tourbillon::reactor::{Exit, Next, Reactor, Signal};

#[test]
fn a_signal_raised_is_a_handler_called() {
    let mut reactor = Reactor::<Vec<Signal>>::new().unwrap();
    let key = reactor
        .on_signal(Signal::User1, |seen: &mut Vec<Signal>, _, signal| {
            seen.push(signal);
            // One that comes while its handler runs is not lost.
            if seen.len() < 3 {
                raise(signal.number()).unwrap();
                Next::Continue
            } else {
                Next::Stop
            }
        })
        .unwrap();
    raise(Signal::User1.number()).unwrap();
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen, [Signal::User1; 3]);
    assert!(!reactor.off_signal(key), "it answered Stop");
}

#[test]
fn every_handler_of_a_signal_is_called_and_can_be_taken_out() {
    let mut reactor = Reactor::<Vec<u8>>::new().unwrap();
    let mut on = |number: u8| {
        reactor
            .on_signal(Signal::User2, move |seen: &mut Vec<u8>, _, _| {
                seen.push(number);
                Next::Continue
            })
            .unwrap()
    };
    let (one, two) = (on(1), on(2));
    let mut seen = Vec::new();
    raise(Signal::User2.number()).unwrap();
    while seen.len() < 2 {
        reactor.turn(&mut seen, None).unwrap();
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
    assert!(reactor.off_signal(one) && !reactor.off_signal(one));
    raise(Signal::User2.number()).unwrap();
    while seen.len() < 3 {
        reactor.turn(&mut seen, None).unwrap();
    }
    assert_eq!(seen, [1, 2, 2]);
    // With the last handler gone nothing keeps the run alive.
    assert!(reactor.off_signal(two));
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
}
