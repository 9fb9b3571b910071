//! The tables of a run, in Markdown, and the notes below them.

use crate::goals;
use crate::machine;
use crate::options::{Options, Plan};
use crate::ratio::Ratio;
use crate::round::Round;
use crate::who::{Timeouts, Who};

/// What stands above the tables.
pub(crate) fn head(options: &Options) {
    if options.quick {
        println!("A smoke run: its figures mean nothing.\n");
    }
    println!(
        "{}. Medians of {} rounds, in each of which every contender has a process of its own, by \
         turns; of a process the median of its runs. *A run* is from the first look at the kernel \
         until every byte is read; *over epoll* is what that takes a byte beyond the faster of the bare \
         loops without timeouts; *libevent ÷* is libevent's time of the same kind ÷ this one, round by \
         round, and in brackets the quartiles of the rounds; *libevent ÷ bare epoll* is what a loop would \
         come to that took no time itself.\n",
        machine::description(),
        options.rounds()
    );
}

/// The table of a plan, and its goals.
pub(crate) fn print(plan: Plan, contenders: &[Who], found: &[Vec<Round>]) {
    println!(
        "### {} pairs of {}, {} active, {} writes: {} bytes a run\n",
        plan.pairs,
        plan.kind.name(),
        plan.active,
        plan.writes,
        plan.bytes()
    );
    let rounds = |who: Who| {
        let place = contenders.iter().position(|other| *other == who)?;
        Some(found[place].as_slice())
    };
    let least = [Who::Epoll, Who::EpollEdge]
        .into_iter()
        .filter_map(|who| Round::fold(rounds(who)?))
        .map(|round| round.bytes)
        .reduce(f64::min);
    println!(
        "| timeouts | contender | a run, µs | a byte, ns | over epoll, ns | libevent ÷ | to register \
         an end, ns | libevent ÷ | turns |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    for timeouts in Timeouts::ALL {
        let theirs = rounds(Who::libevents(timeouts));
        for (place, &who) in contenders.iter().enumerate() {
            if who.timeouts() == timeouts {
                println!(
                    "| {} | {} [{}] | {} |",
                    timeouts.name(),
                    who.name(),
                    place + 1,
                    row(plan, &found[place], least, theirs)
                );
            }
        }
    }
    println!(
        "\n| goal | libevent ÷ ours at least | is | libevent ÷ bare epoll | verdict |"
    );
    println!("|---|--:|--:|--:|---|");
    let cell = |ratio: Option<Ratio>| ratio.map_or_else(dash, |ratio| ratio.to_string());
    for goal in goals::judge(rounds) {
        let (ratio, most) = (cell(goal.ratio), cell(goal.most));
        println!(
            "| {} | {} | {ratio} | {most} | {} |",
            goal.what, goal.least, goal.verdict
        );
    }
    println!();
}

fn row(
    plan: Plan,
    ours: &[Round],
    least: Option<f64>,
    theirs: Option<&[Round]>,
) -> String {
    let Some(round) = Round::fold(ours) else { return ["–"; 7].join(" | ") };
    let bytes = f64::from(plan.bytes());
    let ratio = |figure: fn(&Round) -> f64| {
        let ratio = theirs.and_then(|theirs| Ratio::of(theirs, ours, figure));
        ratio.map_or_else(dash, |ratio| format!("{:.2}", ratio.median))
    };
    [
        format!("{:.0}", round.bytes / 1e3),
        format!("{:.0}", round.bytes / bytes),
        least.map_or_else(dash, |least| format!("{:.0}", (round.bytes - least) / bytes)),
        ratio(|round| round.bytes),
        format!("{:.0}", round.register / f64::from(plan.pairs)),
        ratio(|round| round.register),
        format!("{:.0}", round.turns),
    ]
    .join(" | ")
}

fn dash() -> String {
    "–".to_owned()
}

/// One note for each contender, in the order of the tables.
pub(crate) fn notes(contenders: &[Who], options: &Options) {
    for (place, who) in contenders.iter().enumerate() {
        let refusal = who
            .refusal(options)
            .map_or_else(String::new, |refusal| format!(". Not measured: {refusal}"));
        println!("- [{}] {}: {}{refusal}.", place + 1, who.name(), who.what());
    }
}
