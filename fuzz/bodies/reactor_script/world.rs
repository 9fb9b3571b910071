//! [`World`]: the state that all handlers share, and the calls from outside that make things happen.

use std::collections::{BTreeMap, VecDeque};
use std::panic::resume_unwind;
use std::time::Duration;

use tourbillon::reactor::memory::{Memory, MemoryConnector, MemoryListener};
use tourbillon::reactor::{Reactor, TurnBudget};
use tourbillon::time::{Clock, Instant, ManualClock};
use tourbillon::{CommonTimeout, SourceKey};

use super::book::{Book, Kind};
use super::conn::Conn;
use super::ops::{Op, Start};
use crate::bodies::codec::Nanos;

pub(crate) type Sim = Reactor<World>;

/// What a handler panics with that was told to.
pub(super) const ON_PURPOSE: &str = "on purpose";
/// Timers that fire in one call, at most.
const MOST_FIRED: u32 = 2_000;
/// Durations of the common timeouts; the last is those streams' idle timeout.
const QUEUES: [u64; 3] = [1_000, 7_000_000_000, 30_000_000_000];

/// What is done behind the world's back, to see that it notices.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Sabotage {
    /// A timer is cancelled.
    Lose,
    /// A timer is due a nanosecond earlier.
    Hasten,
    /// A timer is due a nanosecond later.
    Delay,
    /// A byte is taken out of a stream.
    Steal,
    /// A byte that nobody sent.
    Forge,
    /// A stream's readiness is kept from the reactor.
    Hush,
}

/// What a run came to.
#[derive(Copy, Clone, Eq, PartialEq, Default, Debug)]
pub(crate) struct Report {
    /// Of everything that happened, in its order.
    pub(crate) hash: u64,
    pub(crate) steps: u64,
    pub(crate) turns: u64,
    pub(crate) fired: u64,
    pub(crate) missed: u64,
    pub(crate) panics: u64,
    pub(crate) connections: u64,
    pub(crate) bytes: u64,
    pub(crate) stale_events: u64,
}

impl Report {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self {
            hash,
            steps,
            turns,
            fired,
            missed,
            panics,
            connections,
            bytes,
            stale_events,
        } = self;
        *hash ^= other.hash;
        for (sum, more) in [
            (steps, other.steps),
            (turns, other.turns),
            (fired, other.fired),
            (missed, other.missed),
            (panics, other.panics),
            (connections, other.connections),
            (bytes, other.bytes),
            (stale_events, other.stale_events),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// Where handlers are called from.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Phase {
    Outside,
    Sources,
    Timers,
    Deferred,
    Posts,
}

pub(crate) struct World {
    pub(super) script: Box<dyn Iterator<Item = Op>>,
    pub(super) clock: ManualClock,
    pub(super) memory: Memory,
    pub(super) budget: TurnBudget,
    pub(super) queues: [CommonTimeout; QUEUES.len()],
    pub(super) book: Book,
    pub(super) deferred: VecDeque<(u64, u64)>,
    pub(super) posts: VecDeque<(u64, u64)>,
    pub(super) last_call: u64,
    pub(super) conns: BTreeMap<u64, Conn>,
    pub(super) last_conn: u64,
    pub(super) door: Option<(SourceKey<MemoryListener>, MemoryConnector)>,
    /// Who knocked and was not let in yet.
    pub(super) doorstep: VecDeque<u64>,
    /// Waits that may still be interrupted.
    pub(super) interrupts: u32,
    pub(super) phase: Phase,
    /// A handler is to panic when it has done what else it does.
    pub(super) panics: bool,
    /// Timers that fired in this call.
    pub(super) fired_in_call: u32,
    /// Timers are called at their very deadlines from then on.
    pub(super) exact_from: Option<Instant>,
    sabotage: Option<Sabotage>,
    /// To tell on the way what happens.
    pub(crate) is_loud: bool,
    pub(crate) was_sabotaged: bool,
    pub(super) report: Report,
}

impl World {
    pub(crate) fn new(start: Start, script: Box<dyn Iterator<Item = Op>>) -> (Self, Sim) {
        let clock = ManualClock::starting_at(start.now.instant());
        let memory = Memory::new();
        let mut budget = TurnBudget::default();
        let each = match start.budget % 4 {
            0 => 1 + usize::from(start.budget / 4) % 8,
            1 => 16,
            _ => 1_024,
        };
        (budget.events, budget.timers, budget.deferred, budget.posts) =
            (each, each, each, each);
        let builder = Reactor::builder().clock(clock.clone()).memory(&memory);
        let builder = builder.budget(budget).histograms(start.style.is_multiple_of(2));
        let mut reactor: Sim = builder.build().expect("a reactor");
        let queues =
            QUEUES.map(|nanos| reactor.common_timeout(Duration::from_nanos(nanos)));
        let mut world = Self {
            script,
            clock,
            memory,
            budget,
            queues,
            book: Book::default(),
            deferred: VecDeque::new(),
            posts: VecDeque::new(),
            last_call: 0,
            conns: BTreeMap::new(),
            last_conn: 0,
            door: None,
            doorstep: VecDeque::new(),
            interrupts: 0,
            phase: Phase::Outside,
            panics: false,
            fired_in_call: 0,
            exact_from: None,
            sabotage: None,
            is_loud: false,
            was_sabotaged: false,
            report: Report { hash: 0xcbf2_9ce4_8422_2325, ..Report::default() },
        };
        world.open_door(&mut reactor);
        (world, reactor)
    }

