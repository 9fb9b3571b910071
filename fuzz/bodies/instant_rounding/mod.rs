//! Durations and instants at their extremes, beside the same sums in `u128`.
//!
//! Checked: no sum panics or wraps, all of them saturate; they are monotone; what did not saturate
//! comes back; and a timer of any duration is due exactly then, not a nanosecond before.

mod seeds;

use std::time::Duration;

use tourbillon::time::{Clock, Instant, ManualClock};
use tourbillon::timers::Timers;

pub(crate) use self::seeds::seeds;
use super::codec::{Nanos, Script, ops, start};

/// Operations of one run, at most.
const MOST_OPS: usize = 100;

start!(Start { at: Nanos });

// Each works on the instant that the one before left. A duration is so many seconds, which may be
// u64::MAX, and so many nanoseconds.
ops!(Op {
    Add { secs: Nanos, nanos: Nanos },
    Sub { secs: Nanos, nanos: Nanos },
    AddNanos { nanos: Nanos },
    SubNanos { nanos: Nanos },
    Since { earlier: Nanos },
    Monotone { secs: Nanos, nanos: Nanos, more: Nanos },
    Fire { secs: Nanos, nanos: Nanos, common: u8 },
    Set { at: Nanos },
});

/// The longest that seconds and nanoseconds can be: nothing panics for being too long.
fn duration(secs: Nanos, nanos: Nanos) -> Duration {
    Duration::from_secs(secs.get()).saturating_add(nanos.duration())
}

fn wide(instant: Instant) -> u128 {
    instant.as_nanos().into()
}

/// An instant, or nothing if there is none so late.
fn narrow(nanos: u128) -> Option<Instant> {
    u64::try_from(nanos).ok().map(Instant::from_nanos)
}

fn add(at: Instant, by: Duration) -> Instant {
    let exact = narrow(wide(at) + by.as_nanos());
    assert_eq!(at.checked_add(by), exact);
    let sum = at + by;
    assert_eq!(sum, exact.unwrap_or(Instant::MAX), "saturates, and is exact otherwise");
    assert!(sum >= at, "never early");
    if exact.is_some() {
        assert_eq!(sum - by, at, "there and back");
        assert_eq!(sum.saturating_duration_since(at), by);
    }
    let (mut assigned, clock) = (at, ManualClock::starting_at(at));
    assigned += by;
    clock.advance(by);
    assert_eq!((assigned, clock.now()), (sum, sum));
    sum
}

fn sub(at: Instant, by: Duration) -> Instant {
    let exact = wide(at).checked_sub(by.as_nanos()).and_then(narrow);
    assert_eq!(at.checked_sub(by), exact);
    let difference = at - by;
    assert_eq!(difference, exact.unwrap_or(Instant::ZERO));
    assert!(difference <= at);
    if exact.is_some() {
        assert_eq!(difference + by, at, "there and back");
        assert_eq!(at.checked_duration_since(difference), Some(by));
    }
    let mut assigned = at;
    assigned -= by;
    assert_eq!(assigned, difference);
    difference
}

fn since(at: Instant, earlier: Instant) {
    let exact = wide(at).checked_sub(wide(earlier));
    let checked = at.checked_duration_since(earlier);
    assert_eq!(checked.map(|since| since.as_nanos()), exact);
    assert_eq!(at.saturating_duration_since(earlier), checked.unwrap_or_default());
    if let Some(since) = checked {
        assert_eq!(earlier + since, at, "there and back");
    }
}

/// Longer is never earlier, and neither is later.
fn monotone(at: Instant, by: Duration, more: Duration) {
    let longer = by.saturating_add(more);
    assert!(at + longer >= at + by && at - longer <= at - by);
    assert!((at + more) + by >= at + by && (at + more) - by >= at - by);
    assert_eq!(at + by + more, at + longer, "in two steps as in one");
}

/// The deadline of a timer is the rounded sum; it comes out then and not before.
fn fire(now: Instant, after: Duration, common: bool) {
    let mut timers = Timers::starting_at(now);
    if common {
        timers.common_timeout(after);
    }
    let (key, deadline) = (timers.schedule_after(now, after, ()), add(now, after));
    assert_eq!(timers.deadline(key), Some(deadline));
    let left = Duration::from_nanos(deadline.as_nanos() - now.as_nanos());
    assert_eq!(timers.remaining(key, now), Some(left));
    assert_eq!(timers.next_wakeup(), Some(deadline));
    let before = deadline - Duration::from_nanos(1);
    let early = timers.pop_expired(before);
    assert_eq!(
        early.is_some(),
        deadline == now,
        "a reading that goes back counts as the last"
    );
    if early.is_none() {
        assert_eq!(timers.pop_expired(deadline).map(|e| e.deadline), Some(deadline));
    }
    assert!(timers.is_empty());
}

pub(crate) fn read(bytes: &[u8]) -> Script<Start, Op> {
    Script::read(bytes, MOST_OPS)
}

/// Runs what the bytes say.
pub(crate) fn run(bytes: &[u8]) {
    let script = read(bytes);
    let mut at = script.start.at.instant();
    for op in &script.ops {
        assert_eq!(Instant::from_nanos(at.as_nanos()), at);
        match *op {
            Op::Add { secs, nanos } => at = add(at, duration(secs, nanos)),
            Op::Sub { secs, nanos } => at = sub(at, duration(secs, nanos)),
            Op::AddNanos { nanos } => at = add(at, nanos.duration()),
            Op::SubNanos { nanos } => at = sub(at, nanos.duration()),
            Op::Since { earlier } => since(at, earlier.instant()),
            Op::Monotone { secs, nanos, more } => {
                monotone(at, duration(secs, nanos), more.duration());
            }
            Op::Fire { secs, nanos, common } => {
                fire(at, duration(secs, nanos), common % 2 == 1);
            }
            Op::Set { at: set } => at = set.instant(),
        }
    }
}
