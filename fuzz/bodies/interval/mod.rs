//! [`Interval`] beside the definition of its behaviors, in numbers that cannot overflow.
//!
//! Checked at each question: the tick and all it says, when the next is due, whether there is one;
//! so P7 holds whatever stalls, jumps and readings that go back there were.

pub(super) mod grid;
mod seeds;

use std::num::NonZeroU32;
use std::time::Duration;

use tourbillon::time::{Instant, Interval, MissedTickBehavior};

use self::grid::Grid;
pub(crate) use self::seeds::seeds;
use super::codec::{Nanos, Script, ops, start};

/// Operations of one run, at most.
const MOST_OPS: usize = 200;
/// Ticks that are asked for at one time, at most.
const MOST_TICKS: usize = 300;

start!(Start { first: Nanos, period_secs: Nanos, period_nanos: Nanos, behavior: u8 });

ops!(Op {
    AskAt { now: Nanos },
    AskAfter { by: Nanos },
    AskBefore { back: Nanos },
    AskNearNext { periods: u8, off: u8 },
    DrainAfter { by: Nanos },
    Behave { behavior: u8 },
    ResetAt { start: Nanos },
    ResetAfter { by: Nanos },
});

/// One of all behaviors there are.
pub(crate) fn behavior(number: u8) -> MissedTickBehavior {
    let up_to = |most| MissedTickBehavior::BurstUpTo(NonZeroU32::new(most).unwrap());
    match number % 8 {
        0 => MissedTickBehavior::Skip,
        1 => MissedTickBehavior::Burst,
        2 => MissedTickBehavior::Delay,
        3 => up_to(u32::MAX),
        // 1 to 32, in the upper bits.
        _ => up_to(1 + u32::from(number / 8)),
    }
}

struct World {
    interval: Interval,
    grid: Grid,
    now: Instant,
}

impl World {
    /// Asks both, and compares all there is. Says whether a tick came.
    fn ask(&mut self, now: Instant) -> bool {
        self.now = now;
        let (ours, theirs) = (self.interval.tick(now), self.grid.tick(now.as_nanos()));
        assert_eq!(ours, theirs, "P7, at {now:?}");
        self.check();
        ours.is_some()
    }

    fn check(&self) {
        assert_eq!(self.interval.is_over(), self.grid.is_over());
        assert_eq!(self.interval.next_deadline(), self.grid.next_deadline());
    }

    fn reset(&mut self, start: Instant) {
        self.interval.reset_at(start);
        self.grid.reset_at(start.as_nanos());
        self.check();
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::AskAt { now } => {
                self.ask(now.instant());
            }
            Op::AskAfter { by } => {
                self.ask(self.now + by.duration());
            }
            Op::AskBefore { back } => {
                self.ask(self.now - back.duration());
            }
            Op::AskNearNext { periods, off } => {
                // On, just before and just behind the border where a tick counts as missed.
                let next = self.interval.next_deadline();
                let stalled =
                    next + self.interval.period().saturating_mul(periods.into());
                let border = stalled - Duration::from_nanos(1);
                self.ask(border + Duration::from_nanos(u64::from(off % 3)));
            }
            Op::DrainAfter { by } => {
                let now = self.now + by.duration();
                for _ in 0..MOST_TICKS {
                    if !self.ask(now) {
                        break;
                    }
                }
            }
            Op::Behave { behavior: number } => {
                let behaved = self.interval.clone();
                self.interval = behaved.with_missed_tick_behavior(behavior(number));
                self.grid.behavior = self.interval.missed_tick_behavior();
                self.check();
            }
            Op::ResetAt { start } => self.reset(start.instant()),
            Op::ResetAfter { by } => self.reset(self.now + by.duration()),
        }
    }
}

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let script = read(bytes);
    let Start { first, period_secs, period_nanos, behavior: number } = script.start;
    let period = Duration::from_secs(period_secs.get())
        .saturating_add(Duration::from_nanos(period_nanos.get()));
    let interval = Interval::new(first.instant(), period);
    assert_eq!(interval.is_err(), period.is_zero());
    let Ok(interval) = interval else { return };
    let interval = interval.with_missed_tick_behavior(behavior(number));
    assert_eq!(interval.period(), period);
    let grid = Grid::new(first.get(), period, behavior(number));
    let mut world = World { interval, grid, now: Instant::ZERO };
    world.check();
    for op in &script.ops {
        world.apply(*op);
    }
}
