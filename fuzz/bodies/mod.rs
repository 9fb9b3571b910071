//! The bodies of the fuzz targets, and the list of them. Targets and `tests/fuzz_seeds.rs` share them.

#![allow(dead_code, reason = "each target uses its part, and the tests use all")]

pub(crate) mod canary;
pub(crate) mod codec;
pub(crate) mod common_timeout_model;
pub(crate) mod instant_rounding;
pub(crate) mod interval;
mod oracle;
pub(crate) mod reactor_script;
mod store;
pub(crate) mod timers_model;
pub(crate) mod wheel_model;
mod world;

/// Seeds that were made by hand: what each shows, and its bytes.
pub(crate) type Seeds = Vec<(&'static str, Vec<u8>)>;

/// A fuzz target, as the tests see it.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&[u8]),
    /// What the bytes say, to read.
    pub(crate) show: fn(&[u8]) -> String,
    pub(crate) seeds: fn() -> Seeds,
}

macro_rules! target {
    ($name:ident) => {
        Target {
            name: stringify!($name),
            run: $name::run,
            show: |bytes| format!("{:#?}", $name::read(bytes)),
            seeds: $name::seeds,
        }
    };
}

pub(crate) const TARGETS: [Target; 7] = [
    target!(wheel_model),
    target!(timers_model),
    target!(common_timeout_model),
    target!(interval),
    target!(instant_rounding),
    target!(reactor_script),
    target!(canary),
];
