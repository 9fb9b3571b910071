//! [`Point`]: a time of the wall clock as a number, so that it can be counted with.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

const NANOS_PER_SEC: u128 = 1_000_000_000;

/// Nanoseconds since the epoch, before it if negative.
///
/// Every `SystemTime` there is and every `Duration` take less than 95 bits, so that a sum of some of
/// them never overflows.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Debug)]
pub(super) struct Point(i128);

impl Point {
    pub(super) fn of(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self(nanos(since)),
            Err(before) => Self(-nanos(before.duration())),
        }
    }

    /// The time it stands for; `None`: there is no such `SystemTime`.
    pub(super) fn time(self) -> Option<SystemTime> {
        let nanos = self.0.unsigned_abs();
        let secs = u64::try_from(nanos / NANOS_PER_SEC).ok()?;
        let since = Duration::new(secs, (nanos % NANOS_PER_SEC) as u32);
        if self.0 < 0 {
            UNIX_EPOCH.checked_sub(since)
        } else {
            UNIX_EPOCH.checked_add(since)
        }
    }

    /// What a timerfd on the wall clock is to be armed with: at least a nanosecond, since zero would
    /// disarm it, and what lies before the epoch has come anyway.
    pub(super) fn kernel_deadline(self) -> Duration {
        let nanos = self.0.max(1).unsigned_abs();
        let secs = u64::try_from(nanos / NANOS_PER_SEC).unwrap_or(u64::MAX);
        Duration::new(secs, (nanos % NANOS_PER_SEC) as u32)
    }
}

/// The points offset + k·period, for every whole k.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) struct Grid {
    offset: i128,
    /// Not zero.
    period: i128,
}

impl Grid {
    /// `None`: the period is zero.
    pub(super) fn new(period: Duration, offset: Duration) -> Option<Self> {
        let (offset, period) = (nanos(offset), nanos(period));
        (period > 0).then_some(Self { offset, period })
    }

    /// The last point that is not after `now`.
    pub(super) fn at_or_before(self, now: Point) -> Point {
        let periods = (now.0 - self.offset).div_euclid(self.period);
        Point(self.offset + periods * self.period)
    }

    /// The first point after `now`.
    pub(super) fn after(self, now: Point) -> Point {
        Point(self.at_or_before(now).0 + self.period)
    }

    /// How many periods lie between two points.
    pub(super) fn periods_between(self, from: Point, to: Point) -> u64 {
        let periods = ((to.0 - from.0) / self.period).max(0);
        u64::try_from(periods).unwrap_or(u64::MAX)
    }
}

fn nanos(duration: Duration) -> i128 {
    // Less than 2^94: never saturates.
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// The last and the first time that a `SystemTime` can show.
    fn ends() -> (SystemTime, SystemTime) {
        let (mut last, mut first) = (UNIX_EPOCH, UNIX_EPOCH);
        for step in (0..64).rev().map(|bit| secs(1 << bit)) {
            while let Some(later) = last.checked_add(step) {
                last = later;
            }
            while let Some(earlier) = first.checked_sub(step) {
                first = earlier;
            }
        }
        (first, last)
    }

    #[test]
    fn a_time_comes_back_as_it_was() {
        let (first, last) = ends();
        let some = Duration::new(1_700_000_000, 999_999_999);
        for time in [UNIX_EPOCH, UNIX_EPOCH + some, UNIX_EPOCH - some, first, last] {
            assert_eq!(Point::of(time).time(), Some(time), "{time:?}");
        }
        assert!(Point::of(first) < Point::of(UNIX_EPOCH - some));
        assert!(Point::of(UNIX_EPOCH) < Point::of(last));
        assert_eq!(Point(Point::of(last).0 + 1_000_000_000).time(), None);
        assert_eq!(Point(Point::of(first).0 - 1_000_000_000).time(), None);
        assert_eq!(Point(i128::MAX).time(), None);
        assert_eq!(Point(i128::MIN).time(), None);
    }

    #[test]
    fn no_time_disarms_the_kernels_timer() {
        let (first, last) = ends();
        for past in [UNIX_EPOCH, UNIX_EPOCH - secs(1), first] {
            assert_eq!(Point::of(past).kernel_deadline(), Duration::from_nanos(1));
        }
        let some = Duration::new(1_700_000_000, 7);
        assert_eq!(Point::of(UNIX_EPOCH + some).kernel_deadline(), some);
        assert!(Point::of(last).kernel_deadline() > secs(1 << 62));
        assert_eq!(Point(i128::MAX).kernel_deadline().as_secs(), u64::MAX);
    }

    #[test]
    fn the_grid_is_the_multiples_of_the_period_shifted_by_the_offset() {
        for (period, offset) in [(1, 0), (2, 1), (7, 3), (7, 700_003), (10, u64::MAX)] {
            let nanos = Duration::from_nanos;
            let grid = Grid::new(nanos(period), nanos(offset)).unwrap();
            let is_on =
                |at: i128| (at - i128::from(offset)).rem_euclid(i128::from(period)) == 0;
            for now in -40..40 {
                let before = (now - 100..=now).rev().find(|at| is_on(*at)).unwrap();
                let after = (now + 1..now + 100).find(|at| is_on(*at)).unwrap();
                assert_eq!(grid.at_or_before(Point(now)), Point(before));
                assert_eq!(grid.after(Point(now)), Point(after));
                let k = grid.periods_between(Point(before), Point(after + 3));
                assert_eq!(k, 1 + 3 / period);
            }
        }
        assert_eq!(Grid::new(Duration::ZERO, secs(1)), None);
    }

    #[test]
    fn the_longest_periods_and_offsets_overflow_nothing() {
        let (first, last) = ends();
        let lengths = [Duration::from_nanos(1), secs(1), Duration::MAX];
        for period in lengths {
            for offset in [Duration::ZERO, lengths[0], Duration::MAX] {
                let grid = Grid::new(period, offset).unwrap();
                for now in [first, UNIX_EPOCH, last].map(Point::of) {
                    let (before, after) = (grid.at_or_before(now), grid.after(now));
                    assert!(before <= now && now < after);
                    assert_eq!(grid.periods_between(before, after), 1);
                    assert_eq!(grid.periods_between(after, before), 0);
                }
                grid.periods_between(Point::of(first), Point::of(last));
            }
        }
        let finest = Grid::new(Duration::from_nanos(1), Duration::ZERO).unwrap();
        let most = finest.periods_between(Point::of(first), Point::of(last));
        assert_eq!(most, u64::MAX);
    }
}
