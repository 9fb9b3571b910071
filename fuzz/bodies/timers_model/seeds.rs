//! Scripts that were written by hand: wheel and queues in each other's way.

use super::ops::QueueOp::{ForeignToken, Forget, Join, Register, Touch};
use super::ops::{Op, QueueOp};
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Few};
use crate::bodies::codec::{Script, edge, end, slots};
use crate::bodies::world::Op::{
    Advance, AdvanceToNext, Cancel, Clear, Cluster, Drain, DrainSome, Foreign, GoBack,
    Look, Maintain, Reschedule, RescheduleAt, Reserve, Schedule, ScheduleAt, Shrink,
    Thin,
};
use crate::bodies::world::{self, Start};

/// Geometries, as `run` numbers them.
pub(super) const FOURS: u8 = 1;
pub(super) const SORTED_FOURS: u8 = 2;
pub(super) const EIGHTS: u8 = 3;
pub(super) const SHIPPED: u8 = 4;

/// Common timeouts, as they are registered: of 0, 5 and 1,000 ns, 30 s, and as good as never.
const NONE: u8 = 0;
pub(super) const FIVE: u8 = 1;
const MICRO: u8 = 2;
const IDLE: u8 = 3;
const NEVER: u8 = 4;

impl From<world::Op> for Op {
    fn from(op: world::Op) -> Self {
        Self::Timer(op)
    }
}

impl From<QueueOp> for Op {
    fn from(op: QueueOp) -> Self {
        Self::Queue(op)
    }
}

pub(super) fn seed(geometry: u8, now: Nanos, ops: &[Op]) -> Vec<u8> {
    Script { start: Start { geometry, now }, ops: ops.to_vec() }.write()
}

pub(super) const fn join(common: u8) -> QueueOp {
    Join { common, back: 0 }
}

pub(super) const fn touch(pick: u16) -> QueueOp {
    Touch { pick, back: 0 }
}

pub(crate) fn seeds() -> Seeds {
    [
        order(),
        touching(),
        registering(),
        ends(),
        wheel_alone(),
        super::window_seeds::windows(),
    ]
    .concat()
}

/// Members and timers of the wheel, due together.
fn order() -> Seeds {
    vec![
        (
            "equal-deadlines-on-wheel-and-in-queues",
            seed(
                SORTED_FOURS,
                edge(6, -5),
                &[
                    join(FIVE).into(),
                    Schedule { after: Few(5) }.into(),
                    join(FIVE).into(),
                    Schedule { after: Few(4) }.into(),
                    join(NONE).into(),
                    Advance { by: Few(5), timers: 1, moves: 255 }.into(),
                    Advance { by: Few(0), timers: 2, moves: 1 }.into(),
                    Drain { by: Few(0) }.into(),
                ],
            ),
        ),
        (
            "two-queues-in-turn",
            seed(
                SHIPPED,
                Few(0),
                &[
                    join(MICRO).into(),
                    Drain { by: slots(0, 250) }.into(),
                    join(MICRO).into(),
                    join(FIVE).into(),
                    AdvanceToNext { beyond: 0 }.into(),
                    join(FIVE).into(),
                    Schedule { after: slots(0, 249) }.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                    Look {}.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                    AdvanceToNext { beyond: 255 }.into(),
                ],
            ),
        ),
        (
            "a-dense-slot-before-a-queues-head",
            seed(
                FOURS,
                edge(20, -1),
                &[
                    Cluster { after: slots(4, 60), timers: 40, step: 1 }.into(),
                    join(MICRO).into(),
                    Advance { by: slots(4, 61), timers: 5, moves: 3 }.into(),
                    Advance { by: Few(0), timers: 60, moves: 60 }.into(),
                    Advance { by: slots(4, 10), timers: 60, moves: 9 }.into(),
                    Drain { by: Few(0) }.into(),
                ],
            ),
        ),
    ]
}

/// Members that are restarted, moved and taken out.
fn touching() -> Seeds {
    vec![
        (
            "touched-and-never-asked-for",
            seed(
                SHIPPED,
                edge(36, -9),
                &[
                    join(IDLE).into(),
                    join(IDLE).into(),
                    join(IDLE).into(),
                    Drain { by: slots(32, 3) }.into(),
                    touch(0).into(),
                    touch(2).into(),
                    Drain { by: slots(32, 3) }.into(),
                    touch(0).into(),
                    touch(1).into(),
                    Drain { by: slots(32, 5) }.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                ],
            ),
        ),
        (
            "the-last-member-restarted-then-newcomers",
            seed(
                EIGHTS,
                Few(9),
                &[
                    join(MICRO).into(),
                    Drain { by: Few(40) }.into(),
                    touch(0).into(),
                    Join { common: MICRO, back: 30 }.into(),
                    join(MICRO).into(),
                    Touch { pick: 2, back: 60 }.into(),
                    Cancel { pick: 0 }.into(),
                    join(MICRO).into(),
                    Drain { by: slots(8, 5) }.into(),
                ],
            ),
        ),
        (
            "a-reading-that-goes-back-sends-it-to-the-wheel",
            seed(
                FOURS,
                edge(10, 0),
                &[
                    join(MICRO).into(),
                    Join { common: MICRO, back: 1 }.into(),
                    Join { common: MICRO, back: 255 }.into(),
                    Touch { pick: 0, back: 200 }.into(),
                    touch(2).into(),
                    GoBack { by: edge(9, 0) }.into(),
                    Reschedule { pick: 1, after: Few(3) }.into(),
                    touch(1).into(),
                    Drain { by: slots(7, 9) }.into(),
                ],
            ),
        ),
        (
            "a-touched-timer-of-the-wheel-alone-says-no",
            seed(
                SORTED_FOURS,
                Few(1),
                &[
                    Schedule { after: Few(5) }.into(),
                    touch(0).into(),
                    RescheduleAt { pick: 0, deadline: Few(0) }.into(),
                    join(FIVE).into(),
                    Reschedule { pick: 1, after: edge(16, 0) }.into(),
                    touch(1).into(),
                    Drain { by: Few(1) }.into(),
                    touch(0).into(),
                    Drain { by: Few(5) }.into(),
                    touch(1).into(),
                ],
            ),
        ),
    ]
}

