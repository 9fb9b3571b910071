//! The calls that concern many timers, and those that may refuse one.

use std::time::Duration;

use proptest::prelude::*;
use tourbillon::time::Instant;

use super::{Pair, edge};

#[derive(Clone, Debug)]
pub(super) enum Many {
    Limit { timers: Option<usize> },
    TrySchedule { after: u64, timeout: usize },
    ScheduleAll { after: u64, timers: u64, step: u64 },
    Thin { modulus: usize },
    Clear,
}

pub(super) fn many() -> impl Strategy<Value = Many> {
    prop_oneof![
        1 => prop::option::of(0_usize..20).prop_map(|timers| Many::Limit { timers }),
        3 => (edge(), 0_usize..8)
            .prop_map(|(after, timeout)| Many::TrySchedule { after, timeout }),
        1 => (edge(), 0_u64..40, 0_u64..4)
            .prop_map(|(after, timers, step)| Many::ScheduleAll { after, timers, step }),
        1 => (1_usize..5).prop_map(|modulus| Many::Thin { modulus }),
        1 => Just(Many::Clear),
    ]
}

impl<const SLOTS: usize, const LEAF: usize> Pair<SLOTS, LEAF> {
    /// On the wheel, or with a common timeout if there is one of that number.
    fn try_schedule(&mut self, after: u64, timeout: usize) {
        let (id, deadline) = (self.keys.len(), self.now + Duration::from_nanos(after));
        let is_full = self.timers.limit().is_some_and(|limit| self.model.len() >= limit);
        let ours = match self.tokens.get(timeout) {
            Some(token) => self.timers.try_schedule_after(self.now, *token, id),
            None => self.timers.try_schedule(deadline, id),
        };
        let ours = match ours {
            Ok(key) => key,
            Err(refused) => {
                assert!(is_full && refused.into_inner() == id);
                return;
            }
        };
        assert!(!is_full);
        let oracle = if let Some(token) = self.tokens.get(timeout) {
            self.model.schedule_after(self.now, token.duration(), id)
        } else {
            self.in_order.entry(deadline).or_default().insert(id);
            self.model.schedule(deadline, id)
        };
        self.add((ours, oracle), timeout < self.tokens.len());
    }

    fn schedule_all(&mut self, first: Instant, timers: u64, step: u64) {
        let deadlines = (0..timers).map(|i| first + Duration::from_nanos(i * step));
        let ids = self.keys.len()..;
        let ours: Vec<_> = self.timers.schedule_all(deadlines.clone().zip(ids.clone()));
        assert_eq!(ours.len(), timers as usize);
        for ((deadline, id), ours) in deadlines.zip(ids).zip(ours) {
            self.in_order.entry(deadline).or_default().insert(id);
            let oracle = self.model.schedule(deadline, id);
            self.add((ours, oracle), false);
        }
    }

    /// Cancels the timers whose numbers the modulus divides: all, if it is one.
    fn thin(&mut self, modulus: usize) {
        for id in (0..self.keys.len()).step_by(modulus) {
            let oracle = self.keys[id].1;
            self.leave_order(id, self.model.deadline(oracle).unwrap_or_default());
            self.model.cancel(oracle);
        }
    }

    pub(super) fn apply_many(&mut self, many: &Many) {
        match *many {
            Many::Limit { timers } => self.timers.set_limit(timers),
            Many::TrySchedule { after, timeout } => self.try_schedule(after, timeout),
            Many::ScheduleAll { after, timers, step } => {
                self.schedule_all(self.now + Duration::from_nanos(after), timers, step);
            }
            Many::Thin { modulus } => {
                self.timers.retain(|_, _, id| !id.is_multiple_of(modulus));
                self.thin(modulus);
            }
            Many::Clear => {
                self.timers.clear();
                self.thin(1);
            }
        }
    }
}
