//! The peers: Rust's in here, C's and C++'s as programs that are compiled when they are asked for.

pub(crate) mod calloop;
mod compile;
pub(crate) mod cyclictest;
mod program;
pub(crate) mod tokio;

pub(crate) use compile::Programs;
pub(crate) use program::run;
