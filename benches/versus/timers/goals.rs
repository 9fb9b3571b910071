//! The goals of the timer core, by line and size.

use crate::rows::Row;

/// A figure that ours is not to exceed, in the line's unit.
#[derive(Copy, Clone)]
pub(crate) struct Goal {
    pub(crate) most: f64,
    /// Whether what the null column shows comes on top.
    pub(crate) over_null: bool,
}

/// The goal of a line of a row, if there is one at this size.
pub(crate) fn of(row: Row, line: usize, population: usize) -> Option<Goal> {
    let at = |most: [f64; 3]| match population {
        1_000 => Some(most[0]),
        100_000 => Some(most[1]),
        1_000_000 => Some(most[2]),
        _ => None,
    };
    let large = |most: f64| (population >= 1_000_000).then_some(most);
    let most = match (row, line) {
        (Row::ScheduleCancel, 0) => at([5.0; 3]),
        (Row::CancelSchedule, 0) => at([7.5, 24.0, 95.0]),
        (Row::FireSchedule, 0) => at([165.0, 80.0, 200.0]),
        (Row::Refresh, 0) => at([2.5, 6.0, 45.0]),
        (Row::NothingDue | Row::NextDeadline, 0) => at([1.5; 3]),
        (Row::Million, 0 | 1) => large(50.0),
        (Row::WorstHold, 2 | 3) | (Row::WorstCluster, 1 | 2) => {
            return large(20.0).map(|most| Goal { most, over_null: true });
        }
        (Row::WorstHold, 4) | (Row::WorstCluster, 3) => large(256.0),
        (Row::Mix, 0) => large(30.0),
        (Row::Mix, 1) => large(150.0),
        (Row::Mix, 2) => large(40.0),
        (Row::Bytes, 0) => large(32.0),
        _ => None,
    };
    most.map(|most| Goal { most, over_null: false })
}
