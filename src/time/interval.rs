//! [`Interval`]: the arithmetic of a period, without a clock.
//!
//! Ground rules: the interval is asked, it never acts. Whoever owns it waits until
//! [`next_deadline`](Interval::next_deadline), then calls [`tick`](Interval::tick) until that is
//! `None`.
//!
//! Invariants:
//! - I1 The k-th tick is due at start + k·period exactly. Instants are whole nanoseconds, so adding
//!   periods one by one is as exact as multiplying; nothing is ever rounded or saturated.
//! - I2 A tick that would lie beyond `Instant::MAX` does not exist: the interval ends before it.
//! - I3 Ticks come out in order, each index at most once, and never before they are due.
//!
//! Costs: a comparison when nothing is due; one division after a miss, however far time jumped.
//!
//! Not promised: I1 under [`MissedTickBehavior::Delay`] after a miss. Leaving the grid is what that
//! is for.

use core::error::Error;
use core::fmt;
use core::num::NonZeroU64;
use core::time::Duration;

use crate::time::{Drift, Instant, MissedTickBehavior};

/// A fixed period: ticks at `start`, `start + period`, `start + 2·period` and so on.
///
/// Being late for one tick moves no other. What happens to ticks that were missed altogether is up
/// to the [`MissedTickBehavior`]; by default they are skipped and counted.
///
/// In libevent an `EV_PERSIST` timer comes closest, but that loses its grid after a miss.
///
/// ```
/// use core::time::Duration;
/// use tourbillon::time::{Instant, Interval};
///
/// let at = |millis| Instant::ZERO + Duration::from_millis(millis);
/// let mut every = Interval::new(at(100), Duration::from_millis(100))?;
///
/// assert_eq!(every.tick(at(99)), None);
/// let tick = every.tick(at(140)).unwrap();
/// assert_eq!((tick.scheduled, tick.index, tick.missed), (at(100), 0, 0));
///
/// // Late by more than a period: the tick at 200 is skipped, the grid is kept.
/// let tick = every.tick(at(310)).unwrap();
/// assert_eq!((tick.scheduled, tick.index, tick.missed), (at(300), 2, 1));
/// assert_eq!(every.next_deadline(), at(400));
/// # Ok::<(), tourbillon::time::ZeroPeriod>(())
/// ```
///
/// Two are equal if they have gone the same way, [`drift`](Self::drift) included.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Interval {
    /// When the next tick is due; `None` once it would lie beyond `Instant::MAX` (I2).
    next: Option<Instant>,
    /// The index of the next tick.
    index: u64,
    period: Duration,
    missed_tick_behavior: MissedTickBehavior,
    /// When tick 0 was due.
    start: Instant,
    drift: Drift,
}

/// One tick of an [`Interval`].
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct Tick {
    /// When it was due.
    pub scheduled: Instant,
    /// Its place on the grid, counted from 0. Skipped ticks leave gaps.
    pub index: u64,
    /// How many ticks were skipped just before it.
    pub missed: u64,
}

/// An interval was asked for whose period is zero.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct ZeroPeriod;

impl fmt::Display for ZeroPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the period of an interval must be longer than zero")
    }
}

impl Error for ZeroPeriod {}

impl Interval {
    /// An interval whose first tick is due at `start`, and which skips missed ticks.
    ///
    /// # Errors
    ///
    /// [`ZeroPeriod`] if `period` is zero: there would be no end of ticks at any one time.
    pub const fn new(start: Instant, period: Duration) -> Result<Self, ZeroPeriod> {
        if period.is_zero() {
            return Err(ZeroPeriod);
        }
        Ok(Self {
            next: Some(start),
            index: 0,
            period,
            missed_tick_behavior: MissedTickBehavior::Skip,
            start,
            drift: Drift::NONE,
        })
    }

    /// The same interval, with another way to treat missed ticks.
    #[must_use]
    pub const fn with_missed_tick_behavior(
        mut self,
        behavior: MissedTickBehavior,
    ) -> Self {
        self.missed_tick_behavior = behavior;
        self
    }

