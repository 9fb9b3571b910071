//! Ten years of a mixed load: short timers in bursts, long ones, common timeouts that are touched, and
//! intervals; some are moved, some cancelled, and the loop is now and then late, or asleep.

use std::time::Duration;

use tourbillon::time::{Clock, Instant, Interval};
use tourbillon::timers::{Budget, CommonTimeout};

use crate::common::{DAY, MILLI, Random, SECOND, at};
use crate::world::World;
use crate::{BORDERS, YEAR, border};

const HOUR: u64 = 3_600 * SECOND;

/// Periods of the intervals, one no multiple of anything.
const PERIODS: [u64; 5] =
    [HOUR, 90 * 60 * SECOND + 1, DAY, 7 * DAY + 333_333_333, 30 * DAY];
/// Common timeouts that sessions are idle for at most.
const IDLE: [u64; 4] = [30 * SECOND, 300 * SECOND, DAY, 40 * DAY];

/// Tasks by their numbers: first the intervals, then these.
const SESSIONS: usize = 200;
const BURSTS: usize = 30;
const LONG: usize = 40;
const TASKS: usize = PERIODS.len() + SESSIONS + BURSTS + LONG;

struct Load {
    world: World,
    random: Random,
    intervals: Vec<Interval>,
    /// Ticks that came out and that were missed.
    ticks: [u64; PERIODS.len()],
    idle: [CommonTimeout; IDLE.len()],
    /// Whether each session is in its common timeout, and not waiting to connect again.
    connected: [bool; SESSIONS],
    start: Instant,
}

impl Load {
    fn starting_at(start: u64) -> Self {
        let mut world = World::starting_at(at(start), TASKS);
        let idle = IDLE.map(|nanos| world.common_timeout(Duration::from_nanos(nanos)));
        let first = |period| at(start) + Duration::from_nanos(period);
        let intervals = PERIODS
            .map(|period| Interval::new(first(period), Duration::from_nanos(period)));
        let mut load = Self {
            world,
            random: Random::new(start),
            intervals: intervals.map(Result::unwrap).to_vec(),
            ticks: [0; PERIODS.len()],
            idle,
            connected: [true; SESSIONS],
            start: at(start),
        };
        for task in 0..TASKS {
            load.go_on(task);
        }
        load
    }

    fn after(&self, nanos: u64) -> Instant {
        self.world.clock.now() + Duration::from_nanos(nanos)
    }

    /// From `least` nanoseconds on, each doubling as likely as the next.
    fn log_uniform(&mut self, least: u64, doublings: u64) -> u64 {
        let scale = least << self.random.below(doublings);
        scale + self.random.below(scale)
    }

    /// The timer of a task has fired or was cancelled: the next one.
    fn go_on(&mut self, task: usize) {
        if let Some(interval) = self.intervals.get(task) {
            self.world.schedule(task, interval.next_deadline());
        } else if task < PERIODS.len() + SESSIONS {
            let session = task - PERIODS.len();
            self.connected[session] = !self.connected[session];
            if self.connected[session] {
                self.world.schedule_after(task, self.idle[session % IDLE.len()]);
            } else {
                let nanos = self.log_uniform(MILLI, 32);
                self.world.schedule(task, self.after(nanos));
            }
        } else if task < PERIODS.len() + SESSIONS + BURSTS {
            // Some more at once, from a nanosecond to two seconds, then days of nothing.
            let last = self.random.below(40) == 0;
            let nanos =
                if last { self.random.below(20 * DAY) } else { self.log_uniform(1, 30) };
            self.world.schedule(task, self.after(nanos));
        } else {
            let nanos = self.log_uniform(DAY, 12);
            self.world.schedule(task, self.after(nanos));
        }
    }

    fn fired(&mut self, task: usize, deadline: Instant) {
        if let Some(interval) = self.intervals.get_mut(task) {
            let tick = interval.tick(self.world.clock.now()).expect("it is due");
            // Its timer named the first of the ticks that are due, and the tick is the last.
            let skipped = interval.period() * u32::try_from(tick.missed).unwrap();
            assert_eq!(tick.scheduled, deadline + skipped);
            self.ticks[task] += 1 + tick.missed;
        }
        self.go_on(task);
    }

