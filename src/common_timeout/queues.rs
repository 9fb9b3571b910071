//! [`Queues`]: one FIFO a duration, over an arena that somebody else owns.
//!
//! Timers of one duration that are scheduled as time goes on are due in the order of their
//! scheduling, so a queue is sorted by itself: in at the tail, out at the head, no search. The
//! earliest of all is found by looking at the heads, at most [`QUEUE_LIMIT`] of them, and only
//! when one is due.
//!
//! # Invariants
//!
//! - **Q1** The timers of a queue stand in the order of the deadlines they were linked with.
//! - **Q2** A timer's deadline is the one it was linked with, or a later one; then its place says
//!   *postponed*.
//! - **Q3** A queue's `front` is at or before every deadline in it, and `wake` at or before every
//!   `front`.
//! - **Q4** A queue that was forgotten keeps its duration until its last member, in the queue or
//!   in the wheel, is done.
//! - **Q5** No timer of a queue from a chunk on was linked with a deadline before what
//!   `linked_from` says of the chunk.

mod all;

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use hashbrown::HashMap;

use super::{After, CommonTimeout};
use crate::arena::{Arena, List, NIL, Place};
use crate::time::Instant;

/// How many durations can be registered at once. One more is not an error: it goes without a
/// queue.
pub(crate) const QUEUE_LIMIT: u32 = Place::HOME_LIMIT;

/// One duration and its timers.
#[derive(Clone, Debug)]
struct Queue {
    after: Duration,
    list: List,
    /// No deadline in the queue is before this (Q3).
    front: Instant,
    /// The latest deadline that a timer was linked with.
    back: Instant,
    /// Timers that were scheduled with it and live, wherever they are.
    members: u32,
    registered: bool,
}

/// What comes up first in the queues.
#[derive(Copy, Clone, Debug)]
pub(crate) enum First {
    /// Nothing that is due.
    Nothing,
    /// A timer that is due.
    Due(u32),
    /// A timer that stands before its postponed deadline: the owner is to link it elsewhere.
    Postponed(u32),
}

/// The queues, and the table that finds one by its duration.
#[derive(Clone, Debug)]
pub(crate) struct Queues {
    queues: Vec<Queue>,
    /// Their durations in nanoseconds, at most `u64::MAX`, as additions to an instant saturate.
    /// By the numbers that places have for them, and apart, so that touching a timer finds its
    /// duration with one load.
    after_nanos: [u64; QUEUE_LIMIT as usize + 1],
    /// By chunk: no timer of a queue from this chunk on was linked with an earlier deadline (Q5).
    linked_from: Vec<Instant>,
    /// Hashed with hashbrown's own hasher: the durations are the program's, not its peers', and
    /// at most [`QUEUE_LIMIT`], so there is nothing to flood.
    table: HashMap<Duration, u32>,
    /// Nothing is due before this; [`Instant::MAX`] when they are empty, as far as is known.
    wake: Instant,
    /// The timer that `wake` is the deadline of, if it still is.
    witness: u32,
}

impl Queues {
    pub(crate) fn new() -> Self {
        Self {
            queues: Vec::new(),
            after_nanos: [0; QUEUE_LIMIT as usize + 1],
            linked_from: Vec::new(),
            table: HashMap::new(),
            wake: Instant::MAX,
            witness: NIL,
        }
    }

    /// The timer that is due first, by its deadline `wake`, as far as is known.
    #[inline]
    pub(crate) const fn witness(&self) -> u32 {
        self.witness
    }

    /// Nothing in the queues is due before this.
    #[inline]
    pub(crate) const fn wake(&self) -> Instant {
        self.wake
    }

    /// Registers a duration; a second time gives the same token.
    pub(crate) fn register(&mut self, after: Duration) -> CommonTimeout {
        if let Some(queue) = self.table.get(&after) {
            return CommonTimeout::new(after, *queue);
        }
        // A queue that was forgotten but still has members is taken up again.
        let known = self.queues.iter().position(|queue| queue.after == after);
        let free = || self.queues.iter().position(Queue::is_free);
        let queue = match known.or_else(free) {
            Some(queue) => queue,
            None if self.queues.len() < QUEUE_LIMIT as usize => {
                self.queues.push(Queue::new());
                self.queues.len() - 1
            }
            None => return CommonTimeout::new(after, CommonTimeout::NO_QUEUE),
        };
        self.queues[queue].after = after;
        self.queues[queue].registered = true;
        self.after_nanos[queue + 1] = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        self.table.insert(after, queue as u32);
        CommonTimeout::new(after, queue as u32)
    }

    /// Takes a duration out of the table. False: it was not registered.
    pub(crate) fn forget(&mut self, common: CommonTimeout) -> bool {
        match self.table.remove(&common.duration()) {
            Some(queue) => {
                self.queues[queue as usize].registered = false;
                true
            }
            None => false,
        }
    }

