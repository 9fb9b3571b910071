//! Segments as they should come of readings, to the nanosecond: one tick is one nanosecond here.

use super::*;

const BEGIN: u64 = 1_000_000_000;
const ONE: u64 = 1 << Segment::RATE_BITS;

fn reading(raw: u64, off: i64, uncertainty: u64) -> Reading {
    Reading { raw, nanos: (BEGIN + raw).saturating_add_signed(off), uncertainty }
}

fn steering() -> Steering {
    Steering::beginning_at(reading(0, 0, 0), 1, 1)
}

/// After so many segments that were right.
fn steering_after(segments: u32) -> Steering {
    let mut steering = steering();
    for _ in 0..segments {
        let raw = steering.last.start + steering.last.renew;
        steering.next(reading(raw, 0, 0));
    }
    steering
}

#[test]
fn segments_follow_each_other_and_double_up_to_an_eighth_of_a_second() {
    let mut steering = steering();
    assert_eq!(steering.last.len, 1_000_000);
    for doubled in [2, 4, 8, 16, 32, 64, 128, 128, 128] {
        let end = steering.last.end();
        let raw = steering.last.start + steering.last.renew;
        let expected = Some(&Segment {
            start: end,
            nanos: BEGIN + end,
            rate: ONE,
            renew: doubled * 750_000,
            len: doubled * 1_000_000,
        });
        assert_eq!(steering.next(reading(raw, 0, 25)), expected);
    }
    assert_eq!((steering.report().anchors, steering.report().offset_nanos), (10, 0));
}

/// A reading that is too uncertain to tell the rate, and tells by how much the clock is ahead, for
/// sure.
fn next_when_ahead_by(sure: i64) -> Segment {
    const UNCERTAIN: u64 = CERTAIN + 1;
    let off = -(sure + UNCERTAIN.cast_signed() * sure.signum());
    *steering().next(reading(900_000, off, UNCERTAIN)).unwrap()
}

#[test]
fn the_next_segment_makes_up_for_what_the_clock_is_off_by() {
    // 500 ns of two milliseconds.
    for ahead in [500, -500] {
        let next = next_when_ahead_by(ahead);
        assert_eq!((next.start, next.nanos), (1_000_000, BEGIN + 1_000_000));
        let at_end = next.end_nanos().cast_signed() - (BEGIN + 3_000_000).cast_signed();
        assert!((at_end + ahead).abs() <= 1, "{at_end}");
    }
    // No faster than that, as long as it is not far off.
    for ahead in [10_000, 1_000_000] {
        assert_eq!(next_when_ahead_by(ahead).rate, ONE - ONE / GENTLE);
        assert_eq!(next_when_ahead_by(-ahead).rate, ONE + ONE / GENTLE);
    }
    let far_ahead = next_when_ahead_by(1_000_001);
    assert_eq!((far_ahead.rate, far_ahead.nanos), (ONE - ONE / FIRM, BEGIN + 1_000_000));
    // Behind, it steps: to where the kernel's clock will be then.
    let far_behind = next_when_ahead_by(-1_000_001);
    assert_eq!(far_behind.rate, ONE);
    assert_eq!(far_behind.nanos, BEGIN + 1_000_000 + 1_000_001 + CERTAIN + 1);
}

#[test]
fn a_clock_that_nobody_read_resumes_at_the_reading_but_never_before_its_end() {
    let resumed = |ahead: i64| {
        let raw = 1_001_000;
        let off = -1_000 - ahead;
        *steering().next(reading(raw, off, CERTAIN + 1)).unwrap()
    };
    for (ahead, length, slower) in [
        (-5_000_000, 2_000_000, 0),
        (0, 2_000_000, 0),
        // As much as makes up for what is sure, of two milliseconds, and then the most there is.
        (501, 2_000_000, 0),
        (701, 2_000_000, (200 << 32) / 2_000_000),
        (500_000, 2_000_000, ONE / GENTLE),
        (1_000_501, 2_000_000, ONE / GENTLE),
        (1_000_502, 1_000_000, ONE / FIRM),
    ] {
        let next = resumed(ahead);
        let end = (BEGIN + 1_000_000).cast_signed();
        assert_eq!((next.start, next.len), (1_001_000, length), "ahead by {ahead}");
        assert_eq!(next.nanos.cast_signed(), end - ahead.min(0), "ahead by {ahead}");
        assert_eq!(next.rate, ONE - slower, "ahead by {ahead}");
    }
}

