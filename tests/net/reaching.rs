//! Streams that are reached from outside their handlers.

use std::io::Write;
use std::time::Duration;

use tourbillon::{BufferEvent, Event, Reactor};

use crate::support::{Log, Server, as_it_is, echo, nothing};

#[test]
fn what_was_in_the_output_before_attaching_is_sent() {
    let mut server = Server::new(
        |mut stream| {
            let has_address = stream.peer_addr().is_some();
            write!(stream.output(), "welcome, {has_address}").unwrap();
            stream
        },
        nothing,
    );
    let (mut client, key) = server.connect();
    assert_eq!(server.read_exactly(&mut client, 13), b"welcome, true");
    assert_eq!(server.log.of(key), ["Drained"]);
}

#[test]
fn output_written_from_a_timer_is_flushed_in_the_same_turn() {
    let mut server = Server::new(as_it_is, nothing);
    let (mut client, key) = server.connect();
    server.settle();
    server.reactor.after(Duration::ZERO, move |_, reactor, _| {
        reactor.source_mut(key).unwrap().output().extend_from_slice(b"tick");
    });
    server.turn_until_told(key, "Drained");
    assert_eq!(server.read_exactly(&mut client, 4), b"tick");
}

#[test]
fn output_written_between_turns_is_flushed_by_the_next_one() {
    let mut server = Server::new(as_it_is, nothing);
    let (mut client, key) = server.connect();
    server.settle();
    server.reactor.source_mut(key).unwrap().output().extend_from_slice(b"tick");
    server.reactor.turn(&mut server.log, None).unwrap();
    assert_eq!(server.log.of(key), ["Drained"]);
    assert_eq!(server.read_exactly(&mut client, 4), b"tick");
}

#[test]
fn one_stream_can_write_to_another() {
    let mut server = Server::new(
        as_it_is,
        |reactor: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event| {
            if matches!(event, Event::Readable) {
                assert!(reactor.source_mut(stream.key()).is_none(), "it is here already");
                let bytes = stream.input().split_to(usize::MAX);
                // Everybody, so also the other one; keys of streams are small numbers.
                reactor.defer(move |log: &mut Log, reactor| {
                    for key in &log.streams {
                        if let Some(stream) = reactor.source_mut(*key) {
                            stream.output().append(&mut bytes.clone());
                        }
                    }
                });
            }
        },
    );
    let (mut first, _) = server.connect();
    let (mut second, _) = server.connect();
    first.write_all(b"hello").unwrap();
    assert_eq!(server.read_exactly(&mut second, 5), b"hello");
    assert_eq!(server.read_exactly(&mut first, 5), b"hello");
}

#[test]
fn a_stream_that_is_taken_back_keeps_its_bytes_and_can_be_attached_again() {
    let mut server =
        Server::new(|stream| stream.idle_timeout(Duration::from_secs(3600)), nothing);
    let (mut client, key) = server.connect();
    client.write_all(b"first ").unwrap();
    server.turn_until_told(key, "Readable");
    let stream = server.reactor.deregister(key).unwrap();
    assert!(server.reactor.source_mut(key).is_none());
    client.write_all(b"second").unwrap();
    let again = stream
        .attach(&mut server.reactor, |log: &mut Log, reactor, stream, event| {
            log.note(stream, &event);
            echo(reactor, stream, &event);
        })
        .unwrap();
    assert_ne!(again, key);
    assert_eq!(server.read_exactly(&mut client, 12), b"first second");
    assert_eq!(server.log.of(key), ["Readable"], "not told of an end: it had none");
    drop(client);
    server.turn_until_told(again, "Closed");
}

#[test]
fn a_key_before_attaching_finds_nothing() {
    let (one, _other) = mio::net::UnixStream::pair().unwrap();
    let stream = BufferEvent::new(one);
    let mut reactor = Reactor::<()>::new().unwrap();
    assert!(reactor.source_mut(stream.key()).is_none());
    assert!(!reactor.is_registered(stream.key()));
    assert!(reactor.deregister(stream.key()).is_none());
}
