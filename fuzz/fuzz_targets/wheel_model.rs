//! Timers beside the oracle. The body is shared with `tests/fuzz_seeds.rs`.

#![no_main]

#[path = "../bodies/wheel_model.rs"]
mod wheel_model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wheel_model::run(bytes));