    /// How missed ticks are treated.
    #[must_use]
    pub const fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed_tick_behavior
    }

    /// Treats ticks that are missed from now on in another way.
    pub const fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed_tick_behavior = behavior;
    }

    /// The time from one tick to the next.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// When the next tick is due.
    ///
    /// [`Instant::MAX`] if there is none, because it would lie beyond that; see
    /// [`is_over`](Self::is_over).
    #[inline]
    #[must_use]
    pub const fn next_deadline(&self) -> Instant {
        match self.next {
            Some(next) => next,
            None => Instant::MAX,
        }
    }

    /// Whether there are no more ticks: the next would lie beyond [`Instant::MAX`], 584 years after
    /// the clock's origin. From then on [`tick`](Self::tick) is `None` forever.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.next.is_none()
    }

    /// How the ticks handed out so far kept to the grid. A copy of some counters.
    #[must_use]
    pub const fn drift(&self) -> Drift {
        self.drift
    }

    /// Starts over: tick 0 is due one period from `now`, which is a reading of the clock that it is asked
    /// by. The names of this and of the three below are tokio's, where `now` is not said. Libevent:
    /// `event_add` of a pending event; libuv: `uv_timer_again`.
    ///
    /// ```
    /// use core::time::Duration;
    /// use tourbillon::time::{Instant, Interval};
    ///
    /// let at = |millis| Instant::ZERO + Duration::from_millis(millis);
    /// let mut every = Interval::new(at(0), Duration::from_millis(300))?;
    /// every.reset(at(400));
    /// assert_eq!(every.next_deadline(), at(700));
    /// every.reset_immediately(at(400));
    /// assert_eq!(every.next_deadline(), at(400));
    /// every.reset_after(at(400), Duration::from_millis(20));
    /// assert_eq!(every.next_deadline(), at(420));
    /// every.reset_at(at(440));
    /// assert_eq!(every.next_deadline(), at(440));
    /// # Ok::<(), tourbillon::time::ZeroPeriod>(())
    /// ```
    pub fn reset(&mut self, now: Instant) {
        self.reset_after(now, self.period);
    }

    /// Starts over: tick 0 is due at `now`. See [`reset`](Self::reset).
    pub const fn reset_immediately(&mut self, now: Instant) {
        self.reset_at(now);
    }

    /// Starts over: tick 0 is due `after` from `now`, at [`Instant::MAX`] if that would be later. See
    /// [`reset`](Self::reset).
    pub fn reset_after(&mut self, now: Instant, after: Duration) {
        self.reset_at(now + after);
    }

    /// Starts over: tick 0 is due at `start`, with the same period, and [`drift`](Self::drift) counts
    /// anew. See [`reset`](Self::reset).
    pub const fn reset_at(&mut self, start: Instant) {
        self.next = Some(start);
        self.index = 0;
        self.start = start;
        self.drift = Drift::NONE;
    }

    /// The tick that is due at `now`, if any, which is then done with.
    ///
    /// Under `Burst` and `BurstUpTo` more of them may be due; the next call tells. Costs one
    /// comparison when nothing is due, and at most one division however late it is.
    #[must_use = "a tick is handed out once"]
    pub fn tick(&mut self, now: Instant) -> Option<Tick> {
        let scheduled = self.next?;
        let late = now.checked_duration_since(scheduled)?;
        let tick = match nanos_if_at_most(self.period, late) {
            None => self.hand_out(scheduled, 0),
            Some(period) => self.hand_out_late(scheduled, now, period),
        };
        self.drift.note(&tick, now, self.start, self.period);
        Some(tick)
    }

    /// Hands out a tick after one or more were missed. The period fits an `Instant`: it is no
    /// longer than the lateness, which is the difference of two.
    fn hand_out_late(
        &mut self,
        scheduled: Instant,
        now: Instant,
        period: NonZeroU64,
    ) -> Tick {
        let keep = match self.missed_tick_behavior {
            MissedTickBehavior::Skip => 1,
            MissedTickBehavior::BurstUpTo(most) => u64::from(most.get()),
            MissedTickBehavior::Burst => return self.hand_out(scheduled, 0),
            MissedTickBehavior::Delay => {
                let tick = self.hand_out(scheduled, 0);
                self.next = now.checked_add(self.period);
                return tick;
            }
        };
        // Due are this tick and `later` more; of all these, the last `keep` are handed out.
        let later = (now.as_nanos() - scheduled.as_nanos()) / period;
        let skipped = later.saturating_sub(keep - 1);
        // Neither overflows: the tick so far ahead is still due, that is, not after `now`.
        let scheduled = scheduled.as_nanos() + skipped * period.get();
        self.hand_out(Instant::from_nanos(scheduled), skipped)
    }

    /// Hands out the tick due at `scheduled`, which is `skipped` ticks ahead of the next one.
    fn hand_out(&mut self, scheduled: Instant, skipped: u64) -> Tick {
        // Each tick takes a nanosecond or more, so that indices cannot run out before instants do.
        let index = self.index.saturating_add(skipped);
        self.index = index.saturating_add(1);
        self.next = scheduled.checked_add(self.period);
        Tick { scheduled, index, missed: skipped }
    }
}

/// The period in nanoseconds if it is no longer than `late`, which is the exact test for a miss.
fn nanos_if_at_most(period: Duration, late: Duration) -> Option<NonZeroU64> {
    if period > late {
        return None;
    }
    // Both conversions hold: `late` is the difference of two instants, and no period is zero.
    u64::try_from(period.as_nanos()).ok().and_then(NonZeroU64::new)
}
