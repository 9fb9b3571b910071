//! [`Histogram`]: how long something took, how often.
//!
//! Log-linear, as Gil Tene's `HdrHistogram` is: each power of two is cut into the same number of
//! buckets. Written anew because recording is on the way of every handler, often just after a sleep, when
//! nothing of a table is in the processor's caches: what comes is written down beside the counters, and
//! sorted in seven at a time (docs/DESIGN.md).
//!
//! # Invariants
//!
//! - I1: `counted` is of what is in `counts`: of all but the first `waits` of `waiting`.
//! - I2: the buckets are in the order of what they hold, without gaps, and a bucket is no wider than a
//!   128th of the least duration in it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// The longest duration that is told apart from longer ones: an hour.
const LONGEST_NANOS: u64 = 3_600_000_000_000;

/// Buckets to a power of two, as a power of two.
const CUT_BITS: u32 = 7;

const BUCKETS: usize = bucket_of(LONGEST_NANOS) + 1;

/// A distribution of durations, from zero to one hour.
///
/// A fixed table of 36 KiB: recording costs 2 or 3 ns, in the mean, and allocates nothing. A quantile is at most
/// one percent too high; the count, the mean, the shortest and the longest are exact, as long as all of
/// them add up to less than 584 years. Durations above an hour count as an hour. Questions may copy
/// the table, and allocate for that.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::stats::Histogram;
///
/// let mut waits = Histogram::new();
/// for micros in 1..=100 {
///     waits.record(Duration::from_micros(micros));
/// }
/// assert_eq!(waits.count(), 100);
/// let median = waits.quantile(0.5);
/// assert!(median >= Duration::from_micros(50) && median < Duration::from_micros(51));
/// ```
#[derive(Clone)]
pub struct Histogram {
    counts: Box<[u64]>,
    counted: Counted,
    waits: usize,
    waiting: [u64; WAITING],
}

/// As many as fill a cache line with their number.
const WAITING: usize = 7;

/// What is known of some durations without a table.
#[derive(Copy, Clone, Eq, PartialEq)]
struct Counted {
    count: u64,
    sum_nanos: u64,
    min_nanos: u64,
    max_nanos: u64,
}

impl Counted {
    const NOTHING: Self =
        Self { count: 0, sum_nanos: 0, min_nanos: u64::MAX, max_nanos: 0 };

    const fn one(nanos: u64) -> Self {
        Self { count: 1, sum_nanos: nanos, min_nanos: nanos, max_nanos: nanos }
    }

    fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            sum_nanos: self.sum_nanos.saturating_add(other.sum_nanos),
            min_nanos: self.min_nanos.min(other.min_nanos),
            max_nanos: self.max_nanos.max(other.max_nanos),
        }
    }
}

/// The bucket of a duration. The first 256 are a nanosecond wide; after that each power of two has 128.
#[inline]
const fn bucket_of(nanos: u64) -> usize {
    // So many of the lowest bits make no difference.
    let blur = (u64::BITS - (nanos | 1).leading_zeros()).saturating_sub(CUT_BITS + 1);
    ((blur as usize) << CUT_BITS) + (nanos >> blur) as usize
}

/// The longest duration that is in a bucket.
const fn last_of(bucket: usize) -> u64 {
    let blur = (bucket >> CUT_BITS).saturating_sub(1);
    let cut = bucket - (blur << CUT_BITS);
    ((cut as u64 + 1) << blur) - 1
}

