//! [`Table`]: the one table of a run.

use crate::goals::{self, Goal};
use crate::line::Line;
use crate::options::Options;
use crate::rows::Row;
use crate::standing::Standing;
use crate::who::Who;

/// Prints lines as they are measured, and the notes after the last.
pub(crate) struct Table {
    columns: Vec<Who>,
    rounds: usize,
    quick: bool,
    notes: Vec<(&'static str, &'static str)>,
}

impl Table {
    pub(crate) fn new(options: &Options) -> Self {
        let (columns, rounds) = (options.contenders(), options.rounds);
        Self { columns, rounds, quick: options.quick, notes: Vec::new() }
    }

    pub(crate) fn head(&self) {
        if self.quick {
            println!("A smoke run: its figures mean nothing.\n");
        }
        println!(
            "Medians of {} rounds, the contenders by turns; of worst calls the least. Means are \
             of the processor's time, single calls of real time with reading the clock. A ratio \
             is theirs ÷ ours, the null column left in.\n",
            self.rounds
        );
        let names = self.columns.iter().map(|who| who.name());
        let names: Vec<_> = names.collect();
        println!(
            "| figure | timers | unit | {} | heap ÷ ours | best other ÷ ours | goal | verdict |",
            names.join(" | ")
        );
        println!("|---|--:|---|{}--:|---|--:|---|", "--:|".repeat(names.len()));
    }

    /// A line of the row at `index`, with the figures of the columns.
    pub(crate) fn line(
        &mut self,
        row: Row,
        population: usize,
        index: usize,
        line: &Line,
        figures: &[Option<f64>],
    ) {
        let cells: Vec<_> = (0..figures.len())
            .map(|column| self.cell(self.columns[column], row, figures[column]))
            .collect();
        let figure = |is: fn(Who) -> bool| {
            let mut pairs = self.columns.iter().zip(figures);
            pairs.find(|(who, _)| is(**who)).and_then(|(_, figure)| *figure)
        };
        let ours = figure(Who::is_ours).filter(|_| line.compares);
        let heap = figure(|who| who == Who::BinaryHeap);
        let goal = goals::of(row, index, population);
        let null = figure(Who::is_null).unwrap_or_default();
        let verdict = goal.zip(figure(Who::is_ours)).map(|(goal, ours)| {
            // Without a null column nothing is known of the harness.
            verdict(goal, ours, null)
        });
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            figure_name(row, line),
            thousands(population),
            line.unit,
            cells.join(" | "),
            heap.zip(ours).map_or_else(String::new, |(heap, ours)| ratio(heap, ours)),
            ours.and_then(|ours| self.best(ours, figures)).unwrap_or_default(),
            goal.map(shown).unwrap_or_default(),
            verdict.unwrap_or_default(),
        );
    }

    fn cell(&mut self, who: Who, row: Row, figure: Option<f64>) -> String {
        let shown = figure.map_or_else(|| "–".to_owned(), number);
        match Standing::of(who, row) {
            Standing::Same => "″".to_owned(),
            Standing::Cannot(note) => format!("– [{}]", self.note(who, note)),
            Standing::But(note) if figure.is_some() => {
                format!("{shown} [{}]", self.note(who, note))
            }
            Standing::But(_) | Standing::Full => shown,
        }
    }

    /// The number of a note, from 1.
    fn note(&mut self, who: Who, text: &'static str) -> usize {
        let note = (who.name(), text);
        let known = self.notes.iter().position(|other| *other == note);
        known.unwrap_or_else(|| {
            self.notes.push(note);
            self.notes.len() - 1
        }) + 1
    }

    /// The best of those that are neither ours nor the harness.
    fn best(&self, ours: f64, figures: &[Option<f64>]) -> Option<String> {
        let others = self.columns.iter().zip(figures);
        let others = others.filter(|(who, _)| !who.is_ours() && !who.is_null());
        let best = others
            .filter_map(|(who, figure)| Some((who, (*figure)?)))
            .min_by(|(_, one), (_, other)| one.total_cmp(other));
        best.map(|(who, figure)| format!("{} {}", ratio(figure, ours), who.name()))
    }

    pub(crate) fn notes(&self) {
        println!();
        for (number, (name, text)) in self.notes.iter().enumerate() {
            println!("[{}] {name}: {text}.", number + 1);
        }
    }
}

fn figure_name(row: Row, line: &Line) -> String {
    match line.what {
        "" => row.title().to_owned(),
        what => format!("{}: {what}", row.title()),
    }
}

fn verdict(goal: Goal, ours: f64, null: f64) -> &'static str {
    let holds = |figure: f64| figure <= goal.most;
    // What disturbs the harness that much disturbs ours as much, or half or twice.
    if goal.over_null && !holds(null) && ours <= goal.most + 2.0 * null {
        return "the null column is too noisy to tell";
    }
    match (goal.over_null, holds(ours), holds(ours - null)) {
        (true, _, true) | (false, true, _) => "holds",
        (false, false, true) => "holds net of null",
        (_, _, false) => "falls short",
    }
}

fn shown(goal: Goal) -> String {
    let over = if goal.over_null { " over null" } else { "" };
    format!("≤ {}{over}", goal.most)
}

fn ratio(theirs: f64, ours: f64) -> String {
    if ours > 0.0 { format!("{:.2}", theirs / ours) } else { String::new() }
}

/// Three digits or the whole.
fn number(figure: f64) -> String {
    match figure {
        _ if figure == 0.0 => "0".to_owned(),
        _ if figure.abs() < 0.1 => format!("{figure:.3}"),
        _ if figure.abs() < 100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

fn thousands(population: usize) -> String {
    match population {
        _ if population.is_multiple_of(1_000_000) => {
            format!("{}M", population / 1_000_000)
        }
        _ if population.is_multiple_of(1_000) => format!("{}k", population / 1_000),
        _ => population.to_string(),
    }
}
