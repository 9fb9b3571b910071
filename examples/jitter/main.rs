//! jitter: how late timers fire on this machine, and why. Ten seconds, and nothing to set up.
//!
//! ```text
//! $ cargo run --release --example jitter
//! ```
//!
//! `args` reads the command line, of which `kind` is what is measured and `plan` the timers; `run`
//! measures in turns what `modes` do; `record` keeps how late they were, and `trace` when; `show`
//! is for terminals and programs, `plot` draws the picture.
//!
//! Exit codes: 0 when all is measured, or what there was time for before Ctrl-C; 1 when something
//! failed on the way; 2 after a mistake in the command line, before anything is measured.

mod args;
mod cpu;
mod kind;
mod load;
mod machine;
mod modes;
mod output;
mod plan;
mod plot;
mod random;
mod record;
mod run;
mod show;
mod stop;
mod trace;
mod units;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Args;
use machine::Machine;
use output::{Format, Output};
use run::Measured;

fn main() -> ExitCode {
    let args = match Args::read(std::env::args_os()) {
        Ok(args) => args,
        Err(code) => return code,
    };
    let outputs = match Outputs::open(&args) {
        Ok(outputs) => outputs,
        Err(text) => return fail(&text, 2),
    };
    match measure(&args, outputs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => fail(&text, 1),
    }
}

/// The files that were asked for.
struct Outputs {
    json: Option<Output>,
    plot: Option<(Output, Format)>,
}

impl Outputs {
    /// Opens them before anything is measured.
    fn open(args: &Args) -> Result<Self, String> {
        let json = args.json.as_deref().map(Output::open).transpose()?;
        let mut outputs = Self { json, plot: None };
        if let Some(path) = &args.plot {
            match Format::of(path).and_then(|format| Ok((Output::open(path)?, format))) {
                Ok(plot) => outputs.plot = Some(plot),
                Err(text) => {
                    outputs.abandon();
                    return Err(text);
                }
            }
        }
        Ok(outputs)
    }

    /// Leaves no empty file behind.
    fn abandon(self) {
        let plot = self.plot.map(|(output, _)| output);
        self.json.into_iter().chain(plot).for_each(Output::abandon);
    }

    fn write(self, measured: &Measured, machine: &Machine) -> Result<(), String> {
        if let Some(output) = self.json {
            let json = show::json(measured, machine).to_string();
            output.write((json + "\n").as_bytes())?;
        }
        if let Some((output, format)) = self.plot {
            output.write(&plot::draw(measured, machine, format)?)?;
        }
        Ok(())
    }
}

fn measure(args: &Args, outputs: Outputs) -> Result<(), String> {
    let machine = Machine::this();
    let measured = match run::all(&args.kinds(), args.plan(), args.load) {
        Ok(measured) => measured,
        Err(text) => {
            outputs.abandon();
            return Err(text);
        }
    };
    // To one buffer: a table that is cut short by a closed pipe is nobody's failure.
    let mut text = Vec::new();
    show::print(&mut text, &measured, &machine).map_err(|error| error.to_string())?;
    let _ = io::stdout().lock().write_all(&text);
    outputs.write(&measured, &machine)
}

fn fail(text: &str, code: u8) -> ExitCode {
    eprintln!("jitter: {text}");
    ExitCode::from(code)
}
