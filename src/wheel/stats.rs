//! [`WheelStats`]: what the wheel did, counted where it is rare, and what lies where, counted when
//! asked.

use super::levels::Levels;

/// What a wheel did so far, and what lies in it now.
///
/// Only rare events are counted as they happen, so it costs nothing where it matters. What lies
/// where is counted when it is asked for: that looks at each ring and at each group of up to sixteen
/// timers.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct WheelStats {
    /// Timers touched inside: moved to a finer ring, sorted with their slot, or put right after
    /// they were postponed.
    pub moves: u64,
    /// The most timers that were touched so in one call. (Those that schedule, `reschedule` to an
    /// earlier time and `touch` touch 47 at most, of a slot that cannot wait to be opened; `cancel`
    /// touches none so. Each of them may move up what else stands in a chunk or two of a list, 16 at
    /// most, which is not counted.)
    pub max_moves_per_call: u64,
    /// Slots that were opened into a finer ring.
    pub opened: u64,
    /// Postponed timers that came up early and were put right.
    pub postponed: u64,
    /// Timers and slots of each level, as they are now.
    pub levels: Levels,
}

/// The part that is counted as it happens.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) moves: u64,
    pub(crate) max_moves_per_call: u64,
    pub(super) opened: u64,
    pub(super) postponed: u64,
}

impl Counters {
    /// A call is over that began with so many moves.
    #[inline]
    pub(super) fn note_call(&mut self, moves_before: u64) {
        let moves = self.moves - moves_before;
        self.max_moves_per_call = self.max_moves_per_call.max(moves);
    }
}