impl Histogram {
    /// An empty histogram, with all the memory it will ever use.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counts: vec![0; BUCKETS].into_boxed_slice(),
            counted: Counted::NOTHING,
            waits: 0,
            waiting: [0; WAITING],
        }
    }

    /// Counts one duration. O(1).
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        self.record_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// As [`record`](Self::record), of so many nanoseconds.
    #[inline]
    pub fn record_nanos(&mut self, nanos: u64) {
        self.waiting[self.waits] = nanos;
        self.waits += 1;
        if self.waits == WAITING {
            self.settle();
        }
    }

    /// Sorts in what waits.
    #[inline(never)]
    fn settle(&mut self) {
        let mut these = Counted { count: self.waits as u64, ..Counted::NOTHING };
        for nanos in &self.waiting[..self.waits] {
            let nanos = (*nanos).min(LONGEST_NANOS);
            let count = &mut self.counts[bucket_of(nanos)];
            *count = count.saturating_add(1);
            // Seven hours at most.
            these.sum_nanos += nanos;
            these.min_nanos = these.min_nanos.min(nanos);
            these.max_nanos = these.max_nanos.max(nanos);
        }
        self.counted = self.counted.and(these);
        self.waits = 0;
    }

    /// The same with nothing waiting.
    fn settled(&self) -> Cow<'_, Self> {
        if self.waits == 0 {
            return Cow::Borrowed(self);
        }
        let mut settled = self.clone();
        settled.settle();
        Cow::Owned(settled)
    }

    fn counted(&self) -> Counted {
        let waiting = self.waiting[..self.waits].iter();
        let waiting = waiting.map(|nanos| Counted::one((*nanos).min(LONGEST_NANOS)));
        waiting.fold(self.counted, Counted::and)
    }

    /// Counts all that another histogram has counted, as if it had been recorded here.
    pub fn merge(&mut self, other: &Self) {
        let other = other.settled();
        for (ours, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *ours = ours.saturating_add(*theirs);
        }
        self.counted = self.counted.and(other.counted);
    }

    /// How many durations were recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.counted.count.saturating_add(self.waits as u64)
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The mean; zero when nothing was recorded.
    #[must_use]
    pub fn mean(&self) -> Duration {
        let Counted { count, sum_nanos, .. } = self.counted();
        Duration::from_nanos(sum_nanos.checked_div(count).unwrap_or(0))
    }

    /// The shortest; zero when nothing was recorded.
    #[must_use]
    pub fn min(&self) -> Duration {
        let Counted { min_nanos, max_nanos, .. } = self.counted();
        Duration::from_nanos(min_nanos.min(max_nanos))
    }

    /// The longest; zero when nothing was recorded.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.counted().max_nanos)
    }

    /// The duration that the share `q` of those recorded did not exceed: `0.5` is the median,
    /// `0.99` the 99th percentile. Zero when nothing was recorded; `q` is clamped to 0..=1, and 1 is
    /// the longest. O(buckets): some microseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "2^53 entries take years")]
    #[expect(clippy::cast_sign_loss, reason = "the share is not negative")]
    pub fn quantile(&self, q: f64) -> Duration {
        let share = if q.is_nan() { 0.0 } else { q.clamp(0.0, 1.0) };
        let settled = self.settled();
        let Counted { count, min_nanos, max_nanos, .. } = settled.counted;
        // The one with this rank, counted from 1, is the first that so many do not exceed.
        let rank = ((share * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut counted = 0;
        for (bucket, &count) in settled.counts.iter().enumerate() {
            counted = count.saturating_add(counted);
            if counted >= rank {
                return Duration::from_nanos(last_of(bucket).clamp(min_nanos, max_nanos));
            }
        }
        Duration::ZERO
    }

    /// What was counted, shortest first: the longest duration of each bucket that is not empty, and how
    /// many durations are in it. O(buckets).
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use tourbillon::stats::Histogram;
    /// let mut waits = Histogram::new();
    /// [5, 90, 5].map(|nanos| waits.record(Duration::from_nanos(nanos)));
    /// let counted: Vec<_> = waits.iter().map(|(upto, n)| (upto.as_nanos(), n)).collect();
    /// assert_eq!(counted, [(5, 2), (90, 1)]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> + use<> {
        let settled = self.settled();
        let counts = settled.counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        let counts: Vec<_> = counts
            .map(|(bucket, &count)| (Duration::from_nanos(last_of(bucket)), count))
            .collect();
        counts.into_iter()
    }

    /// Forgets all that was recorded, and keeps the memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.counted, self.waits) = (Counted::NOTHING, 0);
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.settled(), other.settled());
        one.counts == other.counts && one.counted == other.counted
    }
}

