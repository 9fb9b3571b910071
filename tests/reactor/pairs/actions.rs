//! What a handler does that it should not, or that is at least unkind to the other one.

use std::time::Duration;

use tourbillon::reactor::{Next, Origin, Reactor, Ready};
use tourbillon::time::Clock;

use super::episode::{Who, World};
use super::kinds::{Key, Kind, Rank, add};
use crate::{at, nanos, panic_with};

#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Action {
    Panic,
    AnswerStop,
    RemoveItself,
    RemoveOther,
    RemoveAll,
    ReplaceOther,
    MoveOtherToNow,
    MoveOtherToLater,
    ActivateOther,
    AddAnother,
    Reenter,
    StopTurn,
    PostAndDropRemote,
    RunLong,
    SetClockBack,
}

impl Action {
    /// Does it, as `Who::One`, upon `Who::Two`.
    pub(super) fn act(self, world: &mut World, reactor: &mut Reactor<World>) -> Next {
        match self {
            Self::Panic => panic_with("One"),
            Self::AnswerStop => return Next::Stop,
            Self::RemoveItself => remove_itself(world, reactor),
            Self::RemoveOther => remove_other(world, reactor),
            Self::RemoveAll => {
                remove_other(world, reactor);
                remove_itself(world, reactor);
            }
            Self::ReplaceOther => {
                remove_other(world, reactor);
                add_another(world, reactor, world.subject(Who::Two).kind);
            }
            Self::MoveOtherToNow => move_other(world, reactor, 0),
            Self::MoveOtherToLater => move_other(world, reactor, 100),
            Self::ActivateOther => activate_other(world, reactor),
            Self::AddAnother => {
                add_another(world, reactor, world.subject(Who::Two).kind);
            }
            Self::Reenter => {
                let before = format!("{:?}", reactor.stats());
                assert!(reactor.turn(world, Duration::ZERO).is_err());
                assert!(reactor.run(world).is_err());
                assert!(reactor.run_until(world, at(0)).is_err());
                assert_eq!(format!("{:?}", reactor.stats()), before);
            }
            Self::StopTurn => reactor.stop(),
            Self::PostAndDropRemote => add_another(world, reactor, Kind::Post),
            Self::RunLong => world.clock.advance(nanos(1_000)),
            Self::SetClockBack => world.clock.set(at(5)),
        }
        Next::Continue
    }
}

/// By its own key, and what the reactor says whose handler runs.
fn remove_itself(world: &mut World, reactor: &mut Reactor<World>) {
    let Some(key) = world.key(Who::One) else { panic!("it was added") };
    let running = reactor.running().expect("it runs");
    match (running, key) {
        (Origin::Timer(own), Key::Timer(key)) => assert_eq!(own, key),
        (Origin::Hook(own), Key::Hook(key)) => assert_eq!(own, key),
        (Origin::Source(own), _) => assert_eq!(Some(own), key.source()),
        (Origin::Deferred | Origin::Post, Key::Nothing) => {}
        (running, key) => panic!("{running:?} is not {key:?}"),
    }
    let was_alive = key.is_alive(reactor);
    assert!(key.remove(reactor).is_none(), "its handler has it");
    // A source is there until its handler has returned, since its handler has it.
    let is_source = key.source().is_some();
    assert_eq!(key.is_alive(reactor), was_alive && is_source);
}

fn remove_other(world: &mut World, reactor: &mut Reactor<World>) {
    let subject = world.subject(Who::Two);
    let (key, was_alive) = (subject.key, subject.key.is_alive(reactor));
    world.returned = key.remove(reactor);
    if was_alive {
        assert_eq!(world.subject(Who::Two).drops(), 1, "at once");
    }
    assert!(!key.is_alive(reactor));
    assert!(key.remove(reactor).is_none(), "a second time changes nothing");
}

fn add_another(world: &mut World, reactor: &mut Reactor<World>, kind: Kind) {
    let subject = add(reactor, kind, Who::Three, Rank::New);
    assert_eq!(subject.key.is_alive(reactor), !matches!(subject.key, Key::Nothing));
    // Whatever slot it has, the other's key does not find it.
    if matches!(world.action, Action::ReplaceOther) {
        assert!(!world.subject(Who::Two).key.is_alive(reactor));
    }
    world.subjects.push((Who::Three, subject));
}

fn move_other(world: &mut World, reactor: &mut Reactor<World>, by_nanos: u64) {
    let Subject { kind, key } = Subject::of(world);
    let deadline = world.clock.now() + nanos(by_nanos);
    match (kind, key) {
        (Kind::TimedOut, Key::Pipe(key)) => {
            assert!(reactor.set_timeout(key, nanos(by_nanos)));
            assert_eq!(reactor.timeout_remaining(key), Some(nanos(by_nanos)));
        }
        (Kind::Common, Key::Timer(key)) if by_nanos > 0 => {
            assert_eq!(reactor.touch(key), reactor.is_pending(key));
        }
        (_, Key::Timer(key)) => {
            let is_pending = reactor.is_pending(key);
            assert_eq!(reactor.reschedule(key, deadline), is_pending);
            assert_eq!(reactor.deadline(key), is_pending.then_some(deadline));
        }
        _ => {}
    }
}

fn activate_other(world: &mut World, reactor: &mut Reactor<World>) {
    let key = world.subject(Who::Two).key;
    if let Some(id) = key.source() {
        let is_there = reactor.is_registered(id);
        assert_eq!(reactor.activate(id, Ready::READABLE), is_there);
    }
}

/// What is needed of the other one.
struct Subject {
    kind: Kind,
    key: Key,
}

impl Subject {
    fn of(world: &World) -> Self {
        let other = world.subject(Who::Two);
        Self { kind: other.kind, key: other.key }
    }
}
