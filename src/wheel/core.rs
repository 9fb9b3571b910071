//! [`Core`]: the rings, over an arena that somebody else owns.
//!
//! A timer is put where one look at its deadline says: in the ring of the coarsest digit in which
//! it differs from the *cursor*, the start of the slot that is earliest now. So far timers lie in
//! few, coarse, unsorted slots, and most of them are cancelled or postponed before anybody looks
//! at them again. As the cursor comes near, a slot with many timers is *opened*: they move down
//! into a finer ring of their own, a few per pop, the slot behind the cursor's at every level,
//! finest first, so that it is done before the cursor gets there. A slot of no more than `LEAF`
//! timers is not opened but sorted, into the [`Front`]. That makes nanosecond order cost what a
//! coarse tick costs, and there is no tick: nothing is driven by time, only by what is stored.
//!
//! # Ground rules
//!
//! A timer enters by [`Core::insert`] and leaves by [`Core::unlink`], whoever owns its arena.
//! [`Core::reschedule`] alone may change the deadline of a timer that is in a slot.
//!
//! # Invariants
//!
//! - **W1** A timer's slot starts at or before its deadline. (It may end before it: postponed.)
//! - **W2** A slot that is occupied holds timers, or a finer ring that covers exactly the slot. One
//!   that was never used goes when the cursor comes to it.
//! - **W3** From `floor` up, `path` names the rings around the cursor, each in the slot of the one
//!   above, and in those slots no timers lie above `floor`.
//! - **W4** The front shows exactly the timers of its slot, in order; when it is `earliest`, no
//!   slot before it is occupied.
//! - **W5** `wake` is at or before every deadline.
//! - **W6** Of two timers with one deadline that were never rescheduled, the one scheduled earlier
//!   comes up first: newcomers join the tail of a slot that is not yet wholly opened.
//! - **W7** Unless `overtaken`, no slot before the cursor's is occupied.
//!
//! # Costs
//!
//! `insert`: O(1), two or three rings. `unlink`: the timer, its two neighbours, its slot.
//! `reschedule` to later: one store. A timer moves at most once a level, twice in the life of
//! one due in a minute, and is sorted once. What a call may move at once is its caller's budget.

use alloc::vec::Vec;

use super::front::Front;
use super::ring::{Geometry, Ring};
use super::slot::Slot;
use super::stats::WheelStats;
use crate::arena::{Arena, Links, NIL, Place, TimerKey};
use crate::time::Instant;

/// The ring that covers all time there is.
const ROOT: u32 = 0;
/// Levels of the narrowest geometry, rings of two slots.
const MOST_LEVELS: usize = 64;

