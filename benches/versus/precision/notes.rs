//! The notes below the tables: what each contender is, and what has to be said of its figures.

use crate::figures::Column;
use crate::lane::Lane;
use crate::table::micros;
use crate::who::Who;

/// Prints one note for each contender, in the order of the tables.
pub(crate) fn print(contenders: &[Who], lanes: &[Lane]) {
    for (place, &who) in contenders.iter().enumerate() {
        let lanes: Vec<_> = lanes.iter().filter(|lane| lane.who == who).collect();
        println!("- [{}] {}.", place + 1, note(who, &lanes));
    }
}

fn note(who: Who, lanes: &[&Lane]) -> String {
    let mut note = format!("{}: {}", who.name(), what(who));
    for lane in lanes {
        if let Some(refusal) = &lane.refusal {
            note = format!("{note}. No {}: {refusal}", lane.workload.name());
        }
        let told = |column| lane.figures()?.get(column).map(micros);
        if let (Some(p50), Some(p99)) = (told(Column::ToldP50), told(Column::ToldP99)) {
            let workload = lane.workload.name();
            note = format!(
                "{note}. `Fired::lateness` of {workload}: p50 {p50} µs, p99 {p99}"
            );
        }
    }
    let least_nanos = lanes.iter().map(|lane| lane.least_nanos).min().unwrap_or(0);
    if least_nanos < 0 {
        let by = if who.is_ours() {
            "By the kernel's clock, which its own keeps to, the earliest was"
        } else {
            "The earliest was"
        };
        note = format!("{note}. {by} {} ns before its deadline", -least_nanos);
    }
    note
}

/// What a contender is.
const fn what(who: Who) -> &'static str {
    match who {
        Who::TourbillonMillis => "sleeps whole milliseconds, rounded up",
        Who::TourbillonExact => "sleeps by a timerfd in mio's epoll",
        Who::TourbillonSpin => {
            "sleeps until the deadline less what its wake-ups were late by, `--max` at most, \
             and polls the rest"
        }
        Who::Timerfd => "a thread in the read of an absolute timerfd, armed for each",
        Who::TimerfdEpoll => {
            "an absolute timerfd in `epoll_wait`, edge-triggered and never read"
        }
        Who::SleepThenSpin => {
            "the bare timerfd until `--max` before the deadline, then a loop around the clock"
        }
        Who::ClockSpin => {
            "a loop around the clock and no sleep: its tail is what the machine itself stalls"
        }
        Who::ThreadSleep => {
            "the standard library's, which the kernel lets be late by the thread's timer slack \
             too, 50 µs if nobody changed it"
        }
        Who::Tokio => {
            "a runtime of one thread; its `interval`, which skips what it missed, and \
             `sleep_until`. Ticks of 1 ms inside"
        }
        Who::Libevent => {
            "its precise timer; the handler adds the timer anew for the next tick of \
             the grid. Whole microseconds, rounded down inside: it may be early by less than one"
        }
        Who::LibeventPersist => {
            "its own repeating timer; lateness is from where it put the tick, drift how far \
             that is from the grid at last"
        }
        Who::Asio => {
            "`steady_timer`, expired anew at `expiry()` + period: after a late tick the next \
             comes at once, so that it misses none"
        }
        Who::Calloop => "its `Timer`; the callback asks for the next tick of the grid",
        Who::Cyclictest => {
            "`clock_nanosleep` under the default policy, with timer slack. Whole microseconds, \
             rounded down; processor time is of the process from start to end"
        }
        Who::CyclictestFifo => {
            "with `--priority=80`: under SCHED_FIFO, which has no timer slack"
        }
    }
}
