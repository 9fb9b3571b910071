//! Loads rot13 servers and says what a line costs them in CPU time.
//!
//! Each server is started by this program, on a core of its own, and prints `listening on ADDR`
//! first. Clients keep a number of lines in flight on each connection, write as many anew as were
//! answered, and compare every byte of the replies. The servers take turns for a number of rounds,
//! each time as a fresh process; a wrong byte, a closed connection or a stall ends the run.
//!
//! CPU time is the scheduler's (`schedstat`), taken while the server has nothing to do: before the
//! first line of the measured part and after the last reply. It includes the kernel's work on the
//! server's behalf, and the delivery of its replies, which on loopback the sender pays.
//!
//! What is not measured: the client's own cost, and any network.

mod connection;
mod lines;
mod report;
mod round;
mod server;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::lines::Lines;

/// Load rot13 servers and report their CPU time per line.
#[derive(Parser)]
pub struct Options {
    /// A server to load; may be given several times. The first is compared with each other one.
    #[arg(long = "server", value_name = "NAME=COMMAND", required = true, value_parser = named)]
    servers: Vec<(String, String)>,
    /// Connections to each server.
    #[arg(long, default_value_t = 64, value_parser = at_least_one)]
    connections: usize,
    /// Lines in flight on each connection.
    #[arg(long, default_value_t = 16, value_parser = at_least_one)]
    in_flight: usize,
    /// Bytes in a line, its LF included.
    #[arg(long, default_value_t = 64, value_parser = at_least_one)]
    line: usize,
    /// Length of the measured part of a round.
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// End the measured part after so many lines instead.
    #[arg(long, conflicts_with = "seconds")]
    lines: Option<u64>,
    /// Seconds of load before the measured part.
    #[arg(long, default_value_t = 0.5, value_parser = seconds)]
    warm_up: f64,
    /// Rounds; the medians of all are reported.
    #[arg(long, default_value_t = 5, value_parser = at_least_one)]
    rounds: usize,
    /// The core that servers run on.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The core that the clients run on.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
    /// Leave it to the scheduler who runs where.
    #[arg(long)]
    no_pin: bool,
}

impl Options {
    fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }

    fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, command)) if !name.is_empty() && !command.is_empty() => {
            Ok((name.to_owned(), command.to_owned()))
        }
        _ => Err("expected NAME=COMMAND".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        Ok(_) => Err("must be from 0 to 3600".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let lines = Lines::new(options.line);
    println!(
        "{} connections, {} lines of {} bytes in flight on each",
        options.connections, options.in_flight, options.line
    );
    let mut found = vec![Vec::new(); options.servers.len()];
    report::head();
    for number in 1..=options.rounds {
        for ((name, command), found) in options.servers.iter().zip(&mut found) {
            let figures = round::run(command, options, &lines)
                .map_err(|error| format!("{name}: {error}"))?;
            report::row(&number.to_string(), name, &figures);
            found.push(figures);
        }
    }
    let medians: Vec<_> = found.iter().map(|rounds| report::median(rounds)).collect();
    for ((name, _), median) in options.servers.iter().zip(&medians) {
        report::row("median", name, median);
    }
    let (subject, _) = &options.servers[0];
    for (i, (name, _)) in options.servers.iter().enumerate().skip(1) {
        report::ratio((subject, &found[0]), (name, &found[i]));
    }
    Ok(())
}