/// The rings of a wheel and the index of what is earliest.
#[derive(Clone, Debug)]
pub(crate) struct Core<const SLOTS: usize, const LEAF: usize> {
    pub(super) rings: Vec<Ring<SLOTS>>,
    /// The slots of all rings: those of ring r from `join(r, 0)` on.
    pub(super) slots: Vec<Slot>,
    /// The first ring that is in no slot, or [`NIL`].
    pub(super) first_spare: u32,
    /// How many rings there may be; above it slots are no longer opened.
    pub(super) ring_limit: u32,
    /// The start of the slot that was earliest when last looked for.
    pub(super) cursor: u64,
    /// A timer was put before the cursor since (W7).
    pub(super) overtaken: bool,
    /// The level of that slot's ring.
    pub(super) floor: u32,
    /// The rings around the cursor, by level (W3).
    pub(super) path: [u32; MOST_LEVELS],
    pub(super) front: Front,
    /// Nothing is due before this (W5). `u64::MAX` when the wheel is empty.
    pub(super) wake: u64,
    /// Timers in slots.
    pub(super) linked: usize,
    /// There may be a slot to open ahead of the cursor.
    pub(super) upkeep_due: bool,
    pub(super) stats: WheelStats,
}

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Rings that can be told apart in a timer's place.
    const RING_LIMIT: u32 = Place::SLOT_LIMIT >> Geometry::<SLOTS>::BITS;
    pub(super) const TOP: u32 = Geometry::<SLOTS>::TOP;

    /// No timers; the first are expected soon after `now`.
    pub(crate) fn starting_at(now: Instant) -> Self {
        const { assert!(LEAF >= 1, "a slot that is not opened holds at least one timer") };
        let mut core = Self {
            rings: Vec::new(),
            slots: Vec::new(),
            first_spare: NIL,
            ring_limit: Self::RING_LIMIT,
            cursor: 0,
            overtaken: false,
            floor: 0,
            path: [NIL; MOST_LEVELS],
            front: Front::new(),
            wake: u64::MAX,
            linked: 0,
            upkeep_due: false,
            stats: WheelStats::default(),
        };
        core.restart(now.as_nanos());
        core
    }

    /// Makes the rings around a time, empty, so that what is scheduled next lies on its level.
    fn restart(&mut self, now: u64) {
        self.rings.clear();
        self.slots.clear();
        self.first_spare = NIL;
        (self.cursor, self.floor, self.wake) = (now, 0, u64::MAX);
        self.overtaken = false;
        self.front.close();
        let mut parent = NIL;
        for level in (0..=Self::TOP).rev() {
            let ring = self.take_ring(now, level, parent);
            if parent != NIL {
                self.set_finer(parent, ring);
            }
            self.path[level as usize] = ring;
            parent = Self::join(ring, Geometry::<SLOTS>::digit(now, level));
        }
    }

    /// Nothing needs doing before this instant.
    #[inline]
    pub(crate) const fn wake(&self) -> Instant {
        Instant::from_nanos(self.wake)
    }

    /// Makes a timer and links it by its deadline; `origin` is its place but for the slot. O(1).
    #[inline]
    pub(crate) fn schedule<T>(
        &mut self,
        arena: &mut Arena<T>,
        deadline: Instant,
        origin: Place,
        value: T,
    ) -> TimerKey {
        let at = deadline.as_nanos();
        let place = self.find_place(at);
        let list = &mut self.slots[place as usize].list;
        let key = list.push_new(arena, deadline, origin.in_slot(place), value);
        self.note_arrival(place, at, key.index());
        key
    }

    /// Links a timer that is linked nowhere, by its deadline. O(1).
    #[inline]
    pub(crate) fn insert<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let at = arena.node(index).deadline.as_nanos();
        let place = self.find_place(at);
        self.link(arena, place, index, at);
    }

    #[inline]
    pub(super) fn link<T>(
        &mut self,
        arena: &mut Arena<T>,
        place: u32,
        index: u32,
        at: u64,
    ) {
        let node = arena.node_mut(index);
        node.place = node.place.in_slot(place);
        self.slots[place as usize].list.push_back(arena, index);
        self.note_arrival(place, at, index);
    }

    /// The slot for a time.
    #[inline]
    fn find_place(&self, at: u64) -> u32 {
        let level = Geometry::<SLOTS>::parting_level(at, self.cursor).max(self.floor);
        self.find_below(self.path[level as usize], level, at)
    }

    /// The slot that a ring, or the rings below it, have for a time.
    #[inline]
    pub(super) fn find_below(&self, mut ring: u32, mut level: u32, at: u64) -> u32 {
        loop {
            let place = Self::join(ring, Geometry::<SLOTS>::digit(at, level));
            match self.slots[place as usize].way_down() {
                Some(finer) => (ring, level) = (finer, level - 1),
                None => return place,
            }
        }
    }

    /// A timer was linked in that slot.
    #[inline]
    fn note_arrival(&mut self, place: u32, at: u64, index: u32) {
        self.wake = self.wake.min(at);
        self.linked += 1;
        let slot = &mut self.slots[place as usize];
        slot.count += 1;
        if slot.count == 1 {
            let (ring, slot) = Self::split(place);
            self.rings[ring as usize].occupy(slot);
        } else if slot.count as usize == LEAF + 1 {
            self.upkeep_due = true;
        }
        self.overtaken |= at < self.cursor;
        if self.front.shows(place) {
            self.enter_front(at, index);
        } else {
            self.front.overtaken_by(at);
        }
    }

    /// Shows a newcomer to the front's slot, unless that has grown too large to be sorted.
    fn enter_front(&mut self, at: u64, index: u32) {
        if self.front.len() < 2 * LEAF {
            self.front.enter(at, index);
        } else {
            self.front.close();
        }
    }

    /// Unlinks a timer that is in a slot. Its place is the caller's to set.
    #[inline]
    pub(crate) fn unlink<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let node = arena.node(index);
        let (place, links) = (node.place, node.links());
        self.note_departure(arena, index, place, links);
    }

    /// A timer that was in a slot is gone, or about to go, given its place and links.
    #[inline]
    pub(crate) fn note_departure<T>(
        &mut self,
        arena: &mut Arena<T>,
        index: u32,
        place: Place,
        links: Links,
    ) {
        let Some(place) = place.slot() else {
            debug_assert!(false, "only a timer in a slot can be unlinked from one");
            return;
        };
        if self.front.shows(place) {
            self.front.leave(index);
        }
        self.linked -= 1;
        let slot = &mut self.slots[place as usize];
        slot.list.close_gap(arena, links);
        slot.count -= 1;
        if slot.list.is_empty() {
            self.list_emptied(place);
        }
    }

    /// Gives back what an emptied list leaves without purpose: the view of its slot, and rings.
    #[inline]
    fn list_emptied(&mut self, place: u32) {
        if self.front.shows(place) {
            self.front.close();
        }
        if self.linked == 0 {
            self.wake = u64::MAX;
        }
        if self.slots[place as usize].is_empty() {
            let (ring, slot) = Self::split(place);
            let here = &mut self.rings[ring as usize];
            here.vacate(slot);
            if here.is_empty() {
                self.free_if_empty(ring);
            }
        }
    }

    /// Opens a slot into a finer ring.
    pub(super) fn set_finer(&mut self, place: u32, finer: u32) {
        self.slots[place as usize].set_finer(Some(finer));
        let (ring, slot) = Self::split(place);
        self.rings[ring as usize].occupy(slot);
    }

    /// Makes a ring that holds nothing spare, and those above it that now hold nothing either.
    pub(super) fn free_if_empty(&mut self, mut ring: u32) {
        while ring != ROOT && self.rings[ring as usize].is_empty() {
            let here = &mut self.rings[ring as usize];
            let (level, parent) = (here.level(), here.parent());
            here.reuse(0, 0, self.first_spare);
            self.first_spare = ring;
            if level >= self.floor && self.path[level as usize] == ring {
                // The cursor's slot is now a plain one of the ring above.
                self.floor = level + 1;
            }
            self.slots[parent as usize].set_finer(None);
            let (above, slot) = Self::split(parent);
            if self.slots[parent as usize].is_empty() {
                self.rings[above as usize].vacate(slot);
            }
            ring = above;
        }
    }

    /// Gives a timer that is in a slot another deadline. To a later one: one store; the timer
    /// moves when its old place comes up.
    #[inline]
    pub(crate) fn reschedule<T>(
        &mut self,
        arena: &mut Arena<T>,
        index: u32,
        deadline: Instant,
    ) {
        let node = arena.node_mut(index);
        if deadline >= node.deadline {
            node.deadline = deadline;
        } else {
            self.bring_forward(arena, index, deadline);
        }
    }

    fn bring_forward<T>(&mut self, arena: &mut Arena<T>, index: u32, deadline: Instant) {
        let Some(place) = arena.node(index).place.slot() else {
            debug_assert!(false, "only a timer in a slot can be moved in it");
            return;
        };
        let (ring, slot) = Self::split(place);
        let here = &self.rings[ring as usize];
        let (start, last) = (here.start_of(slot), here.last_of(slot));
        let at = deadline.as_nanos();
        if at < start {
            self.unlink(arena, index);
            arena.node_mut(index).deadline = deadline;
            self.insert(arena, index);
            return;
        }
        arena.node_mut(index).deadline = deadline;
        self.wake = self.wake.min(at);
        if self.front.shows(place) {
            self.front.leave(index);
            self.front.enter(at.min(last), index);
        }
    }

    #[inline]
    pub(super) fn charge(&mut self, budget: &mut usize, moves: usize) {
        self.stats.moves += moves as u64;
        *budget = budget.saturating_sub(moves);
    }

    /// A ring over the block around `at`, from the spare ones or new.
    pub(super) fn take_ring(&mut self, at: u64, level: u32, parent: u32) -> u32 {
        if self.first_spare == NIL {
            self.rings.push(Ring::around(at, level, parent));
            self.slots.resize(self.rings.len() * SLOTS, Slot::EMPTY);
            return self.rings.len() as u32 - 1;
        }
        let ring = self.first_spare;
        let spare = &mut self.rings[ring as usize];
        self.first_spare = spare.parent();
        spare.reuse(at, level, parent);
        ring
    }

    /// The word that names a slot of a ring.
    #[inline]
    pub(super) const fn join(ring: u32, slot: usize) -> u32 {
        (ring << Geometry::<SLOTS>::BITS) | slot as u32
    }

    /// The ring and the slot that a word names.
    #[inline]
    pub(super) const fn split(place: u32) -> (u32, usize) {
        (place >> Geometry::<SLOTS>::BITS, place as usize & (SLOTS - 1))
    }

    /// Gives back the memory of rings, if no timer is in one.
    pub(crate) fn shrink_to_fit(&mut self) {
        if self.linked == 0 {
            self.restart(self.cursor);
        }
        self.rings.shrink_to_fit();
        self.slots.shrink_to_fit();
    }

    pub(crate) fn stats(&self) -> WheelStats {
        self.stats
    }

    /// A call is over that began with so many moves.
    #[inline]
    pub(crate) fn note_call(&mut self, moves_before: u64) {
        self.stats.note_call(moves_before);
    }

    /// Bytes that the rings take.
    pub(crate) const fn bytes(&self) -> usize {
        self.rings.capacity() * size_of::<Ring<SLOTS>>()
            + self.slots.capacity() * size_of::<Slot>()
    }
}
