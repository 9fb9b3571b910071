//! What is to come of it: when `Who::Two` and `Who::Three` are called, and who is left.
//!
//! The rules, in the order of the functions:
//!
//! 1. In a turn: hooks before the wait; *the wait, which sees what the kernel has and what is due*; hooks
//!    after it; sources; timers; deferred handlers; posts.
//! 2. Whoever is added is called in the same turn if the place where its kind is taken up is still to
//!    come, and in the next turn if not.
//! 3. Whoever waits for its call when somebody panics or stops the turn is called in the next turn
//!    instead. A hook of that turn that was not called yet waits for its next time.
//! 4. Whoever is removed is not called any more. What is deferred or posted can not be removed.
//! 5. A timer that is moved has one cause in place of the other. One that is used up can not be moved.
//! 6. An activation is one more cause, and the same call as others that are not yet called for when
//!    sources are. A stream, listener or signal calls nobody for an activation behind which nothing is.
//! 7. The hook of slow handlers is called right behind the slow one, which is in order again, and as if it
//!    were that one: what it adds is called when what the slow one had added would be.
//! 8. A clock that goes back does not undo what is due in the turn; before the wait it does.

use super::actions::Action;
use super::kinds::Kind;

/// The turn in which the clock has reached what was moved to later.
pub(super) const LATER: usize = 8;
/// The turn in which the clock has reached the deadline of `Who::Late`.
pub(super) const LATE: usize = 12;
/// The last turn of an episode.
pub(super) const LAST: usize = 16;

/// Places in a turn.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Debug)]
enum Place {
    Before,
    Wait,
    After,
    Sources,
    Timers,
    Deferred,
    Posts,
}

impl Kind {
    const fn called_at(self) -> Place {
        match self {
            Self::Before => Place::Before,
            Self::After => Place::After,
            Self::Deferred => Place::Deferred,
            Self::Post => Place::Posts,
            _ if self.is_due() => Place::Timers,
            _ => Place::Sources,
        }
    }

    const fn taken_up_at(self) -> Place {
        match self {
            Self::Activated | Self::Event => Place::Sources,
            Self::Before | Self::After | Self::Deferred | Self::Post => self.called_at(),
            _ => Place::Wait,
        }
    }

    pub(super) const fn is_hook(self) -> bool {
        matches!(self, Self::Before | Self::After)
    }

    /// It is called when its time has come.
    const fn is_due(self) -> bool {
        matches!(
            self,
            Self::TimedOut | Self::OneShot | Self::Interval | Self::Slack | Self::Common
        )
    }

    /// It may be called again.
    pub(super) const fn stays(self) -> bool {
        !matches!(
            self,
            Self::Once
                | Self::OneShot
                | Self::Slack
                | Self::Common
                | Self::Deferred
                | Self::Post
        )
    }

    const fn can_be_removed(self) -> bool {
        !matches!(self, Self::Deferred | Self::Post)
    }

    /// An activation alone makes a call.
    const fn heeds_activations(self) -> bool {
        matches!(self, Self::Source | Self::Activated | Self::Event | Self::TimedOut)
    }
}

/// A pair and what happens between them.
#[derive(Copy, Clone, Debug)]
pub(super) struct Case {
    pub(super) one: Kind,
    pub(super) action: Action,
    pub(super) two: Kind,
    /// Of two in the same phase.
    pub(super) one_is_first: bool,
    /// Phases are cut after one call.
    pub(super) is_cut: bool,
}

impl Case {
    /// Whether `Two` is to be called after `One` in a turn of both.
    pub(super) fn two_waits(self) -> bool {
        let (one, two) = (self.called_at(), self.two.called_at());
        self.one != Kind::Slow && (one < two || (one == two && self.one_is_first))
    }

    /// Where `One` is called.
    const fn called_at(self) -> Place {
        match self.one {
            // Where the slow one is.
            Kind::Slow => self.two.called_at(),
            kind => kind.called_at(),
        }
    }

