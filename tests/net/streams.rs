//! Reading: what is announced, in which order, and in which shares.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use tourbillon::{Buffer, BufferEvent, Eol, Event, Reactor};

use crate::support::{
    Log, PATIENCE, Server, as_it_is, echo, nothing, pattern, write_until_full,
};

#[test]
fn a_short_read_with_the_end_behind_it_loses_neither() {
    let mut server = Server::new(as_it_is, nothing);
    let (mut client, key) = server.connect();
    client.write_all(b"abc").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    server.turn_until_told(key, "Eof");
    assert_eq!(server.log.of(key), ["Readable", "Eof"]);
    let stream = server.reactor.source_mut(key).unwrap();
    assert_eq!(*stream.input(), *b"abc");
}

#[test]
fn an_end_that_comes_after_the_bytes_were_read_is_told() {
    let mut server = Server::new(as_it_is, nothing);
    let (mut client, key) = server.connect();
    client.write_all(b"abc").unwrap();
    server.turn_until_told(key, "Readable");
    server.settle();
    client.shutdown(Shutdown::Write).unwrap();
    server.turn_until_told(key, "Eof");
    assert_eq!(server.log.of(key), ["Readable", "Eof"]);
}

#[test]
fn bytes_come_back_in_order_whatever_their_number() {
    let mut server = Server::new(as_it_is, echo);
    for n in [1, 2047, 2048, 2049, 65_536, 1_000_003] {
        let (mut client, key) = server.connect();
        let bytes = pattern(n);
        let (mut sent, mut got) = (0, vec![0; n]);
        let mut received = 0;
        server.turn_until(|_| {
            sent += write_until_full(&mut client, &bytes[sent..]);
            match client.read(&mut got[received..]) {
                Ok(more) => received += more,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            received == n
        });
        assert!(got == bytes, "{n} bytes came back changed");
        client.shutdown(Shutdown::Write).unwrap();
        server.turn_until_told(key, "Closed");
    }
}

#[test]
fn one_stream_takes_no_more_than_its_share_of_a_turn() {
    let mut server = Server::new(|stream| stream.read_high_water(0), nothing);
    let (mut client, key) = server.connect();
    let (mut other, other_key) = server.connect();
    let bytes = pattern(200_000);
    let sending = std::thread::spawn(move || {
        client.write_all(&bytes).unwrap();
        client
    });
    other.write_all(b"me too").unwrap();
    let mut before = 0;
    server.turn_until(|server| {
        let stream = server.reactor.source_mut(key).unwrap();
        let len = stream.input().len();
        assert!(len - before <= 64 * 1024, "{} bytes in one turn", len - before);
        before = len;
        len == 200_000
    });
    sending.join().unwrap();
    assert_eq!(server.log.of(other_key), ["Readable"]);
}

#[test]
fn the_rot13_of_the_design_answers_line_by_line() {
    #[allow(clippy::needless_pass_by_value)] // The signature is the handler's.
    fn rot13(
        lines: &mut usize,
        _: &mut Reactor<usize>,
        stream: &mut BufferEvent,
        event: Event,
    ) {
        let (input, output) = stream.buffers();
        match event {
            Event::Readable => {
                while let Some(line) = input.find_eol(Eol::Lf) {
                    for byte in input.move_to(output, line.end) {
                        *byte = match *byte {
                            b'a'..=b'm' | b'A'..=b'M' => *byte + 13,
                            b'n'..=b'z' | b'N'..=b'Z' => *byte - 13,
                            other => other,
                        };
                    }
                    *lines += 1;
                }
            }
            Event::Eof => stream.close_when_flushed(),
            Event::Error(..) | Event::TimedOut(_) => stream.close(),
            _ => {}
        }
    }
    let mut reactor = Reactor::<usize>::new().unwrap();
    let idle = reactor.common_timeout(Duration::from_secs(30));
    let (mut client, server) = mio::net::UnixStream::pair().unwrap();
    BufferEvent::new(server)
        .read_high_water(16_384)
        .idle_timeout(idle)
        .attach(&mut reactor, rot13)
        .unwrap();
    let mut lines = 0;
    let mut got = Buffer::new();
    for part in ["Hel", "lo\nWor", "ld\nunfinished"] {
        client.write_all(part.as_bytes()).unwrap();
        reactor.turn(&mut lines, PATIENCE).unwrap();
    }
    client.shutdown(Shutdown::Write).unwrap();
    // Idle: the stream was the last thing that could wake the reactor, and so its timer is gone.
    assert_eq!(reactor.run(&mut lines).unwrap(), tourbillon::Exit::Idle);
    while got.read_from(&mut client, 1000).unwrap() > 0 {}
    assert_eq!(got, *b"Uryyb\nJbeyq\n");
    assert_eq!(lines, 2);
}

#[test]
fn a_peer_that_resets_is_an_error_and_then_closed() {
    let mut server = Server::new(as_it_is, nothing);
    let (client, key) = server.connect();
    let socket = socket2::Socket::from(client);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    drop(socket);
    server.turn_until_told(key, "Closed");
    assert_eq!(server.log.of(key), ["Error(ConnectionReset)", "Closed"]);
    assert!(!server.reactor.is_registered(key));
}

#[test]
fn a_handler_that_panics_loses_its_own_stream_and_no_other() {
    let mut server = Server::new(
        as_it_is,
        |reactor: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event| {
            let is_bad = *stream.input() == *b"bad";
            assert!(!is_bad, "a bad handler");
            echo(reactor, stream, event);
        },
    );
    let (mut bad, bad_key) = server.connect();
    let (mut good, good_key) = server.connect();
    bad.write_all(b"bad").unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        server.turn_until_told(bad_key, "Closed");
    }));
    let panic = panic.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"a bad handler"));
    assert!(!server.reactor.is_registered(bad_key));
    assert!(server.reactor.is_registered(good_key));
    assert_eq!(server.read_to_end(&mut bad).unwrap(), b"");
    good.write_all(b"good").unwrap();
    assert_eq!(server.read_exactly(&mut good, 4), b"good");
}
