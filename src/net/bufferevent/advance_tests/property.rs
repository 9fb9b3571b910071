//! Whatever the order of things: no byte lost, nothing stuck, nothing spinning.

use std::vec::Vec;

use proptest::prelude::*;

use super::super::{BufferEvent, Direction, Event};
use super::wire::{Peer, echo, leave, turn};
use crate::reactor::Ready;

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
