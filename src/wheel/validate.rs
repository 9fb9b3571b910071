//! Walks the whole wheel and names the first invariant that does not hold. For tests.

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::Wheel;
use super::core::Core;
use super::ring::Geometry;
use crate::arena::{Arena, NIL, Node, Place, TimerKey};

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Checks every invariant; `Ok` gives how many timers are in the rings.
    pub(crate) fn validate<T>(&self, arena: &Arena<T>) -> Result<usize, String> {
        let (mut rings, mut timers, mut earliest) = (vec![0_u32], 0, u64::MAX);
        while let Some(ring) = rings.pop() {
            let here = &self.rings[ring as usize];
            for slot in here.occupied_slots() {
                let (length, first) = self.check_list(arena, ring, slot)?;
                (timers, earliest) = (timers + length, earliest.min(first));
                let content = &self.slots[Self::join(ring, slot) as usize];
                let Some(inner) = content.finer() else { continue };
                let finer = &self.rings[inner as usize];
                let block = (finer.start_of(0), finer.last_of(SLOTS - 1));
                if block != (here.start_of(slot), here.last_of(slot)) {
                    return Err(format!("W2: ring {inner} does not fit slot {slot}"));
                }
                if finer.parent() != Self::join(ring, slot) {
                    return Err(format!(
                        "W2: ring {inner} names another slot its parent"
                    ));
                }
                rings.push(inner);
            }
        }
        if self.newcomer != NIL {
            let node = arena.node(self.newcomer);
            if !node.place().is_on_wheel() || node.place().spot() != Some(Place::NO_SPOT)
            {
                return Err(format!(
                    "W9: newcomer {} says {:?}",
                    self.newcomer,
                    node.place()
                ));
            }
            let at = node.deadline.as_nanos();
            let here = &self.rings[self.path(self.floor) as usize];
            let is_before = at < here.start_of(here.slot_of(self.cursor));
            if is_before && (!self.overtaken || self.front.is_earliest()) {
                return Err(format!("W9: nobody knows that {at} is before the cursor"));
            }
            (timers, earliest) = (timers + 1, earliest.min(at));
        }
        if self.wake > earliest {
            return Err(format!("W5: wake {} is after deadline {earliest}", self.wake));
        }
        self.check_path()?;
        self.check_front(arena)?;
        Ok(timers)
    }

    fn check_path(&self) -> Result<(), String> {
        for level in (self.floor + 1..=Geometry::<SLOTS>::TOP).rev() {
            let here = &self.rings[self.path(level) as usize];
            let slot = here.slot_of(self.cursor);
            let below = self.path(level - 1);
            if here.start_of(slot) > self.cursor || here.last_of(slot) < self.cursor {
                return Err(format!("W3: the path leaves the cursor at level {level}"));
            }
            let slot_id = Self::join(self.path(level), slot);
            if self.slots[slot_id as usize].way_down() != Some(below) {
                return Err(format!("W3: the path is barred at level {level}"));
            }
        }
        Ok(())
    }

    /// Checks one slot's list; gives its length and its dumbly found earliest deadline.
    fn check_list<T>(
        &self,
        arena: &Arena<T>,
        ring: u32,
        slot: usize,
    ) -> Result<(usize, u64), String> {
        let here = &self.rings[ring as usize];
        let slot_id = Self::join(ring, slot);
        let content = &self.slots[slot_id as usize];
        content.list.validate(arena, slot_id)?;
        let (mut length, mut earliest) = (0, u64::MAX);
        for index in content.list.iter(&arena.chunks) {
            let node = arena.node(index);
            if !node.place().is_on_wheel() {
                return Err(format!("W1: timer {index} says {:?}", node.place()));
            }
            if node.deadline.as_nanos() < here.start_of(slot) {
                return Err(format!("W1: timer {index} is in a slot after its deadline"));
            }
            length += 1;
            earliest = earliest.min(node.deadline.as_nanos());
        }
        if length == 0 && content.finer().is_none() {
            return Err(format!("W2: slot {slot} of ring {ring} is occupied by nobody"));
        }
        Ok((length, earliest))
    }

    fn check_front<T>(&self, arena: &Arena<T>) -> Result<(), String> {
        let Some(shown_slot) = self.front.slot() else { return Ok(()) };
        let (ring, slot) = Self::split(shown_slot);
        let here = &self.rings[ring as usize];
        let (mut shown, mut before) = (0, 0);
        for entry in self.front.entries() {
            let node = arena.node(entry.index);
            let elsewhere = Self::slot_of(arena, entry.index) != Some(shown_slot);
            if elsewhere || node.deadline.as_nanos() < entry.at {
                return Err(format!("W4: the front shows timer {} wrongly", entry.index));
            }
            let spot = node.place().spot();
            if !spot.is_some_and(|spot| arena.chunks.is_watched(spot)) {
                return Err(format!(
                    "W8: nobody is told when timer {} leaves",
                    entry.index
                ));
            }
            if entry.at < before {
                return Err(format!("W4: {} comes after {before}", entry.at));
            }
            (before, shown) = (entry.at, shown + 1);
        }
        if self.slots[shown_slot as usize].list.iter(&arena.chunks).count() != shown {
            return Err(format!("W4: the front shows {shown} timers of slot {slot}"));
        }
        let start = here.start_of(slot);
        if self.front.is_earliest() {
            let is_before = |(_, node): &(TimerKey, &Node<T>)| {
                let spot = node
                    .place()
                    .spot()
                    .filter(|spot| node.place().is_on_wheel() && *spot != Place::NO_SPOT);
                spot.is_some_and(|spot| {
                    let (ring, slot) = Self::split(arena.chunks.owner(spot));
                    self.rings[ring as usize].start_of(slot) < start
                })
            };
            if let Some((key, _)) = arena.iter().find(is_before) {
                return Err(format!("W4: {key:?} lies before the front"));
            }
        }
        Ok(())
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> Wheel<T, SLOTS, LEAF> {
    /// Walks everything and names the first invariant that does not hold.
    ///
    /// # Errors
    ///
    /// The number and the words of the broken invariant.
    #[doc(hidden)]
    pub fn validate(&self) -> Result<(), String> {
        self.arena.validate()?;
        let linked = self.core.validate(&self.arena)?;
        if linked == self.len() {
            Ok(())
        } else {
            Err(format!("W2: {linked} of {} timers are in the rings", self.len()))
        }
    }

    /// Lets the wheel have no more than `rings` rings, to see what happens when they run out.
    #[doc(hidden)]
    pub fn limit_rings(&mut self, rings: u32) {
        self.core.ring_limit = rings;
    }
}
