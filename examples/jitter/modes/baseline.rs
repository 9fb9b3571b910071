//! [`Baseline`]: what one would write without this crate, a loop around one call that sleeps.
//!
//! Deadlines and readings are on the kernel's clock, the one that it sleeps by. Where there are
//! several timers, they lie in a `BinaryHeap`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::thread;
use std::time::Duration;

use tourbillon::time::{Clock, Interval, MonotonicClock};
use tourbillon::{Instant, MissedTickBehavior};

use super::{Mode, Orders, Outcome};
use crate::cpu;
use crate::load::Load;
use crate::plan::{Slice, Workload};
use crate::random::Random;
use crate::record::Record;

/// A call that sleeps.
pub(super) trait Sleeper {
    /// Whether it is told when to wake up. One that is told how long to sleep makes a loop of
    /// periods that drifts, and that is part of what there is to see.
    const KEEPS_THE_GRID: bool;

    fn sleep_until(&mut self, deadline: Instant, now: Instant) -> io::Result<()>;
}

/// `thread::sleep`.
pub(super) struct ThreadSleep;

impl Sleeper for ThreadSleep {
    const KEEPS_THE_GRID: bool = false;

    fn sleep_until(&mut self, deadline: Instant, now: Instant) -> io::Result<()> {
        thread::sleep(deadline.saturating_duration_since(now));
        Ok(())
    }
}

/// A loop around a call that sleeps.
pub(super) struct Baseline<S> {
    sleeper: S,
    clock: MonotonicClock,
    due: BinaryHeap<Reverse<(Instant, u32)>>,
    timers: Vec<Timer>,
    orders: Orders,
    random: Random,
    record: Record,
}

/// What is known of a timer of a slice.
struct Timer {
    start: Instant,
    interval: Option<Interval>,
    ticks: u64,
}

impl<S: Sleeper> Baseline<S> {
    pub(super) fn new(sleeper: S, orders: Orders) -> Self {
        Self {
            sleeper,
            clock: MonotonicClock::kernel(),
            due: BinaryHeap::new(),
            timers: Vec::new(),
            random: Random::new(orders.plan.seed),
            record: Record::new(&orders.plan),
            orders,
        }
    }

    fn schedule(&mut self, start: Instant) {
        self.timers.clear();
        self.due.clear();
        for index in 0..self.orders.plan.timers {
            let start = start + self.orders.plan.phase(index);
            let interval = match self.orders.plan.workload {
                Workload::Period(period) if S::KEEPS_THE_GRID => {
                    Interval::new(start, period)
                        .map(|grid| {
                            grid.with_missed_tick_behavior(MissedTickBehavior::Skip)
                        })
                        .ok()
                }
                _ => None,
            };
            self.timers.push(Timer { start, interval, ticks: 0 });
            self.due.push(Reverse((start, index)));
        }
    }

    /// Records that the timer fired at `now`, and says when it is due next; `None`: the slice has
    /// no more of it.
    fn fire(
        &mut self,
        index: usize,
        deadline: Instant,
        now: Instant,
        slice: &Slice,
    ) -> Option<Instant> {
        let timer = &mut self.timers[index];
        match self.orders.plan.workload {
            Workload::Period(period) => {
                // An early one, if there is any, is recorded as it is, and takes its tick.
                let tick =
                    timer.interval.as_mut().and_then(|i| i.tick(now.max(deadline)));
                let (scheduled, missed) =
                    tick.map_or((deadline, 0), |tick| (tick.scheduled, tick.missed));
                self.record.fired(scheduled, now, missed);
                timer.ticks += 1 + missed;
                let grid = u128::from(timer.ticks - 1) * period.as_nanos();
                let grid = Duration::from_nanos(u64::try_from(grid).unwrap_or(u64::MAX));
                self.record.phase(scheduled, timer.start + grid);
                let next = timer.interval.as_ref().map(Interval::next_deadline);
                (timer.ticks < slice.ticks).then(|| next.unwrap_or(now + period))
            }
            Workload::Random { min, max } => {
                self.record.fired(deadline, now, 0);
                let next = now + self.random.duration(min, max);
                (next < self.timers[0].start + slice.len).then_some(next)
            }
        }
    }

    fn run(&mut self, slice: &Slice) -> io::Result<()> {
        while let Some(Reverse((deadline, index))) = self.due.pop() {
            let mut now = self.clock.now();
            if now < deadline {
                self.sleeper.sleep_until(deadline, now)?;
                self.record.wakeups += 1;
                now = self.clock.now();
            }
            if let Some(next) = self.fire(index as usize, deadline, now, slice) {
                self.due.push(Reverse((next, index)));
            }
            if self.orders.stop.is_set() {
                break;
            }
        }
        Ok(())
    }
}

impl<S: Sleeper> Mode for Baseline<S> {
    fn slice(&mut self, slice: &Slice) -> io::Result<()> {
        let load = if self.orders.load { Some(Load::beside()?) } else { None };
        let cpu = cpu::of_this_thread();
        let start = self.clock.now() + self.orders.plan.lead();
        self.random = Random::new(slice.seed);
        self.record.begin_slice(start);
        self.schedule(start);
        self.run(slice)?;
        self.record.end_slice(slice.len);
        self.record.cpu += cpu::of_this_thread().saturating_sub(cpu);
        self.record.echoed += load.map_or(0, Load::finish);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Outcome {
        Outcome::bare(self.record)
    }
}
