//! The hook of slow handlers: whom it is told of and when, how long they took to the nanosecond, and what
//! it may do there.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use mio::Interest;
use mio::net::UnixStream;
use std::io::Write;
use std::net::TcpStream;
use tourbillon::reactor::{Next, Origin, Reactor, Ready, Slow};
use tourbillon::time::{Instant, ManualClock};
use tourbillon::{BufferEvent, Listener, ListenerOptions};

use crate::{at, manual, nanos, readable_pipe, turn};

/// Of whom the hook was told.
type Told = Vec<Slow>;

/// A reactor whose hook writes down all that take longer than 10 ns.
fn watched(histograms: bool) -> (Reactor<Told>, ManualClock) {
    let clock = ManualClock::new();
    let builder = Reactor::builder().clock(clock.clone()).histograms(histograms);
    let mut reactor = builder.build().unwrap();
    watch(&mut reactor);
    (reactor, clock)
}

fn watch(reactor: &mut Reactor<Told>) {
    reactor.on_slow_handler(nanos(10), |told: &mut Told, reactor, slow| {
        assert_eq!(reactor.running(), None, "the slow one has returned");
        told.push(slow);
        Next::Continue
    });
}

fn took(told: &Told) -> Vec<u128> {
    told.iter().map(|slow| slow.took.as_nanos()).collect()
}

/// Advances the clock by so much when it is dropped.
struct LongGoodbye(ManualClock, u64);

impl LongGoodbye {
    /// To be captured whole.
    fn then(&self, next: Next) -> Next {
        assert!(self.1 > 0);
        next
    }
}

impl Drop for LongGoodbye {
    fn drop(&mut self) {
        self.0.advance(nanos(self.1));
    }
}

/// One handler of each kind in the order of their calls; each takes 100 ns more than the one before.
fn all_kinds(reactor: &mut Reactor<Told>, clock: &ManualClock) -> Vec<Origin> {
    let mut nth = 0;
    let mut slow = || {
        nth += 1;
        let (clock, by) = (clock.clone(), nanos(100 * nth));
        move || clock.advance(by)
    };
    let mut origins = Vec::new();
    let f = slow();
    origins.push(reactor.before_wait(move |_, _, _| (f(), Next::Stop).1).into());
    let f = slow();
    origins.push(reactor.after_wait(move |_, _, _| (f(), Next::Continue).1).into());
    let f = slow();
    let event = reactor.event(move |_: &mut Told, _, _| (f(), Next::Stop).1).unwrap();
    reactor.activate(event, Ready::READABLE);
    origins.push(event.into());
    let f = slow();
    let event = reactor.event(move |_: &mut Told, _, _| (f(), Next::Again).1).unwrap();
    reactor.activate(event, Ready::READABLE);
    origins.push(event.into());
    let f = slow();
    let event = reactor.event(move |_: &mut Told, _, _| (f(), Next::Continue).1).unwrap();
    reactor.set_timeout(event, nanos(1));
    origins.push(event.into());
    let f = slow();
    origins.push(reactor.at(at(2), move |_, _, _| f()).into());
    let f = slow();
    let key = reactor.every(nanos(3), move |_, _, _| (f(), Next::Continue).1).unwrap();
    origins.push(key.into());
    let f = slow();
    reactor.defer(move |_, _| f());
    let f = slow();
    assert!(reactor.remote().post(move |_, _| f()).is_ok());
    origins.extend([Origin::Deferred, Origin::Post]);
    origins
}

#[test]
fn a_handler_of_every_kind_is_told_of_to_the_nanosecond() {
    for histograms in [true, false] {
        let (mut reactor, clock) = watched(histograms);
        let origins = all_kinds(&mut reactor, &clock);
        clock.set(at(3));
        let mut told = Told::new();
        turn(&mut reactor, &mut told);
        assert_eq!(told.iter().map(|slow| slow.origin).collect::<Vec<_>>(), origins);
        assert_eq!(took(&told), (1..10).map(|n| n * 100).collect::<Vec<u128>>());
        assert_eq!(reactor.stats().slow_handlers, 9);
    }
}

