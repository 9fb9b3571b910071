//! All queues at once: counting, clearing, and showing them to a person.

use core::fmt;
use core::time::Duration;

use super::{Queue, Queues};
use crate::arena::{Arena, Counted, List, NIL};
use crate::time::Instant;

impl Queues {
    /// How many timers stand in the queues. Looks at the tally of each chunk of timers.
    pub(crate) fn timers<T>(&self, arena: &Arena<T>) -> usize {
        let lists = self.queues.iter().map(|queue| queue.list);
        lists.map(|list| list.len_up_to(&arena.chunks, usize::MAX)).sum()
    }

    /// Forgets all timers; the durations stay registered.
    pub(crate) fn clear(&mut self) {
        for queue in &mut self.queues {
            (queue.list, queue.members) = (List::EMPTY, 0);
        }
        (self.wake, self.witness) = (Instant::MAX, NIL);
    }

    /// One line for each queue that has a duration or members.
    pub(crate) fn write<T>(
        &self,
        f: &mut fmt::Formatter<'_>,
        arena: &Arena<T>,
    ) -> fmt::Result {
        writeln!(f, "queues: {}", Counted(self.timers(arena), "timer"))?;
        for queue in self.queues.iter().filter(|queue| !queue.is_free()) {
            queue.write(f, arena)?;
        }
        Ok(())
    }
}

impl Queue {
    fn write<T>(&self, f: &mut fmt::Formatter<'_>, arena: &Arena<T>) -> fmt::Result {
        let (mut timers, mut postponed) = (0, 0);
        for batch in self.list.batches(&arena.chunks) {
            let is_postponed =
                |index: &&u32| arena.node(**index).place().is_postponed_in_queue();
            timers += batch.timers().len();
            postponed += batch.timers().iter().filter(is_postponed).count();
        }
        let members = Counted(self.members as usize, "member");
        write!(f, "  {:?}: {members}, {timers} in line", self.after)?;
        if postponed > 0 {
            write!(f, ", {postponed} postponed")?;
        }
        if let Some(first) = self.list.first(&arena.chunks) {
            let deadline = arena.node(first).deadline.as_nanos();
            write!(f, ", the first in it due {:?}", Duration::from_nanos(deadline))?;
        }
        if !self.registered {
            write!(f, ", forgotten")?;
        }
        writeln!(f)
    }
}
