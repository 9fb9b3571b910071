//! One pair of handlers: both have a cause to be called, one of them misbehaves, and what comes of it is
//! held against the [rules](super::rules).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mio::Interest;
use mio::unix::pipe::Receiver;
use tourbillon::reactor::{Exit, Next, Reactor, TurnBudget};
use tourbillon::time::ManualClock;

use super::actions::Action;
use super::kinds::{Key, Kind, Rank, Subject, add};
use super::rules::{Case, LAST, LATE, LATER};
use crate::{at, nanos, readable_pipe};

#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Who {
    /// Misbehaves, at its first call.
    One,
    Two,
    /// Added by `One`.
    Three,
    /// A timer that is due long after.
    Late,
}

pub(super) struct World {
    pub(super) clock: ManualClock,
    pub(super) action: Action,
    has_acted: bool,
    /// `Two` takes 50 ns, once.
    is_slow: bool,
    turn: usize,
    /// Who was called in which turn.
    calls: Vec<(Who, usize)>,
    /// How many of these calls were a timer's.
    fired: u64,
    /// Streams that were told so.
    pub(super) closed: Vec<Who>,
    pub(super) subjects: Vec<(Who, Subject)>,
    /// What `One` has taken out.
    pub(super) returned: Option<Receiver>,
}

impl World {
    fn new(clock: ManualClock, action: Action) -> Self {
        Self {
            clock,
            action,
            has_acted: false,
            is_slow: false,
            turn: 0,
            calls: Vec::new(),
            fired: 0,
            closed: Vec::new(),
            subjects: Vec::new(),
            returned: None,
        }
    }

    pub(super) fn subject(&self, who: Who) -> &Subject {
        let found = self.subjects.iter().find(|(of, _)| *of == who);
        &found.expect("it was added").1
    }

    pub(super) fn key(&self, who: Who) -> Option<Key> {
        let found = self.subjects.iter().find(|(of, _)| *of == who);
        found.map(|(_, subject)| subject.key)
    }

    /// A handler is called.
    pub(super) fn called(
        &mut self,
        reactor: &mut Reactor<Self>,
        who: Who,
        by_timer: bool,
    ) -> Next {
        self.calls.push((who, self.turn));
        self.fired += u64::from(by_timer);
        if who == Who::One && !std::mem::replace(&mut self.has_acted, true) {
            return self.action.act(self, reactor);
        }
        if who == Who::Two && std::mem::take(&mut self.is_slow) {
            self.clock.advance(nanos(50));
        }
        Next::Continue
    }

    /// A handler is called that will not be again, whatever it answers.
    pub(super) fn called_once(
        &mut self,
        reactor: &mut Reactor<Self>,
        who: Who,
        by_timer: bool,
    ) {
        let _ = self.called(reactor, who, by_timer);
    }

    fn turns_of(&self, who: Who) -> Vec<usize> {
        let of = self.calls.iter().filter(|(called, _)| *called == who);
        of.map(|&(_, turn)| turn).collect()
    }
}

/// What a turn may do.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Bounds {
    None,
    /// One call a phase, by number.
    One,
    /// One call a phase, by time.
    NoTime,
}

fn reactor(clock: &ManualClock, bounds: Bounds) -> Reactor<World> {
    let mut budget = TurnBudget::default();
    match bounds {
        Bounds::None => {}
        Bounds::One => {
            (budget.events, budget.timers) = (1, 1);
            (budget.deferred, budget.posts) = (1, 1);
        }
        Bounds::NoTime => budget.time = Duration::ZERO,
    }
    Reactor::builder().clock(clock.clone()).budget(budget).build().unwrap()
}

/// The process has one handler for each signal.
static SIGNALS: Mutex<()> = Mutex::new(());

/// Plays one pair to its end.
pub(super) fn play(case: Case, bounds: Bounds) {
    let with_signal = [case.one, case.two].contains(&Kind::Signal);
    let lock = || SIGNALS.lock().unwrap_or_else(PoisonError::into_inner);
    let _alone = with_signal.then(lock);
    let clock = ManualClock::new();
    let mut reactor = reactor(&clock, bounds);
    let mut world = World::new(clock.clone(), case.action);
    world.is_slow = case.one == Kind::Slow;
    let pair = [(Who::One, case.one), (Who::Two, case.two)];
    for nth in if case.one_is_first { [0, 1] } else { [1, 0] } {
        let (who, kind) = pair[nth];
        let rank = if world.subjects.is_empty() { Rank::First } else { Rank::Second };
        let subject = add(&mut reactor, kind, who, rank);
        world.subjects.push((who, subject));
    }
    reactor.at(at(500), |world: &mut World, r, _| world.called_once(r, Who::Late, true));
    clock.set(at(30));
    for turn in 1..=LAST {
        world.turn = turn;
        match turn {
            LATER => clock.advance(nanos(200)),
            LATE => clock.advance(nanos(2_000)),
            _ => {}
        }
        take_a_turn(&mut reactor, &mut world, case);
    }
    assert_calls(&world, case);
    assert_who_is_left(&mut reactor, &world, case);
    let stats = reactor.stats();
    assert_eq!(stats.turns, LAST as u64);
    assert_eq!(stats.panics, u64::from(case.action == Action::Panic));
    assert_eq!(stats.timers_fired, world.fired);
    assert_eq!(stats.slow_handlers, u64::from(case.one == Kind::Slow));
    assert_it_still_works(&mut reactor, &mut world);
    assert_nothing_is_left(reactor, &mut world);
}

