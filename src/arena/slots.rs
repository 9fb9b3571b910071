//! [`Arena`]: slots that are used again under a new generation.

mod bulk;

use alloc::vec::Vec;
use core::num::NonZeroU64;

pub use self::bulk::Iter;
use super::{Chunks, NIL, Place, TimerKey};
use crate::time::Instant;

/// One timer. What every call looks at comes first, on one cache line as a rule.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Node<T> {
    /// Its generation, and below that its place.
    tag: NonZeroU64,
    pub(crate) deadline: Instant,
    pub(crate) value: T,
}

/// Slots that have used up more than half of their generations are not given back: those that take
/// their place would begin where they end, and retire at once.
const HALF_WORN: u64 = u64::MAX / 2;

/// One generation, as it stands above a place.
const GENERATION: u64 = 1 << Place::BITS;
/// The first generation there is.
pub(super) const FIRST_STAMP: NonZeroU64 = NonZeroU64::new(GENERATION).unwrap();

impl<T> Node<T> {
    #[inline]
    pub(crate) const fn place(&self) -> Place {
        Place::from_bits(self.tag.get())
    }

    #[inline]
    pub(crate) fn set_place(&mut self, place: Place) {
        self.tag = self.stamp() | place.bits();
    }

    /// The tag without the place.
    #[inline]
    const fn stamp(&self) -> NonZeroU64 {
        match NonZeroU64::new(self.tag.get() & !Place::MASK) {
            Some(stamp) => stamp,
            None => unreachable!(),
        }
    }

    /// Whether it is the timer of that key, on the wheel and without a home.
    #[inline]
    const fn is_plain_and_named_by(&self, key: TimerKey) -> bool {
        // State and home are zero then, and the key has nothing where they are.
        Place::is_plain(self.tag.get() ^ key.bits())
    }

    #[inline]
    const fn is_named_by(&self, key: TimerKey) -> bool {
        (self.tag.get() ^ key.bits()) >> Place::BITS == 0
    }
}

/// What a slot holds. The niche of the node's tag tells the two apart, so this is no larger than a
/// node.
#[derive(Debug)]
enum Slot<T> {
    Vacant {
        next_free: u32,
        /// The generation of its next timer, above the place of nobody.
        stamp: NonZeroU64,
    },
    Live(Node<T>),
}

impl<T> Slot<T> {
    /// Takes the timer out of this slot, number `index`, and puts it first on the free list, or out
    /// of use when its generations are used up.
    #[inline(always)]
    fn vacate(&mut self, first_free: &mut u32, index: u32) -> Option<Node<T>> {
        let Self::Live(node) = self else { return None };
        // One more than the last place of this generation is the next generation, and nowhere.
        let last = node.tag | Place::MASK;
        let vacant = match last.checked_add(1) {
            Some(stamp) => {
                Self::Vacant { stamp, next_free: core::mem::replace(first_free, index) }
            }
            None => Self::Vacant { stamp: last, next_free: RETIRED },
        };
        match core::mem::replace(self, vacant) {
            Self::Live(node) => Some(node),
            Self::Vacant { .. } => None,
        }
    }
}

/// In `next_free`: this slot has used up its generations and is never used again.
const RETIRED: u32 = NIL - 1;

const _: () = assert!(size_of::<Slot<u64>>() == 24, "a timer is its value and 16 bytes");

/// Timers in slots: O(1) in and out, keys that never come to life again.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<Slot<T>>,
    /// Where the lists of these timers are written down.
    pub(crate) chunks: Chunks,
    /// The vacant slot to use next: the one left last, whose line is still in the cache.
    first_free: u32,
    live: u32,
    /// How many timers the forms that may refuse let there be.
    limit: usize,
    /// The first stamp of a new slot: above all that were ever used in a slot given back.
    floor: NonZeroU64,
}

