//! A listener that runs out of descriptors. Alone in its program: the limit is the whole process's.
#![cfg(all(feature = "net", unix))]

use std::fs::File;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tourbillon::{Listener, ListenerOptions, ManualClock, Reactor};

/// Takes every descriptor there is.
fn take_all() -> Vec<File> {
    let mut taken = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => taken.push(file),
            Err(error) => {
                assert!(taken.len() < 200, "the limit does not hold: {error}");
                return taken;
            }
        }
    }
}

#[test]
fn without_descriptors_accepting_backs_off_does_not_spin_and_recovers() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(100);
    setrlimit(Resource::Nofile, limit).unwrap();

    let clock = ManualClock::new();
    let mut reactor = Reactor::builder().clock(clock.clone()).build().unwrap();
    let key = Listener::bind(
        &mut reactor,
        "127.0.0.1:0",
        ListenerOptions::default(),
        |inside: &mut Vec<_>, _, accepted| {
            inside.push(accepted.stream);
            Ok(())
        },
    )
    .unwrap();
    let addr = reactor.source_mut(key).unwrap().local_addr().unwrap();
    let mut inside = Vec::new();
    for round in 1..=2 {
        let _client = TcpStream::connect(addr).unwrap();
        let before = reactor.source_mut(key).unwrap().stats().backoffs;
        let taken = take_all();
        // Each wait is twice the one before, and nothing is tried in between.
        for (tried, wait_ms) in [(1, 5), (2, 10), (3, 20), (4, 40)] {
            for _ in 0..20 {
                reactor.turn(&mut inside, Duration::from_micros(100)).unwrap();
            }
            let listener = reactor.source_mut(key).unwrap();
            assert_eq!(listener.stats().backoffs - before, tried);
            let error = listener.last_error().unwrap();
            assert_ne!(error.kind(), ErrorKind::WouldBlock);
            clock.advance(Duration::from_nanos(wait_ms * 1_000_000 - 1));
            reactor.turn(&mut inside, Duration::ZERO).unwrap();
            assert_eq!(reactor.source_mut(key).unwrap().stats().backoffs - before, tried);
            clock.advance(Duration::from_nanos(1));
        }
        drop(taken);
        reactor.turn(&mut inside, Duration::ZERO).unwrap();
        assert_eq!(inside.len(), round, "it recovers");
        // The next shortage starts with a short wait again: see the second round.
    }
}
