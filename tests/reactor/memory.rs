//! Streams in memory: what they give and refuse, which edges are told and when, misuse, and faults.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use mio::{Registry, Token};
use tourbillon::reactor::memory::{Memory, MemoryFaults, MemoryStream};
use tourbillon::reactor::{Exit, Interest, Next, Reactor, Ready, Source, TurnBudget};
use tourbillon::{ManualClock, SourceKey};

use crate::turn;

/// What the handlers were told: whose it was, and why.
type Seen = Vec<(char, Ready)>;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
const GONE: Ready = Ready::NONE;

fn world<S>() -> (Memory, Reactor<S>) {
    let memory = Memory::new();
    let builder = Reactor::builder().memory(&memory).clock(ManualClock::new());
    (memory, builder.build().unwrap())
}

/// Registers a stream whose handler writes down what it is told, and reads and writes nothing.
fn watch(
    reactor: &mut Reactor<Seen>,
    who: char,
    stream: MemoryStream,
    interest: Interest,
) -> SourceKey<MemoryStream> {
    reactor
        .register(stream, interest, move |seen: &mut Seen, _, _, ready| {
            seen.push((who, ready));
            Next::Continue
        })
        .unwrap()
}

fn told(reactor: &mut Reactor<Seen>) -> Seen {
    let mut seen = Seen::new();
    turn(reactor, &mut seen);
    seen
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// All that is there to read, and how that ended: 0 bytes, or an error.
fn read_all(stream: &mut impl Read) -> (Vec<u8>, Option<ErrorKind>) {
    let (mut bytes, mut part) = (Vec::new(), [0; 16]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return (bytes, None),
            Ok(n) => bytes.extend_from_slice(&part[..n]),
            Err(error) => return (bytes, Some(error.kind())),
        }
    }
}

#[test]
fn bytes_come_out_as_they_went_in_and_no_more_than_there_is_room_for() {
    let (mut near, mut far) = Memory::new().pair(4);
    assert_eq!(kind(near.read(&mut [0; 8])), ErrorKind::WouldBlock);
    assert_eq!(far.write(b"abcdef").unwrap(), 4);
    assert_eq!(kind(far.write(b"ef")), ErrorKind::WouldBlock);
    let mut part = [0; 3];
    assert_eq!((near.read(&mut part).unwrap(), &part), (3, b"abc"));
    assert_eq!(far.write(b"efgh").unwrap(), 3);
    assert_eq!(read_all(&mut near), (b"defg".to_vec(), Some(ErrorKind::WouldBlock)));
    // The other way is a buffer of its own, and no capacity is none.
    assert_eq!(near.write(b"x").unwrap(), 1);
    assert_eq!(far.read(&mut []).unwrap(), 0);
    let (mut near, mut far) = Memory::new().pair(0);
    assert_eq!(near.write(b"xyz").unwrap(), 1);
    assert_eq!(read_all(&mut far), (b"x".to_vec(), Some(ErrorKind::WouldBlock)));
}

#[test]
fn a_peer_that_is_gone_leaves_its_bytes_and_takes_none() {
    let (mut near, mut far) = Memory::new().pair(9);
    far.write_all(b"last").unwrap();
    drop(far);
    assert_eq!(kind(near.write(b"x")), ErrorKind::BrokenPipe);
    assert_eq!(read_all(&mut near), (b"last".to_vec(), None));
    assert!(near.take_error().unwrap().is_none());
}

#[test]
fn a_peer_that_leaves_bytes_unread_resets_the_connection_once() {
    let pair = || {
        let (mut near, mut far) = Memory::new().pair(9);
        far.write_all(b"last").unwrap();
        near.write_all(b"unread").unwrap();
        near
    };
    let mut near = pair();
    assert_eq!(read_all(&mut near).1, Some(ErrorKind::ConnectionReset));
    assert_eq!(read_all(&mut near), (Vec::new(), None));
    // Or by asking for it.
    let near = pair();
    assert_eq!(near.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionReset);
    assert!(near.take_error().unwrap().is_none());
}

#[test]
fn one_direction_ends_and_the_other_goes_on() {
    let (mut near, mut far) = Memory::new().pair(9);
    far.write_all(b"over").unwrap();
    far.shutdown(Shutdown::Write).unwrap();
    assert_eq!(kind(far.write(b"x")), ErrorKind::BrokenPipe);
    near.write_all(b"answer").unwrap();
    assert_eq!(read_all(&mut near), (b"over".to_vec(), None));
    assert_eq!(read_all(&mut far), (b"answer".to_vec(), Some(ErrorKind::WouldBlock)));
    // Who reads no more lets nobody write.
    far.shutdown(Shutdown::Read).unwrap();
    assert_eq!(kind(near.write(b"x")), ErrorKind::BrokenPipe);
    assert_eq!(read_all(&mut far), (Vec::new(), None));
}

