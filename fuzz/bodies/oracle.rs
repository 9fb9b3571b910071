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
    /// Timers with slack that came out before their latest.
    pub(crate) riders: u64,
}

impl Oracle {
    pub(crate) fn starting_at(now: Instant) -> Self {
        Self { model: Model::starting_at(now), entries: Vec::new(), now, riders: 0 }
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

    /// Those that have slack: number, earliest, latest.
    pub(crate) fn with_slack(&self) -> impl Iterator<Item = (usize, Instant, Instant)> {
        self.model.iter().filter_map(|(key, latest, id)| {
            let (earliest, _) = self.model.window(key)?;
            (earliest < latest).then_some((*id, earliest, latest))
        })
    }

    /// A timer came out at `now`, which is not the time of a reading that went back.
    pub(crate) fn expired(&mut self, expired: &Expired<usize>, now: Instant) {
        assert!(expired.deadline <= now, "P1: early");
        let is_due = self.earliest().is_some_and(|earliest| earliest <= now);
        if is_due { self.taken(expired) } else { self.rode(expired, now) }
    }

    /// A timer came out when nothing was due: of those that are open the first, with slack.
    fn rode(&mut self, expired: &Expired<usize>, now: Instant) {
        let first = self.with_slack().map(|(id, earliest, _)| (earliest, id)).min();
        let first = first.filter(|(earliest, _)| *earliest <= now).map(|(_, id)| id);
        assert_eq!(first, Some(expired.value), "P1, P4: not the first that is open");
        assert_eq!(expired.deadline, now, "it is due now");
        self.riders += 1;
        self.removed(expired);
    }

    /// A timer came out as the first, due or not.
    pub(crate) fn taken(&mut self, expired: &Expired<usize>) {
        let entry = &self.entries[expired.value];
        assert_eq!(self.earliest(), Some(expired.deadline), "P4: out of order");
        let (earliest, latest) = self.model.window(entry.theirs).expect("P3: twice");
        let has_slack = earliest < latest;
        let overtaken = self.model.iter().any(|(key, deadline, id)| {
            let other_has_slack = self.model.window(key) != Some((deadline, deadline));
            // Slack stands behind what is exact. Among its like the order is that of scheduling.
            deadline == expired.deadline
                && match (has_slack, other_has_slack) {
                    (true, false) => true,
                    (false, true) => false,
                    _ => *id < expired.value && !entry.free && !self.entries[*id].free,
                }
        });
        assert!(!overtaken, "P4: overtook an equal that goes first");
        self.removed(expired);
    }

    fn removed(&mut self, expired: &Expired<usize>) {
        let entry = &self.entries[expired.value];
        assert_eq!(expired.key, entry.ours, "P3: another timer's key");
        assert_eq!(self.model.cancel(entry.theirs), Some(expired.value), "P3: twice");
    }

    /// Nothing more is due.
    pub(crate) fn drained(&self) {
        let lost = self.earliest().is_some_and(|earliest| earliest <= self.now);
        assert!(!lost, "P2: lost");
        let open = self.with_slack().any(|(_, earliest, _)| earliest <= self.now);
        assert!(!open, "P2: open, and not handed out");
    }
}
