//! One operation again and again with no clock, for a tool that counts instructions.

use std::process::ExitCode;

use crate::harness::{Contender, Workload};
use crate::options::Options;
use crate::rows::Row;
use crate::who::Task;

/// Does the row's operation as often as asked.
pub(crate) fn run(row: Row, options: &Options) -> ExitCode {
    let (Some(workload), [who]) = (row.workload(), &options.contenders()[..]) else {
        eprintln!("timers: --count takes a row of one operation and one contender");
        return ExitCode::FAILURE;
    };
    let Some(who) = row.lane(*who) else {
        eprintln!("timers: {} cannot do that", who.name());
        return ExitCode::FAILURE;
    };
    let times = options.times.unwrap_or_default();
    who.run(Count { workload, population: options.size(), times });
    ExitCode::SUCCESS
}

struct Count {
    workload: Workload,
    population: usize,
    times: u64,
}

impl Task for Count {
    type Output = ();

    fn with<C: Contender + 'static>(self) {
        let mut world = self.workload.world::<C>(self.population);
        self.workload.run(&mut world, self.times);
    }
}
