//! [`Slack`]: the windows of the timers that need not be exact.
//!
//! A window has two ends and stands on two wheels: on one at the instant it *opens* (the timer's
//! earliest), on the other where it *closes* (its latest). The second says when somebody must be
//! woken; the first, who may go along then. To wake at the smallest latest and to take all that is
//! open is the optimum of *interval stabbing*: no choice of instants meets the same windows with
//! fewer wake-ups.
//!
//! # Ground rules
//!
//! The timers themselves stay in the arena of [`Timers`](super::Timers), with their value and their
//! latest as deadline; a timer's place names its window, and the window names its timer. Whoever
//! takes a timer out closes its window first: so no window outlives its timer, and nothing is left
//! to be swept.
//!
//! # Invariants
//!
//! - **S1** A window stands on both wheels, each end naming the other and the same timer, whose
//!   place names the window, which is the number of its closing end.
//! - **S2** It opens before it closes, and closes at its timer's deadline.
//! - **S3** `opens` is at or before every opening, `closes` at or before every closing; both are
//!   [`Instant::MAX`] when there is no window.
//! - **S4** `closes` is not before `opens`: whoever finds nothing open need not look for what closes.
//!
//! # Costs
//!
//! Two nodes of 24 bytes, and their lists, for each timer with slack; two wheels, made for the first.
//! Everything is O(1), as it is on a wheel. Timers without slack pay one comparison when they are
//! popped.

use alloc::boxed::Box;

use crate::arena::Arena;
use crate::time::Instant;
use crate::wheel::Core;

/// One end of a window.
#[derive(Copy, Clone, Debug)]
struct End {
    /// The timer, by its index.
    timer: u32,
    /// The other end, by its index on the other wheel.
    other: u32,
}

/// One end of all windows, in order.
#[derive(Debug)]
struct Ends<const SLOTS: usize, const LEAF: usize> {
    arena: Arena<End>,
    wheel: Core<SLOTS, LEAF>,
}

#[derive(Debug)]
struct Windows<const SLOTS: usize, const LEAF: usize> {
    opening: Ends<SLOTS, LEAF>,
    closing: Ends<SLOTS, LEAF>,
}

/// The windows of all timers with slack.
#[derive(Debug)]
pub(super) struct Slack<const SLOTS: usize, const LEAF: usize> {
    /// No window opens before this (S3).
    opens: Instant,
    /// No window closes before this (S3, S4).
    closes: Instant,
    /// A budget was spent while windows may have been open: it is worth asking again at once.
    is_left_open: bool,
    /// Behind a pointer: two wheels are larger than all else, and most programs have no slack.
    windows: Option<Box<Windows<SLOTS, LEAF>>>,
    /// Timers touched inside, so far. Counted here too: who counts moves shall not have to ask there.
    moves: u64,
    wakeups_saved: u64,
}

impl<const SLOTS: usize, const LEAF: usize> Ends<SLOTS, LEAF> {
    fn starting_at(now: Instant) -> Self {
        Self { arena: Arena::with_capacity(0), wheel: Core::starting_at(now) }
    }

    fn add(&mut self, at: Instant, end: End) -> u32 {
        self.wheel.schedule(&mut self.arena, at, end).index()
    }

    fn remove(&mut self, index: u32) -> End {
        self.wheel.unlink(&mut self.arena, index);
        self.arena.remove(index).1.value
    }

    /// The timer whose end comes first, by `now`. `None` also when the moves are spent.
    fn first(&mut self, now: Instant, moves: &mut usize) -> Option<u32> {
        let found = self.wheel.first_due(&mut self.arena, now, moves);
        Some(self.arena.node(found.ok()??).value.timer)
    }

    /// Nothing comes before this.
    fn wake(&self) -> Instant {
        if self.arena.len() == 0 { Instant::MAX } else { self.wheel.wake() }
    }

    /// As [`Core::maintain`], and takes from the moves what it used.
    fn maintain(&mut self, moves: &mut usize) -> bool {
        let before = self.wheel.stats().moves;
        let is_more = self.wheel.maintain(&mut self.arena, *moves);
        let moved = self.wheel.stats().moves - before;
        *moves = moves.saturating_sub(usize::try_from(moved).unwrap_or(usize::MAX));
        is_more
    }

