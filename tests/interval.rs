//! Promise P7, no drift: intervals against a loop that is obviously right, in all small worlds and
//! at the far ends of time, and the peers' own cases with their exact numbers.

use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;
use tourbillon::{Drift, Instant, Interval, MissedTickBehavior, Tick, ZeroPeriod};

use MissedTickBehavior::{Burst, BurstUpTo, Delay, Skip};

fn up_to(most: u32) -> MissedTickBehavior {
    BurstUpTo(NonZeroU32::new(most).unwrap())
}

fn every(start: u64, period: u64, behavior: MissedTickBehavior) -> Interval {
    Interval::new(Instant::from_nanos(start), Duration::from_nanos(period))
        .unwrap()
        .with_missed_tick_behavior(behavior)
}

fn ask(interval: &mut Interval, now: u64) -> Option<Tick> {
    interval.tick(Instant::from_nanos(now))
}

/// What an interval answers; an `Option` so that it compares with the answer as it is.
#[expect(clippy::unnecessary_wraps)]
fn tick(scheduled: u64, index: u64, missed: u64) -> Option<Tick> {
    Some(Tick { scheduled: Instant::from_nanos(scheduled), index, missed })
}

/// When the ticks were scheduled that come out at `now`, until none is due.
fn drain(interval: &mut Interval, now: u64) -> Vec<u64> {
    std::iter::from_fn(|| ask(interval, now)).map(|t| t.scheduled.as_nanos()).collect()
}

// ---- all small worlds -------------------------------------------------------------------------

/// The oracle: one step of the grid at a time, straight from the definitions.
#[derive(Clone)]
struct Naive {
    next: u64,
    index: u64,
    period: u64,
    behavior: MissedTickBehavior,
    start: u64,
    /// How late each tick was that was handed out, how many were missed, and the phase error.
    late: Vec<u64>,
    missed: u64,
    phase_error: u64,
}

impl Naive {
    fn tick(&mut self, now: u64) -> Option<Tick> {
        let mut due = Vec::new();
        let mut at = self.next;
        while at <= now {
            due.push(at);
            at += self.period;
        }
        let missed = match self.behavior {
            Skip => due.len().checked_sub(1)?,
            BurstUpTo(most) => due.len().saturating_sub(most.get() as usize),
            _ => 0,
        };
        let scheduled = *due.get(missed)?;
        let index = self.index + missed as u64;
        self.index = index + 1;
        self.next = scheduled + self.period;
        if self.behavior == Delay && now >= scheduled + self.period {
            self.next = now + self.period;
        }
        self.late.push(now - scheduled);
        self.missed += missed as u64;
        self.phase_error = scheduled - (self.start + index * self.period);
        tick(scheduled, index, missed as u64)
    }
}

fn compare_drift(ours: &Interval, naive: &Naive) {
    let drift = ours.drift();
    let (ticks, sum) = (naive.late.len() as u64, naive.late.iter().sum::<u64>());
    let worst = naive.late.iter().copied().max().unwrap_or(0);
    assert_eq!((drift.ticks(), drift.missed()), (ticks, naive.missed), "{ours:?}");
    let mean = sum.checked_div(ticks).unwrap_or(0);
    assert_eq!(drift.mean_lateness(), Duration::from_nanos(mean));
    assert_eq!(drift.worst_lateness(), Duration::from_nanos(worst));
    assert_eq!(drift.phase_error(), Duration::from_nanos(naive.phase_error));
}

/// Asks both at `now` plus each step in turn, and goes on from each answer; a step may go back.
fn compare(ours: &Interval, naive: &Naive, now: u64, depth: u32) -> u64 {
    const STEPS: [i64; 7] = [0, 1, 2, 3, 7, 15, -4];
    if depth == 0 {
        return 0;
    }
    let mut asked = 0;
    for step in STEPS {
        let now = now.saturating_add_signed(step);
        let (mut ours, mut naive) = (ours.clone(), naive.clone());
        assert_eq!(ask(&mut ours, now), naive.tick(now), "{ours:?} asked at {now}");
        assert_eq!(ours.next_deadline().as_nanos(), naive.next, "{ours:?} after {now}");
        compare_drift(&ours, &naive);
        asked += 1 + compare(&ours, &naive, now, depth - 1);
    }
    asked
}

