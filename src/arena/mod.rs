//! The ground that every timer stands on: generational slots, and the lists that link them.
//!
//! A timer is one [`Node`] in one [`Vec`](alloc::vec::Vec), named by its index inside and by a
//! [`TimerKey`] (index and generation) outside. The structures above, rings of the wheel and
//! queues of common timeouts, own no timers: they link nodes by index, through [`List`], which
//! is the only code in the crate that writes a link. So a timer can move from a queue to the
//! wheel and keep its key.
//!
//! # Ground rules
//!
//! A node's deadline and place belong to the structure that has linked it. Whoever unlinks a
//! node says at once where it is now: elsewhere, detached, or gone.
//!
//! # Invariants
//!
//! - **A1** A slot is live, on the free list, or retired; never two of these.
//! - **A2** A generation is used once in a slot's life: no two timers ever had the same key.
//! - **A3** In a list, `next` of the one is `prev` of the other, from head to tail.
//!
//! # Costs
//!
//! 24 bytes and the value, rounded up to 32, so that a timer with a value of 8 bytes lies on one
//! cache line and never across two. Everything is O(1) but growth, which is that of a `Vec`.

mod budget;
mod expired;
mod key;
mod list;
mod place;
mod slots;

pub use budget::Budget;
pub use expired::Expired;
pub use key::TimerKey;
pub(crate) use list::List;
pub(crate) use place::Place;
pub(crate) use slots::{Arena, Links, Node};

/// The index that names no node: the end of a list.
pub(crate) const NIL: u32 = u32::MAX;
