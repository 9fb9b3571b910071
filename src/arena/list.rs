//! [`List`]: timers in their order, in chunks of one cache line each. The only code that writes a
//! link.
//!
//! A list of nodes that name each other is a chain of cache misses, each waiting for the one before.
//! Here the order is written down beside the timers, sixteen to a line, so that a walk knows
//! sixteen addresses at once; and a timer knows its *spot*, so that leaving a list is one store into
//! a line that nobody waits for.
//!
//! What leaves makes a gap. A chunk that is all gaps is dropped, and two neighbours that fit in one
//! are joined, so a list does not grow by what has left it. The last chunk alone may be all gaps,
//! as long as it is not the only one: so a list that grows and shrinks by one does not take and give
//! back a chunk each time.

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
    pub(crate) const EMPTY: Self = Self { head: NIL, end: 0 };

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

    /// How many spots of a chunk are written.
    #[inline]
    const fn len_of(self, chunk: u32) -> usize {
        if chunk == self.tail() { place_in_chunk(self.end - 1) + 1 } else { CHUNK_TIMERS }
    }

    /// How many timers a chunk has; of no chunk, more than fit in one.
    fn live(self, chunks: &Chunks, chunk: u32) -> usize {
        match chunks.find(chunk) {
            Some(head) => self.len_of(chunk) - head.gaps(),
            None => CHUNK_TIMERS + 1,
        }
    }

    /// The first timer.
    #[inline]
    pub(crate) fn first(self, chunks: &Chunks) -> Option<u32> {
        chunks.find(self.head)?;
        chunks.timers(self.head, self.len_of(self.head)).next()
    }

    /// The last timer.
    #[inline]
    pub(crate) fn last(self, chunks: &Chunks) -> Option<u32> {
        let tail = self.tail();
        let head = chunks.find(tail)?;
        let last = chunks.timers(tail, self.len_of(tail)).next_back();
        last.or_else(|| chunks.timers(head.prev, CHUNK_TIMERS).next_back())
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

    /// Writes a timer down behind the last, when that fills its chunk. Gives its spot.
    pub(crate) fn lengthen(
        &mut self,
        chunks: &mut Chunks,
        owner: u32,
        index: u32,
    ) -> u32 {
        let tail = self.tail();
        let chunk = if self.live(chunks, tail) == 0 {
            // All gaps: it is as good as new.
            chunks.head_mut(tail).set_gaps(0);
            chunks.write(first_spot(tail), index);
            tail
        } else {
            let chunk = chunks.take(owner, tail, index);
            match chunks.find_mut(tail) {
                Some(head) => head.next = chunk,
                None => self.head = chunk,
            }
            chunk
        };
        let spot = first_spot(chunk);
        self.end = spot + 1;
        spot
    }

    /// Takes a timer out, given its spot. True: the list wants [tidying](Self::tidy) there.
    #[inline(always)]
    #[must_use]
    pub(crate) fn erase(&mut self, chunks: &mut Chunks, spot: u32) -> bool {
        if spot + 1 == self.end {
            return self.erase_last(chunks, spot);
        }
        let chunk = chunk_of(spot);
        let head = chunks.head_mut(chunk);
        let gaps = head.gaps() + 1;
        head.set_gaps(gaps);
        chunks.write(spot, NIL);
        // With half of them left it is worth looking whether a neighbour has room for them.
        (self.len_of(chunk) - gaps).is_multiple_of(CHUNK_TIMERS / 2)
    }

    /// As [`erase`](Self::erase), of the last spot.
    #[inline(always)]
    fn erase_last(&mut self, chunks: &mut Chunks, spot: u32) -> bool {
        if chunks.head(chunk_of(spot)).is_reusable(place_in_chunk(spot)) {
            self.end = spot;
            return false;
        }
        Self::erase_only(chunks, spot)
    }

    /// As [`erase`](Self::erase), of the last spot, when it is at the border of two chunks, or the
    /// list's only timer.
    #[cold]
    #[inline(never)]
    fn erase_only(chunks: &mut Chunks, spot: u32) -> bool {
        let head = chunks.head_mut(chunk_of(spot));
        head.set_gaps(head.gaps() + 1);
        let is_empty = head.prev == NIL;
        chunks.write(spot, NIL);
        is_empty
    }

    /// A timer was erased at that spot. Drops a chunk that is all gaps, and joins one that is sparse
    /// with a neighbour, if they fit in one. O(1): it moves the timers of a chunk or two.
    pub(crate) fn tidy<T>(&mut self, arena: &mut Arena<T>, spot: u32) {
        let chunk = chunk_of(spot);
        let head = arena.chunks.head(chunk);
        let (prev, next) = (head.prev, head.next);
        let live = self.live(&arena.chunks, chunk);
        let fits = |other| self.live(&arena.chunks, other) + live <= CHUNK_TIMERS;
        if live == 0 {
            if next != NIL {
                self.drop_chunk(&mut arena.chunks, chunk);
            } else if prev == NIL {
                *self = Self::EMPTY;
                arena.chunks.give_back(chunk);
            }
        } else if fits(next) {
            self.join(arena, chunk, next);
        } else if fits(prev) {
            self.join(arena, prev, chunk);
        }
    }

    /// Moves the timers of chunk `from` to the end of `into`, the one before it.
    fn join<T>(&mut self, arena: &mut Arena<T>, into: u32, from: u32) {
        let mut all = arena.chunks.compact(into, CHUNK_TIMERS);
        all.extend(&arena.chunks.compact(from, self.len_of(from)));
        let was_last = from == self.tail();
        self.drop_chunk(&mut arena.chunks, from);
        arena.chunks.rewrite(into, &all);
        if was_last {
            self.end = first_spot(into) + all.timers().len() as u32;
            arena.chunks.head_mut(into).set_gaps(0);
        }
        for (spot, index) in (first_spot(into)..).zip(all.timers()) {
            let node = arena.node_mut(*index);
            node.set_place(node.place().at_spot(spot));
        }
    }

    /// Takes a chunk out of the list and makes it spare; if then the last is all gaps and the only
    /// one, that too.
    fn drop_chunk(&mut self, chunks: &mut Chunks, chunk: u32) {
        let head = chunks.head(chunk);
        let (prev, next) = (head.prev, head.next);
        if let Some(head) = chunks.find_mut(prev) {
            head.next = next;
        } else {
            self.head = next;
        }
        if let Some(head) = chunks.find_mut(next) {
            head.set_prev(prev);
        } else {
            self.end =
                if prev == NIL { 0 } else { first_spot(prev) + CHUNK_TIMERS as u32 };
        }
        chunks.give_back(chunk);
        if self.head == self.tail() && self.live(chunks, self.head) == 0 {
            self.drop_chunk(chunks, self.head);
        }
    }

    /// Takes the timers of the first chunk out. Where they are from here on is the caller's to say.
    #[inline]
    pub(crate) fn take_batch(&mut self, chunks: &mut Chunks) -> Option<Batch> {
        chunks.find(self.head)?;
        let batch = Batch(chunks.compact(self.head, self.len_of(self.head)));
        self.drop_chunk(chunks, self.head);
        Some(batch)
    }

    /// The timers chunk by chunk, from first to last; they stay.
    #[inline]
    pub(crate) fn batches(self, chunks: &Chunks) -> impl Iterator<Item = Batch> {
        self.chunks(chunks)
            .map(move |chunk| Batch(chunks.compact(chunk, self.len_of(chunk))))
    }

    /// How many timers there are; of more than `most`, that there are more than that. Looks at the
    /// heads of chunks alone, of as many as hold `most`.
    #[inline]
    pub(crate) fn len_up_to(self, chunks: &Chunks, most: usize) -> usize {
        let (mut len, mut at) = (0, self.head);
        while len <= most
            && let Some(head) = chunks.find(at)
        {
            len += self.len_of(at) - head.gaps();
            at = head.next;
        }
        len
    }

    /// Whether there is one timer and no more.
    #[inline]
    pub(crate) fn is_single(self, chunks: &Chunks) -> bool {
        self.head == self.tail() && self.live(chunks, self.head) == 1
    }

    /// The timers from first to last.
    #[cfg(feature = "model")]
    pub(crate) fn iter(self, chunks: &Chunks) -> impl Iterator<Item = u32> {
        self.chunks(chunks)
            .flat_map(move |chunk| chunks.timers(chunk, self.len_of(chunk)))
    }

    /// The chunks from first to last.
    #[inline]
    pub(crate) fn chunks(self, chunks: &Chunks) -> impl Iterator<Item = u32> {
        let mut at = self.head;
        core::iter::from_fn(move || {
            let head = chunks.find(at)?;
            Some(core::mem::replace(&mut at, head.next))
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
        let (mut before, mut timers) = (NIL, 0);
        for chunk in self.chunks(&arena.chunks) {
            let head = arena.chunks.head(chunk);
            let len = self.len_of(chunk);
            let live = arena.chunks.timers(chunk, len).count();
            let may_be_empty = head.next == NIL && head.prev != NIL;
            if head.prev != before || head.owner != owner || (live == 0 && !may_be_empty)
            {
                return Err(format!("A3: chunk {chunk} of {owner} says {head:?}"));
            }
            if live + head.gaps() != len {
                return Err(format!("A3: chunk {chunk} holds {live}, and says {head:?}"));
            }
            timers += live;
            if timers > arena.len() {
                return Err(format!("A3: the list of {owner} runs in a circle"));
            }
            for index in arena.chunks.timers(chunk, len) {
                let place = arena.node(index).place();
                let spot = place.spot().filter(|spot| chunk_of(*spot) == chunk);
                if spot.map(|spot| arena.chunks.at(spot)) != Some(index) {
                    return Err(format!("A4: timer {index} of chunk {chunk}: {place:?}"));
                }
            }
            before = chunk;
        }
        if self.tail() == before {
            Ok(())
        } else {
            Err(format!("A3: the list of {owner} ends elsewhere than it says"))
        }
    }
}
