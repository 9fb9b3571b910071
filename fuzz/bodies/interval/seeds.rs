//! Scripts that were written by hand for intervals.

use super::Op::{
    AskAfter, AskAt, AskBefore, AskNearNext, Behave, DrainAfter, ResetAfter, ResetAt,
};
use super::{Op, Start};
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Any, Few};
use crate::bodies::codec::{Script, edge, end, slots};

/// Behaviors, as their bytes say.
const SKIP: u8 = 0;
const BURST: u8 = 1;
const DELAY: u8 = 2;
const UP_TO_MOST: u8 = 3;
const UP_TO_1: u8 = 4;
const UP_TO_3: u8 = 4 + 2 * 8;

const MILLI: Nanos = Any(1_000_000);

fn seed(behavior: u8, first: Nanos, period: Nanos, ops: &[Op]) -> Vec<u8> {
    long(behavior, first, (Few(0), period), ops)
}

fn long(behavior: u8, first: Nanos, period: (Nanos, Nanos), ops: &[Op]) -> Vec<u8> {
    let (period_secs, period_nanos) = period;
    let start = Start { first, period_secs, period_nanos, behavior };
    Script { start, ops: ops.to_vec() }.write()
}

/// In time, a little late, a stall, and the borders where a tick counts as missed.
const STALLS: [Op; 9] = [
    AskAfter { by: MILLI },
    AskNearNext { periods: 0, off: 0 },
    AskNearNext { periods: 0, off: 1 },
    AskNearNext { periods: 1, off: 0 },
    AskNearNext { periods: 1, off: 1 },
    AskNearNext { periods: 4, off: 1 },
    DrainAfter { by: Any(3_500_000) },
    AskBefore { back: Any(2_000_000) },
    DrainAfter { by: slots(24, 3) },
];

pub(crate) fn seeds() -> Seeds {
    [stalls(), changes(), ends()].concat()
}

/// The same stalls under each behavior.
fn stalls() -> Seeds {
    vec![
        ("stalls-skipped", seed(SKIP, MILLI, MILLI, &STALLS)),
        ("stalls-caught-up-with", seed(BURST, MILLI, MILLI, &STALLS)),
        ("stalls-delay-the-rest", seed(DELAY, MILLI, MILLI, &STALLS)),
        ("stalls-caught-up-with-by-three", seed(UP_TO_3, MILLI, MILLI, &STALLS)),
        ("stalls-caught-up-with-by-one", seed(UP_TO_1, MILLI, MILLI, &STALLS)),
        ("stalls-caught-up-with-by-billions", seed(UP_TO_MOST, MILLI, MILLI, &STALLS)),
    ]
}

fn changes() -> Seeds {
    vec![
        (
            "another-behavior-after-each-stall",
            seed(
                DELAY,
                Few(7),
                Few(10),
                &[
                    DrainAfter { by: Few(44) },
                    Behave { behavior: UP_TO_3 },
                    DrainAfter { by: Few(77) },
                    Behave { behavior: BURST },
                    AskAfter { by: Few(25) },
                    Behave { behavior: SKIP },
                    AskAfter { by: Few(0) },
                    Behave { behavior: DELAY },
                    DrainAfter { by: Few(200) },
                ],
            ),
        ),
        (
            "reset-ahead-and-back",
            seed(
                SKIP,
                Few(0),
                Few(3),
                &[
                    DrainAfter { by: Few(10) },
                    ResetAfter { by: Few(5) },
                    AskAfter { by: Few(4) },
                    AskAfter { by: Few(1) },
                    ResetAt { start: Few(0) },
                    AskAfter { by: Few(0) },
                    ResetAt { start: end(0) },
                    AskAt { now: end(1) },
                    AskAt { now: end(0) },
                    ResetAfter { by: Few(0) },
                ],
            ),
        ),
        (
            "readings-that-go-back-give-nothing-twice",
            seed(
                BURST,
                edge(40, 0),
                edge(20, 1),
                &[
                    DrainAfter { by: edge(41, 0) },
                    AskBefore { back: edge(21, 0) },
                    AskBefore { back: end(0) },
                    AskAt { now: edge(41, 0) },
                    AskAt { now: edge(42, 0) },
                ],
            ),
        ),
        (
            "every-nanosecond",
            seed(
                UP_TO_3,
                Few(1),
                Few(1),
                &[
                    DrainAfter { by: Few(200) },
                    AskAfter { by: Few(1) },
                    AskAfter { by: edge(50, 0) },
                    DrainAfter { by: Few(2) },
                ],
            ),
        ),
    ]
}

fn ends() -> Seeds {
    vec![
        (
            "a-jump-over-all-of-time",
            seed(SKIP, Few(0), Few(1), &[AskAt { now: end(0) }, AskAt { now: end(0) }]),
        ),
        (
            "a-burst-over-all-of-time",
            seed(BURST, Few(0), Few(1), &[AskAt { now: end(0) }, AskAt { now: end(0) }]),
        ),
        (
            "delayed-beyond-the-last-instant",
            seed(
                DELAY,
                Few(3),
                edge(62, 0),
                &[
                    AskAt { now: end(1) },
                    AskAt { now: end(0) },
                    ResetAt { start: Few(0) },
                ],
            ),
        ),
        (
            "the-last-instant-is-a-tick",
            seed(
                BURST,
                end(20),
                Few(10),
                &[
                    AskAt { now: end(10) },
                    AskAt { now: end(10) },
                    AskAt { now: end(0) },
                    AskAt { now: end(0) },
                ],
            ),
        ),
        (
            "a-period-longer-than-time",
            long(
                UP_TO_3,
                Few(5),
                (end(0), Any(999_999_999)),
                &[AskAt { now: Few(4) }, AskAt { now: end(0) }, AskAt { now: end(0) }],
            ),
        ),
        ("a-period-of-nothing", seed(SKIP, Few(5), Few(0), &[AskAt { now: end(0) }])),
    ]
}
