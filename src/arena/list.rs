//! [`List`]: a doubly linked list of nodes, by index. The only code that writes links.

use super::slots::Links;
use super::{Arena, NIL, Place, TimerKey};
use crate::time::Instant;

/// A list of timers: the first and the last. Empty: both [`NIL`].
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) struct List {
    head: u32,
    tail: u32,
}

impl List {
    pub(crate) const EMPTY: Self = Self { head: NIL, tail: NIL };

    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.head == NIL
    }

    /// The first node, or [`NIL`].
    #[inline]
    pub(crate) const fn head(self) -> u32 {
        self.head
    }

    /// The last node, or [`NIL`].
    #[inline]
    pub(crate) const fn tail(self) -> u32 {
        self.tail
    }

    /// Links an unlinked node behind the last.
    #[inline]
    pub(crate) fn push_back<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let tail = self.tail;
        arena.node_mut(index).set_links(tail, NIL);
        self.follow(arena, tail, index);
    }

    /// Puts a new timer in a slot of the arena and links it behind the last: the node is written
    /// once, whole.
    #[inline]
    pub(crate) fn push_new<T>(
        &mut self,
        arena: &mut Arena<T>,
        deadline: Instant,
        place: Place,
        value: T,
    ) -> TimerKey {
        let tail = self.tail;
        let key = arena.insert(deadline, place, value, tail);
        self.follow(arena, tail, key.index());
        key
    }

    #[inline]
    fn follow<T>(&mut self, arena: &mut Arena<T>, tail: u32, index: u32) {
        if tail == NIL {
            self.head = index;
        } else {
            arena.node_mut(tail).set_next(index);
        }
        self.tail = index;
    }

    /// Unlinks a node of this list. What its own links say afterwards means nothing.
    #[inline]
    pub(crate) fn unlink<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let links = arena.node(index).links();
        self.close_gap(arena, links);
    }

    /// Links the neighbours of a node that has gone with each other, given its links.
    #[inline]
    pub(crate) fn close_gap<T>(&mut self, arena: &mut Arena<T>, (prev, next): Links) {
        if prev == NIL {
            self.head = next;
        } else {
            arena.node_mut(prev).set_next(next);
        }
        if next == NIL {
            self.tail = prev;
        } else {
            arena.node_mut(next).set_prev(prev);
        }
    }

    /// The node behind another, or [`NIL`].
    #[inline]
    pub(crate) fn next_of<T>(arena: &Arena<T>, index: u32) -> u32 {
        arena.node(index).links().1
    }

    /// The nodes from first to last.
    pub(crate) fn iter<T>(self, arena: &Arena<T>) -> impl Iterator<Item = u32> {
        let mut at = self.head;
        core::iter::from_fn(move || {
            (at != NIL).then(|| {
                let index = at;
                at = Self::next_of(arena, index);
                index
            })
        })
    }
}
