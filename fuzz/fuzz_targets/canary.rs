//! A planted bug, which must be found: this target is to fail. The body is shared with `tests/fuzz_seeds.rs`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::canary::run(bytes));
