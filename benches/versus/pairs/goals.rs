//! The goals, and whether a run holds them.

use crate::ratio::Ratio;
use crate::round::Round;
use crate::who::{Timeouts, Who};

/// A goal of ours, judged.
#[derive(PartialEq, Debug)]
pub(crate) struct Judged {
    pub(crate) what: String,
    /// What libevent's figure ÷ ours is to be at least.
    pub(crate) least: f64,
    /// What it is; nothing if one of them was not measured.
    pub(crate) ratio: Option<Ratio>,
    /// What it would be of a loop that takes no time itself: libevent's figure ÷ the bare loop's.
    pub(crate) most: Option<Ratio>,
    pub(crate) verdict: String,
}

/// All goals, of the rounds of one table.
pub(crate) fn judge<'a>(rounds: impl Fn(Who) -> Option<&'a [Round]>) -> Vec<Judged> {
    let mut judged = Vec::new();
    let mut goal = |timeouts: Timeouts,
                    theirs: Who,
                    words: &str,
                    least: f64,
                    figure: fn(&Round) -> f64| {
        let theirs = rounds(theirs);
        let over = |who| Ratio::of(theirs?, rounds(who)?, figure);
        let ratio = over(Who::ours(timeouts));
        let bare = [Who::Epoll, Who::EpollEdge].into_iter().filter_map(over);
        judged.push(Judged {
            what: format!("{}: {words}", timeouts.name()),
            least,
            ratio,
            most: bare.max_by(|one, other| one.median.total_cmp(&other.median)),
            verdict: verdict(least, ratio),
        });
    };
    for timeouts in Timeouts::ALL {
        let least = if timeouts == Timeouts::None { 1.0 } else { 1.5 };
        let theirs = Who::libevents(timeouts);
        goal(timeouts, theirs, "a run", least, |round| round.bytes);
        goal(timeouts, theirs, "registering", 1.0, |round| round.register);
    }
    let words = "a run, beside libevent as libev's bench uses it";
    goal(Timeouts::Drawn, Who::LibeventDelAdd, words, 1.5, |round| round.bytes);
    judged
}

/// By the median; and whether the limit lies between the quartiles, so that another run may tell otherwise.
fn verdict(least: f64, ratio: Option<Ratio>) -> String {
    let Some(ratio) = ratio else { return "not measured".to_owned() };
    let is_open = ratio.lower < least && least <= ratio.upper;
    let spread = if is_open { ", within the spread" } else { "" };
    if ratio.median >= least {
        format!("holds{spread}")
    } else {
        format!("short by {:.1} %{spread}", (1.0 - ratio.median / least) * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(bytes: f64) -> Round {
        Round { register: 100.0, bytes, turns: 1.0 }
    }

    #[test]
    fn ours_is_to_be_no_slower_and_half_as_fast_again_where_timeouts_are_refreshed() {
        let [ours, theirs, epoll, edge, del_add] =
            [100.0, 120.0, 90.0, 80.0, 150.0].map(|bytes| [round(bytes)]);
        let judged = judge(|who| {
            Some(match who {
                Who::Epoll => &epoll,
                Who::EpollEdge => &edge,
                Who::LibeventDelAdd => &del_add,
                _ if Timeouts::ALL.map(Who::libevents).contains(&who) => &theirs,
                _ => &ours,
            })
        });
        let verdicts: Vec<_> = judged.iter().map(|goal| goal.verdict.as_str()).collect();
        assert_eq!(verdicts[..4], ["holds", "holds", "short by 20.0 %", "holds"]);
        assert_eq!(judged[2].most.map(|most| most.median), Some(1.5));
        assert_eq!((judged[8].verdict.as_str(), judged.len()), ("holds", 9));
    }

    #[test]
    fn a_verdict_says_when_the_rounds_do_not_agree() {
        let ratio = |lower, median, upper| Some(Ratio { lower, median, upper });
        assert_eq!(verdict(1.0, ratio(1.0, 1.1, 1.2)), "holds");
        assert_eq!(verdict(1.0, ratio(0.9, 1.1, 1.2)), "holds, within the spread");
        assert_eq!(
            verdict(1.0, ratio(0.9, 0.98, 1.0)),
            "short by 2.0 %, within the spread"
        );
        assert_eq!(verdict(1.0, ratio(0.9, 0.95, 0.99)), "short by 5.0 %");
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let ours = [round(1.0)];
        let judged = judge(|who| (who == Who::Tourbillon).then_some(&ours[..]));
        assert!(judged.iter().all(|goal| goal.verdict == "not measured"));
    }
}
