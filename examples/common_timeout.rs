//! libevent's `my_event_add`: common timeouts, the time left, and a re-add without drift.
//!
//! In libevent's book, `event_base_init_common_timeout` comes with this function:
//!
//! ```c
//! int my_event_add(struct event *ev, const struct timeval *tv)
//! {
//!     if (tv && tv->tv_sec == 10 && tv->tv_usec == 0)
//!         return event_add(ev, &ten_seconds);   /* joins the O(1) queue */
//!     else
//!         return event_add(ev, tv);
//! }
//! ```
//!
//! The call is often read as something that makes timers more precise. It does not: it makes
//! adding cheap, and nothing else. The time left comes from `event_pending`, and precision comes
//! from adding a timer again relative to when it was *due*, not to when it *ran*. Here each of
//! the three has a name of its own, and a part of this program:
//!
//! 1. [`Timers::common_timeout`]: the queue;
//! 2. [`Timers::remaining`]: the time left;
//! 3. `schedule_after` from the deadline, or an [`Interval`]: the corrected re-add.
//!
//! Time is simulated, so the program ends at once and prints the same at every run:
//! `cargo run --example common_timeout`.

use std::time::Duration;

use tourbillon::time::{Clock, Instant, Interval, ManualClock};
use tourbillon::timers::{CommonTimeout, TimerKey, Timers};

const TEN_SECONDS: Duration = Duration::from_secs(10);

fn main() {
    queue_and_time_left();
    println!();
    re_added_from_its_own_handler();
}

/// The seed's `my_event_add`, word for word: ten seconds join the queue, others the wheel.
///
/// It is here to be recognised. A plain `Duration` that equals a registered one joins the queue
/// by itself, so `timers.schedule_after(now, after, value)` does the same.
fn my_event_add<T>(
    timers: &mut Timers<T>,
    ten_seconds: CommonTimeout,
    now: Instant,
    after: Duration,
    value: T,
) -> TimerKey {
    if after == TEN_SECONDS {
        timers.schedule_after(now, ten_seconds, value)
    } else {
        timers.schedule_after(now, after, value)
    }
}

fn queue_and_time_left() {
    let clock = ManualClock::new();
    let mut timers = Timers::starting_at(clock.now());
    // `initialize_timeout`. Asking again gives the same queue.
    let ten_seconds = timers.common_timeout(TEN_SECONDS);

    let mut keys = Vec::new();
    for (name, secs) in [("first", 10), ("short", 3), ("second", 10), ("long", 12)] {
        let after = Duration::from_secs(secs);
        let key = my_event_add(&mut timers, ten_seconds, clock.now(), after, name);
        keys.push((name, key));
        clock.advance(Duration::from_millis(250));
    }

    println!("added one every 250 ms; at {} each has left:", at(clock.now()));
    for (name, key) in &keys {
        let left = timers.remaining(*key, clock.now());
        println!("  {name:<6} {left:?}");
    }
    let (first, short) = (keys[0].1, keys[1].1);
    let touched = (timers.touch(first, clock.now()), timers.touch(short, clock.now()));
    // A touch starts the common timeout again; only a member of a queue has one.
    println!("touched: \"first\" {}, \"short\" {}; then", touched.0, touched.1);

    // Queue and wheel come out as one, by deadline.
    while let Some(deadline) = timers.next_deadline() {
        clock.set(deadline);
        while let Some(expired) = timers.pop_expired(clock.now()) {
            println!("  {} fires {}", at(expired.deadline), expired.value);
        }
    }
    let left = timers.remaining(first, clock.now());
    println!("a timer that has fired has left: {left:?}");
}

/// How often a timer was late, and where its grid is after that.
const TURNS: u32 = 1_000;
/// How late the loop gets to see each timer: what libevent's plain 1 ms timers are, about.
const LATE: Duration = Duration::from_millis(1);

fn re_added_from_its_own_handler() {
    println!("{TURNS} turns of ten seconds, each {LATE:?} late; the last one was due");
    let exact = Instant::ZERO + TEN_SECONDS * TURNS;
    for (how, last) in [
        ("re-added from now", re_added(|_due, now| now)),
        ("re-added from its deadline", re_added(|due, _now| due)),
        ("by an Interval", by_an_interval()),
    ] {
        let drift = last.saturating_duration_since(exact);
        println!("  {how:<28} at {}: {drift:?} of drift", at(last));
    }
}

/// Adds the timer again each time it fires, from the instant that `from` picks, and gives the
/// deadline of the last turn.
fn re_added(from: impl Fn(Instant, Instant) -> Instant) -> Instant {
    let clock = ManualClock::new();
    let mut timers = Timers::starting_at(clock.now());
    let ten_seconds = timers.common_timeout(TEN_SECONDS);
    timers.schedule_after(clock.now(), ten_seconds, 1);
    while let Some(deadline) = timers.next_deadline() {
        clock.set(deadline + LATE);
        let Some(expired) = timers.pop_expired(clock.now()) else { continue };
        if expired.value == TURNS {
            return expired.deadline;
        }
        // The corrected re-add: it stays in the queue of ten seconds, a little out of order.
        let from = from(expired.deadline, clock.now());
        timers.schedule_after(from, ten_seconds, expired.value + 1);
    }
    unreachable!("each turn but the last adds the next one")
}

/// The same by an [`Interval`], which also says what it missed when the loop was *very* late.
fn by_an_interval() -> Instant {
    let start = Instant::ZERO + TEN_SECONDS;
    let mut interval = Interval::new(start, TEN_SECONDS).expect("not zero");
    let mut last = start;
    for _ in 0..TURNS {
        let now = interval.next_deadline() + LATE;
        if let Some(tick) = interval.tick(now) {
            last = tick.scheduled;
        }
    }
    last
}

fn at(instant: Instant) -> String {
    format!("{:.3} s", Duration::from_nanos(instant.as_nanos()).as_secs_f64())
}
