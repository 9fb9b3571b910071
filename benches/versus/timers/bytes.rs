//! [`Bytes`]: memory a timer, each contender in a fresh process.

use std::process::Command;

use clap::ValueEnum;

use crate::harness::{Contender, Workload, resident_bytes};
use crate::line::{Line, count, least};
use crate::options::Options;
use crate::rows::{Lane, Plan};
use crate::who::Task;

pub(crate) const LINES: &[Line] = &[
    least("a timer, 8-byte payload", "B"),
    count("a timer, by the growth of the process", "B"),
    count("a timer, after cancel + schedule", "B"),
    count("a key, not in the above", "B"),
];

/// What a child says where it cannot tell.
const UNKNOWN: &str = "-";

/// Asks a child of this process.
pub(crate) struct Bytes {
    pub(crate) plan: Plan,
}

impl Bytes {
    fn ask(&self) -> Option<String> {
        let who = self.plan.who.to_possible_value()?;
        let asked = Command::new(std::env::current_exe().ok()?)
            .arg("--measure-bytes")
            .args(["--contenders", who.get_name()])
            .args(["--sizes", &self.plan.population.to_string()])
            .output()
            .ok()?;
        String::from_utf8(asked.stdout).ok()
    }
}

impl Lane for Bytes {
    fn round(&mut self) -> Vec<Option<f64>> {
        let answer = self.ask().unwrap_or_default();
        let mut figures = answer.split_whitespace().map(|figure| figure.parse().ok());
        LINES.iter().map(|_| figures.next().flatten()).collect()
    }
}

/// The child: fills, measures, churns, measures, prints a figure for each line.
pub(crate) fn child(options: &Options) {
    if let [who] = options.contenders()[..] {
        println!("{}", who.run(Measure { population: options.size() }));
    }
}

struct Measure {
    population: usize,
}

impl Task for Measure {
    type Output = String;

    fn with<C: Contender + 'static>(self) -> String {
        let Self { population } = self;
        let key = size_of::<C::Key>();
        // What is set up once for all, such as a runtime, is no timer's.
        drop(C::with_capacity(1));
        let before = resident_bytes();
        let grown = || {
            let grown = resident_bytes()?.saturating_sub(before?);
            Some(grown.saturating_sub(population * key))
        };
        let workload = Workload::CancelSchedule;
        let mut world = workload.world::<C>(population);
        let filled = grown();
        let told = world.timers.memory().or(filled);
        workload.run(&mut world, 2 * population as u64);
        let each = |bytes: Option<usize>| match bytes {
            Some(bytes) => format!("{:.1}", bytes as f64 / population as f64),
            None => UNKNOWN.to_owned(),
        };
        format!("{} {} {} {key}", each(told), each(filled), each(grown()))
    }
}
