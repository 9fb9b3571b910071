//! The table: one line a mode.

use std::io::{self, Write};

use super::columns::Columns;
use crate::record::Record;
use crate::run::Measured;
use crate::units::{self, micros};

const HEADINGS: [&str; 11] = [
    "mode", "fires", "p50", "p90", "p99", "p99.9", "max", "early", "missed", "drift",
    "cpu",
];

const EXPLANATION: &str = "\
Lateness in µs: from the deadline to the first instruction of the handler.
early: fired before its time. missed: ticks that were overtaken by the next; the
tick that fires for them is as late as the first of them was. drift: how far the
last tick was due from start + k·period, in µs. cpu: µs of processor a wake-up.
";

/// What is printed for what is not known, or does not apply.
const NONE: &str = "–";

pub(super) fn print(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let mut table = Columns::with_headings(&HEADINGS);
    for (kind, outcome) in &measured.modes {
        let name = kind.to_string();
        table.row(std::iter::once(name).chain(cells(&outcome.record)));
    }
    table.print(out)?;
    writeln!(out, "{EXPLANATION}")
}

fn cells(record: &Record) -> impl Iterator<Item = String> {
    let quantiles = [0.5, 0.9, 0.99, 0.999].map(|q| record.quantile_nanos(q));
    let is_empty = record.fires() == 0;
    let lateness = quantiles
        .into_iter()
        .chain([record.max_nanos()])
        .map(move |nanos| if is_empty { NONE.to_owned() } else { micros(nanos) });
    // A cyclictest says nothing of its misses, and neither does it drift; one-shots have no grid.
    let missed = record.drift_nanos.map(|_| record.missed.to_string());
    let drift = record.drift_nanos.map(micros);
    let cpu = record.cpu_per_wakeup_nanos().map(micros);
    std::iter::once(record.fires().to_string())
        .chain(lateness)
        .chain([record.early.to_string()])
        .chain([missed, drift, cpu].map(|cell| cell.unwrap_or_else(|| NONE.to_owned())))
}

/// A share in percent, with as many digits as say something.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".into();
    }
    let percent = 100.0 * units::float(part) / units::float(whole);
    match percent {
        p if p >= 10.0 => format!("{p:.0} %"),
        p if p >= 1.0 => format!("{p:.1} %"),
        p if p >= 0.1 => format!("{p:.2} %"),
        p => format!("{p:.3} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn percents_are_short() {
        let shares = [(0, 0), (0, 5), (1, 3), (1, 20), (1, 500), (1, 10_000), (7, 7)];
        let expected = ["0 %", "0 %", "33 %", "5.0 %", "0.20 %", "0.010 %", "100 %"];
        assert_eq!(shares.map(|(part, whole)| percent(part, whole)), expected);
    }
}
