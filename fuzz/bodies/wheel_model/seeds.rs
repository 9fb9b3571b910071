//! Scripts that were written by hand, each for something that went wrong in a wheel, or might.

use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Few};
use crate::bodies::codec::{Script, edge, end, slots};
use crate::bodies::world::Op::{
    Advance, AdvanceToNext, Cancel, Clear, Cluster, Drain, DrainSome, Foreign, GoBack,
    Look, Maintain, Reschedule, RescheduleAt, Reserve, Schedule, ScheduleAt, Shrink,
    Thin,
};
use crate::bodies::world::{Op, Start};

/// Geometries, as `run` numbers them.
const PAIRS: u8 = 0;
const FOURS: u8 = 1;
const SORTED_FOURS: u8 = 2;
const EIGHTS: u8 = 3;
const SHIPPED: u8 = 4;

fn seed(geometry: u8, now: Nanos, ops: &[Op]) -> Vec<u8> {
    Script { start: Start { geometry, now }, ops: ops.to_vec() }.write()
}

pub(crate) fn seeds() -> Seeds {
    [hiding(), moving(), budgets(), ends(), keys()].concat()
}

/// Far timers beside near ones.
fn hiding() -> Seeds {
    let far_then_near = |bits| {
        [
            Schedule { after: edge(bits, 0) },
            Drain { by: slots(bits - 3, 3) },
            Schedule { after: slots(bits - 4, 1) },
            Schedule { after: edge(bits, -1) },
            AdvanceToNext { beyond: 0 },
            Look {},
            AdvanceToNext { beyond: 0 },
        ]
    };
    vec![
        ("a-turn-away-in-the-cursors-slot", seed(FOURS, Few(62), &far_then_near(6))),
        ("a-turn-away-of-eights", seed(EIGHTS, edge(9, -3), &far_then_near(9))),
        ("a-turn-away-at-2-to-the-36", seed(SHIPPED, edge(36, -100), &far_then_near(36))),
        (
            "older-on-a-coarser-level",
            seed(
                SHIPPED,
                Few(0),
                &[
                    Schedule { after: slots(20, 30) },
                    Drain { by: slots(20, 25) },
                    Schedule { after: slots(20, 15) },
                    AdvanceToNext { beyond: 0 },
                    AdvanceToNext { beyond: 0 },
                ],
            ),
        ),
        (
            "on-and-beside-every-border",
            seed(
                SORTED_FOURS,
                edge(6, -1),
                &[2_u8, 4, 6, 8, 10, 12]
                    .map(|bits| {
                        [
                            ScheduleAt { deadline: edge(bits, -1) },
                            ScheduleAt { deadline: edge(bits, 1) },
                            ScheduleAt { deadline: edge(bits, 0) },
                            AdvanceToNext { beyond: 0 },
                        ]
                    })
                    .concat(),
            ),
        ),
        (
            "a-sleep-past-many-turns",
            seed(
                PAIRS,
                Few(3),
                &[
                    Cluster { after: Few(1), timers: 20, step: 7 },
                    Cluster { after: edge(12, -9), timers: 20, step: 1 },
                    Drain { by: edge(40, 0) },
                    Schedule { after: Few(1) },
                    Drain { by: Few(1) },
                ],
            ),
        ),
    ]
}

/// Timers that change their deadlines, before and after their slot is sorted or opened.
fn moving() -> Seeds {
    vec![
        (
            "postponed-and-never-asked-for",
            seed(
                SORTED_FOURS,
                Few(10),
                &[
                    Cluster { after: Few(3), timers: 6, step: 1 },
                    Reschedule { pick: 0, after: Few(90) },
                    Reschedule { pick: 1, after: edge(20, 0) },
                    Drain { by: Few(4) },
                    Reschedule { pick: 4, after: Few(100) },
                    Advance { by: Few(80), timers: 9, moves: 2 },
                    Drain { by: edge(21, 0) },
                ],
            ),
        ),
        (
            "brought-forward-into-the-sorted-slot",
            seed(
                SHIPPED,
                edge(30, 0),
                &[
                    Cluster { after: slots(12, 9), timers: 20, step: 200 },
                    Look {},
                    Schedule { after: edge(40, 0) },
                    Reschedule { pick: 20, after: slots(12, 9) },
                    Reschedule { pick: 19, after: slots(12, 8) },
                    Reschedule { pick: 18, after: Few(1) },
                    Drain { by: edge(42, 0) },
                ],
            ),
        ),
        (
            "moved-past-each-other",
            seed(
                FOURS,
                Few(0),
                &[
                    Schedule { after: Few(20) },
                    Schedule { after: Few(25) },
                    Reschedule { pick: 0, after: Few(30) },
                    Look {},
                    Reschedule { pick: 1, after: Few(35) },
                    Reschedule { pick: 0, after: Few(40) },
                    Look {},
                    Drain { by: Few(39) },
                    Drain { by: Few(1) },
                ],
            ),
        ),
        (
            "moved-while-due",
            seed(
                EIGHTS,
                Few(7),
                &[
                    Cluster { after: Few(9), timers: 9, step: 0 },
                    Advance { by: Few(20), timers: 2, moves: 255 },
                    Reschedule { pick: 5, after: Few(2) },
                    RescheduleAt { pick: 7, deadline: Few(0) },
                    Cancel { pick: 3 },
                    Drain { by: Few(0) },
                    Drain { by: Few(2) },
                ],
            ),
        ),
    ]
}

