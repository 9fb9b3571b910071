//! What was measured, shown: tables and histograms for a terminal, JSON for programs.

mod buckets;
mod causes;
mod columns;
mod histogram;
mod json;
mod table;

use std::io::{self, Write};

pub(crate) use json::json;
pub(crate) use table::percent;

use crate::machine::Machine;
use crate::run::Measured;
use crate::units;

/// All of it, for a terminal of 80 columns.
pub(crate) fn print(
    out: &mut impl Write,
    measured: &Measured,
    machine: &Machine,
) -> io::Result<()> {
    let plan = &measured.plan;
    writeln!(out, "{}: {}", plan.workload.title(plan.timers), each(measured))?;
    writeln!(out, "{}\n", machine.in_words())?;
    table::print(out, measured)?;
    causes::print(out, measured)?;
    for (kind, outcome) in &measured.modes {
        histogram::print(out, *kind, &outcome.record)?;
    }
    notes(out, measured)
}

/// How long each mode was measured, and beside what.
pub(crate) fn each(measured: &Measured) -> String {
    let len = units::read(units::nanos(measured.plan.duration));
    let slices = match measured.plan.slices() {
        1 => String::new(),
        slices => format!(" in {slices} slices"),
    };
    let beside = if measured.load { ", beside echo traffic" } else { "" };
    format!("{len} a mode{slices}{beside}")
}

fn notes(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let interrupted = measured.interrupted.then(|| {
        "it was interrupted, and this is what was measured until then".to_owned()
    });
    let echoed: u64 =
        measured.modes.iter().map(|(_, outcome)| outcome.record.echoed).sum();
    let traffic =
        measured.load.then(|| format!("{echoed} lines of 64 bytes were echoed beside"));
    for note in measured.notes.iter().cloned().chain(interrupted).chain(traffic) {
        writeln!(out, "Note: {note}.")?;
    }
    Ok(())
}