#[test]
fn every_arrival_is_an_edge_and_those_between_two_turns_are_one() {
    let (memory, mut reactor) = world();
    let (near, mut far) = memory.pair(64);
    watch(&mut reactor, 'a', near, Interest::READABLE);
    assert_eq!(told(&mut reactor), []);
    far.write_all(b"one").unwrap();
    far.write_all(b"two").unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::READABLE)]);
    // Nothing new: not told again, though all of it is still there.
    assert_eq!(told(&mut reactor), []);
    far.write_all(b"three").unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::READABLE)]);
}

#[test]
fn room_is_an_edge_where_there_was_none() {
    let (memory, mut reactor) = world();
    let (mut near, mut far) = memory.pair(4);
    assert_eq!(near.write(b"abcdef").unwrap(), 4);
    let key = watch(&mut reactor, 'a', near, Interest::WRITABLE);
    assert_eq!(told(&mut reactor), []);
    let mut one = [0];
    far.read_exact(&mut one).unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::WRITABLE)]);
    far.read_exact(&mut one).unwrap();
    assert_eq!(told(&mut reactor), []);
    // Filled again, behind the back of its handler.
    assert_eq!(reactor.source_mut(key).unwrap().write(b"xyz").unwrap(), 2);
    far.read_exact(&mut one).unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::WRITABLE)]);
}

#[test]
fn the_ends_of_a_stream_are_told_as_what_they_are() {
    let (memory, mut reactor) = world();
    let (near, far) = memory.pair(64);
    watch(&mut reactor, 'a', near, BOTH);
    assert_eq!(told(&mut reactor), [('a', Ready::WRITABLE)]);
    far.shutdown(Shutdown::Write).unwrap();
    let half = Ready::READABLE | Ready::WRITABLE | Ready::READ_CLOSED;
    assert_eq!(told(&mut reactor), [('a', half)]);
    drop(far);
    assert_eq!(told(&mut reactor), [('a', half | Ready::WRITE_CLOSED)]);
    assert_eq!(told(&mut reactor), []);
    // With bytes unread on the other side, and of interest for reading alone.
    let (mut near, far) = memory.pair(64);
    near.write_all(b"unread").unwrap();
    watch(&mut reactor, 'b', near, Interest::READABLE);
    assert_eq!(told(&mut reactor), []);
    drop(far);
    let gone = Ready::READABLE | Ready::READ_CLOSED | Ready::WRITE_CLOSED | Ready::ERROR;
    assert_eq!(told(&mut reactor), [('b', gone)]);
}

#[test]
fn a_registration_reports_what_is_ready_and_so_does_another_one() {
    let (memory, mut reactor) = world();
    let (near, mut far) = memory.pair(64);
    far.write_all(b"x").unwrap();
    let key = watch(&mut reactor, 'a', near, Interest::READABLE);
    assert_eq!(told(&mut reactor), [('a', Ready::READABLE)]);
    reactor.reregister(key, Interest::READABLE).unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::READABLE)]);
    reactor.reregister(key, BOTH).unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::READABLE | Ready::WRITABLE)]);
    reactor.reregister(key, Interest::WRITABLE).unwrap();
    far.write_all(b"of no interest").unwrap();
    assert_eq!(told(&mut reactor), [('a', Ready::WRITABLE)]);
    assert_eq!(told(&mut reactor), []);
}

#[test]
fn what_is_not_true_any_more_is_not_told() {
    let (memory, mut reactor) = world();
    let (near, mut far) = memory.pair(64);
    let key = watch(&mut reactor, 'a', near, Interest::READABLE);
    far.write_all(b"x").unwrap();
    read_all(reactor.source_mut(key).unwrap());
    assert_eq!(told(&mut reactor), []);
}

#[test]
fn events_come_in_the_order_of_what_made_them_a_share_at_a_time() {
    let memory = Memory::new();
    let mut budget = TurnBudget::default();
    budget.events = 2;
    let mut reactor = Reactor::builder().memory(&memory).budget(budget).build().unwrap();
    let mut far = Vec::new();
    for who in ['a', 'b', 'c', 'd', 'e'] {
        let (near, other) = memory.pair(64);
        watch(&mut reactor, who, near, Interest::READABLE);
        far.push(other);
    }
    for at in [3, 0, 4, 0, 1] {
        far[at].write_all(b"x").unwrap();
    }
    let turns: Vec<String> = std::iter::repeat_with(|| {
        told(&mut reactor).into_iter().map(|(who, _)| who).collect()
    })
    .take(3)
    .collect();
    assert_eq!(turns, ["da", "eb", ""]);
}

