//! How a turn is shared out: by priority, by number, by time. To the call, on a manual clock whose hand
//! the handlers move.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mio::net::UnixStream;
use tourbillon::reactor::{
    BudgetHits, Next, Priority, Reactor, Ready, SourceKey, TurnBudget, UserEvent,
};
use tourbillon::time::ManualClock;
use tourbillon::{BufferEvent, Event, Listener, ListenerOptions};

use crate::{at, manual, manual_with_budget, nanos, panic_with, turn};

/// A reactor whose phases may take so long each.
fn timed<S>(time: Duration) -> (Reactor<S>, ManualClock) {
    let clock = ManualClock::new();
    let mut budget = TurnBudget::default();
    budget.time = time;
    let builder = Reactor::builder().clock(clock.clone()).budget(budget);
    (builder.build().unwrap(), clock)
}

/// Five handlers of each phase, each of which takes 10 ns.
fn five_of_each(reactor: &mut Reactor<Vec<u64>>, clock: &ManualClock) {
    let note = |number: u64| {
        let hand = clock.clone();
        move |seen: &mut Vec<u64>| {
            seen.push(number);
            hand.advance(nanos(10));
        }
    };
    for number in 0..5 {
        let f = note(number);
        let event = reactor.event(move |seen, _, _| (f(seen), Next::Stop).1).unwrap();
        reactor.activate(event, Ready::READABLE);
        let f = note(10 + number);
        reactor.at(at(number), move |seen, _, _| f(seen));
        let f = note(20 + number);
        reactor.defer(move |seen, _| f(seen));
        let f = note(30 + number);
        assert!(reactor.remote().post(move |seen, _| f(seen)).is_ok());
    }
    clock.set(at(5));
}

#[test]
fn each_phase_ends_with_the_handler_in_which_its_time_is_over() {
    // So many handlers of 10 ns fit: one that begins in time is called.
    for (time, fit) in [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (29, 3), (40, 4)] {
        let (mut reactor, clock) = timed(nanos(time));
        five_of_each(&mut reactor, &clock);
        let mut all = Vec::new();
        let (mut turns, mut hits) = (0, BudgetHits::default());
        for begin in (0..5_usize).step_by(fit) {
            let mut seen = Vec::new();
            let turn = reactor.turn(&mut seen, None).unwrap();
            let calls = (begin..(begin + fit).min(5)).map(|n| n as u64);
            let phases = [0, 10, 20, 30].into_iter();
            let expected: Vec<_> =
                phases.flat_map(|phase| calls.clone().map(move |n| phase + n)).collect();
            assert_eq!(seen, expected, "in order, {time} ns");
            assert_eq!((turn.sources, turn.timers), (calls.len(), calls.len()));
            let left = u64::from(begin + fit < 5);
            hits.sources += left;
            hits.timers += left;
            hits.deferred += left;
            hits.posts += left;
            hits.by_time += 4 * left;
            turns += 1;
            all.extend(seen);
        }
        assert_eq!((all.len(), reactor.stats().turns), (20, turns));
        assert_eq!(reactor.stats().budget_hits_by, hits, "{time} ns");
        assert_eq!(reactor.stats().budget_hits, hits.by_time);
    }
}

#[test]
fn a_phase_that_both_its_number_and_its_time_have_cut_is_counted_once() {
    let clock = ManualClock::new();
    let mut budget = TurnBudget::default();
    (budget.time, budget.timers) = (nanos(20), 3);
    let builder = Reactor::builder().clock(clock.clone()).budget(budget);
    let mut reactor = builder.build().unwrap();
    five_of_each(&mut reactor, &clock);
    let mut seen = Vec::new();
    turn(&mut reactor, &mut seen);
    let hits = reactor.stats().budget_hits_by;
    assert_eq!((hits.timers, hits.by_time), (1, 4), "two of three that it took");
    assert_eq!(reactor.stats().budget_hits, 4);
    while turn(&mut reactor, &mut seen) > 0 {}
    let timers: Vec<_> = seen.into_iter().filter(|n| (10..20).contains(n)).collect();
    assert_eq!(timers, [10, 11, 12, 13, 14]);
}

/// Defers itself again and again.
fn again(class: usize, counts: &mut [u32; 6], reactor: &mut Reactor<[u32; 6]>) {
    counts[class] += 1;
    reactor.defer(move |counts, reactor| again(class, counts, reactor));
}

