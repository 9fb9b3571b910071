//! The command line: what can be said, and how a mistake is answered.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

/// Echoes every line rotated by 13 letters, to any number of clients.
///
/// A line ends with LF. ASCII letters are rotated, all other bytes are kept. A line that is too
/// long is answered in pieces, each with an LF of its own; an unfinished line at the end of the
/// stream is dropped. Ctrl-C (or SIGTERM) flushes what clients are still owed and says what was
/// served; a client that takes nothing is given 5 seconds, or until the second Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "rot13")]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:40713")]
    pub(crate) listen: SocketAddr,

    /// Longest line: after so many bytes without LF a line is answered as it is
    #[arg(long, value_name = "BYTES", default_value = "16384")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_line: u32,

    /// Close a connection that has moved no byte for so long, such as 500ms, 30s, 2m
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = parse_duration)]
    pub(crate) idle_timeout: Duration,

    /// Close a new connection at once while so many are open
    #[arg(long, value_name = "COUNT", default_value = "10000")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: u32,
}

impl Args {
    /// Reads the command line, or says why the program ends: after `--help` with 0, after a
    /// mistake with one line on stderr and 2.
    pub(crate) fn read(args: impl Iterator<Item = OsString>) -> Result<Self, ExitCode> {
        Self::try_parse_from(args).map_err(|error| {
            if error.kind() == ErrorKind::DisplayHelp {
                // Nobody is left to tell when stdout is closed.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // clap's first line says all; usage and tips would only hide it.
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            let mistake = first.strip_prefix("error: ").unwrap_or(first);
            eprintln!("rot13: {mistake} (try --help)");
            ExitCode::from(2)
        })
    }
}

/// A whole number and a unit: us, ms, s, m or h.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim_start() {
        "us" => Duration::from_micros(1),
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        "h" => Duration::from_secs(3_600),
        _ => return Err("not a number with a unit, such as 500ms, 30s, 2m".into()),
    };
    let duration = number.parse().ok().and_then(|number| unit.checked_mul(number));
    match duration {
        None if number.is_empty() => Err("there is no number before the unit".into()),
        None => Err("far too long".into()),
        Some(Duration::ZERO) => Err("a timeout of zero closes every connection".into()),
        Some(duration) => Ok(duration),
    }
}
