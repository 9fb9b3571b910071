//! [`Ordered`]: a plain `BTreeMap`, as in many an event loop.
//!
//! The key is the deadline and a running number, so cancelling is one search and nothing has to
//! stand beside the map. The crate's own oracle is slower: it keeps two maps.

use std::collections::BTreeMap;

use tourbillon::time::Instant;

use super::contender::Contender;

/// Timers by deadline, then by order of scheduling.
pub(crate) struct Ordered {
    timers: BTreeMap<(Instant, u32), u64>,
    next: u32,
}

impl Contender for Ordered {
    const NAME: &'static str = "BTreeMap";

    type Key = (Instant, u32);

    fn with_capacity(_: usize) -> Self {
        Self { timers: BTreeMap::new(), next: 0 }
    }

    #[inline(always)]
    fn schedule(&mut self, deadline: Instant, value: u64) -> Self::Key {
        let key = (deadline, self.next);
        self.next = self.next.wrapping_add(1);
        self.timers.insert(key, value);
        key
    }

    #[inline(always)]
    fn cancel(&mut self, key: &mut Self::Key) -> Option<u64> {
        self.timers.remove(key)
    }

    #[inline]
    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        let first = self.timers.first_entry()?;
        let deadline = first.key().0;
        (deadline <= now).then(|| (deadline, first.remove()))
    }

    #[inline]
    fn next_deadline(&mut self) -> Option<Instant> {
        self.timers.first_key_value().map(|((deadline, _), _)| *deadline)
    }

    fn memory(&self) -> Option<usize> {
        None
    }
}
