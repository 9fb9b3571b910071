//! tokio: a runtime of one thread that waits in epoll, as a server's does.

use std::io;
use std::time::{Duration, Instant as StdInstant};

use tokio::runtime::Builder;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use crate::clock::{cpu_nanos, std_lateness};
use crate::plan::{LEAD_NANOS, Plan, Workload};
use crate::run::Run;

pub(crate) fn run(workload: Workload, plan: &Plan) -> io::Result<Run> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut run = Run::with_capacity(plan.fires(workload));
    let cpu = cpu_nanos();
    match workload {
        Workload::Ticks => runtime.block_on(ticks(plan, &mut run)),
        Workload::OneShots => runtime.block_on(one_shots(plan, &mut run)),
    }
    run.cpu_nanos = cpu_nanos() - cpu;
    Ok(run)
}

/// Its interval tells when each tick was due, so the grid is its own.
async fn ticks(plan: &Plan, run: &mut Run) {
    let period = plan.period();
    let start = Instant::now() + Duration::from_nanos(LEAD_NANOS);
    let mut interval = interval_at(start + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut index, mut late) = (0, 0);
    while index < plan.ticks {
        let scheduled = interval.tick().await;
        let now = StdInstant::now();
        let since_start = scheduled.duration_since(start).as_nanos() as u64;
        let reached = (since_start + plan.period_nanos / 2) / plan.period_nanos;
        // What lies between was skipped by the last call, which was handed the first of them.
        let missed = reached.saturating_sub(index + 1);
        run.skipped(missed, late - plan.period_nanos.cast_signed(), plan.period_nanos);
        late = std_lateness(scheduled.into_std(), now);
        run.called(late);
        run.drift_nanos =
            Some((since_start).wrapping_sub(reached * plan.period_nanos).cast_signed());
        index = reached.max(index + 1);
    }
}

async fn one_shots(plan: &Plan, run: &mut Run) {
    for &delay in &plan.delays_nanos {
        let deadline = Instant::now() + Duration::from_nanos(delay);
        sleep_until(deadline).await;
        run.called(std_lateness(deadline.into_std(), StdInstant::now()));
    }
}