#[test]
fn a_stream_that_was_taken_out_or_closed_is_not_told_of() {
    let (memory, mut reactor) = world();
    let (near, mut far) = memory.pair(64);
    let key = watch(&mut reactor, 'a', near, Interest::READABLE);
    far.write_all(b"x").unwrap();
    let mut near = reactor.deregister(key).expect("it is registered");
    far.write_all(b"y").unwrap();
    assert_eq!(told(&mut reactor), []);
    assert_eq!(read_all(&mut near).0, b"xy");
    // Registered anew under another key: the old event is not its own.
    far.write_all(b"z").unwrap();
    let key = watch(&mut reactor, 'b', near, Interest::READABLE);
    assert_eq!(told(&mut reactor), [('b', Ready::READABLE)]);
    far.write_all(b"z").unwrap();
    drop(reactor.deregister(key));
    let (newcomer, _far) = memory.pair(64);
    watch(&mut reactor, 'c', newcomer, Interest::READABLE);
    assert_eq!(told(&mut reactor), []);
    assert_eq!(reactor.stats().stale_events, 0);
}

/// A source that keeps its stream where others reach it, too, and registers it so many times.
struct Repeated(MemoryStream, usize);

impl Source for Repeated {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        (0..self.1).try_for_each(|_| self.0.register(registry, token, interests))
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.0.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.0.deregister(registry)
    }
}

#[test]
fn misuse_is_an_error_that_says_so() {
    let (memory, mut reactor) = world::<()>();
    let mut twice = |times| {
        let source = Repeated(memory.pair(1).0, times);
        reactor.register(source, BOTH, |(), _, _, _| Next::Continue)
    };
    assert_eq!(kind(twice(2)), ErrorKind::AlreadyExists);
    // Not registered at all, it can be neither changed nor taken out.
    let key = twice(0).unwrap();
    assert_eq!(kind(reactor.reregister(key, BOTH)), ErrorKind::NotFound);
    assert!(reactor.deregister(key).is_some());
    // In another reactor, with or without a memory of its own.
    for other in [|| world().1, || Reactor::new().unwrap()] {
        let mut other = other();
        let stream = memory.pair(1).0;
        let refused = other.register(stream, BOTH, |(): &mut (), _, _, _| Next::Stop);
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("attached to another reactor"), "{error}");
    }
    let stream = Memory::new().pair(1).0;
    let refused = reactor.register(stream, BOTH, |(), _, _, _| Next::Stop);
    assert!(refused.unwrap_err().to_string().contains("attached to no reactor"));
    // One memory, one reactor, as long as that lives.
    let second = || Reactor::<()>::builder().memory(&memory).build();
    assert_eq!(kind(second()), ErrorKind::AlreadyExists);
    drop(reactor);
    let mut reactor = second().unwrap();
    reactor.register(memory.pair(1).0, BOTH, |(), _, _, _| Next::Stop).unwrap();
    assert_eq!(turn(&mut reactor, &mut ()), 1);
}

#[test]
fn a_run_that_only_its_script_could_wake_is_over() {
    let (memory, mut reactor) = world::<Seen>();
    let (near, mut far) = memory.pair(64);
    watch(&mut reactor, 'a', near, Interest::READABLE);
    let mut seen = Seen::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    // Nor does a turn sleep for ever.
    assert!(reactor.turn(&mut seen, None).unwrap().is_empty());
    far.write_all(b"x").unwrap();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    assert_eq!(seen, [('a', Ready::READABLE)]);
}

#[test]
fn a_memory_stands_beside_the_kernel_and_other_threads() {
    let (memory, mut reactor) = world::<Seen>();
    let (near, mut far) = memory.pair(64);
    watch(&mut reactor, 'a', near, Interest::READABLE);
    let (_sender, receiver) = crate::readable_pipe();
    reactor
        .register(receiver, Interest::READABLE, |seen: &mut Seen, _, _, ready| {
            seen.push(('p', ready));
            Next::Stop
        })
        .unwrap();
    let remote = reactor.remote();
    let poster = std::thread::spawn(move || {
        remote.post(|seen: &mut Seen, _| seen.push(('r', GONE))).unwrap();
    });
    far.write_all(b"x").unwrap();
    let mut seen = Seen::new();
    assert_eq!(reactor.run(&mut seen).unwrap(), Exit::Idle);
    poster.join().unwrap();
    seen.sort_by_key(|(who, _)| *who);
    assert_eq!(seen, [('a', Ready::READABLE), ('p', Ready::READABLE), ('r', GONE)]);
}

