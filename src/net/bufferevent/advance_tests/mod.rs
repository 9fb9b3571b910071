//! The rules of a stream's flow, each against a wire made of a script: no sockets, no reactor.

mod property;
mod wire;

use std::io::ErrorKind;
use std::vec;

use super::{BufferEvent, Direction, Event, Timeout, timeouts};
use crate::reactor::Ready;
use wire::{NOTHING, Peer, echo, leave, take_all, told, turn};

#[test]
fn bytes_that_are_left_in_the_input_are_not_announced_again() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(b"abc");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), told(&["Readable"]));
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), NOTHING);
    peer.sends(b"d");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), told(&["Readable"]));
    assert_eq!(*stream.input(), *b"abcd");
}

#[test]
fn a_full_input_waits_without_spinning_and_goes_on_once_drained() {
    let peer = Peer::new();
    let mut stream = peer.stream().read_high_water(4);
    peer.sends(b"abcdefghij");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), told(&["Readable"]));
    assert_eq!(stream.input().len(), 4);
    let reads = peer.0.borrow().reads;
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), NOTHING);
    assert_eq!(peer.0.borrow().reads, reads);
    // Somebody drains it from outside; no readiness comes, for none was used up.
    stream.input().consume(3);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), told(&["Readable"]));
    assert_eq!(*stream.input(), *b"defg");
}

#[test]
fn a_handler_that_drains_gets_all_in_one_turn_whatever_the_high_mark() {
    let peer = Peer::new();
    let mut stream = peer.stream().read_high_water(4);
    peer.sends(b"abcdefghij");
    let told_all = told(&["Readable", "Readable", "Readable"]);
    assert_eq!(turn(&mut stream, Ready::READABLE, take_all), told_all);
    assert!(peer.0.borrow().incoming.is_empty());
}

#[test]
fn the_low_mark_holds_readable_back_until_enough_is_there_or_the_stream_ends() {
    let peer = Peer::new();
    let mut stream = peer.stream().read_low_water(3);
    peer.sends(b"ab");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), NOTHING);
    peer.sends(b"c");
    assert_eq!(turn(&mut stream, Ready::READABLE, take_all), told(&["Readable"]));
    peer.sends(b"d");
    peer.0.borrow_mut().fin = true;
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    assert_eq!(turn(&mut stream, ready, take_all), told(&["Readable", "Eof"]));
}

#[test]
fn a_mark_that_is_lowered_announces_what_it_held_back() {
    let peer = Peer::new();
    let mut stream = peer.stream().read_low_water(10);
    peer.sends(b"ab");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), NOTHING);
    stream.set_watermarks(Direction::Read, 2, 0);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), told(&["Readable"]));
}

#[test]
fn a_low_mark_above_the_high_one_counts_as_the_high_one() {
    let peer = Peer::new();
    let mut stream = peer.stream().read_low_water(100).read_high_water(4);
    peer.sends(b"abcdef");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), told(&["Readable"]));
}

#[test]
fn a_short_read_is_not_followed_by_another() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(b"abc");
    turn(&mut stream, Ready::READABLE, take_all);
    assert_eq!(peer.0.borrow().reads, 1);
}

#[test]
fn an_end_behind_a_short_read_is_not_lost() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(b"abc");
    peer.0.borrow_mut().fin = true;
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    assert_eq!(turn(&mut stream, ready, leave), told(&["Readable", "Eof"]));
    assert!(!stream.is_reading() && stream.is_writing());
}

#[test]
fn one_turn_reads_its_share_and_asks_for_another() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(&vec![b'x'; 150_000]);
    let mut turns = 0;
    let mut ready = Ready::READABLE;
    let mut got = 0;
    loop {
        let before = got;
        let (_, again) = turn(&mut stream, ready, |stream, _| {
            got += stream.input().len();
            stream.input().clear();
        });
        assert!(got - before <= 64 * 1024, "{} in one turn", got - before);
        turns += 1;
        ready = Ready::NONE;
        if !again {
            break;
        }
    }
    assert_eq!((got, turns), (150_000, 3));
}

