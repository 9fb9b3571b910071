//! Scripts of random operations, and a run of one that says its seed when something breaks.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use crate::bodies::codec::Bytes;
use crate::bodies::codec::Code;
use crate::bodies::reactor_script::{Op, Start};
use crate::common::Random;

/// Bytes of an operation, at most.
const MOST_BYTES: usize = 40;

/// How often operations of each number come, by their order in `Op`.
pub(crate) type Weights = [u8; 37];

/// A random source for a seed; seeds that are near each other have nothing in common.
pub(crate) fn random(seed: u64) -> Random {
    Random::new(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn bytes(random: &mut Random) -> Vec<u8> {
    (0..MOST_BYTES).map(|_| random.next().to_le_bytes()[3]).collect()
}

pub(crate) fn start(random: &mut Random) -> Start {
    Start::read(&mut Bytes::new(&bytes(random)))
}

pub(crate) fn op(random: &mut Random, weights: &Weights) -> Op {
    let sum = weights.iter().map(|weight| u64::from(*weight)).sum();
    let mut left = random.below(sum);
    let number = weights.iter().position(|weight| {
        let is_it = left < u64::from(*weight);
        left = left.saturating_sub(u64::from(*weight));
        is_it
    });
    let mut bytes = bytes(random);
    bytes[0] = number.unwrap_or(0) as u8;
    Op::read(&mut Bytes::new(&bytes))
}

/// Runs `run` with a counter of its steps; if that fails, says how to do so again.
pub(crate) fn with_seed<T>(
    test: &str,
    seed: u64,
    run: impl FnOnce(Rc<Cell<u64>>) -> T,
) -> T {
    let step = Rc::new(Cell::new(0));
    let counted = Rc::clone(&step);
    match catch_unwind(AssertUnwindSafe(|| run(counted))) {
        Ok(done) => done,
        Err(panic) => {
            eprintln!("\nseed {seed} failed at step {}. To see it again:\n", step.get());
            eprintln!("    SIM_SEED={seed} cargo test --test sim -- {test}\n");
            resume_unwind(panic)
        }
    }
}

/// Whether to tell on the way what happens: `SIM_LOUD`.
pub(crate) fn is_loud() -> bool {
    std::env::var_os("SIM_LOUD").is_some()
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// The one seed of `SIM_SEED`, or as many as `SIM_SEEDS` says, or so many.
pub(crate) fn seeds(count: u64) -> std::ops::Range<u64> {
    match variable("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("SIM_SEEDS").unwrap_or(count),
    }
}
