//! [`Round`]: one process of one contender, and what it answered.

use std::process::Command;

use crate::options::{Options, Plan};
use crate::who::{Program, Who};

/// What a process came to: medians of its runs, in nanoseconds.
#[derive(Copy, Clone, PartialEq, Debug)]
pub(crate) struct Round {
    /// To register all ends.
    pub(crate) register: f64,
    /// From the first look at the kernel until every byte was read.
    pub(crate) bytes: f64,
    /// How many looks that took.
    pub(crate) turns: f64,
}

impl Round {
    /// Starts the contender's process and reads what it answers.
    ///
    /// # Errors
    ///
    /// In words, that it did not start, failed, or did not read every byte.
    pub(crate) fn run(who: Who, plan: Plan, options: &Options) -> Result<Self, String> {
        let failed = |what: &str| format!("{}: {what}", who.name());
        let output = command(who, plan, options)
            .ok_or_else(|| failed("no program"))?
            .output()
            .map_err(|error| failed(&error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(&format!(
                "ended with {}: {}",
                output.status,
                said.trim()
            )));
        }
        Self::parse(&String::from_utf8_lossy(&output.stdout), plan)
            .map_err(|error| failed(&error))
    }

    fn parse(answer: &str, plan: Plan) -> Result<Self, String> {
        let (mut register, mut bytes, mut turns) = (Vec::new(), Vec::new(), Vec::new());
        // The first run is the warm-up.
        for line in answer.lines().skip(1) {
            let numbers: Option<Vec<u64>> =
                line.split(' ').map(|number| number.parse().ok()).collect();
            let Some(&[one, two, read, looks]) = numbers.as_deref() else {
                return Err(format!("answered \"{line}\""));
            };
            if read != u64::from(plan.bytes()) {
                return Err(format!("read {read} bytes of {}", plan.bytes()));
            }
            register.push(one as f64);
            bytes.push(two as f64);
            turns.push(looks as f64);
        }
        if register.len() != plan.runs as usize {
            return Err(format!("answered {} runs of {}", register.len(), plan.runs));
        }
        Ok(Self {
            register: median(register),
            bytes: median(bytes),
            turns: median(turns),
        })
    }

    /// The median of each figure.
    pub(crate) fn fold(rounds: &[Self]) -> Option<Self> {
        let of = |figure: fn(&Self) -> f64| median(rounds.iter().map(figure).collect());
        (!rounds.is_empty()).then(|| Self {
            register: of(|round| round.register),
            bytes: of(|round| round.bytes),
            turns: of(|round| round.turns),
        })
    }
}

fn command(who: Who, plan: Plan, options: &Options) -> Option<Command> {
    let numbers = |plan: Plan| {
        [plan.pairs, plan.active, plan.writes].map(|number: u32| number.to_string())
    };
    let (program, mode) = match who.program() {
        Program::Libevent(mode) => (options.libevent.clone()?, mode),
        Program::Epoll(mode) => (options.epoll.clone()?, mode),
        Program::Ours => {
            let [pairs, active, writes] = numbers(plan);
            let mut command = Command::new(std::env::current_exe().ok()?);
            command
                .args(["--contender", &name_of(who), "--kinds", plan.kind.name()])
                .args(["--pairs", &pairs, "--active", &active, "--writes", &writes])
                .args(["--runs", &plan.runs.to_string()]);
            return Some(command);
        }
    };
    let mut command = Command::new(program);
    command
        .args([mode, plan.kind.name()])
        .args(numbers(plan))
        .arg((plan.runs + 1).to_string());
    Some(command)
}

/// What the command line calls a contender.
fn name_of(who: Who) -> String {
    use clap::ValueEnum;
    who.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Of a number of numbers that is not zero; the lower one of an even number.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[(numbers.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Kind;

    const PLAN: Plan =
        Plan { kind: Kind::Pipes, pairs: 9, active: 1, writes: 4, runs: 3 };

    #[test]
    fn the_medians_are_of_the_runs_after_the_first() {
        let round = Round::parse("99 99 5 9\n1 7 5 2\n3 9 5 2\n2 8 5 3\n", PLAN);
        assert_eq!(round, Ok(Round { register: 2.0, bytes: 8.0, turns: 2.0 }));
    }

    #[test]
    fn a_run_that_is_missing_or_has_lost_a_byte_is_named() {
        let refused = |answer| Round::parse(answer, PLAN).unwrap_err();
        assert!(refused("1 1 5 1\n1 1 5 1\n1 1 4 1\n").contains("read 4 bytes of 5"));
        assert!(refused("1 1 5 1\n1 1 5 1\n1 1 5 1\n").contains("2 runs of 3"));
        assert!(refused("1 1 5 1\n1 1 5\n").contains("\"1 1 5\""));
        assert!(refused("").contains("0 runs"));
    }
}
