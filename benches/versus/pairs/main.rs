//! Bytes that are passed from pair to pair: ours beside libevent and bare epoll, in one run.
//!
//! ```text
//! bash benches/versus/run-pairs.sh              # compiles the peers, and runs everything
//! bash benches/versus/run-pairs.sh --pairs 1000 --kinds pipes --contenders tourbillon,libevent
//! bash benches/versus/run-pairs.sh --quick      # does it run at all
//! ```
//!
//! The workload is that of libevent's own bench: of each pair one end is registered and read from.
//! Some pairs are sent a byte, and whose byte is read sends one to the next pair, until as many as asked
//! for were sent. A handler makes two system calls and little else, and a turn has a hundred of
//! them, so that what a loop adds to these shows. Timeouts, which libev added to that bench, are
//! of ten seconds and more, and never fire: what is measured is refreshing them.
//!
//! Each contender is a process of its own, which checks that every byte arrived, and they take turns in
//! each round, so that what disturbs the machine disturbs all. Whoever loses one fails the
//! run; nobody fails for being slow.
//!
//! What each file answers: `who` is compared; `ours` and the files in C how each does it; `round` what
//! it answered; `ratio` how two compare, `goals` how they are to; `table` how it is shown.

mod goals;
#[path = "../precision/machine.rs"]
mod machine;
mod options;
mod ours;
mod ratio;
mod round;
mod table;
mod who;

use std::process::ExitCode;

use clap::Parser;

use crate::options::{Options, Plan};
use crate::round::Round;
use crate::who::Who;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pairs: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let plans = options.plans()?;
    if let Some(who) = options.contender {
        for plan in plans {
            ours::run(who, plan).map_err(|error| error.to_string())?;
        }
        return Ok(());
    }
    let contenders = options.contenders();
    table::head(options);
    for plan in plans {
        let found = measure(plan, &contenders, options)?;
        table::print(plan, &contenders, &found);
    }
    table::notes(&contenders, options);
    Ok(())
}

/// All contenders by turns, round after round.
fn measure(
    plan: Plan,
    contenders: &[Who],
    options: &Options,
) -> Result<Vec<Vec<Round>>, String> {
    let mut found = vec![Vec::new(); contenders.len()];
    for round in 0..options.rounds() {
        let mut places: Vec<_> = (0..contenders.len()).collect();
        // There and back, so that nobody is always the one before or after somebody else.
        if round % 2 == 1 {
            places.reverse();
        }
        for place in places {
            let who = contenders[place];
            if who.refusal(options).is_none() {
                found[place].push(Round::run(who, plan, options)?);
            }
        }
    }
    Ok(found)
}
