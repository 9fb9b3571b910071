//! [`Mix`]: what a server does with timers.
//!
//! Connections stand by, each with a timeout of 30 s. Of ten operations nine cancel a random
//! connection's timeout and schedule it anew; one schedules a short timer, of 1 to 50 ms, which
//! fires. The operations of a second are as many as there are connections. They come in batches of
//! one kind each, so that reading the clock does not count.

use core::time::Duration;

use tourbillon::time::Instant;

use crate::clock::cpu_time;
use crate::harness::{Contender, LONGEST, Random};
use crate::line::{Line, nanos};
use crate::rows::{Lane, Plan};

pub(crate) const LINES: &[Line] =
    &[nanos("schedule"), nanos("cancel"), nanos("each fired")];

/// Operations in a batch, if there are as many connections.
const BATCH: usize = 1_000;
/// Batches in a round.
const BATCHES: usize = 500;
/// Operations to one short timer.
const SHORT_EVERY: usize = 10;
const SHORT_NANOS: core::ops::Range<u64> = 1_000_000..50_000_000;
const SECOND_NANOS: u64 = 1_000_000_000;

/// The connections and their time.
pub(crate) struct Mix<C: Contender> {
    timers: C,
    /// Of each connection.
    keys: Vec<C::Key>,
    /// All connections; the first few are those of this batch.
    shuffled: Vec<u32>,
    batch: usize,
    batches: usize,
    random: Random,
    now: Instant,
    fired: Vec<u64>,
}

/// Nanoseconds of each kind, and how many have fired.
#[derive(Default)]
struct Spent {
    scheduling: f64,
    cancelling: f64,
    firing: f64,
    fired: usize,
}

impl<C: Contender> Mix<C> {
    pub(crate) fn new(plan: Plan) -> Self {
        let population = plan.population;
        let batch = BATCH.min(population / 2);
        let mut timers = C::with_capacity(population + population / SHORT_EVERY);
        let apart = SECOND_NANOS / population as u64;
        let connection = |value| timers.schedule_idle(at(value * apart), value);
        let keys: Vec<_> = (0..population as u64).map(connection).collect();
        let now = at(SECOND_NANOS);
        let gap = apart * SHORT_EVERY as u64;
        timers.expect(population, now, gap);
        let shuffled = (0..population as u32).collect();
        let batches = if plan.quick { 4 } else { BATCHES };
        let random = Random::new();
        let fired = Vec::new();
        let mut mix = Self { timers, keys, shuffled, batch, batches, random, now, fired };
        // As if it had gone on for long: each connection has had its turn, in the mean.
        for _ in 0..population.div_ceil(batch) {
            mix.batch(&mut Spent::default());
        }
        mix
    }

    fn batch(&mut self, spent: &mut Spent) {
        let shorts = self.batch / SHORT_EVERY;
        let chosen = self.batch - shorts;
        self.choose(chosen);
        let Self { timers, keys, shuffled, random, now, fired, .. } = self;
        let chosen = &shuffled[..chosen];
        spent.cancelling += cpu_time(|| {
            for &connection in chosen {
                timers.cancel(&mut keys[connection as usize]);
            }
        });
        let short = |random: &mut Random| {
            let span = SHORT_NANOS.end - SHORT_NANOS.start;
            Duration::from_nanos(SHORT_NANOS.start + random.below(span))
        };
        spent.scheduling += cpu_time(|| {
            for ten in chosen.chunks(SHORT_EVERY - 1) {
                for &connection in ten {
                    let key = timers.schedule_idle(*now, u64::from(connection));
                    keys[connection as usize] = key;
                }
                timers.schedule_unkeyed(*now + short(random), u64::MAX);
            }
        });
        *now +=
            Duration::from_nanos(SECOND_NANOS / keys.len() as u64 * self.batch as u64);
        spent.firing += cpu_time(|| {
            while let Some((_, value)) = timers.pop(*now) {
                fired.push(value);
            }
        });
        spent.fired += fired.len();
        self.renew();
    }

    /// Brings random connections, each once, to the front.
    fn choose(&mut self, count: usize) {
        for front in 0..count {
            let rest = self.shuffled.len() - front;
            let other = front + self.random.below(rest as u64) as usize;
            self.shuffled.swap(front, other);
        }
    }

    /// Connections that have timed out all the same start again.
    fn renew(&mut self) {
        for value in self.fired.drain(..) {
            if let Some(key) = self.keys.get_mut(value as usize) {
                self.timers.retire(key);
                *key = self.timers.schedule_idle(self.now, value);
            }
        }
    }
}

const fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

impl<C: Contender> Lane for Mix<C> {
    fn round(&mut self) -> Vec<Option<f64>> {
        let mut spent = Spent::default();
        for _ in 0..self.batches {
            self.batch(&mut spent);
        }
        let shorts = self.batch / SHORT_EVERY;
        let scheduled = (self.batches * self.batch) as f64;
        let cancelled = (self.batches * (self.batch - shorts)) as f64;
        let fired = (spent.fired > 0).then(|| spent.firing / spent.fired as f64);
        vec![
            Some(spent.scheduling / scheduled),
            Some(spent.cancelling / cancelled),
            fired,
        ]
    }
}

// A timeout that is cancelled within some seconds in the mean never fires, or hardly ever.
const _: () = assert!(LONGEST.as_nanos() as u64 > 10 * SECOND_NANOS);
