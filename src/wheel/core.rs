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
//! A timer enters by [`Core::schedule`] or [`Core::insert`] and leaves by [`Core::unlink`],
//! [`Core::note_departure`] or [`Core::pop_front`], whoever owns its arena.
//! [`Core::reschedule`] alone may change the deadline of a timer that is in a slot.
//!
//! The timer that was scheduled last is the *newcomer* and waits outside: it is put in its slot when
//! something else happens ([`Core::seat`]). Many a timeout is over before anything does.
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
//! - **W5** `wake` is at or before every deadline and, unless `overtaken`, not before the
//!   slot that the cursor is in.
//! - **W6** Of two timers with one deadline that were never rescheduled, the one scheduled earlier
//!   comes up first: newcomers join the tail of a slot that is not yet wholly opened.
//! - **W7** Unless `overtaken`, no slot before the cursor's is occupied.
//! - **W8** The chunks of the slot that the front shows are watched: it hears of every timer that
//!   leaves. (Others may be, too: they were shown.)
//! - **W9** The newcomer is in no slot, nothing was put in one since it came, and the cursor stands
//!   where it stood: every call that would change that seats it first.
//!
//! # Costs
//!
//! `insert`: O(1), two or three rings, and for each chunk of newcomers some timers of a slot that has
//! to be opened. `unlink`: the timer, its spot, its chunk's tally; at times the timers of two chunks.
//! `reschedule` to later: one store. A timer moves at most once a level, once or twice in the life of
//! one due in a minute, and is sorted once as a rule. What a pop may move at once is its caller's
//! budget.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use super::front::Front;
use super::ring::{Geometry, Ring};
use super::slot::Slot;
use super::stats::Counters;
use crate::arena::{Arena, Left, NIL, Place};
use crate::time::Instant;

/// The ring that covers all time there is.
pub(super) const ROOT: u32 = 0;
/// Rings that there is room for from the start: few wheels need more at once.
const FIRST_RINGS: usize = 16;
/// Timers to a ring. A million that fire within half a minute have some 140 rings at a time: two
/// seconds' worth, opened two levels down.
const TIMERS_TO_A_RING: usize = 6144;
/// Levels of the narrowest geometry, rings of two slots.
pub(super) const MOST_LEVELS: usize = 64;

/// A ring around the cursor, as scheduling looks at it.
#[derive(Copy, Clone, Debug)]
pub(super) struct Step {
    /// Its first slot.
    pub(super) first: u32,
    /// Bits of a time below those that it decides; less than 64.
    pub(super) shift: u32,
}

