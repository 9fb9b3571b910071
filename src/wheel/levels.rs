//! [`Levels`]: how many timers lie in how many slots, level by level. Counted when it is asked for.

use core::fmt;
use core::ops::Deref;

use super::core::{Core, MOST_LEVELS};
use super::ring::Geometry;
use super::stats::WheelStats;
use crate::arena::{Arena, Counted};

/// What lies on one level of the wheel.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct LevelStats {
    /// How long a slot of this level is, in nanoseconds.
    pub slot_nanos: u64,
    /// Slots in which timers wait. (One whose timers have all moved down to finer levels is none.)
    pub slots: usize,
    /// The timers in them.
    pub timers: usize,
}

/// What lies on each level of the wheel, the finest first: a slice of [`LevelStats`].
///
/// ```
/// use tourbillon::{Instant, Timers};
///
/// let mut timers = Timers::new();
/// for millis in 0..10 {
///     timers.schedule(Instant::from_nanos(millis * 1_000_000), millis);
/// }
/// let levels = timers.stats().wheel.levels;
/// assert_eq!(levels.iter().map(|level| level.timers).sum::<usize>(), 10);
/// // Ten timers are few, and wait together in one slot of a second.
/// assert_eq!((levels[5].slots, levels[5].slot_nanos), (1, 1 << 30));
/// assert_eq!(format!("{levels:?}"), "{5: 10 timers in 1 slot}");
/// ```
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct Levels {
    levels: [LevelStats; MOST_LEVELS],
    count: usize,
}

impl Levels {
    const NONE: Self = Self {
        levels: [LevelStats { slot_nanos: 0, slots: 0, timers: 0 }; MOST_LEVELS],
        count: 0,
    };

    /// The timers of all levels.
    pub(crate) fn timers(&self) -> usize {
        self.iter().map(|level| level.timers).sum()
    }
}

impl Default for Levels {
    fn default() -> Self {
        Self::NONE
    }
}

impl Deref for Levels {
    type Target = [LevelStats];

    fn deref(&self) -> &[LevelStats] {
        &self.levels[..self.count]
    }
}

/// The levels where timers lie, by number.
impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (number, level) in self.iter().enumerate() {
            if level.slots > 0 {
                let (timers, slots) =
                    (Counted(level.timers, "timer"), Counted(level.slots, "slot"));
                map.entry(&number, &format_args!("{timers} in {slots}"));
            }
        }
        map.finish()
    }
}

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    /// Looks at each ring, and at the tally of each chunk of timers. The newcomer counts where it will be
    /// put.
    pub(crate) fn levels<T>(&self, arena: &Arena<T>) -> Levels {
        let mut levels = Levels::NONE;
        levels.count = Self::TOP as usize + 1;
        for (at, number) in levels.levels.iter_mut().zip(0..=Self::TOP) {
            at.slot_nanos = Geometry::<SLOTS>::lowest_bit(number).get();
        }
        for (number, ring) in self.rings.iter().enumerate() {
            let level = &mut levels.levels[ring.level() as usize];
            for slot in ring.occupied_slots() {
                let list = self.slots[Self::join(number as u32, slot) as usize].list;
                let timers = list.len_up_to(&arena.chunks, usize::MAX);
                level.slots += usize::from(timers > 0);
                level.timers += timers;
            }
        }
        if let Some(slot_id) = self.slot_of_newcomer(arena) {
            let level = &mut levels.levels
                [self.rings[Self::split(slot_id).0 as usize].level() as usize];
            level.slots += usize::from(self.slots[slot_id as usize].list.is_empty());
            level.timers += 1;
        }
        levels
    }

    /// What was done so far, and what lies where.
    pub(crate) fn full_stats<T>(&self, arena: &Arena<T>) -> WheelStats {
        let counters = self.stats();
        WheelStats {
            moves: counters.moves,
            max_moves_per_call: counters.max_moves_per_call,
            opened: counters.opened,
            postponed: counters.postponed,
            levels: self.levels(arena),
        }
    }
}
