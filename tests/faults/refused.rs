//! Calls that the kernel refuses, each of its kinds at each of the places where they are made: the error
//! is returned, nothing is leaked, and the loop goes on.

use std::fmt::Debug;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mio::unix::pipe;
use mio::{Events, Poll, Token};
use signal_hook::low_level::raise;
use tourbillon::reactor::{Exit, Interest, Next, Reactor, Signal};
use tourbillon::{
    Alarm, BufferEvent, Event, Listener, ListenerOptions, MonotonicClock, WallTimer,
};

use crate::scenario::{descriptors, report};
use crate::strace::{self, Call, Test};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        (
            "a_call_of_the_loops_that_fails_anywhere_is_told_and_nothing_is_lost",
            false,
            || try_each(&OF_THE_LOOP),
        ),
        (
            "a_call_for_a_socket_that_fails_anywhere_is_told_and_nothing_is_lost",
            false,
            || try_each(&FOR_SOCKETS),
        ),
        (
            "an_alarm_that_could_not_be_armed_keeps_what_it_had",
            false,
            an_alarm_that_could_not_be_armed_keeps_what_it_had,
        ),
    ]
}

/// What is refused, with what, and how often that must be told.
type Refused = (&'static str, &'static str, u64);

const OF_THE_LOOP: [Refused; 6] = [
    ("epoll_create1", "EMFILE", 1),
    ("eventfd2", "ENFILE", 1),
    ("timerfd_create", "ENOMEM", 1),
    ("timerfd_settime", "ENOMEM", 1),
    ("epoll_ctl", "ENOMEM", 1),
    ("epoll_wait", "ENOMEM", 1),
];

const FOR_SOCKETS: [Refused; 10] = [
    ("socket", "EMFILE", 1),
    ("socketpair", "ENFILE", 1),
    ("setsockopt", "ENOMEM", 1),
    ("bind", "EADDRINUSE", 1),
    ("listen", "EADDRINUSE", 1),
    ("accept4", "ENFILE", 1),
    // Not refused, but interrupted: nobody needs to know.
    ("accept4", "EINTR", 0),
    ("recvfrom", "EINTR", 0),
    ("sendto", "EINTR", 0),
    // The peer was faster, or so it says.
    ("shutdown", "ENOTCONN", 0),
];

/// What became of it.
#[derive(Default)]
struct World {
    /// Bytes that came through the pipe.
    piped: usize,
    timers: Vec<u8>,
    ticks: u32,
    signals: u32,
    deferred: u32,
    posted: u32,
    /// Errors that a stream was told.
    errors: u64,
    /// Streams that have ended.
    closed: u32,
}

/// Tries until it succeeds, at most twice. A failure must leave no descriptor behind.
fn again<T: Debug>(errors: &mut u64, mut attempt: impl FnMut() -> io::Result<T>) -> T {
    let before = descriptors();
    match attempt() {
        Ok(done) => done,
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::WouldBlock);
            assert_eq!(descriptors(), before, "left behind after {error}");
            *errors += 1;
            attempt().expect("the fault is over")
        }
    }
}

/// One of everything that a reactor asks of the kernel, with a second attempt wherever that may be refused.
/// In the end all of it has happened, whichever call was refused.
pub(crate) fn a_world() {
    let before = descriptors();
    let (mut world, mut errors) = (World::default(), 0);
    let mut reactor = again(&mut errors, Reactor::<World>::new);
    for _ in 0..2 {
        pipe_and_timers(&mut reactor, &mut world, &mut errors);
        signal(&mut reactor, &mut world, &mut errors);
        wall_and_resume(&mut reactor, &mut world, &mut errors);
        listener(&mut reactor, &mut world, &mut errors);
        big_output(&mut reactor, &mut world, &mut errors);
        // Nothing is kept alive by what was refused, and nothing waits for it.
        let exit = again(&mut errors, || reactor.run(&mut world));
        assert_eq!((exit, reactor.timer_count()), (Exit::Idle, 0));
    }
    drop(reactor);
    assert_eq!(descriptors(), before, "left behind in the end");
    report("errors", errors + world.errors);
}

