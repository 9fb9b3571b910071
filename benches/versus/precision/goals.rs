//! The goals of the wait, and whether a run's medians meet them.

use crate::figures::{Column, Figures};
use crate::who::Who;

/// A goal of ours, judged.
pub(crate) struct Judged {
    pub(crate) what: String,
    /// In microseconds, but for a number of the early; nothing if what sets it was not measured.
    pub(crate) limit: Option<f64>,
    pub(crate) ours: Option<f64>,
    pub(crate) verdict: &'static str,
}

/// What is compared with the limit.
#[derive(Copy, Clone)]
enum Ask {
    AtMost,
    Below,
    Equal,
}

/// All goals, of the figures of one workload.
pub(crate) fn judge(figures: impl Fn(Who) -> Option<Figures>) -> Vec<Judged> {
    let figure = |who, column| figures(who)?.get(column);
    let mut judged = Vec::new();
    let mut goal = |who: Who, column: Column, ask, limit: Option<f64>, words: &str| {
        let ours = figure(who, column);
        let sign = match ask {
            Ask::AtMost => "≤",
            Ask::Below => "<",
            Ask::Equal => "=",
        };
        judged.push(Judged {
            what: format!("{}: {} {sign} {words}", who.name(), column.title()),
            limit,
            ours,
            verdict: verdict(ask, limit, ours),
        });
    };
    for column in [Column::P50, Column::P90] {
        let limit = figure(Who::Timerfd, column).map(|bare| bare * 1.1 + 2.0);
        let words = "the bare timerfd's · 1.1 + 2 µs";
        goal(Who::TourbillonExact, column, Ask::AtMost, limit, words);
    }
    let (spin, bare) = (Who::TourbillonSpin, Who::SleepThenSpin);
    goal(spin, Column::P50, Ask::AtMost, Some(0.4), "0.4 µs");
    let limit = figure(bare, Column::P99).map(|bare| bare + 1.0);
    goal(spin, Column::P99, Ask::AtMost, limit, "sleep-then-spin's + 1 µs");
    let limit = figure(bare, Column::Cpu);
    goal(spin, Column::Cpu, Ask::Below, limit, "sleep-then-spin's");
    for who in [Who::TourbillonMillis, Who::TourbillonExact, Who::TourbillonSpin] {
        goal(who, Column::Early, Ask::Equal, Some(0.0), "0");
    }
    judged
}

fn verdict(ask: Ask, limit: Option<f64>, ours: Option<f64>) -> &'static str {
    let (Some(limit), Some(ours)) = (limit, ours) else { return "not measured" };
    let holds = match ask {
        // Of numbers that are counted, none of which is below its limit.
        Ask::AtMost | Ask::Equal => ours <= limit,
        Ask::Below => ours < limit,
    };
    if holds { "holds" } else { "falls short" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;

    fn constant(micros: i64, cpu_nanos: u64, early: u64) -> Figures {
        let lateness_nanos = vec![micros * 1_000; 100];
        Figures::of(&Run {
            lateness_nanos,
            calls: 100,
            early,
            cpu_nanos,
            ..Run::default()
        })
    }

    fn verdicts(figures: impl Fn(Who) -> Option<Figures>) -> Vec<&'static str> {
        judge(figures).iter().map(|judged| judged.verdict).collect()
    }

    #[test]
    fn goals_are_set_by_the_bare_loops() {
        // The bare ones 50 and 1 µs late, ours by as much as is given.
        let with = |exact, spin, cpu, early| {
            verdicts(move |who| {
                Some(match who {
                    Who::Timerfd => constant(50, 0, 0),
                    Who::SleepThenSpin => constant(1, 100, 0),
                    Who::TourbillonExact => constant(exact, 0, early),
                    Who::TourbillonSpin => constant(spin, cpu, 0),
                    _ => constant(0, 0, 0),
                })
            })
        };
        assert_eq!(with(56, 0, 99, 0), ["holds"; 8]);
        assert_eq!(with(58, 0, 99, 0)[..2], ["falls short"; 2]);
        assert_eq!(with(56, 3, 99, 0)[2..4], ["falls short"; 2]);
        // As much of the processor is too much.
        assert_eq!(with(56, 0, 100, 0)[4], "falls short");
        assert_eq!(with(56, 0, 99, 1)[6], "falls short");
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let only_ours = |who: Who| who.is_ours().then(|| constant(0, 0, 0));
        let verdicts = verdicts(only_ours);
        assert_eq!(verdicts[..2], ["not measured"; 2]);
        assert_eq!((verdicts[2], verdicts[7]), ("holds", "holds"));
    }
}
