//! The timer operations under criterion: to see what a change does to one of them.
//!
//! Axes: workload, contender, timers standing by (1k, 100k, 1M). The table of docs/FIGURES.md comes
//! from `figures`, which interleaves the contenders.
//!
//! ```text
//! taskset -c 1 cargo bench --bench timers -- 'refresh/tourbillon'
//! cargo bench --bench timers -- --test
//! ```

#[allow(dead_code, unused_imports, reason = "shared with `figures` and with versus")]
#[path = "timers/mod.rs"]
mod harness;

use core::time::Duration;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput};

use harness::{Contender, Heap, Null, Ordered, Ours, SIZES, SMOKE_SIZES, Workload};

/// Short, as there are many rows: the operations are small and the samples long.
fn settings() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args()
}

fn bench<C: Contender>(criterion: &mut Criterion, workload: Workload, sizes: &[usize]) {
    let mut group = criterion.benchmark_group(workload.name().replace(" + ", "-"));
    group.throughput(Throughput::Elements(1));
    for &population in sizes {
        group.bench_function(BenchmarkId::new(C::NAME, population), |bencher| {
            let mut world = workload.world::<C>(population);
            bencher.iter_custom(|times| {
                let start = Instant::now();
                workload.run(&mut world, times);
                start.elapsed()
            });
        });
    }
    group.finish();
}

fn main() {
    let sizes: &[usize] = if harness::is_smoke_run() { &SMOKE_SIZES } else { &SIZES };
    let mut criterion = settings();
    for workload in Workload::ALL {
        bench::<Null>(&mut criterion, workload, sizes);
        bench::<Ours>(&mut criterion, workload, sizes);
        bench::<Heap>(&mut criterion, workload, sizes);
        bench::<Ordered>(&mut criterion, workload, sizes);
    }
    criterion.final_summary();
}