impl<T> Arena<T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut chunks = Chunks::new();
        chunks.reserve_timers(capacity);
        Self {
            slots: Vec::with_capacity(capacity),
            chunks,
            first_free: NIL,
            live: 0,
            limit: usize::MAX,
            floor: first_stamp(),
        }
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.live as usize
    }

    /// Bytes that the slots and the lists take.
    pub(crate) const fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<T>>() + self.chunks.bytes()
    }

    /// Puts a timer in a slot, and notes in what place it is.
    #[inline(always)]
    pub(crate) fn insert(
        &mut self,
        deadline: Instant,
        value: T,
        place: Place,
    ) -> TimerKey {
        if self.first_free == NIL {
            self.add_slots();
        }
        let index = self.first_free;
        let slot = &mut self.slots[index as usize];
        let Slot::Vacant { next_free, stamp } = *slot else {
            unreachable!("A1: the free list names vacant slots")
        };
        self.first_free = next_free;
        self.live += 1;
        *slot = Slot::Live(Node { tag: stamp | place.bits(), deadline, value });
        TimerKey::new(index, stamp)
    }

    /// Takes the timer that a key names out of its slot; the key is dead from here on.
    #[inline(always)]
    pub(crate) fn take(&mut self, key: TimerKey) -> Option<Node<T>> {
        let slot = self.slots.get_mut(key.index() as usize)?;
        match slot {
            Slot::Live(node) if node.is_named_by(key) => {}
            _ => return None,
        }
        self.live -= 1;
        slot.vacate(&mut self.first_free, key.index())
    }

    /// As [`take`](Self::take), if it is on the wheel and was scheduled without a common timeout:
    /// then one comparison tells both. Gives its spot and its value.
    #[inline(always)]
    pub(crate) fn take_plain(&mut self, key: TimerKey) -> Option<(u32, T)> {
        let slot = self.slots.get_mut(key.index() as usize)?;
        match slot {
            Slot::Live(node) if node.is_plain_and_named_by(key) => {}
            _ => return None,
        }
        self.live -= 1;
        let node = slot.vacate(&mut self.first_free, key.index())?;
        Some((node.place().spot_in_list(), node.value))
    }

    /// Takes a timer out of its slot; its key is dead from here on.
    #[inline]
    pub(crate) fn remove(&mut self, index: u32) -> (TimerKey, Node<T>) {
        let slot = &mut self.slots[index as usize];
        self.live -= 1;
        match slot.vacate(&mut self.first_free, index) {
            Some(node) => (TimerKey::new(index, node.stamp()), node),
            None => unreachable!("A1: a listed timer is live"),
        }
    }

    /// The slot that a key names, if its timer is alive.
    #[inline]
    pub(crate) fn find(&self, key: TimerKey) -> Option<u32> {
        self.get(key).map(|_| key.index())
    }

    #[inline]
    pub(crate) fn get(&self, key: TimerKey) -> Option<&Node<T>> {
        match self.slots.get(key.index() as usize) {
            Some(Slot::Live(node)) if node.is_named_by(key) => Some(node),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: TimerKey) -> Option<&mut Node<T>> {
        match self.slots.get_mut(key.index() as usize) {
            Some(Slot::Live(node)) if node.is_named_by(key) => Some(node),
            _ => None,
        }
    }

    /// The node of a slot that is known to be live.
    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node<T> {
        match &self.slots[index as usize] {
            Slot::Live(node) => node,
            Slot::Vacant { .. } => unreachable!("A1: a linked slot is live"),
        }
    }

    /// The node of a slot that is known to be live.
    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> &mut Node<T> {
        match &mut self.slots[index as usize] {
            Slot::Live(node) => node,
            Slot::Vacant { .. } => unreachable!("A1: a linked slot is live"),
        }
    }

    /// The node of a slot that is known to be live, and where its list is written down.
    #[inline]
    pub(crate) fn node_and_chunks(&mut self, index: u32) -> (&mut Node<T>, &mut Chunks) {
        match &mut self.slots[index as usize] {
            Slot::Live(node) => (node, &mut self.chunks),
            Slot::Vacant { .. } => unreachable!("A1: a newcomer is live"),
        }
    }

    /// Whether a slot holds a timer that is not detached and due at that instant.
    #[inline]
    pub(crate) fn is_due_at(&self, index: u32, at: Instant) -> bool {
        match self.slots.get(index as usize) {
            Some(Slot::Live(node)) => node.deadline == at && !node.place().is_detached(),
            _ => false,
        }
    }

    /// The key of a live slot.
    #[cfg(feature = "mio")]
    #[inline]
    pub(crate) fn key(&self, index: u32) -> TimerKey {
        TimerKey::new(index, self.node(index).stamp())
    }

    /// The live nodes, in the order of their slots.
    #[cfg(feature = "model")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TimerKey, &Node<T>)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| match slot {
            Slot::Live(node) => Some((TimerKey::new(index as u32, node.stamp()), node)),
            Slot::Vacant { .. } => None,
        })
    }

    /// The key of a slot, if it is live.
    pub(crate) fn key_at(&self, index: u32) -> Option<TimerKey> {
        match self.slots.get(index as usize) {
            Some(Slot::Live(node)) => Some(TimerKey::new(index, node.stamp())),
            _ => None,
        }
    }

    pub(crate) fn reserve(&mut self, additional: usize) {
        let vacant = self.slots.len() - self.len();
        self.slots.reserve(additional.saturating_sub(vacant));
        self.chunks.reserve_timers(self.len().saturating_add(additional));
    }

    /// Gives back the memory of vacant slots at the end. Live timers stay where they are, and
    /// slots that are made again later begin above every generation that was given back.
    pub(crate) fn shrink_to_fit(&mut self) {
        while let Some(Slot::Vacant { stamp, next_free }) = self.slots.last()
            && *next_free != RETIRED
            && stamp.get() <= HALF_WORN
        {
            self.floor = self.floor.max(*stamp);
            self.slots.pop();
        }
        self.slots.shrink_to_fit();
        self.chunks.shrink_to_fit();
        self.first_free = NIL;
        for (index, slot) in self.slots.iter_mut().enumerate().rev() {
            if let Slot::Vacant { next_free, .. } = slot
                && *next_free != RETIRED
            {
                *next_free = core::mem::replace(&mut self.first_free, index as u32);
            }
        }
    }
}

