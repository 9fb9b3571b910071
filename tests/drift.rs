//! Promise P7 on the machine's own clock: intervals beside a load, whose indices, deadlines and
//! missed ticks add up exactly, however late the machine is. Nothing here depends on how late.

#![cfg(all(feature = "net", unix))]

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mio::Interest;
use tourbillon::{
    Exit, Fired, Instant, Interval, ManualClock, MissedTickBehavior, Next, Precision,
    Reactor, TimerKey,
};

/// What an interval was told, tick by tick.
struct Grid {
    start: Instant,
    period: Duration,
    /// The index that the next tick has if none is missed.
    next: u64,
    handed_out: u64,
    missed: u64,
}

impl Grid {
    fn new(start: Instant, period: Duration) -> Self {
        Self { start, period, next: 0, handed_out: 0, missed: 0 }
    }

    fn at(&self, index: u64) -> Instant {
        let nanos = u64::try_from(self.period.as_nanos()).unwrap() * index;
        self.start + Duration::from_nanos(nanos)
    }

    fn note(&mut self, fired: Fired) {
        let index = self.next + fired.missed;
        assert_eq!(fired.scheduled, self.at(index), "tick {index} is off its grid");
        assert!(fired.now >= fired.scheduled, "early");
        self.next = index + 1;
        self.handed_out += 1;
        self.missed += fired.missed;
    }
}

struct Load {
    grids: Vec<Grid>,
    echoed: u64,
}

