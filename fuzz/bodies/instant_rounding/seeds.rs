//! Scripts that were written by hand for instants: where sums begin to saturate.

use super::Op::{Add, AddNanos, Fire, Monotone, Set, Since, Sub, SubNanos};
use super::{Op, Start};
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Any, Few};
use crate::bodies::codec::{Script, edge, end};

const ZERO: Nanos = Few(0);
/// Whole seconds of the last instant there is, and the nanoseconds that are left.
const LAST_SECS: Nanos = Any(u64::MAX / 1_000_000_000);
const LAST_NANOS: Nanos = Any(u64::MAX % 1_000_000_000);

fn seed(at: Nanos, ops: &[Op]) -> Vec<u8> {
    Script { start: Start { at }, ops: ops.to_vec() }.write()
}

/// Up and down by a duration, from wherever it is.
fn both_ways(secs: Nanos, nanos: Nanos) -> [Op; 5] {
    [
        Fire { secs, nanos, common: 0 },
        Fire { secs, nanos, common: 1 },
        Monotone { secs, nanos, more: Few(1) },
        Add { secs, nanos },
        Sub { secs, nanos },
    ]
}

pub(crate) fn seeds() -> Seeds {
    let [last, longest] = [(LAST_SECS, LAST_NANOS), (end(0), Any(999_999_999))];
    vec![
        ("nothing-at-the-origin", seed(ZERO, &both_ways(ZERO, ZERO))),
        ("nothing-at-the-end", seed(end(0), &both_ways(ZERO, ZERO))),
        ("one-nanosecond-at-the-end", seed(end(0), &both_ways(ZERO, Few(1)))),
        ("one-nanosecond-before-the-end", seed(end(1), &both_ways(ZERO, Few(1)))),
        ("exactly-to-the-end", seed(ZERO, &both_ways(last.0, last.1))),
        ("one-too-many", seed(Few(1), &both_ways(last.0, last.1))),
        (
            "a-second-too-many",
            seed(ZERO, &both_ways(Any(u64::MAX / 1_000_000_000 + 1), ZERO)),
        ),
        ("the-longest-from-the-origin", seed(ZERO, &both_ways(longest.0, longest.1))),
        ("the-longest-from-the-end", seed(end(0), &both_ways(longest.0, longest.1))),
        ("seconds-that-do-not-fit", seed(edge(40, 0), &both_ways(edge(63, 0), ZERO))),
        (
            "half-of-time-twice",
            seed(
                ZERO,
                &[edge(63, 0), edge(63, -1), Few(1)].map(|nanos| AddNanos { nanos }),
            ),
        ),
        (
            "back-through-the-origin",
            seed(Few(9), &[Few(8), Few(1), Few(1)].map(|nanos| SubNanos { nanos })),
        ),
        (
            "since-before-and-behind",
            seed(
                edge(32, 0),
                &[
                    Since { earlier: edge(32, -1) },
                    Since { earlier: edge(32, 0) },
                    Since { earlier: edge(32, 1) },
                    Set { at: end(0) },
                    Since { earlier: ZERO },
                    Set { at: ZERO },
                    Since { earlier: end(0) },
                ],
            ),
        ),
        (
            "longer-is-never-earlier-where-it-saturates",
            seed(
                end(10),
                &[Few(9), Few(10), Few(11)].map(|nanos| Monotone {
                    secs: ZERO,
                    nanos,
                    more: Few(1),
                }),
            ),
        ),
        (
            "a-millisecond-and-a-fraction",
            seed(
                Any(77_999_999),
                &[
                    Fire { secs: ZERO, nanos: Any(1_000_000), common: 0 },
                    Fire { secs: ZERO, nanos: Any(999_999), common: 1 },
                    Fire { secs: Few(30), nanos: Few(1), common: 1 },
                ],
            ),
        ),
    ]
}
