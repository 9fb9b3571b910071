//! Ten simulated years of a service: intervals that never end, streams that come and go, timeouts by the
//! hundred thousand, and a clock that now and then stalls or is set back. Time goes from deadline to deadline, and
//! past 2^30, 2^32 and 2^36 ms on the way, where peers hung.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::bodies::codec::Nanos::{self, Any};
use crate::bodies::reactor_script::{Op, Report, Start, World};
use crate::common::{DAY, MILLI, Random, SECOND, at};
use crate::random::{is_loud, random, seeds, with_seed};

const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const YEAR: u64 = 365 * DAY;

/// Periods of the intervals, one no multiple of anything.
const PERIODS: [u64; 6] =
    [20 * MINUTE, HOUR, 90 * MINUTE + 1, DAY, 7 * DAY + 333_333_333, 30 * DAY];

/// A service's script.
struct Service {
    random: Random,
    /// Intervals that are still to be set up.
    left: usize,
    step: Rc<Cell<u64>>,
}

impl Service {
    fn byte(&mut self) -> u8 {
        self.random.next().to_le_bytes()[3]
    }

    /// From `least` nanoseconds on, each doubling as likely as the next.
    fn span(&mut self, least: u64, doublings: u64) -> Nanos {
        let scale = least << self.random.below(doublings);
        Any(scale + self.random.below(scale))
    }

    /// Most handlers do one thing, some take more of the script, few none.
    fn acts(&mut self) -> u8 {
        self.random.below(3) as u8
    }

    fn every(number: usize) -> Op {
        let period = PERIODS[number % PERIODS.len()];
        // Skip and Delay: a service that is late does not make up for it.
        let behavior = if number % 3 == 2 { 2 } else { 0 };
        Op::Every { first: Any(period), period: Any(period), behavior, acts: 1 }
    }

    fn timers(&mut self) -> Op {
        let (pick, acts) = (self.byte(), self.acts());
        match self.random.below(12) {
            0..4 => Op::After { after: self.span(MILLI, 32), acts },
            4 => Op::After { after: self.span(DAY, 8), acts: 1 },
            5 => Op::Common { queue: pick, acts },
            6 => Op::Within {
                opens: self.span(SECOND, 16),
                length: self.span(SECOND, 12),
                acts,
            },
            7 => Op::Touch { pick },
            8 => Op::Reschedule { pick, after: self.span(MILLI, 36) },
            9 => Op::Cancel { pick },
            10 => Op::Stale { pick },
            _ => {
                let number = self.random.below(PERIODS.len() as u64) as usize;
                Self::every(number)
            }
        }
    }

    fn streams(&mut self) -> Op {
        let (pick, what, bytes) = (self.byte(), self.byte(), self.byte());
        match self.random.below(24) {
            0..2 => Op::Connect { how: pick, capacity: what, acts: bytes },
            2..11 => Op::Send { pick, bytes },
            11..18 => Op::Receive { pick, bytes },
            18 => Op::Finish { pick },
            19 => Op::Break { pick, what, bytes },
            20 => Op::Reach { pick, what: what % 4 },
            21 => Op::Quiesce {},
            22 => Op::Flood { pick },
            _ if what < 64 => Op::Hang { pick },
            _ if what < 80 => Op::Deregister { pick },
            _ => Op::Activate { pick },
        }
    }

    fn trouble(&mut self) -> Op {
        match self.random.below(40) {
            0..16 => Op::OversleepNext { by: self.byte() },
            16..24 => Op::Interrupt {},
            24..28 => Op::Jump { by: self.span(MILLI, 20) },
            28 => Op::Jump { by: Any(HOUR) },
            29..32 => Op::SetBack { by: self.span(1, 40) },
            32..34 => Op::Stop {},
            34 => Op::Panic {},
            35 => Op::Storm { count: self.byte() },
            36 => Op::FailAccept {},
            _ => Op::Turn {},
        }
    }
}

impl Iterator for Service {
    type Item = Op;

    fn next(&mut self) -> Option<Op> {
        self.step.set(self.step.get() + 1);
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return Some(Self::every(left));
        }
        Some(match self.random.below(64) {
            0..36 => Op::Step {},
            36..39 => Op::Advance { by: self.span(SECOND, 13) },
            39..42 => self.timers(),
            42..46 => self.trouble(),
            46..48 => Op::Defer { acts: 1 },
            48 => Op::Post { acts: 1 },
            _ => self.streams(),
        })
    }
}

/// So many years from a start.
fn years(seed: u64, start: u64, years: u64, step: Rc<Cell<u64>>) -> Report {
    let random = random(seed);
    let service = Service { random, left: PERIODS.len(), step };
    let start = Start { now: Any(start), budget: 2, style: 1 };
    let (mut world, mut reactor) = World::new(start, Box::new(service));
    world.is_loud = is_loud();
    let end = world.now() + Duration::from_nanos(years * YEAR);
    while world.now() < end {
        world.drive_next(&mut reactor);
    }
    world.finish(&mut reactor)
}

#[test]
fn ten_years_from_the_origin_keep_every_promise() {
    assert!(at(10 * YEAR) > at(MILLI << 36), "all marks are on the way");
    for seed in seeds(2) {
        let report = with_seed("ten_years", seed, |step| years(seed, 0, 10, step));
        println!("ten years: {report:?}");
        assert!(report.fired > 400_000 && report.connections > 1_000, "quiet years");
    }
}

#[test]
fn the_days_around_each_mark_keep_every_promise() {
    for seed in seeds(4) {
        for bits in [30, 32, 36, 40] {
            let start = (MILLI << bits) - 10 * DAY;
            let random = random(seed ^ bits);
            let report = with_seed("days_around", seed, |step| {
                let service = Service { random, left: PERIODS.len(), step };
                let start = Start { now: Any(start), budget: 0, style: 0 };
                let (mut world, mut reactor) = World::new(start, Box::new(service));
                world.is_loud = is_loud();
                while world.now() < at((MILLI << bits) + 10 * DAY) {
                    world.drive_next(&mut reactor);
                }
                world.finish(&mut reactor)
            });
            assert!(report.fired > 100, "2^{bits} ms: {report:?}");
        }
    }
}
