//! calloop: its timer source, which sleeps by a timerfd.

use std::error::Error;
use std::time::{Duration, Instant as StdInstant};

use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, LoopSignal};

use crate::clock::{cpu_nanos, std_lateness};
use crate::plan::{LEAD_NANOS, Plan, Workload};
use crate::run::Run;

/// The state of the callback.
struct Seen {
    run: Run,
    signal: LoopSignal,
    next: Next,
}

/// What comes after a call.
enum Next {
    Tick { left: u64, period: Duration },
    Shot { delays: std::vec::IntoIter<u64> },
}

pub(crate) fn run(workload: Workload, plan: &Plan) -> Result<Run, Box<dyn Error>> {
    let mut event_loop = EventLoop::<Seen>::try_new()?;
    let lead = Duration::from_nanos(LEAD_NANOS);
    let mut seen = Seen {
        run: Run::with_capacity(plan.fires(workload)),
        signal: event_loop.get_signal(),
        next: match workload {
            Workload::Ticks => Next::Tick { left: plan.ticks, period: plan.period() },
            Workload::OneShots => {
                Next::Shot { delays: plan.delays_nanos.clone().into_iter() }
            }
        },
    };
    let cpu = cpu_nanos();
    if let Some(first) = seen.next.deadline(StdInstant::now() + lead) {
        let timer = Timer::from_deadline(first);
        let inserted = event_loop.handle().insert_source(timer, |deadline, (), seen| {
            seen.called(deadline).map_or(TimeoutAction::Drop, TimeoutAction::ToInstant)
        });
        inserted.map_err(|error| error.error)?;
        event_loop.run(None, &mut seen, |_| {})?;
    }
    seen.run.cpu_nanos = cpu_nanos() - cpu;
    Ok(seen.run)
}

impl Next {
    /// When the next call is due, after one that was due at `last`.
    fn deadline(&mut self, last: StdInstant) -> Option<StdInstant> {
        match self {
            Self::Tick { left, period } => {
                *left = left.checked_sub(1)?;
                Some(last + *period)
            }
            Self::Shot { delays } => {
                let delay = Duration::from_nanos(delays.next()?);
                Some(StdInstant::now() + delay)
            }
        }
    }
}

impl Seen {
    /// Counts a call, and tells when the next is due. Ticks that were missed are skipped.
    fn called(&mut self, deadline: StdInstant) -> Option<StdInstant> {
        let now = StdInstant::now();
        let mut due = deadline;
        if let Next::Tick { left, period } = &mut self.next {
            while *left > 0 && now >= due + *period {
                self.run.skipped(1, std_lateness(due, now), 0);
                due += *period;
                *left -= 1;
            }
            // The deadlines are the grid's own.
            self.run.drift_nanos = Some(0);
        }
        self.run.called(std_lateness(due, now));
        let next = self.next.deadline(due);
        if next.is_none() {
            self.signal.stop();
        }
        next
    }
}