    /// The queue that a timer scheduled now would join.
    #[inline]
    pub(crate) fn find(&self, after: After) -> Option<u32> {
        if let After::Common(common) = after
            && let Some(queue) = self.queues.get(common.queue() as usize)
            && queue.registered
            && queue.after == common.duration()
        {
            return Some(common.queue());
        }
        if self.table.is_empty() {
            return None;
        }
        self.table.get(&after.duration()).copied()
    }

    /// When a timer that joins the queue at `now` is due.
    #[inline]
    pub(crate) fn deadline(&self, queue: u32, now: Instant) -> Instant {
        self.deadline_of_home(queue as usize + 1, now)
    }

    /// As [`deadline`](Self::deadline), by the number that a place has for the queue.
    #[inline]
    pub(crate) fn deadline_of_home(&self, number: usize, now: Instant) -> Instant {
        let nanos = self.after_nanos[number % self.after_nanos.len()];
        Instant::from_nanos(now.as_nanos().saturating_add(nanos))
    }

    /// A timer was scheduled with that queue.
    #[inline]
    pub(crate) fn join(&mut self, queue: u32) {
        self.queues[queue as usize].members += 1;
    }

    /// A timer that was scheduled with that queue is done.
    #[inline]
    pub(crate) fn leave(&mut self, queue: u32) {
        self.queues[queue as usize].members -= 1;
    }

    /// Links a timer behind the others of its queue. False: its deadline is not behind theirs, and
    /// it was not linked.
    #[inline]
    pub(crate) fn append<T>(
        &mut self,
        arena: &mut Arena<T>,
        queue: u32,
        index: u32,
    ) -> bool {
        let deadline = arena.node(index).deadline;
        let into = &mut self.queues[queue as usize];
        if into.list.is_empty() {
            into.front = deadline;
            if deadline < self.wake {
                (self.wake, self.witness) = (deadline, index);
            }
        } else if deadline < into.back {
            return false;
        }
        into.back = deadline;
        let spot = match into.list.push_back(&mut arena.chunks, index) {
            Some(spot) => spot,
            None => Self::lengthen(&mut into.list, arena, queue, index),
        };
        let node = arena.node_mut(index);
        node.set_place(node.place().queued(spot));
        if let Some(chunk) = List::begun_by(spot) {
            self.note_chunk(arena, chunk, deadline);
        }
        true
    }

    /// Links a timer behind the others of a list whose last chunk is full.
    #[cold]
    fn lengthen<T>(list: &mut List, arena: &mut Arena<T>, queue: u32, index: u32) -> u32 {
        list.make_room(arena);
        match list.push_back(&mut arena.chunks, index) {
            Some(spot) => spot,
            None => list.lengthen(&mut arena.chunks, queue, index),
        }
    }

    /// A chunk of a queue begins with a timer of that deadline.
    fn note_chunk<T>(&mut self, arena: &Arena<T>, chunk: u32, deadline: Instant) {
        if chunk as usize >= self.linked_from.len() {
            // As many as there may be chunks before chunks are allocated: at their pace.
            let most = arena.chunks.capacity();
            self.linked_from.reserve_exact(most - self.linked_from.len());
            self.linked_from.resize(most, Instant::ZERO);
        }
        self.linked_from[chunk as usize] = deadline;
    }

    /// Takes a timer out of its home queue. Its place is the caller's to set.
    #[inline]
    pub(crate) fn unlink<T>(&mut self, arena: &mut Arena<T>, index: u32) {
        let place = arena.node(index).place();
        self.note_departure(arena, place);
    }

    /// A timer that was in its home queue is gone, or about to go, given its place.
    #[inline]
    pub(crate) fn note_departure<T>(&mut self, arena: &mut Arena<T>, place: Place) {
        let (Some(queue), Some(spot)) = (place.home(), place.spot()) else {
            debug_assert!(false, "a queued timer has a home, and is listed there");
            return;
        };
        let list = &mut self.queues[queue as usize].list;
        if arena.chunks.erase(spot).is_sparse() {
            list.tidy(arena, spot);
        }
    }

    /// Postpones a timer that is in its home queue, to any later deadline: one store.
    #[inline]
    pub(crate) fn postpone<T>(arena: &mut Arena<T>, index: u32, deadline: Instant) {
        let node = arena.node_mut(index);
        debug_assert!(deadline >= node.deadline, "Q2: only to a later deadline");
        node.deadline = deadline;
        node.set_place(node.place().postponed_in_queue());
    }

