//! The command line: what can be said, and how a mistake is answered.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

use crate::kind::{Kind, Peers, Sleeps};
use crate::output::Format;
use crate::plan::{Plan, Workload};
use crate::units;

/// Measures how late timers fire on this machine, and says why.
///
/// Every mode gets the same timers, in many short slices in turn, so that a noisy moment
/// of the machine hits all of them alike. At the end stand a table, what part of the
/// lateness is the kernel's and what the handlers', and a histogram of each mode.
/// Without options: ticks every millisecond, in all precisions, for ten seconds.
/// Ctrl-C ends it early, and reports what was measured until then.
#[derive(Debug, Parser)]
#[command(name = "jitter", verbatim_doc_comment)]
pub(crate) struct Args {
    /// Ticks on a grid, such as 333us, 1ms [default: 1ms]
    #[arg(long, value_name = "DURATION", value_parser = units::parse)]
    #[arg(conflicts_with = "random")]
    pub(crate) period: Option<Duration>,

    /// One-shots of random length instead, one after another, such as 50us..5ms
    #[arg(long, value_name = "MIN..MAX", value_parser = parse_range)]
    pub(crate) random: Option<(Duration, Duration)>,

    /// So many such timers at once, spread over the period
    #[arg(long, value_name = "COUNT", default_value = "1")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) timers: u32,

    /// How long each mode is measured [default: 10s, shared by all modes]
    #[arg(long, value_name = "DURATION", value_parser = units::parse)]
    pub(crate) duration: Option<Duration>,

    /// How the reactor sleeps; several with commas between:
    ///   millis      to the millisecond, as epoll does
    ///   exact       to the nanosecond, by a timerfd
    ///   spin[:MAX]  until shortly before, and then it reads the clock; for 200us at most
    ///   all         all three
    #[arg(long, value_name = "LIST", default_value = "all", verbatim_doc_comment)]
    pub(crate) precision: Sleeps,

    /// Echo traffic beside: on the reactor's own loop; for the others, in a thread
    #[arg(long)]
    pub(crate) load: bool,

    /// What else to measure; several with commas between:
    ///   timerfd     a bare loop around one
    ///   sleep       a bare loop around `thread::sleep`
    ///   cyclictest  that program, where it is installed
    #[arg(long, value_name = "LIST", verbatim_doc_comment)]
    pub(crate) against: Option<Peers>,

    /// Where the random lengths begin
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub(crate) seed: u64,

    /// Write all figures and the histograms to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Draw lateness over time and its distribution: an .svg or a .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

/// As many modes as there are colours that people can tell apart.
const MOST_MODES: usize = 8;

/// What all modes together are measured when nothing is said.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

impl Args {
    /// Reads the command line, or says why the program ends: after `--help` with 0, after a
    /// mistake with one line on stderr and 2.
    pub(crate) fn read(args: impl Iterator<Item = OsString>) -> Result<Self, ExitCode> {
        let args = Self::try_parse_from(args).map_err(|error| {
            if error.kind() == ErrorKind::DisplayHelp {
                // Nobody is left to tell when stdout is closed.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // clap's first line says all; usage and tips would only hide it.
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            mistake(first.strip_prefix("error: ").unwrap_or(first))
        })?;
        match args.check() {
            Ok(()) => Ok(args),
            Err(text) => Err(mistake(&text)),
        }
    }

    /// What no argument can know by itself.
    fn check(&self) -> Result<(), String> {
        let modes = self.kinds().len();
        if modes > MOST_MODES {
            return Err(format!(
                "{modes} modes are more than the {MOST_MODES} there can be"
            ));
        }
        let plan = self.plan();
        if plan.workload.longest() > plan.duration {
            let [longest, each] =
                [plan.workload.longest(), plan.duration].map(units::typed);
            return Err(format!(
                "a timer of {longest} does not fit the {each} that each mode is measured"
            ));
        }
        if let Some(path) = &self.plot {
            Format::of(path)?;
        }
        if self.json.is_some() && self.json == self.plot {
            return Err("--json and --plot name the same file".into());
        }
        Ok(())
    }

    /// What is measured, in the order of the tables.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let ours = self.precision.0.iter().copied().map(Kind::Ours);
        let peers = self.against.iter().flat_map(|peers| peers.0.iter().copied());
        ours.chain(peers.map(Kind::Peer)).collect()
    }

    /// What each of them is asked to do.
    pub(crate) fn plan(&self) -> Plan {
        let workload = match (self.random, self.period) {
            (Some((min, max)), _) => Workload::Random { min, max },
            (None, period) => {
                Workload::Period(period.unwrap_or(Duration::from_millis(1)))
            }
        };
        let modes = u32::try_from(self.kinds().len().max(1)).unwrap_or(u32::MAX);
        let duration = self.duration.unwrap_or(DEFAULT_DURATION / modes);
        Plan { workload, timers: self.timers, duration, seed: self.seed }
    }
}

fn mistake(text: &str) -> ExitCode {
    eprintln!("jitter: {text} (try --help)");
    ExitCode::from(2)
}

/// `50us..5ms`
fn parse_range(text: &str) -> Result<(Duration, Duration), String> {
    let Some((min, max)) = text.split_once("..") else {
        return Err(format!("{text:?} is no range, such as 50us..5ms"));
    };
    let (min, max) = (units::parse(min)?, units::parse(max)?);
    if min > max {
        return Err(format!("it begins at {} and ends before that", units::typed(min)));
    }
    Ok((min, max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Args, ()> {
        let words = ["jitter"].iter().chain(args);
        let args = Args::try_parse_from(words).map_err(drop)?;
        args.check().map_err(drop).map(|()| args)
    }

    #[test]
    fn without_arguments_it_takes_ten_seconds_for_all_modes() {
        let args = parse(&[]).unwrap();
        let (plan, kinds) = (args.plan(), args.kinds());
        assert_eq!(plan.workload, Workload::Period(Duration::from_millis(1)));
        let all = plan.duration * u32::try_from(kinds.len()).unwrap();
        assert!(all.abs_diff(DEFAULT_DURATION) < Duration::from_millis(1), "{all:?}");
    }

    #[test]
    fn ranges_begin_before_they_end() {
        let us = Duration::from_micros;
        assert_eq!(parse_range("50us..5ms"), Ok((us(50), us(5_000))));
        assert_eq!(parse_range("7us..7us"), Ok((us(7), us(7))));
        for text in
            ["", "..", "5..1", "5ms..50us", "0us..5ms", "5ms", "1ms..", "1ms...2ms"]
        {
            assert!(parse_range(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        assert!(parse(&["--period", "1ms", "--random", "1ms..2ms"]).is_err());
        assert!(parse(&["--period", "2s", "--duration", "1s"]).is_err());
        assert!(parse(&["--plot", "a.json", "--json", "a.json"]).is_err());
        assert!(parse(&["--plot", "a.svg", "--json", "a.svg"]).is_err());
        let nine = "spin:1us,spin:2us,spin:3us,spin:4us,spin:5us,spin:6us,spin:7us,exact";
        assert!(parse(&["--precision", nine]).is_ok());
        assert!(parse(&["--precision", nine, "--against", "sleep"]).is_err());
    }
}
