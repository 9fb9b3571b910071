//! [`WheelStats`]: what the wheel did, counted where it is rare.

/// What a wheel did so far. Only rare events are counted, so it costs nothing where it matters.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct WheelStats {
    /// Timers touched inside: moved to a finer ring, sorted with their slot, or put right after
    /// they were postponed.
    pub moves: u64,
    /// The most timers that were touched so in one call. (`schedule` touches 47 at most, of a slot
    /// that cannot wait to be opened; `reschedule` and `cancel` touch none so, but may move what
    /// else stands in two chunks of a list, 16 at most, which is not counted.)
    pub max_moves_per_call: u64,
    /// Slots that were opened into a finer ring.
    pub opened: u64,
    /// Postponed timers that came up early and were put right.
    pub postponed: u64,
}

impl WheelStats {
    /// A call is over that began with so many moves.
    #[inline]
    pub(super) fn note_call(&mut self, moves_before: u64) {
        let moves = self.moves - moves_before;
        self.max_moves_per_call = self.max_moves_per_call.max(moves);
    }
}
