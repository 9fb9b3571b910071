//! The stand-alone [`Wheel`] beside the oracle, on tiny geometries and on the one that is shipped.
//!
//! Checked after each step: every invariant (`validate`), the wake-up against a dumb minimum, and
//! the next deadline where the script asks for it. On each expiry: never early, in order, exactly
//! once; after each drain: nothing lost; in each bounded call: few timers touched.

mod seeds;

use tourbillon::wheel::Wheel;

pub(crate) use self::seeds::seeds;
use super::codec::Script;
use super::world::{MOST_OPS, Op, Start, World};

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let script = read(bytes);
    match script.start.geometry % 5 {
        0 => agree::<2, 3>(&script),
        1 => agree::<4, 1>(&script),
        2 => agree::<4, 2>(&script),
        3 => agree::<8, 3>(&script),
        _ => agree::<64, 24>(&script),
    }
}

fn agree<const SLOTS: usize, const LEAF: usize>(script: &Script<Start, Op>) {
    let mut world =
        World::<Wheel<usize, SLOTS, LEAF>>::starting_at(script.start.now.instant());
    for op in &script.ops {
        world.apply(*op);
        world.check();
    }
    world.finish();
}
