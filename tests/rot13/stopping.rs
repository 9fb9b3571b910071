//! SIGINT and SIGTERM: no more clients, answers flushed, what was served is said, exit code 0.

use std::io::Write;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::client::{
    assert_closed_by_server, assert_served, assert_stops_accepting, connect, read_to_end,
};
use super::server::{Ended, Server};
use super::stubborn::{answer_to, send_until_blocked};

/// Far above the instant that stopping takes, below the grace that the service gives to clients
/// that do not read: says that nobody was waited for.
const AT_ONCE: Duration = Duration::from_secs(4);

fn assert_clean(ended: &Ended) {
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "{ended:?}");
}

#[test]
fn either_signal_stops_a_server_without_clients() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Server::start(&[]);
        server.signal(signal);
        let ended = server.wait();
        assert_clean(&ended);
        assert_eq!(ended.count("connections"), 0);
    }
}

#[test]
fn either_signal_stops_at_once_with_clients_connected() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Server::start(&[]);
        let (talking, silent) = (connect(server.addr()), connect(server.addr()));
        let mut unfinished = connect(server.addr());
        assert_served(&talking);
        assert_served(&talking);
        assert_served(&unfinished);
        unfinished.write_all(b"unfin").expect("connected");
        // In the order of connecting, so the silent one is accepted by now.

        let start = Instant::now();
        server.signal(signal);
        let ended = server.wait();
        assert!(start.elapsed() < AT_ONCE, "{:?} for idle clients", start.elapsed());
        assert_clean(&ended);
        assert_eq!((ended.count("connections"), ended.count("lines")), (3, 3));
        assert_eq!((ended.count("bytes"), ended.count("cut off")), (15, 0));
        // The end of the stream, with nothing before it.
        assert_eq!(read_to_end(&talking), b"");
        assert_eq!(read_to_end(&silent), b"");
        assert_closed_by_server(&unfinished);
    }
}

#[test]
fn a_stopping_server_flushes_to_a_client_that_reads_late() {
    let server = Server::start(&["--idle-timeout", "10m"]);
    let late = connect(server.addr());
    let sent = send_until_blocked(&late);
    server.signal(Signal::TERM);
    assert_stops_accepting(server.addr());

    // Lines that the server has not read are lost with it; those that it has answered are not,
    // and the stream ends behind one of them.
    let (answer, expected) = (read_to_end(&late), answer_to(&sent));
    assert!(expected.starts_with(&answer), "{} bytes came, other ones", answer.len());
    let ended = server.wait();
    assert_clean(&ended);
    assert_eq!(ended.count("cut off"), 0);
    assert_eq!(ended.count("bytes"), u64::try_from(answer.len()).expect("a count"));
    assert_eq!(ended.count("lines"), ended.count("bytes") / 64);
}

#[test]
fn a_client_that_never_reads_cannot_hold_a_stopping_server() {
    let server = Server::start(&["--idle-timeout", "10m"]);
    let stubborn = connect(server.addr());
    send_until_blocked(&stubborn);
    let ended = server.terminate();
    assert_clean(&ended);
    assert_eq!(ended.count("cut off"), 1);
}

#[test]
fn a_second_signal_stops_without_waiting_for_anybody() {
    for (first, second) in [(Signal::INT, Signal::INT), (Signal::TERM, Signal::INT)] {
        let server = Server::start(&["--idle-timeout", "10m"]);
        let stubborn = connect(server.addr());
        send_until_blocked(&stubborn);
        server.signal(first);
        assert_stops_accepting(server.addr());

        let start = Instant::now();
        server.signal(second);
        let ended = server.wait();
        assert!(start.elapsed() < AT_ONCE, "{:?} after the second", start.elapsed());
        assert_clean(&ended);
        // At least: one that asked whether the server still accepts may be among them.
        assert!(ended.count("cut off") >= 1, "{ended:?}");
    }
}
