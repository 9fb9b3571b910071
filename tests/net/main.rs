//! Listeners and bufferevents over real sockets on loopback. The same rules, without sockets and
//! corner by corner, are in the crate's own `advance_tests`.
#![cfg(feature = "net")]

mod backpressure;
mod closing;
mod cut;
mod listener;
mod reaching;
mod streams;
mod support;
mod timeouts;
