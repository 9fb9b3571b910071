//! Timers, wheel and queues, beside the oracle. The body is shared with `tests/fuzz_seeds.rs`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::timers_model::run(bytes));
