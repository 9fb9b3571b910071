//! One ring of slots, and a list of what is too far for it.

/// Nanoseconds of a slot.
pub(super) const SLOT: u64 = 1 << 8;
const SLOTS: u64 = 64;
/// Nanoseconds of a turn.
pub(super) const TURN: u64 = SLOT * SLOTS;

/// Deadlines by slot, and a hand. With `PLANTED`, the comparison that decides what is too far is off
/// by one: the last slot it lets in is the one under the hand, a full turn away.
pub(super) struct Miniature<const PLANTED: bool> {
    ring: Vec<Vec<u64>>,
    far: Vec<u64>,
    now: u64,
}

impl<const PLANTED: bool> Miniature<PLANTED> {
    pub(super) fn starting_at(now: u64) -> Self {
        Self { ring: vec![Vec::new(); SLOTS as usize], far: Vec::new(), now }
    }

    fn is_far(&self, deadline: u64) -> bool {
        let ahead = deadline / SLOT - self.now / SLOT;
        if PLANTED { ahead > SLOTS } else { ahead >= SLOTS }
    }

    /// Where a deadline, which is not before the hand, is kept.
    fn list(&mut self, deadline: u64) -> &mut Vec<u64> {
        if self.is_far(deadline) {
            &mut self.far
        } else {
            &mut self.ring[(deadline / SLOT % SLOTS) as usize]
        }
    }

    pub(super) fn schedule(&mut self, deadline: u64) {
        self.list(deadline).push(deadline);
    }

    pub(super) fn cancel(&mut self, deadline: u64) {
        let list = self.list(deadline);
        let at = list.iter().position(|other| *other == deadline);
        list.swap_remove(at.expect("it was scheduled, and has not come up"));
    }

    /// Moves the hand; what is due is dropped, and what has come near enough enters the ring.
    pub(super) fn advance(&mut self, now: u64) {
        self.now = now;
        for slot in &mut self.ring {
            slot.retain(|deadline| *deadline > now);
        }
        for deadline in std::mem::take(&mut self.far) {
            if deadline > now {
                self.schedule(deadline);
            }
        }
    }

    /// The earliest deadline: in the first slot from the hand on that holds any.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        let hand = self.now / SLOT;
        let mut slots =
            (hand..hand + SLOTS).map(|slot| &self.ring[(slot % SLOTS) as usize]);
        let first = slots.find_map(|slot| slot.iter().min());
        first.or(self.far.iter().min()).copied()
    }
}
