//! Timers and the oracle on one manual clock. A fixed number of tasks, each with one timer at a time.

use std::time::Duration;

use tourbillon::model::Model;
use tourbillon::time::{Clock, Instant, ManualClock};
use tourbillon::timers::{Budget, CommonTimeout, TimerKey, Timers};

use crate::report::Report;

/// The timer of a task.
struct Armed {
    ours: TimerKey,
    theirs: TimerKey,
    at: Instant,
}

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) timers: Timers<usize>,
    model: Model<usize>,
    armed: Vec<Option<Armed>>,
    pub(crate) report: Report,
}

impl World {
    pub(crate) fn starting_at(start: Instant, tasks: usize) -> Self {
        Self {
            clock: ManualClock::starting_at(start),
            timers: Timers::starting_at(start),
            model: Model::starting_at(start),
            armed: (0..tasks).map(|_| None).collect(),
            report: Report::default(),
        }
    }

    pub(crate) fn common_timeout(&mut self, after: Duration) -> CommonTimeout {
        self.model.common_timeout(after);
        self.timers.common_timeout(after)
    }

    pub(crate) fn schedule(&mut self, task: usize, deadline: Instant) {
        let ours = self.timers.schedule(deadline, task);
        let theirs = self.model.schedule(deadline, task);
        self.arm(task, ours, theirs);
    }

    pub(crate) fn schedule_after(&mut self, task: usize, common: CommonTimeout) {
        let now = self.clock.now();
        let ours = self.timers.schedule_after(now, common, task);
        let theirs = self.model.schedule_after(now, common, task);
        self.arm(task, ours, theirs);
    }

    fn arm(&mut self, task: usize, ours: TimerKey, theirs: TimerKey) {
        let armed = Armed { ours, theirs, at: self.clock.now() };
        assert!(self.armed[task].replace(armed).is_none(), "one timer at a time");
    }

    pub(crate) fn touch(&mut self, task: usize) {
        let Some(armed) = &self.armed[task] else { return };
        let now = self.clock.now();
        let touched = self.timers.touch(armed.ours, now);
        assert_eq!(touched, self.model.touch(armed.theirs, now));
        self.report.touched += u64::from(touched);
    }

    pub(crate) fn reschedule(&mut self, task: usize, deadline: Instant) {
        let Some(armed) = &self.armed[task] else { return };
        assert!(self.timers.reschedule(armed.ours, deadline), "{task} is alive");
        assert!(self.model.reschedule(armed.theirs, deadline));
        self.report.moved += 1;
    }

    pub(crate) fn cancel(&mut self, task: usize) {
        let Some(armed) = self.armed[task].take() else { return };
        assert_eq!(self.timers.cancel(armed.ours), Some(task));
        assert_eq!(self.model.cancel(armed.theirs), Some(task));
        assert_eq!(self.timers.cancel(armed.ours), None, "it was");
        self.report.cancelled += 1;
    }

    /// The earliest deadline, as the oracle knows it.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.model.next_deadline()
    }

    /// The next timer that is due: the oracle's next one too.
    pub(crate) fn pop(&mut self, budget: &mut Budget) -> Option<(usize, Instant)> {
        let now = self.clock.now();
        let Some(expired) = self.timers.pop_expired_within(now, budget) else {
            let lost = self.earliest().is_some_and(|earliest| earliest <= now);
            assert!(!lost || budget.is_spent(), "lost at {now:?}");
            return None;
        };
        let task = expired.value;
        assert!(expired.deadline <= now, "{task} is early");
        assert_eq!(self.earliest(), Some(expired.deadline), "{task} is out of order");
        let armed = self.armed[task].take().expect("once");
        assert_eq!(armed.ours, expired.key);
        assert_eq!(self.model.cancel(armed.theirs), Some(task));
        self.report.note_fired(armed.at.as_nanos(), now.as_nanos());
        Some((task, expired.deadline))
    }

    /// What can be seen without changing anything.
    pub(crate) fn check(&self) {
        let (earliest, wakeup) = (self.earliest(), self.timers.next_wakeup());
        assert_eq!(wakeup.is_some(), earliest.is_some());
        assert!(wakeup <= earliest, "{wakeup:?} is after {earliest:?}");
        assert_eq!(self.timers.len(), self.model.len());
    }

    /// Every invariant and every key.
    pub(crate) fn check_all(&self) {
        self.timers.validate().unwrap_or_else(|broken| panic!("{broken}"));
        for armed in self.armed.iter().flatten() {
            assert_eq!(
                self.timers.deadline(armed.ours),
                self.model.deadline(armed.theirs)
            );
        }
    }
}
