//! Readiness that was true when it was told: somebody else has read the bytes before the handler comes
//! to it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mio::unix::pipe;
use tourbillon::reactor::{Interest, Next, Reactor};
use tourbillon::{BufferEvent, Event};

use crate::strace::Test;

pub(crate) fn tests() -> Vec<Test> {
    vec![(
        "a_stream_whose_bytes_were_stolen_tells_nothing_and_does_not_spin",
        false,
        a_stream_whose_bytes_were_stolen_tells_nothing_and_does_not_spin,
    )]
}

/// The peer's end, and two descriptors of ours for the other.
fn stream_and_thief() -> (UnixStream, mio::net::UnixStream, UnixStream) {
    let (peer, ours) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let thief = ours.try_clone().unwrap();
    (peer, mio::net::UnixStream::from_std(ours), thief)
}

fn a_stream_whose_bytes_were_stolen_tells_nothing_and_does_not_spin() {
    let mut reactor = Reactor::<Vec<String>>::new().unwrap();
    let (mut peer, stream, mut thief) = stream_and_thief();
    let (mut bell, doorbell) = pipe::new().unwrap();
    // Both are ready in the same turn, and the thief comes first.
    reactor
        .register(doorbell, Interest::READABLE, move |seen: &mut Vec<_>, _, bell, _| {
            let mut rings = [0; 8];
            while bell.read(&mut rings).is_ok() {}
            let mut bytes = [0; 64];
            let count = thief.read(&mut bytes).unwrap();
            seen.push(format!("stolen: {count}"));
            Next::Continue
        })
        .unwrap();
    BufferEvent::new(stream)
        .attach(&mut reactor, |seen: &mut Vec<_>, _, stream, event| {
            seen.push(match event {
                Event::Readable => format!("read: {}", stream.input().len()),
                event => format!("{event:?}"),
            });
            let all = stream.input().len();
            stream.input().consume(all);
        })
        .unwrap();
    let mut seen = Vec::new();
    reactor.turn(&mut seen, Duration::ZERO).unwrap();
    for _ in 0..20 {
        bell.write_all(b"!").unwrap();
        peer.write_all(b"precious").unwrap();
        reactor.turn(&mut seen, None).unwrap();
        assert_eq!(std::mem::take(&mut seen), ["stolen: 8"]);
        // Nothing is left of it: the next turns sleep to the end of their wait.
        let before = reactor.stats().spurious_wakeups;
        for _ in 0..3 {
            let turn = reactor.turn(&mut seen, Duration::from_micros(50)).unwrap();
            assert!(turn.is_empty(), "{seen:?}");
        }
        assert_eq!(reactor.stats().spurious_wakeups, before + 3);
    }
    // What nobody steals arrives.
    peer.write_all(b"left").unwrap();
    reactor.turn(&mut seen, None).unwrap();
    assert_eq!(seen, ["read: 4"]);
}
