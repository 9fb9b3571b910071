//! Very many timers in one call: scheduling, clearing and counting them, beside the same one by one.
//!
//! Axes: how many timers, into what memory (no room; fresh: room was asked for, but never used; used:
//! it held as many timers before), and how. Medians of eleven rounds, the ways by turns in each.
//!
//! ```text
//! taskset -c 1 cargo bench --bench bulk
//! cargo bench --bench bulk -- --test
//! ```

#![allow(clippy::cast_precision_loss, reason = "counts of nanoseconds, far below 2^52")]

#[allow(dead_code, unused_imports, reason = "shared with `timers` and with `figures`")]
#[path = "timers/mod.rs"]
mod harness;

use core::hint::black_box;

use harness::{Random, SIZES, SMOKE_SIZES, cpu_nanos};
use tourbillon::time::Instant;
use tourbillon::timers::Timers;

/// Rounds; odd, so that there is a median.
const ROUNDS: usize = 11;

/// Deadlines are within this.
const SPAN_NANOS: u64 = 30_000_000_000;

/// A row: what is done to timers that `before` made ready.
struct Row {
    name: &'static str,
    before: fn(&[Instant]) -> Timers<u64>,
    ways: [Way; 2],
}

const ROWS: [Row; 8] = [
    Row { name: "schedule, no room", before: empty, ways: SCHEDULE },
    Row { name: "schedule, fresh memory", before: fresh, ways: SCHEDULE },
    Row { name: "schedule, used memory", before: used, ways: SCHEDULE },
    Row { name: "schedule and keep keys, no room", before: empty, ways: KEYS },
    Row { name: "schedule and keep keys, fresh memory", before: fresh, ways: KEYS },
    Row { name: "schedule and keep keys, used memory", before: used, ways: KEYS },
    Row { name: "cancel all", before: filled, ways: CANCEL },
    Row { name: "look at all", before: filled, ways: LOOK },
];

type Way = (&'static str, fn(&mut Timers<u64>, &[Instant]));

const SCHEDULE: [Way; 2] = [
    ("one by one", |timers, deadlines| {
        for (deadline, value) in deadlines.iter().zip(0..) {
            timers.schedule(*deadline, value);
        }
    }),
    ("extend", |timers, deadlines| timers.extend(deadlines.iter().copied().zip(0..))),
];

const KEYS: [Way; 2] = [
    ("one by one", |timers, deadlines| {
        let timers =
            deadlines.iter().zip(0..).map(|(at, value)| timers.schedule(*at, value));
        black_box(timers.collect::<Vec<_>>());
    }),
    ("schedule_all", |timers, deadlines| {
        let values = deadlines.iter().copied().zip(0..);
        black_box(timers.schedule_all::<Vec<_>>(values));
    }),
];

const CANCEL: [Way; 2] = [
    ("retain none", |timers, _| timers.retain(|_, _, _| false)),
    ("clear", |timers, _| timers.clear()),
];

const LOOK: [Way; 2] = [
    ("iter", |timers, _| {
        black_box(timers.iter().map(|(_, deadline, _)| deadline).max());
    }),
    ("stats", |timers, _| {
        black_box(timers.stats());
    }),
];

fn empty(_: &[Instant]) -> Timers<u64> {
    Timers::new()
}

fn fresh(deadlines: &[Instant]) -> Timers<u64> {
    Timers::with_capacity(deadlines.len())
}

fn filled(deadlines: &[Instant]) -> Timers<u64> {
    let mut timers = fresh(deadlines);
    SCHEDULE[0].1(&mut timers, deadlines);
    timers
}

fn used(deadlines: &[Instant]) -> Timers<u64> {
    let mut timers = filled(deadlines);
    timers.clear();
    timers
}

fn median(mut nanos: Vec<f64>) -> f64 {
    nanos.sort_by(f64::total_cmp);
    nanos[nanos.len() / 2]
}

fn print(row: &Row, deadlines: &[Instant]) {
    let mut nanos: [Vec<f64>; 2] = [vec![], vec![]];
    // Short runs are repeated, so that reading the clock does not count.
    let times = (100_000 / deadlines.len()).max(1);
    for _ in 0..ROUNDS {
        for (nanos, (_, run)) in nanos.iter_mut().zip(row.ways) {
            let mut ready: Vec<_> = (0..times).map(|_| (row.before)(deadlines)).collect();
            let start = cpu_nanos();
            for timers in &mut ready {
                run(timers, deadlines);
            }
            let spent = cpu_nanos() - start;
            nanos.push(spent as f64 / (times * deadlines.len()) as f64);
        }
    }
    let [first, second] = nanos.map(median);
    println!(
        "| {} | {} | {}: {first:.1} | {}: {second:.1} | {:.2} |",
        row.name,
        deadlines.len(),
        row.ways[0].0,
        row.ways[1].0,
        first / second
    );
}

fn main() {
    let sizes: &[usize] = if harness::is_smoke_run() { &SMOKE_SIZES } else { &SIZES };
    println!(
        "Nanoseconds of the processor's time a timer, medians of {ROUNDS} rounds.\n"
    );
    println!("| what | timers | one way | the other | ratio |\n|---|--:|--:|--:|--:|");
    for row in &ROWS {
        for &size in sizes {
            let mut random = Random::new();
            let deadlines: Vec<_> = (0..size)
                .map(|_| Instant::from_nanos(random.below(SPAN_NANOS)))
                .collect();
            print(row, &deadlines);
        }
    }
}
