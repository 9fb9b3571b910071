//! The tables of a run, in Markdown. The numbers behind names are of the notes below all tables.

use crate::figures::Column;
use crate::goals;
use crate::lane::Lane;
use crate::machine;
use crate::options::Options;
use crate::plan::{Plan, Workload};

/// What stands above the tables.
pub(crate) fn head(options: &Options, plan: &Plan) {
    if options.quick {
        println!("A smoke run: its figures mean nothing.\n");
    }
    let rounds = match options.rounds() {
        1 => "One round".to_owned(),
        rounds => format!("Medians of {rounds} rounds"),
    };
    println!(
        "{}. {rounds}, the contenders by turns; *worst of all* and *early* are of all rounds. \
         Lateness in µs, from the deadline to the first reading in the contender's own code of the \
         clock that it goes by; a tick that was skipped is as late as the call that came instead. \
         Drift, processor time and time spun in µs, the latter two for each call; at most {} µs \
         are spun before a deadline.\n",
        machine::description(),
        micros(plan.max_nanos() as f64 / 1e3)
    );
}

/// The table of a workload, and its goals.
pub(crate) fn print(workload: Workload, plan: &Plan, lanes: &[Lane]) {
    match workload {
        Workload::Ticks => println!(
            "### {} ticks of {} µs on an absolute grid\n",
            plan.ticks,
            micros(plan.period_nanos as f64 / 1e3)
        ),
        Workload::OneShots => println!(
            "### {} random one-shots of 50 µs to 5 ms, each scheduled by the last\n",
            plan.delays_nanos.len()
        ),
    }
    let is_shown = |column: &&Column| match column {
        Column::Missed | Column::Drift => workload == Workload::Ticks,
        Column::ToldP50 | Column::ToldP99 => false,
        _ => true,
    };
    let columns: Vec<_> = Column::ALL.iter().copied().filter(|c| is_shown(&c)).collect();
    let titles: Vec<_> = columns.iter().map(|column| column.title()).collect();
    println!("| contender | {} |", titles.join(" | "));
    println!("|---|{}", "--:|".repeat(columns.len()));
    let lanes: Vec<_> = lanes.iter().filter(|lane| lane.workload == workload).collect();
    for (place, lane) in lanes.iter().enumerate() {
        let figures = lane.figures();
        let cells = columns.iter().map(|&column| {
            let figure = figures.as_ref().and_then(|figures| figures.get(column));
            figure.map_or_else(|| "–".to_owned(), |figure| shown(column, figure))
        });
        let cells: Vec<_> = cells.collect();
        println!("| {} [{}] | {} |", lane.who.name(), place + 1, cells.join(" | "));
    }
    println!();
    print_goals(&lanes);
}

fn print_goals(lanes: &[&Lane]) {
    println!("| goal | limit | ours | verdict |");
    println!("|---|--:|--:|---|");
    let figures = |who| lanes.iter().find(|lane| lane.who == who)?.figures();
    let cell = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), micros);
    for judged in goals::judge(figures) {
        let (limit, ours) = (cell(judged.limit), cell(judged.ours));
        println!("| {} | {limit} | {ours} | {} |", judged.what, judged.verdict);
    }
    println!();
}

fn shown(column: Column, figure: f64) -> String {
    match column {
        Column::Early | Column::Missed => format!("{figure:.0}"),
        _ => micros(figure),
    }
}

/// Three digits, or the whole number; nothing finer than a nanosecond.
pub(crate) fn micros(figure: f64) -> String {
    match figure.abs() {
        0.0 => "0".to_owned(),
        size if size < 1.0 => format!("{figure:.3}"),
        size if size < 10.0 => format!("{figure:.2}"),
        size if size < 100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::micros;

    #[test]
    fn figures_have_three_digits() {
        let shown = [0.0, 0.098, 0.2, 5.25, 52.34, 117.4, 1107.2, -0.5].map(micros);
        assert_eq!(
            shown,
            ["0", "0.098", "0.200", "5.25", "52.3", "117", "1107", "-0.500"]
        );
    }
}
