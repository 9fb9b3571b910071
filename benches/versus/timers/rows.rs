//! [`Row`]: what is measured, and which figures each gives.

use clap::ValueEnum;

use crate::harness::{Contender, Workload};
use crate::line::{Line, nanos};
use crate::means::Means;
use crate::standing::Standing;
use crate::who::{Task, Who};
use crate::{bytes, cluster, million, mix, promises, worst};

/// What is measured.
#[derive(Copy, Clone, Eq, PartialEq, Debug, ValueEnum)]
pub(crate) enum Row {
    /// One more timer is scheduled within 30 s and cancelled at once.
    ScheduleCancel,
    /// A random timer is cancelled and another scheduled within 30 s.
    CancelSchedule,
    /// Steps of 1 ms; what is due fires and is scheduled anew within 30 s.
    FireSchedule,
    /// A random timer's constant timeout of 30 s starts again; time moves on.
    Refresh,
    /// The same without a queue for the constant timeout.
    RefreshWheel,
    /// A poll with nothing due.
    NothingDue,
    /// The earliest deadline.
    NextDeadline,
    /// All timers within one millisecond: scheduled, then drained in order.
    Million,
    /// The worst single call of fire-schedule.
    WorstHold,
    /// The worst call with all timers within one millisecond, popped by budgets of 64.
    WorstCluster,
    /// 90 % cancel a timeout of 30 s and schedule another, 10 % timers of 1 to 50 ms that fire.
    Mix,
    /// The same without a queue for the constant timeout.
    MixWheel,
    /// Early fires, lateness and order of fire-schedule.
    Promises,
    /// Memory a timer.
    Bytes,
}

/// One row at one size, for one contender.
#[derive(Copy, Clone)]
pub(crate) struct Plan {
    pub(crate) who: Who,
    pub(crate) row: Row,
    pub(crate) population: usize,
    pub(crate) quick: bool,
}

/// A contender at work on a row.
pub(crate) trait Lane {
    /// One round: a figure for each line of the row, in its order.
    fn round(&mut self) -> Vec<Option<f64>>;
}

impl Row {
    /// The workload of the shared harness that the row runs.
    pub(crate) const fn workload(self) -> Option<Workload> {
        Some(match self {
            Self::ScheduleCancel => Workload::ScheduleCancel,
            Self::CancelSchedule => Workload::CancelSchedule,
            Self::FireSchedule => Workload::FireSchedule,
            Self::Refresh | Self::RefreshWheel => Workload::Refresh,
            Self::NothingDue => Workload::NothingDue,
            Self::NextDeadline => Workload::NextDeadline,
            _ => return None,
        })
    }

    pub(crate) const fn lines(self) -> &'static [Line] {
        match self {
            Self::ScheduleCancel => &const { [nanos("schedule + cancel")] },
            Self::CancelSchedule => {
                &const { [nanos("cancel a random one + schedule another")] }
            }
            Self::FireSchedule => {
                &const { [nanos("fire one + schedule another, 1 ms steps")] }
            }
            Self::Refresh => &const { [nanos("refresh a constant timeout")] },
            Self::RefreshWheel => &const { [nanos("refresh, no queue for it")] },
            Self::NothingDue => &const { [nanos("nothing due")] },
            Self::NextDeadline => &const { [nanos("next deadline")] },
            Self::Million => million::LINES,
            Self::WorstHold => worst::LINES,
            Self::WorstCluster => cluster::LINES,
            Self::Mix => mix::LINES,
            Self::MixWheel => mix::WHEEL_LINES,
            Self::Promises => promises::LINES,
            Self::Bytes => bytes::LINES,
        }
    }

    pub(crate) const fn sizes(self) -> &'static [usize] {
        match self {
            Self::Million
            | Self::WorstCluster
            | Self::Mix
            | Self::MixWheel
            | Self::Bytes => &[1_000_000],
            Self::WorstHold => &[1_000_000, 10_000_000],
            Self::Promises => &[100_000],
            _ => &[1_000, 100_000, 1_000_000],
        }
    }

    /// Rounds, where a run is asked for so many.
    pub(crate) const fn rounds(self, asked: usize) -> usize {
        match self {
            // Nothing in them depends on the machine's mood.
            Self::Promises | Self::Bytes => 1,
            _ => asked,
        }
    }

    /// Who runs in the column of `who`; nobody if it cannot.
    pub(crate) fn lane(self, who: Who) -> Option<Who> {
        if matches!(Standing::of(who, self), Standing::Cannot(_)) {
            return None;
        }
        Some(match (self, who) {
            (Self::RefreshWheel | Self::MixWheel, Who::Tourbillon) => {
                Who::TourbillonWheel
            }
            (Self::Refresh, Who::NexusTimer) => Who::NexusQueue,
            _ => who,
        })
    }
}

impl Task for Plan {
    type Output = Box<dyn Lane>;

    fn with<C: Contender + 'static>(self) -> Box<dyn Lane> {
        match self.row {
            Row::Million => Box::new(million::Million::<C>::new(self)),
            Row::WorstHold => Box::new(worst::Worst::<C>::new(self)),
            Row::WorstCluster => Box::new(cluster::Cluster::<C>::new(self)),
            Row::Mix | Row::MixWheel => Box::new(mix::Mix::<C>::new(self)),
            Row::Promises => Box::new(promises::Promises::<C>::new(self)),
            Row::Bytes => Box::new(bytes::Bytes { plan: self }),
            _ => Box::new(Means::<C>::new(self)),
        }
    }
}
