//! Scripts that were written by hand, none of which shows the planted bug: they give the fuzzer the
//! shape of a script and not the finding.

use super::Op::{Advance, AdvanceToNext, Cancel, Schedule};
use super::{Op, Start};
use crate::bodies::Seeds;
use crate::bodies::codec::Nanos::{self, Few};
use crate::bodies::codec::{Script, edge, end, slots};

fn seed(now: Nanos, ops: &[Op]) -> Vec<u8> {
    Script { start: Start { now }, ops: ops.to_vec() }.write()
}

pub(crate) fn seeds() -> Seeds {
    let schedule = |after| Schedule { after };
    let next = AdvanceToNext { beyond: 0 };
    vec![
        ("one-timer", seed(Few(0), &[schedule(Few(5)), next])),
        ("two-timers", seed(Few(0), &[schedule(Few(5)), schedule(Few(3)), next, next])),
        (
            "a-slot-apart",
            seed(Few(3), &[schedule(edge(8, 0)), schedule(edge(9, 0)), next]),
        ),
        (
            "equals",
            seed(Few(9), &[schedule(edge(7, 0)), schedule(edge(7, 0)), next, next]),
        ),
        ("far", seed(Few(0), &[schedule(edge(40, 0)), next])),
        (
            "far-and-near",
            seed(Few(0), &[schedule(edge(30, 0)), schedule(Few(9)), next, next]),
        ),
        ("cancelled", seed(Few(0), &[schedule(Few(40)), Cancel { pick: 0 }, next])),
        ("due-at-once", seed(edge(20, 0), &[schedule(Few(0)), schedule(Few(1)), next])),
        (
            "slept-through",
            seed(Few(1), &[schedule(Few(200)), Advance { by: edge(20, 0) }]),
        ),
        (
            "far-comes-near",
            seed(
                Few(0),
                &[
                    schedule(slots(12, 9)),
                    Advance { by: slots(12, 8) },
                    schedule(Few(1)),
                    next,
                ],
            ),
        ),
        (
            "never",
            seed(end(9), &[schedule(end(0)), schedule(Few(3)), Cancel { pick: 0 }, next]),
        ),
        (
            "one-in-each-slot",
            seed(Few(0), &[1, 2, 3, 4, 5, 6].map(|slot| schedule(slots(8, slot)))),
        ),
    ]
}
