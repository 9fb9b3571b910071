//! The command line.

use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::peers::Programs;
use crate::plan::{Plan, delays_nanos};
use crate::who::Who;

/// Measure how late tourbillon's reactor and its peers call a timer, and print Markdown tables.
#[derive(Parser)]
#[command(name = "precision")]
pub(crate) struct Options {
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    rounds: u64,
    /// Ticks of a round.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    ticks: u64,
    /// Random one-shots of a round, 50 µs to 5 ms.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    one_shots: u64,
    /// Period of the ticks, in whole microseconds: 1ms, 333us.
    #[arg(long, default_value = "1ms", value_parser = period, value_name = "TIME")]
    period: Duration,
    /// The most that is spun before a deadline, by tourbillon's `Spin` and by sleep-then-spin.
    #[arg(long, default_value = "200us", value_parser = time, value_name = "TIME")]
    max: Duration,
    /// Contenders to measure; all of them by default.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME,…")]
    contenders: Vec<Who>,
    /// Seed of the one-shots' delays.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A smoke run of seconds: one round of a few timers. Its figures mean nothing.
    #[arg(long, conflicts_with_all = ["rounds", "ticks", "one_shots"])]
    pub(crate) quick: bool,
}

/// Ticks and one-shots of a smoke run.
const QUICK: u64 = 40;

impl Options {
    pub(crate) fn contenders(&self) -> Vec<Who> {
        let mut contenders = Who::value_variants().to_vec();
        if !self.contenders.is_empty() {
            contenders.retain(|who| self.contenders.contains(who));
        }
        contenders
    }

    pub(crate) fn rounds(&self) -> u64 {
        if self.quick { 1 } else { self.rounds }
    }

    /// What is to be done, with the programs that it takes.
    pub(crate) fn plan(&self) -> Plan {
        let count = |asked| if self.quick { QUICK } else { asked };
        let contenders = self.contenders();
        let wants = |who| contenders.contains(&who);
        Plan {
            ticks: count(self.ticks),
            period_nanos: self.period.as_nanos() as u64,
            delays_nanos: delays_nanos(self.seed, count(self.one_shots) as usize),
            max: self.max,
            programs: Programs::compile(
                wants(Who::Libevent) || wants(Who::LibeventPersist),
                wants(Who::Asio),
            ),
        }
    }
}

fn period(text: &str) -> Result<Duration, String> {
    let period = time(text)?;
    if period.subsec_nanos().is_multiple_of(1_000) && !period.is_zero() {
        Ok(period)
    } else {
        Err("must be whole microseconds, and at least one".to_owned())
    }
}

/// A number with its unit, up to a minute.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let nanos = match text[digits.len()..].trim() {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "" => return Err("needs a unit: ns, us, ms or s".to_owned()),
        other => return Err(format!("\"{other}\" is no unit: ns, us, ms or s")),
    };
    let number: u64 = digits.parse().map_err(|error| format!("\"{digits}\": {error}"))?;
    match number.checked_mul(nanos) {
        Some(nanos) if nanos <= 60_000_000_000 => Ok(Duration::from_nanos(nanos)),
        _ => Err("must be at most a minute".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units_and_refused_with_a_reason() {
        assert_eq!(time("333us"), Ok(Duration::from_micros(333)));
        assert_eq!(time("200µs"), Ok(Duration::from_micros(200)));
        assert_eq!(time("2 ms"), Ok(Duration::from_millis(2)));
        assert!(time("5").unwrap_err().contains("unit"));
        assert!(time("5 h").unwrap_err().contains("\"h\""));
        assert!(time("ms").unwrap_err().contains("\"\""));
        assert!(time("61s").unwrap_err().contains("minute"));
        assert!(time("99999999999999s").unwrap_err().contains("minute"));
        assert!(period("0ms").is_err());
        assert!(period("1500ns").is_err());
        assert_eq!(period("1ms"), Ok(Duration::from_millis(1)));
    }

    #[test]
    fn the_command_line_is_whole() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
