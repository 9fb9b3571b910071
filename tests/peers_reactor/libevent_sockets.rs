//! libevent, `test/regress.c` and `regress_et.c`: events of descriptors, on sockets and pipes of this process.
//!
//! Two differences run through all of them. Libevent is level-triggered where nobody says otherwise, mio is
//! edge-triggered: who has not emptied what is ready says so with [`Next::Again`]. And libevent merges several
//! events of one descriptor, where here a descriptor is registered once, and its duplicates each for itself.

use std::cell::Cell;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;

use mio::net::{UdpSocket, UnixStream};
use mio::unix::pipe;
use tourbillon::reactor::{Interest, Next, Reactor, Ready, SourceKey};

use crate::{drain, manual, turn};

/// How many descriptors the `many` tests have, as in the source.
const MANY: usize = 70;

/// A socket and its peer, neither of which blocks.
fn pair() -> (StdStream, StdStream) {
    let (own, peer) = StdStream::pair().unwrap();
    own.set_nonblocking(true).unwrap();
    peer.set_nonblocking(true).unwrap();
    (own, peer)
}

/// Two names for one socket.
fn both(socket: StdStream) -> [UnixStream; 2] {
    let other = socket.try_clone().unwrap();
    [socket, other].map(UnixStream::from_std)
}

/// Writes and reads of `libevent_active_later`, and activations of its two events.
#[derive(Default)]
struct Three {
    written: u32,
    read: u32,
    bytes: u32,
    activated: u32,
}

/// `test_active_later`: one writes, one reads, and two activate each other all the time: nobody starves. The
/// source asks for more than a hundred calls of each, and as many writes as activations.
#[test]
fn libevent_active_later() {
    let (mut reactor, _clock) = manual::<Three>();
    let (sender, receiver) = pipe::new().unwrap();
    reactor
        .register(sender, Interest::WRITABLE, |three: &mut Three, _, pipe, _| {
            three.written += 1;
            pipe.write_all(b"x").unwrap();
            Next::Again
        })
        .unwrap();
    reactor
        .register(receiver, Interest::READABLE, |three: &mut Three, _, pipe, _| {
            three.read += 1;
            three.bytes += drain(pipe) as u32;
            Next::Continue
        })
        .unwrap();
    let events = Rc::new(Cell::new([None; 2]));
    for other in [1, 0] {
        let all = Rc::clone(&events);
        let event = reactor.event(move |three: &mut Three, reactor, ready| {
            three.activated += 1;
            let event: SourceKey<_> = all.get()[other].unwrap();
            assert!(reactor.activate(event, ready));
            Next::Continue
        });
        let mut all = events.get();
        all[1 - other] = Some(event.unwrap());
        events.set(all);
    }
    assert!(reactor.activate(events.get()[0].unwrap(), Ready::READABLE));
    let mut three = Three::default();
    for turns in 1..=500 {
        turn(&mut reactor, &mut three);
        assert_eq!((three.written, three.activated), (turns, turns));
        // The writer asks to be called again, so that it is called before what the kernel tells: a call of
        // the reader takes what two turns have written, and every other turn has something to read.
        assert!(three.read >= turns / 2);
        assert!(three.bytes + 1 >= turns, "nothing lies about");
    }
}

/// The two events of `libevent_nonpersist_readd`: each has a socket, which waits here unless it is registered.
struct Readd {
    calls: Vec<usize>,
    parked: [Option<UnixStream>; 2],
    added: [Option<SourceKey<UnixStream>>; 2],
}

/// Adds the event again, if it is not there.
fn readd(state: &mut Readd, reactor: &mut Reactor<Readd>, which: usize) {
    let Some(socket) = state.parked[which].take() else { return };
    let added = reactor.register_once(
        socket,
        Interest::READABLE,
        move |state: &mut Readd, reactor, socket, _| {
            state.calls.push(which);
            state.parked[which] = Some(socket);
            readd(state, reactor, 1 - which);
        },
    );
    state.added[which] = Some(added.unwrap());
}

/// `test_nonpersist_readd`: two events that read once add each other again. Both are called in one turn, and
/// exactly one is pending afterwards, the one that was called first.
#[test]
fn libevent_nonpersist_readd() {
    let (mut reactor, _clock) = manual::<Readd>();
    let (own, mut peer) = pair();
    let parked = both(own).map(Some);
    let mut state = Readd { calls: Vec::new(), parked, added: [None; 2] };
    for which in [0, 1] {
        readd(&mut state, &mut reactor, which);
    }
    peer.write_all(b"x").unwrap();
    assert_eq!(turn(&mut reactor, &mut state), 2);
    let [first, second] = state.calls[..] else { panic!("{:?}", state.calls) };
    assert_ne!(first, second);
    let pending = state.added.map(|key| reactor.is_registered(key.unwrap()));
    assert_eq!(pending.iter().filter(|&&is_pending| is_pending).count(), 1);
    assert!(pending[first] && state.parked[second].is_some());
    // The byte is there still, and so it is called again.
    assert_eq!(turn(&mut reactor, &mut state), 1);
    assert_eq!(state.calls[2], first);
}