/// One turn, whose panic is only `One`'s, and only if it is to.
fn take_a_turn(reactor: &mut Reactor<World>, world: &mut World, case: Case) {
    let acted = world.has_acted;
    let turn = catch_unwind(AssertUnwindSafe(|| reactor.turn(world, Duration::ZERO)));
    let acts = world.has_acted && !acted;
    assert_eq!(reactor.running(), None);
    match turn {
        Ok(turn) => {
            assert!(!(acts && case.action == Action::Panic), "swallowed");
            let stops = acts && case.action == Action::StopTurn;
            assert_eq!(turn.unwrap().stopped, stops);
        }
        Err(panic) => {
            let is_expected = acts && case.action == Action::Panic;
            let said = panic.downcast_ref::<&str>();
            assert!(is_expected && said == Some(&"One"), "{:?}", world.calls);
        }
    }
    if acts && !case.one_stays() {
        assert_eq!(world.subject(Who::One).drops(), 1, "gone with its call");
        assert!(!world.subject(Who::One).key.is_alive(reactor));
    }
}

fn assert_calls(world: &World, case: Case) {
    let one = world.turns_of(Who::One);
    let t = *one.first().expect("it was called");
    let place = |who| world.calls.iter().position(|&(called, _)| called == who);
    let waits = match place(Who::Two) {
        Some(two) => place(Who::One) < Some(two),
        None => true,
    };
    if !case.is_cut {
        assert_eq!(t, 1);
        assert!(waits == case.two_waits() || case.two.is_hook(), "{:?}", world.calls);
    }
    let late = vec![case.call_of_late(t)];
    for (who, kind, expected) in [
        (Who::One, Some(case.one), case.calls_of_one(t)),
        (Who::Two, Some(case.two), case.calls_of_two(t, waits)),
        (Who::Three, case.three(), case.calls_of_three(t)),
        (Who::Late, None, late),
    ] {
        let calls = world.turns_of(who);
        if case.is_cut && !kind.is_some_and(Kind::is_hook) {
            assert_eq!(calls.len(), expected.len(), "{who:?} in {:?}", world.calls);
        } else {
            assert_eq!(calls, expected, "{who:?} in {:?}", world.calls);
        }
    }
    // A stream is told that it was closed if it was so by itself.
    let tells =
        case.one == Kind::Stream && !case.one_stays() && case.action != Action::Panic;
    assert_eq!(world.closed, if tells { vec![Who::One] } else { vec![] });
}

fn assert_who_is_left(reactor: &mut Reactor<World>, world: &World, case: Case) {
    for &(who, ref subject) in &world.subjects {
        let stays = match who {
            Who::One => case.one_stays(),
            Who::Two => case.two_stays(),
            _ => subject.kind.stays(),
        };
        // Nobody can ask for the hook of slow handlers.
        let can_be_asked_for = subject.kind != Kind::Slow;
        assert_eq!(subject.key.is_alive(reactor), stays && can_be_asked_for, "{who:?}");
        assert_eq!(subject.drops(), usize::from(!stays), "{who:?}");
    }
}

/// A timer and a source that are added now are called.
fn assert_it_still_works(reactor: &mut Reactor<World>, world: &mut World) {
    let (_sender, receiver) = readable_pipe();
    let key = reactor
        .register(receiver, Interest::READABLE, |world: &mut World, r, _, _| {
            world.called_once(r, Who::Late, false);
            Next::Stop
        })
        .unwrap();
    reactor.at(at(0), |world: &mut World, r, _| world.called_once(r, Who::Late, true));
    let before = world.turns_of(Who::Late).len();
    for _ in 0..3 {
        reactor.turn(world, Duration::ZERO).unwrap();
    }
    assert_eq!(world.turns_of(Who::Late).len(), before + 2);
    assert!(!reactor.is_registered(key));
    // What was taken out can be registered anew: the kernel has forgotten it.
    if let Some(receiver) = world.returned.take() {
        let f = |_: &mut World, _: &mut _, _: &mut _, _| Next::Continue;
        let key = reactor.register(receiver, Interest::READABLE, f).unwrap();
        assert!(reactor.deregister(key).is_some());
    }
}

/// With all removed nothing keeps a run alive, and every descriptor is closed.
fn assert_nothing_is_left(mut reactor: Reactor<World>, world: &mut World) {
    let keys: Vec<_> = world.subjects.iter().map(|(_, subject)| subject.key).collect();
    for key in keys {
        key.remove(&mut reactor);
    }
    assert_eq!(reactor.run(world).unwrap(), Exit::Idle);
    let dump = reactor.dump();
    assert!(dump.timers.is_empty() && dump.sources.is_empty(), "{dump}");
    assert!(dump.hooks.is_empty(), "{dump}");
    assert_eq!((dump.deferred, dump.posts), (0, 0));
    for (_, subject) in &mut world.subjects {
        subject.end.assert_closed();
    }
    drop(reactor);
    for (who, subject) in &world.subjects {
        assert_eq!(subject.drops(), 1, "{who:?}: once");
    }
}