#[test]
fn small_worlds_agree_with_the_naive_loop() {
    let mut asked = 0;
    for behavior in [Skip, Burst, Delay, up_to(1), up_to(2), up_to(3)] {
        for period in 1..=7 {
            for start in [0, 5] {
                let ours = every(start, period, behavior);
                let naive = Naive {
                    next: start,
                    index: 0,
                    period,
                    behavior,
                    start,
                    late: Vec::new(),
                    missed: 0,
                    phase_error: 0,
                };
                asked += compare(&ours, &naive, 0, 5);
            }
        }
    }
    // Every sequence of up to five questions: 7 + 7² + .. + 7⁵ in each of 84 worlds.
    assert_eq!(asked, 84 * 19_607);
}

// ---- the far ends of time ---------------------------------------------------------------------

/// Any instant, with the ends of time, and what lies just inside them, as likely as the rest.
fn any_nanos() -> impl Strategy<Value = u64> {
    prop_oneof![0..20_u64, any::<u64>(), (0..20_u64).prop_map(|n| u64::MAX - n)]
}

fn any_period() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (1..20_u64).prop_map(Duration::from_nanos),
        (1..=u64::MAX).prop_map(Duration::from_nanos),
        (1..u64::MAX, 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s, n)),
        Just(Duration::MAX),
    ]
}

fn any_behavior() -> impl Strategy<Value = MissedTickBehavior> {
    prop_oneof![
        Just(Skip),
        Just(Burst),
        (1..5_u32).prop_map(up_to),
        Just(up_to(u32::MAX))
    ]
}

/// When the k-th tick is due by the definition, or `None` beyond the last instant.
fn due_at(start: u64, period: Duration, index: u64) -> Option<u64> {
    let since = period.as_nanos().checked_mul(u128::from(index))?;
    u128::from(start).checked_add(since)?.try_into().ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_tick_is_on_the_grid_and_accounted_for(
        start in any_nanos(),
        period in any_period(),
        behavior in any_behavior(),
        asks in prop::collection::vec(any_nanos(), 1..12),
    ) {
        let mut interval = Interval::new(Instant::from_nanos(start), period)
            .unwrap()
            .with_missed_tick_behavior(behavior);
        let mut expected_index = 0;
        for now in asks {
            let was_due = due_at(start, period, expected_index).is_some_and(|d| d <= now);
            let Some(tick) = ask(&mut interval, now) else {
                prop_assert!(!was_due, "a tick was due at {now}: {interval:?}");
                continue;
            };
            prop_assert_eq!(tick.index, expected_index + tick.missed);
            prop_assert_eq!(Some(tick.scheduled.as_nanos()), due_at(start, period, tick.index));
            prop_assert!(tick.scheduled.as_nanos() <= now, "early: {tick:?} at {now}");

            // Of the ticks due, those still to come are as many as the behavior keeps, less this.
            let last_kept = match behavior {
                Skip => Some(0),
                BurstUpTo(most) => Some(u64::from(most.get()) - 1),
                _ => None,
            };
            if let Some(kept) = last_kept {
                let beyond = tick.index.checked_add(kept).and_then(|i| i.checked_add(1));
                let beyond = beyond.and_then(|i| due_at(start, period, i));
                prop_assert!(beyond.is_none_or(|due| due > now), "kept too many: {tick:?}");
            }
            if tick.missed > 0 {
                let kept = due_at(start, period, tick.index + last_kept.unwrap_or(0));
                prop_assert!(kept.is_some_and(|due| due <= now), "skipped too many: {tick:?}");
            }

            expected_index = tick.index + 1;
            let next = due_at(start, period, expected_index);
            prop_assert_eq!(interval.next_deadline().as_nanos(), next.unwrap_or(u64::MAX));
            prop_assert_eq!(interval.is_over(), next.is_none());
            // All that were due are handed out or missed, and nothing has moved.
            let drift = interval.drift();
            prop_assert_eq!(drift.ticks() + drift.missed(), expected_index);
            prop_assert_eq!(drift.phase_error(), Duration::ZERO);
            prop_assert!(drift.mean_lateness() <= drift.worst_lateness());
        }
    }

    #[test]
    fn a_delayed_interval_counts_from_the_miss(
        start in any_nanos(),
        period in any_period(),
        asks in prop::collection::vec(any_nanos(), 1..12),
    ) {
        let mut interval = Interval::new(Instant::from_nanos(start), period)
            .unwrap()
            .with_missed_tick_behavior(Delay);
        let mut next = Some(Instant::from_nanos(start));
        let mut index = 0;
        for now in asks.into_iter().map(Instant::from_nanos) {
            let due = next.filter(|&due| due <= now);
            let expected = due.map(|scheduled| Tick { scheduled, index, missed: 0 });
            prop_assert_eq!(interval.tick(now), expected);
            let Some(scheduled) = due else { continue };
            let on_grid = scheduled.checked_add(period);
            let was_missed = on_grid.is_some_and(|following| following <= now);
            next = if was_missed { now.checked_add(period) } else { on_grid };
            index += 1;
            prop_assert_eq!(interval.next_deadline(), next.unwrap_or(Instant::MAX));
        }
    }
}

