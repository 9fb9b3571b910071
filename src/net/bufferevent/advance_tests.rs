//! The rules of a stream's flow, each against a wire made of a script: no sockets, no reactor.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use mio::event::Source;
use mio::{Interest, Registry, Token};
use proptest::prelude::*;

use super::flow::Share;
use super::{BufferEvent, Direction, Event, Timeout};
use crate::net::Stream;
use crate::reactor::Ready;

/// The kernel's side of a stream.
#[derive(Default)]
struct Wire {
    incoming: VecDeque<u8>,
    fin: bool,
    read_error: Option<ErrorKind>,
    /// How many bytes the stream takes before it would block.
    room: usize,
    write_error: Option<ErrorKind>,
    sent: Vec<u8>,
    reads: usize,
    shut_down: bool,
}

#[derive(Clone, Default)]
struct Peer(Rc<RefCell<Wire>>);

impl Read for Peer {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let wire = &mut *self.0.borrow_mut();
        wire.reads += 1;
        if !wire.incoming.is_empty() {
            return wire.incoming.read(to);
        }
        match wire.read_error {
            Some(error) => Err(error.into()),
            None if wire.fin => Ok(0),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wire = &mut *self.0.borrow_mut();
        if let Some(error) = wire.write_error {
            return Err(error.into());
        }
        let n = bytes.len().min(wire.room);
        if n == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        wire.room -= n;
        wire.sent.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for Peer {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Peer {
    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        self.0.borrow_mut().shut_down = true;
        Ok(())
    }
}

impl Peer {
    /// A peer that takes all it is sent.
    fn new() -> Self {
        let peer = Self::default();
        peer.0.borrow_mut().room = usize::MAX;
        peer
    }

    fn stream(&self) -> BufferEvent {
        BufferEvent::new(self.clone())
    }

    fn sends(&self, bytes: &[u8]) {
        self.0.borrow_mut().incoming.extend(bytes);
    }

    fn takes(&self, bytes: usize) {
        self.0.borrow_mut().room = bytes;
    }

    fn sent(&self) -> usize {
        self.0.borrow().sent.len()
    }
}

/// One call of the driver: what was told, and whether the reactor would call again by itself.
fn turn(
    stream: &mut BufferEvent,
    ready: Ready,
    mut handler: impl FnMut(&mut BufferEvent, &Event),
) -> (Vec<String>, bool) {
    stream.absorb(ready);
    let mut share = Share::of_a_turn();
    let mut told = Vec::new();
    while let Some(event) = stream.advance(&mut share) {
        told.push(match &event {
            Event::Error(error) => format!("Error({:?})", error.kind()),
            event => format!("{event:?}"),
        });
        handler(stream, &event);
    }
    (told, stream.has_work(&share))
}

fn leave(_: &mut BufferEvent, _: &Event) {}

fn take_all(stream: &mut BufferEvent, _: &Event) {
    stream.input().clear();
}

fn echo(stream: &mut BufferEvent, event: &Event) {
    if matches!(event, Event::Readable) {
        let (input, output) = stream.buffers();
        output.append(input);
    }
}

const NOTHING: (Vec<String>, bool) = (Vec::new(), false);

fn told(events: &[&str]) -> (Vec<String>, bool) {
    (events.iter().map(|event| String::from(*event)).collect(), false)
}

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
    let fired = super::timeouts::ready_of(Timeout::Idle);
    let all = told(&["TimedOut(Idle)", "Closed"]);
    assert_eq!(turn(&mut stream, fired, leave), all);
}

#[derive(Clone, Debug)]
enum Step {
    Sends(usize),
    Takes(usize),
    Consumes(usize),
    Enables(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..5000_usize).prop_map(Step::Sends),
        3 => (0..5000_usize).prop_map(Step::Takes),
        2 => (0..5000_usize).prop_map(Step::Consumes),
        1 => any::<bool>().prop_map(Step::Enables),
    ]
}

proptest! {
    /// Whatever arrives, is taken, drained or switched off when: no byte is lost, doubled or out
    /// of order, no mark is overrun, no call comes without progress, and at the end nothing is
    /// stuck.
    #[test]
    fn bytes_flow_in_order_and_never_get_stuck(
        steps in prop::collection::vec(step(), 1..40),
        read_high in 1..4000_usize,
        write_high in 1..4000_usize,
        read_low in 0..4000_usize,
        lazy in any::<bool>(),
    ) {
        let peer = Peer::new();
        peer.takes(0);
        let mut stream = peer.stream()
            .read_high_water(read_high)
            .read_low_water(read_low)
            .write_high_water(write_high)
            .write_low_water(write_high / 2);
        let (mut arrived, mut number) = (Vec::new(), 0_usize);
        let mut was = (0, 0);
        let mut handler = |stream: &mut BufferEvent, event: &Event| {
            if matches!(event, Event::Readable) {
                let total = stream.output.len() + stream.input.len() + peer.sent();
                let now = (total, peer.sent());
                assert!(now.0 > was.0, "called without progress");
                was = now;
                assert!(stream.input.len() <= read_high);
                if !lazy {
                    echo(stream, event);
                }
            }
            assert!(stream.output.len() < write_high + read_high + 5000);
        };
        let mut run = |stream: &mut BufferEvent, ready| {
            let mut ready = ready;
            for _ in 0..10_000 {
                let (_, again) = turn(stream, ready, &mut handler);
                if !again {
                    return;
                }
                ready = Ready::NONE;
            }
            panic!("it spins");
        };
        for step in steps {
            match step {
                Step::Sends(n) => {
                    let bytes: Vec<u8> = (number..number + n).map(|n| (n % 251) as u8).collect();
                    number += n;
                    peer.sends(&bytes);
                    arrived.extend(bytes);
                    run(&mut stream, Ready::READABLE);
                }
                Step::Takes(n) => {
                    peer.takes(n);
                    run(&mut stream, Ready::WRITABLE);
                }
                Step::Consumes(n) => {
                    let (input, output) = stream.buffers();
                    if output.len() < write_high {
                        input.move_to(output, n);
                    }
                    run(&mut stream, Ready::NONE);
                }
                Step::Enables(true) => {
                    stream.enable(Direction::Both);
                    run(&mut stream, Ready::NONE);
                }
                Step::Enables(false) => {
                    stream.disable(Direction::Both);
                    run(&mut stream, Ready::NONE);
                }
            }
        }
        peer.takes(usize::MAX);
        peer.0.borrow_mut().fin = true;
        stream.enable(Direction::Both);
        let mut ready = Ready::READABLE | Ready::WRITABLE | Ready::READ_CLOSED;
        let (mut eofs, mut turns) = (0, 0);
        while eofs == 0 {
            let (events, _) = turn(&mut stream, ready, echo);
            eofs += events.iter().filter(|event| *event == "Eof").count();
            // What a lazy handler left is taken from outside.
            let (input, output) = stream.buffers();
            output.append(input);
            ready = Ready::NONE;
            turns += 1;
            prop_assert!(turns < 10_000, "stuck");
        }
        turn(&mut stream, Ready::NONE, leave);
        prop_assert_eq!(eofs, 1);
        prop_assert_eq!(&peer.0.borrow().sent, &arrived);
    }
}
