//! [`Dump`]: a wheel in words, for a person to read; and its `Debug`, in one line.

use core::fmt;
use core::time::Duration;

use super::core::{Core, ROOT};
use super::{Levels, Wheel};
use crate::arena::{Arena, Counted};
use crate::time::Instant;

/// Slots of a level that are shown unless all are asked for.
const SLOTS_SHOWN: usize = 8;

/// Prints everything about a wheel but its values. Made by [`Wheel::dump`].
pub struct Dump<'a, T, const SLOTS: usize, const LEAF: usize> {
    wheel: &'a Wheel<T, SLOTS, LEAF>,
}

impl<T, const SLOTS: usize, const LEAF: usize> Wheel<T, SLOTS, LEAF> {
    /// What lies where, for a person to read: how many timers there are and may be; level by level
    /// the slots with timers, the span of time each covers, how many timers it holds, and how many
    /// of these were postponed beyond it; and what is sorted. The first eight slots of a level; with
    /// `{:#}` all. O(n), and nothing is allocated.
    ///
    /// ```
    /// use tourbillon::{Instant, Wheel};
    ///
    /// let mut wheel = Wheel::new();
    /// wheel.schedule(Instant::from_nanos(1_500_000_000), "tea");
    /// assert_eq!(wheel.dump().to_string(), "\
    /// 1 timer
    /// now 0ns, next wake-up 1.5s
    /// wheel: 1 timer
    ///   level 5, slots of 1.073741824s: 1 timer in 1 slot
    ///     1.073741824s ..= 2.147483647s: 1 timer
    ///   nothing is sorted
    /// ");
    /// ```
    #[must_use]
    pub const fn dump(&self) -> Dump<'_, T, SLOTS, LEAF> {
        Dump { wheel: self }
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> fmt::Display for Dump<'_, T, SLOTS, LEAF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wheel = self.wheel;
        write_head(f, wheel.len(), wheel.limit(), wheel.now, wheel.next_wakeup())?;
        wheel.core.write(f, &wheel.arena)
    }
}

impl<T, const SLOTS: usize, const LEAF: usize> fmt::Debug for Dump<'_, T, SLOTS, LEAF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Counts, the next wake-up and what lies on which level, but no values: so `T` need not be `Debug`.
impl<T, const SLOTS: usize, const LEAF: usize> fmt::Debug for Wheel<T, SLOTS, LEAF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("timers", &self.len())
            .field("next_wakeup", &self.next_wakeup())
            .field("levels", &self.core.levels(&self.arena))
            .finish_non_exhaustive()
    }
}

/// So many nanoseconds, in the unit that suits them; exact.
const fn time(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// The lines that a dump begins with.
pub(crate) fn write_head(
    f: &mut fmt::Formatter<'_>,
    timers: usize,
    limit: Option<usize>,
    now: Instant,
    next_wakeup: Option<Instant>,
) -> fmt::Result {
    write!(f, "{}", Counted(timers, "timer"))?;
    if let Some(limit) = limit {
        write!(f, " of {limit} that there may be")?;
    }
    write!(f, "\nnow {:?}, ", time(now.as_nanos()))?;
    match next_wakeup {
        Some(wakeup) => writeln!(f, "next wake-up {:?}", time(wakeup.as_nanos())),
        None => writeln!(f, "no wake-up"),
    }
}

/// The slots of one level, on their way to a formatter.
struct Lines<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    level: u32,
    /// Slots that may still be shown.
    may_show: usize,
    hidden: usize,
}

impl<const SLOTS: usize, const LEAF: usize> Core<SLOTS, LEAF> {
    pub(crate) fn write<T>(
        &self,
        f: &mut fmt::Formatter<'_>,
        arena: &Arena<T>,
    ) -> fmt::Result {
        let levels = self.levels(arena);
        writeln!(f, "wheel: {}", Counted(levels.timers(), "timer"))?;
        for level in (0..=Self::TOP).rev() {
            self.write_level(f, arena, level, &levels)?;
        }
        let Some(slot_id) = self.front.slot() else {
            return writeln!(f, "  nothing is sorted");
        };
        let (ring, slot) = Self::split(slot_id);
        let here = &self.rings[ring as usize];
        let timers = Counted(self.front.len(), "timer");
        let start = time(here.start_of(slot));
        let order = if self.front.is_earliest() { "" } else { ", overtaken" };
        writeln!(f, "  sorted: {timers} from {start:?} of level {}{order}", here.level())
    }

    fn write_level<T>(
        &self,
        f: &mut fmt::Formatter<'_>,
        arena: &Arena<T>,
        level: u32,
        levels: &Levels,
    ) -> fmt::Result {
        let here = levels[level as usize];
        if here.slots == 0 {
            return Ok(());
        }
        let (length, timers) = (time(here.slot_nanos), Counted(here.timers, "timer"));
        let slots = Counted(here.slots, "slot");
        writeln!(f, "  level {level}, slots of {length:?}: {timers} in {slots}")?;
        let may_show = if f.alternate() { usize::MAX } else { SLOTS_SHOWN };
        let mut lines = Lines { f, level, may_show, hidden: 0 };
        self.write_slots(&mut lines, arena, ROOT)?;
        match lines.hidden {
            0 => Ok(()),
            hidden => writeln!(f, "    and {hidden} more"),
        }
    }

    /// Writes the slots of one level, of that ring and those below it, in the order of time. As deep
    /// as there are levels.
    fn write_slots<T>(
        &self,
        lines: &mut Lines<'_, '_>,
        arena: &Arena<T>,
        ring: u32,
    ) -> fmt::Result {
        let here = &self.rings[ring as usize];
        let newcomers = self.slot_of_newcomer(arena);
        for slot in 0..SLOTS {
            let slot_id = Self::join(ring, slot);
            let content = &self.slots[slot_id as usize];
            if here.level() > lines.level {
                if let Some(finer) = content.finer() {
                    self.write_slots(lines, arena, finer)?;
                }
            } else if !content.list.is_empty() || newcomers == Some(slot_id) {
                if lines.may_show == 0 {
                    lines.hidden += 1;
                } else {
                    lines.may_show -= 1;
                    self.write_slot(lines.f, arena, ring, slot)?;
                }
            }
        }
        Ok(())
    }

    fn write_slot<T>(
        &self,
        f: &mut fmt::Formatter<'_>,
        arena: &Arena<T>,
        ring: u32,
        slot: usize,
    ) -> fmt::Result {
        let here = &self.rings[ring as usize];
        let slot_id = Self::join(ring, slot);
        let content = &self.slots[slot_id as usize];
        let (start, last) = (here.start_of(slot), here.last_of(slot));
        let mut timers = usize::from(self.slot_of_newcomer(arena) == Some(slot_id));
        let mut postponed = 0;
        for batch in content.list.batches(&arena.chunks) {
            let deadlines = batch.deadlines(arena);
            let here = &deadlines[..batch.timers().len()];
            timers += here.len();
            postponed += here.iter().filter(|at| **at > last).count();
        }
        let count = Counted(timers, "timer");
        write!(f, "    {:?} ..= {:?}: {count}", time(start), time(last))?;
        if postponed > 0 {
            write!(f, ", {postponed} postponed beyond it")?;
        }
        if content.finer().is_some() {
            write!(f, ", others moved down already")?;
        }
        writeln!(f)
    }
}