    pub(crate) fn sabotage(&mut self, sabotage: Sabotage) {
        self.sabotage = Some(sabotage);
    }

    /// What its clock shows.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The reading that the reactor goes by.
    pub(super) fn reading(&self, reactor: &Sim) -> Instant {
        self.clock.now().max(reactor.now())
    }

    /// Writes something down, for two runs to be compared.
    pub(super) fn note(&mut self, what: &'static str, numbers: [u64; 2]) {
        if self.is_loud {
            eprintln!("    {what} {numbers:?}");
        }
        let bytes = numbers.into_iter().flat_map(u64::to_le_bytes);
        for byte in what.bytes().chain(bytes) {
            self.report.hash =
                (self.report.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// A handler is called, in that phase.
    pub(super) const fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// What a handler does besides: so many operations of the script.
    pub(super) fn act(&mut self, reactor: &mut Sim, acts: u8) {
        for _ in 0..acts % 4 {
            let Some(op) = self.script.next() else { break };
            self.report.steps += 1;
            if self.is_loud {
                eprintln!("  {}, inside: {op:?}", self.report.steps);
            }
            self.apply_inside(reactor, op);
        }
    }

    /// Whether the handler that runs is to panic.
    pub(super) const fn is_to_panic(&self) -> bool {
        self.panics
    }

    /// The same, to do it now.
    pub(super) fn takes_panic(&mut self) -> bool {
        std::mem::take(&mut self.panics)
    }

    pub(super) fn panic_on_purpose(&mut self) -> ! {
        self.report.panics += 1;
        resume_unwind(Box::new(ON_PURPOSE))
    }

    /// The next operation of the script, from outside. False: that was all.
    pub(crate) fn drive_next(&mut self, reactor: &mut Sim) -> bool {
        let Some(op) = self.script.next() else { return false };
        self.report.steps += 1;
        if self.is_loud {
            eprintln!("{}: {op:?}", self.report.steps);
        }
        self.drive(reactor, op);
        self.commit_sabotage(reactor);
        self.check(reactor);
        true
    }

    fn drive(&mut self, reactor: &mut Sim, op: Op) {
        match op {
            Op::Turn {} | Op::Stop {} | Op::Panic {} => {
                self.turn(reactor);
            }
            Op::Settle {} => self.settle(reactor),
            Op::Run {} => self.run(reactor),
            Op::Step {} => self.step(reactor),
            Op::Advance { by } => self.advance(reactor, leap(by)),
            Op::OversleepNext { by } => {
                if let Some(due) = self.book.first_due() {
                    self.clock.advance_to(due + Duration::from_nanos(by.into()));
                }
                self.turn(reactor);
            }
            Op::Jump { by } => {
                self.clock.advance(leap(by));
                self.turn(reactor);
            }
            Op::SetBack { by } => self.clock.set(self.clock.now() - leap(by)),
            Op::Quiesce {} => self.quiesce(reactor),
            op => self.apply(reactor, op),
        }
    }

    fn apply_inside(&mut self, reactor: &mut Sim, op: Op) {
        match op {
            Op::Turn {} | Op::Settle {} | Op::Run {} | Op::Step {} | Op::Quiesce {} => {
                assert!(
                    reactor.turn(self, Duration::ZERO).is_err(),
                    "P11: a turn in a turn"
                );
                assert!(reactor.run(self).is_err(), "P11: a run in a turn");
                assert!(reactor.step(self).is_err(), "P11: a step in a turn");
            }
            Op::Advance { by } => {
                assert!(reactor.advance(self, leap(by)).is_err());
            }
            Op::Jump { by } if self.is_patient(reactor, leap(by)) => {
                // A handler that takes its time.
                self.exact_from = None;
                self.clock.advance(leap(by));
            }
            Op::SetBack { by } => {
                self.exact_from = None;
                self.clock.set(self.clock.now() - leap(by));
            }
            Op::OversleepNext { .. } | Op::Jump { .. } => {}
            Op::Stop {} => reactor.stop(),
            Op::Panic {} => self.panics = true,
            op => self.apply(reactor, op),
        }
    }

    /// What is done in the same way from anywhere.
    fn apply(&mut self, reactor: &mut Sim, op: Op) {
        match op {
            Op::StopAt { after } => {
                reactor.stop_at(self.reading(reactor) + after.duration());
            }
            Op::Defer { acts } => self.defer(reactor, acts),
            Op::Post { acts } => self.post(reactor, acts),
            Op::After { .. }
            | Op::Past { .. }
            | Op::Common { .. }
            | Op::Within { .. }
            | Op::Every { .. }
            | Op::Cancel { .. }
            | Op::Reschedule { .. }
            | Op::Touch { .. }
            | Op::Stale { .. } => self.apply_to_timers(reactor, op),
            _ => self.apply_to_conns(reactor, op),
        }
    }

    /// Whether a timer that was due then must be called at that very instant.
    pub(super) fn is_exact(&self, due: Instant) -> bool {
        self.exact_from.is_some_and(|from| due >= from)
    }

    /// A timer fires. An interval that somebody made too short is not waited for to the end.
    pub(super) fn count_fired(&mut self, reactor: &mut Sim) {
        self.report.fired += 1;
        self.fired_in_call += 1;
        if self.fired_in_call > MOST_FIRED {
            reactor.stop();
        }
    }

    /// When something is born: the turn, and the reading.
    pub(super) fn birth(&self, reactor: &Sim) -> (u64, Instant) {
        (reactor.stats().turns, self.reading(reactor))
    }

    /// Between two calls: some of what the books say, against what the reactor says.
    fn check(&mut self, reactor: &mut Sim) {
        assert!(reactor.timer_count() >= self.book.len(), "P2: timers are missing");
        let all = self.report.steps.is_multiple_of(64);
        let some = if all { usize::MAX } else { 3 };
        for (id, entry) in self.book.iter().take(some) {
            assert!(reactor.is_pending(entry.key), "P2: timer {id} is lost");
            let due = reactor.deadline(entry.key).expect("it is pending");
            // One with slack that was taken along, and not called for a stop, was due when it was taken.
            let is_right = match entry.kind {
                Kind::Slack(opens) => (opens..=entry.due).contains(&due),
                _ => due == entry.due,
            };
            assert!(is_right, "timer {id} is due at {due:?}, not {:?}", entry.due);
        }
        self.check_conns(reactor);
        self.bury();
    }

    /// Does what the sabotage is, once, when there is something to do it to.
    fn commit_sabotage(&mut self, reactor: &mut Sim) {
        let Some(sabotage) = self.sabotage.filter(|_| !self.was_sabotaged) else {
            return;
        };
        let timers = self.book.iter().filter(|(_, entry)| {
            matches!(entry.kind, Kind::Once)
                && entry.due < Instant::MAX - Duration::from_secs(1)
        });
        let timer = timers.map(|(_, entry)| (entry.key, entry.due)).last();
        let nanosecond = Duration::from_nanos(1);
        self.was_sabotaged = match (sabotage, timer) {
            (Sabotage::Lose, Some((key, _))) => reactor.cancel(key),
            (Sabotage::Hasten, Some((key, due))) => {
                reactor.reschedule(key, due - nanosecond)
            }
            (Sabotage::Delay, Some((key, due))) => {
                reactor.reschedule(key, due + nanosecond)
            }
            (Sabotage::Lose | Sabotage::Hasten | Sabotage::Delay, None) => false,
            (Sabotage::Steal | Sabotage::Forge | Sabotage::Hush, _) => {
                self.sabotage_a_stream(sabotage)
            }
        };
    }
}

/// How far time moves in one go: no more than twenty years, or it would soon be over.
fn leap(by: Nanos) -> Duration {
    by.duration().min(Duration::from_secs(20 * 365 * 86_400))
}
