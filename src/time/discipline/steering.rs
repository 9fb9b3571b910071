//! [`Steering`]: makes each next segment so that the clock meets the kernel's where it ends.

use super::Segment;
use crate::time::{Discipline, Instant};

/// What the kernel's clock showed at a reading of the counter.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(in crate::time) struct Reading {
    pub(in crate::time) raw: u64,
    pub(in crate::time) nanos: u64,
    /// By how much it may be off, either way: half of the time that it took.
    pub(in crate::time) uncertainty: u64,
}

/// How long a segment is. The first are shorter, as the rate is known less well then: each twice as
/// long as the one before.
const LONGEST: u64 = 128_000_000;
const SHORTEST: u64 = 1_000_000;
/// The next segment is made when this part of a segment is left: so much that a thread that is put
/// aside while it makes it holds up no others.
const LEAD: u64 = 4;
/// Readings that are kept to tell the rate by: those of two seconds, as a rule.
const KEPT: usize = 16;
/// A reading that is less certain does not tell the rate.
const CERTAIN: u64 = 500;
/// Off by more than this from what was foreseen: the rate is another one now.
const RATE_HAS_CHANGED: i64 = 400;
/// Between readings further apart the machine may have slept.
const LONG_AGO: u64 = 4 * LONGEST;
/// What the clock may be made faster or slower by, in parts of its rate: 488 millionths.
const GENTLE: u64 = 2048;
/// The same when it is ahead of the kernel's by more than [`FAR`].
const FIRM: u64 = 8;
/// A clock that is behind by more than that steps forward.
const FAR: i64 = 1_000_000;

/// What is known of the kernel's clock and the counter, and the last segment that was made of it.
#[derive(Clone, Debug)]
pub(in crate::time) struct Steering {
    last: Segment,
    /// The kernel's rate, as a segment has it.
    rate: u64,
    /// The rate that the counter was said to have.
    calibrated: u64,
    /// The rate that the last long pause would tell, if the machine did not sleep in it.
    of_pause: u64,
    /// Some past readings, the oldest first.
    readings: [Option<Reading>; KEPT],
    /// How long the next segment is, in nanoseconds.
    length: u64,
    offset: i64,
    anchored: Reading,
    anchors: u64,
}

impl Steering {
    /// Begins at a reading, with a rate that is known nearly, in nanoseconds by ticks.
    pub(in crate::time) fn beginning_at(first: Reading, nanos: u64, ticks: u64) -> Self {
        let rate = rate_of(nanos, ticks).unwrap_or(1 << Segment::RATE_BITS);
        let mut readings = [None; KEPT];
        readings[KEPT - 1] = Some(first).filter(|first| first.uncertainty <= CERTAIN);
        let mut steering = Self {
            last: Segment::default(),
            rate,
            calibrated: rate,
            of_pause: rate,
            readings,
            length: SHORTEST,
            offset: 0,
            anchored: first,
            anchors: 1,
        };
        steering.last = steering.segment(first.raw, first.nanos, rate);
        steering
    }

    /// The last segment that was made.
    pub(in crate::time) const fn last(&self) -> &Segment {
        &self.last
    }

    /// The next segment, given a reading. It follows the last one, if the reading was taken in that.
    /// Else nobody has read the clock since that was over, and it begins with the reading. `None`: the
    /// last has not begun yet, for this processor.
    pub(in crate::time) fn next(&mut self, reading: Reading) -> Option<&Segment> {
        if self.last.start.wrapping_sub(reading.raw).wrapping_sub(1) < self.last.len {
            return None;
        }
        let ticks = reading.raw.wrapping_sub(self.last.start);
        let follows = ticks < self.last.len;
        self.learn(reading);
        // Where the next begins, by the last and by the kernel's clock.
        let (start, end) = if follows {
            (self.last.end(), self.last.end_nanos())
        } else {
            // What was read may be as late as the end of the last segment, and no later.
            (reading.raw, reading.nanos.max(self.last.end_nanos()))
        };
        let kernels = reading
            .nanos
            .saturating_add(scaled(start.wrapping_sub(reading.raw), self.rate));
        let shown = if follows { self.last.at(ticks) } else { end };
        self.offset = shown.wrapping_sub(reading.nanos).cast_signed();
        let ahead =
            doubtless(end.wrapping_sub(kernels).cast_signed(), reading.uncertainty);
        // A clock that is far ahead has slept through a segment that nobody read. The next is short,
        // so that many such sleeps do not add up.
        let doubled = (2 * self.length).min(LONGEST);
        self.length = if ahead > FAR { SHORTEST } else { doubled };
        self.last = if ahead < -FAR {
            self.segment(start, kernels, self.rate)
        } else {
            self.segment(start, end, self.rate_that_makes_up_for(ahead))
        };
        Some(&self.last)
    }

