//! [`Standing`]: what a contender can do of a row, and what must be known of how it does it.

use crate::rows::Row;
use crate::who::Who;

/// How a contender stands to a row.
pub(crate) enum Standing {
    Full,
    /// It does it, but.
    But(&'static str),
    /// It has no such operation.
    Cannot(&'static str),
    /// It does what it does in the row above.
    Same,
}

use Standing::{But, Cannot, Full, Same};

impl Standing {
    pub(crate) const fn of(who: Who, row: Row) -> Self {
        match (who, row) {
            // Only those who have a queue do without one.
            (Who::Tourbillon | Who::TourbillonWheel, _) => Full,
            (Who::NexusTimer, Row::RefreshWheel) => nexus(row),
            (_, Row::RefreshWheel | Row::MixWheel) => Same,
            _ => Self::of_each(who, row),
        }
    }

    const fn of_each(who: Who, row: Row) -> Self {
        match who {
            Who::Null | Who::StdNull => null(row),
            Who::Tourbillon | Who::TourbillonWheel | Who::BTreeMap => Full,
            Who::BinaryHeap => match row {
                Row::Bytes => But("dead entries stay until they outnumber the live"),
                _ => Full,
            },
            Who::NexusTimer | Who::NexusQueue => nexus(row),
            Who::Bitwheel => bitwheel(row),
            Who::TokioUtil => tokio(row),
            Who::HashWheel => hash_wheel(row),
        }
    }
}

const fn null(row: Row) -> Standing {
    match row {
        Row::Promises | Row::Bytes => Cannot("has no timers"),
        _ => Full,
    }
}

const fn nexus(row: Row) -> Standing {
    match row {
        Row::FireSchedule | Row::WorstHold | Row::Million => But(
            "fires by ticks of 1 ms, in any order within one; its poll fills a vector \
                 with all that is due",
        ),
        Row::Promises => But("rounds deadlines down to its tick"),
        Row::Refresh | Row::WorstRefresh => {
            But("its TimeoutQueue, which can only cancel and schedule")
        }
        Row::RefreshWheel => But("its wheel, by reschedule"),
        Row::Mix => But("its wheel alone: a TimeoutQueue is a structure of its own"),
        Row::NextDeadline => But("a lower bound, in ticks of 1 ms"),
        _ => Full,
    }
}

const fn bitwheel(row: Row) -> Standing {
    match row {
        Row::FireSchedule | Row::WorstHold | Row::Million | Row::Mix | Row::Promises => {
            But(
                "fires by slots, which are 4 s wide for what is 4 s away; what its slots \
                 have no room for lies in a BTreeMap, looked at every 32 ms",
            )
        }
        Row::NextDeadline => But("of a slot, not of a timer; stale after a cancel"),
        Row::WorstCluster => But("its poll has no limit: the first gives out all"),
        Row::Refresh | Row::WorstRefresh => {
            But("cancel + schedule; cannot cancel what is late")
        }
        _ => Full,
    }
}

const fn tokio(row: Row) -> Standing {
    match row {
        Row::FireSchedule | Row::WorstHold | Row::Mix => But(
            "fires by ticks of 1 ms, in any order within one; a step of the time is a \
                 turn of the runtime that it takes the time from",
        ),
        Row::Refresh | Row::WorstRefresh => {
            But("a step of the time is a turn of the runtime that it takes the time from")
        }
        Row::Million | Row::Promises => {
            But("fires by ticks of 1 ms, in any order within one")
        }
        Row::NextDeadline => But("in ticks of 1 ms"),
        Row::WorstCluster => But("its poll gives out one timer: 64 polls"),
        _ => Full,
    }
}

const fn hash_wheel(row: Row) -> Standing {
    match row {
        Row::NextDeadline => {
            Cannot("tells how far it may skip, not when the next is due")
        }
        Row::WorstCluster => But("its tick has no limit: one gives out all"),
        Row::CancelSchedule | Row::ScheduleCancel | Row::Bytes => {
            But("cancelled timers keep their memory until their tick; their values are \
                 not given back")
        }
        Row::FireSchedule | Row::WorstHold | Row::Million | Row::Promises => But(
            "takes delays in whole milliseconds, here rounded up; in any order within one",
        ),
        _ => Full,
    }
}
