//! Short runs in every mode: nothing early, nothing lost, no drift.

use super::program::{Running, command, measure};
use super::table::{Row, assert_sound, rows};

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.mode.as_str()).collect()
}

/// Ticks on a grid: each of them fired or was missed, and the last one was due on the dot.
fn assert_on_the_grid(row: &Row, ticks: u64) {
    assert_sound(row);
    let missed = row.missed.expect("a grid has misses");
    // A tick that stands for missed ones may be one beyond the end of its slice.
    assert!(row.fires + missed >= ticks, "{row:?}");
    assert!(missed > 0 || row.fires == ticks, "{row:?}");
    assert_eq!(row.drift, Some(0.0), "{row:?}");
}

#[test]
fn every_precision_keeps_to_the_grid() {
    let ended =
        measure(&["--period", "1ms", "--duration", "600ms", "--precision", "all"]);
    let rows = rows(&ended);
    assert_eq!(names(&rows), ["millis", "exact", "spin:200us"]);
    for row in &rows {
        assert_on_the_grid(row, 600);
    }
}

#[test]
fn a_period_that_is_no_round_number_keeps_to_the_grid_with_many_timers() {
    let args = ["--period", "3337us", "--timers", "50", "--duration", "500ms"];
    let rows = rows(&measure(&args));
    for row in &rows {
        assert_on_the_grid(row, 500_000 / 3_337 * 50);
    }
}

#[test]
fn a_period_that_no_machine_keeps_up_with_is_missed_and_counted() {
    let args = ["--period", "100ns", "--duration", "50ms", "--precision", "exact"];
    let rows = rows(&measure(&args));
    assert_on_the_grid(&rows[0], 500_000);
    assert!(rows[0].missed > Some(0), "{rows:?}");
}

#[test]
fn one_period_is_enough() {
    let args = ["--period", "50ms", "--duration", "50ms", "--precision", "exact,millis"];
    let rows = rows(&measure(&args));
    assert_eq!(names(&rows), ["exact", "millis"]);
    for row in &rows {
        assert_on_the_grid(row, 1);
    }
}

#[test]
fn random_one_shots_are_never_early_under_load_and_have_no_grid() {
    let args =
        ["--random", "50us..2ms", "--timers", "5", "--load", "--duration", "500ms"];
    let ended = measure(&args);
    for row in rows(&ended) {
        assert_sound(&row);
        assert_eq!((row.missed, row.drift), (None, None), "{row:?}");
    }
    let note = ended.stdout.lines().find(|line| line.contains("were echoed"));
    let note = note.unwrap_or_else(|| panic!("no traffic in {ended:?}"));
    assert!(!note.contains(" 0 lines"), "{note}");
}

#[test]
fn the_peers_are_measured_beside() {
    let args =
        ["--duration", "300ms", "--precision", "exact", "--against", "sleep,timerfd"];
    let rows = rows(&measure(&args));
    if cfg!(any(target_os = "linux", target_os = "android")) {
        assert_eq!(names(&rows), ["exact", "sleep", "timerfd"]);
        assert_on_the_grid(&rows[2], 300);
    }
    assert_sound(&rows[1]);
    // A loop that sleeps for a period loses what it was late each time, and shows it.
    assert!(rows[1].drift > Some(0.0), "{rows:?}");
}

#[test]
fn the_peers_get_the_same_one_shots_and_load() {
    let args =
        ["--random", "1ms..2ms", "--load", "--duration", "200ms", "--against", "sleep"];
    let rows = rows(&measure(&args));
    assert_eq!(names(&rows), ["millis", "exact", "spin:200us", "sleep"]);
    rows.iter().for_each(assert_sound);
}

#[test]
fn a_peer_that_is_not_installed_is_left_out_with_a_word() {
    let args = ["--duration", "50ms", "--precision", "exact", "--against", "cyclictest"];
    let mut command = command(&args);
    command.env("PATH", "");
    let ended = Running::start(command).wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(names(&rows(&ended)), ["exact"]);
    let note = ended.stdout.lines().find(|line| line.starts_with("Note: cyclictest"));
    assert!(note.is_some_and(|note| note.contains("install")), "{ended:?}");
}

#[test]
fn a_terminal_of_eighty_columns_holds_it() {
    let args =
        ["--duration", "50ms", "--timers", "3", "--load", "--against", "timerfd,sleep"];
    let ended = measure(&args);
    // The first two lines name the run and the machine, which may be called anything.
    for line in ended.stdout.lines().skip(2) {
        // Figures are as long as they are.
        let most = if line.contains("  ") || line.contains("ppm") { 90 } else { 82 };
        assert!(line.chars().count() <= most, "{line}");
    }
    let histograms = ended.stdout.lines().filter(|line| line.contains(" – "));
    assert!(histograms.clone().count() > 3, "{ended:?}");
    assert!(histograms.clone().all(|line| line.chars().count() <= 80), "{ended:?}");
}