    /// The rate at which a clock that is ahead by so much is right at the end of the next segment, or
    /// nearer.
    fn rate_that_makes_up_for(&self, ahead: i64) -> u64 {
        let most = i128::from(self.rate / if ahead > FAR { FIRM } else { GENTLE });
        let len = i128::from(self.ticks_of(self.length).max(1));
        let slower = (i128::from(ahead) << Segment::RATE_BITS) / len;
        self.rate.saturating_add_signed(-(slower.clamp(-most, most) as i64))
    }

    /// What there is to say of it.
    pub(in crate::time) fn report(&self) -> Discipline {
        let (rate, calibrated) = (i128::from(self.rate), i128::from(self.calibrated));
        let ppb = (rate - calibrated) * 1_000_000_000 / calibrated.max(1);
        Discipline {
            offset_nanos: self.offset,
            // No further off than an eighth.
            ppm: f64::from(ppb as i32) / 1e3,
            last_anchor: Instant::from_nanos(self.anchored.nanos),
            anchors: self.anchors,
        }
    }

    /// Notes a reading, and what it says of the rate.
    fn learn(&mut self, reading: Reading) {
        self.anchored = reading;
        self.anchors += 1;
        if reading.uncertainty > CERTAIN {
            return;
        }
        let mut is_long_ago = false;
        if let Some(newest) = self.readings[KEPT - 1] {
            let ticks = reading.raw.wrapping_sub(newest.raw);
            let foreseen = newest.nanos.saturating_add(scaled(ticks, self.rate));
            let off = reading.nanos.wrapping_sub(foreseen).cast_signed();
            let off = doubtless(off, reading.uncertainty + newest.uncertainty);
            is_long_ago = scaled(ticks, self.rate) > LONG_AGO;
            if is_long_ago || off.abs() > RATE_HAS_CHANGED {
                self.readings = [None; KEPT];
                self.readings[KEPT - 1] = Some(newest);
            }
        }
        let oldest = self.readings.iter().flatten().next();
        let rate = oldest.and_then(|oldest| {
            rate_of(
                reading.nanos.saturating_sub(oldest.nanos),
                reading.raw.wrapping_sub(oldest.raw),
            )
        });
        // No calibration is further off than an eighth, and no kernel steers further. What is the mean
        // of a pause is the rate if it is that of before, or of the pause before: no two sleeps are
        // alike.
        let believed = rate.filter(|rate| {
            let is_confirmed = is_within(*rate, self.rate, 50_000)
                || is_within(*rate, self.of_pause, 200_000);
            is_within(*rate, self.calibrated, 8) && (!is_long_ago || is_confirmed)
        });
        if is_long_ago {
            self.of_pause = rate.unwrap_or(self.rate);
        }
        if let Some(rate) = believed {
            self.rate = rate;
        } else {
            // The machine slept between the two, or the counter went back.
            self.readings = [None; KEPT];
        }
        self.readings.rotate_left(1);
        self.readings[KEPT - 1] = Some(reading);
    }

    fn segment(&self, start: u64, nanos: u64, rate: u64) -> Segment {
        let len = self.ticks_of(self.length).max(LEAD);
        Segment { start, nanos, rate, renew: len - len / LEAD, len }
    }

    fn ticks_of(&self, nanos: u64) -> u64 {
        ((u128::from(nanos) << Segment::RATE_BITS) / u128::from(self.rate.max(1))) as u64
    }
}

/// So many ticks at a rate, in nanoseconds.
fn scaled(ticks: u64, rate: u64) -> u64 {
    let nanos = (u128::from(ticks) * u128::from(rate)) >> Segment::RATE_BITS;
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

/// Nanoseconds by ticks, as a segment has it; `None` if that is no rate.
fn rate_of(nanos: u64, ticks: u64) -> Option<u64> {
    let rate =
        (u128::from(nanos) << Segment::RATE_BITS).checked_div(u128::from(ticks))?;
    u64::try_from(rate).ok().filter(|rate| (1..1 << 44).contains(rate))
}

/// Whether two rates differ by no more than such a part.
fn is_within(rate: u64, other: u64, part: u64) -> bool {
    rate.abs_diff(other) <= other / part
}

/// What is left of a difference when it is as small as it may be.
fn doubtless(difference: i64, uncertainty: u64) -> i64 {
    let sure = difference.unsigned_abs().saturating_sub(uncertainty);
    i64::try_from(sure).unwrap_or(i64::MAX) * difference.signum()
}

#[cfg(test)]
mod tests;