#[test]
fn sources_of_the_kernel_streams_and_listeners_are_told_of_as_one_call_each() {
    let (mut reactor, clock) = watched(true);
    let hand = clock.clone();
    let (_sender, receiver) = readable_pipe();
    let once = reactor
        .register_once(receiver, Interest::READABLE, move |_: &mut Told, _, _, _| {
            hand.advance(nanos(20));
        })
        .unwrap();
    let hand = clock.clone();
    let (mut peer, ours) = UnixStream::pair().unwrap();
    let stream = BufferEvent::new(ours)
        .attach(&mut reactor, move |_, _, stream, _| {
            stream.close();
            hand.advance(nanos(15));
        })
        .unwrap();
    peer.write_all(b"x").unwrap();
    let hand = clock.clone();
    let options = ListenerOptions::default();
    let listener =
        Listener::bind(&mut reactor, "127.0.0.1:0", options, move |_, _, _| {
            hand.advance(nanos(6));
            Ok(())
        })
        .unwrap();
    let addr = reactor.source_mut(listener).unwrap().local_addr().unwrap();
    let _clients = [(); 2].map(|()| TcpStream::connect(addr).unwrap());
    let mut told = Told::new();
    turn(&mut reactor, &mut told);
    told.sort_by_key(|slow| slow.took);
    // The listener had two to accept, the stream something to read and its end.
    assert_eq!(took(&told), [12, 20, 30]);
    let origins: Vec<_> = told.iter().map(|slow| slow.origin).collect();
    let expected: [Origin; 3] = [listener.into(), once.into(), stream.into()];
    assert_eq!(origins, expected);
}

#[test]
fn the_time_of_a_drop_is_nobodys() {
    let (mut reactor, clock) = watched(true);
    let goodbye = || LongGoodbye(clock.clone(), 1_000);
    let held = goodbye();
    reactor.before_wait(move |_, _, _| held.then(Next::Stop));
    let held = goodbye();
    reactor.after_wait(move |_, reactor, _| {
        let Some(Origin::Hook(own)) = reactor.running() else { panic!("whose, then?") };
        reactor.remove_hook(own);
        held.then(Next::Continue)
    });
    reactor.after_wait(|_, _, _| Next::Stop);
    let held = goodbye();
    let gone = reactor.event(move |_, _, _| held.then(Next::Stop)).unwrap();
    let stays = reactor.event(|_, _, _| Next::Continue).unwrap();
    for event in [gone, stays] {
        reactor.activate(event, Ready::READABLE);
    }
    let held = goodbye();
    reactor.every(nanos(1), move |_, _, _| held.then(Next::Stop)).unwrap();
    reactor.defer(|_, _| {});
    clock.set(at(1));
    let mut told = Told::new();
    turn(&mut reactor, &mut told);
    assert_eq!(told, []);
    assert_eq!(reactor.stats().handler_time.max(), Duration::ZERO);
    assert_eq!(reactor.clock().now(), at(4_001));
}

#[test]
fn a_hook_that_is_set_by_a_handler_is_told_of_what_comes_from_then_on() {
    let (mut reactor, clock) = {
        let clock = ManualClock::new();
        let builder = Reactor::<Told>::builder().clock(clock.clone()).histograms(false);
        (builder.build().unwrap(), clock)
    };
    let hand = clock.clone();
    reactor.defer(move |_, _| hand.advance(nanos(1_000)));
    let hand = clock.clone();
    reactor.defer(move |_, reactor| {
        hand.advance(nanos(500));
        watch(reactor);
        hand.advance(nanos(11));
    });
    reactor.defer(|_, _| {});
    let hand = clock.clone();
    reactor.defer(move |_, _| hand.advance(nanos(12)));
    let mut told = Told::new();
    turn(&mut reactor, &mut told);
    assert_eq!(took(&told), [11, 12]);
}