    /// Sleeps: until the next deadline, not as long, or too long.
    fn sleep(&mut self) {
        let now = self.world.clock.now();
        let next = self.world.earliest().expect("the intervals never end");
        let left = next.saturating_duration_since(now);
        let late = |nanos| next.max(now) + Duration::from_nanos(nanos);
        let until = match self.random.below(64) {
            0..8 => now + left / 3,
            8..16 => late(self.random.below(SECOND)),
            16 => late(self.random.below(2 * HOUR)),
            17 if self.random.below(64) == 0 => late(self.random.below(9 * DAY)),
            _ => late(0),
        };
        self.world.clock.set(until);
    }

    fn pop(&mut self) {
        let mut budget = match self.random.below(4) {
            0 => Budget { timers: 1 + self.random.below(4) as usize, moves: 40 },
            _ => Budget::unlimited(),
        };
        while let Some((task, deadline)) = self.world.pop(&mut budget) {
            self.fired(task, deadline);
        }
    }

    /// Something that the program wants of a timer.
    fn meddle(&mut self) {
        let sessions = PERIODS.len();
        let others = sessions + SESSIONS;
        match self.random.below(8) {
            0..4 => {
                self.world.touch(sessions + self.random.below(SESSIONS as u64) as usize);
            }
            4 => {
                let task = others + self.random.below((BURSTS + LONG) as u64) as usize;
                let nanos = self.log_uniform(MILLI, 36);
                self.world.reschedule(task, self.after(nanos));
            }
            5 => {
                let task =
                    sessions + self.random.below((TASKS - sessions) as u64) as usize;
                self.world.cancel(task);
                self.go_on(task);
            }
            _ => {}
        }
    }

    /// Every tick of every interval came out or was counted, and the grid never moved (P7).
    fn check_ticks(&mut self) {
        self.world.clock.advance(Duration::from_nanos(1));
        while let Some((task, deadline)) = self.world.pop(&mut Budget::unlimited()) {
            self.fired(task, deadline);
        }
        let elapsed = self.world.clock.now().as_nanos() - self.start.as_nanos();
        for (task, period) in PERIODS.into_iter().enumerate() {
            let ticks = elapsed / period;
            assert_eq!(self.ticks[task], ticks, "a period of {period} ns");
            let next = self.start.as_nanos() + (ticks + 1) * period;
            assert_eq!(self.intervals[task].next_deadline(), at(next));
        }
    }
}

/// Runs ten years, and gives how many timers were carried across each border.
fn ten_years_from(start: u64) -> [u64; BORDERS.len()] {
    let mut load = Load::starting_at(start);
    let (end, mut steps) = (at(start + 10 * YEAR), 0_u64);
    while load.world.clock.now() < end {
        load.sleep();
        if load.random.below(4) == 0 {
            let earliest = load.world.earliest();
            assert_eq!(load.world.timers.next_deadline(), earliest);
        }
        load.pop();
        load.meddle();
        load.world.check();
        steps += 1;
        if steps % 1_024 == 0 {
            load.world.check_all();
        }
    }
    load.check_ticks();
    load.world.check_all();
    println!("ten years from {} days on, in {steps} steps:", start / DAY);
    println!("{}", load.world.report);
    assert!(load.world.report.fired > 500_000, "the years were quiet");
    load.world.report.carried
}

#[test]
fn ten_years_from_the_origin_cross_2_to_the_30_32_and_36_ms() {
    let carried = ten_years_from(0);
    assert!(carried[..3].iter().all(|carried| *carried > 50), "{carried:?}");
}

#[test]
fn ten_years_in_the_midst_of_which_are_2_to_the_40_ms() {
    let carried = ten_years_from(border(40) - 5 * YEAR);
    assert!(carried[3] > 50, "{carried:?}");
}
