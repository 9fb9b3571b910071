//! [`Cyclictest`]: the program of that name, started for every slice.
//!
//! It runs under the scheduling class that everything else runs under, since a comparison with
//! `SCHED_FIFO` would be one of scheduling classes. It says how late each wake-up was, in nanoseconds,
//! and nothing of ticks that it left out.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tourbillon::Instant;
use tourbillon::time::{Clock, MonotonicClock};

use super::{Mode, Orders, Outcome};
use crate::load::Load;
use crate::plan::{Plan, Slice, Workload};
use crate::record::Record;

const PROGRAM: &str = "cyclictest";

/// What it takes to start, before it measures.
const STARTUP: Duration = Duration::from_millis(15);

/// How often it is looked at whether the run is to end.
const LOOK: Duration = Duration::from_millis(50);

pub(super) struct Cyclictest {
    orders: Orders,
    record: Record,
}

/// Why it cannot take part; `None` if it can.
pub(super) fn refusal(plan: &Plan) -> Option<String> {
    let why = if !is_installed() {
        "it is not installed (on Debian: apt install rt-tests)"
    } else if period(plan).is_none() {
        "it ticks with a period of whole microseconds, and that is all it does"
    } else if plan.timers > 1 {
        "it has a thread for each timer, which is another thing to measure"
    } else {
        return None;
    };
    Some(format!("cyclictest is left out: {why}"))
}

fn is_installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file())
}

/// The period in microseconds, if it is one that cyclictest takes.
fn period(plan: &Plan) -> Option<u128> {
    let Workload::Period(period) = plan.workload else { return None };
    period.as_nanos().is_multiple_of(1_000).then_some(period.as_micros())
}

impl Cyclictest {
    pub(super) fn new(orders: Orders) -> Self {
        let record = Record::new(&orders.plan);
        Self { orders, record }
    }

    /// Starts it, to print every wake-up until it is interrupted.
    fn spawn(&self) -> io::Result<Child> {
        let interval = period(&self.orders.plan).unwrap_or(1_000).to_string();
        Command::new(PROGRAM)
            .args(["--threads=1", "--distance=0", "--verbose", "--nsecs"])
            .args(["--policy=other", "--interval", &interval])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    }

    /// Sleeps through the slice, or until the run is to end.
    fn sleep(&self, len: Duration) {
        let end = std::time::Instant::now() + len;
        while !self.orders.stop.is_set() {
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                break;
            }
            thread::sleep(left.min(LOOK));
        }
    }

    fn record(&mut self, lines: &[(u64, i64)], start: Instant, slice: &Slice) {
        let Workload::Period(period) = self.orders.plan.workload else { return };
        // The last slice may have printed some more before the signal reached it.
        let most = usize::try_from(slice.ticks).unwrap_or(usize::MAX);
        for (index, late) in lines.iter().take(most) {
            let index = u32::try_from(*index).unwrap_or(u32::MAX);
            let scheduled = start + period * index;
            let (late, early) = (u64::try_from(*late).unwrap_or(0), *late < 0);
            let now = scheduled + Duration::from_nanos(late);
            let now = if early { scheduled - Duration::from_nanos(1) } else { now };
            self.record.fired(scheduled, now, 0);
            self.record.wakeups += 1;
        }
    }
}

impl Mode for Cyclictest {
    fn slice(&mut self, slice: &Slice) -> io::Result<()> {
        let load = if self.orders.load { Some(Load::beside()?) } else { None };
        let mut child = self.spawn()?;
        let start = MonotonicClock::kernel().now() + STARTUP;
        self.record.begin_slice(start);
        let output = child.stdout.take().map(BufReader::new);
        // It prints a page at a time, so that a pipe would do for some; a thread does for all.
        let reader = thread::spawn(move || {
            let lines = output.into_iter().flat_map(BufRead::lines);
            lines
                .map_while(Result::ok)
                .filter_map(|line| parse(&line))
                .collect::<Vec<_>>()
        });
        self.sleep(STARTUP + slice.len);
        self.record.cpu += cpu_of_measuring_thread(&child).unwrap_or_default();
        let _ = kill_process(Pid::from_child(&child), Signal::INT);
        child.wait()?;
        let lines = reader.join().unwrap_or_default();
        if lines.is_empty() && !self.orders.stop.is_set() {
            return Err(io::Error::other(
                "cyclictest measured nothing: does it run alone?",
            ));
        }
        self.record(&lines, start, slice);
        self.record.end_slice(slice.len);
        self.record.echoed += load.map_or(0, Load::finish);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Outcome {
        Outcome::bare(self.record)
    }
}

/// `       0:      41:   62780`: thread, number and nanoseconds.
fn parse(line: &str) -> Option<(u64, i64)> {
    let mut fields = line.split(':').map(str::trim);
    let (_, index, late) = (fields.next()?, fields.next()?, fields.next()?);
    Some((index.parse().ok()?, late.parse().ok()?))
}

/// What its other thread, the one that measures, has used: the first figure of its schedstat.
fn cpu_of_measuring_thread(child: &Child) -> Option<Duration> {
    let main = child.id().to_string();
    let tasks = fs::read_dir(format!("/proc/{main}/task")).ok()?;
    let other = tasks.flatten().find(|task| task.file_name().to_str() != Some(&main))?;
    let schedstat = fs::read_to_string(other.path().join("schedstat")).ok()?;
    schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_wake_ups_are_read_and_others_are_not() {
        assert_eq!(parse("       0:      41:   62780"), Some((41, 62_780)));
        for line in ["Max CPUs = 2", "# /dev/cpu_dma_latency set to 0us", "", "a: b: c"] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }
}
