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
/// The next segment is made when this part of a segment is left.
const LEAD: u64 = 8;
/// Readings that are kept to tell the rate by: those of two seconds, as a rule.
const KEPT: usize = 16;
/// A reading that is less certain does not tell the rate.
const CERTAIN: u64 = 500;
/// Off by more than this from what was foreseen: the rate is another one now.
const RATE_HAS_CHANGED: i64 = 400;
/// What the clock may be made faster or slower by, in parts of its rate: 488 millionths.
const GENTLE: u64 = 2048;
/// The same when it is ahead of the kernel's by more than [`FAR`]: 1.6 %.
const FIRM: u64 = 64;
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
        readings[KEPT - 1] = Some(first);
        let mut steering = Self {
            last: Segment::default(),
            rate,
            calibrated: rate,
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
    /// Else nobody has read the clock since that was over, and it begins with the reading.
    pub(in crate::time) fn next(&mut self, reading: Reading) -> &Segment {
        let ticks = reading.raw.wrapping_sub(self.last.start);
        let shown = self.last.nanos.saturating_add(scaled(ticks, self.last.rate));
        self.learn(reading, shown.wrapping_sub(reading.nanos).cast_signed());
        self.length = (2 * self.length).min(LONGEST);
        self.last = if ticks < self.last.len {
            self.following(reading)
        } else {
            self.resuming(reading)
        };
        &self.last
    }

    fn following(&self, reading: Reading) -> Segment {
        let (start, end) = (self.last.end(), self.last.end_nanos());
        // What the kernel's clock will show where the last segment ends, and the next one.
        let at_start = reading
            .nanos
            .saturating_add(scaled(start.wrapping_sub(reading.raw), self.rate));
        let ahead =
            doubtless(end.wrapping_sub(at_start).cast_signed(), reading.uncertainty);
        if ahead < -FAR {
            return self.segment(start, at_start, self.rate);
        }
        let most = i128::from(self.rate / if ahead > FAR { FIRM } else { GENTLE });
        let len = i128::from(self.ticks_of(self.length).max(1));
        let slower = (i128::from(ahead) << Segment::RATE_BITS) / len;
        let slower = slower.clamp(-most, most) as i64;
        self.segment(start, end, self.rate.saturating_add_signed(-slower))
    }

    /// The counter may also show less than where the last segment began, if it went back.
    fn resuming(&self, reading: Reading) -> Segment {
        // What was read may be as late as the end of the last segment, and no later.
        let nanos = reading.nanos.max(self.last.end_nanos());
        let ahead = (nanos - reading.nanos).cast_signed();
        let slower = match ahead {
            0 => 0,
            1..=FAR => self.rate / GENTLE,
            _ => self.rate / FIRM,
        };
        self.segment(reading.raw, nanos, self.rate - slower)
    }

    /// What there is to say of it.
    pub(in crate::time) fn report(&self) -> Discipline {
        let (rate, calibrated) = (i128::from(self.rate), i128::from(self.calibrated));
        let ppb = (rate - calibrated) * 1_000_000_000 / calibrated.max(1);
        Discipline {
            offset_nanos: self.offset,
            // No further off than a hundredth.
            ppm: f64::from(ppb as i32) / 1e3,
            last_anchor: Instant::from_nanos(self.anchored.nanos),
            anchors: self.anchors,
        }
    }

    /// Notes a reading, and by how much the clock was ahead of it.
    fn learn(&mut self, reading: Reading, ahead: i64) {
        (self.offset, self.anchored) = (ahead, reading);
        self.anchors += 1;
        if reading.uncertainty > CERTAIN {
            return;
        }
        if let Some(newest) = self.readings[KEPT - 1] {
            let ticks = reading.raw.wrapping_sub(newest.raw);
            let foreseen = newest.nanos.saturating_add(scaled(ticks, self.rate));
            let off = reading.nanos.wrapping_sub(foreseen).cast_signed();
            if doubtless(off, reading.uncertainty + newest.uncertainty).abs()
                > RATE_HAS_CHANGED
            {
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
        if let Some(rate) = rate.filter(|rate| is_near(*rate, self.calibrated)) {
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

/// Within a hundredth: further off no calibration is and no kernel steers.
fn is_near(rate: u64, calibrated: u64) -> bool {
    rate.abs_diff(calibrated) <= calibrated / 100
}

/// What is left of a difference when it is as small as it may be.
fn doubtless(difference: i64, uncertainty: u64) -> i64 {
    let sure = difference.unsigned_abs().saturating_sub(uncertainty);
    i64::try_from(sure).unwrap_or(i64::MAX) * difference.signum()
}

#[cfg(test)]
mod tests;
