//! Many clients: resets, idle crowds, too few descriptors, the cap on connections.
#![cfg(target_os = "linux")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::client::{assert_closed_by_server, assert_served, connect, eventually};
use super::process::{assert_sleeps, descriptors, room_for_connections};
use super::server::Server;

/// Closes the stream by a reset, not by an end of stream.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("it is a socket");
    drop(stream);
}

#[test]
fn five_hundred_resets_leak_no_descriptor() {
    let server = Server::start(&[]);
    let before = descriptors(&server);
    for number in 0..500 {
        let mut stream = connect(server.addr());
        // A third is reset with nothing sent, a third in the middle of a line, a third with
        // answers under way.
        match number % 3 {
            0 => {}
            1 => stream.write_all(b"Hel").expect("connected"),
            _ => stream.write_all(&b"Hello\n".repeat(500)).expect("connected"),
        }
        reset(stream);
    }

    assert_served(&connect(server.addr()));
    eventually("all descriptors are back", || descriptors(&server) == before);
    let ended = server.terminate();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}

#[test]
fn five_thousand_idle_connections_time_out_on_one_queue() {
    const TIMEOUT: Duration = Duration::from_secs(1);
    // The server's clock and this one are not the same: their rates may differ by parts in a
    // million.
    const CLOCK_ERROR: Duration = Duration::from_millis(1);

    let room = room_for_connections(5_000);
    let server = Server::start(&["--idle-timeout", "1s", "--max-connections", "10000"]);
    let before = descriptors(&server);

    let mut idle = Vec::with_capacity(room);
    for _ in 0..room {
        let start = Instant::now();
        idle.push((start, connect(server.addr())));
    }
    for (start, stream) in &idle {
        assert_closed_by_server(stream);
        // The server cannot have seen the connection before it was asked for.
        let took = start.elapsed();
        assert!(took + CLOCK_ERROR >= TIMEOUT, "closed early, {took:?} on");
    }

    eventually("all descriptors are back", || descriptors(&server) == before);
    assert_sleeps(&server);
    let ended = server.terminate();
    let room = u64::try_from(room).expect("a count");
    assert_eq!((ended.count("connections"), ended.count("timed out")), (room, room));
}

#[test]
fn a_server_out_of_descriptors_sleeps_and_recovers() {
    const LIMIT: u32 = 64;
    /// What the server needs itself, at most: three standard streams, poll, clock, waker,
    /// listener, signals, and some to spare.
    const OWN: usize = 24;

    let server = Server::start_with_descriptors(LIMIT, &[]);
    let mut waiting = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(server.addr());
        stream.write_all(b"Hello\n").expect("the kernel holds it");
        stream.set_nonblocking(true).expect("it is a socket");
        waiting.push(stream);
    }

    // It serves as many as it has descriptors for ...
    let mut answered = Vec::new();
    eventually("most descriptors are used for clients", || {
        answered.extend(take_answered(&mut waiting));
        answered.len() >= LIMIT as usize - OWN
    });
    // ... cannot accept the rest, and waits for better times without spinning.
    assert_sleeps(&server);
    answered.extend(take_answered(&mut waiting));
    assert!(
        answered.len() < LIMIT as usize,
        "{} streams, {LIMIT} descriptors",
        answered.len()
    );
    for stream in &answered {
        stream.set_nonblocking(false).expect("it is a socket");
        assert_served(stream);
    }

    // Each client that goes lets another one in.
    drop(answered);
    eventually("all the others are served", || {
        drop(take_answered(&mut waiting));
        waiting.is_empty()
    });
    assert_served(&connect(server.addr()));
    let ended = server.terminate();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.count("connections"), 101);
}

/// Takes out the streams whose answer has come.
fn take_answered(waiting: &mut Vec<TcpStream>) -> Vec<TcpStream> {
    let answered = waiting.extract_if(.., |stream| {
        let mut answer = [0; 6];
        match stream.read(&mut answer) {
            Ok(6) if &answer == b"Uryyb\n" => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            other => panic!("not an answer: {other:?}, {answer:?}"),
        }
    });
    answered.collect()
}

#[test]
fn a_connection_above_the_cap_is_closed_at_once() {
    let server = Server::start(&["--max-connections", "2"]);
    let (first, second) = (connect(server.addr()), connect(server.addr()));
    assert_served(&first);
    assert_served(&second);

    assert_closed_by_server(&connect(server.addr()));
    assert_closed_by_server(&connect(server.addr()));
    assert_served(&first);
    assert_served(&second);

    let before = descriptors(&server);
    drop(second);
    eventually("its descriptor is back", || descriptors(&server) == before - 1);
    let third = connect(server.addr());
    assert_served(&third);
    assert_served(&first);

    let ended = server.terminate();
    assert_eq!((ended.count("connections"), ended.count("refused")), (3, 2));
}