/// Echoes at one end of a socket pair what comes; a thread at the other end keeps it busy, with
/// lines of 4 KiB, until the reactor drops its end.
fn echo(reactor: &mut Reactor<Load>) -> std::thread::JoinHandle<()> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let ours = mio::net::UnixStream::from_std(ours);
    let mut bytes = vec![0; 4096];
    reactor
        .register(ours, Interest::READABLE, move |load: &mut Load, _, stream, _| {
            loop {
                match stream.read(&mut bytes) {
                    Ok(0) => return Next::Stop,
                    Ok(read) => {
                        load.echoed += read as u64;
                        stream.write_all(&bytes[..read]).unwrap();
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        return Next::Continue;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        })
        .unwrap();
    std::thread::spawn(move || {
        let (mut stream, mut bytes) = (theirs, vec![7; 4096]);
        // Ends when the reactor is gone: whichever call finds out first.
        while stream.write_all(&bytes).is_ok() && stream.read_exact(&mut bytes).is_ok() {}
    })
}

fn intervals_beside_a_load(precision: Precision, length: Duration) {
    let mut reactor = Reactor::builder().precision(precision).build().unwrap();
    let client = echo(&mut reactor);
    let start = reactor.clock().now() + Duration::from_millis(1);
    let mut load = Load { grids: Vec::new(), echoed: 0 };
    let mut keys: Vec<TimerKey> = Vec::new();
    for (place, micros) in [333, 1_000].into_iter().enumerate() {
        let period = Duration::from_micros(micros);
        load.grids.push(Grid::new(start, period));
        let interval = Interval::new(start, period).unwrap();
        keys.push(reactor.interval(interval, move |load: &mut Load, _, fired| {
            load.grids[place].note(fired);
            Next::Continue
        }));
    }
    // A handler that is slow now and then, so that ticks are missed for certain.
    reactor
        .every(length / 8, |_, _, _| {
            std::thread::sleep(Duration::from_millis(3));
            Next::Continue
        })
        .unwrap();
    let end = start + length;
    reactor.stop_at(end);
    assert_eq!(reactor.run(&mut load).unwrap(), Exit::Deadline);

    for (grid, key) in load.grids.iter().zip(keys) {
        let drift = reactor.drift(key).unwrap();
        assert_eq!((drift.ticks(), drift.missed()), (grid.handed_out, grid.missed));
        assert_eq!(grid.handed_out + grid.missed, grid.next, "each is accounted for");
        assert_eq!(drift.phase_error(), Duration::ZERO);
        assert_eq!(reactor.deadline(key), Some(grid.at(grid.next)));
        // None that was due by the end is left out: each turn hands out what is due.
        assert!(grid.at(grid.next) > end, "{} ticks of {:?}", grid.next, grid.period);
        assert!(grid.missed > 0, "three milliseconds are a tick or more");
        println!(
            "{precision:?}, {:?}: {} ticks and {} missed, mean {:?} and worst {:?} late",
            grid.period,
            drift.ticks(),
            drift.missed(),
            drift.mean_lateness(),
            drift.worst_lateness(),
        );
    }
    assert!(load.echoed > 0);
    println!("echoed beside it: {} bytes", load.echoed);
    drop(reactor);
    client.join().unwrap();
}

const SPIN: Precision = Precision::Spin { max: Duration::from_micros(100) };

#[test]
fn ticks_beside_a_load_add_up_to_their_grid() {
    for precision in [Precision::Millis, Precision::Exact, SPIN] {
        intervals_beside_a_load(precision, Duration::from_millis(400));
    }
}

/// The figure: `cargo test --release --test drift -- --ignored --nocapture`.
#[test]
#[ignore = "two minutes, for the figure in docs/FIGURES.md"]
fn a_minute_of_ticks_beside_a_load_adds_up_to_its_grid() {
    for precision in [Precision::Exact, SPIN] {
        intervals_beside_a_load(precision, Duration::from_secs(60));
    }
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn the_report_is_there_inside_the_handler_and_outside_and_gone_with_the_interval() {
    let clock = ManualClock::new();
    let mut reactor = Reactor::<u64>::builder().clock(clock.clone()).build().unwrap();
    let key = reactor
        .every(10 * MS, |ticks: &mut u64, reactor, fired| {
            *ticks += 1;
            let drift = reactor.drift(fired.key).unwrap();
            assert_eq!(drift.ticks(), *ticks, "this tick is in it");
            if *ticks == 3 { Next::Stop } else { Next::Continue }
        })
        .unwrap();
    let once = reactor.after(100 * MS, |_, _, _| {});
    assert_eq!(reactor.drift(once), None);
    let mut ticks = 0;
    for (at, missed, worst) in [(11, 0, 1), (45, 2, 5)] {
        clock.set(Instant::ZERO + at * MS);
        reactor.turn(&mut ticks, Duration::ZERO).unwrap();
        let drift = reactor.drift(key).unwrap();
        assert_eq!((drift.missed(), drift.worst_lateness()), (missed, worst * MS));
    }
    assert_eq!(reactor.drift(key).unwrap().mean_lateness(), 3 * MS);
    clock.set(Instant::ZERO + 50 * MS);
    reactor.turn(&mut ticks, Duration::ZERO).unwrap();
    assert_eq!((ticks, reactor.drift(key)), (3, None));
}

#[test]
fn a_delayed_interval_reports_how_far_it_has_left_its_grid() {
    let clock = ManualClock::new();
    let mut reactor = Reactor::<u64>::builder().clock(clock.clone()).build().unwrap();
    let interval = Interval::new(Instant::ZERO + 10 * MS, 10 * MS)
        .unwrap()
        .with_missed_tick_behavior(MissedTickBehavior::Delay);
    let key = reactor.interval(interval, |ticks: &mut u64, _, _| {
        *ticks += 1;
        Next::Continue
    });
    let mut ticks = 0;
    // The second tick, due at 20, is seen at 34: the third is due at 44 instead of 30.
    for (at, error) in [(10, 0), (34, 0), (44, 14), (54, 14)] {
        clock.set(Instant::ZERO + at * MS);
        reactor.turn(&mut ticks, Duration::ZERO).unwrap();
        assert_eq!(reactor.drift(key).unwrap().phase_error(), error * MS, "at {at}");
    }
    assert!(reactor.reschedule(key, Instant::ZERO + 100 * MS));
    clock.set(Instant::ZERO + 100 * MS);
    reactor.turn(&mut ticks, Duration::ZERO).unwrap();
    let drift = reactor.drift(key).unwrap();
    assert_eq!((drift.ticks(), drift.phase_error()), (1, Duration::ZERO), "a new grid");
}
