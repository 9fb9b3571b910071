//! Ours: the reactor at each of its precisions.

use std::error::Error;
use std::time::Duration;

use tourbillon::reactor::{Fired, Next, Precision, Reactor};
use tourbillon::time::{Clock, Instant, Interval, MonotonicClock};

use crate::clock::{cpu_nanos, lateness, monotonic_nanos};
use crate::plan::{LEAD_NANOS, Plan, Workload};
use crate::run::Run;

/// The workload on a reactor that sleeps as exactly as `precision` says.
pub(crate) fn run(
    workload: Workload,
    plan: &Plan,
    precision: Precision,
) -> Result<Run, Box<dyn Error>> {
    let mut seen = Seen::new(workload, plan);
    let mut reactor = Reactor::builder().precision(precision).build()?;
    let start = reactor.clock().now() + Duration::from_nanos(LEAD_NANOS);
    let cpu = cpu_nanos();
    match workload {
        Workload::Ticks => {
            let interval = Interval::new(start + plan.period(), plan.period())?;
            seen.grid = Some((start, plan.ticks));
            reactor.interval(interval, tick);
        }
        Workload::OneShots => seen.schedule_next(&mut reactor),
    }
    // Until nothing is pending.
    reactor.run(&mut seen)?;
    seen.run.cpu_nanos = cpu_nanos() - cpu;
    if matches!(precision, Precision::Spin { .. }) {
        seen.run.spun_nanos = Some(reactor.stats().spun.as_nanos() as u64);
    }
    if let Some((start, _)) = seen.grid {
        let due = start.as_nanos() + seen.index * plan.period_nanos;
        seen.run.drift_nanos = Some(lateness(due, seen.last.as_nanos()));
    }
    seen.run.kernel_least_nanos = Some(seen.kernel_least_nanos);
    Ok(seen.run)
}

/// The state of the handlers.
struct Seen {
    run: Run,
    delays: std::vec::IntoIter<u64>,
    period_nanos: u64,
    /// Start and number of the ticks.
    grid: Option<(Instant, u64)>,
    /// Ticks by now, by what the handler was told: those that came, and those it was told were missed.
    index: u64,
    /// When the last was due, by what the handler was told.
    last: Instant,
    kernel_least_nanos: i64,
}

impl Seen {
    fn new(workload: Workload, plan: &Plan) -> Self {
        Self {
            run: Run::with_capacity(plan.fires(workload)),
            delays: plan.delays_nanos.clone().into_iter(),
            period_nanos: plan.period_nanos,
            grid: None,
            index: 0,
            last: Instant::ZERO,
            kernel_least_nanos: i64::MAX,
        }
    }

    /// Counts a call by the reactor's own clock, which keeps to the kernel's. The kernel's is asked
    /// later: it has not been read for a while, and its first reading takes some hundred nanoseconds.
    fn called(&mut self, reactor: &Reactor<Self>, fired: Fired) {
        let due = fired.scheduled.as_nanos();
        let late = lateness(due, reactor.clock().now().as_nanos());
        self.kernel_least_nanos =
            self.kernel_least_nanos.min(lateness(due, monotonic_nanos()));
        let skipped_over = (fired.missed * self.period_nanos).cast_signed();
        self.run.skipped(fired.missed, late + skipped_over, self.period_nanos);
        self.run.called(late);
        self.run.told_nanos.push(fired.lateness().as_nanos() as u64);
        self.index += 1 + fired.missed;
        self.last = fired.scheduled;
    }

    fn schedule_next(&mut self, reactor: &mut Reactor<Self>) {
        if let Some(delay) = self.delays.next() {
            let deadline = reactor.clock().now() + Duration::from_nanos(delay);
            reactor.at(deadline, shot);
        }
    }
}

fn tick(seen: &mut Seen, reactor: &mut Reactor<Seen>, fired: Fired) -> Next {
    seen.called(reactor, fired);
    match seen.grid {
        Some((_, ticks)) if seen.index < ticks => Next::Continue,
        _ => Next::Stop,
    }
}

fn shot(seen: &mut Seen, reactor: &mut Reactor<Seen>, fired: Fired) {
    seen.called(reactor, fired);
    seen.schedule_next(reactor);
}

/// Lets the clock of this process find its rate, which takes it a second from the first reading on.
pub(crate) fn settle() {
    let clock = MonotonicClock::new();
    let end = clock.now() + Duration::from_millis(1_200);
    while clock.now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
}
