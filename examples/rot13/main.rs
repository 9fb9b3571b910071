//! rot13: the seed's server, on this crate's public face alone.
//!
//! ```text
//! $ cargo run --release --example rot13
//! listening on 127.0.0.1:40713
//!
//! $ printf 'Hello\nWorld\n' | nc -N 127.0.0.1 40713
//! Uryyb
//! Jbeyq
//! ```
//!
//! `args` reads the command line, `service` is the server, `lines` is what it does to the bytes.
//! Exit codes: 0 after a signal or `--help`, 1 when it cannot listen, 2 after a mistake in the
//! command line. The first line on stdout is `listening on ADDR`, the last says what was served.

mod args;
mod lines;
mod service;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use args::Args;
use service::Service;

fn main() -> ExitCode {
    let args = match Args::read(std::env::args_os()) {
        Ok(args) => args,
        Err(code) => return code,
    };
    let service = match Service::start(&args) {
        Ok(service) => service,
        // The error of a listener names its address.
        Err(error) => return fail(format_args!("{error}")),
    };
    say(format_args!("listening on {}", service.addr()));
    match service.run(args.max_line) {
        Ok(served) => {
            say(format_args!("{served}"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(format_args!("the loop failed: {error}")),
    }
}

/// One line on stdout, at once. That nobody reads it is no reason to stop serving.
fn say(what: fmt::Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{what}").and_then(|()| stdout.flush());
}

fn fail(what: fmt::Arguments<'_>) -> ExitCode {
    eprintln!("rot13: {what}");
    ExitCode::FAILURE
}