/// A stream in a reactor whose handler reads all there is, what it got, and both handles on it.
fn reader() -> (Reactor<Vec<u8>>, MemoryStream, MemoryFaults, Memory) {
    let (memory, mut reactor) = world();
    let (near, far) = memory.pair(64);
    let faults = near.faults();
    reactor
        .register(near, BOTH, |got: &mut Vec<u8>, _, near, _| {
            got.push(b'|');
            let (bytes, _) = read_all(near);
            got.extend_from_slice(&bytes);
            Next::Continue
        })
        .unwrap();
    (reactor, far, faults, memory)
}

#[test]
fn an_interrupted_wait_tells_nothing_and_loses_nothing() {
    let (mut reactor, mut far, _, memory) = reader();
    far.write_all(b"x").unwrap();
    memory.interrupt();
    memory.interrupt();
    let mut got = Vec::new();
    for _ in 0..2 {
        // Not asked for in vain: an interrupted wait may come back with nothing.
        assert!(reactor.turn(&mut got, None).unwrap().is_empty());
    }
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(got, b"|x");
    // A timer that was due then is not late for it.
    memory.interrupt();
    reactor.after(Duration::ZERO, |got: &mut Vec<u8>, _, _| got.push(b't'));
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(got, b"|xt");
}

#[test]
fn short_reads_and_writes_give_all_in_the_end() {
    let (mut reactor, mut far, faults, _) = reader();
    faults.limit_reads(2);
    far.write_all(b"hello").unwrap();
    let mut got = Vec::new();
    reactor.run(&mut got).unwrap();
    // Read to the end at the first event; told again what each cut had left.
    assert_eq!(got.iter().filter(|byte| **byte != b'|').count(), 5);
    faults.limit_reads(0);

    let (mut near, mut far) = Memory::new().pair(9);
    near.faults().limit_writes(3);
    assert_eq!(near.write(b"abcdefghijk").unwrap(), 3);
    near.faults().limit_writes(0);
    assert_eq!(near.write(b"defghijk").unwrap(), 6);
    assert_eq!(read_all(&mut far).0, b"abcdefghi");
}

#[test]
fn who_takes_a_short_read_for_the_last_is_told_of_the_rest() {
    let (memory, mut reactor) = world::<Vec<u8>>();
    let (near, mut far) = memory.pair(64);
    near.faults().limit_reads(2);
    reactor
        .register(near, Interest::READABLE, |got: &mut Vec<u8>, _, near, _| {
            let mut part = [0; 8];
            let n = near.read(&mut part).unwrap();
            got.extend_from_slice(&part[..n]);
            Next::Continue
        })
        .unwrap();
    far.write_all(b"hello").unwrap();
    let mut got = Vec::new();
    assert_eq!(reactor.run(&mut got).unwrap(), Exit::Idle);
    assert_eq!(got, b"hello");
}

#[test]
fn a_failure_is_told_once_and_changes_nothing_else() {
    let (mut reactor, mut far, faults, _) = reader();
    let mut got = Vec::new();
    turn(&mut reactor, &mut got);
    got.clear();
    // Who believes that there was nothing, and waits, is told again.
    faults.fail_next_read(ErrorKind::WouldBlock);
    far.write_all(b"x").unwrap();
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(got, b"|");
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(got, b"||x");
    assert_eq!(turn(&mut reactor, &mut got), 0);

    let (mut near, mut far) = Memory::new().pair(9);
    near.faults().fail_next_write(ErrorKind::OutOfMemory);
    assert_eq!(kind(near.write(b"x")), ErrorKind::OutOfMemory);
    assert_eq!(near.write(b"y").unwrap(), 1);
    assert_eq!(read_all(&mut far).0, b"y");
}

