//! The goals, and whether a run holds them.

use crate::round::Round;
use crate::who::{Timeouts, Who};

/// A goal of ours, judged.
#[derive(PartialEq, Debug)]
pub(crate) struct Judged {
    pub(crate) what: String,
    /// What libevent's figure ÷ ours is to be at least.
    pub(crate) least: f64,
    /// What it is; nothing if one of them was not measured.
    pub(crate) ratio: Option<f64>,
    /// What it would be of a loop that takes no time itself: libevent's figure ÷ the bare loop's.
    pub(crate) most: Option<f64>,
    pub(crate) verdict: String,
}

/// All goals, of the figures of one table.
pub(crate) fn judge(figures: impl Fn(Who) -> Option<Round>) -> Vec<Judged> {
    let bare = |figure: fn(&Round) -> f64| {
        let loops = [Who::Epoll, Who::EpollEdge].into_iter().filter_map(&figures);
        loops.map(|round| figure(&round)).reduce(f64::min)
    };
    let mut judged = Vec::new();
    let mut goal =
        |timeouts, theirs: Who, words: &str, least: f64, figure: fn(&Round) -> f64| {
            let theirs = figures(theirs).as_ref().map(figure);
            let over = |divisor: Option<f64>| {
                theirs.zip(divisor).map(|(one, other)| one / other)
            };
            let ratio = over(figures(Who::ours(timeouts)).as_ref().map(figure));
            judged.push(Judged {
                what: format!("{}: {words}", timeouts.name()),
                least,
                ratio,
                most: over(bare(figure)),
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

fn verdict(least: f64, ratio: Option<f64>) -> String {
    match ratio {
        None => "not measured".to_owned(),
        Some(ratio) if ratio >= least => "holds".to_owned(),
        Some(ratio) => format!("short by {:.1} %", (1.0 - ratio / least) * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_to_be_no_slower_and_half_as_fast_again_where_timeouts_are_refreshed() {
        let judged = judge(|who| {
            let bytes = match who {
                Who::Epoll => 90.0,
                Who::EpollEdge => 80.0,
                Who::LibeventDelAdd => 150.0,
                _ if Timeouts::ALL.map(Who::libevents).contains(&who) => 120.0,
                _ => 100.0,
            };
            Some(Round { register: 100.0, bytes, turns: 1.0 })
        });
        let verdicts: Vec<_> = judged.iter().map(|goal| goal.verdict.as_str()).collect();
        assert_eq!(verdicts[..4], ["holds", "holds", "short by 20.0 %", "holds"]);
        assert_eq!(judged[2].most, Some(1.5));
        assert_eq!((judged[8].verdict.as_str(), judged.len()), ("holds", 9));
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let judged = judge(|who| {
            (who == Who::Tourbillon).then_some(Round {
                register: 1.0,
                bytes: 1.0,
                turns: 1.0,
            })
        });
        assert!(judged.iter().all(|goal| goal.verdict == "not measured"));
    }
}
