//! Timeouts, on a clock that moves when told: when they count, when they pass, to the nanosecond.

use std::io::Write;
use std::time::Duration;

use tourbillon::net::Direction;
use tourbillon::{Event, ManualClock, Precision, Reactor};

use crate::support::{Server, echo, nothing, pattern, write_until_full};

const SECOND: Duration = Duration::from_secs(1);
const NANOSECOND: Duration = Duration::from_nanos(1);

fn just_before(after: Duration) -> Duration {
    after.saturating_sub(NANOSECOND)
}

#[test]
fn idle_streams_time_out_on_one_queue_and_a_busy_one_does_not() {
    let clock = ManualClock::new();
    let mut server = Server::on_clock(
        clock.clone(),
        // The duration of the queue that is registered below: it joins by itself.
        |stream| stream.idle_timeout(30 * SECOND),
        echo,
    );
    server.reactor.common_timeout(30 * SECOND);
    let (_idle, idle_key) = server.connect();
    let (_also_idle, also_idle_key) = server.connect();
    let (mut busy, busy_key) = server.connect();
    server.settle();
    assert_eq!(server.reactor.timer_count(), 3);
    clock.advance(20 * SECOND);
    busy.write_all(b"x").unwrap();
    server.read_exactly(&mut busy, 1);
    clock.advance(just_before(10 * SECOND));
    server.settle();
    assert!(server.log.of(idle_key).is_empty(), "early");
    clock.advance(NANOSECOND);
    server.settle();
    for key in [idle_key, also_idle_key] {
        assert_eq!(server.log.of(key), ["TimedOut(Idle)", "Closed"]);
    }
    assert_eq!(server.log.of(busy_key), ["Readable", "Drained"]);
    clock.advance(just_before(20 * SECOND));
    server.settle();
    assert_eq!(server.log.of(busy_key), ["Readable", "Drained"]);
    clock.advance(NANOSECOND);
    server.settle();
    assert_eq!(server.log.of(busy_key).last(), Some(&"Closed"));
    assert_eq!(server.reactor.timer_count(), 0);
}

#[test]
fn a_reactor_that_spins_does_not_spin_for_the_timeouts_of_streams() {
    let spin = Precision::Spin { max: Duration::from_secs(1) };
    let reactor = Reactor::builder().precision(spin).build().unwrap();
    let after = Duration::from_millis(3);
    let mut server =
        Server::build(reactor, move |stream| stream.idle_timeout(after), nothing);
    let (_client, key) = server.connect();
    while server.log.of(key).is_empty() {
        server.reactor.turn(&mut server.log, None).unwrap();
    }
    assert_eq!(server.log.of(key), ["TimedOut(Idle)"]);
    assert_eq!(server.reactor.stats().spun, Duration::ZERO);
}

#[test]
fn a_timeout_without_a_queue_is_restarted_by_progress_too() {
    let clock = ManualClock::new();
    let setup = |stream: tourbillon::BufferEvent| stream.read_timeout(SECOND);
    let mut server = Server::on_clock(clock.clone(), setup, nothing);
    let (mut client, key) = server.connect();
    server.settle();
    for n in 1..=5 {
        clock.advance(just_before(SECOND));
        client.write_all(b"x").unwrap();
        server.turn_until(|server| server.log.of(key).len() == n);
    }
    clock.advance(SECOND);
    server.settle();
    assert_eq!(server.log.of(key).last(), Some(&"TimedOut(Read)"));
}

#[test]
fn a_read_timeout_disables_reading_and_counts_again_when_it_is_enabled() {
    let clock = ManualClock::new();
    let setup = |stream: tourbillon::BufferEvent| stream.read_timeout(SECOND);
    let mut server = Server::on_clock(clock.clone(), setup, nothing);
    let (_client, key) = server.connect();
    server.settle();
    clock.advance(SECOND);
    server.settle();
    assert_eq!(server.log.of(key), ["TimedOut(Read)"]);
    clock.advance(10 * SECOND);
    server.settle();
    let stream = server.reactor.source_mut(key).unwrap();
    assert!(!stream.is_reading() && stream.is_writing());
    stream.enable(Direction::Read);
    server.settle();
    clock.advance(just_before(SECOND));
    server.settle();
    assert_eq!(server.log.of(key), ["TimedOut(Read)"]);
    clock.advance(NANOSECOND);
    server.settle();
    assert_eq!(server.log.of(key), ["TimedOut(Read)"; 2]);
}