#[test]
fn a_reset_connection_is_lost_at_both_ends() {
    let (memory, mut reactor) = world::<Seen>();
    let (mut near, mut far) = memory.pair(64);
    far.write_all(b"sent").unwrap();
    near.write_all(b"unread").unwrap();
    let faults = near.faults();
    let key = watch(&mut reactor, 'a', near, Interest::READABLE);
    told(&mut reactor);
    faults.reset();
    let lost = Ready::READABLE | Ready::READ_CLOSED | Ready::WRITE_CLOSED | Ready::ERROR;
    assert_eq!(told(&mut reactor), [('a', lost)]);
    let near = reactor.source_mut(key).unwrap();
    assert_eq!(kind(near.write(b"x")), ErrorKind::BrokenPipe);
    assert_eq!(read_all(near), (b"sent".to_vec(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(read_all(near), (Vec::new(), None));
    assert_eq!(kind(far.write(b"x")), ErrorKind::BrokenPipe);
    assert_eq!(read_all(&mut far), (b"unread".to_vec(), None));
    // Of what is closed there is nothing to break.
    faults.reset();
    drop(reactor);
    faults.spurious();
    faults.release();
}

#[test]
fn spurious_readiness_has_nothing_behind_it() {
    let (mut reactor, _far, faults, _) = reader();
    let mut got = Vec::new();
    turn(&mut reactor, &mut got);
    faults.spurious();
    faults.spurious();
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(got, b"||");
    assert_eq!(turn(&mut reactor, &mut got), 0);
}

#[test]
fn events_that_are_withheld_come_when_they_are_released() {
    let (mut reactor, mut far, faults, _) = reader();
    let mut got = Vec::new();
    turn(&mut reactor, &mut got);
    got.clear();
    // One that is queued already is kept back as well.
    far.write_all(b"x").unwrap();
    faults.withhold();
    far.write_all(b"y").unwrap();
    assert_eq!(turn(&mut reactor, &mut got), 0);
    assert_eq!(reactor.run(&mut got).unwrap(), Exit::Idle);
    faults.release();
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(got, b"|xy");
    // Nothing was kept back, or nothing was fetched meanwhile: nothing more than one event.
    for _ in 0..2 {
        faults.withhold();
        faults.release();
    }
    assert_eq!(turn(&mut reactor, &mut got), 0);
    far.write_all(b"z").unwrap();
    faults.withhold();
    faults.release();
    assert_eq!(turn(&mut reactor, &mut got), 1);
    assert_eq!(turn(&mut reactor, &mut got), 0);
    assert_eq!(got, b"|xy|z");
}

#[test]
fn a_listener_takes_in_who_knocked_first() {
    let (memory, mut reactor) = world::<Vec<MemoryStream>>();
    let listener = memory.listener(2);
    let door = listener.connector();
    let key = reactor
        .register(listener, Interest::READABLE, |guests: &mut Vec<_>, _, listener, _| {
            while let Ok(guest) = listener.accept() {
                guests.push(guest);
            }
            Next::Continue
        })
        .unwrap();
    let mut guests = Vec::new();
    reactor.run(&mut guests).unwrap();
    let mut first = door.connect(8).unwrap();
    first.write_all(b"first").unwrap();
    let mut second = door.connect(8).unwrap();
    assert_eq!(kind(door.connect(8)), ErrorKind::WouldBlock);
    reactor.run(&mut guests).unwrap();
    assert_eq!(read_all(&mut guests[0]).0, b"first");
    guests[1].write_all(b"welcome").unwrap();
    assert_eq!(read_all(&mut second).0, b"welcome");
    // A failure takes nobody in, and the handler that stopped for it is told again.
    door.fail_next_accept(ErrorKind::OutOfMemory);
    let mut third = door.connect(8).unwrap();
    assert_eq!(turn(&mut reactor, &mut guests), 1);
    assert_eq!(guests.len(), 2);
    assert_eq!(turn(&mut reactor, &mut guests), 1);
    assert_eq!(guests.len(), 3);
    // Closed: who waits is reset, who comes is refused, who is in stays.
    let mut fourth = door.connect(8).unwrap();
    drop(reactor.deregister(key));
    assert_eq!(read_all(&mut fourth), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(kind(door.connect(8)), ErrorKind::ConnectionRefused);
    third.write_all(b"x").unwrap();
    assert_eq!(read_all(&mut guests[2]).0, b"x");
}

#[test]
fn a_memory_that_outlives_its_reactor_goes_on_without() {
    let (memory, mut reactor) = world::<Seen>();
    let (near, mut far) = memory.pair(8);
    watch(&mut reactor, 'a', near, BOTH);
    far.write_all(b"x").unwrap();
    drop(reactor);
    assert_eq!(kind(far.write(b"x")), ErrorKind::BrokenPipe);
    assert_eq!(read_all(&mut far), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    let (mut near, mut far) = memory.pair(8);
    far.write_all(b"x").unwrap();
    assert_eq!(read_all(&mut near).0, b"x");
    assert!(format!("{memory:?} {near:?}").contains("MemoryStream"));
}

#[test]
fn a_stream_can_be_printed_to_its_own_other_end() {
    let memory = Memory::new();
    let (mut near, far) = memory.pair(4096);
    let listener = memory.listener(1);
    write!(near, "{far:?} {listener:?} {:?} {memory:?}", listener.connector()).unwrap();
    assert!(format!("{near:?}").starts_with("MemoryStream("));
}
