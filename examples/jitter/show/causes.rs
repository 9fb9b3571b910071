//! Why they were late: what a reactor knows of the causes.

use std::io::{self, Write};

use tourbillon::reactor::ReactorStats;
use tourbillon::stats::Histogram;
use tourbillon::time::Discipline;

use super::columns::Columns;
use crate::kind::Kind;
use crate::run::Measured;
use crate::units::{self, micros};

const EXPLANATION: &str = "\
kernel: it gave the processor back so much later. handlers: others ran first, and
the reactor's own work. budget: the turn before had done as much as it may.
";

/// The causes of lateness, by the names that the tables and the JSON use.
pub(super) fn causes(stats: &ReactorStats) -> [(&'static str, &Histogram); 3] {
    let lateness = &stats.lateness;
    [
        ("kernel", &lateness.kernel),
        ("handlers", &lateness.handlers),
        ("budget", &lateness.budget),
    ]
}

/// How far to trust the figures of a reactor, which are by its own clock.
fn against_the_kernel(out: &mut impl Write, clock: &Discipline) -> io::Result<()> {
    let Discipline { offset_nanos, ppm, .. } = clock;
    let side = if *offset_nanos < 0 { "behind" } else { "ahead of" };
    let offset = offset_nanos.unsigned_abs();
    writeln!(
        out,
        "The reactors' clock was {offset} ns {side} the kernel's, steered by {ppm:.2} ppm."
    )
}

/// What being exact costs, and what was learned.
fn spinning(out: &mut impl Write, kind: Kind, stats: &ReactorStats) -> io::Result<()> {
    let each = units::nanos(stats.spun) / stats.timers_fired.max(1);
    let [each, window] = [each, units::nanos(stats.spin_window)].map(units::read);
    writeln!(
        out,
        "{kind} spun for {each} a timer, and learned to wake up {window} before."
    )
}

pub(super) fn print(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let mut table =
        Columns::with_headings(&["mode", "because of", "fires", "p50", "p99", "max"]);
    let mut is_empty = true;
    for (kind, outcome) in &measured.modes {
        let Some(stats) = &outcome.stats else { continue };
        let mut name = kind.to_string();
        for (cause, histogram) in causes(stats) {
            if histogram.is_empty() {
                continue;
            }
            let parts =
                [histogram.quantile(0.5), histogram.quantile(0.99), histogram.max()];
            let cells =
                [std::mem::take(&mut name), cause.into(), histogram.count().to_string()];
            table.row(
                cells.into_iter().chain(parts.map(|part| micros(units::nanos(part)))),
            );
            is_empty = false;
        }
    }
    if is_empty {
        return Ok(());
    }
    table.print(out)?;
    writeln!(out, "{EXPLANATION}")?;
    for (kind, outcome) in &measured.modes {
        if let Some(stats) =
            outcome.stats.as_deref().filter(|stats| !stats.spun.is_zero())
        {
            spinning(out, *kind, stats)?;
        }
    }
    // All reactors of a process read one clock, so that one of them tells for all.
    let clock = measured.modes.iter().find_map(|(_, outcome)| outcome.clock);
    if let Some(clock) = clock {
        against_the_kernel(out, &clock)?;
    }
    writeln!(out)
}
