//! The table of docs/FIGURES.md, in one run of one or two minutes.
//!
//! Every workload at every size for every contender: medians of five rounds, the contenders by
//! turns in each, so that what disturbs the machine disturbs all. Then the tails of single calls,
//! the memory, and the bound on the work of a call.
//!
//! ```text
//! taskset -c 1 cargo bench --bench figures
//! taskset -c 1 cargo bench --bench figures -- refresh 'nothing due'
//! cargo bench --bench figures -- --test
//! ```

#![allow(clippy::cast_precision_loss, reason = "counts of nanoseconds, far below 2^52")]

#[allow(dead_code, unused_imports, reason = "shared with `timers` and with versus")]
#[path = "timers/mod.rs"]
mod harness;

use harness::timed::Timed;
use harness::world::World;
use harness::{Contender, Heap, Null, Ordered, Ours, SIZES, SMOKE_SIZES, Workload};
use harness::{cpu_nanos, resident_bytes};

/// Rounds; odd, so that there is a median.
const ROUNDS: usize = 5;
/// Runs of the same calls, to tell what a call takes from what happens to it.
const PASSES: usize = 3;

fn main() {
    let sizes: &[usize] = if harness::is_smoke_run() { &SMOKE_SIZES } else { &SIZES };
    let asked: Vec<_> = std::env::args().skip(1).collect();
    let is_asked = |workload: &Workload| asked.iter().any(|name| name == workload.name());
    let workloads: Vec<_> = Workload::ALL.into_iter().filter(is_asked).collect();
    if !workloads.is_empty() {
        times(&workloads, sizes);
        return;
    }
    let largest = sizes.iter().copied().max().unwrap_or_default();
    memory(largest);
    times(&Workload::ALL, sizes);
    tails(largest);
}

/// What is asked of a row.
enum Goal {
    /// So many times as fast as the heap.
    Ratio(f64),
    Nanos(f64),
}

const fn goal(workload: Workload, population: usize) -> Option<Goal> {
    match workload {
        Workload::ScheduleCancel => Some(Goal::Ratio(3.0)),
        Workload::Refresh if population >= 1_000_000 => Some(Goal::Ratio(2.0)),
        Workload::FireSchedule if population >= 100_000 => Some(Goal::Ratio(1.0)),
        Workload::NothingDue => Some(Goal::Nanos(4.0)),
        _ => None,
    }
}

/// Calls in a round.
fn calls(workload: Workload, population: usize) -> u64 {
    let calls = workload.calls(population);
    if harness::is_smoke_run() { calls.min(1 << 12) } else { calls }
}

/// One contender on one workload.
struct Lane<C: Contender> {
    world: World<C>,
    nanos_a_call: Vec<f64>,
}

impl<C: Contender> Lane<C> {
    fn new(workload: Workload, population: usize) -> Self {
        Self { world: workload.world(population), nanos_a_call: Vec::new() }
    }

    fn round(&mut self, workload: Workload, calls: u64) {
        let start = cpu_nanos();
        workload.run(&mut self.world, calls);
        self.nanos_a_call.push((cpu_nanos() - start) as f64 / calls as f64);
    }

    fn median(&mut self) -> f64 {
        self.nanos_a_call.sort_by(f64::total_cmp);
        self.nanos_a_call[self.nanos_a_call.len() / 2]
    }
}

fn times(workloads: &[Workload], sizes: &[usize]) {
    println!(
        "\nNanoseconds of the processor's time a call, medians of {ROUNDS} rounds.\n"
    );
    println!(
        "| workload | timers | null | tourbillon | BinaryHeap | BTreeMap \
         | heap ÷ ours | net of null | goal |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|");
    for &workload in workloads {
        for &population in sizes {
            row(workload, population);
        }
    }
}

