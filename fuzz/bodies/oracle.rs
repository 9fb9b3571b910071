//! What wheel and timers must have done: the model beside them, and the promises about expiries.

use tourbillon::model::Model;
use tourbillon::time::Instant;
use tourbillon::timers::{Expired, TimerKey};

/// One timer, here and in the model. Its value is its number.
pub(crate) struct Entry {
    pub(crate) ours: TimerKey,
    pub(crate) theirs: TimerKey,
    /// It was moved, or is a member of a queue: it may take any place among its equals.
    pub(crate) free: bool,
}

/// The model, every timer there ever was, and the latest time that was told.
pub(crate) struct Oracle {
    pub(crate) model: Model<usize>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: Instant,
}

impl Oracle {
    pub(crate) fn starting_at(now: Instant) -> Self {
        Self { model: Model::starting_at(now), entries: Vec::new(), now }
    }

    /// The earliest deadline, as the model knows it.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.model.next_deadline()
    }

    /// The earliest deadline, found dumbly: the model's is to be right as well.
    pub(crate) fn dumb_earliest(&self) -> Option<Instant> {
        let earliest = self.model.iter().map(|(_, deadline, _)| deadline).min();
        assert_eq!(earliest, self.model.next_deadline(), "the model is wrong");
        earliest
    }

    /// A timer that was scheduled at some time, alive or not.
    pub(crate) fn pick(&self, pick: u16) -> Option<usize> {
        usize::from(pick).checked_rem(self.entries.len())
    }

    /// A timer came out at `now`, which is not the time of a reading that went back.
    pub(crate) fn expired(&mut self, expired: &Expired<usize>, now: Instant) {
        assert!(expired.deadline <= now, "P1: early");
        self.taken(expired);
    }

    /// A timer came out as the first, due or not.
    pub(crate) fn taken(&mut self, expired: &Expired<usize>) {
        let entry = &self.entries[expired.value];
        assert_eq!(expired.key, entry.ours, "P3: another timer's key");
        assert_eq!(self.earliest(), Some(expired.deadline), "P4: out of order");
        if !entry.free {
            let overtaken = self.model.iter().any(|(_, deadline, id)| {
                deadline == expired.deadline
                    && *id < expired.value
                    && !self.entries[*id].free
            });
            assert!(!overtaken, "P4: overtook an equal that was scheduled earlier");
        }
        assert_eq!(self.model.cancel(entry.theirs), Some(expired.value), "P3: twice");
    }

    /// Nothing more is due.
    pub(crate) fn drained(&self) {
        let lost = self.earliest().is_some_and(|earliest| earliest <= self.now);
        assert!(!lost, "P2: lost");
    }
}
