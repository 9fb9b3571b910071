//! Turns that are cut short, and counters that are reset, cost a stream nothing.

use std::io::Write;
use std::time::Duration;

use tourbillon::reactor::{Exit, Memory, Reactor, TurnBudget};
use tourbillon::time::ManualClock;
use tourbillon::{BufferEvent, Event, Next};

/// What streams were told: whose, how many bytes waited, and whether it timed out.
type Told = Vec<(usize, usize, bool)>;

#[test]
fn bytes_that_wait_for_their_turn_are_not_taken_for_silence() {
    let (clock, memory) = (ManualClock::new(), Memory::new());
    let mut budget = TurnBudget::default();
    budget.time = Duration::ZERO;
    let builder = Reactor::<Told>::builder().clock(clock.clone()).memory(&memory);
    let mut reactor = builder.budget(budget).build().unwrap();
    let mut peers = Vec::new();
    for number in 0..3 {
        let (near, peer) = memory.pair(64);
        BufferEvent::new(near)
            .idle_timeout(Duration::from_millis(1))
            .attach(&mut reactor, move |told: &mut Told, _, stream, event| {
                told.push((
                    number,
                    stream.input().len(),
                    matches!(event, Event::TimedOut(_)),
                ));
                let len = stream.input().len();
                stream.input().consume(len);
            })
            .unwrap();
        peers.push(peer);
    }
    let mut told = Told::new();
    reactor.turn(&mut told, Duration::ZERO).unwrap();
    for peer in &mut peers {
        peer.write_all(b"hello").unwrap();
    }
    clock.advance(Duration::from_millis(1));
    for _ in 0..6 {
        reactor.turn(&mut told, Duration::ZERO).unwrap();
    }
    told.sort_unstable();
    assert_eq!(told, [(0, 5, false), (1, 5, false), (2, 5, false)]);
}

#[test]
fn a_reset_of_the_counters_in_every_turn_stops_no_stream() {
    let memory = Memory::new();
    let clock = ManualClock::new();
    let mut reactor =
        Reactor::<usize>::builder().clock(clock).memory(&memory).build().unwrap();
    reactor.before_wait(|_, reactor, _| {
        reactor.reset_stats();
        Next::Continue
    });
    let (near, mut peer) = memory.pair(1 << 20);
    BufferEvent::new(near)
        .attach(&mut reactor, |bytes: &mut usize, _, stream, _| {
            let len = stream.input().len();
            *bytes += len;
            stream.input().consume(len);
        })
        .unwrap();
    peer.write_all(&vec![b'x'; 1 << 20]).unwrap();
    let mut bytes = 0;
    for _ in 0..64 {
        reactor.turn(&mut bytes, Duration::ZERO).unwrap();
    }
    assert_eq!(bytes, 1 << 20);
}

#[test]
fn a_stream_that_keeps_no_run_alive_does_not_by_its_timeouts() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let (near, _peer) = mio::net::UnixStream::pair().unwrap();
    let key = BufferEvent::new(near)
        .idle_timeout(Duration::from_secs(3600))
        .attach(&mut reactor, |(), _, _, _| {})
        .unwrap();
    reactor.turn(&mut (), Duration::ZERO).unwrap();
    assert!(reactor.set_keeps_alive(key, false));
    assert_eq!(reactor.run(&mut ()).unwrap(), Exit::Idle);
}
