//! [`List`]: timers in their order, in chunks of one cache line each. The only code that writes a
//! link.
//!
//! A list of nodes that name each other is a chain of cache misses, each waiting for the one before.
//! Here the order is written down beside the timers, sixteen to a line, so that a walk knows
//! sixteen addresses at once; and a timer knows its *spot*, so that leaving a list is one store into
//! the chunk's [`Tally`](super::tally::Tally), and the chunk itself is not looked at.
//!
//! What leaves makes a gap. A chunk that is all gaps is dropped, and one that is sparse is joined
//! with a neighbour if they fit in one, so a list does not grow by what has left it.

use super::chunk::{CHUNK_TIMERS, Chunks, Compact, chunk_of, first_spot, place_in_chunk};
use super::{Arena, NIL};

/// A list of timers.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) struct List {
    /// The first chunk, or [`NIL`].
    head: u32,
    /// Behind the last spot that is written; at the border of a chunk, that one is full. Zero when
    /// there is none.
    end: u32,
    /// How many chunks there are.
    chunks: u32,
}

/// The timers of one chunk, taken out of their list together.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Batch(Compact);

impl Batch {
    /// The timers, oldest first.
    #[inline]
    pub(crate) fn timers(&self) -> &[u32] {
        self.0.timers()
    }

    /// Their deadlines. The timers lie anywhere in memory, but their addresses are all known: the
    /// processor fetches them side by side.
    #[inline]
    pub(crate) fn deadlines<T>(&self, arena: &Arena<T>) -> [u64; CHUNK_TIMERS] {
        let mut deadlines = [0; CHUNK_TIMERS];
        for (at, index) in deadlines.iter_mut().zip(self.timers()) {
            *at = arena.node(*index).deadline.as_nanos();
        }
        deadlines
    }
}