    fn clear(&mut self, now: Instant) {
        self.wheel.clear(now);
        self.arena.clear();
    }

    fn shrink_to_fit(&mut self) {
        self.wheel.shrink_to_fit();
        self.arena.shrink_to_fit();
    }

    const fn bytes(&self) -> usize {
        self.arena.bytes() + self.wheel.bytes()
    }
}

impl<const SLOTS: usize, const LEAF: usize> Slack<SLOTS, LEAF> {
    pub(super) const fn new() -> Self {
        Self {
            opens: Instant::MAX,
            closes: Instant::MAX,
            is_left_open: false,
            windows: None,
            moves: 0,
            wakeups_saved: 0,
        }
    }

    /// No window opens before this.
    #[inline]
    pub(super) const fn opens(&self) -> Instant {
        self.opens
    }

    /// No window closes before this.
    #[inline]
    pub(super) const fn closes(&self) -> Instant {
        self.closes
    }

    /// When it is worth asking for windows that a budget left open.
    #[inline]
    pub(super) const fn left_open(&self) -> Instant {
        if self.is_left_open { self.opens } else { Instant::MAX }
    }

    /// A budget was spent before it was known that no window is open.
    #[inline]
    pub(super) const fn leave_open(&mut self) {
        self.is_left_open = true;
    }

    /// Opens a window for a timer, and gives its number. O(1).
    pub(super) fn open(
        &mut self,
        now: Instant,
        earliest: Instant,
        latest: Instant,
        timer: u32,
    ) -> u32 {
        debug_assert!(earliest < latest, "S2: an exact timer has no window");
        let windows = self.windows.get_or_insert_with(|| {
            let (opening, closing) = (Ends::starting_at(now), Ends::starting_at(now));
            Box::new(Windows { opening, closing })
        });
        let window = windows.closing.add(latest, End { timer, other: u32::MAX });
        let other = windows.opening.add(earliest, End { timer, other: window });
        windows.closing.arena.node_mut(window).value.other = other;
        self.note_change();
        window
    }

    /// Closes a window: its timer goes, or becomes exact. O(1).
    pub(super) fn close(&mut self, window: u32) {
        let Some(windows) = &mut self.windows else { return };
        let end = windows.closing.remove(window);
        windows.opening.remove(end.other);
        self.note_change();
    }

    /// When a window opens.
    pub(super) fn opening_of(&self, window: u32) -> Option<Instant> {
        let windows = self.windows.as_ref()?;
        let end = windows.closing.arena.node(window).value;
        Some(windows.opening.arena.node(end.other).deadline)
    }

    /// The timer of the window that closes first, by `now`; of equals, that which was opened
    /// first. `None` also when the moves are spent.
    pub(super) fn first_closing(
        &mut self,
        now: Instant,
        moves: &mut usize,
    ) -> Option<u32> {
        let timer = self.windows.as_mut()?.closing.first(now, moves);
        self.note_change();
        timer
    }

    /// The timer of the window that opened first, by `now`; of equals, that which was opened
    /// first. `None` also when the moves are spent.
    pub(super) fn first_open(&mut self, now: Instant, moves: &mut usize) -> Option<u32> {
        let timer = self.windows.as_mut()?.opening.first(now, moves);
        self.is_left_open = false;
        self.note_change();
        timer
    }

    /// The first closing, if nothing has to be looked for.
    pub(super) fn known_close(&self) -> Option<Instant> {
        let closing = &self.windows.as_ref()?.closing;
        let wake = closing.wheel.wake();
        closing.arena.is_due_at(closing.wheel.witness(), wake).then_some(wake)
    }

    /// A timer went along with somebody else's wake-up.
    pub(super) const fn note_saved(&mut self) {
        self.wakeups_saved += 1;
    }

    pub(super) const fn wakeups_saved(&self) -> u64 {
        self.wakeups_saved
    }

    fn note_change(&mut self) {
        if let Some(windows) = &self.windows {
            self.opens = windows.opening.wake();
            self.is_left_open &= self.opens < Instant::MAX;
            self.closes = windows.closing.wake().max(self.opens);
            self.moves =
                windows.opening.wheel.stats().moves + windows.closing.wheel.stats().moves;
        }
    }

