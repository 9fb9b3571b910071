//! [`Book`]: what timers are pending, when they are due, and who has to come before whom.

use std::collections::{BTreeMap, BTreeSet};

use tourbillon::time::Instant;
use tourbillon::timers::TimerKey;

use crate::bodies::interval::grid::Grid;

pub(super) enum Kind {
    Once,
    /// In a common timeout, by its number.
    Common(usize),
    /// With slack: from then on it may go along with others.
    Slack(Instant),
    Every(Grid),
}

pub(super) struct Entry {
    pub(super) key: TimerKey,
    pub(super) due: Instant,
    pub(super) kind: Kind,
    /// Operations that its handler takes.
    pub(super) acts: u8,
    /// The number of the turn that was going on, or was the last, when it was scheduled or moved.
    pub(super) born: u64,
    /// The turn by which it could have been taken out of the order of the others, and was not called; and
    /// its reading.
    waiting_since: Option<(u64, Instant)>,
    /// The reading then: who was due before it is late from the start.
    pub(super) born_at: Instant,
    /// An interval without a next tick, which goes when its handler returns.
    pub(super) is_over: bool,
    /// Scheduled on the wheel and never moved: its place among equals is fixed.
    is_plain: bool,
}

#[derive(Default)]
pub(super) struct Book {
    entries: BTreeMap<u64, Entry>,
    /// By deadline, and by the order of scheduling.
    order: BTreeSet<(Instant, u64)>,
    last_id: u64,
    /// Keys of timers that are gone.
    pub(super) stale: Vec<TimerKey>,
}

impl Book {
    /// The number that the next entry has.
    pub(super) fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    pub(super) fn add(
        &mut self,
        key: TimerKey,
        due: Instant,
        kind: Kind,
        acts: u8,
        (born, born_at): (u64, Instant),
    ) {
        assert!(
            self.entries.values().all(|entry| entry.key != key),
            "P3: a key that is alive was given out again"
        );
        self.last_id += 1;
        let is_plain = matches!(kind, Kind::Once);
        let entry = Entry {
            key,
            due,
            kind,
            acts,
            born,
            waiting_since: None,
            born_at,
            is_over: false,
            is_plain,
        };
        self.entries.insert(self.last_id, entry);
        self.order.insert((due, self.last_id));
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.order.remove(&(entry.due, id));
        if self.stale.len() < 64 {
            self.stale.push(entry.key);
        } else {
            self.stale[(id % 64) as usize] = entry.key;
        }
        Some(entry)
    }

    /// It has another deadline from now on.
    pub(super) fn change_due(
        &mut self,
        id: u64,
        due: Instant,
        (born, at): (u64, Instant),
    ) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        self.order.remove(&(entry.due, id));
        (entry.due, entry.born, entry.born_at) = (due, born, at);
        // What is to be called already keeps its place if it is moved to when that was decided.
        entry.waiting_since = entry.waiting_since.filter(|(_, by)| due <= *by);
        entry.is_plain = false;
        entry.is_over = false;
        self.order.insert((due, id));
    }

    pub(super) fn get(&self, id: u64) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    pub(super) fn pick(&self, pick: u8) -> Option<u64> {
        let pick = usize::from(pick).checked_rem(self.entries.len())?;
        self.entries.keys().nth(pick).copied()
    }

    pub(super) fn first_due(&self) -> Option<Instant> {
        self.order.first().map(|(due, _)| *due)
    }

    /// A call came back with work left over. What could have been detached by then may be called before
    /// what is scheduled later, whatever that is due at.
    pub(super) fn note_leftovers(&mut self, now: Instant, turn: u64) {
        for entry in self.entries.values_mut() {
            let from = match entry.kind {
                Kind::Slack(opens) => opens.min(entry.due),
                _ => entry.due,
            };
            if from <= now {
                entry.waiting_since.get_or_insert((turn, now));
            }
        }
    }

    /// P4: nobody that is pending had to be called before this one, which was due at `scheduled`.
    pub(super) fn check_order(&self, id: u64, scheduled: Instant, turn: u64) {
        let entry = &self.entries[&id];
        let is_rider = scheduled < entry.due;
        let since = entry.waiting_since.map_or(turn, |(since, _)| since);
        for (due, other_id) in &self.order {
            if *due > scheduled {
                break;
            }
            let other = &self.entries[other_id];
            if *other_id == id || other.born >= since {
                continue;
            }
            let equals_in_order = *other_id < id && entry.is_plain && other.is_plain;
            let is_first = *due < scheduled
                || (is_rider && !matches!(other.kind, Kind::Slack(_)))
                || (equals_in_order && !is_rider);
            assert!(
                !is_first,
                "P4: timer {id} of {scheduled:?} overtook timer {other_id} of {due:?}"
            );
        }
    }
}
