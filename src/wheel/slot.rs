//! [`Slot`]: what lies in one slot of a ring.

use crate::arena::{List, NIL};

/// One slot: timers, and the finer ring that it has been opened into, if it has.
#[derive(Copy, Clone, Debug)]
pub(super) struct Slot {
    /// Timers that wait here to be sorted or to move down. Of two with one deadline, those in the
    /// finer ring were scheduled earlier.
    pub(super) list: List,
    /// The finer ring, or [`NIL`].
    finer: u32,
}

impl Slot {
    pub(super) const EMPTY: Self = Self { list: List::EMPTY, finer: NIL };

    /// The finer ring that the slot has been opened into, entirely or in part.
    #[inline]
    pub(super) const fn finer(&self) -> Option<u32> {
        if self.finer == NIL { None } else { Some(self.finer) }
    }

    #[inline]
    pub(super) const fn set_finer(&mut self, ring: Option<u32>) {
        self.finer = match ring {
            Some(ring) => ring,
            None => NIL,
        };
    }

    /// The finer ring that newcomers go to: there is one, and nothing waits ahead of it.
    #[inline]
    pub(super) const fn way_down(&self) -> Option<u32> {
        if self.is_way_down() { Some(self.finer) } else { None }
    }

    /// Whether newcomers go to a finer ring.
    #[inline]
    pub(super) const fn is_way_down(&self) -> bool {
        self.finer != NIL && self.list.is_empty()
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.finer == NIL && self.list.is_empty()
    }
}
