//! The cases that other libraries test their timers with, asked of these, with exact numbers: no
//! tolerance is needed where no clock is read. The oracle is a plain array of deadlines.

mod common;

use std::time::Duration;

use common::{DAY, Random, SECOND, at, at_ms, due, ms};
use tourbillon::time::{Instant, Interval};
use tourbillon::timers::{TimerKey, Timers};

// ---- wahern: test-timeout.c --------------------------------------------------------------------

/// What to do when the end is reached.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Finalize {
    Stop,
    /// Everything fires at the end of time.
    Jump,
    /// The rest is cancelled, and nothing fires at the end of time.
    Clear,
}

/// One configuration of `check_randomized`.
struct Randomized {
    /// Delays or deadlines are drawn from here.
    timeouts: std::ops::Range<u64>,
    start: u64,
    end: u64,
    timers: usize,
    max_step: u64,
    relative: bool,
    /// Timers that are cancelled each step, at most.
    removals: u64,
    finalize: Finalize,
}

/// The oracle: of each timer, its deadline until it has fired or was cancelled.
struct Plain {
    timers: Timers<usize>,
    keys: Vec<TimerKey>,
    pending: Vec<Option<u64>>,
}

impl Plain {
    fn next(&self) -> Option<Instant> {
        self.pending.iter().flatten().min().map(|deadline| at(*deadline))
    }

    /// Takes out all that is due: exactly what the oracle has, in order, each once.
    fn advance(&mut self, previous: u64, now: u64) {
        let first_at = self.timers.next_wakeup();
        let mut last = Instant::ZERO;
        while let Some(expired) = self.timers.pop_expired(at(now)) {
            let deadline = self.pending[expired.value].take().expect("fires once");
            assert_eq!(
                (expired.deadline, expired.key),
                (at(deadline), self.keys[expired.value])
            );
            assert!(deadline <= now, "early");
            assert!(deadline > previous, "missed at {previous}");
            assert!(first_at <= Some(expired.deadline), "the wake-up came too late");
            assert!(expired.deadline >= last, "out of order");
            last = expired.deadline;
        }
        assert!(self.next().is_none_or(|next| next > at(now)), "lost");
        assert_eq!(self.timers.next_deadline(), self.next());
    }

    fn cancel(&mut self, id: usize) {
        let was_pending = self.pending[id].take().is_some();
        assert_eq!(self.timers.cancel(self.keys[id]), was_pending.then_some(id));
    }
}

impl Randomized {
    fn check(&self, seed: u64) {
        let mut random = Random::new(seed);
        let span = self.timeouts.end - self.timeouts.start;
        let mut timers = Timers::starting_at(at(self.start));
        let (mut keys, mut pending) = (vec![], vec![]);
        for id in 0..self.timers {
            let timeout = self.timeouts.start + random.below(span);
            let deadline = if self.relative { self.start + timeout } else { timeout };
            keys.push(if self.relative {
                timers.schedule_after(at(self.start), Duration::from_nanos(timeout), id)
            } else {
                timers.schedule(at(timeout), id)
            });
            pending.push(Some(deadline));
        }
        let mut world = Plain { timers, keys, pending };
        world.timers.validate().unwrap();
        assert_eq!(world.timers.iter().count(), self.timers);

        let (mut previous, mut now) = (0, self.start);
        loop {
            world.advance(previous, now);
            for _ in 0..random.below(self.removals + 1) {
                world.cancel(random.below(self.timers as u64) as usize);
            }
            if now >= self.end {
                break;
            }
            previous = now;
            now += 1 + random.below(self.max_step);
        }
        world.timers.validate().unwrap();
        let alive = world.pending.iter().flatten().count();
        assert_eq!((world.timers.len(), world.timers.iter().count()), (alive, alive));
        match self.finalize {
            Finalize::Stop => return,
            Finalize::Jump => {}
            Finalize::Clear => (0..self.timers).for_each(|id| world.cancel(id)),
        }
        world.advance(now, u64::MAX);
        assert!(world.timers.is_empty());
    }

