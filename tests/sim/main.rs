//! The simulator: a reactor on a manual clock with streams in memory, in worlds that a seed makes.
//!
//! The world itself, with the oracle and everything that can go wrong in it, is that of the fuzz target
//! `reactor_script`. Here are hundreds of short worlds in which everything goes wrong at once, and
//! ten simulated years. When a check fails, the seed is printed, and the line that shows it again:
//!
//! ```text
//! SIM_SEED=7 cargo test --test sim -- hostile          one seed
//! SIM_SEED=7 SIM_LOUD=1 cargo test --test sim -- ..    and every step of it
//! SIM_SEEDS=100000 cargo test --test sim -- hostile    more of them
//! ```

#[path = "../common/mod.rs"]
mod common;

#[path = "../../fuzz/bodies/mod.rs"]
mod bodies;

mod hostile;
mod random;
mod years;
