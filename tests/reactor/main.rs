//! The reactor's promises, by property: order and exactness on a manual clock, handlers that misbehave,
//! other threads, real waits, slack, signals.
#![cfg(all(feature = "mio", unix))]

mod misbehaving;
mod pairs;
mod panics;
mod remote;
mod scripts;
mod shares;
#[cfg(feature = "signals")]
mod signals;
mod slack;
mod slowness;
mod sources;
mod spinning;
mod stopping;
mod timers;
mod wait;

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use mio::unix::pipe;
use tourbillon::ManualClock;
use tourbillon::reactor::{Reactor, TurnBudget};
use tourbillon::time::Instant;

/// What handlers write down, in the order in which they are called.
type Log = Vec<&'static str>;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// A reactor on a manual clock, which is returned as well.
fn manual<S>() -> (Reactor<S>, ManualClock) {
    let clock = ManualClock::new();
    let reactor = Reactor::builder().clock(clock.clone()).build().unwrap();
    (reactor, clock)
}

/// A reactor on a manual clock with a small budget for each phase.
fn manual_with_budget<S>(each: usize) -> (Reactor<S>, ManualClock) {
    let clock = ManualClock::new();
    let mut budget = TurnBudget::default();
    (budget.events, budget.timers) = (each, each);
    (budget.deferred, budget.posts) = (each, each);
    let builder = Reactor::builder().clock(clock.clone()).budget(budget);
    (builder.build().unwrap(), clock)
}

/// One turn that does not sleep; how many handlers it called.
fn turn<S>(reactor: &mut Reactor<S>, state: &mut S) -> usize {
    let turn = reactor.turn(state, Duration::ZERO).unwrap();
    turn.sources + turn.timers + turn.deferred + turn.posts
}

/// One turn, in which a handler panics with `message`.
fn panicking_turn<S>(reactor: &mut Reactor<S>, state: &mut S, message: &str) {
    let turn = catch_unwind(AssertUnwindSafe(|| reactor.turn(state, Duration::ZERO)));
    let panic = turn.expect_err("the panic comes out of the turn");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&message));
}

/// Panics without a word on stderr.
fn panic_with(message: &'static str) -> ! {
    resume_unwind(Box::new(message))
}

/// A pipe with one byte in it.
fn readable_pipe() -> (pipe::Sender, pipe::Receiver) {
    let (mut sender, receiver) = pipe::new().unwrap();
    sender.write_all(b"x").unwrap();
    (sender, receiver)
}

/// Reads until there is no more; how many bytes.
fn drain(receiver: &mut pipe::Receiver) -> usize {
    let (mut total, mut buffer) = (0, [0; 64]);
    loop {
        match receiver.read(&mut buffer) {
            Ok(0) | Err(_) => return total,
            Ok(count) => total += count,
        }
    }
}