#[test]
fn a_peer_that_never_reads_suspends_reading_until_it_has_taken_enough() {
    let peer = Peer::new();
    peer.takes(0);
    let mut stream = peer.stream().write_high_water(100).write_low_water(10);
    for _ in 0..100 {
        peer.sends(&[b'x'; 40]);
        turn(&mut stream, Ready::READABLE, echo);
    }
    assert_eq!(stream.output().len(), 120, "bounded");
    assert_eq!(stream.input().len(), 0, "nothing is announced that could add to it");
    assert_eq!(turn(&mut stream, Ready::READABLE, echo), NOTHING);
    peer.takes(100);
    turn(&mut stream, Ready::WRITABLE, echo);
    assert_eq!(stream.output().len(), 20, "above the low mark it stays suspended");
    peer.takes(usize::MAX);
    turn(&mut stream, Ready::WRITABLE, echo);
    assert_eq!(peer.sent(), 4000);
}

#[test]
fn a_write_that_would_block_asks_for_writability_once() {
    let peer = Peer::new();
    peer.takes(1);
    let mut stream = peer.stream();
    assert!(!stream.wants_writability());
    stream.output().extend_from_slice(b"abc");
    turn(&mut stream, Ready::NONE, leave);
    assert!(stream.wants_writability());
    stream.asked_for_writability();
    peer.takes(1);
    turn(&mut stream, Ready::WRITABLE, leave);
    assert!(!stream.wants_writability());
    assert_eq!(peer.sent(), 2);
}

#[test]
fn drained_comes_when_output_has_gone_and_lets_a_producer_go_on_within_its_share() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    stream.output().extend_from_slice(b"x");
    let produce = |stream: &mut BufferEvent, event: &Event| {
        assert!(matches!(event, Event::Drained));
        stream.output().extend_from_slice(b"x");
    };
    let (events, again) = turn(&mut stream, Ready::NONE, produce);
    assert_eq!((events.len(), again), (64, true));
    let (events, again) = turn(&mut stream, Ready::NONE, produce);
    assert_eq!((events.len(), again), (64, true));
}

#[test]
fn drained_waits_for_the_low_mark() {
    let peer = Peer::new();
    peer.takes(50);
    let mut stream = peer.stream().write_low_water(10);
    stream.output().extend_from_slice(&[b'x'; 100]);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), NOTHING);
    peer.takes(40);
    assert_eq!(turn(&mut stream, Ready::WRITABLE, leave), told(&["Drained"]));
    assert_eq!(turn(&mut stream, Ready::WRITABLE, leave), NOTHING);
}

#[test]
fn a_failed_write_is_an_error_and_then_the_end() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.0.borrow_mut().write_error = Some(ErrorKind::BrokenPipe);
    stream.output().extend_from_slice(b"abc");
    let last = told(&["Error(BrokenPipe)", "Closed"]);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), last);
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), NOTHING);
}

#[test]
fn bytes_before_a_read_error_are_announced_first() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(b"abc");
    peer.0.borrow_mut().read_error = Some(ErrorKind::ConnectionReset);
    let ready = Ready::READABLE | Ready::ERROR;
    let all = told(&["Readable", "Error(ConnectionReset)", "Closed"]);
    assert_eq!(turn(&mut stream, ready, leave), all);
}

#[test]
fn after_close_there_is_nothing_but_closed_once() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(b"abc");
    peer.0.borrow_mut().fin = true;
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    let close = |stream: &mut BufferEvent, _: &Event| {
        stream.output().extend_from_slice(b"never sent");
        stream.close();
        stream.close_when_flushed();
    };
    assert_eq!(turn(&mut stream, ready, close), told(&["Readable", "Closed"]));
    assert_eq!(turn(&mut stream, ready, close), NOTHING);
    assert_eq!(peer.sent(), 0);
}

#[test]
fn close_when_flushed_sends_all_then_shuts_down_then_closes() {
    let peer = Peer::new();
    peer.takes(10);
    let mut stream = peer.stream();
    stream.output().extend_from_slice(&[b'x'; 25]);
    stream.disable(Direction::Write);
    stream.close_when_flushed();
    assert!(stream.is_closing());
    peer.sends(b"ignored");
    assert_eq!(turn(&mut stream, Ready::NONE, leave), NOTHING);
    peer.takes(15);
    assert_eq!(turn(&mut stream, Ready::WRITABLE, leave), NOTHING);
    assert!(peer.0.borrow().shut_down);
    assert_eq!(peer.sent(), 25);
    // The peer was still sending: it is listened to until it ends.
    peer.sends(b"more");
    assert_eq!(turn(&mut stream, Ready::READABLE, leave), NOTHING);
    peer.0.borrow_mut().fin = true;
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    assert_eq!(turn(&mut stream, ready, leave), told(&["Closed"]));
}

