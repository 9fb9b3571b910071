//! [`Chunks`]: where the members of lists are written down, sixteen to a cache line.

use alloc::vec::Vec;

use super::tally::{Left, Tally};
use super::{NIL, Place};

/// Timers of one chunk: it is a cache line of indices.
pub(super) const CHUNK_TIMERS: usize = 1 << CHUNK_BITS;
/// Bits of a spot that say where in its chunk it is.
const CHUNK_BITS: u32 = 4;

/// Chunks whose spots can be told apart; [`Place::NO_SPOT`] is in none of them.
const MOST_CHUNKS: usize = Place::SPOTS / CHUNK_TIMERS - 1;

/// The indices of some timers of one list, oldest first. What stands where a timer has gone means
/// nothing: the [`Tally`] knows.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line([u32; CHUNK_TIMERS]);

const _: () = assert!(size_of::<Line>() == 64, "a chunk is one cache line");

/// Whose a chunk is, and what is before and behind it.
#[derive(Clone, Debug)]
pub(super) struct Links {
    /// The chunk behind, or [`NIL`]; of a spare chunk, the next spare one.
    pub(super) next: u32,
    /// The chunk before, or [`NIL`].
    pub(super) prev: u32,
    /// Whose list this is a piece of; [`NIL`]: nobody's, it is spare.
    pub(super) owner: u32,
}

/// Some timers of a list, without gaps.
#[derive(Copy, Clone, Debug)]
pub(super) struct Compact {
    timers: [u32; CHUNK_TIMERS],
    len: usize,
}

/// All chunks, of all lists over one arena.
#[derive(Debug)]
pub(crate) struct Chunks {
    lines: Vec<Line>,
    links: Vec<Links>,
    tallies: Vec<Tally>,
    /// The spare chunk to use next: the one left last, whose line is still in the cache.
    first_spare: u32,
}

/// The chunk that a spot is in.
#[inline]
pub(super) const fn chunk_of(spot: u32) -> u32 {
    spot >> CHUNK_BITS
}

/// Where in its chunk a spot is.
#[inline]
pub(super) const fn place_in_chunk(spot: u32) -> usize {
    spot as usize % CHUNK_TIMERS
}

/// The first spot of a chunk.
#[inline]
pub(super) const fn first_spot(chunk: u32) -> u32 {
    chunk << CHUNK_BITS
}

impl Chunks {
    pub(super) const fn new() -> Self {
        Self {
            lines: Vec::new(),
            links: Vec::new(),
            tallies: Vec::new(),
            first_spare: NIL,
        }
    }

    /// Makes room for the lists of so many timers, as they lie when many come and go at random: ten and
    /// a bit to a chunk.
    pub(super) fn reserve_timers(&mut self, timers: usize) {
        self.reserve((timers / 31 * 3).saturating_sub(self.lines.len()));
    }

    fn reserve(&mut self, more: usize) {
        self.lines.reserve_exact(more);
        self.links.reserve_exact(more);
        self.tallies.reserve_exact(more);
    }

    #[inline]
    pub(super) fn links(&self, chunk: u32) -> &Links {
        &self.links[chunk as usize]
    }

    /// Whose a chunk is and what is beside it, unless it is [`NIL`].
    #[inline]
    pub(super) fn find(&self, chunk: u32) -> Option<&Links> {
        self.links.get(chunk as usize)
    }

    /// As [`find`](Self::find), to change.
    #[inline]
    pub(super) fn find_mut(&mut self, chunk: u32) -> Option<&mut Links> {
        self.links.get_mut(chunk as usize)
    }

    /// What is known of the timers of a chunk.
    #[inline]
    pub(super) fn tally(&self, chunk: u32) -> Tally {
        self.tallies[chunk as usize]
    }

    /// How many timers a chunk has; of [`NIL`], more than fit in one.
    #[inline]
    pub(super) fn live(&self, chunk: u32) -> usize {
        self.tallies.get(chunk as usize).map_or(CHUNK_TIMERS + 1, |tally| tally.live())
    }

    /// Whose list a spot is in.
    #[inline]
    pub(crate) fn owner(&self, spot: u32) -> u32 {
        self.links(chunk_of(spot)).owner
    }

    /// The timer that is written at a spot, if it has not gone.
    #[cfg(feature = "model")]
    pub(super) fn at(&self, spot: u32) -> Option<u32> {
        let (chunk, place) = (chunk_of(spot), place_in_chunk(spot));
        let is_there = self.tally(chunk).spots() & (1 << place) != 0;
        is_there.then(|| self.lines[chunk as usize].0[place])
    }

    /// Writes a timer at the spot behind those of its chunk that are written. The line is written, not
    /// read.
    #[inline]
    pub(super) fn write(&mut self, spot: u32, index: u32) {
        let (chunk, place) = (chunk_of(spot) as usize, place_in_chunk(spot));
        self.lines[chunk].0[place] = index;
        self.tallies[chunk].add();
    }

    /// The timer at a spot has gone.
    #[inline]
    pub(crate) fn erase(&mut self, spot: u32) -> Left {
        self.tallies[chunk_of(spot) as usize].remove(place_in_chunk(spot))
    }

    /// From here on, what every timer of the chunk that a spot is in leaves behind
    /// [wants a look](Left::wants_look), or no longer does.
    #[inline]
    pub(crate) fn watch(&mut self, spot: u32, watched: bool) {
        self.tallies[chunk_of(spot) as usize].watch(watched);
    }

    /// Whether the chunk that a spot is in is watched.
    #[cfg(feature = "model")]
    pub(crate) fn is_watched(&self, spot: u32) -> bool {
        self.tally(chunk_of(spot)).is_watched()
    }

