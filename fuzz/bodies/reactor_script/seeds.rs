//! Scripts that were written by hand: one for each thing that went wrong somewhere once.

use super::Op::{
    self, Advance, After, Break, Cancel, Common, Connect, Defer, Deregister, Every,
    FailAccept, Finish, Flood, Interrupt, Jump, Panic, Past, Post, Quiesce, Receive,
    Reschedule, Run, Send, SetBack, Settle, Stale, Step, Stop, Storm, Touch, Turn,
    Within,
};
use super::Start;
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Few};
use crate::bodies::codec::{Script, edge, end, slots};

fn seed(now: Nanos, budget: u8, ops: &[Op]) -> Vec<u8> {
    Script { start: Start { now, budget, style: 0 }, ops: ops.to_vec() }.write()
}

const fn after(nanos: u8, acts: u8) -> Op {
    After { after: Few(nanos), acts }
}

const fn connect(how: u8, capacity: u8) -> Op {
    Connect { how, capacity, acts: 0 }
}

const fn send(bytes: u8) -> Op {
    Send { pick: 0, bytes }
}

const fn receive(bytes: u8) -> Op {
    Receive { pick: 0, bytes }
}

const fn broken(what: u8, bytes: u8) -> Op {
    Break { pick: 0, what, bytes }
}

#[allow(clippy::too_many_lines, reason = "a list")]
fn timers() -> Seeds {
    let every = |first, period, behavior| Every { first, period, behavior, acts: 0 };
    vec![
        (
            "in-order",
            seed(Few(0), 2, &[after(9, 0), after(3, 0), after(3, 0), Step {}, Step {}]),
        ),
        (
            "a-budget-of-one",
            seed(
                Few(0),
                0,
                &[after(5, 0), after(5, 0), after(4, 0), Jump { by: Few(9) }, Turn {}],
            ),
        ),
        (
            "cancelled-by-the-one-before",
            seed(
                Few(0),
                2,
                &[
                    after(5, 1),
                    after(5, 0),
                    Jump { by: Few(5) },
                    Cancel { pick: 0 },
                    Stale { pick: 0 },
                ],
            ),
        ),
        (
            "a-turn-in-a-turn",
            seed(
                Few(0),
                2,
                &[after(1, 2), Jump { by: Few(1) }, Run {}, Advance { by: Few(1) }],
            ),
        ),
        (
            "stopped-and-gone-on",
            seed(
                Few(0),
                2,
                &[
                    after(5, 1),
                    after(5, 0),
                    Advance { by: Few(9) },
                    Stop {},
                    Past { before: Few(9), acts: 0 },
                    Turn {},
                ],
            ),
        ),
        (
            "a-panic-in-the-midst",
            seed(
                Few(0),
                2,
                &[after(5, 1), after(5, 0), Advance { by: Few(9) }, Panic {}, Turn {}],
            ),
        ),
        (
            "slack-rides-along",
            seed(
                Few(0),
                2,
                &[
                    Within { opens: Few(3), length: Few(90), acts: 0 },
                    after(7, 0),
                    Step {},
                    Step {},
                ],
            ),
        ),
        (
            "every-policy-over-a-stall",
            seed(
                edge(30, -9),
                2,
                &[
                    every(Few(9), Few(7), 0),
                    every(Few(9), Few(7), 1),
                    every(Few(9), Few(7), 2),
                    every(Few(9), Few(7), 12),
                    Jump { by: slots(3, 20) },
                    Settle {},
                    Step {},
                ],
            ),
        ),
        (
            "an-interval-that-is-over-and-starts-anew",
            seed(
                end(0),
                2,
                &[
                    Every { first: Few(0), period: Few(9), behavior: 0, acts: 1 },
                    Turn {},
                    Reschedule { pick: 0, after: Few(9) },
                    Turn {},
                ],
            ),
        ),
        (
            "set-back-and-a-common-timeout-touched",
            seed(
                edge(40, 0),
                2,
                &[
                    Common { queue: 1, acts: 0 },
                    Turn {},
                    SetBack { by: edge(33, 0) },
                    Touch { pick: 0 },
                    Step {},
                ],
            ),
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a list")]
fn streams() -> Seeds {
    vec![
        (
            "an-echo",
            seed(
                Few(0),
                2,
                &[
                    connect(0, 9),
                    Turn {},
                    send(40),
                    Quiesce {},
                    Finish { pick: 0 },
                    Quiesce {},
                ],
            ),
        ),
        (
            "lines-a-byte-at-a-time",
            seed(
                Few(0),
                2,
                &[
                    connect(1, 64),
                    Turn {},
                    broken(0, 1),
                    broken(1, 1),
                    send(60),
                    Turn {},
                    receive(1),
                    Quiesce {},
                ],
            ),
        ),
        (
            "an-endless-line",
            // The third connection is the one that never ends its line.
            seed(
                Few(0),
                2,
                &[
                    connect(0, 9),
                    connect(0, 9),
                    connect(1, 99),
                    Turn {},
                    Flood { pick: 2 },
                    Quiesce {},
                ],
            ),
        ),
        (
            "a-peer-that-never-reads",
            seed(
                Few(0),
                2,
                &[
                    connect(32, 4),
                    Turn {},
                    Flood { pick: 0 },
                    Settle {},
                    Advance { by: edge(35, 0) },
                ],
            ),
        ),
        (
            "reset-in-the-midst",
            seed(
                Few(0),
                2,
                &[
                    connect(0, 9),
                    Turn {},
                    send(99),
                    broken(9, 0),
                    Turn {},
                    receive(9),
                    receive(9),
                ],
            ),
        ),
        (
            "half-closed-with-output-pending",
            seed(
                Few(0),
                2,
                &[
                    connect(0, 3),
                    Turn {},
                    send(3),
                    Settle {},
                    send(3),
                    Finish { pick: 0 },
                    Settle {},
                    Quiesce {},
                ],
            ),
        ),
        (
            "a-storm-at-the-door",
            seed(
                Few(0),
                0,
                &[
                    Storm { count: 15 },
                    FailAccept {},
                    Turn {},
                    Storm { count: 15 },
                    Quiesce {},
                ],
            ),
        ),
        (
            "interrupted-and-withheld",
            seed(
                Few(0),
                2,
                &[
                    connect(2, 50),
                    Turn {},
                    broken(7, 0),
                    send(30),
                    Interrupt {},
                    Turn {},
                    broken(6, 0),
                    Quiesce {},
                ],
            ),
        ),
        (
            "a-bystander-in-a-used-slot",
            seed(
                Few(0),
                0,
                &[
                    connect(2, 50),
                    Turn {},
                    Settle {},
                    send(30),
                    Deregister { pick: 0 },
                    connect(3, 9),
                    Settle {},
                ],
            ),
        ),
        (
            "deferred-and-posted-with-one-at-a-time",
            seed(
                Few(0),
                0,
                &[
                    Defer { acts: 1 },
                    Post { acts: 1 },
                    Turn {},
                    Defer { acts: 0 },
                    Post { acts: 0 },
                    Settle {},
                ],
            ),
        ),
    ]
}

pub(crate) fn seeds() -> Seeds {
    [timers(), streams()].concat()
}
