//! The stand-alone wheel beside the oracle. The body is shared with `tests/fuzz_seeds.rs`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::wheel_model::run(bytes));
