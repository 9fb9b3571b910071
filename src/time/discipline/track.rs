//! [`Track`]: the segments that count now, published for any number of readers.

use core::sync::atomic::{AtomicU64, Ordering, fence};

use super::Segment;

/// Segments that are kept: the two that readers look at, the one that is written next, and one more,
/// so that a reader who was put aside for a while finds out that what it read was written over.
const KEPT: u64 = 4;

/// The last two segments of a clock.
///
/// Writers are to take turns; readers need not. Version n says that segment n is the last, and it is
/// written where segment n - 4 was: whoever reads segments n and n - 1 has read them whole if it is
/// no later than version n + 1 afterwards.
#[derive(Debug, Default)]
pub(in crate::time) struct Track {
    version: AtomicU64,
    kept: [Published; KEPT as usize],
}

#[derive(Debug, Default)]
struct Published {
    start: AtomicU64,
    nanos: AtomicU64,
    rate: AtomicU64,
    renew: AtomicU64,
    len: AtomicU64,
}

/// What a track says of a reading of the counter.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(in crate::time) enum Found {
    /// The time.
    Time(u64),
    /// The time, and it would be good to make the next segment.
    TimeToRenew(u64),
    /// It is in neither segment.
    Outside,
}

impl Track {
    /// A track of one segment.
    pub(in crate::time) fn beginning_with(first: &Segment) -> Self {
        let track = Self::default();
        // A segment of no length comes before the first.
        track.publish(first);
        track
    }

    /// The time at which the counter showed `raw`.
    #[inline]
    pub(in crate::time) fn find(&self, raw: u64) -> Found {
        loop {
            let version = self.version.load(Ordering::Acquire);
            let found = self.find_in(version, raw);
            fence(Ordering::Acquire);
            if self.version.load(Ordering::Relaxed).wrapping_sub(version) < 2 {
                return found;
            }
        }
    }

    #[inline(always)]
    fn find_in(&self, version: u64, raw: u64) -> Found {
        let last = self.kept(version);
        let ticks = raw.wrapping_sub(last.start.load(Ordering::Relaxed));
        if ticks < last.renew.load(Ordering::Relaxed) {
            return Found::Time(last.at(ticks));
        }
        if ticks < last.len.load(Ordering::Relaxed) {
            return Found::TimeToRenew(last.at(ticks));
        }
        // The last may not have begun yet.
        let before = self.kept(version.wrapping_sub(1));
        let ticks = raw.wrapping_sub(before.start.load(Ordering::Relaxed));
        if ticks < before.len.load(Ordering::Relaxed) {
            return Found::Time(before.at(ticks));
        }
        Found::Outside
    }

    #[inline(always)]
    fn kept(&self, version: u64) -> &Published {
        &self.kept[(version % KEPT) as usize]
    }

    /// Publishes the segment that comes next. One writer at a time.
    pub(in crate::time) fn publish(&self, next: &Segment) {
        let version = self.version.load(Ordering::Relaxed).wrapping_add(1);
        // Whoever sees one of these stores sees the version before, too.
        fence(Ordering::Release);
        let kept = self.kept(version);
        kept.start.store(next.start, Ordering::Relaxed);
        kept.nanos.store(next.nanos, Ordering::Relaxed);
        kept.rate.store(next.rate, Ordering::Relaxed);
        kept.renew.store(next.renew, Ordering::Relaxed);
        kept.len.store(next.len, Ordering::Relaxed);
        self.version.store(version, Ordering::Release);
    }
}

impl Published {
    /// As [`Segment::at`].
    #[inline(always)]
    fn at(&self, ticks: u64) -> u64 {
        let (nanos, rate) =
            (self.nanos.load(Ordering::Relaxed), self.rate.load(Ordering::Relaxed));
        Segment { start: 0, nanos, rate, renew: 0, len: 0 }.at(ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::Found::{Outside, Time, TimeToRenew};
    use super::*;

    #[test]
    fn a_reading_is_found_in_the_last_segment_or_in_the_one_before() {
        for start in [100, u64::MAX - 104] {
            let segment = |number: u64| Segment {
                start: start.wrapping_add(10 * number),
                nanos: 1_000 + 10 * number,
                rate: 1 << 32,
                renew: 7,
                len: 10,
            };
            let track = Track::beginning_with(&segment(0));
            let find = |ticks: u64| track.find(start.wrapping_add(ticks));
            assert_eq!(track.find(start.wrapping_sub(1)), Outside);
            assert_eq!([find(0), find(6)], [Time(1_000), Time(1_006)]);
            assert_eq!([find(7), find(9)], [TimeToRenew(1_007), TimeToRenew(1_009)]);
            assert_eq!(find(10), Outside);
            // The next is there before it begins.
            track.publish(&segment(1));
            assert_eq!([find(0), find(9)], [Time(1_000), Time(1_009)]);
            assert_eq!([find(10), find(17)], [Time(1_010), TimeToRenew(1_017)]);
            assert_eq!(find(20), Outside);
            for number in 2..20 {
                track.publish(&segment(number));
                let first = 10 * number;
                assert_eq!(find(first - 11), Outside);
                assert_eq!(find(first - 10), Time(990 + first));
                assert_eq!(find(first + 9), TimeToRenew(1_009 + first));
            }
        }
    }
}
