//! A reactor in a world of its own. The body is shared with `tests/fuzz_seeds.rs` and `tests/sim`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::reactor_script::run(bytes));