    fn check_times(&self, runs: u64) {
        for seed in 1..=runs {
            self.check(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        }
    }
}

/// Short timeouts in small steps: absolute, and relative with each way to end.
#[test]
fn wahern_randomized_short() {
    let short = |timeouts, start, end, max_step, relative, finalize| Randomized {
        timeouts,
        start,
        end,
        timers: 1_000,
        max_step,
        relative,
        removals: 0,
        finalize,
    };
    short(1..100, 5, 1_000, 10, false, Finalize::Clear).check_times(10);
    for finalize in [Finalize::Clear, Finalize::Jump, Finalize::Stop] {
        short(20..1_000, 10, 100, 5, true, finalize).check_times(10);
    }
}

/// Timeouts of weeks and months in nanoseconds, in steps of seconds and days.
#[test]
fn wahern_randomized_long() {
    let long = |timeouts, end, max_step| Randomized {
        timeouts,
        start: 100,
        end,
        timers: 1_000,
        max_step,
        relative: false,
        removals: 0,
        finalize: Finalize::Clear,
    };
    // 2^49 in steps of 2^31 would be half a million: the end is nearer, the timeouts are not.
    long(2_000..1 << 50, 1 << 42, 1 << 31).check_times(3);
    long(2_000..1 << 50, 1 << 49, 1 << 38).check_times(3);
    long(1 << 50..1 << 52, 1 << 53, 1 << 48).check_times(5);
}

/// Ten thousand timers, of which up to three a step are cancelled.
#[test]
fn wahern_randomized_with_removals() {
    Randomized {
        timeouts: 2_000..1 << 30,
        start: 100,
        end: 1 << 26,
        timers: 10_000,
        max_step: 1 << 16,
        relative: false,
        removals: 3,
        finalize: Finalize::Clear,
    }
    .check_times(1);
}

/// `check_intervals`: intervals as timers that are scheduled anew at their next tick; the step is
/// whatever the next deadline says, or `skip` where that is not zero.
fn check_intervals(periods: &[u64], start: u64, end: u64, skip: u64) {
    let mut timers = Timers::starting_at(at(start));
    let mut intervals: Vec<_> = periods
        .iter()
        .map(|p| Interval::new(at(start + p), Duration::from_nanos(*p)).unwrap())
        .collect();
    for (i, interval) in intervals.iter().enumerate() {
        timers.schedule(interval.next_deadline(), i);
    }
    let mut fired = vec![0; periods.len()];
    let mut now = start;
    loop {
        now = if skip == 0 {
            timers.next_deadline().unwrap().as_nanos()
        } else {
            now + skip
        };
        if now > end {
            break;
        }
        while let Some(expired) = timers.pop_expired(at(now)) {
            let (i, p) = (expired.value, periods[expired.value]);
            let tick = intervals[i].tick(at(now)).expect("due");
            fired[i] += 1 + if skip == 0 { 0 } else { tick.missed };
            let next = intervals[i].next_deadline();
            assert_eq!((next.as_nanos() - start) % p, 0, "period {p} left its grid");
            assert!(at(now) < next && next <= at(now + p), "period {p} at {now}");
            timers.schedule(next, i);
        }
        for (fired, p) in fired.iter().zip(periods) {
            assert_eq!(*fired, (now - start) / p, "period {p} at {now}");
        }
    }
}

#[test]
fn wahern_intervals() {
    const PRIMES: [u64; 25] = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73,
        79, 83, 89, 97,
    ];
    check_intervals(&PRIMES, 50, 5_322, 0);
    check_intervals(&[1, 7, 191, 1_337], 50, 50_000, 0);
    check_intervals(&[5, 10, 15, 20, 25, 30, 35, 40, 45, 50], 49, 5_333, 0);
    check_intervals(&PRIMES, 50, 5_322, 16);
}

// ---- libuv: test-timer.c, test-timer-again.c ---------------------------------------------------

/// `timer_order`: equal deadlines in the order they were started, both ways round.
#[test]
fn libuv_order() {
    for first_is_a in [true, false] {
        let mut timers = Timers::new();
        let names = if first_is_a { ["a", "b"] } else { ["b", "a"] };
        for name in names {
            timers.schedule_after(Instant::ZERO, Duration::ZERO, name);
        }
        assert_eq!(due(&mut timers, Instant::ZERO), names);
    }
}

/// `timer_huge_timeout`: 1 ms, 2^48 - 1 ms and `u64::MAX` ms, whose due time saturates.
#[test]
fn libuv_huge_timeout() {
    let mut timers = Timers::new();
    for millis in [u64::MAX, (1 << 48) - 1, 1] {
        timers.schedule_after(Instant::ZERO, ms(millis), millis);
    }
    assert_eq!(timers.next_deadline(), Some(at_ms(1)));
    assert_eq!(due(&mut timers, at_ms(1)), [1]);
    // 2^48 ms are 8,900 years: beyond the clock as well, and so as good as never.
    assert_eq!(timers.next_deadline(), Some(Instant::MAX));
    assert!(timers.pop_expired(at(u64::MAX - 1)).is_none());
}

