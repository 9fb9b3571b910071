//! [`Random`]: numbers that look random and are the same in every run with the same seed.

use std::time::Duration;

use crate::units;

/// Steele, Lea and Flood's `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..below`.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(below);
        u64::try_from(product >> 64).expect("the upper half of a product")
    }

    /// One of `min..=max`.
    pub(crate) fn duration(&mut self, min: Duration, max: Duration) -> Duration {
        let range = units::nanos(max.saturating_sub(min));
        min + Duration::from_nanos(self.below(range.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_are_both_drawn_and_nothing_beyond() {
        let (min, max) = (Duration::from_nanos(5), Duration::from_nanos(8));
        let mut random = Random::new(1);
        let mut drawn = [0; 16];
        for _ in 0..4_000 {
            let nanos = units::nanos(random.duration(min, max));
            drawn[usize::try_from(nanos).unwrap()] += 1;
        }
        assert!(
            drawn[5..=8].iter().all(|count| (800..1_200).contains(count)),
            "{drawn:?}"
        );
        assert_eq!(drawn[5..=8].iter().sum::<i32>(), 4_000, "{drawn:?}");
    }
}