#[test]
fn the_hook_may_take_its_time_which_is_nobodys() {
    let (mut reactor, clock) = manual::<Told>();
    let hand = clock.clone();
    reactor.on_slow_handler(nanos(10), move |told: &mut Told, _, slow| {
        told.push(slow);
        hand.advance(nanos(5_000));
        Next::Continue
    });
    for by in [11, 1, 12] {
        let hand = clock.clone();
        reactor.defer(move |_, _| hand.advance(nanos(by)));
    }
    let mut told = Told::new();
    turn(&mut reactor, &mut told);
    assert_eq!(took(&told), [11, 12]);
    assert_eq!(reactor.stats().handler_time.max(), nanos(12));
}

#[test]
fn the_hook_finds_the_slow_one_in_order_and_may_remove_it() {
    let (mut reactor, clock) = manual::<Vec<Option<Instant>>>();
    let drops = Rc::new(Cell::new(0));
    let counted = Rc::clone(&drops);
    reactor.on_slow_handler(nanos(10), move |deadlines: &mut Vec<_>, reactor, slow| {
        match slow.origin {
            Origin::Timer(key) => {
                assert!(reactor.is_pending(key));
                deadlines.push(reactor.deadline(key));
                assert_eq!(counted.get(), deadlines.len() - 1);
                assert!(reactor.cancel(key));
                assert_eq!(counted.get(), deadlines.len(), "dropped at once");
            }
            Origin::Source(id) => assert!(reactor.is_registered(id)),
            origin => panic!("who is {origin:?}?"),
        }
        Next::Continue
    });
    for period in [5, 7] {
        let (hand, held) = (clock.clone(), CountsDrops(Rc::clone(&drops)));
        let f = move |_: &mut _, _: &mut Reactor<_>, _| {
            assert!(Rc::strong_count(&held.0) > 1);
            hand.advance(nanos(100));
            Next::Continue
        };
        reactor.every(nanos(period), f).unwrap();
    }
    let hand = clock.clone();
    let event = reactor
        .event(move |_: &mut Vec<_>, _, _| {
            hand.advance(nanos(100));
            Next::Continue
        })
        .unwrap();
    reactor.activate(event, Ready::READABLE);
    clock.set(at(7));
    let mut deadlines = Vec::new();
    turn(&mut reactor, &mut deadlines);
    // Called at 107 and at 207, each on its grid.
    assert_eq!(deadlines, [Some(at(110)), Some(at(210))]);
    assert_eq!((drops.get(), reactor.timer_count()), (2, 0));
}

struct CountsDrops(Rc<Cell<usize>>);

impl Drop for CountsDrops {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn the_hook_may_replace_itself_answer_stop_and_stop_the_turn() {
    let (mut reactor, clock) = manual::<Vec<&str>>();
    let drops = Rc::new(Cell::new(0));
    let held = CountsDrops(Rc::clone(&drops));
    reactor.on_slow_handler(nanos(10), move |log: &mut Vec<_>, reactor, _| {
        assert_eq!(held.0.get(), 0);
        log.push("first");
        reactor.stop();
        reactor.on_slow_handler(nanos(100), |log: &mut Vec<_>, _, _| {
            log.push("second");
            Next::Stop
        });
        // What it answers is about itself, and it has a successor.
        Next::Stop
    });
    for by in [11, 99, 101, 1_000] {
        let hand = clock.clone();
        reactor.defer(move |_, _| hand.advance(nanos(by)));
    }
    let mut log = Vec::new();
    let first = reactor.turn(&mut log, Duration::ZERO).unwrap();
    assert!(first.stopped);
    assert_eq!((first.deferred, drops.get()), (1, 1));
    turn(&mut reactor, &mut log);
    assert_eq!(log, ["first", "second"]);
    assert_eq!(reactor.stats().slow_handlers, 2, "nobody watches the last one");
}