#[test]
fn an_interval_ends_at_the_last_instant() {
    let max = u64::MAX;
    let mut exact = every(max - 10, 5, Burst);
    assert_eq!(drain(&mut exact, max), [max - 10, max - 5, max]);
    assert!(exact.is_over());
    assert_eq!(exact.next_deadline(), Instant::MAX);
    assert_eq!(ask(&mut exact, max), None, "the last tick is not repeated");

    // One nanosecond short: no tick is squeezed in at the end.
    let mut short = every(max - 9, 5, Burst);
    assert_eq!(drain(&mut short, max), [max - 9, max - 4]);
    assert!(short.is_over());
}

#[test]
fn a_jump_over_all_of_time_is_one_answer() {
    let mut interval = every(0, 1, Skip);
    assert_eq!(ask(&mut interval, u64::MAX), tick(u64::MAX, u64::MAX, u64::MAX));
    assert_eq!(ask(&mut interval, u64::MAX), None);
    assert!(interval.is_over());
}

/// Found by the fuzz target `interval`: of the 2^64 ticks that are due here, the first was skipped.
#[test]
fn a_burst_over_all_of_time_skips_nothing() {
    let mut interval = every(0, 1, Burst);
    assert_eq!(ask(&mut interval, u64::MAX), tick(0, 0, 0));
    assert_eq!(ask(&mut interval, u64::MAX), tick(1, 1, 0));
}

#[test]
fn the_longest_period_ticks_once() {
    let mut interval = Interval::new(Instant::ZERO, Duration::MAX).unwrap();
    assert_eq!(ask(&mut interval, u64::MAX), tick(0, 0, 0));
    assert_eq!(ask(&mut interval, u64::MAX), None);
}

// ---- the definitions, one by one --------------------------------------------------------------

#[test]
fn a_period_of_zero_is_refused() {
    let refused = Interval::new(Instant::ZERO, Duration::ZERO);
    assert_eq!(refused, Err(ZeroPeriod));
    assert!(ZeroPeriod.to_string().contains("longer than zero"));
}

#[test]
fn a_tick_is_missed_at_a_full_period_and_not_before() {
    for behavior in [Skip, Delay, up_to(1)] {
        let mut interval = every(0, 100, behavior);
        assert_eq!(ask(&mut interval, 99), tick(0, 0, 0));
        assert_eq!(
            interval.next_deadline().as_nanos(),
            100,
            "{behavior:?} keeps the grid"
        );
    }
    assert_eq!(ask(&mut every(0, 100, Skip), 100), tick(100, 1, 1));
    let mut delayed = every(0, 100, Delay);
    assert_eq!(ask(&mut delayed, 100), tick(0, 0, 0));
    assert_eq!(delayed.next_deadline().as_nanos(), 200);
}

#[test]
fn the_table_of_behaviors_holds() {
    let at_450 = |behavior| {
        let mut interval = every(0, 100, behavior);
        assert_eq!(ask(&mut interval, 0), tick(0, 0, 0));
        assert_eq!(ask(&mut interval, 100), tick(100, 1, 0));
        let ticks: Vec<_> = std::iter::from_fn(|| ask(&mut interval, 450)).collect();
        let told: Vec<_> =
            ticks.iter().map(|t| (t.scheduled.as_nanos(), t.missed)).collect();
        (told, interval.next_deadline().as_nanos())
    };
    assert_eq!(at_450(Skip), (vec![(400, 2)], 500));
    assert_eq!(at_450(Burst), (vec![(200, 0), (300, 0), (400, 0)], 500));
    assert_eq!(at_450(up_to(2)), (vec![(300, 1), (400, 0)], 500));
    assert_eq!(at_450(Delay), (vec![(200, 0)], 550));
}