#[test]
fn a_segment_that_has_not_begun_for_a_processor_is_not_gone_beyond() {
    let mut steering = steering_after(1);
    let last = steering.last;
    for before in [1, 3, last.start] {
        assert_eq!(steering.next(reading(last.start - before, 0, 0)), None);
        assert_eq!(steering.last, last);
    }
    assert_eq!(
        steering.next(reading(last.start, 0, 0)).map(|next| next.start),
        Some(last.end())
    );
}

#[test]
fn the_rate_is_that_of_two_seconds_unless_it_has_changed() {
    let rate_after = |off: i64, uncertainty: u64| {
        let mut steering = steering_after(30);
        let raw = steering.last.start + steering.last.renew;
        let newest = steering.readings[KEPT - 1].unwrap().raw;
        let oldest = steering.readings.iter().flatten().next().unwrap().raw;
        assert!((1_900_000_000..2_100_000_000).contains(&(raw - oldest)));
        steering.next(reading(raw, off, uncertainty));
        let rate = |since: u64| {
            let ticks = raw - since;
            rate_of(ticks.saturating_add_signed(off), ticks).unwrap()
        };
        (steering.rate, rate(oldest), rate(newest))
    };
    for (off, uncertainty, changed) in [
        (100, 0, false),
        (400, 0, false),
        (-400, 0, false),
        (401, 0, true),
        (-401, 0, true),
    ] {
        let (rate, of_two_seconds, of_the_last) = rate_after(off, uncertainty);
        assert_eq!(rate, if changed { of_the_last } else { of_two_seconds }, "{off}");
    }
    // As far as both readings are uncertain it may be the same.
    let (rate, of_two_seconds, _) = rate_after(407, 7);
    assert_eq!(rate, of_two_seconds);
    let (rate, _, of_the_last) = rate_after(408, 7);
    assert_eq!(rate, of_the_last);
    // The least certain that counts, and one that does not.
    assert_ne!(rate_after(600, CERTAIN).0, ONE);
    assert_eq!(rate_after(60_000, CERTAIN + 1).0, ONE);
}

#[test]
fn a_rate_that_cannot_be_is_not_believed() {
    for (nanos, ticks) in [(1_130_000, 1_000_000), (870_000, 1_000_000), (0, 5), (5, 0)] {
        let mut steering = steering();
        steering.next(Reading { raw: ticks, nanos: BEGIN + nanos, uncertainty: 0 });
        assert_eq!(steering.rate, ONE, "{nanos} in {ticks}");
    }
    assert!(is_within(1_008, 1_000, 125) && is_within(992, 1_000, 125));
    assert!(!is_within(1_009, 1_000, 125) && !is_within(991, 1_000, 125));
}

#[test]
fn a_pause_tells_a_rate_only_if_another_pause_has_told_it() {
    let mut steering = steering_after(12);
    let mut pause = |seconds: u64, nanos: i64| {
        let raw = steering.readings[KEPT - 1].unwrap().raw + seconds * 1_000_000_000;
        let newest = steering.readings[KEPT - 1].unwrap().nanos + seconds * 1_000_000_000;
        let nanos = newest.saturating_add_signed(nanos);
        steering.next(Reading { raw, nanos, uncertainty: 0 });
        steering.rate
    };
    // Slept for 9 ms of ten seconds.
    assert_eq!(pause(10, -9_000_000), ONE);
    // A little faster, as kernels are steered.
    assert_eq!(pause(10, 50_000), rate_of(10_000_050_000, 10_000_000_000).unwrap());
    // Much faster, once: who knows. Twice: then it is so.
    let before = pause(10, 50_000);
    assert_eq!(pause(10, 5_000_000), before);
    assert_eq!(pause(20, 10_000_000), rate_of(10_005_000_000, 10_000_000_000).unwrap());
}

#[test]
fn what_is_uncertain_of_a_difference_is_left_out() {
    let cases = [(10, 3, 7), (-10, 3, -7), (3, 3, 0), (-2, 3, 0), (0, 0, 0)];
    for (difference, uncertainty, sure) in cases {
        assert_eq!(doubtless(difference, uncertainty), sure);
    }
}