    /// Moves some ends down ahead of their time, as each pop does on the wheel. Gives how many.
    pub(super) fn upkeep(&mut self) -> usize {
        let Some(windows) = &mut self.windows else { return 0 };
        let Windows { opening, closing } = &mut **windows;
        // One of them a call, so that a call's upkeep stays what it is.
        let moved = match closing.wheel.upkeep(&mut closing.arena) {
            0 => opening.wheel.upkeep(&mut opening.arena),
            moved => moved,
        };
        self.note_change();
        moved
    }

    /// Does ahead of time, with what is left of the moves when so many are used, what later calls
    /// would have to. True: there is more to do, or there may be.
    pub(super) fn maintain(&mut self, moves: usize, used: u64) -> bool {
        let Some(windows) = &mut self.windows else { return false };
        if windows.closing.arena.len() == 0 {
            return false;
        }
        let used = usize::try_from(used).unwrap_or(usize::MAX);
        let mut left = moves.saturating_sub(used);
        // Whoever has used up the moves may not be the last that needs some.
        if left == 0 && used > 0 {
            return true;
        }
        let before = left;
        let is_more = windows.closing.maintain(&mut left)
            || (left == 0 && before > 0)
            || windows.opening.maintain(&mut left);
        self.note_change();
        is_more
    }

    /// How many timers have slack.
    pub(super) fn len(&self) -> usize {
        self.windows.as_ref().map_or(0, |windows| windows.closing.arena.len())
    }

    /// Timers touched inside, so far.
    #[inline]
    pub(super) const fn moves(&self) -> u64 {
        self.moves
    }

    /// Closes all windows: all timers go.
    pub(super) fn clear(&mut self, now: Instant) {
        if let Some(windows) = &mut self.windows {
            windows.opening.clear(now);
            windows.closing.clear(now);
        }
        self.is_left_open = false;
        self.note_change();
    }

    pub(super) fn shrink_to_fit(&mut self) {
        if let Some(windows) = &mut self.windows {
            windows.opening.shrink_to_fit();
            windows.closing.shrink_to_fit();
        }
        self.note_change();
    }

    /// Bytes that the windows take.
    pub(super) fn bytes(&self) -> usize {
        self.windows.as_ref().map_or(0, |windows| {
            size_of::<Windows<SLOTS, LEAF>>()
                + windows.opening.bytes()
                + windows.closing.bytes()
        })
    }
}

#[cfg(feature = "model")]
impl<const SLOTS: usize, const LEAF: usize> Slack<SLOTS, LEAF> {
    /// Checks every invariant; `Ok` gives how many timers have slack.
    pub(super) fn validate<T>(
        &self,
        timers: &Arena<T>,
    ) -> Result<usize, alloc::string::String> {
        use alloc::format;
        let marked = timers.iter().filter(|(_, node)| node.place().window().is_some());
        let marked = marked.count();
        let Some(windows) = &self.windows else { return Ok(marked) };
        let (opening, closing) = (&windows.opening, &windows.closing);
        let opened = opening.wheel.validate(&opening.arena)?;
        let closed = closing.wheel.validate(&closing.arena)?;
        if [opened, closed, opening.arena.len(), closing.arena.len()] != [marked; 4] {
            return Err(format!("S1: {opened}, {closed} ends of {marked} windows"));
        }
        for (key, node) in closing.arena.iter() {
            let (closes, timer) = (node.deadline, timers.node(node.value.timer));
            let other = opening.arena.node(node.value.other);
            if timer.place().window() != Some(key.index())
                || other.value.other != key.index()
                || other.value.timer != node.value.timer
            {
                return Err(format!("S1: window {key:?} is not its timer's"));
            }
            if other.deadline >= closes || timer.deadline != closes {
                return Err(format!("S2: window {key:?} closes at {closes:?}"));
            }
            if self.opens > other.deadline || self.closes > closes {
                return Err(format!("S3: window {key:?} is not seen to come"));
            }
        }
        if self.closes < self.opens || (marked == 0 && self.opens != Instant::MAX) {
            return Err(format!("S4: from {:?} to {:?}", self.opens, self.closes));
        }
        Ok(marked)
    }
}
