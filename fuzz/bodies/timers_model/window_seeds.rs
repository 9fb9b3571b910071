//! Scripts that were written by hand: timers with slack, alone and among others.

use super::ops::QueueOp::{self, Within};
use super::seeds::{EIGHTS, FIVE, FOURS, SHIPPED, SORTED_FOURS, join, seed, touch};
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Few};
use crate::bodies::codec::{edge, end, slots};
use crate::bodies::world::Op::{
    Advance, AdvanceToNext, Cancel, Cluster, Drain, DrainSome, GoBack, Look, Maintain,
    Reschedule, Schedule, Shrink, Thin,
};

const fn within(after: Nanos, slack: Nanos) -> QueueOp {
    Within { after, slack, inverted: 0 }
}

pub(super) fn windows() -> Seeds {
    vec![
        (
            "a-chain-of-windows",
            seed(
                SORTED_FOURS,
                edge(12, -7),
                &[
                    within(Few(3), Few(4)).into(),
                    within(Few(6), Few(5)).into(),
                    within(Few(9), Few(9)).into(),
                    within(Few(7), Few(0)).into(),
                    Look {}.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                    Look {}.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                ],
            ),
        ),
        (
            "riders-behind-what-is-due",
            seed(
                EIGHTS,
                Few(0),
                &[
                    within(Few(1), end(0)).into(),
                    Schedule { after: Few(9) }.into(),
                    within(Few(5), Few(4)).into(),
                    within(Few(2), Few(7)).into(),
                    join(FIVE).into(),
                    Advance { by: Few(9), timers: 2, moves: 255 }.into(),
                    Advance { by: Few(0), timers: 1, moves: 1 }.into(),
                    Advance { by: Few(0), timers: 1, moves: 1 }.into(),
                    Drain { by: Few(0) }.into(),
                ],
            ),
        ),
        (
            "windows-that-are-moved-cancelled-and-left",
            seed(
                FOURS,
                edge(32, -3),
                &[
                    within(slots(3, 9), slots(8, 2)).into(),
                    within(slots(3, 9), slots(8, 2)).into(),
                    within(slots(3, 5), slots(8, 3)).into(),
                    touch(1).into(),
                    Reschedule { pick: 0, after: Few(200) }.into(),
                    Cancel { pick: 2 }.into(),
                    GoBack { by: Few(9) }.into(),
                    Maintain { moves: 2 }.into(),
                    AdvanceToNext { beyond: 1 }.into(),
                    Within { after: Few(9), slack: Few(5), inverted: 1 }.into(),
                    Thin { modulus: 2 }.into(),
                    Shrink {}.into(),
                    within(Few(0), Few(1)).into(),
                    Drain { by: end(0) }.into(),
                ],
            ),
        ),
        (
            "a-hundred-windows-by-small-budgets",
            seed(
                SHIPPED,
                edge(20, -20),
                &[
                    &[within(slots(2, 8), slots(4, 60)).into(); 60][..],
                    &[
                        Cluster { after: slots(4, 59), timers: 40, step: 1 }.into(),
                        Maintain { moves: 9 }.into(),
                        Advance { by: slots(2, 9), timers: 7, moves: 9 }.into(),
                        Advance { by: slots(4, 40), timers: 9, moves: 200 }.into(),
                        Cancel { pick: 50 }.into(),
                        Advance { by: slots(4, 40), timers: 40, moves: 20 }.into(),
                        DrainSome { most: 20 }.into(),
                    ],
                ]
                .concat(),
            ),
        ),
    ]
}