#[test]
fn a_quiet_peer_is_not_waited_for_at_the_end() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    stream.output().extend_from_slice(b"bye");
    stream.close_when_flushed();
    assert_eq!(turn(&mut stream, Ready::NONE, leave), told(&["Closed"]));
    assert!(peer.0.borrow().shut_down);
}

#[test]
fn a_half_closed_stream_still_answers() {
    let peer = Peer::new();
    peer.takes(0);
    let mut stream = peer.stream();
    peer.sends(b"abc");
    peer.0.borrow_mut().fin = true;
    let handler = |stream: &mut BufferEvent, event: &Event| match event {
        Event::Eof => stream.close_when_flushed(),
        event => echo(stream, event),
    };
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    assert_eq!(turn(&mut stream, ready, handler), told(&["Readable", "Eof"]));
    peer.takes(usize::MAX);
    assert_eq!(turn(&mut stream, Ready::WRITABLE, handler), told(&["Closed"]));
    assert_eq!(peer.0.borrow().sent, b"abc");
}

#[test]
fn a_disabled_direction_is_silent_and_enabling_it_tells_what_came() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    stream.disable(Direction::Both);
    stream.output().extend_from_slice(b"x");
    peer.sends(b"abc");
    peer.0.borrow_mut().fin = true;
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    assert_eq!(turn(&mut stream, ready, leave), NOTHING);
    stream.enable(Direction::Both);
    let all = told(&["Drained", "Readable", "Eof"]);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), all);
}

#[test]
fn disabling_in_the_handler_holds_the_end_back() {
    let peer = Peer::new();
    let mut stream = peer.stream();
    peer.sends(b"abc");
    peer.0.borrow_mut().fin = true;
    let ready = Ready::READABLE | Ready::READ_CLOSED;
    let disable = |stream: &mut BufferEvent, _: &Event| stream.disable(Direction::Read);
    assert_eq!(turn(&mut stream, ready, disable), told(&["Readable"]));
    stream.enable(Direction::Read);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), told(&["Eof"]));
}

#[test]
fn try_flush_writes_at_once_and_its_error_is_told_again() {
    let peer = Peer::new();
    peer.takes(2);
    let mut stream = peer.stream();
    stream.output().extend_from_slice(b"abc");
    assert!(!stream.try_flush().unwrap());
    assert_eq!(peer.sent(), 2);
    peer.0.borrow_mut().write_error = Some(ErrorKind::BrokenPipe);
    stream.absorb(Ready::WRITABLE);
    assert_eq!(stream.try_flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
    let last = told(&["Error(BrokenPipe)", "Closed"]);
    assert_eq!(turn(&mut stream, Ready::NONE, leave), last);
}

#[test]
fn a_timeout_counts_only_while_something_could_move() {
    let peer = Peer::new();
    peer.takes(0);
    let mut stream = peer.stream().write_high_water(4).write_low_water(0);
    let counts = |stream: &mut BufferEvent| {
        let now = stream.take_counts();
        (now.read.counts, now.write.counts, now.idle.counts)
    };
    assert_eq!(counts(&mut stream), (true, false, true));
    stream.output().extend_from_slice(b"abcd");
    turn(&mut stream, Ready::NONE, leave);
    assert_eq!(counts(&mut stream), (false, true, true), "held back by the output");
    stream.disable(Direction::Write);
    assert_eq!(counts(&mut stream), (false, false, true));
    stream.disable(Direction::Read);
    assert_eq!(counts(&mut stream), (false, false, false));
    stream.close_when_flushed();
    assert_eq!(counts(&mut stream), (false, true, true));
}

#[test]
fn a_closing_stream_that_times_out_is_closed() {
    let peer = Peer::new();
    peer.takes(0);
    let mut stream = peer.stream();
    stream.output().extend_from_slice(b"abc");
    stream.close_when_flushed();
    assert_eq!(turn(&mut stream, Ready::NONE, leave), NOTHING);
    let fired = timeouts::ready_of(Timeout::Idle);
    let all = told(&["TimedOut(Idle)", "Closed"]);
    assert_eq!(turn(&mut stream, fired, leave), all);
}
