//! The tools that threads share: the standard library's, or loom's in place of them.
//!
//! Under loom, which tries every interleaving of a few threads, only the checks of
//! [`wake`](super::wake) can run; a reactor can not. Hence `test` in the condition: no program that is
//! built with `--cfg loom` for the sake of another crate ends up with loom's tools in here.

#[cfg(not(all(loom, test)))]
mod tools {
    pub(in crate::reactor) use alloc::sync::Arc;
    pub(in crate::reactor) use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    #[cfg(test)]
    pub(in crate::reactor) use std::sync::Condvar;
    pub(in crate::reactor) use std::sync::{Mutex, MutexGuard};
    #[cfg(test)]
    pub(in crate::reactor) use std::thread;
}

#[cfg(all(loom, test))]
mod tools {
    pub(in crate::reactor) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(in crate::reactor) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(in crate::reactor) use loom::thread;
}

pub(super) use tools::*;
