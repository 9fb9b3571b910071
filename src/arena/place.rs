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

/// On the wheel: in a slot, or about to be put in one.
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

    /// Where it is written down, or [`NO_SPOT`](Self::NO_SPOT); `None`: it is detached.
    #[inline]
    pub(crate) const fn spot(self) -> Option<u32> {
        if self.is_detached() { None } else { Some((self.0 & SPOT_MASK) as u32) }
    }

    /// Where it is written down, or [`NO_SPOT`](Self::NO_SPOT), given that it is not detached.
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

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    /// A place of every state, as a timer gets there, and what it is.
    fn places() -> [(Place, &'static str); 5] {
        let queued = Place::DETACHED.queued(9);
        [
            (Place::DETACHED.on_wheel(5), "on the wheel, spot 5"),
            (Place::DETACHED.on_wheel(Place::NO_SPOT), "new on the wheel"),
            (Place::DETACHED, "detached"),
            (queued.with_home(Some(0)), "queued, spot 9 (home 0)"),
            (
                queued.with_home(Some(62)).postponed_in_queue(),
                "queued, postponed, spot 9 (home 62)",
            ),
        ]
    }

    #[test]
    fn a_place_says_in_what_it_is_and_only_that() {
        for (place, words) in places() {
            assert_eq!(format!("{place:?}"), words);
            let (on_wheel, queued) = (words.contains("wheel"), words.contains("queued"));
            let postponed = words.contains("postponed");
            assert_eq!(place.is_on_wheel(), on_wheel, "{words}");
            assert_eq!(place.is_queued(), queued, "{words}");
            assert_eq!(place.is_postponed_in_queue(), postponed, "{words}");
            assert_eq!(place.waits_for_its_deadline(), on_wheel || postponed, "{words}");
            assert_eq!(place.is_detached(), words == "detached");
            assert_eq!(place.spot().is_none(), words == "detached");
            assert_eq!(place.window(), None, "{words}");
            assert_eq!(Place::is_plain(place.bits()), on_wheel, "{words}");
        }
        let window = Place::in_window(7);
        assert_eq!((window.window(), window.home()), (Some(7), None));
        assert!(window.is_queued() && !window.waits_for_its_deadline());
        assert_eq!(format!("{window:?}"), "in window 7");
        #[cfg(feature = "mio")]
        assert_eq!(Place::DETACHED.queued(9).detached(), Place::DETACHED);
    }

    #[test]
    fn what_moves_keeps_its_home_and_who_gets_one_keeps_its_place() {
        for home in [None, Some(0), Some(1), Some(62)] {
            for (place, _) in places() {
                let place = place.with_home(home);
                assert_eq!(place.home(), home);
                assert_eq!(place.home_number(), home.map_or(0, |home| home as usize + 1));
                let moved = [
                    (place.on_wheel(3), 3),
                    (place.queued(4), 4),
                    (place.queued(4).postponed_in_queue(), 4),
                    (place.queued(4).postponed_in_queue().in_order_in_queue(), 4),
                    (place.on_wheel(3).at_spot(8), 8),
                    (place.queued(Place::NO_SPOT).at_spot(0), 0),
                ];
                for (moved, spot) in moved {
                    assert_eq!(moved.home(), home, "{moved:?}");
                    assert_eq!(moved.spot(), Some(spot), "{moved:?}");
                    assert_eq!(moved.with_home(Some(17)).spot(), Some(spot), "{moved:?}");
                    assert_eq!(moved.with_home(Some(17)).is_queued(), moved.is_queued());
                }
                assert!(
                    !place
                        .queued(4)
                        .postponed_in_queue()
                        .in_order_in_queue()
                        .is_postponed_in_queue()
                );
                assert_eq!(Place::from_bits(place.bits() | 1 << Place::BITS), place);
            }
        }
    }
}
