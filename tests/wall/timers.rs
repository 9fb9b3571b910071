use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mio::event::Source;
use mio::{Events, Interest, Poll, Token};
use tourbillon::reactor::{Exit, Next, Reactor, WallFired, WallTimer};

const HOUR: Duration = Duration::from_secs(3600);

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

type Seen = Vec<WallFired>;

/// Writes down what it is told, and goes on until there are `count`.
fn until(count: usize) -> impl FnMut(&mut Seen, &mut Reactor<Seen>, WallFired) -> Next {
    move |seen, _, fired| {
        assert!(fired.now >= fired.scheduled, "early by its own reading");
        assert!(SystemTime::now() >= fired.scheduled, "early by a fresh reading");
        seen.push(fired);
        if seen.len() < count { Next::Continue } else { Next::Stop }
    }
}

#[test]
fn a_time_fires_once_and_not_before() {
    for after in [0, 1, 40, 900, 5_000] {
        let mut reactor = Reactor::<Seen>::new().unwrap();
        let time = SystemTime::now() + micros(after);
        let key = reactor.wall(WallTimer::at(time), until(usize::MAX)).unwrap();
        let mut seen = Vec::new();
        assert_eq!(
            reactor.run(&mut seen).unwrap(),
            Exit::Idle,
            "it is no longer a source"
        );
        assert!(!reactor.is_registered(key));
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].scheduled, seen[0].missed), (time, 0));
    }
}

#[test]
fn what_has_passed_fires_at_once_also_from_before_the_epoch() {
    let (epoch, now) = (UNIX_EPOCH, SystemTime::now());
    for past in [now, now - HOUR, epoch, epoch - HOUR, epoch - 1_000_000 * HOUR] {
        let mut reactor = Reactor::<Seen>::new().unwrap();
        reactor.wall(WallTimer::at(past), until(1)).unwrap();
        let mut seen = Vec::new();
        reactor.run(&mut seen).unwrap();
        assert_eq!(seen[0].scheduled, past);
        assert!(seen[0].lateness() >= now.duration_since(past).unwrap());
    }
}

#[test]
fn a_grid_fires_at_its_points_and_counts_what_it_missed() {
    let (period, offset) = (micros(700), micros(1_234_567));
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let began = SystemTime::now();
    let timer = WallTimer::every(period, offset).unwrap();
    reactor.wall(timer, until(200)).unwrap();
    let mut seen = Vec::new();
    reactor.run(&mut seen).unwrap();
    let number = |time: SystemTime| {
        let since = (time - offset).duration_since(UNIX_EPOCH).unwrap().as_nanos();
        assert_eq!(since % period.as_nanos(), 0, "off the grid");
        u64::try_from(since / period.as_nanos()).unwrap()
    };
    assert!(seen[0].scheduled > began);
    for pair in seen.windows(2) {
        let [last, this] = pair else { unreachable!() };
        assert_eq!(number(last.scheduled) + this.missed + 1, number(this.scheduled));
    }
}

#[test]
fn a_function_says_when_and_when_to_end() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let mut left = 5;
    let timer = WallTimer::with(move |now| {
        left -= 1;
        (left > 0).then(|| now + micros(150))
    });
    reactor.wall(timer, until(usize::MAX)).unwrap();
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen.len(), 4);
    assert!(seen.windows(2).all(|pair| pair[1].scheduled > pair[0].now));
}

#[test]
fn an_answer_that_is_due_fires_once_a_turn() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    reactor.wall(WallTimer::with(Some), until(20)).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 20 {
        let before = seen.len();
        reactor.turn(&mut seen, None).unwrap();
        assert!(seen.len() <= before + 1);
    }
}

#[test]
fn a_function_without_an_answer_does_not_keep_a_run_alive() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let key = reactor.wall(WallTimer::with(|_| None), until(0)).unwrap();
    assert!(reactor.source_mut(key).unwrap().is_over());
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert!(seen.is_empty() && !reactor.is_registered(key));
}

