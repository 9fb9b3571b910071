//! [`Instant`]: a point in time, in nanoseconds since its clock's origin.

use core::ops::{Add, AddAssign, Sub, SubAssign};
use core::time::Duration;

/// A point in time: whole nanoseconds since the origin of the clock that read it.
///
/// Arithmetic saturates at [`Instant::ZERO`] and [`Instant::MAX`], so that no duration, however
/// long, can panic or wrap. A `u64` of nanoseconds lasts 584 years. Instants of different clocks
/// have nothing to do with each other; nothing here can tell them apart.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::time::Instant;
///
/// let start = Instant::from_nanos(1_500);
/// assert_eq!((start + Duration::from_micros(1)).as_nanos(), 2_500);
/// assert_eq!(start + Duration::MAX, Instant::MAX);
/// assert_eq!(start - Duration::from_secs(1), Instant::ZERO);
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Default)]
pub struct Instant(u64);

impl Instant {
    /// The clock's origin.
    pub const ZERO: Self = Self(0);
    /// The last instant there is: where additions saturate. A timer due here never fires in
    /// practice.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant that many nanoseconds after the clock's origin.
    #[inline]
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's origin.
    #[inline]
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`; zero when `earlier` is in fact later.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use tourbillon::time::Instant;
    /// let (a, b) = (Instant::from_nanos(3), Instant::from_nanos(5));
    /// assert_eq!(b.saturating_duration_since(a), Duration::from_nanos(2));
    /// assert_eq!(a.saturating_duration_since(b), Duration::ZERO);
    /// ```
    #[inline]
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The time from `earlier` to `self`, or `None` when `earlier` is later.
    #[inline]
    #[must_use]
    pub const fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        match self.0.checked_sub(earlier.0) {
            Some(nanos) => Some(Duration::from_nanos(nanos)),
            None => None,
        }
    }

    /// `self + duration`, or `None` when that lies beyond [`Instant::MAX`].
    #[inline]
    #[must_use]
    pub const fn checked_add(self, duration: Duration) -> Option<Self> {
        match nanos_of(duration) {
            Some(nanos) => match self.0.checked_add(nanos) {
                Some(sum) => Some(Self(sum)),
                None => None,
            },
            None => None,
        }
    }

    /// `self - duration`, or `None` when that lies before [`Instant::ZERO`].
    #[inline]
    #[must_use]
    pub const fn checked_sub(self, duration: Duration) -> Option<Self> {
        match nanos_of(duration) {
            Some(nanos) => match self.0.checked_sub(nanos) {
                Some(difference) => Some(Self(difference)),
                None => None,
            },
            None => None,
        }
    }
}

/// A duration in nanoseconds, or `None` above `u64::MAX` of them (584 years).
#[inline]
const fn nanos_of(duration: Duration) -> Option<u64> {
    match duration.as_secs().checked_mul(1_000_000_000) {
        Some(whole) => whole.checked_add(duration.subsec_nanos() as u64),
        None => None,
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    #[inline]
    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self::MAX)
    }
}

impl AddAssign<Duration> for Instant {
    #[inline]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    #[inline]
    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).unwrap_or(Self::ZERO)
    }
}

impl SubAssign<Duration> for Instant {
    #[inline]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}
