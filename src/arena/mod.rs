//! The ground that every timer stands on: generational slots, and the lists that link them.
//!
//! A timer is one [`Node`] in one [`Vec`](alloc::vec::Vec), named by its index inside and by a
//! [`TimerKey`] (index and generation) outside. The structures above, rings of the wheel and
//! queues of common timeouts, own no timers: they keep lists of indices, [`List`], which is the
//! only code in the crate that writes a link. So a timer can move from a queue to the wheel and keep
//! its key.
//!
//! A list is a chain of *chunks*, each one cache line with up to sixteen indices, and a timer's place
//! names its *spot*, the chunk and where in it. What leaves makes a gap, and a word for each chunk,
//! its *tally*, is all that is touched. A chunk that comes down to six is joined with a neighbour if they
//! fit in one: when timers come and go at random, chunks are two thirds full.
//!
//! # Ground rules
//!
//! A node's deadline and place belong to the structure that has listed it. Whoever takes a node out
//! of a list says at once where it is now: elsewhere, detached, or gone.
//!
//! # Invariants
//!
//! - **A1** A slot is live, on the free list, or retired; never two of these.
//! - **A2** A generation is used once in a slot's life: no two timers ever had the same key.
//! - **A3** Of two chunks of a list, `next` of the one is `prev` of the other, from head to tail; each
//!   names the list's owner, and none is empty.
//! - **A4** A timer that is in a list is written down once, at the spot that its place names.
//!
//! # Costs
//!
//! A timer takes 16 bytes and its value, and in a list of many 5 to 8 more; 20 at the worst, when those
//! that have left were chosen so that one and seven are left of two chunks by turns; alone in a list, 80.
//! Everything is O(1) but growth, which is that of a `Vec`; taking a timer out may move the sixteen
//! of two chunks into one.

mod believed;
mod budget;
mod chunk;
mod counted;
mod expired;
mod key;
mod list;
mod place;
mod refused;
mod slots;
mod tally;

pub(crate) use believed::Believed;
pub use budget::Budget;
pub(crate) use chunk::Chunks;
pub(crate) use counted::Counted;
pub use expired::Expired;
pub use key::TimerKey;
pub(crate) use list::List;
pub(crate) use place::Place;
pub use refused::Refused;
pub(crate) use slots::Arena;
pub use slots::Iter;
#[cfg(feature = "model")]
pub(crate) use slots::Node;
pub(crate) use tally::Left;

/// The index that names no node: the end of a list.
pub(crate) const NIL: u32 = u32::MAX;
