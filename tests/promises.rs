//! The promises of the crate, one test each, in order: the table in the README names them.
//!
//! P6, P11 and P12 are the reactor's and the streams'. Each test is short and can fail; the deeper searches
//! (small worlds, the oracle, fuzzing) are in files of their own.

mod common;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use common::hold::Hold;
use common::{DAY, MILLI, Random, SECOND, at, ms};
use tourbillon::time::{Instant, Interval, ManualClock};
use tourbillon::timers::{Budget, CommonTimeout, TimerKey, Timers};
use tourbillon::{BufferEvent, Event, Listener, ListenerOptions, Reactor, TurnBudget};

/// Timers of all kinds at random, and a plain list of the deadlines they must keep.
struct World {
    timers: Timers<u64>,
    expected: BTreeMap<u64, (TimerKey, Instant)>,
    commons: [CommonTimeout; 2],
    next_id: u64,
    now: Instant,
    random: Random,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let now = at(random.next() >> (8 + random.below(50)));
        let mut timers = Timers::starting_at(now);
        let commons = [ms(1), ms(250)].map(|after| timers.common_timeout(after));
        Self { timers, expected: BTreeMap::new(), commons, next_id: 0, now, random }
    }

    fn delay(&mut self) -> Duration {
        let bits = self.random.below(40);
        Duration::from_nanos(self.random.below(1 << bits))
    }

    fn schedule(&mut self) {
        let id = self.next_id;
        self.next_id += 1;
        let delay = self.delay();
        let (key, deadline) = match self.random.below(4) {
            0 => (self.timers.schedule(self.now + delay, id), self.now + delay),
            1 => (self.timers.schedule(self.now - delay, id), self.now - delay),
            n => {
                let common = self.commons[n as usize - 2];
                let key = self.timers.schedule_after(self.now, common, id);
                (key, self.now + common.duration())
            }
        };
        self.expected.insert(id, (key, deadline));
    }

    fn pick(&mut self) -> Option<u64> {
        let nth = self.random.below(self.expected.len().max(1) as u64);
        self.expected.keys().nth(nth as usize).copied()
    }

    /// Schedules some, moves some, cancels some.
    fn churn(&mut self) {
        for _ in 0..self.random.below(20) {
            self.schedule();
        }
        for _ in 0..self.random.below(5) {
            let Some(id) = self.pick() else { return };
            let (key, old) = self.expected[&id];
            let deadline = self.now + self.delay();
            if self.random.below(2) == 0 {
                assert!(self.timers.reschedule(key, deadline));
                self.expected.insert(id, (key, deadline));
            } else if self.timers.touch(key, self.now) {
                let deadline = self.timers.deadline(key).unwrap();
                assert!(self.commons.iter().any(|c| self.now + c.duration() == deadline));
                self.expected.insert(id, (key, deadline));
            } else {
                assert_eq!(self.timers.deadline(key), Some(old));
            }
        }
        if let Some(id) = self.pick() {
            let (key, _) = self.expected[&id];
            assert_eq!(self.timers.cancel(key), Some(id));
            self.expected.remove(&id);
        }
    }

    fn advance(&mut self) {
        let delay = self.delay();
        self.now += delay;
    }

    fn earliest(&self) -> Option<Instant> {
        self.expected.values().map(|(_, deadline)| *deadline).min()
    }
}

#[test]
fn p1_never_early() {
    for seed in 1..=100 {
        let mut world = World::new(seed);
        for _ in 0..100 {
            world.churn();
            // The last nanosecond before the earliest is due, and that nanosecond itself.
            if let Some(earliest) =
                world.earliest().filter(|earliest| *earliest > world.now)
            {
                let before = at(earliest.as_nanos() - 1);
                assert!(world.timers.pop_expired(before).is_none(), "early");
                world.now = earliest;
            } else {
                world.advance();
            }
            while let Some(expired) = world.timers.pop_expired(world.now) {
                let (_, deadline) = world.expected.remove(&expired.value).unwrap();
                assert!(world.now >= deadline, "early, seed {seed}");
                assert_eq!(expired.deadline, deadline);
            }
        }
    }
}

