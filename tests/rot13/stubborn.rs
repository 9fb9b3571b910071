//! Clients that do not play along: they never read, or they read late.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::client::{assert_served, connect, read_to_end, rot13};
use super::server::{PATIENCE, Server};

/// More than every buffer between the two programs holds: the kernel's limits are 6 MB for
/// receiving and 4 MB for sending, each way. A server that takes this much has no back-pressure.
const TOO_MUCH: usize = 64 << 20;

/// Sends numbered lines and never reads, until a write is blocked for good. Gives back what was
/// sent, which ends anywhere in a line.
pub(super) fn send_until_blocked(mut stream: &TcpStream) -> Vec<u8> {
    // Too short a timeout would only make the test see less: it cannot make it fail.
    stream.set_write_timeout(Some(Duration::from_millis(700))).expect("not zero");
    let mut sent = Vec::new();
    let mut line = Vec::new();
    loop {
        if line.is_empty() {
            let number = sent.len() / 64;
            line = format!(
                "{number:012} the quick brown fox jumps over the lazy dog 123456\n"
            )
            .into_bytes();
        }
        match stream.write(&line) {
            Ok(len) => sent.extend(line.drain(..len)),
            Err(error) if is_blocked(error.kind()) => break,
            Err(error) => panic!("a client that never reads is cut off: {error}"),
        }
        assert!(
            sent.len() < TOO_MUCH,
            "the server took {TOO_MUCH} bytes: no back-pressure"
        );
    }
    stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
    sent
}

fn is_blocked(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The answer to what was sent, without the unfinished line.
pub(super) fn answer_to(sent: &[u8]) -> Vec<u8> {
    let end = sent.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    rot13(&sent[..end])
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_never_reads_costs_bounded_memory_and_no_cpu() {
    use super::process::{assert_sleeps, resident_kib};

    let server = Server::start(&["--idle-timeout", "10m"]);
    // What the first client makes the server touch is not the stubborn one's.
    assert_served(&connect(server.addr()));
    let before = resident_kib(&server);

    let stubborn = connect(server.addr());
    let sent = send_until_blocked(&stubborn);

    let grown = resident_kib(&server).saturating_sub(before);
    assert!(grown < 4_096, "{grown} KiB for one client that sent {} bytes", sent.len());
    assert_sleeps(&server);
    assert_served(&connect(server.addr()));
    drop(stubborn);
    assert_served(&connect(server.addr()));
}

#[test]
fn others_are_served_while_ten_clients_never_read() {
    let server = Server::start(&["--idle-timeout", "10m"]);
    let addr = server.addr();
    let other = connect(addr);
    thread::scope(|scope| {
        let stubborn: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(move || {
                    let stream = connect(addr);
                    send_until_blocked(&stream);
                    stream
                })
            })
            .collect();
        while stubborn.iter().any(|client| !client.is_finished()) {
            assert_served(&other);
        }
        let streams: Vec<_> = stubborn.into_iter().map(ScopedJoinHandle::join).collect();
        assert!(streams.iter().all(Result::is_ok));
        assert_served(&other);
        assert_served(&connect(addr));
    });
}

#[test]
fn a_client_that_reads_late_gets_everything_in_order() {
    let server = Server::start(&["--idle-timeout", "10m"]);
    let stream = connect(server.addr());
    let mut sent = send_until_blocked(&stream);
    // Now it reads, and sends on meanwhile: what back-pressure had stopped must move again.
    let more = b"\nand more\n".repeat(10_000);
    let answer = thread::scope(|scope| {
        scope.spawn(|| {
            (&stream).write_all(&more).expect("the server takes more once we read");
            stream.shutdown(Shutdown::Write).expect("connected");
        });
        read_to_end(&stream)
    });
    sent.extend_from_slice(&more);
    let expected = answer_to(&sent);
    assert_eq!(answer.len(), expected.len());
    assert!(answer == expected, "all came back, but other than it should");
}

#[test]
fn a_client_that_half_closes_and_reads_late_gets_everything() {
    let server = Server::start(&["--idle-timeout", "10m"]);
    let stream = connect(server.addr());
    let sent = send_until_blocked(&stream);
    stream.shutdown(Shutdown::Write).expect("connected");
    let (answer, expected) = (read_to_end(&stream), answer_to(&sent));
    assert_eq!(answer.len(), expected.len());
    assert!(answer == expected, "all came back, but other than it should");
}

#[test]
fn a_client_that_never_reads_times_out() {
    let server = Server::start(&["--idle-timeout", "1s"]);
    let mut stubborn = connect(server.addr());
    // It sends as long as it may; the server moves no byte for it after that, and closes.
    let cut_off = loop {
        if let Err(error) = stubborn.write(&[b'\n'; 4_096]) {
            break error;
        }
    };
    assert!(!is_blocked(cut_off.kind()), "blocked and never cut off: {cut_off}");
    let ended = server.terminate();
    assert_eq!(ended.count("timed out"), 1, "{ended:?}");
}
