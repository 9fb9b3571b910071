//! Hundreds of short worlds, each with everything in it that can go wrong.

use std::cell::Cell;
use std::panic::catch_unwind;
use std::rc::Rc;

use crate::bodies::reactor_script::{Report, Sabotage, World};
use crate::random::{Weights, is_loud, op, random, seeds, start, with_seed};

/// Steps of one world.
const STEPS: u64 = 600;

const ALL: Weights = [
    12, 4, 2, 10, 8, 4, 4, 2, // turn … set back
    2, 1, 2, // stop, stop at, panic
    12, 4, 6, 6, 4, 4, 6, 4, 2, // timers
    4, 4, // calls
    10, 2, 24, 6, 20, 3, 2, 8, 1, 2, // connections
    5, 3, 2, 2, // sources
    2, // quiesce
];

/// One world from its beginning to its end; with the sabotage, also whether there was anything to do it to.
fn play(seed: u64, count: Rc<Cell<u64>>, sabotage: Option<Sabotage>) -> (Report, bool) {
    let mut random = random(seed);
    let start = start(&mut random);
    let ops = (0..STEPS).map(move |step| {
        count.set(step);
        op(&mut random, &ALL)
    });
    let (mut world, mut reactor) = World::new(start, Box::new(ops));
    world.is_loud = is_loud();
    if let Some(sabotage) = sabotage {
        world.sabotage(sabotage);
    }
    while world.drive_next(&mut reactor) {}
    let report = world.finish(&mut reactor);
    (report, world.was_sabotaged)
}

#[test]
fn hostile_worlds_break_no_promise() {
    let mut total = Report::default();
    let seeds = seeds(600);
    for seed in seeds.clone() {
        let (report, _) = with_seed("hostile", seed, |count| play(seed, count, None));
        total.add(&report);
    }
    println!("{seeds:?}: {total:?}");
    // They are what they say, or they show less than they say.
    if seeds.end - seeds.start >= 600 {
        assert!(total.fired > 20_000 && total.panics > 500 && total.bytes > 100_000);
    }
}

#[test]
fn one_seed_gives_one_run() {
    for seed in seeds(60) {
        let once = || with_seed("one_seed", seed, |count| play(seed, count, None).0);
        assert_eq!(once(), once(), "seed {seed}");
    }
    let hash = |seed| play(seed, Rc::default(), None).0.hash;
    assert_ne!(hash(1), hash(2));
}

/// The canary: a world that is sabotaged behind its back says so.
#[test]
fn what_is_done_behind_a_worlds_back_is_noticed() {
    for sabotage in [
        Sabotage::Lose,
        Sabotage::Hasten,
        Sabotage::Delay,
        Sabotage::Steal,
        Sabotage::Forge,
        Sabotage::Hush,
    ] {
        let (mut noticed, mut untouched, mut harmless) = (0, 0, 0);
        for seed in 0..60 {
            match catch_unwind(|| play(seed, Rc::default(), Some(sabotage))) {
                Err(_) => noticed += 1,
                Ok((_, false)) => untouched += 1,
                // A timer was moved or cancelled after all, a stream ended otherwise.
                Ok((_, true)) => harmless += 1,
            }
        }
        println!(
            "{sabotage:?}: {noticed} noticed, {harmless} not, {untouched} had no occasion"
        );
        assert!(noticed >= 12, "{sabotage:?}: {noticed} noticed, {harmless} not");
    }
}
