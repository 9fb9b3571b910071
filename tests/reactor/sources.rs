//! Sources: order of phases, activation, stale events, deregistering.

use std::io;
use std::io::Write;

use mio::unix::pipe;
use mio::{Interest, Registry, Token};
use tourbillon::reactor::{Exit, Next, Reactor, Ready, Source, SourceKey};

use crate::{Log, at, drain, manual, manual_with_budget, readable_pipe, turn};

#[test]
fn a_turn_does_readiness_then_timers_then_deferred_then_posts() {
    let (mut reactor, clock) = manual::<Log>();
    let remote = reactor.remote();
    remote
        .post(|log: &mut Log, reactor| {
            log.push("post");
            reactor.defer(|log: &mut Log, _| log.push("deferred by a post"));
        })
        .unwrap();
    reactor.defer(|log: &mut Log, reactor| {
        log.push("deferred");
        reactor.defer(|log: &mut Log, _| log.push("deferred twice"));
    });
    reactor.at(at(1), |log: &mut Log, reactor, _| {
        log.push("timer");
        reactor.defer(|log: &mut Log, _| log.push("deferred by a timer"));
    });
    let (_sender, receiver) = readable_pipe();
    reactor
        .register(receiver, Interest::READABLE, |log: &mut Log, _, pipe, ready| {
            assert!(ready.is_readable() && !ready.is_writable());
            assert_eq!(drain(pipe), 1);
            log.push("source");
            Next::Continue
        })
        .unwrap();
    clock.set(at(1));
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 5);
    assert_eq!(log, ["source", "timer", "deferred", "deferred by a timer", "post"]);
    log.clear();
    assert_eq!(turn(&mut reactor, &mut log), 2);
    assert_eq!(log, ["deferred twice", "deferred by a post"]);
}

#[test]
fn an_activation_calls_the_handler_in_the_next_turn_merged_with_events() {
    let (mut reactor, _clock) = manual::<Vec<Ready>>();
    let (mut sender, receiver) = pipe::new().unwrap();
    let key = reactor
        .register(
            receiver,
            Interest::READABLE,
            |seen: &mut Vec<Ready>, _, pipe, ready| {
                drain(pipe);
                seen.push(ready);
                Next::Continue
            },
        )
        .unwrap();
    let mut seen = Vec::new();
    assert_eq!(turn(&mut reactor, &mut seen), 0);
    assert!(reactor.activate(key, Ready::WRITABLE));
    assert!(reactor.activate(key, Ready::ERROR));
    assert!(reactor.activate(key, Ready::NONE));
    sender.write_all(b"x").unwrap();
    // None: with an activation pending, a turn does not sleep.
    assert_eq!(reactor.turn(&mut seen, None).unwrap().sources, 1);
    assert_eq!(seen, [Ready::READABLE | Ready::WRITABLE | Ready::ERROR]);
    assert_eq!(turn(&mut reactor, &mut seen), 0);
}

#[test]
fn a_source_that_activates_itself_is_called_once_a_turn() {
    let (mut reactor, _clock) = manual::<(u32, Option<SourceKey<pipe::Receiver>>)>();
    let (_sender, receiver) = readable_pipe();
    let key = reactor
        .register(
            receiver,
            Interest::READABLE,
            |(calls, key): &mut (u32, Option<SourceKey<_>>), reactor, _, _| {
                *calls += 1;
                assert!(reactor.activate(key.unwrap(), Ready::READABLE));
                Next::Continue
            },
        )
        .unwrap();
    let mut state = (0, Some(key));
    for calls in 1..=5 {
        assert_eq!(reactor.turn(&mut state, None).unwrap().sources, 1);
        assert_eq!(state.0, calls);
    }
}

#[test]
fn sources_over_the_budget_come_first_in_the_next_turn() {
    let (mut reactor, _clock) = manual_with_budget::<Vec<usize>>(2);
    let mut keys = Vec::new();
    let mut senders = Vec::new();
    for number in 0..5 {
        let (sender, receiver) = pipe::new().unwrap();
        senders.push(sender);
        keys.push(
            reactor
                .register(
                    receiver,
                    Interest::READABLE,
                    move |seen: &mut Vec<usize>, _, _, _| {
                        seen.push(number);
                        Next::Continue
                    },
                )
                .unwrap(),
        );
    }
    for &number in &[3, 1, 4, 0, 2] {
        reactor.activate(keys[number], Ready::READABLE);
    }
    let mut seen = Vec::new();
    let mut called = Vec::new();
    while seen.len() < 5 {
        called.push(reactor.turn(&mut seen, None).unwrap().sources);
        // A newcomer waits behind those that were left over.
        if called.len() == 1 {
            reactor.activate(keys[3], Ready::READABLE);
        }
    }
    assert_eq!(called, [2, 2, 2]);
    assert_eq!(seen, [3, 1, 4, 0, 2, 3]);
    assert_eq!(reactor.stats().budget_hits, 2);
}

