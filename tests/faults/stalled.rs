//! A process that is stopped for a while, and a clock that has run for years.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tourbillon::reactor::{Exit, Next, Precision, Reactor};

use crate::interrupted::WAITED;
use crate::scenario::report;
use crate::strace::{self, Outcome, Test};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        (
            "a_process_that_was_stopped_keeps_its_grids_and_loses_no_timer",
            false,
            a_process_that_was_stopped_keeps_its_grids_and_loses_no_timer,
        ),
        (
            "waits_after_years_of_uptime_are_as_exact",
            false,
            waits_after_years_of_uptime_are_as_exact,
        ),
    ]
}

const PERIOD: Duration = Duration::from_millis(10);
const TICKS: u64 = 150;
const STALL: Duration = Duration::from_secs(1);

/// Ticks that a stall makes it miss at least.
const MISSED: u64 = 90;

/// A grid of a second and a half or more, until it was stopped; and timers along it.
pub(crate) fn a_grid() {
    #[derive(Default)]
    struct Grid {
        handed_out: u64,
        missed: u64,
        most_missed: u64,
        off: u64,
        early: u64,
        /// The number that the last timer had; each has the next.
        timers: u64,
        out_of_order: u64,
    }
    for precision in [Precision::Exact, Precision::Millis] {
        let builder = Reactor::<Grid>::builder().precision(precision);
        let mut reactor = builder.build().unwrap();
        let start = reactor.clock().now();
        for number in 1..=TICKS {
            let halves = u32::try_from(2 * number - 1).unwrap_or(u32::MAX);
            reactor.at(start + PERIOD / 2 * halves, move |grid: &mut Grid, _, fired| {
                grid.early += u64::from(fired.now < fired.scheduled);
                grid.out_of_order += u64::from(grid.timers + 1 != number);
                grid.timers = number;
            });
        }
        let interval = tourbillon::Interval::new(start + PERIOD, PERIOD).unwrap();
        reactor.interval(interval, move |grid: &mut Grid, _, fired| {
            let since = fired.scheduled.saturating_duration_since(start);
            grid.off += u64::from(since.as_nanos() % PERIOD.as_nanos() != 0);
            grid.early += u64::from(fired.now < fired.scheduled);
            (grid.handed_out, grid.missed) =
                (grid.handed_out + 1, grid.missed + fired.missed);
            grid.most_missed = grid.most_missed.max(fired.missed);
            let index = since.as_nanos() / PERIOD.as_nanos();
            grid.off += u64::from(u128::from(grid.handed_out + grid.missed) != index);
            let is_over = index >= u128::from(TICKS) && grid.most_missed >= MISSED;
            if is_over { Next::Stop } else { Next::Continue }
        });
        report("ready", 1_u64);
        let mut grid = Grid::default();
        assert_eq!(reactor.run(&mut grid).unwrap(), Exit::Idle);
        assert!(grid.handed_out + grid.missed >= TICKS && grid.timers == TICKS);
        assert_eq!((grid.off, grid.early, grid.out_of_order), (0, 0, 0));
        report("most missed", grid.most_missed);
        report("turns", reactor.stats().turns);
        let called = grid.handed_out + grid.timers;
        assert!(reactor.stats().turns <= 4 * called, "it does not spin");
    }
}

fn a_process_that_was_stopped_keeps_its_grids_and_loses_no_timer() {
    let mut command = strace::command("a grid", &[]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let pid = Pid::from_child(&child);
    let mut said = Vec::new();
    for _ in 0..2 {
        let mut line = String::new();
        while !line.ends_with("ready: 1\n") {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it has ended");
            said.extend(line.bytes());
        }
        kill_process(pid, Signal::STOP).unwrap();
        // No wait for anything: this is the stall.
        thread::sleep(STALL);
        kill_process(pid, Signal::CONT).unwrap();
    }
    stdout.read_to_end(&mut said).unwrap();
    let output =
        Output { status: child.wait().unwrap(), stdout: said, stderr: Vec::new() };
    let outcome = Outcome::of("a grid", &["stopped"], &output);
    // Of the ticks of a second at least those were missed that came up while it was stopped.
    assert!(outcome.report("most missed") >= MISSED, "{outcome:?}");
}

fn waits_after_years_of_uptime_are_as_exact() {
    // A minute before 2^30 ms, when the top ring of a wheel of milliseconds ends; and beyond 2^36.
    for seconds in [1_073_741 - 60, 100_000_000] {
        let seconds = seconds.to_string();
        let starter =
            ["unshare", "-T", "--monotonic", &seconds, "--boottime", &seconds, "--fork"];
        let probe = Command::new(starter[0]).args(&starter[1..]).arg("true").output();
        if !probe.is_ok_and(|probe| probe.status.success()) {
            eprintln!("skipped: no time namespaces here (unshare -T)");
            return;
        }
        let outcome = strace::run("waits", &starter);
        assert_eq!((outcome.report("fired"), outcome.report("early")), (WAITED, 0));
        let uptime = outcome.report("uptime in seconds");
        assert!(uptime >= seconds.parse().unwrap(), "{uptime}: no such namespace");
    }
}