/// `test_multiple_events_for_same_fd`: reading and writing on one descriptor: both are told, with one event
/// for the two of them or on a duplicate each.
#[test]
fn libevent_multiple_events_for_same_fd() {
    const READ: u8 = 1;
    const WRITE: u8 = 2;
    let bits = |ready: Ready| {
        u8::from(ready.is_readable()) * READ + u8::from(ready.is_writable()) * WRITE
    };
    for split in [false, true] {
        let (mut reactor, _clock) = manual::<Vec<u8>>();
        let (own, mut peer) = pair();
        let [one, other] = both(own);
        let registered = if split {
            vec![(one, Interest::READABLE), (other, Interest::WRITABLE)]
        } else {
            vec![(one, Interest::READABLE | Interest::WRITABLE)]
        };
        for (socket, interest) in registered {
            reactor
                .register(socket, interest, move |seen: &mut Vec<u8>, _, _, ready| {
                    seen.push(bits(ready));
                    Next::Stop
                })
                .unwrap();
        }
        peer.write_all(b"x").unwrap();
        let mut seen = Vec::new();
        turn(&mut reactor, &mut seen);
        seen.sort_unstable();
        let expected: &[u8] = if split { &[READ, WRITE] } else { &[READ | WRITE] };
        assert_eq!(seen, expected);
    }
}

fn udp() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// `test_many_events`: seventy sockets that can be written to, in one pass: one call each.
#[test]
fn libevent_many_events() {
    let (mut reactor, _clock) = manual::<[u32; MANY]>();
    for i in 0..MANY {
        reactor
            .register_once(
                udp(),
                Interest::WRITABLE,
                move |called: &mut [_; MANY], _, _, _| {
                    called[i] += 1;
                },
            )
            .unwrap();
    }
    let mut called = [0; MANY];
    assert_eq!(turn(&mut reactor, &mut called), MANY);
    assert_eq!(called, [1; MANY]);
    assert_eq!(turn(&mut reactor, &mut called), 0);
}

/// `test_many_events_slow_add`: the same seventy, persistent, with a pass after each that is added, and one at
/// the end: the i-th is called in all passes from its own on.
#[test]
fn libevent_many_events_slow_add() {
    let (mut reactor, _clock) = manual::<[usize; MANY]>();
    let mut called = [0; MANY];
    for i in 0..MANY {
        reactor
            .register(
                udp(),
                Interest::WRITABLE,
                move |called: &mut [_; MANY], _, _, ready| {
                    assert_eq!(ready, Ready::WRITABLE);
                    called[i] += 1;
                    Next::Again
                },
            )
            .unwrap();
        assert_eq!(turn(&mut reactor, &mut called), i + 1);
    }
    assert_eq!(turn(&mut reactor, &mut called), MANY);
    for (i, called) in called.into_iter().enumerate() {
        assert_eq!(called, MANY - i + 1);
    }
}

/// What who waits to read, and who waits to write, to a socket that is full are told when `close` is done to
/// its peer.
fn told(close: fn(StdStream) -> Option<StdStream>, is_once: bool) -> [Ready; 2] {
    let (mut reactor, _clock) = manual::<[Ready; 2]>();
    let (mut own, peer) = pair();
    let full = loop {
        if let Err(error) = own.write_all(&[0; 4_096]) {
            break error;
        }
    };
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    let interests = [Interest::READABLE, Interest::WRITABLE];
    for (which, (socket, interest)) in both(own).into_iter().zip(interests).enumerate() {
        if is_once {
            reactor
                .register_once(
                    socket,
                    interest,
                    move |told: &mut [Ready; 2], _, _, ready| {
                        told[which] |= ready;
                    },
                )
                .unwrap();
        } else {
            reactor
                .register(socket, interest, move |told: &mut [Ready; 2], _, _, ready| {
                    told[which] |= ready;
                    Next::Continue
                })
                .unwrap();
        }
    }
    let mut told = [Ready::NONE; 2];
    assert_eq!(turn(&mut reactor, &mut told), 0, "neither can do anything");
    let _peer = close(peer);
    assert_eq!(turn(&mut reactor, &mut told), 2);
    told
}

/// `simpleclose_rw`, `simpleclose_close`, `simpleclose_shutdown`, persistent and not, edge-triggered as all is
/// here: the peer closes, and both who waits to read and who waits to write hear of it.
#[test]
fn libevent_simpleclose() {
    let closes: [fn(StdStream) -> Option<StdStream>; 2] = [
        |peer| {
            drop(peer);
            None
        },
        |peer| {
            peer.shutdown(Shutdown::Both).unwrap();
            Some(peer)
        },
    ];
    for close in closes {
        for is_once in [false, true] {
            let [reader, writer] = told(close, is_once);
            assert!(reader.is_readable() && reader.is_read_closed(), "{reader:?}");
            assert!(writer.is_writable() || writer.is_write_closed(), "{writer:?}");
        }
    }
}