/// Where an arena's generations begin. In debug builds each arena begins elsewhere, so that a key
/// of another instance is found out instead of naming a timer of this one.
fn first_stamp() -> NonZeroU64 {
    let first = FIRST_STAMP;
    #[cfg(all(debug_assertions, target_has_atomic = "32"))]
    {
        use core::sync::atomic::{AtomicU32, Ordering};
        static INSTANCES: AtomicU32 = AtomicU32::new(0);
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        // Fibonacci hashing: neighbours in time land far apart. The upper half of the range is
        // left for use, so that no slot retires early.
        let scattered = u64::from(instance.wrapping_mul(0x9E37_79B9)) << 32 >> 1;
        first.saturating_add(scattered & !Place::MASK)
    }
    #[cfg(not(all(debug_assertions, target_has_atomic = "32")))]
    first
}

#[cfg(feature = "model")]
impl<T> Arena<T> {
    /// Walks the slots and names the first invariant that does not hold.
    pub(crate) fn validate(&self) -> Result<(), alloc::string::String> {
        use alloc::format;
        let live = self.iter().count();
        if live != self.len() {
            return Err(format!("A1: {live} slots are live, {} are counted", self.len()));
        }
        let (mut free, mut at) = (0, self.first_free);
        while let Some(slot) = self.slots.get(at as usize) {
            let Slot::Vacant { next_free, .. } = slot else {
                return Err(format!("A1: live slot {at} is on the free list"));
            };
            free += 1;
            if free > self.slots.len() {
                return Err(format!("A1: the free list runs in a circle at {at}"));
            }
            at = *next_free;
        }
        let retired = self
            .slots
            .iter()
            .filter(|slot| matches!(slot, Slot::Vacant { next_free: RETIRED, .. }))
            .count();
        if live + free + retired != self.slots.len() {
            return Err(format!(
                "A1: {live} live, {free} free and {retired} retired slots"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> Arena<u64> {
        Arena::with_capacity(0)
    }

    fn insert(arena: &mut Arena<u64>, value: u64) -> TimerKey {
        arena.insert(Instant::ZERO, value, Place::DETACHED)
    }

    #[test]
    fn a_key_is_8_bytes_and_so_is_an_optional_one() {
        assert_eq!((size_of::<TimerKey>(), size_of::<Option<TimerKey>>()), (8, 8));
    }

    #[test]
    fn a_slot_that_used_up_its_generations_is_retired_and_no_key_comes_back() {
        let mut arena = arena();
        arena.floor = NonZeroU64::new(!Place::MASK).unwrap();
        let last = insert(&mut arena, 1);
        arena.remove(last.index());
        let next = insert(&mut arena, 2);
        assert_ne!(next.index(), last.index());
        assert!(arena.get(last).is_none());
        arena.shrink_to_fit();
        assert_eq!(arena.get(next).map(|node| node.value), Some(2));
        let retired = &arena.slots[last.index() as usize];
        assert!(
            matches!(retired, Slot::Vacant { next_free: RETIRED, .. }),
            "not given back"
        );
    }

    #[test]
    fn a_worn_slot_is_not_given_back_as_its_heirs_would_retire_at_once() {
        let mut arena = arena();
        arena.floor = NonZeroU64::new(!Place::MASK - 2 * GENERATION).unwrap();
        let worn = insert(&mut arena, 1);
        arena.remove(worn.index());
        arena.shrink_to_fit();
        let fresh = NonZeroU64::new(GENERATION).unwrap();
        (arena.floor, arena.first_free) = (fresh, NIL);
        let heirs: [_; 100] = core::array::from_fn(|i| insert(&mut arena, i as u64));
        for heir in heirs {
            arena.remove(heir.index());
        }
        arena.shrink_to_fit();
        assert_eq!(arena.floor, fresh.saturating_add(GENERATION));
    }

    #[test]
    fn shrinking_gives_slots_back_but_no_old_key_lives_again() {
        let mut arena = arena();
        let keys: [_; 8] = core::array::from_fn(|i| insert(&mut arena, i as u64));
        for key in &keys[1..] {
            arena.remove(key.index());
        }
        arena.shrink_to_fit();
        assert_eq!(arena.slots.len(), 1);
        for _ in 1..8 {
            insert(&mut arena, 9);
        }
        assert!(keys[1..].iter().all(|key| arena.get(*key).is_none()));
        assert!(arena.get(keys[0]).is_some());
    }
}
