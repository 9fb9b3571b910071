//! [`Promises`]: what a contender gives up for its speed: early fires, lateness, order.

use core::marker::PhantomData;

use tourbillon::time::Instant;

use crate::harness::Contender;
use crate::harness::world::World;
use crate::line::{Line, count};
use crate::rows::{Lane, Plan};

pub(crate) const LINES: &[Line] = &[
    count("fired early", "%"),
    count("earliest", "ms"),
    count("late in the mean", "ms"),
    count("latest", "ms"),
    count("out of order", "%"),
];

/// A third of a step off the ticks that peers have: who rounds a deadline down to a tick is early
/// between ticks only.
const START: Instant = Instant::from_nanos(333_333);

/// A contender whose every fire is compared with the deadline that was asked for.
struct Checked<C> {
    inner: C,
    /// By value.
    deadlines: Vec<Instant>,
    last: Instant,
    seen: Seen,
}

/// What was seen; times in nanoseconds.
#[derive(Default)]
struct Seen {
    fired: u64,
    early: u64,
    earliest: u64,
    late_sum: u64,
    latest: u64,
    out_of_order: u64,
}

impl<C> Checked<C> {
    fn expect_fire(&mut self, deadline: Instant, value: u64) {
        let place = value as usize;
        if self.deadlines.len() <= place {
            self.deadlines.resize(place + 1, Instant::ZERO);
        }
        self.deadlines[place] = deadline;
    }

    fn note(&mut self, now: Instant, value: u64) {
        let deadline = self.deadlines[value as usize];
        let early = deadline.as_nanos().saturating_sub(now.as_nanos());
        let late = now.as_nanos().saturating_sub(deadline.as_nanos());
        let seen = &mut self.seen;
        seen.fired += 1;
        seen.early += u64::from(early > 0);
        seen.earliest = seen.earliest.max(early);
        seen.late_sum += late;
        seen.latest = seen.latest.max(late);
        seen.out_of_order += u64::from(deadline < self.last);
        self.last = deadline;
    }
}

impl<C: Contender> Contender for Checked<C> {
    const NAME: &'static str = C::NAME;
    const EXACT: bool = C::EXACT;

    type Key = C::Key;

    fn with_capacity(capacity: usize) -> Self {
        let (inner, deadlines) = (C::with_capacity(capacity), Vec::new());
        Self { inner, deadlines, last: Instant::ZERO, seen: Seen::default() }
    }

    fn schedule(&mut self, deadline: Instant, value: u64) -> C::Key {
        self.expect_fire(deadline, value);
        self.inner.schedule(deadline, value)
    }

    fn cancel(&mut self, key: &mut C::Key) -> Option<u64> {
        self.inner.cancel(key)
    }

    fn retire(&mut self, key: &mut C::Key) {
        self.inner.retire(key);
    }

    fn pop(&mut self, now: Instant) -> Option<(Instant, u64)> {
        let popped = self.inner.pop(now);
        if let Some((_, value)) = popped {
            self.note(now, value);
        }
        popped
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        self.inner.next_deadline()
    }

    fn memory(&self) -> Option<usize> {
        self.inner.memory()
    }
}

/// One run of the hold model, long enough for each timer to fire twice.
pub(crate) struct Promises<C> {
    population: usize,
    contender: PhantomData<C>,
}

impl<C: Contender> Promises<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { population: plan.population, contender: PhantomData }
    }
}

impl<C: Contender> Lane for Promises<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let mut world = World::<Checked<C>>::holding_from(START, self.population);
        world.timers.seen = Seen::default();
        world.fire_schedule(2 * self.population as u64);
        let seen = &world.timers.seen;
        let share = |count: u64| Some(100.0 * count as f64 / seen.fired as f64);
        let millis = |nanos: u64| Some(nanos as f64 / 1e6);
        vec![
            share(seen.early),
            millis(seen.earliest),
            millis(seen.late_sum / seen.fired),
            millis(seen.latest),
            share(seen.out_of_order),
        ]
    }
}
