//! Sets the machine's clock by a tenth of a second, and puts it right by the monotonic one. Needs
//! `CAP_SYS_TIME`, and a machine that nobody else keeps time by:
//!
//! ```text
//! cargo test --test wall -- --ignored --test-threads 1
//! ```

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, Timespec, clock_gettime, clock_settime};
use tourbillon::reactor::{Exit, Next, Reactor, WallFired, WallTimer};

const STEP: Duration = Duration::from_millis(100);
const HOUR: Duration = Duration::from_secs(3600);

fn monotonic() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Monotonic);
    Duration::new(tv_sec.try_into().unwrap(), tv_nsec.try_into().unwrap())
}

fn set_wall(to: SystemTime) {
    let since = to.duration_since(UNIX_EPOCH).unwrap();
    let to = Timespec {
        tv_sec: since.as_secs().try_into().unwrap(),
        tv_nsec: since.subsec_nanos().into(),
    };
    clock_settime(ClockId::Realtime, to).expect("needs CAP_SYS_TIME");
}

/// Puts the wall clock right when it is dropped, by what went by on the monotonic clock.
struct Restored {
    wall: SystemTime,
    monotonic: Duration,
}

impl Restored {
    fn later() -> Self {
        Self { wall: SystemTime::now(), monotonic: monotonic() }
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        set_wall(self.wall + monotonic().saturating_sub(self.monotonic));
    }
}

type Seen = Rc<RefCell<Vec<WallFired>>>;

fn note(seen: &mut Seen, _: &mut Reactor<Seen>, fired: WallFired) -> Next {
    assert!(fired.now >= fired.scheduled);
    seen.borrow_mut().push(fired);
    Next::Continue
}

/// Turns until it was heard that the clock was set, and for a while longer.
fn turns(reactor: &mut Reactor<Seen>, seen: &mut Seen) {
    for _ in 0..5 {
        reactor.turn(seen, Duration::from_millis(2)).unwrap();
    }
}

#[test]
#[ignore = "sets the machine's clock"]
fn a_step_forward_over_a_time_and_a_grid_fires_each_once() {
    let _restored = Restored::later();
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let mut seen = Seen::default();
    let start = SystemTime::now();
    reactor.wall(WallTimer::at(start + STEP / 2), note).unwrap();
    // A grid whose next point is 30 ms away, whatever the time is.
    let offset = start.duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(30);
    let grid = WallTimer::every(Duration::from_millis(20), offset).unwrap();
    let grid = reactor.wall(grid, note).unwrap();
    let asked = Rc::new(RefCell::new(0));
    let count = Rc::clone(&asked);
    let hourly = WallTimer::with(move |now| {
        *count.borrow_mut() += 1;
        Some(now + HOUR)
    });
    let hourly = reactor.wall(hourly, note).unwrap();
    let first = reactor.source_mut(hourly).unwrap().next_time().unwrap();

    set_wall(start + STEP);
    // The first turns tell of the step; grid points that come meanwhile fire as well.
    turns(&mut reactor, &mut seen);
    let fired = seen.borrow().clone();
    let once = fired.iter().filter(|fired| fired.scheduled == start + STEP / 2).count();
    assert_eq!(once, 1, "{fired:?}");
    let of_grid = fired.iter().find(|fired| fired.missed > 0).expect("the grid");
    // 30, 50, 70 and 90 ms were gone over.
    assert!(
        of_grid.missed >= 3 && of_grid.scheduled >= start + STEP * 9 / 10,
        "{of_grid:?}"
    );
    assert!(reactor.is_registered(grid) && reactor.is_registered(hourly));
    assert_eq!(*asked.borrow(), 2, "asked again because the clock was set, and once");
    assert!(reactor.source_mut(hourly).unwrap().next_time().unwrap() > first);
}