#[test]
fn p2_never_lost() {
    for seed in 1..=100 {
        let mut world = World::new(seed);
        for _ in 0..100 {
            world.churn();
            assert_eq!(world.timers.next_deadline(), world.earliest(), "seed {seed}");
            world.advance();
            while let Some(expired) = world.timers.pop_expired(world.now) {
                world.expected.remove(&expired.value);
            }
            assert!(world.expected.values().all(|(_, deadline)| *deadline > world.now));
            assert!(world.timers.next_deadline().is_none_or(|next| next > world.now));
            assert_eq!(world.timers.len(), world.expected.len());
        }
    }
}

#[test]
fn p3_exactly_once() {
    for seed in 1..=50 {
        let mut world = World::new(seed);
        let mut stale = Vec::new();
        let foreign = Timers::<u64>::new().schedule(Instant::ZERO, 0);
        for _ in 0..50 {
            world.churn();
            world.advance();
            while let Some(expired) = world.timers.pop_expired(world.now) {
                let (key, _) = world.expected.remove(&expired.value).expect("once only");
                assert_eq!(key, expired.key);
                stale.push(key);
            }
            // A key is stale from then on, though its slot is in use again; it hits nobody.
            if cfg!(debug_assertions) {
                stale.push(foreign);
            }
            for key in &stale {
                assert!(!world.timers.contains(*key));
                assert!(!world.timers.reschedule(*key, Instant::ZERO));
                assert!(!world.timers.touch(*key, Instant::ZERO));
                assert_eq!(world.timers.cancel(*key), None);
            }
            for (id, (key, deadline)) in &world.expected {
                assert_eq!(world.timers.get(*key), Some(id));
                assert_eq!(world.timers.deadline(*key), Some(*deadline));
            }
        }
        assert!(stale.len() > 100, "seed {seed} showed only {} stale keys", stale.len());
    }
}

#[test]
fn p4_in_order() {
    for seed in 1..=50 {
        let mut world = World::new(seed);
        for _ in 0..50 {
            world.churn();
            world.advance();
            // Pauses by a budget, in which more is scheduled for later, change nothing.
            let mut last = Instant::ZERO;
            loop {
                let timers = 1 + world.random.below(3) as usize;
                let moves = 1 + world.random.below(8) as usize;
                let mut budget = Budget { timers, moves };
                let mut came = false;
                while let Some(expired) =
                    world.timers.pop_expired_within(world.now, &mut budget)
                {
                    assert!(expired.deadline >= last, "out of order, seed {seed}");
                    assert_eq!(Some(expired.deadline), world.earliest());
                    last = expired.deadline;
                    world.expected.remove(&expired.value);
                    came = true;
                }
                if !came && !budget.is_spent() {
                    break;
                }
            }
        }
    }
    // Equal deadlines, in scheduling order: on the wheel and in a queue, by hundreds.
    let mut timers = Timers::new();
    let idle = timers.common_timeout(ms(5));
    for id in 0..500 {
        timers.schedule(at(4 * MILLI), id);
        timers.schedule_after(Instant::ZERO, idle, 500 + id);
    }
    assert_eq!(common::due(&mut timers, at(SECOND)), (0..1_000).collect::<Vec<_>>());
}

/// Drains with a budget of 64 timers and 256 moves at a time, and gives how many timers came. No
/// call may touch more than its budget, and a step.
fn drain_in_steps(timers: &mut Timers<u64>, now: Instant) -> u64 {
    let mut came = 0;
    loop {
        let mut budget = Budget { timers: 64, moves: MOST_MOVES as usize };
        let before = timers.stats().wheel.moves;
        while timers.pop_expired_within(now, &mut budget).is_some() {
            came += 1;
        }
        let touched = timers.stats().wheel.moves - before;
        assert!(touched <= MOST_MOVES + STEP, "{touched} moves on a budget");
        if !budget.is_spent() {
            return came;
        }
    }
}

/// The most that one call touched may not exceed this, whatever is stored.
const MOST_MOVES: u64 = 256;

/// What the last step of a call may overdraw its budget by.
const STEP: u64 = 160;

/// What scheduling one timer may touch beside it.
const MOST_MOVES_TO_SCHEDULE: u64 = 48;

