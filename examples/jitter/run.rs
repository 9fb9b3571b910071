//! The run: every mode in turn, slice by slice, until all have had their time.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tourbillon::Instant;
use tourbillon::time::{Clock, MonotonicClock};

use crate::kind::Kind;
use crate::modes::{self, Orders, Outcome, Running};
use crate::plan::Plan;
use crate::stop::Stop;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) plan: Plan,
    pub(crate) load: bool,
    /// When it began, on the clock of all deadlines.
    pub(crate) began: Instant,
    /// In the order of the command line.
    pub(crate) modes: Vec<(Kind, Outcome)>,
    /// It was ended by a signal.
    pub(crate) interrupted: bool,
    /// What a reader should know, in sentences.
    pub(crate) notes: Vec<String>,
}

/// Measures all `kinds`, or says which of them failed and why.
///
/// Slices of all modes alternate: the machine is never the same for long (another guest, a backup, a
/// slower clock), and what it does in one second must not fall on one mode alone. Who begins a round
/// changes, so that none always comes after the same other.
pub(crate) fn all(kinds: &[Kind], plan: Plan, load: bool) -> Result<Measured, String> {
    let stop = Stop::default();
    let orders = Orders { plan, load, stop: stop.clone() };
    let mut notes = Vec::new();
    let mut running = Vec::new();
    for kind in kinds {
        match modes::refusal(*kind, &plan) {
            Some(why) => notes.push(why),
            None => running.push(
                Running::start(*kind, orders.clone())
                    .map_err(|error| named(*kind, &error))?,
            ),
        }
    }
    let wakes = running.iter_mut().filter_map(Running::take_wake).collect();
    stop.at_signals(wakes).map_err(|error| format!("cannot wait for Ctrl-C: {error}"))?;
    let began = MonotonicClock::kernel().now();
    in_turn(&running, &plan, &stop)?;
    let modes = running
        .into_iter()
        .map(|mode| {
            let kind = mode.kind();
            mode.finish()
                .map(|outcome| (kind, outcome))
                .map_err(|error| named(kind, &error))
        })
        .collect::<Result<_, _>>()?;
    Ok(Measured { plan, load, began, modes, interrupted: stop.is_set(), notes })
}

fn in_turn(running: &[Running], plan: &Plan, stop: &Stop) -> Result<(), String> {
    let bar = progress(plan.slices() * running.len() as u64);
    for index in 0..plan.slices() {
        let first = usize::try_from(index).unwrap_or(0) % running.len().max(1);
        for mode in running[first..].iter().chain(&running[..first]) {
            if stop.is_set() {
                break;
            }
            // Drawn between slices only: nothing but the mode works while one is measured.
            bar.set_message(mode.kind().to_string());
            mode.slice(plan.slice(index)).map_err(|error| named(mode.kind(), &error))?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A bar on stderr if that is a terminal, nothing otherwise.
fn progress(steps: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:40} {percent:>3} %  {msg}");
    let style = style.expect("a constant, and valid").progress_chars("━╸ ");
    ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
        .with_style(style)
}

fn named(kind: Kind, error: &io::Error) -> String {
    format!("{kind} cannot be measured: {error}")
}
