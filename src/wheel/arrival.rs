//! How timers come in: finding the slot for a deadline, and listing a timer there. Part of [`Core`],
//! whose invariants hold here.
//!
//! Scheduling is what is done most, so its plain case is a few dozen instructions in the caller's own
//! code, and whatever is rare is a call made last of all.

use super::core::{Core, MOST_LEVELS};
use super::ring::Geometry;
use crate::arena::{Arena, Chunks, NIL, Place, TimerKey};
use crate::time::Instant;

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Makes a timer, without a home: the newcomer from here on. O(1).
    #[inline(always)]
    pub(crate) fn schedule<T>(
        &mut self,
        arena: &mut Arena<T>,
        deadline: Instant,
        value: T,
    ) -> TimerKey {
        self.seat(arena);
        let key = arena.insert(deadline, value, Self::seat_at(Place::NO_SPOT));
        self.newcomer = key.index();
        self.note_arrival(key.index(), deadline.as_nanos());
        key
    }

    /// Lists the newcomer, if there is one, by its deadline. Gives how many timers were touched for
    /// it: none, but where a slot that it fills has to be relieved. O(1).
    #[inline(always)]
    pub(crate) fn seat<T>(&mut self, arena: &mut Arena<T>) -> usize {
        if self.newcomer == NIL { 0 } else { self.seat_newcomer(arena) }
    }

    #[inline(always)]
    fn seat_newcomer<T>(&mut self, arena: &mut Arena<T>) -> usize {
        let index = self.newcomer;
        let (_, slot_id) = self.find_slot(arena.node(index).deadline.as_nanos());
        if self.seat_plainly(arena, index, slot_id) {
            0
        } else {
            self.seat_below(arena, index)
        }
    }

    /// Lists the newcomer in that slot, if that takes no more than writing it down: the front does not
    /// show it, and there is room. (A slot that newcomers only pass through has an empty list, and so
    /// no room.)
    #[inline(always)]
    fn seat_plainly<T>(
        &mut self,
        arena: &mut Arena<T>,
        index: u32,
        slot_id: u32,
    ) -> bool {
        if self.front.shows(slot_id) {
            return false;
        }
        let (node, chunks) = arena.node_and_chunks(index);
        let Some(spot) = self.slots[slot_id as usize].list.push_back(chunks, index)
        else {
            return false;
        };
        node.set_place(Self::seat_at(spot));
        self.newcomer = NIL;
        true
    }

    /// The place of a timer that was scheduled the plain way.
    #[inline(always)]
    const fn seat_at(spot: u32) -> Place {
        Place::DETACHED.on_wheel(spot)
    }

    /// Lists the newcomer in a slot that may have been opened.
    #[inline(never)]
    fn seat_below<T>(&mut self, arena: &mut Arena<T>, index: u32) -> usize {
        let slot_id = self.find(arena.node(index).deadline.as_nanos());
        if self.seat_plainly(arena, index, slot_id) {
            0
        } else {
            self.seat_anywhere(arena, index)
        }
    }

    /// Lists the newcomer in a slot that is shown by the front, or has no room. (It is the newcomer
    /// until it is listed, so that it is not lost where no more chunks can be had.)
    #[cold]
    #[inline(never)]
    fn seat_anywhere<T>(&mut self, arena: &mut Arena<T>, index: u32) -> usize {
        let before = self.stats.moves;
        let at = arena.node(index).deadline.as_nanos();
        let mut slot_id = self.find(at);
        if self.slots[slot_id as usize].list.is_full() && self.relieve(arena, slot_id) {
            slot_id = self.find(at);
        }
        self.slots[slot_id as usize].list.make_room(arena);
        self.link(arena, slot_id, index, at);
        self.newcomer = NIL;
        // The cursor may have moved on, over the slot where it now is.
        self.note_arrival(index, at);
        (self.stats.moves - before) as usize
    }

    /// The slot that the newcomer will be put in, if there is one.
    pub(super) fn slot_of_newcomer<T>(&self, arena: &Arena<T>) -> Option<u32> {
        let is_there = self.newcomer != NIL;
        is_there.then(|| self.find(arena.node(self.newcomer).deadline.as_nanos()))
    }

    /// Lists a timer that is in no list, by its deadline. O(1).
    #[inline]
    pub(crate) fn insert<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        self.seat(arena);
        self.insert_seated(arena, index);
    }

    /// As [`insert`](Self::insert), when there is no newcomer.
    #[inline]
    pub(super) fn insert_seated<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let at = arena.node(index).deadline.as_nanos();
        let slot_id = self.find(at);
        self.link(arena, slot_id, index, at);
        self.note_arrival(index, at);
    }

    /// Lists a timer in a slot, and notes that in its place.
    #[inline]
    pub(super) fn link<T>(
        &mut self,
        arena: &mut Arena<T>,
        slot_id: u32,
        index: u32,
        at: u64,
    ) {
        let spot = self.list(&mut arena.chunks, slot_id, index, at);
        let node = arena.node_mut(index);
        node.set_place(node.place().on_wheel(spot));
    }

    /// Lists a timer in a slot. Gives its spot, which its place is to name.
    #[inline]
    fn list(&mut self, chunks: &mut Chunks, slot_id: u32, index: u32, at: u64) -> u32 {
        let spot = match self.slots[slot_id as usize].list.push_back(chunks, index) {
            Some(spot) => spot,
            None => self.lengthen(chunks, slot_id, index),
        };
        if self.front.shows(slot_id) {
            self.enter_front(at, index);
        }
        spot
    }

    /// Lists a timer in a slot whose list has no room, or no list yet.
    #[cold]
    #[inline(never)]
    fn lengthen(&mut self, chunks: &mut Chunks, slot_id: u32, index: u32) -> u32 {
        let list = &mut self.slots[slot_id as usize].list;
        let spot = list.lengthen(chunks, slot_id, index);
        let (ring, slot) = Self::split(slot_id);
        self.rings[ring as usize].occupy(slot);
        if self.front.shows(slot_id) {
            chunks.watch(spot, true);
        }
        // It may be the chunk that makes a slot too large to be sorted.
        self.upkeep_due = true;
        spot
    }

    /// A timer was scheduled, or came from elsewhere.
    #[inline(always)]
    fn note_arrival(&mut self, index: u32, at: u64) {
        if at < self.wake {
            if at < self.cursor {
                self.overtaken = true;
                self.front.overtaken();
            }
            (self.wake, self.witness) = (at, index);
        }
    }

    /// The slot that the ring around the cursor has for a time, and the level of that.
    #[inline(always)]
    fn find_slot(&self, at: u64) -> (u32, u32) {
        // The floor's bit makes the level the floor's at least.
        let level = Geometry::<SLOTS>::level_of(self.floor_bit | (at ^ self.cursor));
        let step = &self.path[level as usize % MOST_LEVELS];
        (level, step.first | ((at >> step.shift) as u32 % SLOTS as u32))
    }

    /// The slot for a time.
    #[inline]
    fn find(&self, at: u64) -> u32 {
        let (level, slot_id) = self.find_slot(at);
        self.find_lowest(slot_id, level, at)
    }

    /// The slot for a time: that one, or one in the rings below it.
    #[inline]
    pub(super) fn find_lowest(&self, mut slot_id: u32, mut level: u32, at: u64) -> u32 {
        while let Some(finer) = self.slots[slot_id as usize].way_down() {
            level -= 1;
            slot_id = Self::join(finer, Geometry::<SLOTS>::digit(at, level));
        }
        slot_id
    }

    /// Shows a newcomer to the front's slot, unless that has grown too large to be sorted.
    #[cold]
    fn enter_front(&mut self, at: u64, index: u32) {
        if self.front.len() < 2 * LEAF {
            self.front.enter(at, index);
        } else {
            self.front.close();
        }
    }
}
