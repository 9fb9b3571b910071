//! The command line: what is refused, in which words, and with which exit code.

use std::net::TcpListener;

use super::client::{assert_served, connect, talk};
use super::server::{Ended, Server, run};

/// One clear line on stderr that holds `word`, nothing on stdout, exit code 2.
fn assert_refused(args: &[&str], word: &str) {
    let ended = run(args);
    assert_eq!(ended.status.code(), Some(2), "{args:?}: {ended:?}");
    assert_one_line(&ended, word);
}

fn assert_one_line(ended: &Ended, word: &str) {
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains(word), "{word:?} is not in {ended:?}");
}

#[test]
fn bad_arguments_are_refused_in_one_line() {
    assert_refused(&["--no-such-option"], "--no-such-option");
    assert_refused(&["surplus"], "surplus");
    assert_refused(&["--listen"], "--listen");
    assert_refused(&["--listen", "nowhere"], "nowhere");
    assert_refused(&["--listen", "127.0.0.1:65536"], "127.0.0.1:65536");
    assert_refused(&["--max-line", "0"], "--max-line");
    assert_refused(&["--max-line", "-1"], "-1");
    assert_refused(&["--max-line", "many"], "many");
    assert_refused(&["--max-line", "99999999999999999999999"], "--max-line");
    assert_refused(&["--max-connections", "0"], "--max-connections");
    assert_refused(&["--max-line", "8", "--max-line", "9"], "--max-line");
}

#[test]
fn bad_durations_are_refused_in_one_line() {
    let overflow = "99999999999999999999999s";
    for bad in ["", "0s", "soon", "5", "s", "-1s", "5 parsecs", "1.5.2s", "ms5", overflow]
    {
        let option = format!("--idle-timeout={bad}");
        assert_refused(&[&option], "--idle-timeout");
    }
}

#[test]
fn good_durations_are_taken() {
    for good in ["500ms", "30s", "2m", "1h", "1000000000us"] {
        let server = Server::start(&["--idle-timeout", good]);
        assert_eq!(server.terminate().status.code(), Some(0), "{good}");
    }
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let addr = taken.local_addr().expect("bound").to_string();
    let ended = run(&["--listen", &addr]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_one_line(&ended, &addr);
    assert!(ended.stderr.contains("in use"), "{ended:?}");
}

#[test]
fn an_address_that_is_not_ours_is_named() {
    // 192.0.2.0/24 is set aside for documentation: no machine has it.
    let ended = run(&["--listen", "192.0.2.1:40713"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_one_line(&ended, "192.0.2.1:40713");
}

#[test]
fn help_names_every_option() {
    let ended = run(&["--help"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "");
    let options =
        ["--listen", "--max-line", "--idle-timeout", "--max-connections", "--help"];
    for word in options.iter().chain(&["127.0.0.1:40713", "16384", "30s"]) {
        assert!(ended.stdout.contains(word), "{word} is not in\n{}", ended.stdout);
    }
}

#[test]
fn port_zero_is_any_free_port_and_the_first_line_says_which() {
    let (one, other) = (Server::start(&[]), Server::start(&[]));
    assert_ne!(one.addr(), other.addr());
    assert_ne!(one.addr().port(), 0);
    assert_served(&connect(one.addr()));
    assert_served(&connect(other.addr()));
}

#[test]
fn a_named_port_can_be_taken_again_at_once() {
    let first = Server::start(&[]);
    let addr = first.addr();
    // A connection that the server closes first stays behind in TIME-WAIT.
    let stream = connect(addr);
    assert_served(&stream);
    first.terminate();
    let again = Server::start_on(&addr.to_string(), &[]);
    assert_eq!(talk(again.addr(), b"Hello\n"), b"Uryyb\n");
}