/// `timer_huge_repeat`: a repeat of `u64::MAX` ms beside one of 2 ms never overflows, nor fires.
#[test]
fn libuv_huge_repeat() {
    let mut timers = Timers::new();
    let repeats = [ms(2), ms(u64::MAX)];
    timers.schedule_after(Instant::ZERO, ms(2), 0);
    timers.schedule_after(Instant::ZERO, ms(1), 1);
    let mut order = Vec::new();
    for millis in 1..=10 {
        while let Some(expired) = timers.pop_expired(at_ms(millis)) {
            order.push(expired.value);
            timers.schedule_after(at_ms(millis), repeats[expired.value], expired.value);
        }
    }
    assert_eq!(order, [1, 0, 0, 0, 0, 0]);
}

/// `timer_start_twice`: a day replaced by 10 ms fires once, at 10 ms.
#[test]
fn libuv_start_twice() {
    let mut timers = Timers::new();
    let key = timers.schedule(at(DAY), ());
    assert!(timers.reschedule(key, at_ms(10)));
    assert!(timers.pop_expired(at_ms(9)).is_none());
    assert_eq!(due(&mut timers, at_ms(10)).len(), 1);
    assert_eq!(due(&mut timers, at(2 * DAY)).len(), 0);
}

/// `timer_again`: a timer of 100 ms is kept alive by another, every 50 ms for ten times.
#[test]
fn libuv_again() {
    let mut timers = Timers::new();
    let kept = timers.schedule(at_ms(100), "kept");
    for k in 1..=10 {
        timers.schedule(at_ms(50 * k), "keeper");
    }
    let mut fired_at = None;
    while let Some(next) = timers.next_deadline() {
        let expired = timers.pop_expired(next).unwrap();
        if expired.value == "keeper" {
            assert!(timers.reschedule(kept, next + ms(100)));
        } else {
            fired_at = Some(next);
        }
    }
    assert_eq!(fired_at, Some(at_ms(600)));
    assert!(
        !timers.reschedule(kept, at_ms(700)),
        "a timer that has fired is not started again"
    );
}

// ---- libevent: regress.c -----------------------------------------------------------------------

/// `test_common_timeout`: a hundred persistent timers of 100 and 200 ms, some of them moved between
/// queue and wheel and from one queue to the other; each fires four times, on its millisecond.
#[test]
fn libevent_common_timeout() {
    let mut timers = Timers::new();
    let common = [ms(100), ms(200)].map(|after| timers.common_timeout(after));
    let start = |timers: &mut Timers<u64>, i: u64, now: Instant| {
        let (own, other) = if i % 2 == 1 { (0, 1) } else { (1, 0) };
        match i % 20 {
            // First the other queue, then the wheel; the wheel, then the queue; queue to queue.
            1 => {
                let key = timers.schedule_after(now, common[other], i);
                assert!(timers.reschedule(key, now + common[own].duration()));
            }
            3 => {
                let key = timers.schedule(now + common[other].duration(), i);
                assert_eq!(timers.cancel(key), Some(i));
                timers.schedule_after(now, common[own], i);
            }
            5 => {
                let key = timers.schedule_after(now, common[other], i);
                assert_eq!(timers.cancel(key), Some(i));
                timers.schedule_after(now, common[own], i);
            }
            _ => drop(timers.schedule_after(now, common[own].duration(), i)),
        }
    };
    (0..100).for_each(|i| start(&mut timers, i, Instant::ZERO));
    let mut calls = vec![0; 100];
    while let Some(now) = timers.next_deadline() {
        timers.validate().unwrap();
        let expired = timers.pop_expired(now).unwrap();
        let calls = &mut calls[expired.value as usize];
        *calls += 1;
        let period = if expired.value % 2 == 1 { 100 } else { 200 };
        assert_eq!(now, at_ms(*calls * period));
        if *calls < 4 {
            start(&mut timers, expired.value, now);
        }
    }
    assert_eq!(calls, [4; 100]);
}

// ---- tokio: runtime/time/tests, time_sleep, tokio-util's time_delay_queue ----------------------

