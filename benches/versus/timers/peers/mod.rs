//! The peers that are crates of their own, each behind `Contender` in the way its documentation
//! recommends.

mod bit;
mod delay_queue;
mod hash_wheel;
mod nexus;
mod nexus_queue;
mod ours_wheel;
mod std_null;
mod std_time;

pub(crate) use bit::Bit;
pub(crate) use delay_queue::Delays;
pub(crate) use hash_wheel::HashWheel;
pub(crate) use nexus::Nexus;
pub(crate) use nexus_queue::NexusQueue;
pub(crate) use ours_wheel::OursWheel;
pub(crate) use std_null::StdNull;
