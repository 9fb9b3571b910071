//! [`Segment`]: a straight piece of a clock, over some ticks of a counter.

/// The clock is a straight line over the ticks from `start` on, `len` of them.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Default)]
pub(in crate::time) struct Segment {
    /// What the counter shows at its beginning.
    pub(super) start: u64,
    /// What the clock shows there.
    pub(super) nanos: u64,
    /// Nanoseconds a tick, in units of 2^-32.
    pub(super) rate: u64,
    /// After so many ticks the next segment should be made.
    pub(super) renew: u64,
    /// How many ticks it covers: so few that they last no more than two seconds, so that the product
    /// of these and the rate fits a word.
    pub(super) len: u64,
}

impl Segment {
    /// Bits of a rate behind the point.
    pub(super) const RATE_BITS: u32 = 32;

    /// The clock so many ticks after its beginning, no more than it has.
    #[inline(always)]
    pub(super) const fn at(&self, ticks: u64) -> u64 {
        self.nanos.saturating_add(ticks.wrapping_mul(self.rate) >> Self::RATE_BITS)
    }

    /// What the counter shows at its end.
    pub(super) const fn end(&self) -> u64 {
        self.start.wrapping_add(self.len)
    }

    /// What the clock shows at its end. No reading is above that.
    pub(super) const fn end_nanos(&self) -> u64 {
        self.at(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST_NANOS: u64 = 1 << 31;

    #[test]
    fn the_longest_segment_of_any_rate_fits_a_word() {
        // From a counter of 5 GHz to one of 1 MHz: picoseconds a tick.
        for picos in [200, 385, 1_000, 41_700, 1_000_000_u64] {
            let rate = (picos << 32) / 1_000;
            let len = MOST_NANOS * 1_000 / picos;
            let segment = Segment { start: u64::MAX - 5, nanos: 7, rate, renew: 0, len };
            let exact = (u128::from(len) * u128::from(rate)) >> 32;
            assert_eq!(u128::from(segment.end_nanos()), exact + 7);
            assert!(segment.end_nanos().abs_diff(MOST_NANOS) < 2_000);
            assert_eq!(segment.end(), len - 6, "counters wrap");
        }
    }

    #[test]
    fn the_end_of_time_saturates() {
        let last =
            Segment { start: 0, nanos: u64::MAX - 1, rate: 1 << 32, renew: 5, len: 10 };
        assert_eq!(
            (last.at(1), last.at(2), last.end_nanos()),
            (u64::MAX, u64::MAX, u64::MAX)
        );
    }
}
