//! Small worlds, visited whole: wheels so tiny that every border is met within a few nanoseconds,
//! beside the oracle, with every invariant checked after each step.

use tourbillon::model::Model;
use tourbillon::time::Instant;
use tourbillon::timers::TimerKey;
use tourbillon::wheel::Wheel;

/// Rings of 4 slots that open above one timer: three levels within 64 ns.
type Tiny = Wheel<u32, 4, 1>;
/// Rings of 4 slots that open above two: the front has something to sort.
type Small = Wheel<u32, 4, 2>;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

/// A wheel and the oracle, driven alike.
struct Pair<const LEAF: usize> {
    wheel: Wheel<u32, 4, LEAF>,
    model: Model<u32>,
    keys: Vec<(TimerKey, TimerKey)>,
    now: u64,
}

impl<const LEAF: usize> Pair<LEAF> {
    fn starting_at(now: u64) -> Self {
        Self {
            wheel: Wheel::with_geometry(at(now), 0),
            model: Model::starting_at(at(now)),
            keys: Vec::new(),
            now,
        }
    }

    fn schedule(&mut self, deadline: u64) {
        let id = self.keys.len() as u32;
        let keys = (
            self.wheel.schedule(at(deadline), id),
            self.model.schedule(at(deadline), id),
        );
        self.keys.push(keys);
    }

    fn reschedule(&mut self, id: usize, deadline: u64) {
        let (ours, oracle) = self.keys[id];
        assert_eq!(
            self.wheel.reschedule(ours, at(deadline)),
            self.model.reschedule(oracle, at(deadline)),
        );
    }

    fn cancel(&mut self, id: usize) {
        let (ours, oracle) = self.keys[id];
        assert_eq!(self.wheel.cancel(ours), self.model.cancel(oracle));
    }

    /// Pops what is due; among equal deadlines the order may differ only for `moved` timers.
    fn advance(&mut self, to: u64, moved: bool) {
        self.now = self.now.max(to);
        loop {
            let (ours, oracle) =
                (self.wheel.pop_expired(at(to)), self.model.pop_expired(at(to)));
            match (&ours, &oracle) {
                (Some(ours), Some(oracle)) => {
                    assert_eq!(ours.deadline, oracle.deadline);
                    if moved {
                        assert_eq!(ours.key, self.keys[ours.value as usize].0);
                    } else {
                        assert_eq!(ours.value, oracle.value, "order among equals");
                    }
                }
                _ => assert_eq!(ours.is_some(), oracle.is_some(), "lost, or early"),
            }
            if ours.is_none() {
                return;
            }
        }
    }

    fn check(&mut self) {
        self.wheel.validate().unwrap();
        let next = self.model.next_deadline();
        let wakeup = self.wheel.next_wakeup();
        assert_eq!(wakeup.is_some(), next.is_some());
        assert!(wakeup <= next, "next_wakeup {wakeup:?} is after {next:?}");
        assert_eq!(self.wheel.next_deadline(), next);
        assert_eq!(self.wheel.len(), self.model.len());
        self.wheel.validate().unwrap();
    }
}

/// B1, B2: every start, far deadline, advance and near deadline within two turns of three levels.
/// A far timer never hides a near one, whichever slot the hand is in.
#[test]
fn a_later_timer_never_hides_an_earlier_one() {
    let mut visited = 0_u64;
    for start in 0..64 {
        for far in start..start + 96 {
            for advance in start..(start + 64).min(far + 1) {
                for near in advance..advance + 24 {
                    let mut pair = Pair::<1>::starting_at(start);
                    pair.schedule(far);
                    pair.advance(advance, false);
                    pair.schedule(near);
                    let first = if pair.model.len() == 2 { far.min(near) } else { near };
                    assert_eq!(pair.wheel.next_deadline(), Some(at(first)));
                    if first > advance {
                        pair.advance(first - 1, false);
                        assert_eq!(pair.wheel.len(), pair.model.len(), "early");
                    }
                    pair.advance(first, false);
                    pair.advance(far.max(near), false);
                    assert!(pair.wheel.is_empty());
                    visited += 1;
                }
            }
        }
    }
    println!("{visited} states of two timers visited");
    assert!(visited > 5_000_000, "only {visited} states");
}

/// What one step of a sequence does.
#[derive(Copy, Clone, Debug)]
enum Op {
    Schedule(u64),
    Reschedule(usize, u64),
    Cancel(usize),
    Advance(u64),
    Next,
}

