//! The yardstick: ours beside its peers, the same workloads through one trait, one table a run.
//!
//! ```text
//! cd benches/versus && cargo build --release
//! taskset -c 1 target/release/timers                           # everything
//! taskset -c 1 target/release/timers --rows refresh,mix --sizes 1m
//! taskset -c 1 target/release/timers --rows worst-hold --sizes 10m
//! target/release/timers --quick                                # does it run at all
//! bash callgrind.sh                                            # instructions, not time
//! ```
//!
//! A row of the table is one figure of one workload at one size, a column one contender; then come
//! the ratios to the heap and to the best of the others, the goal where there is one and whether it
//! holds. The contenders take turns in each round, so that what disturbs the machine disturbs all;
//! the median of the rounds counts, of worst calls the least. Means are of the thread's own
//! processor time; single calls are timed by a real clock, whose reading the null columns show.
//!
//! What a peer cannot do is a dash with a note. Nothing here is asserted about speed.

mod bytes;
mod clock;
mod cluster;
mod count;
mod goals;
mod line;
mod means;
mod million;
mod mix;
mod options;
mod peers;
mod promises;
mod rows;
mod standing;
mod table;
mod who;
mod worst;

#[allow(dead_code, unused_imports, reason = "shared with the benches of the root")]
#[path = "../../timers/mod.rs"]
mod harness;

use std::process::ExitCode;

use clap::Parser;

use crate::options::Options;
use crate::rows::{Lane, Plan, Row};
use crate::table::Table;
use crate::who::Who;

fn main() -> ExitCode {
    let options = Options::parse();
    if options.measure_bytes {
        bytes::child(&options);
        return ExitCode::SUCCESS;
    }
    if let Some(row) = options.count {
        return count::run(row, &options);
    }
    let mut table = Table::new(&options);
    table.head();
    for &row in &options.rows() {
        for population in options.sizes(row) {
            measure(row, population, &options, &mut table);
        }
    }
    table.notes();
    ExitCode::SUCCESS
}

/// One row at one size: all contenders, by turns.
fn measure(row: Row, population: usize, options: &Options, table: &mut Table) {
    let columns = options.contenders();
    let open = |who: &Who| {
        let who = row.lane(*who)?;
        Some(who.run(Plan { who, row, population, quick: options.quick }))
    };
    let mut lanes: Vec<Option<Box<dyn Lane>>> = columns.iter().map(open).collect();
    let mut found: Vec<Vec<Vec<Option<f64>>>> = vec![Vec::new(); columns.len()];
    for _ in 0..row.rounds(options.rounds) {
        for (lane, found) in lanes.iter_mut().zip(&mut found) {
            if let Some(lane) = lane {
                found.push(lane.round());
            }
        }
    }
    for (index, line) in row.lines().iter().enumerate() {
        let figures: Vec<_> = found
            .iter()
            .map(|rounds| {
                let of_line = rounds.iter().filter_map(|round| round[index]);
                line.fold.of(of_line.collect())
            })
            .collect();
        table.line(row, population, index, line, &figures);
    }
}
