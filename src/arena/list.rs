//! [`List`]: a doubly linked list of nodes, by index. The only code that writes links.

use super::{Arena, NIL};

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
        let (prev, next) = arena.node(index).links();
        if prev == NIL {
            debug_assert_eq!(self.head, index, "A3: a first node that is not the head");
            self.head = next;
        } else {
            arena.node_mut(prev).set_next(next);
        }
        if next == NIL {
            debug_assert_eq!(self.tail, index, "A3: a last node that is not the tail");
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