/// Turns until something has happened. Whatever a failed turn had to do is done by the next one.
fn turn_until(
    reactor: &mut Reactor<World>,
    world: &mut World,
    errors: &mut u64,
    mut is_done: impl FnMut(&mut World) -> bool,
) {
    while !is_done(world) {
        again(errors, || reactor.turn(world, Duration::from_millis(5)));
    }
}

fn pipe_and_timers(reactor: &mut Reactor<World>, world: &mut World, errors: &mut u64) {
    let (mut sender, key) = again(errors, || {
        let (sender, receiver) = pipe::new()?;
        let key = reactor.register(
            receiver,
            Interest::READABLE,
            |world: &mut World, _, pipe, _| {
                let mut bytes = [0; 8];
                while let Ok(count) = pipe.read(&mut bytes) {
                    world.piped += count;
                }
                Next::Continue
            },
        )?;
        Ok((sender, key))
    });
    let (start, mut ticks) = (reactor.clock().now(), 0);
    for (number, millis) in [(3, 3), (1, 1), (2, 2)] {
        let deadline = start + Duration::from_millis(millis);
        reactor.at(deadline, move |world: &mut World, _, fired| {
            assert!(fired.now >= fired.scheduled);
            world.timers.push(number);
        });
    }
    let every = reactor.every(Duration::from_micros(700), move |world, _, fired| {
        let since = fired.scheduled.saturating_duration_since(start);
        assert!(fired.now >= fired.scheduled && since > Duration::ZERO);
        ticks += 1;
        world.ticks = ticks;
        if ticks == 3 { Next::Stop } else { Next::Continue }
    });
    assert!(every.is_ok());
    sender.write_all(b"x").unwrap();
    // Work that waits while a turn fails.
    reactor.defer(|world, _| world.deferred += 1);
    let posted = reactor.remote().post(|world: &mut World, _| world.posted += 1);
    assert!(posted.is_ok());
    turn_until(reactor, world, errors, |world| world.piped == 1 && world.posted == 1);
    assert_eq!((world.deferred, world.posted), (1, 1));
    (world.deferred, world.posted) = (0, 0);
    // What is there is told anew; and what comes if the change is refused, all the same.
    again(errors, || reactor.reregister(key, Interest::READABLE));
    sender.write_all(b"yz").unwrap();
    turn_until(reactor, world, errors, |world| {
        world.piped == 3 && world.timers.len() == 3 && world.ticks == 3
    });
    assert_eq!(world.timers, [1, 2, 3], "each once, in order");
    let receiver = reactor.deregister(key);
    assert!(receiver.is_some(), "it is handed back whatever is refused");
    // If the kernel has kept it, what it tells of it reaches nobody.
    sender.write_all(b"late").unwrap();
    again(errors, || reactor.turn(world, Duration::ZERO));
    assert_eq!(world.piped, 3);
    (world.piped, world.ticks) = (0, 0);
    world.timers.clear();
}

fn signal(reactor: &mut Reactor<World>, world: &mut World, errors: &mut u64) {
    let key = again(errors, || {
        reactor.on_signal(Signal::User1, |world: &mut World, _, _| {
            world.signals += 1;
            Next::Continue
        })
    });
    raise(Signal::User1.number()).unwrap();
    turn_until(reactor, world, errors, |world| world.signals == 1);
    assert!(reactor.off_signal(key));
    world.signals = 0;
}