/// A source that the kernel goes on reporting after it was deregistered, as one does whose
/// descriptor was duplicated.
struct Sticky(pipe::Receiver);

impl Source for Sticky {
    fn register(&mut self, r: &Registry, t: Token, i: Interest) -> io::Result<()> {
        self.0.register(r, t, i)
    }

    fn reregister(&mut self, r: &Registry, t: Token, i: Interest) -> io::Result<()> {
        self.0.reregister(r, t, i)
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stale_event_does_not_reach_the_source_that_took_the_slot() {
    let (mut reactor, _clock) = manual::<Log>();
    let (mut sender, receiver) = pipe::new().unwrap();
    let first = reactor
        .register(Sticky(receiver), Interest::READABLE, |log: &mut Log, _, _, _| {
            log.push("the first");
            Next::Continue
        })
        .unwrap();
    let sticky = reactor.deregister(first).unwrap();
    let (_other, receiver) = pipe::new().unwrap();
    let second = reactor
        .register(Sticky(receiver), Interest::READABLE, |log: &mut Log, _, _, _| {
            log.push("the second");
            Next::Continue
        })
        .unwrap();
    assert_ne!(first, second);
    sender.write_all(b"x").unwrap();
    let mut log = Log::new();
    assert_eq!(turn(&mut reactor, &mut log), 0);
    assert_eq!((reactor.stats().stale_events, reactor.stats().events), (1, 0));
    assert!(reactor.deregister(first).is_none());
    assert!(reactor.source_mut(first).is_none());
    assert!(reactor.is_registered(second));
    drop(sticky);
}

#[test]
fn a_deregistered_source_is_handed_back_and_can_be_registered_again() {
    let (mut reactor, _clock) = manual::<usize>();
    let (_sender, receiver) = readable_pipe();
    let handler = |bytes: &mut usize, _: &mut Reactor<usize>, pipe: &mut _, _| {
        *bytes += drain(pipe);
        Next::Continue
    };
    let first = reactor.register(receiver, Interest::READABLE, handler).unwrap();
    let receiver = reactor.deregister(first).unwrap();
    let mut bytes = 0;
    assert_eq!(turn(&mut reactor, &mut bytes), 0);
    let second = reactor.register(receiver, Interest::READABLE, handler).unwrap();
    assert_eq!(turn(&mut reactor, &mut bytes), 1);
    assert_eq!(bytes, 1);
    assert!(reactor.source_mut(second).is_some());
}

/// A source that cannot be registered.
#[derive(Debug)]
struct Refused;

impl Source for Refused {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}

#[test]
fn a_source_that_is_refused_takes_no_slot() {
    let mut reactor = Reactor::<()>::new().unwrap();
    for _ in 0..100 {
        let refused =
            reactor.register(Refused, Interest::READABLE, |(), _, _, _| Next::Continue);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
    // It keeps no run alive either.
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
}

#[test]
fn a_changed_interest_counts_from_then_on() {
    let (mut reactor, _clock) = manual::<Vec<Ready>>();
    let (sender, _receiver) = pipe::new().unwrap();
    let key = reactor
        .register(sender, Interest::READABLE, |seen: &mut Vec<Ready>, _, _, ready| {
            seen.push(ready);
            Next::Continue
        })
        .unwrap();
    let mut seen = Vec::new();
    assert_eq!(turn(&mut reactor, &mut seen), 0);
    reactor.reregister(key, Interest::WRITABLE).unwrap();
    assert_eq!(turn(&mut reactor, &mut seen), 1);
    assert_eq!(seen, [Ready::WRITABLE]);
}

#[test]
fn keys_of_another_reactor_find_nothing_of_another_type() {
    let (mut one, _clock) = manual::<()>();
    let (mut other, _clock) = manual::<()>();
    let (sender, receiver) = pipe::new().unwrap();
    let key =
        one.register(receiver, Interest::READABLE, |(), _, _, _| Next::Continue).unwrap();
    let foreign =
        other.register(sender, Interest::WRITABLE, |(), _, _, _| Next::Continue).unwrap();
    assert!(one.source_mut(foreign).is_none());
    assert!(one.deregister(foreign).is_none());
    assert!(one.is_registered(key));
}
