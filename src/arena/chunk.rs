//! [`Chunks`]: where the members of lists are written down, sixteen to a cache line.

use alloc::vec::Vec;

use super::{NIL, Place};

/// Timers of one chunk: it is a cache line of indices.
pub(super) const CHUNK_TIMERS: usize = 1 << CHUNK_BITS;
/// Bits of a spot that say where in its chunk it is.
const CHUNK_BITS: u32 = 4;

/// The indices of some timers of one list, oldest first; [`NIL`] where one has gone.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line([u32; CHUNK_TIMERS]);

const _: () = assert!(size_of::<Line>() == 64, "a chunk is one cache line");

/// What is known of a chunk without looking at its line: so whoever leaves it need not wait for it.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The chunk behind, or [`NIL`]; of a spare chunk, the next spare one.
    pub(super) next: u32,
    /// The chunk before, or [`NIL`].
    pub(super) prev: u32,
    /// Whose list this is a piece of; [`NIL`]: nobody's, it is spare.
    pub(super) owner: u32,
    /// Spots whose timer has gone.
    gaps: u8,
    /// The last spot of the list, when it is in this chunk, may be used again if it is behind so
    /// many: there are others in the list then, and the end stays in this chunk.
    reusable_behind: u8,
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
    heads: Vec<Head>,
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
        Self { lines: Vec::new(), heads: Vec::new(), first_spare: NIL }
    }

    /// Makes room for the lists of so many timers, as they lie when many come and go at random: ten and
    /// a bit to a chunk.
    pub(super) fn reserve_timers(&mut self, timers: usize) {
        let more = (timers / 31 * 3).saturating_sub(self.lines.len());
        self.lines.reserve_exact(more);
        self.heads.reserve_exact(more);
    }

    #[inline]
    pub(super) fn head(&self, chunk: u32) -> &Head {
        &self.heads[chunk as usize]
    }

    #[inline]
    pub(super) fn head_mut(&mut self, chunk: u32) -> &mut Head {
        &mut self.heads[chunk as usize]
    }

    /// What is known of a chunk, unless it is [`NIL`].
    #[inline]
    pub(super) fn find(&self, chunk: u32) -> Option<&Head> {
        self.heads.get(chunk as usize)
    }

    /// As [`find`](Self::find), to change.
    #[inline]
    pub(super) fn find_mut(&mut self, chunk: u32) -> Option<&mut Head> {
        self.heads.get_mut(chunk as usize)
    }

    /// The chunk that a spot is in.
    #[cfg(feature = "model")]
    pub(crate) fn chunk_at(&self, spot: u32) -> u32 {
        chunk_of(spot).min(self.heads.len() as u32)
    }

    /// Whose list a spot is in.
    #[inline]
    pub(crate) fn owner(&self, spot: u32) -> u32 {
        self.head(chunk_of(spot)).owner
    }

    /// The timer that is written at a spot, or [`NIL`].
    #[cfg(feature = "model")]
    pub(super) fn at(&self, spot: u32) -> u32 {
        self.lines[chunk_of(spot) as usize].0[place_in_chunk(spot)]
    }

    /// Writes a timer, or [`NIL`], at a spot. The line is written, not read.
    #[inline]
    pub(super) fn write(&mut self, spot: u32, index: u32) {
        self.lines[chunk_of(spot) as usize].0[place_in_chunk(spot)] = index;
    }

    /// The timers of a chunk of which `len` spots are written, oldest first.
    #[inline]
    pub(super) fn timers(
        &self,
        chunk: u32,
        len: usize,
    ) -> impl DoubleEndedIterator<Item = u32> {
        let line = &self.lines[chunk as usize].0[..len.min(CHUNK_TIMERS)];
        line.iter().copied().filter(|index| *index != NIL)
    }

    /// The timers of a chunk of which `len` spots are written, moved up to where no gaps are.
    #[inline]
    pub(super) fn compact(&self, chunk: u32, len: usize) -> Compact {
        let mut compact = Compact { timers: [NIL; CHUNK_TIMERS], len: 0 };
        for index in &self.lines[chunk as usize].0[..len.min(CHUNK_TIMERS)] {
            // Where the gaps are nobody can predict: no branch.
            compact.timers[compact.len % CHUNK_TIMERS] = *index;
            compact.len += usize::from(*index != NIL);
        }
        // Behind the last is what was written there as a gap, or another timer's end.
        compact
    }

    /// Writes a chunk anew, without gaps but behind the last.
    pub(super) fn rewrite(&mut self, chunk: u32, content: &Compact) {
        let line = &mut self.lines[chunk as usize].0;
        line.fill(NIL);
        line[..content.timers().len()].copy_from_slice(content.timers());
        self.heads[chunk as usize].set_gaps(CHUNK_TIMERS - content.len);
    }

    /// A chunk with one timer, behind `prev`.
    pub(super) fn take(&mut self, owner: u32, prev: u32, index: u32) -> u32 {
        let head = Head { next: NIL, prev, owner, gaps: 0, reusable_behind: 0 };
        let chunk = self.first_spare;
        if let Some(spare) = self.heads.get_mut(chunk as usize) {
            self.first_spare = spare.next;
            *spare = head;
            self.lines[chunk as usize].0[0] = index;
            return chunk;
        }
        let chunks = self.lines.len();
        assert!(chunks < Place::SPOTS / CHUNK_TIMERS, "so many timers cannot be listed");
        if chunks == self.lines.capacity() {
            // Doubled, the lists of millions of timers would be the larger part of their memory.
            let more = chunks.clamp(64, 4096.max(chunks / 8));
            self.lines.reserve_exact(more);
            self.heads.reserve_exact(more);
        }
        let mut line = Line([NIL; CHUNK_TIMERS]);
        line.0[0] = index;
        self.lines.push(line);
        self.heads.push(head);
        chunks as u32
    }

    /// Whether one more chunk can be had.
    #[inline]
    pub(super) const fn has_room(&self) -> bool {
        self.first_spare != NIL || self.lines.len() < Place::SPOTS / CHUNK_TIMERS
    }

    /// Forgets all chunks, of lists that are empty from here on. Memory is kept.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.heads.clear();
        self.first_spare = NIL;
    }

    /// Makes a chunk spare.
    pub(super) fn give_back(&mut self, chunk: u32) {
        let next = self.first_spare;
        let head = &mut self.heads[chunk as usize];
        (head.next, head.owner) = (next, NIL);
        self.first_spare = chunk;
    }

    /// Gives back the memory of spare chunks at the end.
    pub(super) fn shrink_to_fit(&mut self) {
        while self.heads.last().is_some_and(|head| head.owner == NIL) {
            self.heads.pop();
        }
        self.lines.truncate(self.heads.len());
        self.heads.shrink_to_fit();
        self.lines.shrink_to_fit();
        self.first_spare = NIL;
        for (chunk, head) in self.heads.iter_mut().enumerate().rev() {
            if head.owner == NIL {
                head.next = core::mem::replace(&mut self.first_spare, chunk as u32);
            }
        }
    }

    /// Chunks that there is room for.
    pub(crate) const fn capacity(&self) -> usize {
        self.lines.capacity()
    }

    /// Bytes that the chunks take.
    pub(super) const fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
            + self.heads.capacity() * size_of::<Head>()
    }
}

impl Head {
    #[inline]
    pub(super) const fn gaps(&self) -> usize {
        self.gaps as usize
    }

    #[inline]
    pub(super) const fn set_gaps(&mut self, gaps: usize) {
        self.gaps = gaps as u8;
        self.set_prev(self.prev);
    }

    #[inline]
    pub(super) const fn set_prev(&mut self, prev: u32) {
        self.prev = prev;
        self.reusable_behind = if prev == NIL { self.gaps } else { 0 };
    }

    #[inline]
    pub(super) const fn is_reusable(&self, place_in_chunk: usize) -> bool {
        place_in_chunk > self.reusable_behind as usize
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
