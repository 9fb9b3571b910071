//! [`Ours`]: the reactor, by its public face alone.

use std::io;
use std::time::Duration;

use tourbillon::Instant;
use tourbillon::reactor::{Fired, Next, Reactor, ReactorClock};
use tourbillon::time::Interval;

use super::{Mode, Orders, Outcome};
use crate::cpu;
use crate::kind::Sleep;
use crate::load::Load;
use crate::plan::{Plan, Slice, Workload};
use crate::random::Random;
use crate::record::Record;
use crate::stop::{Stop, Wake};

/// A reactor and what its handlers share. It lives as long as the run does, so that what it learns
/// in one slice it knows in the next.
pub(super) struct Ours {
    reactor: Reactor<State>,
    state: State,
    plan: Plan,
    load: bool,
}

struct State {
    record: Record,
    stop: Stop,
    /// Timers that are not done with the slice.
    active: u32,
    /// One-shots that are due later than this are not followed by another.
    until: Instant,
    random: Random,
    min: Duration,
    max: Duration,
}

/// The grid of one timer, counted by itself: start, period and how many ticks there were. The
/// crate's own arithmetic is what it is compared with.
struct Grid {
    start: Instant,
    period: Duration,
    ticks: u64,
    last: u64,
}

impl Ours {
    pub(super) fn new(sleep: Sleep, orders: Orders) -> io::Result<Self> {
        let Orders { plan, load, stop } = orders;
        let reactor = Reactor::builder().precision(sleep.precision()).build()?;
        let (min, max) = match plan.workload {
            Workload::Random { min, max } => (min, max),
            Workload::Period(period) => (period, period),
        };
        let state = State {
            record: Record::new(&plan),
            stop,
            active: 0,
            until: Instant::ZERO,
            random: Random::new(plan.seed),
            min,
            max,
        };
        Ok(Self { reactor, state, plan, load })
    }

    /// Schedules the timers of a slice. The first of them is due at `start`.
    fn schedule(&mut self, slice: &Slice, start: Instant) {
        for index in 0..self.plan.timers {
            let start = start + self.plan.phase(index);
            match self.plan.workload {
                Workload::Period(period) => {
                    let mut grid = Grid { start, period, ticks: 0, last: slice.ticks };
                    let interval = Interval::new(start, period);
                    let interval = interval.expect("the command line takes no zero");
                    self.reactor.interval(interval, move |state, reactor, fired| {
                        tick(&mut grid, state, reactor, &fired)
                    });
                }
                Workload::Random { .. } => {
                    self.reactor.at(start, shoot);
                }
            }
        }
    }

    /// Sleeps that ended, whatever for.
    fn wakeups(&self) -> u64 {
        let stats = self.reactor.stats();
        stats.useful_wakeups + stats.spurious_wakeups
    }
}

impl Mode for Ours {
    fn slice(&mut self, slice: &Slice) -> io::Result<()> {
        let load = if self.load { Some(Load::on(&mut self.reactor)?) } else { None };
        let (cpu, wakeups) = (cpu::of_this_thread(), self.wakeups());
        let start = self.reactor.clock().now() + self.plan.lead();
        self.state.active = self.plan.timers;
        self.state.until = start + slice.len;
        self.state.random = Random::new(slice.seed);
        self.state.record.begin_slice(start);
        self.schedule(slice, start);
        self.reactor.run(&mut self.state)?;
        let wakeups = self.wakeups() - wakeups;
        let record = &mut self.state.record;
        record.end_slice(slice.len);
        record.cpu += cpu::of_this_thread().saturating_sub(cpu);
        record.wakeups += wakeups;
        if let Some((load, streams)) = load {
            self.state.record.echoed += load.finish();
            for stream in streams {
                drop(self.reactor.deregister(stream));
            }
        }
        Ok(())
    }

    fn wake(&self) -> Option<Wake> {
        let remote = self.reactor.remote();
        Some(Box::new(move || remote.stop()))
    }

    fn finish(self: Box<Self>) -> Outcome {
        let stats = self.reactor.stats().clone();
        let clock = match self.reactor.clock() {
            ReactorClock::Monotonic(clock) => clock.discipline(),
            _ => None,
        };
        Outcome { record: self.state.record, stats: Some(Box::new(stats)), clock }
    }
}

/// A tick of one of the timers.
fn tick(
    grid: &mut Grid,
    state: &mut State,
    reactor: &mut Reactor<State>,
    fired: &Fired,
) -> Next {
    state.record.fired(fired.scheduled, fired.now, fired.missed);
    grid.ticks += 1 + fired.missed;
    let elapsed = u128::from(grid.ticks - 1) * grid.period.as_nanos();
    let elapsed = Duration::from_nanos(u64::try_from(elapsed).unwrap_or(u64::MAX));
    state.record.phase(fired.scheduled, grid.start + elapsed);
    if grid.ticks < grid.last && !state.stop.is_set() {
        return Next::Continue;
    }
    state.one_is_done(reactor);
    Next::Stop
}

/// One of the one-shots. It captures nothing, so that scheduling the next allocates nothing.
fn shoot(state: &mut State, reactor: &mut Reactor<State>, fired: Fired) {
    state.record.fired(fired.scheduled, fired.now, fired.missed);
    let delay = state.random.duration(state.min, state.max);
    if fired.now + delay >= state.until || state.stop.is_set() {
        state.one_is_done(reactor);
    } else {
        reactor.after(delay, shoot);
    }
}

impl State {
    fn one_is_done(&mut self, reactor: &mut Reactor<Self>) {
        self.active -= 1;
        if self.active == 0 || self.stop.is_set() {
            reactor.stop();
        }
    }
}
