//! Common timeouts beside a plain list. The body is shared with `tests/fuzz_seeds.rs`.

#![no_main]

#[path = "../bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::common_timeout_model::run(bytes));
