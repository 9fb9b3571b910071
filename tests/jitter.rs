//! The jitter instrument as a stranger uses it: the example's own binary, short runs.
//!
//! Ground rules: no test passes or fails by how fast the machine is, or how late its timers are.
//! What must hold is that none was early, that everything adds up, and that what is written down
//! says the same everywhere. Every wait is bounded by [`PATIENCE`](program::PATIENCE).
#![cfg(unix)]

#[path = "jitter/arguments.rs"]
mod arguments;
#[path = "common/example.rs"]
mod example;
#[path = "jitter/files.rs"]
mod files;
#[path = "jitter/modes.rs"]
mod modes;
#[path = "jitter/program.rs"]
mod program;
#[path = "jitter/signals.rs"]
mod signals;
#[path = "jitter/table.rs"]
mod table;
