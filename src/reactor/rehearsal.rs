//! The rehearsal of a call that must be in time.
//!
//! A sleep empties the processor's caches: others run meanwhile, or the host does. What a timer's call
//! touches, code above all, then comes from memory line by line, in one to ten microseconds, of which a
//! handler would see the last. So whoever spins for a deadline uses the time to go through the
//! motions, on timers of its own, and looks at what belongs to the first that will be called. Nothing
//! here changes anything that can be seen.

use core::hint::black_box;

use super::Reactor;
use super::timers::Handler;
use crate::time::Instant;
use crate::timers::Budget;

impl<S> Reactor<S> {
    /// Runs the code that takes out what is due, on timers that are kept for that.
    pub(super) fn rehearse_taking(&mut self) {
        let timers = &mut self.rehearsal;
        timers.schedule(self.now, Handler::Away);
        let mut budget = Budget::timers(2);
        while let Some((key, _)) = timers.detach_expired(self.now, &mut budget) {
            black_box((timers.is_detached(key), timers.deadline(key)));
            timers.cancel(key);
        }
        // And the data: where the earliest of the real ones lies.
        black_box(self.timers.next_deadline_within(1));
    }

    /// Looks at what will be needed to call the first timer of the batch, at `end` or later.
    pub(super) fn rehearse_calling(&self, end: Instant) {
        let Some(&(key, _)) = self.batch.front() else { return };
        match self.timers.get(key) {
            Some(Handler::Every(ticking)) => {
                let mut interval = ticking.interval().clone();
                black_box(interval.tick(end));
            }
            // Its size stands beside its code.
            Some(Handler::Once(f)) => {
                black_box(size_of_val(&**f));
            }
            Some(Handler::Source { .. } | Handler::Timeout(_) | Handler::Away) | None => {
            }
        }
        black_box((self.slots.ready_len(), self.is_stopping(), self.readings));
        black_box(self.stats.timers_fired);
    }
}
