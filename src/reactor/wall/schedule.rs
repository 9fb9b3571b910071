//! [`Schedule`]: when a wall-clock timer is due, without a clock.
//!
//! Ground rules: it is told what the wall clock shows, and whether that was set since. It never acts.
//!
//! Invariants:
//! - I1 Nothing is handed out while the clock shows less than it was due at.
//! - I2 After each call `next` is the first point of the rule after what the clock showed, except
//!   where that rule's answer is due already. So no step of the clock, in either direction, can leave
//!   it waiting for a point that is not the next one.
//! - I3 A time by itself is handed out once, however often the clock shows it.
//!
//! Costs: a division or two of 128 bits, however far the clock jumped.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;
use std::time::SystemTime;

use super::point::{Grid, Point};
use crate::time::ZeroPeriod;

/// What a [`WallTimer`](super::WallTimer) tells when it fires.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub struct WallFired {
    /// When it was due by the wall clock: exactly what was asked for.
    pub scheduled: SystemTime,
    /// What the wall clock showed when that was found out: never before `scheduled`.
    pub now: SystemTime,
    /// How many points of the grid were skipped just before `scheduled`, because the loop was late or
    /// the clock was set forward. 0 for a time by itself and for a function's.
    pub missed: u64,
}

impl WallFired {
    /// How late it is by the wall clock. A clock that was set forward over the point is part of it.
    #[must_use]
    pub fn lateness(&self) -> Duration {
        self.now.duration_since(self.scheduled).unwrap_or_default()
    }
}

type NextAfter = Box<dyn FnMut(SystemTime) -> Option<SystemTime>>;

enum Rule {
    At(Point),
    Every(Grid),
    With(NextAfter),
}

#[derive(Copy, Clone, Eq, PartialEq, Debug)]
enum Next {
    /// It was not started, or was stopped.
    Unknown,
    At(Point),
    /// It is over.
    Never,
}

pub(super) struct Schedule {
    rule: Rule,
    next: Next,
}

impl Schedule {
    pub(super) fn at(time: SystemTime) -> Self {
        Self { rule: Rule::At(Point::of(time)), next: Next::Unknown }
    }

    pub(super) fn every(period: Duration, offset: Duration) -> Result<Self, ZeroPeriod> {
        let grid = Grid::new(period, offset).ok_or(ZeroPeriod)?;
        Ok(Self { rule: Rule::Every(grid), next: Next::Unknown })
    }

    pub(super) fn with(next_after: NextAfter) -> Self {
        Self { rule: Rule::With(next_after), next: Next::Unknown }
    }

    /// What it waits for; `None`: it is over, or was not started.
    pub(super) const fn next(&self) -> Option<Point> {
        match self.next {
            Next::At(point) => Some(point),
            Next::Unknown | Next::Never => None,
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        matches!(self.next, Next::Never)
    }

    /// Waits for the first point after `now`, unless it waits already.
    pub(super) fn start(&mut self, now: SystemTime) {
        if self.next == Next::Unknown {
            self.next = self.rule.first_after(now);
        }
    }

    /// Waits for nothing until it is started again.
    pub(super) const fn stop(&mut self) {
        if !self.is_over() {
            self.next = Next::Unknown;
        }
    }

    /// The clock was set, and shows `now`.
    pub(super) fn clock_was_set(&mut self, now: SystemTime) {
        // What is due by now is still to be handed out.
        if self.next().is_some_and(|next| Point::of(now) < next) {
            self.next = self.rule.first_after(now);
        }
    }

    /// What is due at `now`, which is then done with.
    pub(super) fn take_due(&mut self, now: SystemTime) -> Option<WallFired> {
        let (next, reading) = (self.next()?, Point::of(now));
        if reading < next {
            return None;
        }
        let (scheduled, missed) = match &self.rule {
            Rule::Every(grid) => {
                let latest = grid.at_or_before(reading);
                (latest, grid.periods_between(next, latest))
            }
            Rule::At(_) | Rule::With(_) => (next, 0),
        };
        self.next = match &self.rule {
            Rule::At(_) => Next::Never,
            Rule::Every(_) | Rule::With(_) => self.rule.first_after(now),
        };
        // It lies between a time that was asked for and one that the clock shows, so there is one.
        let scheduled = scheduled.time().unwrap_or(now);
        Some(WallFired { scheduled, now, missed })
    }
}

impl Rule {
    fn first_after(&mut self, now: SystemTime) -> Next {
        match self {
            Self::At(point) => Next::At(*point),
            Self::Every(grid) => Next::At(grid.after(Point::of(now))),
            Self::With(next_after) => {
                next_after(now).map_or(Next::Never, |time| Next::At(Point::of(time)))
            }
        }
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule: &dyn fmt::Debug = match &self.rule {
            Rule::At(_) => &"at",
            Rule::Every(grid) => grid,
            Rule::With(_) => &"with",
        };
        f.debug_struct("Schedule").field("rule", rule).field("next", &self.next).finish()
    }
}

#[cfg(test)]
mod tests;
