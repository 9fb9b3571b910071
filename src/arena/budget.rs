//! [`Budget`]: how much work a call may do before it comes back.

/// How much a call may do: it counts down, and what is left says how much was done.
///
/// `timers` counts the timers handed out, `moves` those that were touched inside: sorted, moved
/// to a finer ring, or moved to the place that a postponed deadline asks for. A call goes on
/// while both are above zero; its last step may overdraw `moves`, by no more than 160, which
/// is taken as zero.
///
/// ```
/// use tourbillon::timers::Budget;
///
/// let mut budget = Budget::timers(64);
/// assert!(!budget.is_spent());
/// budget.timers = 0;
/// assert!(budget.is_spent());
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Budget {
    /// Timers that may still be handed out.
    pub timers: usize,
    /// Timers that may still be touched inside.
    pub moves: usize,
}

impl Budget {
    /// A budget for handing out `timers` timers: with three moves for each, for it is sorted once and
    /// has moved once or twice; and 64 at the least, so that few timers are not kept waiting by the
    /// sorting of more.
    #[must_use]
    pub const fn timers(timers: usize) -> Self {
        let moves = timers.saturating_mul(3);
        Self { timers, moves: if moves < 64 { 64 } else { moves } }
    }

    /// No limit: work until nothing is due.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { timers: usize::MAX, moves: usize::MAX }
    }

    /// Whether nothing more may be done.
    #[inline]
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.timers == 0 || self.moves == 0
    }

    #[inline]
    pub(crate) const fn charge_moves(&mut self, moves: usize) {
        self.moves = self.moves.saturating_sub(moves);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn a_timer_has_three_moves_and_few_have_64_together() {
        let moves = |timers| Budget::timers(timers).moves;
        assert_eq!([0, 1, 21, 22, 64].map(moves), [64, 64, 64, 66, 192]);
        assert_eq!(Budget::timers(usize::MAX), Budget::unlimited());
    }
}
