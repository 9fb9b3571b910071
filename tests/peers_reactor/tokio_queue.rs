//! tokio-util, `tests/time_delay_queue.rs`: the cases that are about who is woken when, asked of a reactor.
//! Those about the order of a queue alone are in `tests/peers.rs` and `tests/regressions.rs`.

use std::time::Duration;

use tourbillon::reactor::{Exit, Next, Reactor};
use tourbillon::time::Instant;
use tourbillon::{ManualClock, TimerKey};

use crate::common::{MILLI, at_ms, ms};
use crate::{manual, run, turn};

/// What was handed out, and at which millisecond.
type Out = Vec<(&'static str, u64)>;

/// A reactor that is asked whenever the test says so, and no deadline before.
struct Queue {
    reactor: Reactor<Out>,
    clock: ManualClock,
    out: Out,
}

impl Queue {
    fn new() -> Self {
        let (reactor, clock) = manual();
        Self { reactor, clock, out: Out::new() }
    }

    fn insert_at(&mut self, name: &'static str, millis: u64) -> TimerKey {
        self.reactor.at(at_ms(millis), move |out: &mut Out, _, fired| {
            assert!(fired.now >= fired.scheduled);
            out.push((name, fired.now.as_nanos() / MILLI));
        })
    }

    fn reset_at(&mut self, key: TimerKey, millis: u64) {
        assert!(self.reactor.reschedule(key, at_ms(millis)));
    }

    /// One turn at that time; how many expired.
    fn poll_at(&mut self, millis: u64) -> usize {
        self.clock.set(at_ms(millis));
        turn(&mut self.reactor, &mut self.out)
    }

    /// How long the reactor is going to sleep, from a turn that does not.
    fn sleeps_for(&mut self) -> Option<Duration> {
        let (sender, wait) = std::sync::mpsc::channel();
        self.reactor.before_wait(move |_, _, wait| {
            sender.send(wait).unwrap();
            Next::Stop
        });
        // On a manual clock it does not, whatever it says.
        assert!(self.reactor.turn(&mut self.out, None).unwrap().is_empty());
        wait.recv().unwrap()
    }
}

/// `single_immediate_delay`, `multi_immediate_delays`, `insert_in_past_fires_immediately`.
#[test]
fn tokio_queue_immediate() {
    let mut queue = Queue::new();
    queue.clock.set(at_ms(50));
    for (name, millis) in [("now", 50), ("past", 40), ("long past", 0)] {
        queue.insert_at(name, millis);
    }
    assert_eq!(queue.poll_at(50), 3);
    assert_eq!(queue.out, [("long past", 50), ("past", 50), ("now", 50)]);
    assert_eq!((queue.poll_at(50), queue.sleeps_for()), (0, None));
}

/// `single_short_delay`, `multi_delay_at_start`: it sleeps until the very deadline, and there is no wake-up
/// between, of which tokio allows itself some.
#[test]
fn tokio_queue_sleeps_until_the_deadline() {
    let mut queue = Queue::new();
    let mut delays = [1_000, 2, 234, 262_144 + 9 * 4_096, 60, 10];
    for delay in delays {
        queue.insert_at("a delay", delay);
    }
    delays.sort_unstable();
    let mut now = 0;
    for delay in delays {
        assert_eq!(queue.sleeps_for(), Some(ms(delay - now)));
        assert_eq!((queue.poll_at(delay - 1), queue.poll_at(delay)), (0, 1));
        now = delay;
    }
    assert_eq!(queue.out, delays.map(|delay| ("a delay", delay)));
}

/// `remove_entry`, `wake_after_remove_last`, `wake_after_clear`, `poll_expired_when_empty`: with the last one
/// gone there is nothing to wait for, and a run is over.
#[test]
fn tokio_queue_remove() {
    let mut queue = Queue::new();
    let [first, last] = [5, 10].map(|millis| queue.insert_at("removed", millis));
    assert!(queue.reactor.cancel(first) && !queue.reactor.cancel(first));
    assert_eq!(queue.sleeps_for(), Some(ms(10)));
    assert!(queue.reactor.cancel(last));
    assert_eq!((queue.sleeps_for(), queue.poll_at(20)), (None, 0));
    let Queue { mut reactor, clock, mut out } = queue;
    assert_eq!(run(&mut reactor, &clock, &mut out), Exit::Idle);
    assert_eq!(out, []);
}

/// `reset_entry`, `reset_much_later`, `reset_twice`, and tokio-util's #849: each fires once, at its last time.
#[test]
fn tokio_queue_reset() {
    for (inserted, resets, expires) in [
        (5, &[(0, 10)][..], 10),
        (200, &[(3, 5)], 5),
        (200, &[(3, 50), (20, 40)], 40),
        (50, &[(10, 3_000_000_000), (11, 60)], 60),
        // From a time that is past already, twice.
        (0, &[(0, 100), (0, 50)], 50),
    ] {
        let mut queue = Queue::new();
        let key = queue.insert_at("foo", inserted);
        for &(now, to) in resets {
            queue.clock.set(at_ms(now));
            queue.reset_at(key, to);
        }
        assert_eq!((queue.poll_at(expires - 1), queue.poll_at(expires)), (0, 1));
        assert_eq!((queue.poll_at(4_000_000_000), queue.sleeps_for()), (0, None));
        assert_eq!(queue.out, [("foo", expires)]);
    }
}

/// `reset_inserted_expired` (#2473), `repeatedly_reset_entry_inserted_as_expired`, `remove_expired_item`: what
/// has expired and was not handed out yet can be moved and removed, also by another of the same turn.
#[test]
fn tokio_queue_moves_what_has_expired() {
    let mut queue = Queue::new();
    let [moved, removed, kept] = [("moved", 2), ("removed", 3), ("kept", 4)]
        .map(|(name, millis)| queue.insert_at(name, millis));
    queue.reactor.at(at_ms(1), move |_, reactor, _| {
        assert!(reactor.is_pending(kept));
        assert!(reactor.cancel(removed) && reactor.reschedule(moved, at_ms(30)));
    });
    assert_eq!(queue.poll_at(10), 2);
    assert_eq!((queue.poll_at(29), queue.poll_at(30)), (0, 1));
    assert_eq!(queue.out, [("kept", 10), ("moved", 30)]);
}

/// `remove_at_timer_wheel_threshold`: two at 64 ms, of which the first that is handed out removes the other.
#[test]
fn tokio_queue_remove_at_a_threshold() {
    for threshold in [1 << 6, 1 << 12, 1 << 18, 1 << 24] {
        let mut queue = Queue::new();
        let other = queue.insert_at("other", threshold);
        queue.reset_at(other, threshold);
        queue.reactor.at(at_ms(threshold - 1), move |_, reactor, _| {
            assert!(reactor.cancel(other));
        });
        assert_eq!(queue.poll_at(threshold), 1);
        assert_eq!((queue.out.len(), queue.sleeps_for()), (0, None));
    }
}

/// `expires_before_last_insert`, `insert_before_first_after_poll`: a sooner one comes after a later one, before
/// and after the reactor has looked.
#[test]
fn tokio_queue_sooner_ones_come_later() {
    for looks_between in [false, true] {
        let mut queue = Queue::new();
        queue.insert_at("foo", 10_000);
        if looks_between {
            assert_eq!(queue.sleeps_for(), Some(ms(10_000)));
        }
        queue.insert_at("bar", 600);
        assert_eq!(queue.sleeps_for(), Some(ms(600)));
        assert_eq!((queue.poll_at(599), queue.poll_at(600)), (0, 1));
        assert_eq!(queue.out, [("bar", 600)]);
        assert_eq!(queue.sleeps_for(), Some(ms(9_400)));
    }
}

/// `multi_reset`, `expire_first_key_when_reset_to_expire_earlier`, `.._second_key_..`,
/// `reset_first_expiring_item_to_expire_later`: who overtakes whom.
#[test]
fn tokio_queue_resets_change_the_order() {
    let order = |resets: &[(usize, u64)]| {
        let mut queue = Queue::new();
        let keys = [("one", 200), ("two", 250)]
            .map(|(name, millis)| queue.insert_at(name, millis));
        assert_eq!(queue.sleeps_for(), Some(ms(200)));
        queue.clock.set(at_ms(100));
        for &(which, millis) in resets {
            queue.reset_at(keys[which], millis);
        }
        for millis in 101..=500 {
            queue.poll_at(millis);
        }
        queue.out
    };
    assert_eq!(order(&[]), [("one", 200), ("two", 250)]);
    assert_eq!(order(&[(0, 300), (1, 350), (0, 400)]), [("two", 350), ("one", 400)]);
    assert_eq!(order(&[(0, 120)]), [("one", 120), ("two", 250)]);
    assert_eq!(order(&[(1, 120)]), [("two", 120), ("one", 200)]);
    assert_eq!(order(&[(0, 300)]), [("two", 250), ("one", 300)]);
}

/// `reset_later_after_slot_starts`, `reset_earlier_after_slot_starts`, and `reset_to_past` (#8274): by a handler
/// of the loop, which then sleeps for as long as it should.
#[test]
fn tokio_queue_reset_after_slot_starts() {
    for first in [100, 200] {
        let mut queue = Queue::new();
        let key = queue.insert_at("foo", first);
        queue.reactor.at(at_ms(80), move |_, reactor, _| {
            assert!(reactor.reschedule(key, at_ms(120)));
        });
        assert_eq!(queue.poll_at(80), 1);
        assert_eq!(queue.sleeps_for(), Some(ms(40)));
        assert_eq!((queue.poll_at(119), queue.poll_at(120)), (0, 1));
        assert_eq!(queue.out, [("foo", 120)]);
    }
    let mut queue = Queue::new();
    let key = queue.insert_at("foo", 100_000);
    queue.reactor.at(at_ms(80), move |_, reactor, _| {
        assert!(reactor.reschedule(key, at_ms(40)));
    });
    assert_eq!((queue.poll_at(80), queue.poll_at(80)), (1, 1), "in the next turn");
    assert_eq!(queue.out, [("foo", 80)]);
}

/// `item_expiry_greater_than_wheel` (#5536): in a loop that has been up for two years, and for 584.
#[test]
fn tokio_queue_in_an_old_loop() {
    let mut queue = Queue::new();
    for uptime in [1 << 36, u64::MAX / MILLI - 1_000] {
        assert_eq!(queue.poll_at(uptime), 0);
        queue.insert_at("foo", uptime + 3);
        assert_eq!(queue.sleeps_for(), Some(ms(3)));
        assert_eq!((queue.poll_at(uptime + 2), queue.poll_at(uptime + 3)), (0, 1));
    }
    assert_eq!(queue.out.len(), 2);
}

/// `peek`: who is next is told without being handed out, also of what has expired.
#[test]
fn tokio_queue_peek() {
    let mut queue = Queue::new();
    let keys = [30, 10, 20].map(|millis| queue.insert_at("foo", millis));
    let peek = |queue: &Queue| -> Vec<(TimerKey, Instant)> {
        let timers = queue.reactor.dump().timers.into_iter();
        timers.map(|timer| (timer.key, timer.deadline)).collect()
    };
    let in_order = [(keys[1], at_ms(10)), (keys[2], at_ms(20)), (keys[0], at_ms(30))];
    assert_eq!(peek(&queue), in_order);
    queue.clock.set(at_ms(15));
    assert_eq!(peek(&queue), in_order);
    assert_eq!(queue.reactor.remaining(keys[1]), Some(Duration::ZERO));
    assert_eq!(queue.poll_at(15), 1);
    assert_eq!(peek(&queue), in_order[1..]);
}