#[test]
fn a_reading_that_goes_back_gives_nothing_twice() {
    for behavior in [Skip, Burst, Delay, up_to(2)] {
        let mut interval = every(0, 100, behavior);
        assert_eq!(ask(&mut interval, 50), tick(0, 0, 0));
        assert_eq!(ask(&mut interval, 0), None);
        assert_eq!(ask(&mut interval, 100), tick(100, 1, 0));
    }
}

#[test]
fn lateness_below_a_period_never_adds_up() {
    for behavior in [Skip, Burst, Delay, up_to(3)] {
        let mut interval = every(1_000, 333, behavior);
        for k in 0..10_000 {
            let due = 1_000 + k * 333;
            assert_eq!(ask(&mut interval, due + (k * 7_919) % 333), tick(due, k, 0));
        }
    }
}

#[test]
fn a_reset_starts_a_new_grid() {
    let mut interval = every(0, 300, Skip);
    assert_eq!(ask(&mut interval, 650), tick(600, 2, 2));
    assert_eq!((interval.drift().ticks(), interval.drift().missed()), (1, 2));
    interval.reset_at(Instant::from_nanos(740));
    assert_eq!(interval.drift(), Drift::default());
    assert_eq!(interval.period(), Duration::from_nanos(300));
    assert_eq!(interval.missed_tick_behavior(), Skip);
    assert_eq!(ask(&mut interval, 739), None);
    assert_eq!(ask(&mut interval, 740), tick(740, 0, 0));
    assert_eq!(ask(&mut interval, 1_040), tick(1_040, 1, 0));

    let mut over = every(u64::MAX, 1, Skip);
    assert_eq!(ask(&mut over, u64::MAX), tick(u64::MAX, 0, 0));
    over.reset_at(Instant::ZERO);
    assert!(!over.is_over());
    assert_eq!(ask(&mut over, 0), tick(0, 0, 0));
}

// ---- the peers' cases -------------------------------------------------------------------------

/// tokio's `time_interval`: period 300, asked at these times. Its own numbers are 1 ms later.
const ASKED_AT: [u64; 8] = [0, 100, 300, 950, 1_150, 1_250, 1_500, 1_800];

fn tokio_run(behavior: MissedTickBehavior) -> Vec<Vec<u64>> {
    let mut interval = every(0, 300, behavior);
    ASKED_AT.iter().map(|&now| drain(&mut interval, now)).collect()
}

#[test]
fn tokio_burst() {
    let expected: [&[u64]; 8] =
        [&[0], &[], &[300], &[600, 900], &[], &[1_200], &[1_500], &[1_800]];
    assert_eq!(tokio_run(Burst), expected);
}

#[test]
fn tokio_delay() {
    // The tick at 600 is missed at 950: from there on 950 + k·300.
    let expected: [&[u64]; 8] = [&[0], &[], &[300], &[600], &[], &[1_250], &[], &[1_550]];
    assert_eq!(tokio_run(Delay), expected);
}

#[test]
fn tokio_skip() {
    // tokio hands out the missed tick at 600 itself; here it is the latest due, 900, and counted.
    let expected: [&[u64]; 8] =
        [&[0], &[], &[300], &[900], &[], &[1_200], &[1_500], &[1_800]];
    assert_eq!(tokio_run(Skip), expected);
    let mut interval = every(0, 300, Skip);
    assert_eq!(ask(&mut interval, 300), tick(300, 1, 1));
    assert_eq!(ask(&mut interval, 950), tick(900, 3, 1));
}

