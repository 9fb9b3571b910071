//! All pairs of handlers: one of any kind misbehaves, while another of any kind is to be called in the
//! same turn, before or after it.
//!
//! What is to come of each is not listed but follows from eight [rules], which say it for all kinds. Beside
//! the calls it is held, for each pair: that who was removed or has panicked is dropped once, and at once;
//! that `is_pending`, `is_registered` and `running` tell the truth inside the handler and after it; that
//! counts are right; that a timer and a source that are added afterwards are called; that a run ends when
//! all are removed, with every descriptor closed.
//!
//! Each action is a test, over all kinds, both orders, and turns that are bounded not at all, by one call a
//! phase, or by no time at all: there a pair of one phase is split over two turns, and its calls are counted
//! only.

mod actions;
mod episode;
mod kinds;
mod rules;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use actions::Action;
use episode::{Bounds, play};
use kinds::Kind;
use rules::Case;

/// Plays an action with all pairs.
fn all_pairs(action: Action) {
    for one in Kind::ALL {
        all_others(one, action);
    }
}

/// Plays an action of one kind with all others.
fn all_others(one: Kind, action: Action) {
    for bounds in [Bounds::None, Bounds::One, Bounds::NoTime] {
        for two in Kind::ALL {
            for one_is_first in [true, false] {
                let is_cut = bounds != Bounds::None;
                let case = Case { one, action, two, one_is_first, is_cut };
                let play = AssertUnwindSafe(|| play(case, bounds));
                if let Err(panic) = catch_unwind(play) {
                    println!("the pair was {case:?}, bounds {bounds:?}");
                    resume_unwind(panic);
                }
            }
        }
    }
}

#[test]
fn one_that_panics_hurts_no_other() {
    all_pairs(Action::Panic);
}

#[test]
fn one_that_answers_stop_is_gone_alone() {
    all_pairs(Action::AnswerStop);
}

#[test]
fn one_that_removes_itself_is_gone_alone() {
    all_pairs(Action::RemoveItself);
}

#[test]
fn one_that_is_removed_by_another_is_not_called_any_more() {
    all_pairs(Action::RemoveOther);
}

#[test]
fn one_that_removes_all_leaves_nothing() {
    all_pairs(Action::RemoveAll);
}

#[test]
fn one_that_takes_the_place_of_another_is_called_for_its_own_cause() {
    all_pairs(Action::ReplaceOther);
}

#[test]
fn one_that_is_moved_to_now_is_called_in_the_next_turn() {
    all_pairs(Action::MoveOtherToNow);
}

#[test]
fn one_that_is_moved_to_later_is_called_then() {
    all_pairs(Action::MoveOtherToLater);
}

#[test]
fn one_that_is_activated_is_called_once_for_all_its_causes() {
    all_pairs(Action::ActivateOther);
}

#[test]
fn one_that_is_added_is_called_in_its_phase_of_this_turn_or_the_next() {
    all_pairs(Action::AddAnother);
}

#[test]
fn one_that_turns_the_reactor_inside_a_turn_is_refused() {
    all_pairs(Action::Reenter);
}

#[test]
fn one_that_stops_the_turn_leaves_the_others_to_the_next() {
    all_pairs(Action::StopTurn);
}

#[test]
fn one_that_posts_and_drops_the_remote_keeps_nothing_alive() {
    all_pairs(Action::PostAndDropRemote);
}

#[test]
fn one_that_runs_long_makes_nothing_due_in_this_turn() {
    all_pairs(Action::RunLong);
}

#[test]
fn one_that_sets_the_clock_back_undoes_nothing_that_is_due() {
    all_pairs(Action::SetClockBack);
}

#[test]
fn the_hook_of_slow_handlers_may_do_all_that_to_the_slow_one() {
    for action in [
        Action::Panic,
        Action::AnswerStop,
        Action::RemoveOther,
        Action::ReplaceOther,
        Action::MoveOtherToNow,
        Action::MoveOtherToLater,
        Action::ActivateOther,
        Action::AddAnother,
        Action::Reenter,
        Action::StopTurn,
        Action::PostAndDropRemote,
        Action::RunLong,
        Action::SetClockBack,
    ] {
        all_others(Kind::Slow, action);
    }
}
