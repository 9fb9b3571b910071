//! Watermarks against real peers: those that never read, and those that stop for a while.

use std::io::Write;
use std::net::Shutdown;

use crate::support::{Server, as_it_is, echo, nothing, pattern, write_until_full};

#[test]
fn a_client_that_never_reads_costs_bounded_memory_and_no_turns() {
    let mut server = Server::new(as_it_is, echo);
    let (mut client, key) = server.connect();
    let bytes = pattern(64 << 20);
    let mut sent = 0;
    let mut idle_rounds = 0;
    while idle_rounds < 3 {
        let n = write_until_full(&mut client, &bytes[sent..]);
        sent += n;
        idle_rounds = if n == 0 { idle_rounds + 1 } else { 0 };
        server.settle();
        assert!(sent < bytes.len(), "the server takes everything");
    }
    let stream = server.reactor.source_mut(key).unwrap();
    let (input, output) = stream.buffers();
    assert!(output.len() <= (256 + 64) * 1024, "{} bytes of output", output.len());
    assert!(input.len() <= 64 * 1024, "{} bytes of input", input.len());
    assert!(input.capacity() + output.capacity() <= 2 << 20);
    server.settle();
    let before = server.log.events.len();
    server.settle();
    assert_eq!(server.log.events.len(), before, "told something though nothing moves");

    // It reads at last: everything it sent comes back.
    let mut got = server.read_exactly(&mut client, sent / 2);
    got.extend(server.read_exactly(&mut client, sent - sent / 2));
    assert!(got == bytes[..sent]);
}

#[test]
fn input_that_is_left_stops_the_reading_and_draining_it_from_elsewhere_resumes_it() {
    let mut server = Server::new(|stream| stream.read_high_water(1000), nothing);
    let (mut client, key) = server.connect();
    client.write_all(&pattern(2500)).unwrap();
    server.turn_until_told(key, "Readable");
    server.settle();
    assert_eq!(server.log.of(key), ["Readable"]);
    for (taken, left) in [(1000, 1000), (1000, 500)] {
        let stream = server.reactor.source_mut(key).unwrap();
        assert_eq!(stream.input().len(), 1000);
        stream.input().consume(taken);
        server.settle();
        assert_eq!(server.reactor.source_mut(key).unwrap().input().len(), left);
    }
    assert_eq!(server.log.of(key), ["Readable"; 3]);
}

#[test]
fn the_end_behind_a_full_input_is_told_once_it_was_drained() {
    let mut server = Server::new(|stream| stream.read_high_water(100), nothing);
    let (mut client, key) = server.connect();
    client.write_all(&pattern(100)).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    server.turn_until_told(key, "Readable");
    server.settle();
    assert_eq!(server.log.of(key), ["Readable"]);
    server.reactor.source_mut(key).unwrap().input().clear();
    server.turn_until_told(key, "Eof");
    assert_eq!(server.log.of(key), ["Readable", "Eof"]);
}

#[test]
fn a_producer_is_told_of_room_until_it_has_produced_all() {
    const TOTAL: usize = 10 << 20;
    let mut server = Server::new(
        |mut stream| {
            stream.output().extend_from_slice(&[0]);
            stream
        },
        |_, stream, event| {
            if matches!(event, tourbillon::Event::Drained) {
                assert!(stream.output().len() <= 64 * 1024);
                stream.output().extend_from_slice(&pattern(40_000));
            }
        },
    );
    let (mut client, _) = server.connect();
    let got = server.read_exactly(&mut client, TOTAL);
    assert!(got[1..40_001] == pattern(40_000));
}