/// `reset_without_behavior`, `reset_immediately`, `reset_after`, `reset_at`: all at 400.
#[test]
fn tokio_resets() {
    type Reset = fn(&mut Interval, Instant);
    let now = Instant::from_nanos(400);
    let resets: [(Reset, u64); 4] = [
        (Interval::reset, 700),
        (Interval::reset_immediately, 400),
        (|interval, now| interval.reset_after(now, Duration::from_nanos(20)), 420),
        (|interval, now| interval.reset_at(now + Duration::from_nanos(40)), 440),
    ];
    for behavior in [Burst, Skip, Delay, up_to(2)] {
        for (reset, first) in resets {
            let mut interval = every(0, 300, behavior);
            assert_eq!(ask(&mut interval, 0), tick(0, 0, 0));
            assert_eq!(ask(&mut interval, 300), tick(300, 1, 0));
            reset(&mut interval, now);
            assert_eq!(interval.next_deadline().as_nanos(), first);
            assert_eq!(
                (interval.period().as_nanos(), interval.drift().ticks()),
                (300, 0)
            );
            assert_eq!(interval.missed_tick_behavior(), behavior);
            assert_eq!(ask(&mut interval, first - 1), None);
            assert_eq!(ask(&mut interval, first), tick(first, 0, 0));
            assert_eq!(ask(&mut interval, first + 300), tick(first + 300, 1, 0));
        }
    }
}

#[test]
fn a_reset_beyond_all_of_time_ticks_once_at_its_end() {
    let mut interval = every(0, 300, Skip);
    interval.reset_after(Instant::from_nanos(5), Duration::MAX);
    assert_eq!(ask(&mut interval, u64::MAX - 1), None);
    assert_eq!(ask(&mut interval, u64::MAX), tick(u64::MAX, 0, 0));
    assert!(interval.is_over());
    interval.reset(Instant::MAX);
    assert_eq!(interval.next_deadline(), Instant::MAX);
}

#[test]
fn another_behavior_counts_from_then_on() {
    let mut interval = every(0, 100, Burst);
    assert_eq!(ask(&mut interval, 250), tick(0, 0, 0));
    interval.set_missed_tick_behavior(Skip);
    assert_eq!(ask(&mut interval, 250), tick(200, 2, 1));
    interval.set_missed_tick_behavior(Delay);
    assert_eq!(ask(&mut interval, 450), tick(300, 3, 0));
    assert_eq!(interval.next_deadline().as_nanos(), 550);
}

/// libevent's `test_persistent_timeout_jump`: 300 ms pass before the loop runs.
#[test]
fn libevent_persistent_timeout_jump() {
    let mut interval = every(100, 100, Skip);
    assert_eq!(ask(&mut interval, 300), tick(300, 2, 2));
    assert_eq!(ask(&mut interval, 350), None, "one call, no burst");
    assert_eq!(interval.next_deadline().as_nanos(), 400);
}

/// wahern's `check_intervals`: all periods side by side, from one deadline to the next.
fn check_intervals(periods: &[u64], start: u64, end: u64) {
    let mut intervals: Vec<_> =
        periods.iter().map(|&p| every(start + p, p, Skip)).collect();
    let mut fired = vec![0; periods.len()];
    let next = |all: &[Interval]| all.iter().map(Interval::next_deadline).min().unwrap();
    while next(&intervals).as_nanos() <= end {
        let now = next(&intervals).as_nanos();
        for (i, interval) in intervals.iter_mut().enumerate() {
            let p = periods[i];
            if let Some(tick) = ask(interval, now) {
                assert_eq!((tick.scheduled.as_nanos(), tick.missed), (now, 0));
                fired[i] += 1;
            }
            let expires = interval.next_deadline().as_nanos();
            assert_eq!((expires - start) % p, 0, "period {p} left its grid");
            assert!(now < expires && expires <= now + p, "period {p} at {now}");
            assert_eq!(fired[i], (now - start) / p, "period {p} at {now}");
        }
    }
}

const PRIMES: [u64; 25] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79,
    83, 89, 97,
];

#[test]
fn wahern_intervals() {
    check_intervals(&PRIMES, 50, 5_322);
    check_intervals(&[1, 7, 191, 1_337], 50, 50_000);
    check_intervals(&[5, 10, 15, 20, 25, 30, 35, 40, 45, 50], 49, 5_333);
}

#[test]
fn wahern_intervals_asked_late() {
    let (start, end) = (50, 5_322);
    for p in PRIMES {
        let mut interval = every(start + p, p, Skip);
        let (mut fired, mut missed) = (0, 0);
        for now in (start..=end).step_by(16) {
            if let Some(tick) = ask(&mut interval, now) {
                fired += 1;
                missed += tick.missed;
                assert_eq!((tick.scheduled.as_nanos() - start) % p, 0);
            }
            assert_eq!(fired + missed, (now - start) / p, "all are accounted for");
        }
        assert!(fired <= (end - start) / p);
    }
}
