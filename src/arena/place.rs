//! [`Place`]: where a timer is linked, in one word.

use core::fmt;

/// Where a timer is linked, and the common timeout it was scheduled with, in 32 bits.
///
/// The upper 6 bits name the home queue (0: none), which a timer keeps for life. The lower 26
/// say where it is: in a slot of a ring, in its home queue, or nowhere (detached).
#[derive(Copy, Clone, Eq, PartialEq)]
pub(crate) struct Place(u32);

const AT_BITS: u32 = 26;
const AT_MASK: u32 = (1 << AT_BITS) - 1;
const DETACHED: u32 = AT_MASK;
const QUEUED: u32 = AT_MASK - 1;
const POSTPONED: u32 = AT_MASK - 2;

impl Place {
    /// Slots of rings are numbered below this.
    pub(crate) const SLOT_LIMIT: u32 = POSTPONED;
    /// Home queues are numbered below this.
    pub(crate) const HOME_LIMIT: u32 = (1 << (32 - AT_BITS)) - 1;

    /// Alive, but linked nowhere.
    pub(crate) const DETACHED: Self = Self(DETACHED);

    /// The same place word, for a timer of that home queue.
    pub(crate) const fn with_home(self, home: Option<u32>) -> Self {
        let number = match home {
            Some(queue) => {
                debug_assert!(queue < Self::HOME_LIMIT);
                queue + 1
            }
            None => 0,
        };
        Self((self.0 & AT_MASK) | (number << AT_BITS))
    }

    /// The queue it was scheduled with.
    #[inline]
    pub(crate) const fn home(self) -> Option<u32> {
        (self.0 >> AT_BITS).checked_sub(1)
    }

    #[inline]
    const fn at(self, at: u32) -> Self {
        Self((self.0 & !AT_MASK) | at)
    }

    /// In that slot of the wheel.
    #[inline]
    pub(crate) const fn in_slot(self, slot: u32) -> Self {
        debug_assert!(slot < Self::SLOT_LIMIT);
        self.at(slot)
    }

    /// In the home queue, at the place that its deadline asks for.
    #[inline]
    pub(crate) const fn queued(self) -> Self {
        self.at(QUEUED)
    }

    /// In the home queue, ahead of the place that its deadline asks for.
    #[inline]
    pub(crate) const fn postponed_in_queue(self) -> Self {
        self.at(POSTPONED)
    }

    /// Linked nowhere.
    #[cfg(feature = "mio")]
    #[inline]
    pub(crate) const fn detached(self) -> Self {
        self.at(DETACHED)
    }

    /// The slot of the wheel it is in, if it is in one.
    #[inline]
    pub(crate) const fn slot(self) -> Option<u32> {
        let at = self.0 & AT_MASK;
        if at < Self::SLOT_LIMIT { Some(at) } else { None }
    }

    /// In a slot or ahead of its place in the queue: a later deadline changes nothing but itself.
    #[inline]
    pub(crate) const fn waits_for_its_deadline(self) -> bool {
        self.0 & AT_MASK <= POSTPONED
    }

    #[inline]
    pub(crate) const fn is_queued(self) -> bool {
        let at = self.0 & AT_MASK;
        at == QUEUED || at == POSTPONED
    }

    #[inline]
    pub(crate) const fn is_postponed_in_queue(self) -> bool {
        self.0 & AT_MASK == POSTPONED
    }

    #[inline]
    pub(crate) const fn is_detached(self) -> bool {
        self.0 & AT_MASK == DETACHED
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 & AT_MASK {
            DETACHED => f.write_str("detached")?,
            QUEUED => f.write_str("queued")?,
            POSTPONED => f.write_str("queued, postponed")?,
            slot => write!(f, "slot {slot}")?,
        }
        self.home().map_or(Ok(()), |home| write!(f, " (home {home})"))
    }
}