fn wall_and_resume(reactor: &mut Reactor<World>, world: &mut World, errors: &mut u64) {
    let watch =
        again(errors, || reactor.on_resume(|_, _, _| panic!("the machine is awake")));
    let key = again(errors, || {
        let timer = WallTimer::every(Duration::from_millis(2), Duration::ZERO);
        reactor.wall(timer.map_err(io::Error::other)?, |world: &mut World, _, fired| {
            assert!(fired.now >= fired.scheduled);
            world.ticks += 1;
            Next::Continue
        })
    });
    turn_until(reactor, world, errors, |world| world.ticks >= 3);
    assert!(reactor.deregister(key).is_some() && reactor.deregister(watch).is_some());
    world.ticks = 0;
}

#[expect(clippy::needless_pass_by_value, reason = "a handler has no choice")]
fn echo(
    world: &mut World,
    _: &mut Reactor<World>,
    stream: &mut BufferEvent,
    event: Event,
) {
    let (input, output) = stream.buffers();
    match event {
        Event::Readable => output.append(input),
        Event::Eof => stream.close_when_flushed(),
        Event::Error(_) => world.errors += 1,
        Event::Closed => world.closed += 1,
        _ => {}
    }
}

/// Whether nothing more will come.
fn is_over(error: &io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn listener(reactor: &mut Reactor<World>, world: &mut World, errors: &mut u64) {
    let key = again(errors, || {
        let options = ListenerOptions::default();
        Listener::bind(reactor, "127.0.0.1:0", options, |_, reactor, accepted| {
            BufferEvent::new(accepted.stream).attach(reactor, echo).map(drop)
        })
    });
    let addr = reactor.source_mut(key).unwrap().local_addr().unwrap();
    for _ in 0..2 {
        let mut client = again(errors, || TcpStream::connect(addr));
        client.write_all(b"hello").unwrap();
        client.set_nonblocking(true).unwrap();
        let (mut echoed, mut bytes) = (0, [0; 8]);
        turn_until(reactor, world, errors, |_| match client.read(&mut bytes) {
            Ok(count) => {
                echoed += count;
                count == 0 || echoed == 5
            }
            Err(error) => is_over(&error),
        });
        if echoed == 5 {
            let closed = world.closed;
            drop(client);
            turn_until(reactor, world, errors, |world| world.closed > closed);
            break;
        }
        assert_eq!(echoed, 0, "closed before it was attached");
    }
    let stats = reactor.deregister(key).unwrap().stats();
    *errors += stats.failed + stats.backoffs + stats.aborted;
    assert_eq!(stats.accepted, 1 + stats.failed);
}

/// More than the kernel takes at once, so that the stream must ask for writability.
fn big_output(reactor: &mut Reactor<World>, world: &mut World, errors: &mut u64) {
    const MANY: usize = 1 << 20;
    for _ in 0..2 {
        let (mut peer, key) = again(errors, || {
            let (peer, ours) = UnixStream::pair()?;
            for end in [&peer, &ours] {
                end.set_nonblocking(true)?;
            }
            let stream = BufferEvent::new(mio::net::UnixStream::from_std(ours));
            Ok((peer, stream.attach(reactor, echo)?))
        });
        let stream = reactor.source_mut(key).unwrap();
        stream.output().extend_from_slice(&vec![7; MANY]);
        stream.close_when_flushed();
        let (mut total, mut bytes) = (0, vec![0; MANY / 8]);
        turn_until(reactor, world, errors, |_| match peer.read(&mut bytes) {
            Ok(count) => {
                total += count;
                count == 0
            }
            Err(error) => is_over(&error),
        });
        drop(peer);
        turn_until(reactor, world, errors, |world| world.closed > 0);
        world.closed = 0;
        if total == MANY {
            return;
        }
        assert!(world.errors > 0, "only {total} bytes, and nobody was told");
    }
    panic!("the fault is over");
}

/// How often a refusal is to be told, of those that this call has shown.
fn told(refused: &Call, told: u64) -> RangeInclusive<u64> {
    let shows = |text| refused.line.contains(text);
    if shows("EPOLL_CTL_DEL") {
        // A source that is on its way out may not know.
        0..=0
    } else if shows("TFD_TIMER_CANCEL_ON_SET") {
        // A wall timer that could not be armed anew looks in every turn.
        0..=1
    } else {
        told..=told
    }
}

/// Runs the world with each of these calls refused at each of the places where it is made.
fn try_each(calls: &[Refused]) {
    let shown: Vec<_> = calls.iter().map(|(call, ..)| *call).collect();
    let clean = strace::trace("a world", &shown.join(","), None);
    assert_eq!((clean.report("errors"), clean.injected()), (0, 0));
    for &(call, error, times) in calls {
        let calls: Vec<_> = clean.calls.iter().filter(|made| made.name == call).collect();
        assert!(!calls.is_empty(), "{call} is not called");
        // Each in the first round; the second one shows what is left of it.
        let places = calls.len().min(calls.len() / 2 + 1);
        for (place, made) in (1..=places).zip(calls) {
            if made.line.contains("\"X\", 1, MSG_DONTWAIT") {
                // The signal's own handler, which nobody but strace interrupts: it does not wait.
                continue;
            }
            let injected = format!("{call}:error={error}:when={place}");
            let outcome = strace::trace("a world", call, Some(&injected));
            let errors = outcome.report("errors");
            let mut refused = outcome.calls.iter().filter(|call| call.was_injected);
            if let Some(refused) = refused.next() {
                assert!(refused.failed_with(error), "{refused:?}");
                let told = told(refused, times);
                assert!(told.contains(&errors), "{injected}: {outcome:?}");
            } else {
                // How many waits and reads there are is a matter of time.
                assert!(
                    ["epoll_wait", "recvfrom", "sendto"].contains(&call),
                    "{injected}"
                );
                assert_eq!(errors, 0, "{injected}");
            }
        }
        println!("{call}: {error} at each of {places} places");
    }
}

/// An alarm in a loop of its own: set, set to earlier, rung, set and taken back.
pub(crate) fn an_alarm() {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(8));
    let before = descriptors();
    let mut errors = 0;
    let mut alarm = again(&mut errors, || Alarm::new(MonotonicClock::new()));
    let registered =
        || poll.registry().register(&mut alarm, Token(0), Interest::READABLE);
    again(&mut errors, registered);
    let hour = alarm.now() + Duration::from_secs(3_600);
    let soon = alarm.now() + Duration::from_millis(2);
    for deadline in [hour, soon] {
        set(&mut alarm, &mut errors, Some(deadline));
    }
    loop {
        poll.poll(&mut events, None).unwrap();
        // Too early by a little, it arms itself anew, which may be refused.
        if again(&mut errors, || alarm.rang()) {
            break;
        }
    }
    assert!(alarm.now() >= soon && alarm.deadline().is_none());
    for deadline in [Some(hour), None] {
        set(&mut alarm, &mut errors, deadline);
    }
    drop(alarm);
    assert_eq!(descriptors(), before);
    report("errors", errors);
}

fn set(alarm: &mut Alarm, errors: &mut u64, deadline: Option<tourbillon::Instant>) {
    let had = alarm.deadline();
    if alarm.set(deadline).is_err() {
        assert_eq!(alarm.deadline(), had, "it keeps what it had");
        *errors += 1;
        alarm.set(deadline).expect("the fault is over");
    }
    assert_eq!(alarm.deadline(), deadline);
}

fn an_alarm_that_could_not_be_armed_keeps_what_it_had() {
    for (call, error) in [
        ("timerfd_create", "EMFILE"),
        ("timerfd_settime", "ENOMEM"),
        ("epoll_ctl", "ENOMEM"),
    ] {
        let places = strace::trace("an alarm", call, None).count(call);
        assert!(places > 0, "{call} is not called");
        for place in 1..=places {
            let injected = format!("{call}:error={error}:when={place}");
            let outcome = strace::trace("an alarm", call, Some(&injected));
            let told = outcome.injected() as u64;
            assert_eq!(outcome.report("errors"), told, "{injected}: {outcome:?}");
        }
    }
}