    /// Restarts a timer that is in its home queue: the last of the queue stays in order where it
    /// is. (Not so one that is postponed beyond what the queue is for: newcomers would no longer
    /// be in order behind it.)
    #[inline]
    pub(crate) fn restart<T>(
        &mut self,
        arena: &mut Arena<T>,
        queue: u32,
        index: u32,
        deadline: Instant,
    ) {
        let home = &mut self.queues[queue as usize];
        if home.list.last(&arena.chunks) == Some(index) {
            // Those that stood behind it have gone, and may have been later.
            home.back = home.back.max(deadline);
            let node = arena.node_mut(index);
            node.deadline = deadline;
            node.set_place(node.place().in_order_in_queue());
        } else {
            Self::postpone(arena, index, deadline);
        }
    }

    /// What comes up first, if it is due by `now`. One comparison when nothing is.
    #[inline]
    pub(crate) fn first_due<T>(&mut self, arena: &Arena<T>, now: Instant) -> First {
        if self.wake > now { First::Nothing } else { self.find_due(arena, now) }
    }

    fn find_due<T>(&mut self, arena: &Arena<T>, now: Instant) -> First {
        loop {
            // Of two heads due at once, the one of the longer duration was scheduled earlier.
            let first = self
                .queues
                .iter_mut()
                .filter(|queue| !queue.list.is_empty())
                .min_by_key(|queue| (queue.front, Reverse(queue.after)));
            let head = first.and_then(|queue| {
                queue.list.first(&arena.chunks).map(|index| (index, queue))
            });
            let Some((index, first)) = head else {
                (self.wake, self.witness) = (Instant::MAX, NIL);
                return First::Nothing;
            };
            (self.wake, self.witness) = (first.front, index);
            if first.front > now {
                return First::Nothing;
            }
            let head = arena.node(index);
            if head.place().is_postponed_in_queue() {
                let linked_from = self.linked_from[first.list.head() as usize];
                if linked_from > first.front {
                    // What was linked before has gone: the run of those that were postponed is
                    // taken up as far as time has come, and no further.
                    first.front = linked_from;
                    continue;
                }
                return First::Postponed(index);
            }
            if head.deadline == first.front {
                return First::Due(index);
            }
            // The timer that stood here has gone.
            first.front = head.deadline;
        }
    }

    /// Gives back what memory it can, after the chunks have been.
    pub(crate) fn shrink_to_fit(&mut self, chunks: usize) {
        self.linked_from.truncate(chunks);
        self.linked_from.shrink_to_fit();
    }

    /// Bytes that the queues take beside their lists.
    pub(crate) const fn bytes(&self) -> usize {
        self.linked_from.capacity() * size_of::<Instant>()
            + self.queues.capacity() * size_of::<Queue>()
    }

    /// How many durations are registered.
    pub(crate) fn registered(&self) -> usize {
        self.table.len()
    }
}

impl Queue {
    const fn new() -> Self {
        Self {
            after: Duration::ZERO,
            list: List::EMPTY,
            front: Instant::ZERO,
            back: Instant::ZERO,
            members: 0,
            registered: false,
        }
    }

    const fn is_free(&self) -> bool {
        !self.registered && self.members == 0
    }
}

#[cfg(feature = "model")]
impl Queues {
    /// Checks every invariant; `Ok` gives how many timers are in the queues.
    pub(crate) fn validate<T>(
        &self,
        arena: &Arena<T>,
    ) -> Result<usize, alloc::string::String> {
        use alloc::format;
        let mut linked = 0;
        for (number, queue) in self.queues.iter().enumerate() {
            let (mut linked_with, mut linked_from) = (Instant::ZERO, Instant::ZERO);
            queue.list.validate(arena, number as u32)?;
            for index in queue.list.iter(&arena.chunks) {
                let node = arena.node(index);
                linked += 1;
                if !node.place().is_queued() || node.place().home() != Some(number as u32)
                {
                    return Err(format!("Q2: timer {index} says {:?}", node.place()));
                }
                let chunk = node.place().spot().map(|spot| arena.chunks.chunk_at(spot));
                let from = chunk.and_then(|chunk| self.linked_from.get(chunk as usize));
                if from.is_none_or(|from| *from < linked_from || node.deadline < *from) {
                    return Err(format!(
                        "Q5: timer {index} is before its chunk's beginning"
                    ));
                }
                linked_from = from.copied().unwrap_or_default();
                if node.deadline < queue.front {
                    return Err(format!("Q3: timer {index} is due before the front"));
                }
                if node.deadline < linked_with {
                    return Err(format!("Q1: timer {index} stands behind a later one"));
                }
                if !node.place().is_postponed_in_queue() {
                    linked_with = node.deadline;
                }
            }
            let unseen = self.wake > queue.front;
            if !queue.list.is_empty() && unseen {
                return Err(format!("Q3: wake is after the front of queue {number}"));
            }
            let members = arena
                .iter()
                .filter(|(_, node)| node.place().home() == Some(number as u32));
            if members.count() != queue.members as usize {
                return Err(format!("Q4: queue {number} counts its members wrongly"));
            }
        }
        Ok(linked)
    }
}
