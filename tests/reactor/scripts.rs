//! Random scripts on the machine's own clock, under every precision, budget and busy poll: handlers that
//! schedule, cancel, reschedule and touch themselves and others, stop and panic. Beside them stand books
//! that are obviously right: nothing early, lost, doubled or off its grid, and the parts of lateness add up.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use tourbillon::CommonTimeout;
use tourbillon::reactor::{Fired, Next, Precision, Reactor, TurnBudget};
use tourbillon::stats::Histogram;
use tourbillon::time::Instant;
use tourbillon::timers::TimerKey;

const ON_PURPOSE: &str = "on purpose";

/// A timer in the books.
#[derive(Copy, Clone)]
struct Entry {
    key: TimerKey,
    due: Instant,
    kind: Kind,
}

#[derive(Copy, Clone, Eq, PartialEq)]
enum Kind {
    Once,
    Common,
    Every(Duration),
}

struct World {
    seed: u64,
    actions_left: u32,
    common: [CommonTimeout; 2],
    /// What is pending, by the number of its scheduling.
    books: BTreeMap<u64, Entry>,
    scheduled: u64,
    panics: u32,
}

type Script = Reactor<World>;

impl World {
    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(11);
        (self.seed >> 33) % below
    }

    fn note(&mut self, key: TimerKey, due: Instant, kind: Kind) {
        assert!(self.find(key).is_none(), "a key that is alive was given out again");
        self.scheduled += 1;
        self.books.insert(self.scheduled, Entry { key, due, kind });
    }

    fn find(&self, key: TimerKey) -> Option<(u64, Entry)> {
        let found = self.books.iter().find(|(_, entry)| entry.key == key);
        found.map(|(number, entry)| (*number, *entry))
    }

    fn due_soon(&mut self, reactor: &Script) -> Instant {
        let now = reactor.clock().now();
        match self.random(8) {
            // Not at the beginning of time: histograms end at an hour, and the parts with them.
            0 => now - Duration::from_secs(60),
            1 => now - Duration::from_nanos(self.random(300_000)),
            2 => now + Duration::from_nanos(self.random(4_000)),
            _ => now + Duration::from_nanos(self.random(600_000)),
        }
    }

    /// A timer of the books, as a rule another one than `me`.
    fn any(&mut self, me: Option<TimerKey>) -> Option<(u64, Entry)> {
        let itself = self.random(3) == 0;
        if let Some(me) = me.filter(|_| itself) {
            return self.find(me);
        }
        let place = self.random(self.books.len().max(1) as u64) as usize;
        self.books.iter().nth(place).map(|(number, entry)| (*number, *entry))
    }
}

fn called(world: &World, reactor: &Script, fired: Fired) -> (u64, Entry) {
    assert!(fired.now >= fired.scheduled && reactor.clock().now() >= fired.scheduled);
    let (number, entry) = world.find(fired.key).expect("it is pending, and once");
    let skipped = match entry.kind {
        Kind::Every(period) => period * u32::try_from(fired.missed).unwrap(),
        _ => Duration::ZERO,
    };
    assert_eq!(fired.scheduled, entry.due + skipped);
    (number, entry)
}

fn once(world: &mut World, reactor: &mut Script, fired: Fired) {
    let (number, _) = called(world, reactor, fired);
    world.books.remove(&number);
    let key = fired.key;
    assert!(!reactor.is_pending(key) && !reactor.cancel(key) && !reactor.touch(key));
    act(world, reactor, None);
}

fn every(world: &mut World, reactor: &mut Script, fired: Fired) -> Next {
    let (number, entry) = called(world, reactor, fired);
    let Kind::Every(period) = entry.kind else { panic!("not an interval's key") };
    let due = fired.scheduled + period;
    world.books.insert(number, Entry { due, ..entry });
    assert_eq!(reactor.deadline(fired.key), Some(due));
    assert!(reactor.drift(fired.key).unwrap().phase_error().is_zero());
    act(world, reactor, Some(fired.key));
    let (stops, panics) = (world.random(20) == 0, world.random(60) == 0);
    if stops || panics || world.actions_left == 0 {
        world.books.remove(&number);
    }
    if panics {
        world.panics += 1;
        resume_unwind(Box::new(ON_PURPOSE));
    }
    if stops || world.actions_left == 0 { Next::Stop } else { Next::Continue }
}