#[test]
fn p5_bounded_work() {
    // A hold run of timers of all kinds, through bounded calls alone.
    let mut hold = Hold::of(100_000);
    for _ in 0..200_000 {
        hold.step();
    }
    let most = hold.timers.stats().max_moves_per_call;
    assert!(most <= MOST_MOVES, "hold run: {most} moves in one call");

    // Fire and schedule without a bound: the upkeep of each pop keeps pace, and no call pays.
    let mut random = Random::new(5);
    let mut timers = Timers::new();
    for i in 0..100_000 {
        timers.schedule(at(random.below(SECOND)), i);
    }
    while timers.maintain(Instant::ZERO, 64) {}
    for _ in 0..300_000 {
        let now = timers.next_deadline().unwrap();
        let expired = timers.pop_expired(now).unwrap();
        let after = Duration::from_nanos(random.below(2 * SECOND));
        timers.schedule_after(now, after, expired.value);
    }
    let most = timers.stats().max_moves_per_call;
    assert!(most <= MOST_MOVES, "fire and schedule: {most} moves in one call");

    // 200,000 timers in one millisecond.
    let mut timers = Timers::new();
    for i in 0..200_000 {
        timers.schedule(at(SECOND + random.below(MILLI)), i);
    }
    let (most, all) = (timers.stats().max_moves_per_call, timers.stats().wheel.moves);
    assert!(most <= MOST_MOVES_TO_SCHEDULE, "{most} moves in one call of schedule");
    assert!(all <= 200_000, "{all} moves to schedule 200,000 timers");
    assert_eq!(drain_in_steps(&mut timers, at(2 * SECOND)), 200_000);
    let most = timers.stats().max_moves_per_call;
    assert!(most <= MOST_MOVES + STEP, "one millisecond: {most} moves in one call");

    // A jump over a day, timers all over it; half of them postponed, in place and in the queue.
    let mut timers = Timers::new();
    let idle = timers.common_timeout(Duration::from_secs(30));
    for i in 0..100_000 {
        let key = if i % 4 == 0 {
            timers.schedule_after(at(i), idle, i)
        } else {
            timers.schedule(at(random.below(DAY)), i)
        };
        if i % 2 == 0 {
            assert!(timers.reschedule(key, at(DAY - i)));
        }
    }
    let most = timers.stats().max_moves_per_call;
    assert!(most <= MOST_MOVES_TO_SCHEDULE, "{most} moves to schedule or postpone");
    assert_eq!(drain_in_steps(&mut timers, at(DAY)), 100_000);
    let most = timers.stats().max_moves_per_call;
    assert!(most <= MOST_MOVES + STEP, "jump over a day: {most} moves in one call");

    // A wheel that is filled at any time of the clock's before it is first asked, then popped without
    // a bound.
    for start in [0, 10 * SECOND, 1 << 34, DAY, 3_000 * DAY + 7] {
        let mut timers = Timers::new();
        for i in 0..100_000 {
            timers.schedule(at(start + random.below(30 * SECOND)), i);
        }
        for _ in 0..50_000 {
            let now = timers.next_deadline().unwrap();
            assert!(timers.pop_expired(now).is_some());
        }
        let most = timers.stats().max_moves_per_call;
        assert!(most <= MOST_MOVES, "filled at {start}: {most} moves in one call");
    }

    // Upkeep does what it was told, and no more than a step above.
    let mut timers = Timers::new();
    for i in 0..100_000 {
        timers.schedule(at(random.below(SECOND)), i);
    }
    loop {
        let before = timers.stats().wheel.moves;
        let more = timers.maintain(Instant::ZERO, 32);
        let touched = timers.stats().wheel.moves - before;
        assert!(touched <= 32 + STEP, "{touched} moves on a budget of 32");
        if !more {
            break;
        }
    }
    assert_eq!(common::due(&mut timers, at(SECOND)).len(), 100_000);
}

#[test]
fn p6_lateness_is_measured() {
    let clock = ManualClock::new();
    let mut one_at_a_time = TurnBudget::default();
    one_at_a_time.timers = 2;
    let reactor = Reactor::<Vec<Duration>>::builder();
    let mut reactor = reactor.clock(clock.clone()).budget(one_at_a_time).build().unwrap();
    for _ in 0..3 {
        let clock = clock.clone();
        reactor.at(at(MILLI), move |seen: &mut Vec<_>, _, fired| {
            seen.push(fired.lateness());
            clock.advance(ms(5));
        });
    }
    clock.set(at(MILLI));
    let mut seen = Vec::new();
    while reactor.timer_count() > 0 {
        reactor.turn(&mut seen, Duration::ZERO).unwrap();
    }
    // Read just before each handler: the first is on time, the others wait for those before.
    assert_eq!(seen, [Duration::ZERO, ms(5), ms(10)]);
    let lateness = &reactor.stats().lateness;
    assert_eq!(lateness.total.count(), 3);
    assert_eq!(lateness.handlers.count(), 1, "the second waited for a handler");
    assert_eq!(lateness.budget.count(), 1, "the third for the next turn");
    assert_eq!(lateness.kernel.count(), 0);
}