impl Eq for Histogram {}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("p50", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn nanos(nanos: u64) -> Duration {
        Duration::from_nanos(nanos)
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap_and_are_narrow() {
        let mut first = 0;
        for bucket in 0..BUCKETS {
            let last = last_of(bucket);
            assert_eq!((bucket_of(first), bucket_of(last)), (bucket, bucket));
            assert!((last - first) * 128 <= first, "{first} to {last}");
            first = last + 1;
        }
        assert!(first > LONGEST_NANOS);
        assert_eq!(bucket_of(0), 0);
    }

    #[test]
    fn an_empty_histogram_is_all_zero() {
        let empty = Histogram::new();
        assert!(empty.is_empty());
        assert_eq!((empty.count(), empty.iter().count()), (0, 0));
        let all = [empty.mean(), empty.min(), empty.max(), empty.quantile(f64::NAN)];
        assert_eq!(all, [Duration::ZERO; 4]);
        assert_eq!(empty.quantile(1.0), Duration::ZERO);
    }

    #[test]
    fn durations_beyond_the_table_count_at_its_ends() {
        let mut histogram = Histogram::new();
        histogram.record(Duration::ZERO);
        histogram.record(Duration::MAX);
        assert_eq!(histogram.count(), 2);
        assert_eq!(histogram.quantile(-1.0), Duration::ZERO);
        assert_eq!(histogram.quantile(7.0), Duration::from_secs(3600));
        histogram.clear();
        assert_eq!(histogram, Histogram::new());
    }

    #[test]
    fn a_quantile_is_that_of_the_sorted_durations_or_one_percent_more() {
        let mut seed = 11_u64;
        for length in [1, 2, 3, 10, 1_000_usize] {
            let mut histogram = Histogram::new();
            let mut all: Vec<u64> = Vec::new();
            for _ in 0..length {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let nanos = (seed >> 20) >> (seed % 40);
                all.push(nanos.min(LONGEST_NANOS));
                histogram.record(Duration::from_nanos(nanos));
            }
            all.sort_unstable();
            assert_eq!(histogram.count(), length as u64);
            for permille in [0, 1, 100, 333, 500, 900, 990, 999, 1_000] {
                let rank = (length * permille).div_ceil(1_000).max(1);
                let exact = all[rank - 1];
                let share = f64::from(u32::try_from(permille).unwrap()) / 1_000.0;
                let quantile = histogram.quantile(share).as_nanos() as u64;
                let most = exact + exact / 100;
                assert!(
                    (exact..=most).contains(&quantile),
                    "{permille} of {length}: {quantile}, not {exact}"
                );
            }
            let sum: u64 = all.iter().sum();
            assert_eq!(histogram.mean(), nanos(sum / length as u64));
            assert_eq!(
                (histogram.min(), histogram.max()),
                (nanos(all[0]), nanos(all[length - 1]))
            );
        }
    }

    #[test]
    fn merging_is_recording_both() {
        let (mut one, mut other, mut both) =
            (Histogram::new(), Histogram::new(), Histogram::new());
        for micros in 1..500 {
            let duration = Duration::from_micros(micros * micros);
            if micros % 3 == 0 { &mut one } else { &mut other }.record(duration);
            both.record(duration);
        }
        one.merge(&other);
        assert_eq!(one, both);
        one.merge(&Histogram::new());
        assert_eq!(one, both);
        for _ in 0..70 {
            let copy = one.clone();
            one.merge(&copy);
            one.record(Duration::MAX);
        }
        assert_eq!((one.count(), one.max()), (u64::MAX, Duration::from_secs(3_600)));
        assert!(one.quantile(0.5) > Duration::ZERO && one.mean() > Duration::ZERO);
        assert_eq!(both.iter().map(|(_, count)| count).sum::<u64>(), 499);
    }
}