#[test]
fn a_read_timeout_does_not_count_while_the_input_is_full() {
    let clock = ManualClock::new();
    let mut server = Server::on_clock(
        clock.clone(),
        |stream| stream.read_timeout(SECOND).read_high_water(4),
        nothing,
    );
    let (mut client, key) = server.connect();
    client.write_all(b"abcdef").unwrap();
    server.turn_until_told(key, "Readable");
    server.settle();
    assert_eq!(server.reactor.timer_count(), 0);
    clock.advance(10 * SECOND);
    server.settle();
    assert_eq!(server.log.of(key), ["Readable"]);
    server.reactor.source_mut(key).unwrap().input().clear();
    server.settle();
    clock.advance(SECOND);
    server.settle();
    assert_eq!(server.log.of(key), ["Readable", "Readable", "TimedOut(Read)"]);
}

#[test]
fn a_write_timeout_counts_only_while_output_waits() {
    let clock = ManualClock::new();
    let mut server = Server::on_clock(
        clock.clone(),
        |stream| stream.write_timeout(SECOND),
        |_, stream, event| {
            if matches!(event, Event::TimedOut(_)) {
                stream.close();
            } else if matches!(event, Event::Readable) {
                let (input, output) = stream.buffers();
                output.append(input);
            }
        },
    );
    let (mut client, key) = server.connect();
    server.settle();
    clock.advance(10 * SECOND);
    server.settle();
    assert!(server.log.of(key).is_empty(), "there was nothing to write");
    // The client sends and never reads.
    let bytes = pattern(1 << 20);
    while write_until_full(&mut client, &bytes) > 0 {
        server.settle();
    }
    assert!(!server.log.of(key).contains(&"TimedOut(Write)"));
    clock.advance(SECOND);
    server.settle();
    assert_eq!(server.log.of(key).last(), Some(&"Closed"));
    assert!(server.log.of(key).contains(&"TimedOut(Write)"));
    assert_eq!(server.reactor.timer_count(), 0);
}

#[test]
fn timeouts_can_be_set_anew_and_cleared() {
    let clock = ManualClock::new();
    let setup = |stream: tourbillon::BufferEvent| stream.read_timeout(SECOND);
    let mut server = Server::on_clock(clock.clone(), setup, nothing);
    let (_client, key) = server.connect();
    server.settle();
    clock.advance(SECOND / 2);
    let stream = server.reactor.source_mut(key).unwrap();
    stream.set_timeouts(Some((5 * SECOND).into()), None);
    server.settle();
    clock.advance(just_before(5 * SECOND));
    server.settle();
    assert!(server.log.of(key).is_empty());
    let stream = server.reactor.source_mut(key).unwrap();
    stream.set_timeouts(None, None);
    stream.set_idle_timeout(Some(SECOND.into()));
    server.settle();
    assert_eq!(server.reactor.timer_count(), 1);
    clock.advance(SECOND);
    server.settle();
    assert_eq!(server.log.of(key), ["TimedOut(Idle)"]);
}

#[test]
fn bytes_that_came_during_a_stall_win_over_the_timeout() {
    let clock = ManualClock::new();
    let setup = |stream: tourbillon::BufferEvent| stream.idle_timeout(SECOND);
    let mut server = Server::on_clock(clock.clone(), setup, echo);
    let (mut client, key) = server.connect();
    server.settle();
    client.write_all(b"x").unwrap();
    clock.advance(100 * SECOND);
    let mut got = [0];
    server.turn_until_told(key, "Readable");
    std::io::Read::read_exact(&mut client, &mut got).unwrap();
    server.settle();
    assert_eq!(server.log.of(key), ["Readable", "Drained"]);
}

#[test]
fn the_timers_of_a_stream_go_with_it() {
    let mut server = Server::new(
        |stream| {
            let hour = 3600 * SECOND;
            stream.idle_timeout(hour).read_timeout(hour).write_timeout(hour)
        },
        echo,
    );
    let (client, key) = server.connect();
    server.settle();
    assert_eq!(server.reactor.timer_count(), 2, "nothing to write: two");
    drop(client);
    server.turn_until_told(key, "Closed");
    assert_eq!(server.reactor.timer_count(), 0);
}
