//! The cases that other event loops test themselves with, asked of the reactor: those of libevent, tokio
//! and libuv. Each test is named for its source, and has exact times, since on a manual clock nothing
//! needs a tolerance. Where the reactor does something else than the peer, and means to, it is said.
//!
//! Not expressible: descriptors below zero and masks that mean nothing (`event_base_once`), a cached time that is
//! updated or switched off, 256 priorities (there are three), forks, handles that are closing and callbacks
//! that are null. There is no type for any of them.
//!
//! What the peers ask of timers alone is in `tests/peers.rs`, and of intervals alone in `tests/interval.rs`.
#![cfg(all(feature = "mio", unix))]

#[path = "../common/mod.rs"]
mod common;
mod libevent_events;
mod libevent_loop;
#[cfg(feature = "signals")]
mod libevent_signals;
mod libevent_sockets;
mod libevent_timers;
mod libuv;
mod tokio_intervals;
mod tokio_queue;

use std::io::{ErrorKind, Read};
use std::time::Duration;

use tourbillon::ManualClock;
use tourbillon::reactor::{Advance, Exit, Next, Reactor};
use tourbillon::time::Instant;

/// What handlers write down, in the order in which they are called.
type Log = Vec<&'static str>;

/// A reactor on a manual clock, which is returned as well.
fn manual<S>() -> (Reactor<S>, ManualClock) {
    let clock = ManualClock::new();
    let reactor = Reactor::builder().clock(clock.clone()).build().unwrap();
    (reactor, clock)
}

/// One turn that does not sleep; how many handlers it called.
fn turn<S>(reactor: &mut Reactor<S>, state: &mut S) -> usize {
    let turn = reactor.turn(state, Duration::ZERO).unwrap();
    turn.sources + turn.timers + turn.deferred + turn.posts
}

/// Moves the hand to `end` from deadline to deadline, and does at each all that there is to do.
fn advance_to<S>(reactor: &mut Reactor<S>, state: &mut S, end: Instant) {
    assert_eq!(reactor.advance_to(state, end).unwrap(), Advance::Done);
}

/// A run on a clock that flows, as fast as it can: the hand moves to where each wait is to end.
fn run<S: 'static>(reactor: &mut Reactor<S>, clock: &ManualClock, state: &mut S) -> Exit {
    let hand = clock.clone();
    // What is still to come keeps no run alive on a manual clock, and so somebody else has to.
    let mut keeper = Some(reactor.remote());
    let hook = reactor.before_wait(move |_, _, wait| {
        match wait {
            Some(wait) => hand.advance(wait),
            None => drop(keeper.take()),
        }
        Next::Continue
    });
    let exit = reactor.run(state).unwrap();
    reactor.remove_hook(hook);
    exit
}

/// Reads until there is no more; how many bytes.
fn drain(source: &mut impl Read) -> usize {
    let (mut total, mut buffer) = (0, [0; 64]);
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return total,
            Ok(count) => total += count,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return total;
            }
        }
    }
}
