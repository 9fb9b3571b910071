//! What a reading of a clock costs, beside the counter alone and what quanta makes of it.
//!
//! ```text
//! taskset -c 1 cargo bench --bench clock
//! ```

use criterion::Criterion;
use tourbillon::{Clock, MonotonicClock};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("clock");
    let counter = quanta::Clock::new();
    group.bench_function("quanta, raw", |bencher| bencher.iter(|| counter.raw()));
    group.bench_function("quanta", |bencher| bencher.iter(|| counter.now()));
    let ours = MonotonicClock::new();
    group.bench_function("tourbillon", |bencher| bencher.iter(|| ours.now()));
    let kernel = MonotonicClock::kernel();
    group.bench_function("kernel", |bencher| bencher.iter(|| kernel.now()));
    group.finish();
    criterion.final_summary();
}