/// Every operation over a few deadlines on both sides of a slot's, a ring's and two rings' border.
fn all_ops() -> Vec<Op> {
    let mut ops = vec![Op::Next];
    for delta in [0, 1, 3, 4, 16, 65] {
        ops.push(Op::Schedule(delta));
    }
    for id in [0, 1] {
        ops.push(Op::Cancel(id));
        for delta in [0, 5, 17] {
            ops.push(Op::Reschedule(id, delta));
        }
    }
    for delta in [1, 4, 70] {
        ops.push(Op::Advance(delta));
    }
    ops
}

fn replay<const LEAF: usize>(start: u64, ops: &[Op]) {
    let mut pair = Pair::<LEAF>::starting_at(start);
    let mut moved = false;
    for op in ops {
        match *op {
            Op::Schedule(delta) => pair.schedule(pair.now + delta),
            Op::Reschedule(id, delta) if id < pair.keys.len() => {
                moved = true;
                pair.reschedule(id, pair.now + delta);
            }
            Op::Cancel(id) if id < pair.keys.len() => pair.cancel(id),
            Op::Advance(delta) => pair.advance(pair.now + delta, moved),
            Op::Next => {
                assert_eq!(pair.wheel.next_deadline(), pair.model.next_deadline());
            }
            Op::Reschedule(..) | Op::Cancel(_) => {}
        }
        pair.wheel.validate().unwrap_or_else(|broken| panic!("{broken} after {ops:?}"));
    }
    pair.check();
    pair.advance(pair.now + 200, moved);
    assert!(pair.wheel.is_empty(), "lost after {ops:?}");
}

/// Every sequence of five operations, from starts on both sides of a border of the third level.
#[test]
fn every_sequence_of_five_operations_agrees_with_the_oracle() {
    let ops = all_ops();
    let mut visited = 0_u64;
    let depth = 5;
    let mut digits = vec![0; depth];
    'sequences: loop {
        let sequence: Vec<Op> = digits.iter().map(|digit| ops[*digit]).collect();
        // A sequence that begins with nothing to work on is a shorter one, visited elsewhere.
        if matches!(sequence[0], Op::Schedule(_)) {
            replay::<1>(62, &sequence);
            replay::<2>(15, &sequence);
            visited += 2;
        }
        for digit in &mut digits {
            *digit += 1;
            if *digit < ops.len() {
                continue 'sequences;
            }
            *digit = 0;
        }
        break;
    }
    println!("{visited} sequences of {depth} operations visited");
    assert!(visited > 1_000_000, "only {visited} sequences");
}

/// Every order of scheduling of up to six timers in a few nanoseconds fires as the oracle's.
#[test]
fn dense_timers_still_come_out_in_scheduling_order() {
    let mut visited = 0_u64;
    for code in 0..6_u64.pow(6) {
        let mut pair = Pair::<2>::starting_at(0);
        let mut rest = code;
        for _ in 0..6 {
            pair.schedule(12 + rest % 6);
            rest /= 6;
        }
        if code % 16 == 0 {
            pair.check();
        }
        pair.advance(14, false);
        pair.advance(20, false);
        assert!(pair.wheel.is_empty());
        visited += 1;
    }
    println!("{visited} orders of six timers visited");
}

/// When rings run out, slots grow long and nothing is lost, early or out of order.
#[test]
fn without_rings_to_spare_the_order_still_holds() {
    for rings in 32..40 {
        let mut pair = Pair::<1>::starting_at(0);
        pair.wheel.limit_rings(rings);
        for i in 0..200_u64 {
            pair.schedule(i * 37 % 101);
            pair.wheel.validate().unwrap();
        }
        for now in 0..101 {
            pair.advance(now, false);
            pair.check();
        }
        assert!(pair.wheel.is_empty());
    }
}

/// The types above are what they say: a tiny wheel opens a slot of two timers, a small one sorts
/// it.
#[test]
fn tiny_wheels_open_slots_early() {
    let mut tiny = Tiny::with_geometry(Instant::ZERO, 0);
    let mut small = Small::with_geometry(Instant::ZERO, 0);
    for nanos in [5, 6] {
        tiny.schedule(at(nanos), 0);
        small.schedule(at(nanos), 0);
    }
    let first = [tiny.pop_expired(at(5)), small.pop_expired(at(5))];
    assert!(first.iter().flatten().all(|expired| expired.deadline == at(5)));
    assert_eq!((tiny.stats().opened > 0, small.stats().opened), (true, 0));
}
