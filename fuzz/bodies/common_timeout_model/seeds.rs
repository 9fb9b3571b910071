//! Scripts that were written by hand for the queues.

use super::Op::{
    Cancel, Forget, Join, JoinByDuration, JoinMany, Look, Maintain, Pass, Pop, PopAll,
    Register, RegisterMany, Reschedule, Shrink, Touch,
};
use super::{Op, Start};
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Few};
use crate::bodies::codec::{Script, edge, end, slots};

/// A script that begins at `now` with a common timeout of `after`: token 0.
fn seed(now: Nanos, after: Nanos, ops: &[Op]) -> Vec<u8> {
    Script { start: Start { now, after }, ops: ops.to_vec() }.write()
}

const fn join(token: u16) -> Op {
    Join { token, back: Few(0) }
}

const fn touch(pick: u16) -> Op {
    Touch { pick, back: Few(0) }
}

pub(crate) fn seeds() -> Seeds {
    [queues(), touching(), readings(), registering(), ends()].concat()
}

fn queues() -> Seeds {
    vec![
        (
            "first-in-first-out",
            seed(
                Few(0),
                Few(100),
                &[
                    JoinMany { token: 0, timers: 20, apart: 0 },
                    JoinMany { token: 0, timers: 20, apart: 3 },
                    Pop { by: Few(45), timers: 7, moves: 255 },
                    PopAll { by: Few(40) },
                    PopAll { by: Few(30) },
                ],
            ),
        ),
        (
            "many-durations-merge-in-order",
            seed(
                edge(30, 0),
                Few(1),
                &[
                    RegisterMany { first: Few(2), tokens: 40 },
                    JoinMany { token: 17, timers: 10, apart: 1 },
                    JoinMany { token: 3, timers: 10, apart: 1 },
                    JoinMany { token: 39, timers: 10, apart: 2 },
                    JoinByDuration { token: 20, back: Few(0) },
                    Look {},
                    Pop { by: Few(4), timers: 5, moves: 3 },
                    PopAll { by: Few(60) },
                ],
            ),
        ),
        (
            "heads-middles-and-tails-are-cancelled",
            seed(
                Few(9),
                edge(20, 0),
                &[
                    JoinMany { token: 0, timers: 9, apart: 1 },
                    Cancel { pick: 0 },
                    Cancel { pick: 4 },
                    Cancel { pick: 8 },
                    join(0),
                    Cancel { pick: 9 },
                    Cancel { pick: 9 },
                    PopAll { by: edge(20, 0) },
                    join(0),
                ],
            ),
        ),
    ]
}

fn touching() -> Seeds {
    vec![
        (
            "idle-connections-of-which-one-is-busy",
            seed(
                edge(40, -1),
                slots(30, 30),
                &[
                    JoinMany { token: 0, timers: 5, apart: 200 },
                    Pass { by: slots(30, 10) },
                    touch(1),
                    Pass { by: slots(30, 19) },
                    touch(1),
                    Pop { by: slots(30, 2), timers: 255, moves: 1 },
                    PopAll { by: Few(0) },
                    PopAll { by: slots(30, 29) },
                ],
            ),
        ),
        (
            "everybody-is-touched-and-nobody-looks",
            seed(
                Few(0),
                Few(50),
                &[
                    JoinMany { token: 0, timers: 4, apart: 5 },
                    Pass { by: Few(20) },
                    touch(3),
                    touch(0),
                    touch(2),
                    touch(1),
                    Pass { by: Few(40) },
                    join(0),
                    touch(3),
                    PopAll { by: Few(12) },
                    PopAll { by: Few(50) },
                ],
            ),
        ),
        (
            "the-tail-postponed-beyond-what-the-queue-is-for",
            seed(
                Few(7),
                Few(10),
                &[
                    join(0),
                    Reschedule { pick: 0, after: edge(30, 0) },
                    join(0),
                    touch(0),
                    Reschedule { pick: 1, after: Few(3) },
                    join(0),
                    Maintain { moves: 5 },
                    PopAll { by: Few(10) },
                ],
            ),
        ),
    ]
}

fn readings() -> Seeds {
    vec![
        (
            "a-clock-that-steps-back",
            seed(
                slots(20, 100),
                Few(200),
                &[
                    join(0),
                    Join { token: 0, back: Few(10) },
                    Join { token: 0, back: edge(20, 0) },
                    join(0),
                    Touch { pick: 0, back: Few(100) },
                    Touch { pick: 2, back: Few(1) },
                    Look {},
                    PopAll { by: Few(199) },
                    PopAll { by: Few(1) },
                ],
            ),
        ),
        (
            "an-equal-deadline-from-another-reading",
            seed(
                Few(90),
                Few(30),
                &[
                    Register { after: Few(20) },
                    Join { token: 0, back: Few(10) },
                    join(1),
                    Join { token: 0, back: Few(10) },
                    touch(1),
                    Pop { by: Few(20), timers: 1, moves: 1 },
                    PopAll { by: Few(0) },
                ],
            ),
        ),
    ]
}

fn registering() -> Seeds {
    vec![
        (
            "more-durations-than-queues",
            seed(
                Few(1),
                Few(255),
                &[
                    RegisterMany { first: Few(1), tokens: 255 },
                    RegisterMany { first: edge(10, 0), tokens: 40 },
                    join(250),
                    join(295),
                    join(270),
                    touch(1),
                    touch(2),
                    Forget { token: 9 },
                    Register { after: edge(12, 0) },
                    PopAll { by: edge(11, 0) },
                ],
            ),
        ),
        (
            "forgotten-while-members-wait",
            seed(
                Few(3),
                Few(60),
                &[
                    join(0),
                    Forget { token: 0 },
                    Forget { token: 0 },
                    join(0),
                    touch(0),
                    touch(1),
                    Register { after: Few(61) },
                    join(1),
                    Register { after: Few(60) },
                    join(0),
                    touch(0),
                    PopAll { by: Few(70) },
                ],
            ),
        ),
        (
            "a-queue-serves-one-duration-after-another",
            seed(
                Few(0),
                Few(5),
                &[
                    join(0),
                    PopAll { by: Few(5) },
                    Forget { token: 0 },
                    Register { after: Few(9) },
                    join(1),
                    join(0),
                    touch(1),
                    touch(2),
                    Shrink {},
                    PopAll { by: Few(9) },
                ],
            ),
        ),
    ]
}

fn ends() -> Seeds {
    vec![
        (
            "no-time-at-all",
            seed(
                edge(36, 0),
                Few(0),
                &[
                    JoinMany { token: 0, timers: 3, apart: 0 },
                    touch(0),
                    Pop { by: Few(0), timers: 2, moves: 255 },
                    join(0),
                    PopAll { by: Few(0) },
                ],
            ),
        ),
        (
            "as-good-as-never",
            seed(
                Few(4),
                end(0),
                &[
                    join(0),
                    Pass { by: edge(50, 0) },
                    join(0),
                    touch(0),
                    Cancel { pick: 1 },
                    JoinMany { token: 0, timers: 3, apart: 255 },
                    Reschedule { pick: 2, after: Few(0) },
                    PopAll { by: edge(51, 0) },
                ],
            ),
        ),
    ]
}
