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
/// Timers that each pop moves down ahead of the cursor. A timer moves two or three times in its
/// life, so this is several times what keeps pace.
const UPKEEP_MOVES: usize = 16;

/// The rings of a wheel and the index of what is earliest.
#[derive(Clone, Debug)]
pub(crate) struct Core<const SLOTS: usize, const LEAF: usize> {
    pub(super) rings: Vec<Ring<SLOTS>>,
    /// The slots of all rings: those of ring r from `join(r, 0)` on.
    pub(super) slots: Vec<Slot>,
    /// The first ring that is in no slot, or [`NIL`].
    first_spare: u32,
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
    linked: usize,
    /// There may be a slot to open ahead of the cursor.
    upkeep_due: bool,
    stats: WheelStats,
}

/// The timer that comes up first: at its deadline, or before it if it was postponed.
#[derive(Copy, Clone, Debug)]
struct Head {
    at: u64,
    index: u32,
}

/// As many timers were touched as may be in one call, and the search is not over.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Spent;

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Rings that can be told apart in a timer's place.
    const RING_LIMIT: u32 = Place::SLOT_LIMIT >> Geometry::<SLOTS>::BITS;
    const TOP: u32 = Geometry::<SLOTS>::TOP;

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
    fn link<T>(&mut self, arena: &mut Arena<T>, place: u32, index: u32, at: u64) {
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
    fn find_below(&self, mut ring: u32, mut level: u32, at: u64) -> u32 {
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
    fn set_finer(&mut self, place: u32, finer: u32) {
        self.slots[place as usize].set_finer(Some(finer));
        let (ring, slot) = Self::split(place);
        self.rings[ring as usize].occupy(slot);
    }

    /// Makes a ring that holds nothing spare, and those above it that now hold nothing either.
    fn free_if_empty(&mut self, mut ring: u32) {
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

    /// The timer that is due first, at or before `now`; it stays linked. Stops, and says so, once
    /// `moves` timers were touched on the way. One comparison when nothing is due.
    #[inline]
    pub(crate) fn first_due<T>(
        &mut self,
        arena: &mut Arena<T>,
        now: Instant,
        moves: &mut usize,
    ) -> Result<Option<u32>, Spent> {
        if now.as_nanos() < self.wake {
            return Ok(None);
        }
        let before = *moves;
        let found = self.find_due(arena, now.as_nanos(), moves);
        self.stats.note_call(before - *moves);
        found
    }

    fn find_due<T>(
        &mut self,
        arena: &mut Arena<T>,
        now: u64,
        moves: &mut usize,
    ) -> Result<Option<u32>, Spent> {
        loop {
            if *moves == 0 {
                return Err(Spent);
            }
            let Some(head) = self.head(arena, moves)? else {
                self.wake = u64::MAX;
                return Ok(None);
            };
            self.wake = head.at;
            if head.at > now {
                return Ok(None);
            }
            if arena.node(head.index).deadline.as_nanos() == head.at {
                return Ok(Some(head.index));
            }
            self.put_right(arena, head);
            self.charge(moves, 1);
        }
    }

    /// The timer that comes up first, opening and sorting the slot it is in.
    fn head<T>(
        &mut self,
        arena: &mut Arena<T>,
        moves: &mut usize,
    ) -> Result<Option<Head>, Spent> {
        loop {
            if let Some(entry) = self.front.first() {
                return Ok(Some(Head { at: entry.at, index: entry.index }));
            }
            let Some((ring, slot)) = self.seek_earliest() else { return Ok(None) };
            let place = Self::join(ring, slot);
            if self.front.shows(place) {
                self.front.confirm();
                continue;
            }
            let (here, list) =
                (&self.rings[ring as usize], self.slots[place as usize].list);
            let (start, last) = (here.start_of(slot), here.last_of(slot));
            if self.wants_opening(ring, slot) {
                let moved = self.open(arena, ring, slot, *moves);
                self.charge(moves, moved);
                if *moves == 0 {
                    return Err(Spent);
                }
            } else if list.head() == list.tail() || start == last {
                // One timer, or timers of one nanosecond: in order as they are. The view stays
                // with the slot it shows, which is likely to be the next.
                let index = list.head();
                let at = arena.node(index).deadline.as_nanos().min(last);
                return Ok(Some(Head { at, index }));
            } else {
                let sorted = self.sort(arena, ring, slot);
                self.charge(moves, sorted);
            }
        }
    }

    /// Moves the cursor to the earliest slot that holds timers, and gives that slot.
    fn seek_earliest(&mut self) -> Option<(u32, usize)> {
        while self.linked > 0 {
            if self.overtaken {
                (self.floor, self.overtaken) = (Self::TOP, false);
            }
            // Nothing lies before the cursor, so the earliest is in the lowest ring around it: an
            // empty one would have gone.
            let mut level = self.floor;
            let mut ring = self.path[level as usize];
            while let Some(slot) = self.rings[ring as usize].first_slot() {
                let here = &self.rings[ring as usize];
                (self.floor, self.path[level as usize]) = (level, ring);
                self.cursor = here.start_of(slot);
                let Some(finer) = self.slots[Self::join(ring, slot) as usize].way_down()
                else {
                    let next = here.next_slot(slot);
                    self.upkeep_due |=
                        next.is_none_or(|next| self.wants_opening(ring, next));
                    return Some((ring, slot));
                };
                self.upkeep_due = true;
                (ring, level) = (finer, level - 1);
            }
            // A ring around the cursor that was never used, or the last of all.
            self.path[level as usize] = ring;
            self.free_if_empty(ring);
        }
        None
    }

    /// Whether a slot has too many timers to be sorted, or has been opened in part. (When rings
    /// have run out, long lists are sorted.)
    #[inline]
    fn wants_opening(&self, ring: u32, slot: usize) -> bool {
        let content = &self.slots[Self::join(ring, slot) as usize];
        if content.list.is_empty() {
            return false;
        }
        let many = content.count as usize > LEAF && self.rings[ring as usize].level() > 0;
        let ring_left =
            self.first_spare != NIL || (self.rings.len() as u32) < self.ring_limit;
        content.finer().is_some() || (many && ring_left)
    }

    /// Moves timers of a slot down into its finer ring, in their order, no more than `limit`.
    /// Gives how many it moved.
    fn open<T>(
        &mut self,
        arena: &mut Arena<T>,
        ring: u32,
        slot: usize,
        limit: usize,
    ) -> usize {
        let place = Self::join(ring, slot);
        if self.front.shows(place) {
            self.front.close();
        }
        let here = &self.rings[ring as usize];
        let (level, start, last) =
            (here.level(), here.start_of(slot), here.last_of(slot));
        let finer = self.slots[place as usize].finer().unwrap_or_else(|| {
            let finer = self.take_ring(start, level - 1, place);
            self.set_finer(place, finer);
            finer
        });
        let mut moved = 0;
        while moved < limit && !self.slots[place as usize].list.is_empty() {
            let content = &mut self.slots[place as usize];
            let index = content.list.head();
            content.list.unlink(arena, index);
            content.count -= 1;
            self.linked -= 1;
            let at = arena.node(index).deadline.as_nanos();
            if at <= last {
                let place = self.find_below(finer, level - 1, at);
                self.link(arena, place, index, at);
            } else {
                // Postponed beyond this slot.
                self.stats.postponed += 1;
                self.insert(arena, index);
            }
            moved += 1;
        }
        self.free_if_empty(finer);
        self.stats.opened += u64::from(self.slots[place as usize].list.is_empty());
        moved
    }

    /// Shows a slot in the front, sorted, after putting right the timers that were postponed beyond
    /// it. Gives how many timers it touched.
    fn sort<T>(&mut self, arena: &mut Arena<T>, ring: u32, slot: usize) -> usize {
        let here = &self.rings[ring as usize];
        let (start, last) = (here.start_of(slot), here.last_of(slot));
        let place = Self::join(ring, slot);
        let timers = self.slots[place as usize].list.iter(arena);
        let timers = timers.map(|index| (arena.node(index).deadline.as_nanos(), index));
        self.front.open(place, start, timers);
        let sorted = self.front.len();
        while let Some(entry) = self.front.latest()
            && entry.at > last
        {
            self.put_right(arena, Head { at: entry.at, index: entry.index });
        }
        sorted
    }

    /// Puts a timer that came up before its postponed deadline where it belongs.
    fn put_right<T>(&mut self, arena: &mut Arena<T>, head: Head) {
        let node = arena.node(head.index);
        let (deadline, place) =
            (node.deadline.as_nanos(), node.place.slot().unwrap_or(NIL));
        let (ring, slot) = Self::split(place);
        self.stats.postponed += 1;
        let stays = deadline <= self.rings[ring as usize].last_of(slot);
        if stays && self.front.shows(place) {
            self.front.leave(head.index);
            self.front.enter(deadline, head.index);
        } else {
            self.unlink(arena, head.index);
            self.insert(arena, head.index);
        }
    }

    /// Moves some timers of the slots behind the cursor's down, so that their slots are open when
    /// the cursor gets there. Gives how many it moved.
    #[inline]
    pub(crate) fn upkeep<T>(&mut self, arena: &mut Arena<T>) -> usize {
        if !self.upkeep_due {
            return 0;
        }
        let Some((ring, slot)) = self.slot_to_open() else {
            self.upkeep_due = false;
            return 0;
        };
        let moved = self.open(arena, ring, slot, UPKEEP_MOVES);
        self.stats.moves += moved as u64;
        moved
    }

    /// Opens and sorts the earliest slot, and opens slots ahead, until nothing is left to do or the
    /// budget is spent: then true. Postponed timers stay where they are until they come up.
    pub(crate) fn maintain<T>(&mut self, arena: &mut Arena<T>, mut moves: usize) -> bool {
        let before = moves;
        let mut is_ready = self.head(arena, &mut moves).is_ok();
        while is_ready && self.upkeep_due {
            is_ready = moves > 0;
            moves = moves.saturating_sub(self.upkeep(arena));
        }
        self.stats.note_call(before - moves);
        !is_ready
    }

    /// Of the slots that come next at each level, the finest that wants opening: its time is the
    /// nearest.
    fn slot_to_open(&self) -> Option<(u32, usize)> {
        let (mut found, mut below) = (None, None);
        for level in (1..=Self::TOP).rev() {
            let behind = if level < self.floor {
                None
            } else {
                let ring = self.path[level as usize];
                let here = &self.rings[ring as usize];
                here.next_slot(here.slot_of(self.cursor)).map(|slot| (ring, slot))
            };
            // At the end of a ring the next slot is the first of the next ring, once there is one.
            let first = |ring: u32| {
                self.rings[ring as usize].first_slot().map(|slot| (ring, slot))
            };
            let Some((ring, slot)) = behind.or_else(|| below.and_then(first)) else {
                below = None;
                continue;
            };
            if self.wants_opening(ring, slot) {
                found = Some((ring, slot));
            }
            below = self.slots[Self::join(ring, slot) as usize].way_down();
        }
        found
    }

    #[inline]
    fn charge(&mut self, budget: &mut usize, moves: usize) {
        self.stats.moves += moves as u64;
        *budget = budget.saturating_sub(moves);
    }

    /// A ring over the block around `at`, from the spare ones or new.
    fn take_ring(&mut self, at: u64, level: u32, parent: u32) -> u32 {
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

    /// Bytes that the rings take.
    pub(crate) const fn bytes(&self) -> usize {
        self.rings.capacity() * size_of::<Ring<SLOTS>>()
            + self.slots.capacity() * size_of::<Slot>()
    }
}
