//! [`Row`]: what is measured, and which figures each gives.

use clap::ValueEnum;

use crate::harness::{Contender, Workload};
use crate::line::Line;
use crate::means::{self, Means};
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
    /// The worst single call of cancel-schedule.
    WorstCancel,
    /// The worst single call of refresh.
    WorstRefresh,
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
            Self::CancelSchedule | Self::WorstCancel => Workload::CancelSchedule,
            Self::FireSchedule | Self::WorstHold => Workload::FireSchedule,
            Self::Refresh | Self::RefreshWheel | Self::WorstRefresh => Workload::Refresh,
            Self::NothingDue => Workload::NothingDue,
            Self::NextDeadline => Workload::NextDeadline,
            _ => return None,
        })
    }

    /// What its lines have in common.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::ScheduleCancel => "schedule + cancel",
            Self::CancelSchedule => "cancel a random one + schedule another",
            Self::FireSchedule => "fire one + schedule another, 1 ms steps",
            Self::Refresh => "refresh a constant timeout",
            Self::RefreshWheel => "refresh, no queue for it",
            Self::NothingDue => "nothing due",
            Self::NextDeadline => "next deadline",
            Self::Million => "all in one millisecond",
            Self::WorstHold => "fire + schedule, single calls",
            Self::WorstCancel => "cancel + schedule, single calls",
            Self::WorstRefresh => "refresh, single calls",
            Self::WorstCluster => "all in one millisecond, single calls",
            Self::Mix => "server mix",
            Self::MixWheel => "server mix, no queue",
            Self::Promises => "fire + schedule, what is kept",
            Self::Bytes => "memory",
        }
    }

    pub(crate) const fn lines(self) -> &'static [Line] {
        match self {
            Self::Million => million::LINES,
            Self::WorstHold | Self::WorstCancel | Self::WorstRefresh => worst::LINES,
            Self::WorstCluster => cluster::LINES,
            Self::Mix | Self::MixWheel => mix::LINES,
            Self::Promises => promises::LINES,
            Self::Bytes => bytes::LINES,
            _ => means::LINES,
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
            Self::WorstCancel | Self::WorstRefresh | Self::Promises => &[100_000],
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
        if matches!(Standing::of(who, self), Standing::Cannot(_) | Standing::Same) {
            return None;
        }
        Some(match (self, who) {
            (Self::RefreshWheel | Self::MixWheel, Who::Tourbillon) => {
                Who::TourbillonWheel
            }
            (Self::Refresh | Self::WorstRefresh, Who::NexusTimer) => Who::NexusQueue,
            _ => who,
        })
    }
}

impl Task for Plan {
    type Output = Box<dyn Lane>;

    fn with<C: Contender + 'static>(self) -> Box<dyn Lane> {
        match self.row {
            Row::Million => Box::new(million::Million::<C>::new(self)),
            Row::WorstHold | Row::WorstCancel | Row::WorstRefresh => {
                Box::new(worst::Worst::<C>::new(self))
            }
            Row::WorstCluster => Box::new(cluster::Cluster::<C>::new(self)),
            Row::Mix | Row::MixWheel => Box::new(mix::Mix::<C>::new(self)),
            Row::Promises => Box::new(promises::Promises::<C>::new(self)),
            Row::Bytes => Box::new(bytes::Bytes { plan: self }),
            _ => Box::new(Means::<C>::new(self)),
        }
    }
}
