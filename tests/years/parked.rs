//! A timer of forty days, parked in front of short ones, around each border: tokio hung after twelve
//! days because of one. (`regressions.rs` has its very case, from the origin and by the second.)
//!
//! Here nobody but the timers themselves says how long to sleep, by the exact deadline or by the cheap
//! wake-up alone, so that what is hidden stays asleep, and the oracle tells.

use std::time::Duration;

use tourbillon::time::{Clock, Instant};
use tourbillon::timers::Budget;

use crate::common::{DAY, MILLI, SECOND, at};
use crate::report::Report;
use crate::world::World;
use crate::{BORDERS, border};

const SHORT: usize = 8;
const PARKED: usize = SHORT;

/// How a loop learns how long to sleep.
#[derive(Copy, Clone, Debug)]
enum Ask {
    Deadline,
    Wakeup,
}

/// The n-th short timer: minutes, but around the border 150 ms and some more.
fn delay(task: usize, now: Instant, border: u64) -> Duration {
    let near = now.as_nanos().abs_diff(border) < 120 * SECOND;
    let (least, apart) =
        if near { (150 * MILLI, 37 * MILLI) } else { (61 * SECOND, 433 * SECOND) };
    Duration::from_nanos(least + task as u64 * apart)
}

fn forty_days_around(border: u64, ask: Ask) -> Report {
    let start = at(border.saturating_sub(20 * DAY));
    let mut world = World::starting_at(start, SHORT + 1);
    let until = start + Duration::from_nanos(40 * DAY);
    world.schedule(PARKED, until);
    // One is due just before the border, the others where they come to lie.
    world.schedule(0, at(border - 119 * SECOND));
    for task in 1..SHORT {
        world.schedule(task, start + delay(task, start, border));
    }
    loop {
        let earliest = world.earliest();
        let wakeup = match ask {
            Ask::Deadline => world.timers.next_deadline(),
            Ask::Wakeup => world.timers.next_wakeup(),
        };
        let wakeup = wakeup.expect("there are timers");
        assert!(wakeup > world.clock.now(), "{ask:?}: it spins at {wakeup:?}");
        match ask {
            Ask::Deadline => assert_eq!(Some(wakeup), earliest),
            Ask::Wakeup => assert!(Some(wakeup) <= earliest, "it oversleeps"),
        }
        world.clock.set(wakeup);
        while let Some((task, deadline)) = world.pop(&mut Budget::unlimited()) {
            assert_eq!(deadline, world.clock.now(), "{task} is late");
            if task == PARKED {
                assert_eq!(deadline, until);
                world.check_all();
                return world.report;
            }
            world.schedule(task, deadline + delay(task, deadline, border));
        }
        world.check();
    }
}

#[test]
fn a_timer_parked_for_forty_days_hides_no_short_one_at_any_border() {
    for bits in BORDERS {
        for ask in [Ask::Deadline, Ask::Wakeup] {
            let report = forty_days_around(border(bits), ask);
            println!("forty days around 2^{bits} ms, by {ask:?}: {report}");
            assert!(report.fired > 20_000, "{report}");
            let at = BORDERS.iter().position(|other| *other == bits).unwrap();
            assert_eq!(
                report.carried[at],
                SHORT as u64 + 1,
                "the parked one and each short one"
            );
        }
    }
}