fn row(workload: Workload, population: usize) {
    let calls = calls(workload, population);
    let mut null = Lane::<Null>::new(workload, population);
    let mut ours = Lane::<Ours>::new(workload, population);
    let mut heap = Lane::<Heap>::new(workload, population);
    let mut ordered = Lane::<Ordered>::new(workload, population);
    for _ in 0..ROUNDS {
        null.round(workload, calls);
        ours.round(workload, calls);
        heap.round(workload, calls);
        ordered.round(workload, calls);
    }
    let (null, ours, heap, ordered) =
        (null.median(), ours.median(), heap.median(), ordered.median());
    let (gross, net) = (heap / ours, (heap - null) / (ours - null));
    let goal = match goal(workload, population) {
        Some(Goal::Ratio(least)) => format!("≥ {least}×: {}", met(gross >= least)),
        Some(Goal::Nanos(most)) => format!("≤ {most} ns: {}", met(ours <= most)),
        None => String::new(),
    };
    println!(
        "| {} | {population} | {null:.1} | {ours:.1} | {heap:.1} | {ordered:.1} \
         | {gross:.2} | {net:.2} | {goal} |",
        workload.name(),
    );
}

const fn met(holds: bool) -> &'static str {
    if holds { "holds" } else { "falls short" }
}

/// Times each call, and tells how much the worst call of ours did.
fn tails(population: usize) {
    println!(
        "\nSingle calls at {population} timers, ns: of each call the fastest of {PASSES} \
         runs of the same calls, so that the machine's interruptions drop out. Reading the clock \
         is included: see the null row. The moves are the most timers that one call touched \
         inside, since the start.\n"
    );
    println!("| workload | contender | median | p99.9 | p99.99 | max | moves |");
    println!("|---|---|--:|--:|--:|--:|--:|");
    for workload in [Workload::CancelSchedule, Workload::Refresh, Workload::FireSchedule]
    {
        tail::<Null>(workload, population);
        tail::<Ours>(workload, population);
        tail::<Heap>(workload, population);
    }
}

fn tail<C: Contender>(workload: Workload, population: usize) {
    let wanted = calls(workload, population);
    let mut fastest: Vec<u32> = Vec::new();
    let mut moves = None;
    for _ in 0..PASSES {
        let mut world = workload.world::<Timed<C>>(population);
        world.timers.calls.clear();
        workload.run(&mut world, wanted);
        let timed = world.timers;
        moves = timed.inner.max_moves();
        if fastest.is_empty() {
            fastest = timed.calls;
        } else {
            assert_eq!(fastest.len(), timed.calls.len(), "the seed is fixed");
            for (fastest, call) in fastest.iter_mut().zip(timed.calls) {
                *fastest = call.min(*fastest);
            }
        }
    }
    fastest.sort_unstable();
    let at = |per_myriad: usize| {
        let index = fastest.len() * per_myriad / 10_000;
        fastest[index.min(fastest.len() - 1)]
    };
    println!(
        "| {} | {} | {} | {} | {} | {} | {} |",
        workload.name(),
        C::NAME,
        at(5_000),
        at(9_990),
        at(9_999),
        at(10_000),
        moves.map_or("–".to_owned(), |moves| moves.to_string())
    );
}

/// Bytes a timer. The map cannot tell, so the growth of the process is given too.
fn memory(population: usize) {
    println!("Bytes a timer with an 8-byte payload, {population} timers.\n");
    println!("| contender | as filled | after cancel + schedule | the process grew by |");
    println!("|---|--:|--:|--:|");
    memory_row::<Ours>(population);
    memory_row::<Heap>(population);
    memory_row::<Ordered>(population);
}

fn memory_row<C: Contender>(population: usize) {
    let share = |bytes: Option<usize>| {
        bytes.map_or("–".to_owned(), |bytes| {
            format!("{:.1}", bytes as f64 / population as f64)
        })
    };
    let workload = Workload::CancelSchedule;
    let resident = resident_bytes();
    let mut world = workload.world::<C>(population);
    // Of the keys beside the timers only what the contender itself needs counts.
    let keys = population * size_of::<C::Key>();
    let grown = resident_bytes()
        .zip(resident)
        .map(|(after, before)| after.saturating_sub(before).saturating_sub(keys));
    let filled = world.timers.memory();
    workload.run(&mut world, 2 * population as u64);
    println!(
        "| {} | {} | {} | {} |",
        C::NAME,
        share(filled),
        share(world.timers.memory()),
        share(grown)
    );
}
