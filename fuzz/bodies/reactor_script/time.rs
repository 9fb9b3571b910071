//! Calls of the reactor from outside: turns, runs, steps and advances, what they must have done, and the end.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use tourbillon::reactor::{Advance, Exit, Turn, TurnBudget};
use tourbillon::time::Instant;

use super::book::Kind;
use super::world::{ON_PURPOSE, Phase, Report, Sim, World};

/// Turns in a row that the world makes to see the end of something, at most.
const MOST_TURNS: u32 = 3_000;
/// Ticks that it lets pass in one call, at most.
const MOST_TICKS: u128 = 200;

impl World {
    /// Calls the reactor, and catches what was thrown on purpose.
    pub(super) fn call<T>(
        &mut self,
        reactor: &mut Sim,
        call: impl FnOnce(&mut Sim, &mut Self) -> io::Result<T>,
    ) -> Option<T> {
        self.fired_in_call = 0;
        let outcome = catch_unwind(AssertUnwindSafe(|| call(reactor, self)));
        self.phase = Phase::Outside;
        self.panics = false;
        let now = reactor.now();
        let outcome = match outcome {
            Ok(outcome) => Some(outcome.expect("the reactor goes on")),
            Err(panic) if is_on_purpose(&*panic) => None,
            Err(panic) => resume_unwind(panic),
        };
        self.book.note_leftovers(now, reactor.stats().turns);
        let turns = reactor.stats().turns;
        self.note("now", [now.as_nanos(), turns]);
        self.report.turns = turns;
        self.report.stale_events = reactor.stats().stale_events;
        outcome
    }

    pub(super) fn turn(&mut self, reactor: &mut Sim) -> Option<Turn> {
        let before = self.reading(reactor);
        let turn =
            self.call(reactor, |reactor, world| reactor.turn(world, Duration::ZERO))?;
        assert_eq!(turn.now, before, "P10: the turn's reading");
        let TurnBudget { events, timers, deferred, posts, .. } = self.budget;
        assert!(turn.sources <= events && turn.timers <= timers, "P5: {turn:?}");
        assert!(turn.deferred <= 2 * deferred && turn.posts <= posts, "P5: {turn:?}");
        Some(turn)
    }

    pub(super) fn settle(&mut self, reactor: &mut Sim) {
        for _ in 0..64 {
            if self.turn(reactor).is_some_and(|turn| turn.is_empty() && !turn.stopped) {
                break;
            }
        }
    }

    /// How many ticks there are to come until then, roughly.
    pub(super) fn ticks_until(&self, then: Instant) -> u128 {
        let ticks = self.book.iter().map(|(_, entry)| match &entry.kind {
            Kind::Every(grid) => grid.ticks_until(then.as_nanos()),
            _ => 0,
        });
        ticks.fold(0, u128::saturating_add)
    }

    /// Nobody makes the reactor go through a million ticks at a stroke.
    pub(super) fn is_patient(&self, reactor: &Sim, by: Duration) -> bool {
        self.ticks_until(self.reading(reactor) + by) <= MOST_TICKS
    }

    pub(super) fn run(&mut self, reactor: &mut Sim) {
        if !self.is_patient(reactor, Duration::ZERO) {
            self.turn(reactor);
            return;
        }
        let exit = self.call(reactor, tourbillon::Reactor::run);
        if exit == Some(Exit::Idle) {
            self.check_nothing_is_due(reactor);
        }
    }

    pub(super) fn step(&mut self, reactor: &mut Sim) {
        let next = self
            .book
            .first_due()
            .map(|due| due.saturating_duration_since(self.reading(reactor)));
        if !self.is_patient(reactor, next.unwrap_or_default()) {
            self.turn(reactor);
            return;
        }
        self.exact_from = Some(self.reading(reactor));
        let step = self.call(reactor, tourbillon::Reactor::step);
        self.exact_from = None;
        if let Some(Some(_)) = step {
            self.check_nothing_is_due(reactor);
        }
    }

    pub(super) fn advance(&mut self, reactor: &mut Sim, by: Duration) {
        if !self.is_patient(reactor, by) {
            self.clock.advance(by);
            self.turn(reactor);
            return;
        }
        let from = self.reading(reactor);
        self.exact_from = Some(from);
        let advance = self.call(reactor, |reactor, world| reactor.advance(world, by));
        let was_exact = self.exact_from.take().is_some();
        if advance == Some(Advance::Done) {
            self.check_nothing_is_due(reactor);
            if was_exact {
                assert_eq!(self.reading(reactor), from + by);
            }
        }
    }

    /// Turns until nothing happens any more without time moving on. False: an interval makes up for so
    /// many ticks that this takes too long.
    pub(super) fn come_to_rest(&mut self, reactor: &mut Sim) -> bool {
        let mut quiet = 0;
        for _ in 0..MOST_TURNS {
            let Some(turn) = self.turn(reactor) else { continue };
            let is_quiet = turn.is_empty() && !turn.stopped;
            quiet = if is_quiet { quiet + 1 } else { 0 };
            // One that was interrupted has not looked.
            if quiet == 3 + self.interrupts {
                self.interrupts = 0;
                return true;
            }
        }
        let ticks = self.ticks_until(self.reading(reactor));
        assert!(ticks > 0, "P5: it does not come to rest");
        false
    }

    /// The script is over: everything comes to its end.
    pub(crate) fn finish(&mut self, reactor: &mut Sim) -> Report {
        self.script = Box::new(std::iter::empty());
        self.quiesce(reactor);
        let ticking = self.book.iter().filter(|(_, entry)| {
            matches!(entry.kind, Kind::Every(_)) || entry.due == Instant::MAX
        });
        let ticking: Vec<_> = ticking.map(|(id, entry)| (id, entry.key)).collect();
        for (id, key) in ticking {
            assert!(reactor.cancel(key), "P2: timer {id} is lost");
            self.book.remove(id);
        }
        self.hang_up_all(reactor);
        let (mut steps, mut idle) = (0, 0);
        // A time to stop at, and a stop, end a step as well as that there is nothing more.
        while idle < 3 {
            self.exact_from = Some(self.reading(reactor));
            let step = self.call(reactor, tourbillon::Reactor::step);
            self.exact_from = None;
            steps += 1;
            assert!(steps < MOST_TURNS, "P5: it does not come to an end");
            let is_idle = step == Some(None) && self.book.len() == 0;
            idle = if is_idle { idle + 1 } else { 0 };
        }
        self.come_to_rest(reactor);
        assert!(self.deferred.is_empty() && self.posts.is_empty(), "P3: calls are lost");
        self.check_all_are_gone(reactor);
        // Those of streams that were taken out fire for nobody; at the end of time they never do.
        let is_the_end = self.reading(reactor) > Instant::MAX - Duration::from_secs(60);
        assert!(reactor.timer_count() == 0 || is_the_end, "timers are left over");
        self.note("end", [self.report.fired, self.report.bytes]);
        self.report
    }

    fn check_nothing_is_due(&self, reactor: &Sim) {
        let (now, first) = (self.reading(reactor), self.book.first_due());
        assert!(
            first.is_none_or(|due| due > now),
            "P2: {first:?} is left behind at {now:?}"
        );
    }
}

fn is_on_purpose(panic: &(dyn Any + Send)) -> bool {
    panic.downcast_ref() == Some(&ON_PURPOSE)
}