#[test]
fn no_time_at_all_starves_nobody() {
    let (mut reactor, clock) = timed::<[u32; 6]>(Duration::ZERO);
    for class in 0..2 {
        let hand = clock.clone();
        let event = reactor
            .event(move |counts: &mut [u32; 6], _, _| {
                counts[class] += 1;
                hand.advance(nanos(1));
                Next::Again
            })
            .unwrap();
        reactor.activate(event, Ready::READABLE);
    }
    for class in 2..4 {
        let f = move |counts: &mut [u32; 6], _: &mut Reactor<_>, _| {
            counts[class] += 1;
            Next::Continue
        };
        reactor.every(nanos(1), f).unwrap();
    }
    for class in 4..6 {
        reactor.defer(move |counts, reactor| again(class, counts, reactor));
    }
    let mut counts = [0; 6];
    for _ in 0..100 {
        turn(&mut reactor, &mut counts);
    }
    assert!(counts.iter().all(|&count| count >= 48), "{counts:?}");
}

#[test]
fn a_listener_that_is_out_of_time_goes_on_in_the_next_turn() {
    let (mut reactor, clock) = timed::<usize>(nanos(20));
    let hand = clock.clone();
    let options = ListenerOptions::default();
    let key = Listener::bind(
        &mut reactor,
        "127.0.0.1:0",
        options,
        move |count: &mut usize, _, _| {
            *count += 1;
            hand.advance(nanos(10));
            Ok(())
        },
    )
    .unwrap();
    let addr = reactor.source_mut(key).unwrap().local_addr().unwrap();
    let mut count = 0;
    // To be reached from outside is a call as well, in a phase of its own.
    turn(&mut reactor, &mut count);
    let _clients: Vec<_> = (0..5).map(|_| TcpStream::connect(addr).unwrap()).collect();
    for expected in [2, 4, 5] {
        reactor.turn(&mut count, Duration::ZERO).unwrap();
        assert_eq!(count, expected);
    }
    assert_eq!(reactor.stats().budget_hits_by.accepts, 2);
    assert_eq!(reactor.stats().budget_hits_by.by_time, 0, "no phase has left anything");
    assert_eq!(turn(&mut reactor, &mut count), 0, "and it does not spin");
}

/// A stream that answers each kind of event, taking 10 ns for each.
fn slow_echo(reactor: &mut Reactor<Vec<String>>, clock: &ManualClock) -> UnixStream {
    let (peer, ours) = UnixStream::pair().unwrap();
    let hand = clock.clone();
    BufferEvent::new(ours)
        .attach(reactor, move |log: &mut Vec<String>, _, stream, event| {
            log.push(format!("{event:?}"));
            hand.advance(nanos(10));
            match event {
                Event::Readable => {
                    let (input, output) = stream.buffers();
                    output.append(input);
                }
                Event::Eof => stream.close_when_flushed(),
                _ => {}
            }
        })
        .unwrap();
    peer
}

#[test]
fn a_stream_that_is_out_of_time_goes_on_in_the_next_turn() {
    for (time, turns) in [(0, vec![1, 1, 1, 1]), (20, vec![2, 2]), (30, vec![3, 1])] {
        let (mut reactor, clock) = timed::<Vec<String>>(nanos(time));
        let mut peer = slow_echo(&mut reactor, &clock);
        peer.write_all(b"hello").unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        let mut log = Vec::new();
        for events in turns {
            let before = log.len();
            reactor.turn(&mut log, Duration::ZERO).unwrap();
            assert_eq!(log.len() - before, events, "{time} ns: {log:?}");
        }
        assert_eq!(log, ["Readable", "Drained", "Eof", "Closed"]);
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "hello");
        assert!(reactor.stats().budget_hits_by.streams >= 1, "{time} ns");
        assert_eq!(turn(&mut reactor, &mut log), 0);
    }
}

#[test]
fn streams_that_are_out_of_time_take_turns() {
    let (mut reactor, clock) = timed::<Vec<String>>(Duration::ZERO);
    let mut peers = [(); 4].map(|()| slow_echo(&mut reactor, &clock));
    let mut log = Vec::new();
    while turn(&mut reactor, &mut log) > 0 {}
    for peer in &mut peers {
        peer.write_all(b"x").unwrap();
    }
    for _ in 0..4 {
        turn(&mut reactor, &mut log);
    }
    assert_eq!(log, ["Readable"; 4], "each had one before any had two");
}

/// An event of its own that writes its letter down, of that priority.
fn letter(
    reactor: &mut Reactor<String>,
    letter: char,
    priority: Priority,
) -> SourceKey<UserEvent> {
    let event = reactor
        .event(move |word: &mut String, reactor, _| {
            word.push(letter);
            match letter {
                's' => reactor.stop(),
                'p' => panic_with("p"),
                _ => {}
            }
            Next::Continue
        })
        .unwrap();
    assert!(reactor.set_priority(event, priority));
    event
}

const HIGH: Priority = Priority::High;
const NORMAL: Priority = Priority::Normal;
const LOW: Priority = Priority::Low;

