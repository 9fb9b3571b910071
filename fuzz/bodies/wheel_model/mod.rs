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
        _ => agree::<64, 160>(&script),
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

/// What is done to the wheel behind the oracle's back: a bug, as the world sees it.
#[cfg(test)]
#[derive(Copy, Clone, Debug)]
pub(crate) enum Sabotage {
    Lose,
    Invent,
    Hasten,
    Delay,
}

/// Runs what the bytes say, and as soon as there is a timer, does that to it. False: there was none
/// that would still be there at the end.
#[cfg(test)]
pub(crate) fn run_sabotaged(bytes: &[u8], sabotage: Sabotage) -> bool {
    let script = read(bytes);
    let start = script.start.now.instant();
    let mut world = World::<Wheel<usize, 4, 2>>::starting_at(start);
    let mut is_done = false;
    for op in &script.ops {
        world.apply(*op);
        if !is_done && let Some((key, deadline)) = world.first_alive() {
            is_done = world.store.contains(key);
            match sabotage {
                Sabotage::Lose => drop(world.store.cancel(key)),
                Sabotage::Invent => drop(world.store.schedule(deadline, usize::MAX)),
                Sabotage::Hasten => drop(world.store.reschedule(key, deadline - NANO)),
                Sabotage::Delay => drop(world.store.reschedule(key, deadline + NANO)),
            }
        }
        if is_done {
            break;
        }
    }
    world.finish();
    is_done
}

#[cfg(test)]
const NANO: std::time::Duration = std::time::Duration::from_nanos(1);