#[test]
fn p7_no_drift() {
    let mut random = Random::new(7);
    for _ in 0..200 {
        let (start, period) = (random.next() >> 20, 1 + random.below(5 * MILLI));
        let mut interval =
            Interval::new(at(start), Duration::from_nanos(period)).unwrap();
        // Through the timers, as a loop does it, and late by anything up to five periods.
        let mut timers = Timers::starting_at(at(start));
        timers.schedule(interval.next_deadline(), ());
        let (mut handed_out, mut missed) = (0, 0);
        for _ in 0..200 {
            let late = random.below(5 * period) * random.below(2);
            let now = timers.next_deadline().unwrap() + Duration::from_nanos(late);
            assert!(timers.pop_expired(now).is_some());
            let tick = interval.tick(now).expect("it is due");
            assert_eq!(tick.scheduled, at(start + tick.index * period), "off the grid");
            assert!(
                now.as_nanos() - tick.scheduled.as_nanos() < period,
                "not the latest"
            );
            handed_out += 1;
            missed += tick.missed;
            assert_eq!(handed_out + missed, tick.index + 1, "all are accounted for");
            timers.schedule(interval.next_deadline(), ());
        }
    }
}

#[test]
fn p8_no_allocation_after_warm_up() {
    let mut hold = Hold::of(1_000);
    let mut interval = Interval::new(Instant::ZERO, ms(1)).unwrap();
    let mut run = |steps: u32| {
        for _ in 0..steps {
            hold.step();
            while interval.tick(hold.now).is_some() {}
        }
    };
    run(50_000);
    let counted = allocation_counter::measure(|| run(50_000)).count_total;
    assert_eq!(counted, 0);
}

#[test]
fn p9_no_unsafe_and_no_panic() {
    // The compiler holds the first half, as long as these lines stand.
    assert!(include_str!("../src/lib.rs").contains("#![forbid(unsafe_code)]"));
    assert!(include_str!("../Cargo.toml").contains("unsafe_code = \"forbid\""));

    let instants = [0, 1, 63, 64, 1 << 36, 1 << 60, u64::MAX - 1, u64::MAX].map(at);
    let durations = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_secs(1 << 40),
        Duration::MAX.saturating_sub(Duration::from_nanos(1)),
        Duration::MAX,
    ];
    let foreign = Timers::<usize>::new().schedule(Instant::MAX, 0);
    for start in instants {
        let mut timers = Timers::starting_at(start);
        let mut keys = vec![foreign];
        for now in instants {
            for after in durations {
                let common = timers.common_timeout(after);
                keys.push(timers.schedule_after(now, common, keys.len()));
                keys.push(timers.schedule_after(now, after, keys.len()));
                keys.push(timers.schedule(now, keys.len()));
                let key = keys[keys.len() / 2];
                timers.reschedule(key, now);
                timers.touch(keys[keys.len() / 3], now);
                let left = timers.remaining(key, now);
                assert_eq!(left.is_some(), timers.contains(key));
                timers.pop_expired_within(now, &mut Budget { timers: 1, moves: 1 });
                timers.pop_expired_within(now, &mut Budget { timers: 0, moves: 0 });
                timers.maintain(now, 0);
                timers.maintain(now, usize::MAX);
                timers.cancel(key);
                timers.next_deadline();
                timers.validate().unwrap();
                if let Ok(mut interval) = Interval::new(now, after) {
                    assert_eq!(interval.tick(start).is_some(), start >= now);
                    assert!(interval.tick(Instant::MAX).is_some() || interval.is_over());
                } else {
                    assert!(after.is_zero());
                }
            }
        }
        timers.reserve(10);
        timers.shrink_to_fit();
        let left = timers.len();
        assert_eq!(timers.drain_all().count(), left);
    }
}

