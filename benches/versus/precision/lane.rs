//! [`Lane`]: one contender at one workload, round after round.

use std::thread;

use crate::figures::Figures;
use crate::plan::{Plan, Workload};
use crate::run::Run;
use crate::who::Who;

/// A contender at a workload, and what it has shown by now.
pub(crate) struct Lane {
    pub(crate) who: Who,
    pub(crate) workload: Workload,
    rounds: Vec<Figures>,
    /// Why it does not run, or not any more.
    pub(crate) refusal: Option<String>,
    /// The least lateness of all its calls, by the kernel's clock.
    pub(crate) least_nanos: i64,
}

impl Lane {
    pub(crate) fn new(who: Who, workload: Workload) -> Self {
        let refusal = (!who.can(workload)).then(|| "it has no such timer".to_owned());
        Self { who, workload, rounds: Vec::new(), refusal, least_nanos: i64::MAX }
    }

    /// Runs a round, unless it cannot.
    pub(crate) fn round(&mut self, plan: &Plan) {
        match self.run(plan) {
            Ok(run) => {
                let own_least = run.lateness_nanos.iter().copied().min();
                let least = run.kernel_least_nanos.or(own_least);
                self.least_nanos = self.least_nanos.min(least.unwrap_or(i64::MAX));
                self.rounds.push(Figures::of(&run));
            }
            Err(refusal) => {
                eprintln!("precision: {}: {refusal}", self.who.name());
                self.refusal = Some(refusal);
            }
        }
    }

    /// In a thread of its own: what a contender changes about its thread, such as the timer slack, is
    /// gone with it.
    fn run(&self, plan: &Plan) -> Result<Run, String> {
        let (who, workload) = (self.who, self.workload);
        let run = thread::scope(|scope| {
            let thread = thread::Builder::new().name(who.name().to_owned());
            let thread = thread
                .spawn_scoped(scope, move || who.run(workload, plan))
                .map_err(|error| format!("no thread: {error}"))?;
            thread.join().map_err(|_| "panicked".to_owned())?
        })?;
        // A few late ticks are missed at the end; a contender that fires next to none is broken.
        let fired = run.calls;
        if fired == 0 || fired + run.missed < plan.fires(workload) as u64 {
            return Err(format!(
                "fired {fired} timers and missed {} where there were {}",
                run.missed,
                plan.fires(workload)
            ));
        }
        Ok(run)
    }

    /// What its rounds come to; nothing if it has none.
    pub(crate) fn figures(&self) -> Option<Figures> {
        (!self.rounds.is_empty()).then(|| Figures::fold(&self.rounds))
    }
}