/// Durations that come and go.
fn registering() -> Seeds {
    vec![
        (
            "forgotten-with-members-and-registered-again",
            seed(
                SHIPPED,
                edge(30, 0),
                &[
                    join(FIVE).into(),
                    Forget { common: FIVE }.into(),
                    Forget { common: FIVE }.into(),
                    join(FIVE).into(),
                    touch(0).into(),
                    touch(1).into(),
                    Register { common: FIVE }.into(),
                    join(FIVE).into(),
                    touch(0).into(),
                    Drain { by: Few(5) }.into(),
                ],
            ),
        ),
        (
            "another-instances-token",
            seed(
                FOURS,
                Few(100),
                &[
                    ForeignToken { common: MICRO, others: 0 }.into(),
                    ForeignToken { common: FIVE, others: 7 }.into(),
                    Forget { common: MICRO }.into(),
                    ForeignToken { common: MICRO, others: 2 }.into(),
                    touch(0).into(),
                    touch(2).into(),
                    Foreign { pick: 1 }.into(),
                    Drain { by: slots(8, 4) }.into(),
                ],
            ),
        ),
    ]
}

/// The two ends of time.
fn ends() -> Seeds {
    vec![
        (
            "never-beside-now",
            seed(
                EIGHTS,
                edge(42, 0),
                &[
                    join(NEVER).into(),
                    join(NONE).into(),
                    join(NEVER).into(),
                    touch(0).into(),
                    Drain { by: Few(0) }.into(),
                    Reschedule { pick: 0, after: Few(1) }.into(),
                    touch(2).into(),
                    Drain { by: Few(1) }.into(),
                    Look {}.into(),
                ],
            ),
        ),
        (
            "every-duration-at-the-end-of-time",
            seed(
                SHIPPED,
                end(20),
                &[
                    join(NONE).into(),
                    join(FIVE).into(),
                    join(MICRO).into(),
                    join(IDLE).into(),
                    join(NEVER).into(),
                    ScheduleAt { deadline: end(0) }.into(),
                    Drain { by: Few(6) }.into(),
                    touch(2).into(),
                    Join { common: MICRO, back: 255 }.into(),
                    Drain { by: end(0) }.into(),
                ],
            ),
        ),
    ]
}

/// The calls that concern all timers, with members among them.
fn wheel_alone() -> Seeds {
    vec![
        (
            "thinned-cleared-and-drained-with-members",
            seed(
                SORTED_FOURS,
                Few(77),
                &[
                    join(FIVE).into(),
                    join(MICRO).into(),
                    Cluster { after: Few(2), timers: 9, step: 2 }.into(),
                    touch(1).into(),
                    Thin { modulus: 3 }.into(),
                    DrainSome { most: 4 }.into(),
                    join(FIVE).into(),
                    Shrink {}.into(),
                    Clear {}.into(),
                    join(FIVE).into(),
                    touch(12).into(),
                    Drain { by: Few(5) }.into(),
                ],
            ),
        ),
        (
            "upkeep-between-touches",
            seed(
                SHIPPED,
                edge(48, -3),
                &[
                    Cluster { after: slots(20, 2), timers: 47, step: 99 }.into(),
                    join(MICRO).into(),
                    Maintain { moves: 3 }.into(),
                    touch(47).into(),
                    Advance { by: slots(20, 2), timers: 20, moves: 40 }.into(),
                    Maintain { moves: 255 }.into(),
                    touch(47).into(),
                    Drain { by: slots(12, 2) }.into(),
                ],
            ),
        ),
        (
            "many-at-once-and-full",
            seed(
                EIGHTS,
                Few(3),
                &[
                    // A limit of five, and nine timers in one call, which it does not bind.
                    Reserve { timers: 5 }.into(),
                    Cluster { after: Few(4), timers: 48 + 9, step: 2 }.into(),
                    Schedule { after: Few(2) }.into(),
                    join(FIVE).into(),
                    join(FIVE).into(),
                    Drain { by: Few(10) }.into(),
                    Schedule { after: Few(1) }.into(),
                    Clear {}.into(),
                    Schedule { after: Few(1) }.into(),
                    Cluster { after: Few(0), timers: 48 + 40, step: 0 }.into(),
                    Reserve { timers: 0 }.into(),
                    AdvanceToNext { beyond: 0 }.into(),
                ],
            ),
        ),
    ]
}
