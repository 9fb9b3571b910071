//! [`Bucket`]: lateness in steps of 1, 2 and 5, so that a tail of milliseconds and a body of
//! nanoseconds fit one picture.

/// How many fires were later than `above_nanos`, and no later than `to_nanos`.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) struct Bucket {
    pub(super) above_nanos: u64,
    pub(super) to_nanos: u64,
    pub(super) count: u64,
}

/// 0, 100, 200, 500, 1000, 2000 and so on: below a tenth of a microsecond there is nothing to tell
/// apart.
fn edges() -> impl Iterator<Item = u64> {
    let decades =
        (0..).map_while(|power| 100_u64.checked_mul(10_u64.checked_pow(power)?));
    let steps =
        decades.flat_map(|decade| [1, 2, 5].map(|step| decade.saturating_mul(step)));
    std::iter::once(0).chain(steps)
}

/// From the first bucket that has a fire to the last, the empty ones between them included.
/// `counts` are pairs of nanoseconds and fires, in order.
pub(super) fn of(counts: impl Iterator<Item = (u64, u64)>) -> Vec<Bucket> {
    let mut buckets: Vec<_> = edges()
        .zip(edges().skip(1))
        .map(|(above_nanos, to_nanos)| Bucket { above_nanos, to_nanos, count: 0 })
        .collect();
    for (nanos, count) in counts {
        let place = buckets.partition_point(|bucket| bucket.to_nanos < nanos);
        let last = buckets.len() - 1;
        buckets[place.min(last)].count += count;
    }
    let is_empty = |bucket: &Bucket| bucket.count == 0;
    let used = buckets.len() - buckets.iter().rev().take_while(|b| is_empty(b)).count();
    buckets.truncate(used);
    let unused = buckets.iter().take_while(|bucket| is_empty(bucket)).count();
    buckets.split_off(unused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fire_on_an_edge_is_in_the_bucket_below() {
        let buckets =
            of([(0, 1), (100, 2), (101, 4), (1_000, 8), (1_001, 16)].into_iter());
        let counts: Vec<_> = buckets.iter().map(|b| (b.to_nanos, b.count)).collect();
        assert_eq!(counts, [(100, 3), (200, 4), (500, 0), (1_000, 8), (2_000, 16)]);
        assert!(buckets.windows(2).all(|pair| pair[0].to_nanos == pair[1].above_nanos));
    }

    #[test]
    fn the_ends_of_what_there_is_are_the_ends() {
        assert_eq!(of(std::iter::empty()), []);
        let hour = 3_600_000_000_000;
        let buckets = of([(hour, 1)].into_iter());
        assert_eq!(buckets.len(), 1);
        assert!(buckets[0].above_nanos < hour && hour <= buckets[0].to_nanos);
        assert_eq!(of([(u64::MAX, 1)].into_iter()).len(), 1);
    }
}