#[test]
fn far_times_stay_pending_and_do_not_wake_anybody() {
    let far = UNIX_EPOCH + Duration::from_secs(i64::MAX as u64);
    let timers = [
        WallTimer::at(far),
        WallTimer::at(SystemTime::now() + 10_000_000 * HOUR),
        WallTimer::every(Duration::MAX, Duration::ZERO).unwrap(),
        WallTimer::every(Duration::MAX, Duration::MAX).unwrap(),
        WallTimer::with(move |_| Some(far)),
    ];
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let keys = timers.map(|timer| reactor.wall(timer, until(0)).unwrap());
    reactor.stop_at(reactor.clock().now() + micros(3_000));
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Deadline);
    assert!(seen.is_empty());
    assert!(reactor.stats().turns <= 10, "{:?}", reactor.stats());
    for key in keys {
        assert!(!reactor.deregister(key).unwrap().is_over());
    }
}

#[test]
fn deregistering_cancels_it_and_registering_starts_it_anew() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let period = micros(500);
    let grid = WallTimer::every(period, Duration::ZERO).unwrap();
    let key = reactor.wall(grid, until(1)).unwrap();
    let waits_for = reactor.source_mut(key).unwrap().next_time().unwrap();
    let grid = reactor.deregister(key).unwrap();
    assert_eq!(grid.next_time(), None);
    while SystemTime::now() < waits_for + 3 * period {
        std::thread::sleep(period);
    }
    let mut seen = Vec::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert!(seen.is_empty() && reactor.deregister(key).is_none());
    let again = SystemTime::now();
    reactor.wall(grid, until(1)).unwrap();
    reactor.run(&mut seen).unwrap();
    assert!(seen[0].scheduled > again);
    // From its own handler, and by another's.
    let late = reactor.wall(WallTimer::at(SystemTime::now() + HOUR), until(0)).unwrap();
    let now = WallTimer::at(SystemTime::now());
    reactor
        .wall(now, move |_, reactor, _| {
            assert!(reactor.deregister(late).is_some());
            Next::Continue
        })
        .unwrap();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
}

#[test]
fn a_handler_or_a_rule_that_panics_takes_only_its_timer_along() {
    let mut reactor = Reactor::<Seen>::new().unwrap();
    let every = || WallTimer::every(micros(300), Duration::ZERO).unwrap();
    reactor.wall(every(), |_, _, _| resume_unwind(Box::new("handler"))).unwrap();
    let mut asked = 0;
    let rule = WallTimer::with(move |now| {
        asked += 1;
        if asked > 1 {
            resume_unwind(Box::new("rule"));
        }
        Some(now)
    });
    reactor.wall(rule, until(usize::MAX)).unwrap();
    let mut seen = Vec::new();
    let mut run = |reactor: &mut Reactor<Seen>| {
        catch_unwind(AssertUnwindSafe(|| reactor.run(&mut seen))).is_err()
    };
    assert!(run(&mut reactor) && run(&mut reactor));
    // In the very call that would register it: nothing is left of it, either.
    let rule = WallTimer::with(|_| resume_unwind(Box::new("at once")));
    let registering = catch_unwind(AssertUnwindSafe(|| reactor.wall(rule, until(0))));
    assert!(registering.is_err());
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert!(seen.is_empty());
}

#[test]
fn it_serves_a_loop_of_mios() {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(8));
    let mut timer = WallTimer::every(micros(400), micros(77)).unwrap();
    assert!(timer.fired().unwrap().is_none(), "it is not registered");
    let registry = poll.registry();
    let kind = |result: io::Result<()>| result.unwrap_err().kind();
    assert_eq!(kind(timer.deregister(registry)), io::ErrorKind::NotFound);
    registry.register(&mut timer, Token(3), Interest::READABLE).unwrap();
    let twice = timer.register(registry, Token(4), Interest::READABLE);
    assert_eq!(kind(twice), io::ErrorKind::AlreadyExists);
    registry.reregister(&mut timer, Token(5), Interest::READABLE).unwrap();
    let (mut fired, mut looks) = (0, 0);
    while fired < 50 {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            polled => polled.unwrap(),
        }
        for event in &events {
            assert_eq!(event.token(), Token(5));
            looks += 1;
            fired += u32::from(timer.fired().unwrap().is_some());
        }
    }
    assert!(looks <= 4 * fired, "{looks} looks");
    poll.registry().deregister(&mut timer).unwrap();
}