    /// The turn in which whoever of that kind is called, if it is added in turn `t` by `One`.
    fn newcomer(self, kind: Kind, t: usize) -> usize {
        if self.called_at() < kind.taken_up_at() { t } else { t + 1 }
    }

    /// Whether `One` is there at the end.
    pub(super) fn one_stays(self) -> bool {
        use Action::{AnswerStop, Panic, RemoveAll, RemoveItself};
        self.one.stays()
            && !matches!(self.action, Panic | AnswerStop | RemoveItself | RemoveAll)
    }

    fn removes_two(self) -> bool {
        use Action::{RemoveAll, RemoveOther, ReplaceOther};
        self.two.can_be_removed()
            && matches!(self.action, RemoveOther | RemoveAll | ReplaceOther)
    }

    pub(super) fn two_stays(self) -> bool {
        self.two.stays() && !self.removes_two()
    }

    /// What `Three` is, if it is added.
    pub(super) const fn three(self) -> Option<Kind> {
        match self.action {
            Action::ReplaceOther | Action::AddAnother => Some(self.two),
            Action::PostAndDropRemote => Some(Kind::Post),
            _ => None,
        }
    }

    /// The turns in which `One` is called, if it acted in turn `t`.
    pub(super) fn calls_of_one(self, t: usize) -> Vec<usize> {
        match self.one {
            Kind::Before | Kind::After if self.one_stays() => (t..=LAST).collect(),
            _ => vec![t],
        }
    }

    /// The turns in which `Two` is called, if `One` acted in turn `t`; `waits`: before `Two` was called
    /// for its first cause.
    pub(super) fn calls_of_two(self, t: usize, waits: bool) -> Vec<usize> {
        let breaks_off = matches!(self.action, Action::Panic | Action::StopTurn);
        if self.two.is_hook() {
            let waits = self.two_waits();
            return (1..=LAST)
                .filter(|&turn| !(turn == t && waits && breaks_off))
                .filter(|&turn| !self.removes_two() || turn < t || (turn == t && !waits))
                .collect();
        }
        let first = if waits && breaks_off { t + 1 } else { t };
        let mut calls = match (waits, self.moved_to(t)) {
            (true, _) if self.removes_two() => vec![],
            (true, Some(moved)) => vec![moved],
            (false, Some(moved)) if self.two.stays() => vec![first, moved],
            _ => vec![first],
        };
        if self.action == Action::ActivateOther && self.two.heeds_activations() {
            let activated = self.newcomer(Kind::Activated, t);
            let is_same_call = waits
                && (!self.two.is_due()
                    || activated == t
                    || (self.is_cut && self.one.called_at() == Place::Timers));
            if !is_same_call {
                calls.push(activated);
            }
        }
        calls
    }

    /// The turn to which the action has moved the cause of `Two`.
    fn moved_to(self, t: usize) -> Option<usize> {
        if !self.two.is_due() {
            return None;
        }
        match self.action {
            Action::MoveOtherToNow => Some(self.newcomer(self.two, t)),
            Action::MoveOtherToLater => Some(LATER),
            Action::SetClockBack if self.one == Kind::Before => Some(LATER),
            _ => None,
        }
    }

    /// The turns in which `Three` is called.
    pub(super) fn calls_of_three(self, t: usize) -> Vec<usize> {
        let Some(kind) = self.three() else { return vec![] };
        let first = self.newcomer(kind, t);
        match kind {
            Kind::Before | Kind::After => (first..=LAST).collect(),
            // On a new grid, from the clock's beginning.
            _ => vec![first],
        }
    }

    /// The turn in which `Late` is called: a timer that is due long after all others.
    pub(super) fn call_of_late(self, t: usize) -> usize {
        match self.action {
            Action::RunLong => self.newcomer(Kind::OneShot, t),
            _ => LATE,
        }
    }
}
