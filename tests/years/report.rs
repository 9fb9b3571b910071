//! What a run saw: how many timers fired, and which borders they were carried across.

use std::fmt;

use crate::{BORDERS, border};

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) fired: u64,
    pub(crate) cancelled: u64,
    pub(crate) moved: u64,
    pub(crate) touched: u64,
    /// Timers that were scheduled before each border and fired behind it.
    pub(crate) carried: [u64; BORDERS.len()],
}

impl Report {
    /// A timer that was scheduled at one time fired at another.
    pub(crate) fn note_fired(&mut self, scheduled_at: u64, now: u64) {
        self.fired += 1;
        for (carried, bits) in self.carried.iter_mut().zip(BORDERS) {
            *carried += u64::from((scheduled_at..now).contains(&border(bits)));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fired, cancelled, moved, touched, carried } = self;
        write!(f, "{fired} timers fired, {cancelled} were cancelled, ")?;
        write!(f, "{moved} moved, {touched} touched; carried across 2^")?;
        let borders = BORDERS.iter().zip(carried);
        let carried: Vec<_> =
            borders.map(|(bits, n)| format!("{bits} ms: {n}")).collect();
        write!(f, "{}", carried.join(", 2^"))
    }
}
