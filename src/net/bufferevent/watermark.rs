//! Watermarks: when to announce, when to hold back, when to go on. Arithmetic only.

/// Input is not read beyond this by default.
const READ_HIGH: usize = 64 * 1024;
/// At this much output reading is suspended by default.
const WRITE_HIGH: usize = 256 * 1024;
/// At this little output there is room again by default.
const WRITE_LOW: usize = 64 * 1024;

/// The two marks of one buffer, in bytes.
#[derive(Copy, Clone, Debug)]
pub(super) struct Marks {
    low: usize,
    high: usize,
}

impl Marks {
    pub(super) const INPUT: Self = Self { low: 0, high: READ_HIGH };
    pub(super) const OUTPUT: Self = Self { low: WRITE_LOW, high: WRITE_HIGH };

    pub(super) fn set_low(&mut self, low: usize) {
        self.low = low;
    }

    /// 0 means none, as in libevent: a buffer that may hold nothing is of no use.
    pub(super) fn set_high(&mut self, high: usize) {
        self.high = if high == 0 { usize::MAX } else { high };
    }

    /// A low mark above the high one could never be reached by an input: it counts as the same.
    pub(super) fn low(&self) -> usize {
        self.low.min(self.high)
    }

    /// How many bytes a buffer that holds `len` may still take.
    #[inline]
    pub(super) fn room(&self, len: usize) -> usize {
        self.high.saturating_sub(len)
    }

    /// Whether a buffer that holds `len` bytes holds others back: from the high mark on, until it
    /// is down at the low one.
    #[inline]
    pub(super) fn holds_back(&self, held_back: bool, len: usize) -> bool {
        len >= self.high || (held_back && len > self.low())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(low: usize, high: usize) -> Marks {
        let mut marks = Marks::INPUT;
        marks.set_low(low);
        marks.set_high(high);
        marks
    }

    #[test]
    fn holding_back_starts_at_the_high_mark_and_ends_at_the_low_one() {
        let marks = marks(10, 20);
        assert!(!marks.holds_back(false, 19));
        assert!(marks.holds_back(false, 20));
        assert!(marks.holds_back(true, 11));
        assert!(!marks.holds_back(true, 10));
    }

    #[test]
    fn equal_or_crossed_marks_do_not_hold_back_for_ever() {
        for marks in [marks(20, 20), marks(30, 20)] {
            assert!(marks.holds_back(true, 20));
            assert!(!marks.holds_back(true, 19));
            assert_eq!(marks.low(), 20);
        }
    }

    #[test]
    fn a_high_mark_of_zero_is_none() {
        let marks = marks(0, 0);
        assert!(!marks.holds_back(false, usize::MAX - 1));
        assert_eq!(marks.room(5), usize::MAX - 5);
        assert_eq!(super::Marks::INPUT.room(READ_HIGH + 1), 0);
    }
}
