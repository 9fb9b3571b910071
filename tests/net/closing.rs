//! Ends: `Closed` exactly once, and no byte lost before it.

use std::io::Write;
use std::net::Shutdown;

use tourbillon::{BufferEvent, Event, Reactor};

use crate::support::{Log, Server, as_it_is, echo, pattern};

#[test]
fn a_half_closed_client_gets_all_that_it_is_owed() {
    let mut server = Server::new(as_it_is, echo);
    let (mut client, key) = server.connect();
    let bytes = pattern(60_000);
    client.write_all(&bytes).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(server.read_to_end(&mut client).unwrap() == bytes);
    server.turn_until_told(key, "Closed");
    assert_eq!(server.log.of(key).iter().filter(|event| **event == "Eof").count(), 1);
}

#[test]
fn close_when_flushed_delivers_every_byte_even_to_a_client_that_goes_on_sending() {
    const TOTAL: usize = 8 << 20;
    let mut server = Server::new(
        as_it_is,
        |_: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event| {
            if matches!(event, Event::Readable) {
                stream.output().extend_from_slice(&pattern(TOTAL));
                stream.close_when_flushed();
                // Too late: it is on its way out.
                stream.output().extend_from_slice(b"!");
            }
        },
    );
    let (mut client, key) = server.connect();
    client.write_all(b"go").unwrap();
    let mut chatter = client.try_clone().unwrap();
    server.turn_until_told(key, "Readable");
    // Unread bytes at the server's end: closing upon them at once would reset the connection.
    chatter.set_nonblocking(true).unwrap();
    let _ = chatter.write(&pattern(50_000));
    let got = server.read_to_end(&mut client).unwrap();
    assert_eq!(got.len(), TOTAL + 1);
    assert!(got[..TOTAL] == pattern(TOTAL));
    drop((client, chatter));
    server.turn_until_told(key, "Closed");
    assert_eq!(server.log.of(key).last(), Some(&"Closed"));
}

#[test]
fn a_client_that_neither_ends_nor_falls_silent_is_left_after_a_while() {
    let mut server = Server::new(
        as_it_is,
        |_: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event| {
            if matches!(event, Event::Readable) {
                stream.close_when_flushed();
            }
        },
    );
    let (mut client, key) = server.connect();
    client.set_nonblocking(true).unwrap();
    server.turn_until(|server| {
        let _ = client.write(&[b'x'; 10_000]);
        server.log.of(key).contains(&"Closed")
    });
    assert_eq!(server.reactor.timer_count(), 0);
}

#[test]
fn closed_comes_once_however_the_stream_ends() {
    let ends: [fn(&mut Reactor<Log>, &mut BufferEvent); 4] = [
        |_, stream| stream.close(),
        |_, stream| stream.close_when_flushed(),
        |reactor, stream| assert!(reactor.deregister(stream.key()).is_none()),
        |reactor, stream| {
            let key = stream.key();
            reactor.defer(move |_, reactor| reactor.source_mut(key).unwrap().close());
        },
    ];
    for end in ends {
        let mut server = Server::new(
            as_it_is,
            move |reactor: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event| {
                if matches!(event, Event::Readable) {
                    end(reactor, stream);
                }
            },
        );
        let (mut client, key) = server.connect();
        client.write_all(b"x").unwrap();
        server.turn_until_told(key, "Closed");
        server.settle();
        assert_eq!(server.log.of(key), ["Readable", "Closed"]);
        assert!(!server.reactor.is_registered(key));
        assert_eq!(server.read_to_end(&mut client).unwrap(), b"");
    }
}

#[test]
fn output_that_was_dropped_by_close_is_never_sent() {
    let mut server = Server::new(
        as_it_is,
        |_: &mut Reactor<Log>, stream: &mut BufferEvent, event: &Event| {
            if matches!(event, Event::Readable) {
                stream.output().extend_from_slice(b"never");
                stream.close();
            }
        },
    );
    let (mut client, _) = server.connect();
    client.write_all(b"x").unwrap();
    assert_eq!(server.read_to_end(&mut client).unwrap(), b"");
}
