//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::who::Who;

/// Pass bytes from pair to pair with tourbillon's reactor, libevent and bare epoll, and print Markdown
/// tables. `run-pairs.sh` compiles the peers and starts this.
#[derive(Parser)]
#[command(name = "pairs")]
pub(crate) struct Options {
    /// How many pairs, of which each takes two descriptors; several sizes make several tables.
    #[arg(long, default_values_t = [1_000, 9_900], value_delimiter = ',', value_name = "N,…")]
    pub(crate) pairs: Vec<u32>,
    /// What the pairs are.
    #[arg(long, value_enum, default_values_t = [Kind::Sockets, Kind::Pipes], value_delimiter = ',')]
    pub(crate) kinds: Vec<Kind>,
    /// Bytes that are on their way at a time.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) active: u32,
    /// How often a byte is passed on in a run, all together.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) writes: u32,
    /// Rounds, in each of which every contender has a process of its own; the median counts.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Runs of a process, of which the median counts. One more comes first and does not count.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: u32,
    /// Contenders to measure; all of them by default.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME,…")]
    contenders: Vec<Who>,
    /// libevent.c, compiled.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) libevent: Option<PathBuf>,
    /// epoll.c, compiled.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) epoll: Option<PathBuf>,
    /// A smoke run of a second: few pairs, one round. Its figures mean nothing.
    #[arg(long, conflicts_with_all = ["pairs", "active", "writes", "rounds", "runs"])]
    pub(crate) quick: bool,
    /// Be the one contender, of ours, in this process, and print what each run took.
    #[arg(long, hide = true)]
    pub(crate) contender: Option<Who>,
}

/// What a pair is.
#[derive(Copy, Clone, Eq, PartialEq, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// Two connected sockets.
    Sockets,
    /// A pipe.
    Pipes,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sockets => "sockets",
            Self::Pipes => "pipes",
        }
    }
}

/// What one process is to do.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) pairs: u32,
    pub(crate) active: u32,
    pub(crate) writes: u32,
    /// Runs that count.
    pub(crate) runs: u32,
}

impl Plan {
    /// Bytes that are read in a run.
    pub(crate) const fn bytes(&self) -> u32 {
        self.active + self.writes
    }
}

impl Options {
    pub(crate) fn contenders(&self) -> Vec<Who> {
        let mut contenders = Who::value_variants().to_vec();
        if !self.contenders.is_empty() {
            contenders.retain(|who| self.contenders.contains(who));
        }
        contenders
    }

    pub(crate) fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds }
    }

    /// What there is to do, in the order of the tables.
    ///
    /// # Errors
    ///
    /// In words, that there are more bytes on their way than pairs.
    pub(crate) fn plans(&self) -> Result<Vec<Plan>, String> {
        let mut plans = Vec::new();
        for &kind in &self.kinds {
            for &pairs in if self.quick { &[100][..] } else { &self.pairs } {
                let plan = Plan {
                    kind,
                    pairs,
                    active: if self.quick { 10 } else { self.active },
                    writes: if self.quick { 100 } else { self.writes },
                    runs: if self.quick { 2 } else { self.runs },
                };
                if plan.active > pairs {
                    return Err(format!("{} active of {pairs} pairs", plan.active));
                }
                plans.push(plan);
            }
        }
        Ok(plans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_whole() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn no_more_are_active_than_there_are_pairs() {
        let plans = |line: &[&str]| {
            let line = [&["pairs", "--kinds", "pipes"], line].concat();
            Options::try_parse_from(line).unwrap().plans()
        };
        assert_eq!(plans(&["--pairs", "100,9900"]).unwrap().len(), 2);
        assert!(plans(&["--pairs", "99"]).unwrap_err().contains("100 active of 99"));
        assert_eq!(plans(&["--quick"]).unwrap()[0].bytes(), 110);
    }
}
