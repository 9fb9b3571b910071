//! A whole reactor in a world of its own: a manual clock, streams in memory, peers that behave and peers that
//! do not, faults and a clock that stalls, jumps and goes back. Checked at every call, against books
//! that are obviously right: P1 to P5, P7 and P10 to P12.
//!
//! A script is one list of operations. Whoever acts takes the next one: the world between two
//! turns, and handlers inside them, as many as they were scheduled with. So every choice is in the script,
//! and the same script gives the same run, to the last event.
//!
//! `tests/sim` runs long scripts of random operations through the same world.

mod book;
mod calls;
mod conn;
mod ops;
mod peers;
mod seeds;
mod served;
mod time;
mod timers;
mod world;

use super::codec::Script;

pub(crate) use self::ops::{Op, Start};
pub(crate) use self::seeds::seeds;
#[allow(unused_imports, reason = "for the tests alone")]
pub(crate) use self::world::Sabotage;
pub(crate) use self::world::{Report, World};

/// Operations of one script, at most.
const MOST_OPS: usize = 400;

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let script = read(bytes);
    play(script.start, script.ops);
}

/// Runs a script from its start to its end, and all that is pending then.
pub(crate) fn play(
    start: Start,
    ops: impl IntoIterator<Item = Op, IntoIter: 'static>,
) -> Report {
    let (mut world, mut reactor) = World::new(start, Box::new(ops.into_iter()));
    while world.drive_next(&mut reactor) {}
    world.finish(&mut reactor)
}