impl Step {
    const NONE: Self = Self { first: NIL, shift: 0 };
}

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
    /// The lowest bit that this level's rings decide.
    pub(super) floor_bit: NonZeroU64,
    /// The rings around the cursor, by level (W3).
    pub(super) path: [Step; MOST_LEVELS],
    pub(super) front: Front,
    /// Nothing is due before this (W5). `u64::MAX` when the wheel is found empty.
    pub(super) wake: u64,
    /// The timer that `wake` is the deadline of, if it still is.
    pub(super) witness: u32,
    /// The timer that was scheduled last, if it is in no slot yet (W9); else [`NIL`].
    pub(super) newcomer: u32,
    /// There may be a slot to open ahead of the cursor.
    pub(super) upkeep_due: bool,
    /// When a call that finds nothing due should do some upkeep.
    pub(super) idle_from: u64,
    /// Moves of upkeep that pops have saved up for.
    pub(super) saved_moves: usize,
    pub(super) stats: Counters,
}

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// The most rings there may be: enough for tens of millions of timers that crowd in few slots.
    const RING_LIMIT: u32 = 1 << 20;
    pub(super) const TOP: u32 = Geometry::<SLOTS>::TOP;
    /// The level of slots of about a second, where a wheel begins: finer rings are made where there
    /// are many timers.
    pub(super) const FIRST_FLOOR: u32 = 30 / Geometry::<SLOTS>::BITS;

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
            floor_bit: NonZeroU64::MIN,
            path: [Step::NONE; MOST_LEVELS],
            front: Front::new(),
            wake: u64::MAX,
            witness: NIL,
            newcomer: NIL,
            upkeep_due: false,
            idle_from: u64::MAX,
            saved_moves: 0,
            stats: Counters::default(),
        };
        core.restart(now.as_nanos());
        core
    }

    /// Makes room for the rings of so many timers, so that the rings there are need not be copied when
    /// others are made: at a million that takes longer than anything else a call does.
    pub(crate) fn reserve(&mut self, timers: usize) {
        let rings = (timers / TIMERS_TO_A_RING).saturating_sub(self.rings.len());
        self.rings.reserve_exact(rings);
        self.slots.reserve_exact(rings * SLOTS);
    }

    /// Makes the rings around a time, empty, so that what is scheduled next lies on its level.
    pub(super) fn restart(&mut self, now: u64) {
        self.rings.clear();
        self.slots.clear();
        self.rings.reserve(FIRST_RINGS);
        self.slots.reserve(FIRST_RINGS * SLOTS);
        self.first_spare = NIL;
        (self.cursor, self.wake, self.witness) = (now, u64::MAX, NIL);
        self.newcomer = NIL;
        self.idle_from = u64::MAX;
        self.set_floor(Self::FIRST_FLOOR);
        self.overtaken = false;
        self.front.close();
        let mut parent = NIL;
        for level in (Self::FIRST_FLOOR..=Self::TOP).rev() {
            let ring = self.take_ring(now, level, parent);
            if parent != NIL {
                self.set_finer(parent, ring);
            }
            self.set_path(level, ring);
            parent = Self::join(ring, Geometry::<SLOTS>::digit(now, level));
        }
    }

    /// The timer that is due first, by its deadline `wake`, as far as is known.
    #[inline]
    pub(crate) const fn witness(&self) -> u32 {
        self.witness
    }

    /// Nothing needs doing before this instant.
    #[inline]
    pub(crate) const fn wake(&self) -> Instant {
        Instant::from_nanos(self.wake)
    }

    /// The ring around the cursor at a level.
    #[inline]
    pub(super) const fn path(&self, level: u32) -> u32 {
        Self::split(self.path[level as usize].first).0
    }

    /// A ring is around the cursor.
    #[inline]
    pub(super) const fn set_path(&mut self, level: u32, ring: u32) {
        let (first, shift) = (Self::join(ring, 0), level * Geometry::<SLOTS>::BITS);
        self.path[level as usize] = Step { first, shift };
    }

    #[inline]
    pub(super) fn set_floor(&mut self, level: u32) {
        self.floor = level;
        self.floor_bit = Geometry::<SLOTS>::lowest_bit(level);
    }

    /// Takes a timer off the wheel. Its place is the caller's to set.
    #[inline]
    pub(crate) fn unlink<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let place = arena.node(index).place();
        debug_assert!(
            place.is_on_wheel(),
            "only a timer on the wheel can be taken off it"
        );
        self.note_departure(arena, index, place.spot_in_list(), ());
    }

    /// A timer that was on the wheel is gone, or about to go, given its spot. Gives back what it is
    /// given: so the last thing done is the call that is seldom made, and the others need no stack.
    #[inline(always)]
    pub(crate) fn note_departure<T, R>(
        &mut self,
        arena: &mut Arena<T>,
        index: u32,
        spot: u32,
        result: R,
    ) -> R {
        if index == self.newcomer {
            self.newcomer = NIL;
            return result;
        }
        let left = arena.chunks.erase(spot);
        if left.wants_look() {
            return self.look_after(arena, index, spot, left, result);
        }
        result
    }

    /// Takes the front's first timer out of its slot. Its place is the caller's to set.
    #[inline]
    pub(crate) fn pop_front<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let spot = arena.node(index).place().spot_in_list();
        self.front.pop();
        if arena.chunks.erase(spot).is_empty() {
            self.tidy(arena, spot);
        }
    }

    /// A timer has gone from a chunk that the front watches, or that has few left.
    #[cold]
    #[inline(never)]
    fn look_after<T, R>(
        &mut self,
        arena: &mut Arena<T>,
        index: u32,
        spot: u32,
        left: Left,
        result: R,
    ) -> R {
        if self.front.shows(arena.chunks.owner(spot)) {
            self.front.leave(index, ());
        } else {
            arena.chunks.watch(spot, false);
        }
        if left.is_sparse() {
            self.tidy(arena, spot);
        }
        result
    }

    /// A chunk has come down to few timers, or to none.
    #[inline(never)]
    fn tidy<T>(&mut self, arena: &mut Arena<T>, spot: u32) {
        let slot_id = arena.chunks.owner(spot);
        let slot = &mut self.slots[slot_id as usize];
        slot.list.tidy(arena, spot);
        if slot.list.is_empty() {
            self.list_emptied(slot_id);
        }
    }

    /// Gives back what an emptied list leaves without purpose: the view of its slot, and rings.
    pub(super) fn list_emptied(&mut self, slot_id: u32) {
        if self.front.shows(slot_id) {
            self.front.close();
        }
        if self.slots[slot_id as usize].is_empty() {
            let (ring, slot) = Self::split(slot_id);
            let here = &mut self.rings[ring as usize];
            here.vacate(slot);
            if here.is_empty() {
                self.free_if_empty(ring);
            }
        }
        if self.rings[ROOT as usize].is_empty() && self.newcomer == NIL {
            (self.wake, self.witness) = (u64::MAX, NIL);
            self.idle_from = u64::MAX;
        }
    }

    /// Opens a slot into a finer ring.
    pub(super) fn set_finer(&mut self, slot_id: u32, finer: u32) {
        self.slots[slot_id as usize].set_finer(Some(finer));
        let (ring, slot) = Self::split(slot_id);
        self.rings[ring as usize].occupy(slot);
    }

    /// Makes a ring that holds nothing spare, and those above it that now hold nothing either.
    pub(super) fn free_if_empty(&mut self, mut ring: u32) {
        while ring != ROOT && self.rings[ring as usize].is_empty() {
            let here = &mut self.rings[ring as usize];
            let (level, parent) = (here.level(), here.parent());
            here.reuse(0, 0, self.first_spare);
            self.first_spare = ring;
            if level >= self.floor && self.path(level) == ring {
                // The cursor's slot is now a plain one of the ring above.
                self.set_floor(level + 1);
            }
            self.slots[parent as usize].set_finer(None);
            let (above, slot) = Self::split(parent);
            if self.slots[parent as usize].is_empty() {
                self.rings[above as usize].vacate(slot);
            }
            ring = above;
        }
    }

    /// Gives a timer that is on the wheel another deadline. To a later one: one store; the timer
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
        self.seat(arena);
        let Some(slot_id) = Self::slot_of(arena, index) else {
            debug_assert!(false, "only a timer in a slot can be moved in it");
            return;
        };
        let (ring, slot) = Self::split(slot_id);
        let here = &self.rings[ring as usize];
        let (start, last) = (here.start_of(slot), here.last_of(slot));
        let at = deadline.as_nanos();
        if at < start {
            self.unlink(arena, index);
            arena.node_mut(index).deadline = deadline;
            self.insert_seated(arena, index);
            return;
        }
        arena.node_mut(index).deadline = deadline;
        self.wake = self.wake.min(at);
        if self.front.shows(slot_id) {
            self.front.leave(index, ());
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

    /// The slot that a timer is in.
    #[inline]
    pub(super) fn slot_of<T>(arena: &Arena<T>, index: u32) -> Option<u32> {
        let place = arena.node(index).place();
        debug_assert!(place.is_on_wheel() && place.spot() != Some(Place::NO_SPOT));
        Some(arena.chunks.owner(place.spot()?))
    }

    /// The word that names a slot of a ring, and owns its list.
    #[inline]
    pub(super) const fn join(ring: u32, slot: usize) -> u32 {
        (ring << Geometry::<SLOTS>::BITS) | slot as u32
    }

    /// The ring and the slot that a word names.
    #[inline]
    pub(super) const fn split(slot_id: u32) -> (u32, usize) {
        (slot_id >> Geometry::<SLOTS>::BITS, slot_id as usize & (SLOTS - 1))
    }

    /// Gives back the memory of rings, if no timer is in one.
    pub(crate) fn shrink_to_fit(&mut self) {
        if self.newcomer == NIL && self.slots.iter().all(|slot| slot.list.is_empty()) {
            self.restart(self.cursor);
        }
        self.rings.shrink_to_fit();
        self.slots.shrink_to_fit();
    }

    pub(crate) fn stats(&self) -> Counters {
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
            + self.front.bytes()
    }
}