/// Slots of many timers, opened and popped a few at a time.
fn budgets() -> Seeds {
    vec![
        (
            "equals-across-small-budgets",
            seed(
                FOURS,
                Few(0),
                &[
                    Cluster { after: Few(33), timers: 40, step: 0 },
                    Advance { by: Few(33), timers: 3, moves: 1 },
                    Advance { by: Few(0), timers: 3, moves: 5 },
                    ScheduleAt { deadline: Few(33) },
                    Advance { by: Few(0), timers: 200, moves: 3 },
                    Advance { by: Few(0), timers: 0, moves: 200 },
                    Drain { by: Few(0) },
                ],
            ),
        ),
        (
            "a-dense-slot-opened-while-it-fills",
            seed(
                SHIPPED,
                edge(24, -50),
                &[
                    Cluster { after: slots(18, 3), timers: 47, step: 255 },
                    Maintain { moves: 9 },
                    Cluster { after: slots(18, 3), timers: 47, step: 254 },
                    Advance { by: slots(18, 3), timers: 10, moves: 20 },
                    Cluster { after: Few(200), timers: 30, step: 40 },
                    Maintain { moves: 1 },
                    Advance { by: slots(8, 20), timers: 50, moves: 60 },
                    Drain { by: slots(8, 40) },
                ],
            ),
        ),
    ]
}

/// The two ends of time.
fn ends() -> Seeds {
    vec![
        (
            "the-end-of-time",
            seed(
                SHIPPED,
                end(100),
                &[
                    Cluster { after: Few(90), timers: 20, step: 1 },
                    ScheduleAt { deadline: end(0) },
                    Schedule { after: edge(63, 0) },
                    AdvanceToNext { beyond: 0 },
                    Reschedule { pick: 1, after: end(0) },
                    Drain { by: Few(7) },
                    Drain { by: end(0) },
                    Schedule { after: Few(1) },
                    Drain { by: Few(0) },
                ],
            ),
        ),
        (
            "the-past-and-readings-that-go-back",
            seed(
                SORTED_FOURS,
                edge(30, 0),
                &[
                    ScheduleAt { deadline: Few(1) },
                    ScheduleAt { deadline: edge(30, -1) },
                    ScheduleAt { deadline: Few(0) },
                    Schedule { after: Few(3) },
                    RescheduleAt { pick: 1, deadline: Few(0) },
                    GoBack { by: edge(30, -2) },
                    GoBack { by: end(0) },
                    Schedule { after: Few(0) },
                    Drain { by: Few(3) },
                ],
            ),
        ),
    ]
}

/// Keys that die, and slots that are used again.
fn keys() -> Seeds {
    vec![
        (
            "stale-keys-of-slots-used-again",
            seed(
                FOURS,
                Few(5),
                &[
                    Cluster { after: Few(8), timers: 8, step: 3 },
                    Thin { modulus: 2 },
                    Cancel { pick: 0 },
                    Reschedule { pick: 2, after: Few(1) },
                    Cluster { after: Few(4), timers: 6, step: 2 },
                    Cancel { pick: 0 },
                    Drain { by: Few(12) },
                    Shrink {},
                    Reserve { timers: 40 },
                    Schedule { after: Few(2) },
                    Reschedule { pick: 9, after: Few(1) },
                    Foreign { pick: 3 },
                    Drain { by: Few(50) },
                ],
            ),
        ),
        (
            "drained-half-way-and-filled-again",
            seed(
                EIGHTS,
                edge(6, -2),
                &[
                    Cluster { after: Few(60), timers: 30, step: 5 },
                    Reschedule { pick: 2, after: edge(10, 0) },
                    DrainSome { most: 7 },
                    Cluster { after: Few(3), timers: 12, step: 9 },
                    Advance { by: Few(30), timers: 2, moves: 9 },
                    Clear {},
                    Schedule { after: edge(9, 0) },
                    Shrink {},
                    AdvanceToNext { beyond: 1 },
                ],
            ),
        ),
        (
            "many-at-once-and-full",
            seed(
                FOURS,
                Few(3),
                &[
                    // A limit of five, and nine timers in one call, which it does not bind.
                    Reserve { timers: 5 },
                    Cluster { after: Few(4), timers: 48 + 9, step: 2 },
                    Schedule { after: Few(2) },
                    Drain { by: Few(10) },
                    Schedule { after: Few(1) },
                    Clear {},
                    Schedule { after: Few(1) },
                    Cluster { after: Few(0), timers: 48 + 40, step: 0 },
                    Reserve { timers: 0 },
                    AdvanceToNext { beyond: 0 },
                ],
            ),
        ),
    ]
}
