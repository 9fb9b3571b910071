//! The command line.

use clap::{Parser, ValueEnum};

use crate::rows::Row;
use crate::who::Who;

/// Measure tourbillon's timers beside its peers and print one Markdown table.
#[derive(Parser)]
#[command(name = "timers")]
pub(crate) struct Options {
    /// Rows to measure; all of them by default.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROW,…")]
    rows: Vec<Row>,
    /// Timers standing by, such as 1k,100k,1m. Each row has sizes of its own, of which this picks;
    /// of those, 10m is measured only when it is picked. A row with none of them takes the largest
    /// picked.
    #[arg(long, value_delimiter = ',', value_parser = size, value_name = "SIZE,…")]
    sizes: Vec<usize>,
    /// Rounds, of which the median counts, of worst calls the least.
    #[arg(long, default_value_t = 5, value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// Contenders to measure; all of them by default.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME,…")]
    contenders: Vec<Who>,
    /// A smoke run of seconds: one small size, few calls. Its figures mean nothing.
    #[arg(long, conflicts_with_all = ["sizes", "rounds"])]
    pub(crate) quick: bool,
    /// For callgrind.sh: do one row's operation --times times for the one contender, and measure
    /// nothing.
    #[arg(long, value_enum, value_name = "ROW", requires = "times")]
    pub(crate) count: Option<Row>,
    /// How often --count does it.
    #[arg(long, requires = "count")]
    pub(crate) times: Option<u64>,
    /// For the bytes row, whose figures each come from a fresh process.
    #[arg(long, hide = true)]
    pub(crate) measure_bytes: bool,
}

/// The one size of a smoke run.
const QUICK: usize = 1_000;

impl Options {
    pub(crate) fn rows(&self) -> Vec<Row> {
        if self.rows.is_empty() {
            Row::value_variants().to_vec()
        } else {
            self.rows.clone()
        }
    }

    pub(crate) fn contenders(&self) -> Vec<Who> {
        if self.contenders.is_empty() {
            Who::COLUMNS.to_vec()
        } else {
            self.contenders.clone()
        }
    }

    /// The sizes of a row in this run.
    pub(crate) fn sizes(&self, row: Row) -> Vec<usize> {
        if self.quick {
            return vec![QUICK];
        }
        if self.sizes.is_empty() {
            return row
                .sizes()
                .iter()
                .copied()
                .filter(|&size| size < 10_000_000)
                .collect();
        }
        let is_picked = |size: &usize| self.sizes.contains(size);
        let own: Vec<_> = row.sizes().iter().copied().filter(is_picked).collect();
        if own.is_empty() {
            self.sizes.iter().copied().max().into_iter().collect()
        } else {
            own
        }
    }

    /// The one size of a child or of a count.
    pub(crate) fn size(&self) -> usize {
        self.sizes.first().copied().unwrap_or(100_000)
    }
}

fn size(text: &str) -> Result<usize, String> {
    let lower = text.to_ascii_lowercase();
    let (digits, unit) = match lower.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => match lower.strip_suffix('m') {
            Some(digits) => (digits, 1_000_000),
            None => (lower.as_str(), 1),
        },
    };
    match digits.parse::<usize>().ok().and_then(|count| count.checked_mul(unit)) {
        Some(size) if (100..=50_000_000).contains(&size) => Ok(size),
        _ => Err("must be from 100 to 50m".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}
