//! The rot13 service as a stranger meets it: the example's own binary, real sockets on loopback.
//!
//! Ground rules:
//! - Every test starts a server of its own on port 0 and kills it at the end, so tests run side
//!   by side and none can see another's connections.
//! - Every wait is bounded by [`PATIENCE`](server::PATIENCE), and its failure says what was
//!   waited for. No test passes or fails by how fast the machine is. The one look at time is the
//!   no-spin check, which compares the CPU time of a server that has nothing to do with half the
//!   wall time: a loop that spins takes all of it, one that sleeps takes next to none.
//! - What is read from `/proc` is read on Linux only.
#![cfg(unix)]

#[path = "rot13/arguments.rs"]
mod arguments;
#[path = "rot13/client.rs"]
mod client;
#[path = "rot13/crowds.rs"]
mod crowds;
#[path = "common/example.rs"]
mod example;
#[path = "rot13/lines.rs"]
mod lines;
#[path = "rot13/process.rs"]
mod process;
#[path = "rot13/server.rs"]
mod server;
#[path = "rot13/stopping.rs"]
mod stopping;
#[path = "rot13/stubborn.rs"]
mod stubborn;
