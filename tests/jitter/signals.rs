//! Signals: Ctrl-C ends a run early and with a report, and stopping the process makes nothing
//! early.
#![cfg(target_os = "linux")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::program::{Ended, PATIENCE, Running, command};
use super::table::{assert_sound, rows};

/// Waits until the program would hear a SIGINT, by what the kernel says of it.
fn wait_until_listening(program: &Running) {
    let path = format!("/proc/{}/status", program.pid().as_raw_nonzero());
    let end = Instant::now() + PATIENCE;
    loop {
        let status = fs::read_to_string(&path).expect("the program runs");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        let bit = 1 << (Signal::INT.as_raw() - 1);
        if caught.expect("a mask of signals") & bit != 0 {
            return;
        }
        assert!(Instant::now() < end, "it does not listen after {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn interrupted(args: &[&str], signal: Signal) -> Ended {
    let program = Running::start(command(&[args, &["--duration", "1h"]].concat()));
    wait_until_listening(&program);
    thread::sleep(Duration::from_millis(200));
    program.signal(signal);
    let ended = program.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "{ended:?}");
    assert!(ended.stdout.contains("interrupted"), "{ended:?}");
    ended
}

#[test]
fn either_signal_ends_it_early_and_what_was_measured_is_reported() {
    for signal in [Signal::INT, Signal::TERM] {
        let rows = rows(&interrupted(&["--precision", "exact"], signal));
        assert_sound(&rows[0]);
        assert_eq!(rows[0].drift, Some(0.0), "{rows:?}");
    }
}

#[test]
fn a_reactor_that_sleeps_for_half_an_hour_is_woken_to_end() {
    let args = ["--period", "30m", "--precision", "millis,exact"];
    let rows = rows(&interrupted(&args, Signal::INT));
    // The first tick is due at once, and the second mode has not had its turn.
    assert!(rows[0].fires <= 1, "{rows:?}");
    assert_eq!((rows[1].fires, rows[1].early, rows[1].cpu), (0, 0, None), "{rows:?}");
    assert!(rows[1].lateness.iter().all(Option::is_none), "{rows:?}");
}

#[test]
fn it_ends_early_under_load() {
    let rows = rows(&interrupted(&["--load", "--precision", "exact"], Signal::INT));
    assert_sound(&rows[0]);
}

#[test]
fn a_process_that_is_stopped_for_a_while_fires_nothing_early() {
    let args = ["--duration", "700ms", "--against", "timerfd,sleep"];
    let program = Running::start(command(&args));
    wait_until_listening(&program);
    for _ in 0..6 {
        thread::sleep(Duration::from_millis(150));
        program.signal(Signal::STOP);
        thread::sleep(Duration::from_millis(30));
        program.signal(Signal::CONT);
    }
    let ended = program.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let rows = rows(&ended);
    assert_eq!(rows.len(), 5);
    rows.iter().for_each(assert_sound);
    // Those on a grid have counted what they could not do.
    let on_a_grid = rows.iter().filter(|row| row.mode != "sleep");
    for row in on_a_grid {
        assert_eq!(row.drift, Some(0.0), "{row:?}");
        assert!(row.fires + row.missed.unwrap_or(0) >= 700, "{row:?}");
    }
}
