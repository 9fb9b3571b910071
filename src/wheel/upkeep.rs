//! What moves timers: opening a slot, sorting one, putting right what was postponed, and doing some
//! of it ahead of time. The rest of [`Core`], split off; the invariants are its.

use super::core::{Core, ROOT};
use super::earliest::{Found, Head};
use super::ring::Geometry;
use crate::arena::{Arena, NIL};
use crate::time::Instant;

/// Timers that are moved down ahead of the cursor at a time: a chunk of a list.
const UPKEEP_MOVES: usize = 16;
/// Timers that are moved out of a slot that is too large when it takes another chunk of them: twice
/// as many as come, so that it is soon empty.
const RELIEF_MOVES: usize = 32;
/// Moves of a call that finds nothing due.
const IDLE_MOVES: usize = 32;
/// How many of these moves each pop pays for. A timer moves once or twice in its life, so this is
/// more than keeps pace.
const MOVES_A_POP: usize = 4;

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Moves timers of a slot down into its finer ring, in their order: whole batches, until there
    /// are `limit` or no more. Gives how many it moved.
    pub(super) fn open<T>(
        &mut self,
        arena: &mut Arena<T>,
        ring: u32,
        slot: usize,
        limit: usize,
    ) -> usize {
        let slot_id = Self::join(ring, slot);
        if self.front.shows(slot_id) {
            self.front.close();
        }
        let here = &self.rings[ring as usize];
        let (level, start, last) =
            (here.level(), here.start_of(slot), here.last_of(slot));
        let mut finer = self.slots[slot_id as usize].finer();
        let mut is_crowded =
            finer.is_some_and(|finer| self.rings[finer as usize].is_crowded());
        let mut moved = 0;
        while moved < limit {
            let content = &mut self.slots[slot_id as usize];
            let Some(batch) = content.list.take_batch(&mut arena.chunks) else { break };
            let timers = batch.timers();
            let deadlines = batch.deadlines(arena);
            let deadlines = &deadlines[..timers.len()];
            for (index, at) in timers.iter().zip(deadlines) {
                let at = *at;
                if at > last {
                    // Postponed beyond this slot.
                    self.stats.postponed += 1;
                    self.insert_seated(arena, *index);
                    continue;
                }
                let finer = *finer.get_or_insert_with(|| {
                    let finer = self.make_finer(slot_id, start, level - 1);
                    // As this chunk, so all: how many stay, and would the slots have to be opened?
                    let here = deadlines.iter().filter(|at| **at <= last).count();
                    let all = self.slots[slot_id as usize].list.chunk_count() * here;
                    if level > 1 && all > SLOTS * LEAF {
                        self.rings[finer as usize].expect_crowd();
                        is_crowded = true;
                    }
                    finer
                });
                let into = Self::join(finer, Geometry::<SLOTS>::digit(at, level - 1));
                if is_crowded && self.slots[into as usize].is_empty() && self.has_ring() {
                    self.make_finer(into, at, level - 2);
                }
                let into = self.find_lowest(into, level - 1, at);
                self.link(arena, into, *index, at);
            }
            moved += timers.len();
        }
        let is_empty = self.slots[slot_id as usize].list.is_empty();
        self.stats.opened += u64::from(is_empty && finer.is_some());
        match finer {
            Some(finer) => self.free_if_empty(finer),
            None if is_empty => self.list_emptied(slot_id),
            None => {}
        }
        moved
    }

    /// Makes the finer ring of a slot, over the block around `at`.
    fn make_finer(&mut self, slot_id: u32, at: u64, level: u32) -> u32 {
        let finer = self.take_ring(at, level, slot_id);
        self.set_finer(slot_id, finer);
        finer
    }

    /// Shows a slot in the front, sorted, after the timers that were postponed beyond it have left
    /// it. Gives how many timers it touched.
    pub(super) fn sort<T>(
        &mut self,
        arena: &mut Arena<T>,
        ring: u32,
        slot: usize,
    ) -> usize {
        let here = &self.rings[ring as usize];
        let (start, last) = (here.start_of(slot), here.last_of(slot));
        let slot_id = Self::join(ring, slot);
        self.front.open(LEAF);
        for batch in self.slots[slot_id as usize].list.batches(&arena.chunks) {
            for (index, at) in batch.timers().iter().zip(batch.deadlines(arena)) {
                self.front.add(at, *index, at <= last);
            }
        }
        let late = self.move_late(arena, slot_id);
        self.slots[slot_id as usize].list.watch(&mut arena.chunks);
        late + self.front.show(slot_id, start, last)
    }

    /// Moves the timers to where they belong that the front has found to be postponed beyond their
    /// slot. Gives how many.
    fn move_late<T>(&mut self, arena: &mut Arena<T>, slot_id: u32) -> usize {
        let mut moved = 0;
        while let Some(index) = self.front.next_late() {
            // The list is tidied once for all.
            let _ = arena.chunks.erase(arena.node(index).place().spot_in_list());
            self.insert_seated(arena, index);
            moved += 1;
        }
        if moved > 0 {
            let slot = &mut self.slots[slot_id as usize];
            slot.list.drop_empty(&mut arena.chunks);
            if slot.list.is_empty() {
                self.list_emptied(slot_id);
            }
        }
        self.stats.postponed += moved as u64;
        moved
    }

    /// Puts a timer that came up before its postponed deadline where it belongs.
    pub(super) fn put_right<T>(&mut self, arena: &mut Arena<T>, head: Head) {
        let deadline = arena.node(head.index).deadline.as_nanos();
        let slot_id = Self::slot_of(arena, head.index).unwrap_or(NIL);
        let (ring, slot) = Self::split(slot_id);
        self.stats.postponed += 1;
        let stays = deadline <= self.rings[ring as usize].last_of(slot);
        if stays && self.front.shows(slot_id) {
            self.front.leave(head.index, ());
            self.front.enter(deadline, head.index);
        } else {
            self.unlink(arena, head.index);
            self.insert_seated(arena, head.index);
        }
    }

    /// Opens a slot some way as it is filled, if that cannot wait: it is the earliest or the next, or
    /// it is so coarse that all timers of a program would gather in it. Else a wheel that is filled
    /// before it is first asked would have to open that slot all at once. True: the slot for a time
    /// may be another one now. O(1): some timers for every chunk that comes.
    #[cold]
    pub(super) fn relieve<T>(&mut self, arena: &mut Arena<T>, slot_id: u32) -> bool {
        let (ring, slot) = Self::split(slot_id);
        let here = &self.rings[ring as usize];
        let is_coarse = here.level() > Self::FIRST_FLOOR;
        let may_be_first = here.start_of(slot) <= self.wake;
        let cannot_wait = is_coarse || may_be_first || self.is_near(ring, slot);
        if !cannot_wait || !self.wants_opening(arena, ring, slot) {
            return false;
        }
        if self.front.first().is_none() {
            self.seek_earliest(arena);
        }
        if !is_coarse && !self.is_near(ring, slot) {
            return false;
        }
        let before = self.stats.moves;
        self.stats.moves += self.open(arena, ring, slot, RELIEF_MOVES) as u64;
        self.stats.note_call(before);
        true
    }

    /// Whether a slot is the cursor's, or the next behind it that is occupied, in one of the rings
    /// around the cursor.
    fn is_near(&self, ring: u32, slot: usize) -> bool {
        let here = &self.rings[ring as usize];
        if here.level() < self.floor || self.path(here.level()) != ring {
            return false;
        }
        let at_cursor = here.slot_of(self.cursor);
        at_cursor == slot || here.next_slot(at_cursor) == Some(slot)
    }

    /// Moves some timers of the slots behind the cursor's down, so that their slots are open when
    /// the cursor gets there. Gives how many it moved.
    #[inline]
    pub(crate) fn upkeep<T>(&mut self, arena: &mut Arena<T>) -> usize {
        if !self.upkeep_due {
            return 0;
        }
        self.saved_moves += MOVES_A_POP;
        if self.saved_moves < UPKEEP_MOVES {
            return 0;
        }
        self.saved_moves -= UPKEEP_MOVES;
        self.open_ahead(arena)
    }

    /// Moves some timers of a slot behind the cursor's down. Gives how many.
    fn open_ahead<T>(&mut self, arena: &mut Arena<T>) -> usize {
        let seated = self.seat(arena);
        let Some((ring, slot)) = self.slot_to_open(arena) else {
            self.upkeep_due = false;
            return seated;
        };
        let moved = self.open(arena, ring, slot, UPKEEP_MOVES);
        self.stats.moves += moved as u64;
        seated + moved
    }

    /// From when on a call that has nothing else to do should [`idle`](Self::idle).
    #[inline]
    pub(crate) const fn idle_from(&self) -> Instant {
        Instant::from_nanos(self.idle_from)
    }

    /// What a call does that has nothing else to do, once the earliest slot is no further away than
    /// it is wide: opens it some way, and those that come next. (Earlier would be too early: of
    /// timers that are postponed again and again, each would be moved more often.) Gives how many
    /// timers it touched.
    #[cold]
    pub(crate) fn idle<T>(
        &mut self,
        arena: &mut Arena<T>,
        now: Instant,
        most: usize,
    ) -> usize {
        let before = self.stats.moves;
        let mut moves = most.min(IDLE_MOVES).saturating_sub(self.seat(arena));
        let horizon = now.as_nanos().saturating_add(self.floor_bit.get());
        if moves > 0
            && let Ok(Found::Timer(_)) = self.head(arena, horizon, &mut moves)
            && moves > 0
            && self.open_ahead(arena) == 0
        {
            self.idle_from = u64::MAX;
        }
        self.stats.note_call(before);
        (self.stats.moves - before) as usize
    }

    /// Opens and sorts the earliest slot, and opens slots ahead, until nothing is left to do or the
    /// budget is spent: then true. Postponed timers stay where they are until they come up.
    pub(crate) fn maintain<T>(&mut self, arena: &mut Arena<T>, mut moves: usize) -> bool {
        let before = self.stats.moves;
        moves = moves.saturating_sub(self.seat(arena));
        if moves == 0 {
            return !self.rings[ROOT as usize].is_empty();
        }
        let mut is_ready = self.head(arena, u64::MAX, &mut moves).is_ok();
        while is_ready && self.upkeep_due {
            if moves == 0 {
                is_ready = false;
            } else {
                moves = moves.saturating_sub(self.open_ahead(arena));
            }
        }
        self.stats.note_call(before);
        !is_ready
    }

    /// Of the slots that come next at each level, the finest that wants opening: its time is the
    /// nearest.
    fn slot_to_open<T>(&self, arena: &Arena<T>) -> Option<(u32, usize)> {
        let (mut found, mut below) = (None, None);
        for level in (1..=Self::TOP).rev() {
            let behind = if level < self.floor {
                None
            } else {
                let ring = self.path(level);
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
            if self.wants_opening(arena, ring, slot) {
                found = Some((ring, slot));
            }
            below = self.slots[Self::join(ring, slot) as usize].way_down();
        }
        found
    }
}
