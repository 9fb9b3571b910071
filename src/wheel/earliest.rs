//! The search for what is due first: from the cursor to the earliest slot, and into the front. Part of
//! [`Core`], whose invariants hold here.

use super::core::{Core, ROOT};
use crate::arena::{Arena, NIL};
use crate::time::Instant;

/// The timer that comes up first: at its deadline, or before it if it was postponed.
#[derive(Copy, Clone, Debug)]
pub(super) struct Head {
    pub(super) at: u64,
    pub(super) index: u32,
}

/// What there is to find at the front of the wheel.
#[derive(Copy, Clone, Debug)]
pub(super) enum Found {
    Timer(Head),
    /// Nothing before that, which is after now; `u64::MAX` if there are no timers.
    NotBefore(u64),
}

/// As many timers were touched as may be in one call, and the search is not over.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Spent;

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
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
        if *moves == 0 {
            return Err(Spent);
        }
        let before = self.stats.moves;
        *moves = moves.saturating_sub(self.seat(arena));
        let found = self.find_due(arena, now.as_nanos(), moves);
        self.stats.note_call(before);
        found
    }

    /// The timer that is due first, and when, if the front shows it and it was not postponed. The
    /// newcomer is to be [seated](Self::seat) before.
    #[inline]
    pub(crate) fn ready<T>(&self, arena: &Arena<T>) -> Option<(Instant, u32)> {
        debug_assert!(self.newcomer == NIL, "W9: the newcomer may be earlier");
        let entry = self.front.first()?;
        let deadline = arena.node(entry.index).deadline;
        (deadline.as_nanos() == entry.at).then_some((deadline, entry.index))
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
            let head = match self.head(arena, now, moves)? {
                Found::Timer(head) => head,
                Found::NotBefore(at) => {
                    (self.wake, self.witness) = (at, NIL);
                    return Ok(None);
                }
            };
            (self.wake, self.witness) = (head.at, head.index);
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

    /// The timer that comes up first, opening and sorting the slot it is in; or, if that slot begins
    /// after `now`, when it begins.
    pub(super) fn head<T>(
        &mut self,
        arena: &mut Arena<T>,
        now: u64,
        moves: &mut usize,
    ) -> Result<Found, Spent> {
        let allowed = *moves;
        loop {
            if let Some(entry) = self.front.first() {
                return Ok(Found::Timer(Head { at: entry.at, index: entry.index }));
            }
            let Some((ring, slot)) = self.seek_earliest(arena) else {
                return Ok(Found::NotBefore(u64::MAX));
            };
            let slot_id = Self::join(ring, slot);
            if self.front.shows(slot_id) {
                self.front.confirm();
                continue;
            }
            let here = &self.rings[ring as usize];
            let content = &self.slots[slot_id as usize];
            let (start, last) = (here.start_of(slot), here.last_of(slot));
            if start > now {
                self.idle_from = start.saturating_sub(last - start);
                return Ok(Found::NotBefore(start));
            }
            if self.wants_opening(arena, ring, slot) {
                let moved = self.open(arena, ring, slot, *moves);
                self.charge(moves, moved);
                if *moves == 0 {
                    return Err(Spent);
                }
            } else if let list = content.list
                && (list.is_single(&arena.chunks)
                    || start == last
                    || (self.front.is_in_use() && list.is_short()))
            {
                // One timer, or timers of one nanosecond, or few while the view shows another slot:
                // it stays with that, which is likely to be the next, and is not sorted again. One
                // chunk is looked at: timers of one nanosecond are in order as they are.
                let Some((at, index)) = list.earliest_of_first_chunk(arena) else {
                    debug_assert!(false, "W2: the earliest slot holds timers");
                    return Ok(Found::NotBefore(u64::MAX));
                };
                return Ok(Found::Timer(Head { at: at.min(last), index }));
            } else if *moves < allowed.min(content.list.len_up_to(&arena.chunks, LEAF)) {
                // It has moved some: the next call begins with what this one cannot finish.
                *moves = 0;
                return Err(Spent);
            } else {
                let sorted = self.sort(arena, ring, slot);
                self.charge(moves, sorted);
                if *moves == 0 && self.front.first().is_none() {
                    // All of them were postponed, and the next slot's may be too.
                    return Err(Spent);
                }
            }
        }
    }

    /// Moves the cursor to the earliest slot that holds timers, and gives that slot.
    pub(super) fn seek_earliest<T>(&mut self, arena: &Arena<T>) -> Option<(u32, usize)> {
        loop {
            if self.overtaken {
                self.set_floor(Self::TOP);
                self.overtaken = false;
            }
            // Nothing lies before the cursor, so the earliest is in the lowest ring around it: an
            // empty one would have gone.
            let mut level = self.floor;
            let mut ring = self.path(level);
            while let Some(slot) = self.rings[ring as usize].first_slot() {
                self.set_floor(level);
                self.set_path(level, ring);
                let here = &self.rings[ring as usize];
                self.cursor = here.start_of(slot);
                self.wake = self.wake.max(self.cursor);
                let Some(finer) = self.slots[Self::join(ring, slot) as usize].way_down()
                else {
                    let next = here.next_slot(slot);
                    self.upkeep_due |=
                        next.is_none_or(|next| self.wants_opening(arena, ring, next));
                    return Some((ring, slot));
                };
                self.upkeep_due = true;
                (ring, level) = (finer, level - 1);
            }
            if ring == ROOT {
                // What a newcomer that has gone has left behind. Whoever comes now is the earliest.
                (self.wake, self.witness) = (u64::MAX, NIL);
                self.idle_from = u64::MAX;
                return None;
            }
            // A ring around the cursor that was never used, or the last of all.
            self.set_path(level, ring);
            self.free_if_empty(ring);
        }
    }

    /// Whether a slot has too many timers to be sorted, or has been opened in part. (When rings
    /// have run out, long lists are sorted.)
    #[inline]
    pub(super) fn wants_opening<T>(
        &self,
        arena: &Arena<T>,
        ring: u32,
        slot: usize,
    ) -> bool {
        let content = &self.slots[Self::join(ring, slot) as usize];
        if content.list.is_empty() {
            return false;
        }
        if content.finer().is_some() {
            return true;
        }
        let many = content.list.len_up_to(&arena.chunks, LEAF) > LEAF
            && self.rings[ring as usize].level() > 0;
        many && self.has_ring()
    }

    /// Whether one more ring may be made.
    #[inline]
    pub(super) const fn has_ring(&self) -> bool {
        self.first_spare != NIL || (self.rings.len() as u32) < self.ring_limit
    }
}
