//! What the timer benches share: the contenders behind one trait, and the workloads.
//!
//! Axes: who ([`Contender`]: ours, `BTreeMap`, `BinaryHeap` with lazy cancel, and the harness
//! alone), what ([`Workload`]), how many timers stand by ([`SIZES`]). `benches/versus` adds the peers
//! that are crates of their own, and more workloads.

mod clock;
mod contender;
mod heap;
mod memory;
mod null;
mod ordered;
mod ours;
mod random;
pub(crate) mod timed;
mod workload;
pub(crate) mod world;

pub(crate) use clock::cpu_nanos;
pub(crate) use contender::{Contender, LONGEST};
pub(crate) use heap::Heap;
pub(crate) use memory::resident_bytes;
pub(crate) use null::Null;
pub(crate) use ordered::Ordered;
pub(crate) use ours::Ours;
pub(crate) use random::Random;
pub(crate) use workload::Workload;

/// How many timers stand by.
pub(crate) const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

/// The one size of a smoke run.
pub(crate) const SMOKE_SIZES: [usize; 1] = [1_000];

/// Whether this is a smoke run: `cargo bench -- --test`, or `cargo test --benches`, which says no
/// `--bench`.
pub(crate) fn is_smoke_run() -> bool {
    let says = |flag: &str| std::env::args().any(|argument| argument == flag);
    says("--test") || !says("--bench")
}