    /// The oldest timer of a chunk.
    #[inline]
    pub(super) fn first(&self, chunk: u32) -> Option<u32> {
        let spots = self.tally(chunk).spots();
        let line = &self.lines[chunk as usize].0;
        line.get(spots.trailing_zeros() as usize).copied()
    }

    /// The newest timer of a chunk.
    #[inline]
    pub(super) fn last(&self, chunk: u32) -> Option<u32> {
        let place = self.tally(chunk).spots().checked_ilog2()?;
        Some(self.lines[chunk as usize].0[place as usize])
    }

    /// The timers of a chunk, oldest first.
    #[inline]
    pub(super) fn timers(&self, chunk: u32) -> impl Iterator<Item = u32> {
        let spots = self.tally(chunk).spots();
        let line = self.lines[chunk as usize].0.iter().enumerate();
        line.filter(move |(place, _)| spots & (1 << place) != 0).map(|(_, index)| *index)
    }

    /// The timers of a chunk, moved up to where no gaps are.
    #[inline]
    pub(super) fn compact(&self, chunk: u32) -> Compact {
        let mut compact = Compact { timers: [NIL; CHUNK_TIMERS], len: 0 };
        let mut spots = self.tally(chunk).spots();
        for index in &self.lines[chunk as usize].0 {
            // Where the gaps are nobody can predict: no branch.
            compact.timers[compact.len % CHUNK_TIMERS] = *index;
            compact.len += (spots & 1) as usize;
            spots >>= 1;
        }
        // Behind the last is what was written there before.
        compact
    }

    /// Asks memory for the line of the chunk that will be looked at next, while there is other work to
    /// do. A load whose result nobody waits for: what a prefetch is where there is no unsafe code.
    #[inline(always)]
    pub(super) fn foresee(&self, chunk: u32) {
        if let Some(line) = self.lines.get(chunk as usize) {
            core::hint::black_box(line.0[0]);
        }
    }

    /// Writes a chunk anew, without gaps.
    pub(super) fn rewrite(&mut self, chunk: u32, content: &Compact) {
        let timers = content.timers();
        self.lines[chunk as usize].0[..timers.len()].copy_from_slice(timers);
        self.tallies[chunk as usize].rewrite(timers.len());
    }

    /// Notes what is before a chunk.
    pub(super) fn set_prev(&mut self, chunk: u32, prev: u32) {
        self.links[chunk as usize].prev = prev;
    }

    /// A chunk without timers yet, behind `prev`.
    pub(super) fn take(&mut self, owner: u32, prev: u32) -> u32 {
        let links = Links { next: NIL, prev, owner };
        let chunk = self.first_spare;
        if let Some(spare) = self.links.get_mut(chunk as usize) {
            self.first_spare = spare.next;
            *spare = links;
            self.tallies[chunk as usize] = Tally::NONE;
            return chunk;
        }
        let chunks = self.lines.len();
        assert!(chunks < MOST_CHUNKS, "so many timers cannot be listed");
        if chunks == self.lines.capacity() {
            // Doubled, the lists of millions of timers would be the larger part of their memory.
            self.reserve(chunks.clamp(64, 4096.max(chunks / 8)));
        }
        self.lines.push(Line([NIL; CHUNK_TIMERS]));
        self.links.push(links);
        self.tallies.push(Tally::NONE);
        chunks as u32
    }

    /// Whether two more chunks can be had: one for the timer that was scheduled last and is in no list
    /// yet, and one for the next.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        let two_more = self.lines.len() + 2;
        let spares = || {
            self.find(self.first_spare)
                .map_or(0, |spare| 1 + usize::from(spare.next != NIL))
        };
        two_more <= MOST_CHUNKS || two_more <= MOST_CHUNKS + spares()
    }

    /// Forgets all chunks, of lists that are empty from here on. Memory is kept.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.links.clear();
        self.tallies.clear();
        self.first_spare = NIL;
    }

    /// Makes a chunk spare.
    pub(super) fn give_back(&mut self, chunk: u32) {
        let next = self.first_spare;
        let links = &mut self.links[chunk as usize];
        (links.next, links.owner) = (next, NIL);
        self.first_spare = chunk;
    }

    /// Gives back the memory of spare chunks at the end.
    pub(super) fn shrink_to_fit(&mut self) {
        while self.links.last().is_some_and(|links| links.owner == NIL) {
            self.links.pop();
        }
        self.lines.truncate(self.links.len());
        self.tallies.truncate(self.links.len());
        self.links.shrink_to_fit();
        self.lines.shrink_to_fit();
        self.tallies.shrink_to_fit();
        self.first_spare = NIL;
        for (chunk, links) in self.links.iter_mut().enumerate().rev() {
            if links.owner == NIL {
                links.next = core::mem::replace(&mut self.first_spare, chunk as u32);
            }
        }
    }

    /// The chunk that a spot is in.
    #[cfg(feature = "model")]
    pub(crate) fn chunk_at(&self, spot: u32) -> u32 {
        chunk_of(spot).min(self.links.len() as u32)
    }

    /// Chunks that there is room for.
    pub(crate) const fn capacity(&self) -> usize {
        self.lines.capacity()
    }

    /// Bytes that the chunks take.
    pub(super) const fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
            + self.links.capacity() * size_of::<Links>()
            + self.tallies.capacity() * size_of::<Tally>()
    }
}

impl Compact {
    /// The timers, oldest first.
    #[inline]
    pub(super) fn timers(&self) -> &[u32] {
        &self.timers[..self.len.min(CHUNK_TIMERS)]
    }

    /// Adds those of another. There is room.
    pub(super) fn extend(&mut self, other: &Self) {
        for index in other.timers() {
            self.timers[self.len] = *index;
            self.len += 1;
        }
    }
}
