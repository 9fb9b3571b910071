//! Signals as events. A process has only one of each, so that the tests take turns. Those that end a
//! process from outside (SIGTERM, SIGINT) are left alone: a test that hangs must come to an end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::low_level::raise;
use tourbillon::reactor::{Exit, Next, Reactor, Signal, SignalKey};

use crate::{Log, panic_with, panicking_turn};

/// To be held by whoever raises signals.
fn alone() -> MutexGuard<'static, ()> {
    static SIGNALS: Mutex<()> = Mutex::new(());
    SIGNALS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `word` noted whenever that signal comes.
fn note(reactor: &mut Reactor<Log>, signal: Signal, word: &'static str) -> SignalKey {
    let noted = move |log: &mut Log, _: &mut Reactor<Log>, _| {
        log.push(word);
        Next::Continue
    };
    reactor.on_signal(signal, noted).unwrap()
}

#[test]
fn a_signal_raised_is_a_handler_called() {
    let _alone = alone();
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
    let _alone = alone();
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

#[test]
fn signals_from_before_the_run_are_merged_and_come_in_its_first_turn() {
    let _alone = alone();
    let mut reactor = Reactor::<Log>::new().unwrap();
    let key = note(&mut reactor, Signal::User1, "user");
    for _ in 0..5 {
        raise(Signal::User1.number()).unwrap();
    }
    let mut log = Log::new();
    assert_eq!(reactor.turn(&mut log, None).unwrap().sources, 1);
    assert_eq!(log, ["user"]);
    // Once it was told, the next one is another.
    raise(Signal::User1.number()).unwrap();
    assert_eq!(reactor.turn(&mut log, None).unwrap().sources, 1);
    assert_eq!(log, ["user"; 2]);
    assert!(reactor.off_signal(key));
}

#[test]
fn a_handler_that_raises_its_own_signal_is_called_once_a_turn() {
    let _alone = alone();
    let mut reactor = Reactor::<Log>::new().unwrap();
    let again = |log: &mut Log, _: &mut Reactor<Log>, signal: Signal| {
        log.push("again");
        // Not for ever, should it be called for ever.
        if log.len() < 1_000 {
            raise(signal.number()).unwrap();
        }
        Next::Continue
    };
    let key = reactor.on_signal(Signal::User1, again).unwrap();
    raise(Signal::User1.number()).unwrap();
    let mut log = Log::new();
    for turn in 1..=10 {
        assert_eq!(reactor.turn(&mut log, None).unwrap().sources, 1);
        assert_eq!(log.len(), turn);
    }
    assert!(reactor.off_signal(key));
}

#[test]
fn two_signals_are_told_apart_and_one_that_comes_during_the_others_handler_is_not_lost() {
    let _alone = alone();
    let mut reactor = Reactor::<Log>::new().unwrap();
    let child = note(&mut reactor, Signal::Child, "child");
    let window = reactor.on_signal(Signal::WindowChanged, |log: &mut Log, _, _| {
        if !log.contains(&"window") {
            // Another, and its own once more.
            raise(Signal::Child.number()).unwrap();
            raise(Signal::WindowChanged.number()).unwrap();
        }
        log.push("window");
        Next::Continue
    });
    let window = window.unwrap();
    raise(Signal::WindowChanged.number()).unwrap();
    let mut log = Log::new();
    while log.len() < 3 {
        reactor.turn(&mut log, None).unwrap();
    }
    // Which of two that wait comes first is the kernel's affair.
    let count = |word| log.iter().filter(|noted| **noted == word).count();
    assert_eq!((log[0], count("window"), count("child")), ("window", 2, 1));
    assert!(reactor.off_signal(child) && reactor.off_signal(window));
}

#[test]
fn a_handler_that_takes_itself_out_is_not_called_again_and_the_signal_is_ignored() {
    let _alone = alone();
    let mut reactor = Reactor::<(Log, Option<SignalKey>)>::new().unwrap();
    let key = reactor
        .on_signal(
            Signal::User2,
            |(log, key): &mut (Log, Option<SignalKey>), reactor, _| {
                log.push("user");
                // Whatever it answers, and though there is another one for it already.
                raise(Signal::User2.number()).unwrap();
                let key = key.take().unwrap();
                assert!(reactor.off_signal(key), "it was registered");
                Next::Continue
            },
        )
        .unwrap();
    raise(Signal::User2.number()).unwrap();
    let mut state = (Log::new(), Some(key));
    assert_eq!(reactor.run(&mut state).unwrap(), Exit::Idle);
    assert_eq!(state.0, ["user"]);
    assert!(!reactor.off_signal(key), "it is gone");
    // By default this ends a process.
    raise(Signal::User2.number()).unwrap();
    assert_eq!(reactor.run(&mut state).unwrap(), Exit::Idle);
    assert_eq!(state.0.len(), 1);
}

#[test]
fn a_handler_that_panics_is_gone_and_the_others_of_its_signal_are_called() {
    let _alone = alone();
    let mut reactor = Reactor::<Log>::new().unwrap();
    let bad = reactor.on_signal(Signal::User1, |_, _, _| panic_with("on purpose"));
    let bad = bad.unwrap();
    let good = note(&mut reactor, Signal::User1, "good");
    let mut log = Log::new();
    raise(Signal::User1.number()).unwrap();
    panicking_turn(&mut reactor, &mut log, "on purpose");
    while log.is_empty() {
        reactor.turn(&mut log, None).unwrap();
    }
    assert!(!reactor.off_signal(bad));
    raise(Signal::User1.number()).unwrap();
    while log.len() < 2 {
        reactor.turn(&mut log, None).unwrap();
    }
    assert_eq!(log, ["good"; 2]);
    assert!(reactor.off_signal(good));
}

#[test]
fn a_signal_handled_by_another_thread_ends_the_sleep_of_every_reactor_that_waits_for_it()
{
    let _alone = alone();
    let mut gone = Reactor::<Log>::new().unwrap();
    note(&mut gone, Signal::User2, "gone");
    drop(gone);
    let mut reactors = [(); 2].map(|()| Reactor::<Log>::new().unwrap());
    let keys = reactors.each_mut().map(|reactor| note(reactor, Signal::User2, "user"));
    let thread = thread::spawn(|| raise(Signal::User2.number()).unwrap());
    for (reactor, key) in reactors.iter_mut().zip(keys) {
        let mut log = Log::new();
        while log.is_empty() {
            reactor.turn(&mut log, None).unwrap();
        }
        assert_eq!(log, ["user"]);
        assert!(reactor.off_signal(key));
    }
    thread.join().unwrap();
}