impl List {
    pub(crate) const EMPTY: Self = Self { head: NIL, end: 0, chunks: 0 };

    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.head == NIL
    }

    /// Whether there are timers, and the next takes a chunk.
    #[inline]
    pub(crate) const fn is_full(self) -> bool {
        !self.is_empty() && place_in_chunk(self.end) == 0
    }

    /// The first chunk, or [`NIL`].
    #[inline]
    pub(crate) const fn head(self) -> u32 {
        self.head
    }

    /// How many chunks there are.
    #[inline]
    pub(crate) const fn chunk_count(self) -> usize {
        self.chunks as usize
    }

    /// The chunk that begins with a spot, if one does.
    #[inline]
    pub(crate) const fn begun_by(spot: u32) -> Option<u32> {
        if place_in_chunk(spot) == 0 { Some(chunk_of(spot)) } else { None }
    }

    /// The last chunk, or [`NIL`].
    #[inline]
    const fn tail(self) -> u32 {
        if self.is_empty() { NIL } else { chunk_of(self.end - 1) }
    }

    /// The first timer.
    #[inline]
    pub(crate) fn first(self, chunks: &Chunks) -> Option<u32> {
        chunks.find(self.head)?;
        chunks.first(self.head)
    }

    /// The last timer.
    #[inline]
    pub(crate) fn last(self, chunks: &Chunks) -> Option<u32> {
        let tail = self.tail();
        chunks.find(tail)?;
        chunks.last(tail)
    }

    /// Writes a timer down behind the last, if its chunk has room. Gives its spot, which its place is
    /// to name (A4). `None`: [`lengthen`](Self::lengthen) is to be called.
    #[inline(always)]
    pub(crate) fn push_back(&mut self, chunks: &mut Chunks, index: u32) -> Option<u32> {
        let spot = self.end;
        if place_in_chunk(spot) == 0 {
            return None;
        }
        chunks.write(spot, index);
        self.end = spot + 1;
        Some(spot)
    }

    /// Writes a timer down behind the last, when that has filled its chunk. Gives its spot.
    pub(crate) fn lengthen(
        &mut self,
        chunks: &mut Chunks,
        owner: u32,
        index: u32,
    ) -> u32 {
        let tail = self.tail();
        let chunk = chunks.take(owner, tail);
        match chunks.find_mut(tail) {
            Some(links) => links.next = chunk,
            None => self.head = chunk,
        }
        self.chunks += 1;
        let spot = first_spot(chunk);
        chunks.write(spot, index);
        self.end = spot + 1;
        spot
    }

    /// Before a list is [lengthened](Self::lengthen): moves the timers of the last chunk up, if that
    /// leaves half of it free. So a list whose newcomers leave again does not grow. O(1): it moves
    /// the timers of half a chunk.
    pub(crate) fn make_room<T>(&mut self, arena: &mut Arena<T>) {
        let tail = self.tail();
        if !self.is_full() || !(1..=CHUNK_TIMERS / 2).contains(&arena.chunks.live(tail)) {
            return;
        }
        let timers = arena.chunks.compact(tail);
        self.end = first_spot(tail) + timers.timers().len() as u32;
        Self::rewrite(arena, tail, &timers);
    }

    /// A timer was [erased](Chunks::erase) at that spot. Drops a chunk that is all gaps, and joins one
    /// that is sparse with a neighbour, if they fit in one. O(1): it moves the timers of a chunk or
    /// two.
    pub(crate) fn tidy<T>(&mut self, arena: &mut Arena<T>, spot: u32) {
        let chunk = chunk_of(spot);
        let links = arena.chunks.links(chunk);
        let (prev, next) = (links.prev, links.next);
        let live = arena.chunks.live(chunk);
        let fits = |other| arena.chunks.live(other) + live <= CHUNK_TIMERS;
        if live == 0 {
            self.drop_chunk(&mut arena.chunks, chunk);
        } else if fits(next) {
            self.join(arena, chunk, next);
        } else if fits(prev) {
            self.join(arena, prev, chunk);
        }
    }

    /// Moves the timers of chunk `from` to the end of `into`, the one before it.
    fn join<T>(&mut self, arena: &mut Arena<T>, into: u32, from: u32) {
        let mut all = arena.chunks.compact(into);
        all.extend(&arena.chunks.compact(from));
        let was_last = from == self.tail();
        self.drop_chunk(&mut arena.chunks, from);
        if was_last {
            self.end = first_spot(into) + all.timers().len() as u32;
        }
        Self::rewrite(arena, into, &all);
    }

    /// Writes a chunk anew, and where its timers are now.
    fn rewrite<T>(arena: &mut Arena<T>, chunk: u32, content: &Compact) {
        arena.chunks.rewrite(chunk, content);
        for (spot, index) in (first_spot(chunk)..).zip(content.timers()) {
            let node = arena.node_mut(*index);
            node.set_place(node.place().at_spot(spot));
        }
    }

    /// Takes a chunk out of the list and makes it spare.
    fn drop_chunk(&mut self, chunks: &mut Chunks, chunk: u32) {
        let links = chunks.links(chunk);
        let (prev, next) = (links.prev, links.next);
        if let Some(links) = chunks.find_mut(prev) {
            links.next = next;
        } else {
            self.head = next;
        }
        if next == NIL {
            let end = |prev| first_spot(prev) + chunks.tally(prev).written();
            self.end = if prev == NIL { 0 } else { end(prev) };
        } else {
            chunks.set_prev(next, prev);
        }
        chunks.give_back(chunk);
        self.chunks -= 1;
    }

    /// Drops the chunks that are all gaps, after many timers were [erased](Chunks::erase).
    pub(crate) fn drop_empty(&mut self, chunks: &mut Chunks) {
        let mut at = self.head;
        while let Some(links) = chunks.find(at) {
            let next = links.next;
            if chunks.live(at) == 0 {
                self.drop_chunk(chunks, at);
            }
            at = next;
        }
    }

    /// Takes the timers of the first chunk out. Where they are from here on is the caller's to say.
    #[inline]
    pub(crate) fn take_batch(&mut self, chunks: &mut Chunks) -> Option<Batch> {
        chunks.find(self.head)?;
        let batch = Batch(chunks.compact(self.head));
        self.drop_chunk(chunks, self.head);
        chunks.foresee(self.head);
        Some(batch)
    }

    /// The timers chunk by chunk, from first to last; they stay.
    #[inline]
    pub(crate) fn batches(self, chunks: &Chunks) -> impl Iterator<Item = Batch> {
        self.chunks(chunks).map(|chunk| {
            let batch = Batch(chunks.compact(chunk));
            chunks.foresee(chunks.links(chunk).next);
            batch
        })
    }

    /// From here on, the owner hears of every timer that leaves.
    pub(crate) fn watch(self, chunks: &mut Chunks) {
        let mut at = self.head;
        while let Some(links) = chunks.find(at) {
            let next = links.next;
            chunks.watch(first_spot(at), true);
            at = next;
        }
    }

    /// How many timers there are; of more than `most`, that there are more than that. Looks at the
    /// tallies of chunks alone, of as many as hold `most`.
    #[inline]
    pub(crate) fn len_up_to(self, chunks: &Chunks, most: usize) -> usize {
        let (mut len, mut at) = (0, self.head);
        while len <= most
            && let Some(links) = chunks.find(at)
        {
            len += chunks.live(at);
            at = links.next;
        }
        len
    }

    /// Whether there is one timer and no more.
    #[inline]
    pub(crate) fn is_single(self, chunks: &Chunks) -> bool {
        self.head == self.tail() && chunks.live(self.head) == 1
    }

    /// Whether one chunk holds all timers.
    #[inline]
    pub(crate) const fn is_short(self) -> bool {
        self.head == self.tail()
    }

    /// Of the timers of the first chunk the one that is due first, the one before among equals, and
    /// when.
    pub(crate) fn earliest_of_first_chunk<T>(
        self,
        arena: &Arena<T>,
    ) -> Option<(u64, u32)> {
        arena.chunks.find(self.head)?;
        let timers = arena.chunks.timers(self.head);
        let timed = timers.map(|index| (arena.node(index).deadline.as_nanos(), index));
        timed.min_by_key(|(at, _)| *at)
    }

    /// The timers from first to last.
    #[cfg(feature = "model")]
    pub(crate) fn iter(self, chunks: &Chunks) -> impl Iterator<Item = u32> {
        self.chunks(chunks).flat_map(|chunk| chunks.timers(chunk))
    }

    /// The chunks from first to last.
    #[inline]
    pub(crate) fn chunks(self, chunks: &Chunks) -> impl Iterator<Item = u32> {
        let mut at = self.head;
        core::iter::from_fn(move || {
            let links = chunks.find(at)?;
            Some(core::mem::replace(&mut at, links.next))
        })
    }

    /// Checks the links of a list of that owner (A3) and that its timers know where they are (A4).
    #[cfg(feature = "model")]
    pub(crate) fn validate<T>(
        self,
        arena: &Arena<T>,
        owner: u32,
    ) -> Result<(), alloc::string::String> {
        use alloc::format;
        let (mut before, mut timers, mut chunks) = (NIL, 0, 0);
        for chunk in self.chunks(&arena.chunks) {
            let (links, tally) = (arena.chunks.links(chunk), arena.chunks.tally(chunk));
            let live = tally.live();
            if links.prev != before || links.owner != owner || live == 0 {
                return Err(format!("A3: chunk {chunk} of {owner} says {links:?}"));
            }
            let written = if chunk == self.tail() { self.end } else { NIL };
            if first_spot(chunk) + tally.written() != written && written != NIL {
                return Err(format!("A3: chunk {chunk} says {tally:?}"));
            }
            chunks += 1;
            timers += live;
            if timers > arena.len() {
                return Err(format!("A3: the list of {owner} runs in a circle"));
            }
            for index in arena.chunks.timers(chunk) {
                let place = arena.node(index).place();
                let spot = place.spot().filter(|spot| chunk_of(*spot) == chunk);
                if spot.and_then(|spot| arena.chunks.at(spot)) != Some(index) {
                    return Err(format!("A4: timer {index} of chunk {chunk}: {place:?}"));
                }
            }
            before = chunk;
        }
        if self.tail() == before && self.chunks == chunks {
            Ok(())
        } else {
            Err(format!("A3: the list of {owner} ends elsewhere than it says"))
        }
    }
}

#[cfg(all(test, feature = "model"))]
mod tests;
