//! [`Tally`]: which spots of a chunk hold timers, in one word.

use super::chunk::CHUNK_TIMERS;

/// How many timers of a chunk have gone and which, how many are left, and whether somebody wants to
/// hear of each that leaves.
///
/// This is all that leaving a list has to look at: four bytes for sixteen timers, so that the tallies of
/// a million are in the cache when none of their chunks is. What has gone has a bit, what is left is
/// counted; together they are what was written, from the first spot on.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) struct Tally(u32);

/// A bit for each spot whose timer has gone.
const GONE: u32 = ONE - 1;
/// One timer, in the bits above.
const ONE: u32 = 1 << CHUNK_TIMERS;
/// The bits that count: up to sixteen.
const COUNT: u32 = 31 * ONE;
/// Nobody watches. Above the count, so that one comparison tells this and whether there are many.
const UNWATCHED: u32 = 32 * ONE;
const _: () = assert!(COUNT < UNWATCHED && SPARSE * ONE < COUNT);
/// A chunk that has come down to this is joined with a neighbour, if they fit in one.
const SPARSE: u32 = 6;

impl Tally {
    pub(super) const NONE: Self = Self::of_first(0);

    /// Timers at the first `len` spots.
    #[inline]
    pub(super) const fn of_first(len: usize) -> Self {
        debug_assert!(len <= CHUNK_TIMERS);
        Self(UNWATCHED | (len as u32 * ONE))
    }

    /// The chunk has timers at the first `len` spots from here on; who watches, goes on.
    #[inline]
    pub(super) const fn rewrite(&mut self, len: usize) {
        self.0 = (self.0 & UNWATCHED) | (Self::of_first(len).0 & COUNT);
    }

    /// A timer is written down behind the others.
    #[inline]
    pub(super) const fn add(&mut self) {
        debug_assert!(
            self.written() < CHUNK_TIMERS as u32,
            "A3: a chunk has sixteen spots"
        );
        self.0 = self.0.wrapping_add(ONE);
    }

    /// A timer has gone.
    #[inline]
    pub(super) const fn remove(&mut self, place_in_chunk: usize) -> Left {
        let bit = 1 << place_in_chunk;
        debug_assert!(self.spots() & bit != 0, "A4: no timer is at that spot");
        self.0 = self.0.wrapping_sub(ONE) | bit;
        Left(*self)
    }

    /// How many timers are left.
    #[inline]
    pub(super) const fn live(self) -> usize {
        ((self.0 & COUNT) / ONE) as usize
    }

    /// How many spots are written, those of timers that have gone included.
    #[inline]
    pub(super) const fn written(self) -> u32 {
        (self.0 & COUNT) / ONE + (self.0 & GONE).count_ones()
    }

    /// The spots that hold timers, a bit each.
    #[inline]
    pub(super) const fn spots(self) -> u32 {
        ((1 << self.written()) - 1) & !self.0
    }

    /// From here on, `watched` or not.
    #[inline]
    pub(super) const fn watch(&mut self, watched: bool) {
        self.0 = if watched { self.0 & !UNWATCHED } else { self.0 | UNWATCHED };
    }

    #[cfg(any(test, feature = "model"))]
    pub(super) const fn is_watched(self) -> bool {
        self.0 & UNWATCHED == 0
    }
}

/// What a timer that has gone leaves behind in its chunk.
#[derive(Copy, Clone, Debug)]
#[must_use]
pub(crate) struct Left(Tally);

impl Left {
    /// Whether the chunk is watched, or few timers are left.
    #[inline]
    pub(crate) const fn wants_look(self) -> bool {
        self.0.0 & (UNWATCHED | COUNT) <= UNWATCHED + SPARSE * ONE
    }

    /// Whether few timers are left, or none.
    #[inline]
    pub(crate) const fn is_sparse(self) -> bool {
        self.0.live() <= SPARSE as usize
    }

    /// Whether none is left.
    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.0.live() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_who_is_there_and_wants_a_look_when_few_are() {
        let mut tally = Tally::NONE;
        for _ in 0..CHUNK_TIMERS {
            tally.add();
        }
        assert_eq!((tally, tally.spots()), (Tally::of_first(CHUNK_TIMERS), 0xffff));
        for gone in 1..=CHUNK_TIMERS {
            let left = tally.remove(gone - 1);
            assert_eq!(left.wants_look(), gone >= 10, "{gone}");
            assert_eq!((left.is_sparse(), left.is_empty()), (gone >= 10, gone == 16));
            assert_eq!((tally.live(), tally.written()), (CHUNK_TIMERS - gone, 16));
            assert_eq!(tally.spots(), 0xffff << gone & 0xffff);
        }
        tally.rewrite(0);
        assert_eq!(tally, Tally::NONE);
    }

    #[test]
    fn whoever_watches_hears_of_each() {
        let mut tally = Tally::of_first(CHUNK_TIMERS);
        tally.watch(true);
        for place in 0..CHUNK_TIMERS {
            assert!(tally.remove(place).wants_look());
        }
        assert!(tally.is_watched());
        tally.rewrite(0);
        assert!(tally.is_watched());
        for _ in 0..2 {
            tally.watch(false);
            assert_eq!(tally, Tally::NONE);
        }
    }
}
