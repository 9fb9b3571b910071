//! The figures, as a table.

use crate::round::Figures;

pub fn head() {
    println!(
        "{:>6}  {:<12} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>10}",
        "round",
        "server",
        "lines/s",
        "CPU ns/l",
        "user",
        "kernel",
        "p50 µs",
        "p99 µs",
        "verified"
    );
}

pub fn row(round: &str, name: &str, figures: &Figures) {
    println!(
        "{round:>6}  {name:<12} {:>9.0} {:>9.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>10}",
        figures.lines_per_second,
        figures.cpu_nanos,
        figures.user_nanos,
        figures.system_nanos,
        figures.p50_micros,
        figures.p99_micros,
        figures.lines
    );
}

/// The median of each column by itself; the lines verified are those of all rounds.
pub fn median(rounds: &[Figures]) -> Figures {
    let of = |column: fn(&Figures) -> f64| middle(rounds.iter().map(column).collect());
    Figures {
        lines: rounds.iter().map(|round| round.lines).sum(),
        lines_per_second: of(|f| f.lines_per_second),
        cpu_nanos: of(|f| f.cpu_nanos),
        user_nanos: of(|f| f.user_nanos),
        system_nanos: of(|f| f.system_nanos),
        p50_micros: of(|f| f.p50_micros),
        p99_micros: of(|f| f.p99_micros),
    }
}

/// The ratio of CPU per line: of the medians, and from the best round for the one to that for the
/// other. Rounds of the same number ran one after the other, under the same weather.
pub fn ratio(ours: (&str, &[Figures]), theirs: (&str, &[Figures])) {
    let medians = median(ours.1).cpu_nanos / median(theirs.1).cpu_nanos;
    let pairs = ours.1.iter().zip(theirs.1).map(|(a, b)| a.cpu_nanos / b.cpu_nanos);
    let low = pairs.clone().fold(f64::INFINITY, f64::min);
    let high = pairs.fold(0.0, f64::max);
    println!(
        "CPU per line, {} / {}: {medians:.3} (round by round {low:.3} to {high:.3})",
        ours.0, theirs.0
    );
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        values[half - 1].midpoint(values[half])
    }
}