/// `multi_delay_at_start`, asked each millisecond: fires exactly on its own, and between them there
/// is no wake-up at all (tokio allows itself two).
#[test]
fn tokio_multi_delay_at_start() {
    let delays = [1_000, 2, 234, 262_144 + 9 * 4_096, 60, 10];
    let mut timers = Timers::new();
    for delay in delays {
        timers.schedule(at_ms(delay), delay);
    }
    for now in 1..=1_200 {
        let expected = delays.contains(&now).then_some(at_ms(now));
        assert_eq!(timers.next_wakeup().filter(|wakeup| *wakeup <= at_ms(now)), expected);
        assert_eq!(due(&mut timers, at_ms(now)).first(), expected.map(|_| &now));
    }
    assert_eq!(timers.len(), 1);
}

/// `poll_process_levels`: 1024 timers at i ms; after t, exactly those up to t have come.
#[test]
fn tokio_poll_process_levels() {
    let mut timers = Timers::new();
    for i in 0..1_024 {
        timers.schedule(at_ms(i), i);
    }
    for t in 0..1_024 {
        assert_eq!(due(&mut timers, at_ms(t)), [t]);
        assert_eq!(timers.len() as u64, 1_023 - t);
    }
}

/// `poll_process_levels_targeted`: one timer at 193; asked at 62, 192, 192 and 193.
#[test]
fn tokio_poll_process_levels_targeted() {
    let mut timers = Timers::new();
    timers.schedule(at_ms(193), ());
    for now in [62, 192, 192] {
        assert!(timers.pop_expired(at_ms(now)).is_none());
    }
    assert!(timers.pop_expired(at_ms(193)).is_some());
}

/// `multi_long_sleeps`, `long_sleeps`, `greater_than_max`: years, one after another.
#[test]
fn tokio_long_sleeps() {
    const YEAR: u64 = 365 * DAY;
    let mut timers = Timers::new();
    let mut now = 0;
    for years in [1, 1, 1, 1, 1, 10, 5] {
        timers.schedule(at(now + years * YEAR), ());
        assert!(timers.pop_expired(at(now + years * YEAR - 1)).is_none());
        now += years * YEAR;
        assert_eq!(due(&mut timers, at(now)).len(), 1);
    }
}

/// `reset_later_after_slot_starts`, `reset_earlier_after_slot_starts`: 100 or 200 to 120, at 80.
#[test]
fn tokio_reset_after_slot_starts() {
    for first in [100, 200] {
        let mut timers = Timers::new();
        let key = timers.schedule(at_ms(first), ());
        assert!(timers.pop_expired(Instant::ZERO).is_none());
        assert!(timers.next_wakeup() > Some(at_ms(80)));
        assert!(timers.reschedule(key, at_ms(120)));
        assert_eq!(timers.next_deadline(), Some(at_ms(120)));
        assert!(timers.pop_expired(at_ms(119)).is_none());
        assert!(timers.pop_expired(at_ms(120)).is_some());
    }
}

/// `reset_to_past` and tokio#8274: moved into the past, it is due at once, and the wake-up says so.
#[test]
fn tokio_reset_to_past() {
    let mut timers = Timers::new();
    let key = timers.schedule(at(100 * SECOND), ());
    assert!(timers.pop_expired(at_ms(80)).is_none());
    assert!(timers.reschedule(key, at_ms(40)));
    assert_eq!(timers.next_wakeup(), Some(at_ms(40)));
    assert_eq!(timers.pop_expired(at_ms(80)).map(|e| e.deadline), Some(at_ms(40)));
}

/// `insert_after_ready_poll`: scheduling between two pops does not disturb what is due.
#[test]
fn tokio_insert_after_ready_poll() {
    let mut timers = Timers::new();
    for value in 1..=3 {
        timers.schedule(at_ms(100), value);
    }
    for value in 1..=3 {
        assert_eq!(timers.pop_expired(at_ms(100)).map(|e| e.value), Some(value));
        timers.schedule(at_ms(500), 10 + value);
    }
    assert!(timers.pop_expired(at_ms(499)).is_none());
    assert_eq!(due(&mut timers, at_ms(500)), [11, 12, 13]);
}

/// `compact_expire_empty`, `remove_after_compact`: an empty queue gives its memory back, and an old
/// key is no panic.
#[test]
fn tokio_compact() {
    let mut timers = Timers::new();
    let keys = [10, 10].map(|millis| timers.schedule(at_ms(millis), [0_u8; 1_000]));
    assert_eq!(due(&mut timers, at_ms(10)).len(), 2);
    let before = timers.stats().memory;
    timers.shrink_to_fit();
    assert!(timers.stats().memory + 2_000 <= before);
    assert!(keys.iter().all(|key| timers.cancel(*key).is_none()));
    timers.schedule(at_ms(20), [1; 1_000]);
    assert!(keys.iter().all(|key| !timers.contains(*key)));
}
