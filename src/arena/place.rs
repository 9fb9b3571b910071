//! [`Place`]: where a timer is, in 38 bits.

use core::fmt;

/// Where a timer is, and the common timeout it was scheduled with, in the lower 38 bits.
///
/// The upper 6 of them name the home queue (0: none), which a timer keeps for life. Two more say in
/// what it is: on the wheel, in its home queue, or in nothing (detached). The lower 30 are its spot:
/// where in the chunks it is written down.
///
/// "Queued without a home" is what a timer with slack is: in no list over its own arena, and its spot
/// names its window instead. That takes no fifth state, and whoever asks for its home finds none.
#[derive(Copy, Clone, Eq, PartialEq)]
pub(crate) struct Place(u64);

const SPOT_BITS: u32 = 30;
const SPOT_MASK: u64 = (1 << SPOT_BITS) - 1;
const STATE_BITS: u32 = 2;
const STATE_MASK: u64 = ((1 << STATE_BITS) - 1) << SPOT_BITS;
const HOME_SHIFT: u32 = SPOT_BITS + STATE_BITS;
const HOME_BITS: u32 = 6;

/// In a slot of the wheel.
const ON_WHEEL: u64 = 0 << SPOT_BITS;
/// In the home queue, ahead of the place that its deadline asks for.
const POSTPONED: u64 = 1 << SPOT_BITS;
/// In the home queue, at the place that its deadline asks for.
const QUEUED: u64 = 2 << SPOT_BITS;
/// Alive, but in nothing.
const DETACHED: u64 = 3 << SPOT_BITS;

impl Place {
    /// Bits of a place.
    pub(super) const BITS: u32 = HOME_SHIFT + HOME_BITS;
    /// The bits of a place.
    pub(super) const MASK: u64 = (1 << Self::BITS) - 1;
    /// Spots that can be told apart.
    pub(super) const SPOTS: usize = 1 << SPOT_BITS;
    /// The spot of a timer that is on the wheel and in no list yet. No chunk has it.
    pub(crate) const NO_SPOT: u32 = Self::SPOTS as u32 - 1;
    /// Home queues are numbered below this.
    pub(crate) const HOME_LIMIT: u32 = (1 << HOME_BITS) - 1;

    /// Alive, but in nothing; no home queue.
    pub(crate) const DETACHED: Self = Self(DETACHED);

    #[inline]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::MASK)
    }

    #[inline]
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// The same place, for a timer of that home queue.
    #[inline]
    pub(crate) const fn with_home(self, home: Option<u32>) -> Self {
        let number = match home {
            Some(queue) => {
                debug_assert!(queue < Self::HOME_LIMIT);
                queue as u64 + 1
            }
            None => 0,
        };
        Self((self.0 & (STATE_MASK | SPOT_MASK)) | (number << HOME_SHIFT))
    }

    /// The number of the queue it was scheduled with, from one on; zero: there is none.
    #[inline]
    pub(crate) const fn home_number(self) -> usize {
        (self.0 >> HOME_SHIFT) as usize
    }

    /// The queue it was scheduled with.
    #[inline]
    pub(crate) const fn home(self) -> Option<u32> {
        ((self.0 >> HOME_SHIFT) as u32).checked_sub(1)
    }

    #[inline]
    const fn at(self, state: u64, spot: u32) -> Self {
        debug_assert!((spot as usize) < Self::SPOTS);
        Self((self.0 & !(STATE_MASK | SPOT_MASK)) | state | spot as u64)
    }

    /// On the wheel, at that spot of a slot's list.
    #[inline]
    pub(crate) const fn on_wheel(self, spot: u32) -> Self {
        self.at(ON_WHEEL, spot)
    }

    /// In the home queue, at that spot, where its deadline asks for.
    #[inline]
    pub(crate) const fn queued(self, spot: u32) -> Self {
        self.at(QUEUED, spot)
    }

    /// At another spot of the same list.
    #[inline]
    pub(crate) const fn at_spot(self, spot: u32) -> Self {
        self.at(self.0 & STATE_MASK, spot)
    }

    /// In the home queue, ahead of the place that its deadline asks for.
    #[inline]
    pub(crate) const fn postponed_in_queue(self) -> Self {
        debug_assert!(self.is_queued());
        Self((self.0 & !STATE_MASK) | POSTPONED)
    }

    /// In the home queue, whose end it is: in order again.
    #[inline]
    pub(crate) const fn in_order_in_queue(self) -> Self {
        debug_assert!(self.is_queued());
        Self((self.0 & !STATE_MASK) | QUEUED)
    }

    /// In no list, but with a window of that number.
    #[inline]
    pub(crate) const fn in_window(window: u32) -> Self {
        assert!((window as usize) < Self::SPOTS, "so many windows cannot be told apart");
        Self(QUEUED | window as u64)
    }

    /// The number of its window, if it has one.
    #[inline]
    pub(crate) const fn window(self) -> Option<u32> {
        if self.0 & !SPOT_MASK == QUEUED {
            Some((self.0 & SPOT_MASK) as u32)
        } else {
            None
        }
    }

    /// In nothing.
    #[cfg(feature = "mio")]
    #[inline]
    pub(crate) const fn detached(self) -> Self {
        self.at(DETACHED, 0)
    }

    /// Where it is written down; `None`: it is detached.
    #[inline]
    pub(crate) const fn spot(self) -> Option<u32> {
        if self.is_detached() { None } else { Some((self.0 & SPOT_MASK) as u32) }
    }

    /// Where it is written down, given that it is in a list.
    #[inline]
    pub(crate) const fn spot_in_list(self) -> u32 {
        debug_assert!(!self.is_detached());
        (self.0 & SPOT_MASK) as u32
    }

    /// Whether of these bits, and all those above a place, none is set above the spot: on the wheel, and
    /// without a home.
    #[inline]
    pub(super) const fn is_plain(bits: u64) -> bool {
        const { assert!(ON_WHEEL == 0) };
        bits >> SPOT_BITS == 0
    }

    #[inline]
    pub(crate) const fn is_on_wheel(self) -> bool {
        self.0 & STATE_MASK == ON_WHEEL
    }

    /// On the wheel or ahead of its place in the queue: a later deadline changes nothing but itself.
    #[inline]
    pub(crate) const fn waits_for_its_deadline(self) -> bool {
        const { assert!(ON_WHEEL & QUEUED == 0 && POSTPONED & QUEUED == 0) };
        const { assert!(DETACHED & QUEUED != 0) };
        self.0 & QUEUED == 0
    }

    #[inline]
    pub(crate) const fn is_queued(self) -> bool {
        matches!(self.0 & STATE_MASK, QUEUED | POSTPONED)
    }

    #[inline]
    pub(crate) const fn is_postponed_in_queue(self) -> bool {
        self.0 & STATE_MASK == POSTPONED
    }

    #[inline]
    pub(crate) const fn is_detached(self) -> bool {
        self.0 & STATE_MASK == DETACHED
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spot = self.0 & SPOT_MASK;
        if let Some(window) = self.window() {
            return write!(f, "in window {window}");
        }
        match self.0 & STATE_MASK {
            ON_WHEEL if spot == u64::from(Self::NO_SPOT) => {
                f.write_str("new on the wheel")?;
            }
            ON_WHEEL => write!(f, "on the wheel, spot {spot}")?,
            POSTPONED => write!(f, "queued, postponed, spot {spot}")?,
            QUEUED => write!(f, "queued, spot {spot}")?,
            _ => f.write_str("detached")?,
        }
        self.home().map_or(Ok(()), |home| write!(f, " (home {home})"))
    }
}