#[test]
fn p10_time_may_misbehave() {
    // Readings that go back count as the last one: nothing fires twice, early, or not at all.
    let mut timers = Timers::new();
    for i in 1..=10 {
        timers.schedule(at(i * SECOND), i);
    }
    assert_eq!(common::due(&mut timers, at(5 * SECOND)), [1, 2, 3, 4, 5]);
    assert!(timers.pop_expired(Instant::ZERO).is_none());
    timers.schedule(at(3 * SECOND), 0);
    assert_eq!(common::due(&mut timers, at(SECOND)), [0], "five seconds have passed");
    assert_eq!(common::due(&mut timers, at(6 * SECOND)), [6]);

    // A stall: nobody asks for a year, and the order is what it would have been.
    assert_eq!(common::due(&mut timers, at(365 * DAY)), [7, 8, 9, 10]);

    // What a jump costs depends on what is stored, not on how far it goes.
    let cost = |jump: u64| {
        let mut timers = Timers::new();
        for i in 0..1_000 {
            timers.schedule(at(i * MILLI), i);
        }
        assert_eq!(common::due(&mut timers, at(jump)).len(), 1_000);
        timers.stats().wheel.moves
    };
    assert_eq!(cost(SECOND), cost(u64::MAX));
    assert!(cost(u64::MAX) <= 3 * 1_000, "{} moves", cost(u64::MAX));
    let mut timers = Timers::new();
    timers.schedule(Instant::MAX, ());
    for bits in 0..64 {
        assert!(timers.pop_expired(at(1 << bits)).is_none());
    }
    assert_eq!(timers.stats().wheel.moves, 0, "one timer, 64 jumps");
}

#[test]
fn p11_a_bad_handler_hurts_only_itself() {
    let clock = ManualClock::new();
    let mut reactor =
        Reactor::<Vec<&str>>::builder().clock(clock.clone()).build().unwrap();
    let doomed = reactor.at(at(4), |seen: &mut Vec<_>, _, _| seen.push("cancelled"));
    reactor.at(at(1), |_: &mut Vec<_>, _, _| panic!("a bad handler"));
    reactor.at(at(2), move |seen: &mut Vec<_>, reactor, _| {
        assert!(reactor.cancel(doomed), "due in this very batch");
        assert!(reactor.turn(seen, Duration::ZERO).is_err(), "not from inside a handler");
        seen.push("second");
    });
    reactor.at(at(3), |seen: &mut Vec<_>, _, _| seen.push("third"));
    clock.set(at(5));
    let mut seen = Vec::new();
    let turn = AssertUnwindSafe(|| reactor.turn(&mut seen, Duration::ZERO));
    assert!(catch_unwind(turn).is_err(), "the panic leaves the turn");
    reactor.turn(&mut seen, Duration::ZERO).unwrap();
    assert_eq!(seen, ["second", "third"]);
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn p12_a_bad_peer_hurts_only_itself() {
    const CAPS: usize = (64 + 256 + 64) * 1024;
    let mut reactor = Reactor::<usize>::new().unwrap();
    let options = ListenerOptions::default();
    let listener =
        Listener::bind(&mut reactor, "127.0.0.1:0", options, |_, reactor, peer| {
            BufferEvent::new(peer.stream).attach(reactor, echo)?;
            Ok(())
        });
    let address = reactor.source_mut(listener.unwrap()).unwrap().local_addr().unwrap();
    let (mut bad, mut good) = (connect(address), connect(address));

    // One sends all it can and never reads; the other is answered all the same.
    let (mut most, mut sent, mut refused) = (0, 0, 0);
    let flood = vec![b'x'; 64 * 1024];
    while refused < 50 {
        match bad.write(&flood) {
            Ok(n) => (sent, refused) = (sent + n, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => refused += 1,
            Err(error) => panic!("the bad peer was cut off: {error}"),
        }
        reactor.turn(&mut most, ms(1)).unwrap();
    }
    good.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    for turn in 0.. {
        match good.read_exact(&mut answer) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("the good peer was cut off: {error}"),
        }
        assert!(turn < 1_000, "the good peer is not answered");
        reactor.turn(&mut most, ms(1)).unwrap();
    }
    assert_eq!(&answer, b"hello");
    assert!(sent > CAPS, "the flood was stopped by the socket alone: {sent} bytes");
    assert!(most <= CAPS, "{most} bytes held for one peer");
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Gives everything back, and notes the most bytes that a stream ever held.
fn echo(
    most: &mut usize,
    _: &mut Reactor<usize>,
    stream: &mut BufferEvent,
    event: Event,
) {
    let (input, output) = stream.buffers();
    match event {
        Event::Readable => {
            let n = input.len();
            input.move_to(output, n);
        }
        Event::Error(error) => panic!("nobody closed the connection: {error}"),
        _ => {}
    }
    *most = (*most).max(input.len() + output.len());
}
