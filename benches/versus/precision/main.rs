//! How late a timer is: ours at each precision beside bare loops, peers and cyclictest, in one run.
//!
//! ```text
//! cd benches/versus && cargo build --release
//! taskset -c 1 target/release/precision >precision.md          # everything: 40 minutes
//! taskset -c 1 target/release/precision --rounds 1 --contenders tourbillon-exact,timerfd
//! target/release/precision --quick                             # does it run at all
//! ```
//!
//! The contenders take turns in each round, so that what disturbs the machine disturbs all. Every
//! contender's own code takes the first reading that it can and hands out raw latenesses; all go
//! through the same histograms. What is not installed is a dash with a note, and nothing fails for
//! being slow.
//!
//! What each file answers: `plan` what is to be done, `who` by whom, `ours`, `waits` and `peers` how;
//! `run` what was seen, `figures` what it comes to, `goals` what that is to be, `table` and
//! `notes` how it is shown.

mod clock;
mod figures;
mod goals;
mod lane;
mod machine;
mod notes;
mod options;
mod ours;
mod peers;
mod plan;
mod progress;
mod run;
mod table;
mod waits;
mod who;

use clap::Parser;

use crate::lane::Lane;
use crate::options::Options;
use crate::plan::Workload;
use crate::progress::Progress;

fn main() {
    let options = Options::parse();
    let plan = options.plan();
    let contenders = options.contenders();
    let mut lanes: Vec<_> = Workload::ALL
        .iter()
        .flat_map(|&workload| contenders.iter().map(move |&who| Lane::new(who, workload)))
        .collect();
    ours::settle();
    let mut progress = Progress::new(options.rounds());
    for _ in 0..options.rounds() {
        progress.next_round();
        for index in 0..lanes.len() {
            if lanes[index].refusal.is_none() {
                progress.tell(&plan, &lanes, index);
                lanes[index].round(&plan);
            }
        }
    }
    table::head(&options, &plan);
    for workload in Workload::ALL {
        table::print(workload, &plan, &lanes);
    }
    notes::print(&contenders, &lanes);
}
