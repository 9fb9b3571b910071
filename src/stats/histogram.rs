//! [`Histogram`]: how long something took, how often.

use core::fmt;
use core::time::Duration;

/// The longest duration that is told apart from longer ones: an hour.
const LONGEST_NANOS: u64 = 3_600_000_000_000;

/// A distribution of durations, from one nanosecond to one hour.
///
/// A fixed table (some 40 KiB): recording costs a few nanoseconds and allocates nothing. Values are
/// kept to two significant digits, so that a quantile is at most one percent off. Durations above
/// an hour count as an hour.
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
    counts: hdrhistogram::Histogram<u64>,
}

impl Histogram {
    /// An empty histogram, with all the memory it will ever use.
    #[must_use]
    pub fn new() -> Self {
        let counts = hdrhistogram::Histogram::new_with_bounds(1, LONGEST_NANOS, 2)
            .expect("the bounds are constants, and valid");
        Self { counts }
    }

    /// Counts one duration.
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts.saturating_record(nanos.min(LONGEST_NANOS));
    }

    /// How many durations were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The mean; zero when nothing was recorded.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::try_from_secs_f64(self.counts.mean() / 1e9).unwrap_or(Duration::ZERO)
    }

    /// The shortest; zero when nothing was recorded.
    #[must_use]
    pub fn min(&self) -> Duration {
        Duration::from_nanos(self.counts.min())
    }

    /// The longest, rounded up to the precision of the table; zero when nothing was recorded.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.counts.max())
    }

    /// The duration that the share `q` of those recorded did not exceed: `0.5` is the median,
    /// `0.99` the 99th percentile. Zero when nothing was recorded; `q` is clamped to 0..=1.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Duration {
        let share = if q.is_nan() { 0.0 } else { q.clamp(0.0, 1.0) };
        Duration::from_nanos(self.counts.value_at_quantile(share))
    }

    /// Forgets all that was recorded, and keeps the memory.
    pub fn clear(&mut self) {
        self.counts.reset();
    }
}

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

    #[test]
    fn an_empty_histogram_is_all_zero() {
        let empty = Histogram::new();
        assert!(empty.is_empty());
        assert_eq!(empty.count(), 0);
        assert_eq!(empty.mean(), Duration::ZERO);
        assert_eq!(empty.min(), Duration::ZERO);
        assert_eq!(empty.max(), Duration::ZERO);
        assert_eq!(empty.quantile(f64::NAN), Duration::ZERO);
    }

    #[test]
    fn durations_beyond_the_table_count_at_its_ends() {
        let mut histogram = Histogram::new();
        histogram.record(Duration::ZERO);
        histogram.record(Duration::MAX);
        assert_eq!(histogram.count(), 2);
        assert_eq!(histogram.quantile(-1.0), Duration::ZERO);
        let (hour, longest) = (Duration::from_secs(3600), histogram.quantile(7.0));
        assert!(longest >= hour && longest < hour + hour / 100, "{longest:?}");
        histogram.clear();
        assert!(histogram.is_empty());
    }

    #[test]
    fn a_quantile_is_at_most_one_percent_off() {
        let mut histogram = Histogram::new();
        for nanos in 1..=10_000_u64 {
            histogram.record(Duration::from_nanos(nanos));
        }
        for (share, exact) in [(0.1, 1_000), (0.5, 5_000), (0.99, 9_900), (1.0, 10_000)] {
            let quantile = histogram.quantile(share).as_nanos();
            assert!(quantile >= exact && quantile <= exact + exact / 100, "{quantile}");
        }
    }
}
