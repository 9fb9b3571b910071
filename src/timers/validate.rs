//! Walks wheel and queues and names the first invariant that does not hold. For tests.

use alloc::format;
use alloc::string::String;

use super::Timers;

impl<T, const SLOTS: usize, const LEAF: usize> Timers<T, SLOTS, LEAF> {
    /// Walks everything and names the first invariant that does not hold.
    ///
    /// # Errors
    ///
    /// The number and the words of the broken invariant.
    #[doc(hidden)]
    pub fn validate(&self) -> Result<(), String> {
        self.arena.validate()?;
        let on_wheel = self.wheel.validate(&self.arena)?;
        let queued = self.queues.validate(&self.arena)?;
        let detached = self.arena.iter().filter(|(_, node)| node.place().is_detached());
        let windows = self.slack.validate(&self.arena)?;
        let linked = on_wheel + queued + windows + detached.count();
        if linked == self.len() {
            Ok(())
        } else {
            Err(format!("{linked} of {} timers are linked", self.len()))
        }
    }
}
