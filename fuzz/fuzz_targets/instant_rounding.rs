//! Sums of instants and durations beside the same in `u128`. The body is shared with `tests/fuzz_seeds.rs`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::instant_rounding::run(bytes));