#[test]
#[ignore = "sets the machine's clock"]
fn a_step_back_moves_a_grid_to_its_next_point_and_fires_no_time_again() {
    let _restored = Restored::later();
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let mut seen = Seen::default();
    let start = SystemTime::now();
    reactor.wall(WallTimer::at(start), note).unwrap();
    // Its points are 50 ms before now and an hour less 50 ms after.
    let offset = (start - STEP / 2).duration_since(UNIX_EPOCH).unwrap();
    let grid = reactor.wall(WallTimer::every(HOUR, offset).unwrap(), note).unwrap();
    reactor.turn(&mut seen, None).unwrap();
    assert_eq!(seen.borrow_mut().drain(..).count(), 1);
    let before = reactor.source_mut(grid).unwrap().next_time().unwrap();
    assert_eq!(before, start - STEP / 2 + HOUR);

    set_wall(start - STEP);
    // Half a step after this it shows `start - STEP / 2` again: a point of the grid, also for who
    // has heard of nothing yet.
    while seen.borrow().is_empty() {
        reactor.turn(&mut seen, None).unwrap();
    }
    assert_eq!(seen.borrow()[0].scheduled, start - STEP / 2);
    while SystemTime::now() < start + STEP / 4 {
        reactor.turn(&mut seen, Duration::from_millis(5)).unwrap();
    }
    assert_eq!(seen.borrow().len(), 1, "{seen:?}");
    assert_eq!(reactor.source_mut(grid).unwrap().next_time(), Some(before));
}

#[test]
#[ignore = "sets the machine's clock"]
fn twenty_steps_by_its_own_handler_confuse_no_grid() {
    let _restored = Restored::later();
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let mut seen = Seen::default();
    let timer = WallTimer::every(Duration::from_millis(7), Duration::ZERO).unwrap();
    let mut steps = 0_u32;
    reactor
        .wall(timer, move |seen: &mut Seen, reactor, fired| {
            steps += 1;
            let by = if steps.is_multiple_of(2) { STEP } else { Duration::ZERO };
            set_wall(SystemTime::now() + STEP / 2 - by);
            if steps == 20 {
                return Next::Stop;
            }
            note(seen, reactor, fired)
        })
        .unwrap();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    let seen = seen.borrow();
    assert_eq!(seen.len(), 19);
    // After each step forward it went over seven points, after each step back over none.
    assert!(seen.iter().skip(1).step_by(2).all(|fired| fired.missed >= 6), "{seen:?}");
}

/// The kernel tells of such a step in its answer to the arming.
#[test]
#[ignore = "sets the machine's clock"]
fn a_step_between_the_look_and_the_arming_is_heard_of() {
    let _restored = Restored::later();
    let after = Duration::from_millis(5);
    let asked = Rc::new(RefCell::new(Vec::new()));
    let notes = Rc::clone(&asked);
    let timer = WallTimer::with(move |now| {
        notes.borrow_mut().push(now);
        if notes.borrow().len() == 2 {
            set_wall(now - STEP);
        }
        Some(now + after)
    });
    let mut reactor = Reactor::<Seen>::new().unwrap();
    reactor.wall(timer, note).unwrap();
    let mut seen = Seen::default();
    while seen.borrow().len() < 2 {
        reactor.turn(&mut seen, None).unwrap();
    }
    let (asked, seen) = (asked.borrow(), seen.borrow());
    assert_eq!(seen[0].scheduled, asked[0] + after);
    assert!(asked[2] < asked[1], "asked again, by the new time: {asked:?}");
    assert_eq!(seen[1].scheduled, asked[2] + after);
}

#[test]
#[ignore = "sets the machine's clock"]
fn a_step_wakes_who_waits_for_a_resume_and_is_not_taken_for_one() {
    let _restored = Restored::later();
    let mut reactor = Reactor::<Seen>::new().unwrap();
    reactor.on_resume(|_, _, resumed| panic!("{resumed:?}, and nobody slept")).unwrap();
    let remote = reactor.remote();
    let mut seen = Seen::default();
    for by in [Duration::ZERO, 2 * STEP, STEP / 2] {
        let events = reactor.stats().events;
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(3));
            set_wall(SystemTime::now() + by - STEP);
        });
        while reactor.stats().events == events {
            reactor.turn(&mut seen, None).unwrap();
        }
        thread.join().unwrap();
    }
    drop(remote);
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
}