#[test]
fn where_all_can_be_called_the_urgent_go_first_and_then_who_was_ready_first() {
    let (mut reactor, _clock) = manual::<String>();
    let mut word = String::new();
    let keys: Vec<_> =
        [('x', LOW), ('a', HIGH), ('m', NORMAL), ('b', HIGH), ('n', NORMAL), ('y', LOW)]
            .map(|(name, priority)| letter(&mut reactor, name, priority))
            .into();
    for _ in 0..3 {
        for &key in &keys {
            assert!(reactor.activate(key, Ready::READABLE));
        }
        turn(&mut reactor, &mut word);
    }
    assert_eq!(word, "abmnxy".repeat(3));
}

#[test]
fn a_panic_of_the_last_one_leaves_nobody_and_the_next_turn_is_as_ever() {
    let (mut reactor, _clock) = manual::<String>();
    let keys: Vec<_> = ['a', 'b', 'c', 'd']
        .map(|name| letter(&mut reactor, name, HIGH))
        .into_iter()
        .chain([letter(&mut reactor, 'm', NORMAL)])
        .collect();
    let culprit = letter(&mut reactor, 'p', LOW);
    reactor.activate(culprit, Ready::READABLE);
    let mut word = String::new();
    assert!(
        catch_unwind(AssertUnwindSafe(|| reactor.turn(&mut word, Duration::ZERO)))
            .is_err()
    );
    for &key in keys.iter().rev() {
        reactor.activate(key, Ready::READABLE);
    }
    turn(&mut reactor, &mut word);
    assert_eq!(word, "pdcbam", "all urgent ones before the other");
}

#[test]
fn a_stop_and_a_panic_keep_the_order_of_those_they_leave() {
    for culprit in ['s', 'p'] {
        let (mut reactor, _clock) = manual::<String>();
        let mut word = String::new();
        let first = letter(&mut reactor, 'a', HIGH);
        let second = letter(&mut reactor, culprit, HIGH);
        let rest = [('b', HIGH), ('m', NORMAL), ('n', NORMAL), ('x', LOW)]
            .map(|(name, priority)| letter(&mut reactor, name, priority));
        for key in [first, second].into_iter().chain(rest) {
            reactor.activate(key, Ready::READABLE);
        }
        let broken =
            catch_unwind(AssertUnwindSafe(|| reactor.turn(&mut word, Duration::ZERO)));
        assert_eq!(broken.is_err(), culprit == 'p');
        assert_eq!(word.chars().last(), Some(culprit));
        // The newcomer is urgent, and behind the urgent one that was left.
        reactor.activate(first, Ready::READABLE);
        while turn(&mut reactor, &mut word) > 0 {}
        assert_eq!(word, format!("a{culprit}bamnx"));
    }
}

#[test]
fn a_priority_that_is_changed_while_it_waits_counts_from_the_next_time_on() {
    let (mut reactor, _clock) = manual::<String>();
    let mut word = String::new();
    let one = letter(&mut reactor, 'a', LOW);
    let other = letter(&mut reactor, 'b', NORMAL);
    for expected in ["ba", "ab"] {
        reactor.activate(one, Ready::READABLE);
        reactor.set_priority(one, HIGH);
        // A second cause does not move it.
        reactor.activate(one, Ready::WRITABLE);
        reactor.activate(other, Ready::READABLE);
        word.clear();
        turn(&mut reactor, &mut word);
        assert_eq!(word, expected);
    }
    assert_eq!(reactor.priority(one), Some(HIGH));
}

#[test]
fn where_not_all_can_be_called_they_take_turns_by_weight() {
    for budget in [1, 2, 4] {
        let (mut reactor, _clock) = manual_with_budget::<[u32; 3]>(budget);
        for (class, priority) in [HIGH, NORMAL, LOW].into_iter().enumerate() {
            for _ in 0..2 {
                let event = reactor
                    .event(move |counts: &mut [u32; 3], _, _| {
                        counts[class] += 1;
                        Next::Again
                    })
                    .unwrap();
                reactor.set_priority(event, priority);
                reactor.activate(event, Ready::READABLE);
            }
        }
        let mut counts = [0; 3];
        while counts.iter().sum::<u32>() < 420 {
            turn(&mut reactor, &mut counts);
        }
        let [high, normal, low] = counts;
        let exact = if budget == 1 { [320, 80, 20] } else { counts };
        assert_eq!(counts, exact);
        assert!(high >= normal && normal >= low && low >= 20, "{budget}: {counts:?}");
    }
}

#[test]
fn those_that_are_gone_take_no_part_of_the_budget() {
    let (mut reactor, _clock) = manual_with_budget::<String>(1);
    let mut word = String::new();
    for name in ['a', 'b', 'c'] {
        let key = letter(&mut reactor, name, NORMAL);
        reactor.activate(key, Ready::READABLE);
        if name != 'c' {
            assert!(reactor.deregister(key).is_some());
        }
    }
    assert_eq!(turn(&mut reactor, &mut word), 1);
    assert_eq!(word, "c");
    assert_eq!(reactor.stats().budget_hits, 0);
}