fn act(world: &mut World, reactor: &mut Script, me: Option<TimerKey>) {
    for _ in 0..world.random(4) {
        let Some(left) = world.actions_left.checked_sub(1) else { return };
        world.actions_left = left;
        let what = world.random(10);
        match (what, world.any(me)) {
            (0..=3, _) => {
                let due = world.due_soon(reactor);
                world.note(reactor.at(due, once), due, Kind::Once);
            }
            (4, _) => {
                let common = world.common[world.random(2) as usize];
                let key = reactor.after(common, once);
                world.note(key, reactor.deadline(key).unwrap(), Kind::Common);
            }
            (5, _) => {
                let period = Duration::from_nanos(20_000 + world.random(300_000));
                let key = reactor.every(period, every).unwrap();
                world.note(key, reactor.deadline(key).unwrap(), Kind::Every(period));
            }
            (6, Some((number, entry))) => {
                assert!(reactor.cancel(entry.key) && !reactor.is_pending(entry.key));
                world.books.remove(&number);
                if me == Some(entry.key) {
                    return;
                }
            }
            (7 | 8, Some((number, entry))) => {
                let due = world.due_soon(reactor);
                assert!(reactor.reschedule(entry.key, due));
                world.books.insert(number, Entry { due, ..entry });
            }
            (9, Some((number, entry))) => {
                assert_eq!(reactor.touch(entry.key), entry.kind == Kind::Common);
                let due = reactor.deadline(entry.key).unwrap();
                world.books.insert(number, Entry { due, ..entry });
            }
            _ => {}
        }
        if world.random(40) == 0 {
            reactor.stop();
        }
    }
}

/// Runs a script to its end, and gives how many handlers panicked.
fn play(seed: u64, mut reactor: Script) -> u32 {
    let common = [200, 700].map(|us| reactor.common_timeout(Duration::from_micros(us)));
    let books = BTreeMap::new();
    let mut world =
        World { seed, actions_left: 300, common, books, scheduled: 0, panics: 0 };
    while world.actions_left > 0 || !world.books.is_empty() {
        act(&mut world, &mut reactor, None);
        let how = world.random(3);
        let end = reactor.clock().now() + Duration::from_micros(150);
        let played = catch_unwind(AssertUnwindSafe(|| match how {
            0 => reactor.turn(&mut world, Duration::from_micros(37)).map(|_| ()),
            1 => {
                reactor.stop_at(end);
                reactor.run(&mut world).map(|_| ())
            }
            _ => reactor.run(&mut world).map(|_| ()),
        }));
        match played {
            Ok(done) => done.unwrap(),
            Err(panic) if panic.downcast_ref() == Some(&ON_PURPOSE) => {}
            Err(panic) => resume_unwind(panic),
        }
        assert_eq!(reactor.timer_count(), world.books.len());
        for entry in world.books.values() {
            assert_eq!(reactor.deadline(entry.key), Some(entry.due));
        }
    }
    let panics = world.panics;
    check_the_books_of(&mut reactor, &mut world);
    panics
}

fn check_the_books_of(reactor: &mut Script, world: &mut World) {
    let stats = reactor.stats();
    let lateness = &stats.lateness;
    assert_eq!(lateness.total.count(), stats.timers_fired);
    let sum = |part: &Histogram| part.mean().as_nanos() * u128::from(part.count());
    let parts = sum(&lateness.kernel) + sum(&lateness.handlers) + sum(&lateness.budget);
    // Means are whole nanoseconds, so each sum may be short by one for each entry.
    let rounding = 4 * u128::from(stats.timers_fired);
    assert!(parts.abs_diff(sum(&lateness.total)) <= rounding, "{stats:?}");
    // Nothing is pending, so nothing is left to spin for.
    let (spun, remote) = (stats.spun, reactor.remote());
    reactor.turn(world, Duration::from_micros(600)).unwrap();
    assert_eq!(reactor.stats().spun, spun);
    drop(remote);
}

#[test]
fn random_scripts_keep_the_promises_at_every_precision() {
    let spin = |micros| Precision::Spin { max: Duration::from_micros(micros) };
    let mut panics = 0;
    for seed in 0..4 {
        for precision in
            [Precision::Exact, Precision::Millis, spin(60), spin(300), spin(1_000_000)]
        {
            for (timers, busy) in [(1, 0), (3, 30), (1_024, 0), (1_024, 30)] {
                let mut budget = TurnBudget::default();
                budget.timers = timers;
                let builder = Reactor::builder().precision(precision).budget(budget);
                let builder = builder.busy_poll(Duration::from_micros(busy));
                panics += play(seed, builder.build().unwrap());
            }
        }
    }
    assert!(panics > 0, "some of the scripts panic, or they test less than they say");
}
