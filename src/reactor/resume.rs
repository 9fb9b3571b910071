//! [`ResumeWatch`]: hears that the machine was suspended and is awake again.
//!
//! Two things make it. The kernel cancels a timer on the wall clock at every resume, which is what
//! wakes the loop; but it does the same whenever that clock is set. So the clocks are asked:
//! `CLOCK_BOOTTIME` goes on during a suspend and `CLOCK_MONOTONIC` does not, and by nothing else do
//! the two ever differ.
//!
//! # Invariants
//!
//! - I1: no false call. What is compared are bounds that hold whatever came between two readings: the
//!   least that it can be now with the most that it can have been then. A thread that is put aside
//!   widens the bounds, and never makes a sleep.
//! - I2: no sleep is forgotten. The bound of before moves only when a sleep is told, or to a closer
//!   one, so that several short ones add up to one that is told.

use core::time::Duration;
use std::io;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::drive::Drive;
use super::timerfd::Timerfd;
use super::{Next, Reactor, Ready, SourceKey};
use crate::time::{Asleep, BoottimeClock};

/// Shorter sleeps are not told of. No machine suspends and resumes in a millisecond.
const THRESHOLD_NANOS: i128 = 1_000_000;

/// The machine was suspended, and is awake.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub struct Resumed {
    /// For how long it slept, in all, since this was told last. At least so long: some tens of
    /// nanoseconds less than the truth, as a rule.
    pub asleep: Duration,
}

/// Hears that the machine was suspended: for loops that are not ours, and for
/// [`Reactor::on_resume`], which has one.
///
/// A [`mio::event::Source`], registered with [`Interest::READABLE`]; edge-triggered. On an event, ask
/// [`resumed`](Self::resumed). One descriptor. Linux and Android: `timerfd_create(2)`,
/// `TFD_TIMER_CANCEL_ON_SET`.
///
/// ```
/// use mio::{Events, Interest, Poll, Token};
/// use tourbillon::reactor::ResumeWatch;
///
/// let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
/// let mut watch = ResumeWatch::new()?;
/// poll.registry().register(&mut watch, Token(0), Interest::READABLE)?;
/// poll.poll(&mut events, Some(std::time::Duration::ZERO))?;
/// for event in &events {
///     if event.token() == Token(0) && let Some(resumed) = watch.resumed() {
///         println!("asleep for {:?}", resumed.asleep);
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ResumeWatch {
    timerfd: Timerfd,
    sleeps: Sleeps,
}

/// What is known of the machine's sleep.
#[derive(Debug)]
struct Sleeps {
    /// It certainly was not more, when a sleep was told last.
    most_nanos: i128,
}

impl Sleeps {
    const fn new(asleep: Asleep) -> Self {
        Self { most_nanos: asleep.most_nanos }
    }

    fn look(&mut self, asleep: Asleep) -> Option<Resumed> {
        let grown_nanos = asleep.least_nanos - self.most_nanos;
        if grown_nanos < THRESHOLD_NANOS {
            self.most_nanos = self.most_nanos.min(asleep.most_nanos);
            return None;
        }
        *self = Self::new(asleep);
        let nanos = u64::try_from(grown_nanos).unwrap_or(u64::MAX);
        Some(Resumed { asleep: Duration::from_nanos(nanos) })
    }
}

impl ResumeWatch {
    /// Hears of suspends from now on.
    ///
    /// # Errors
    ///
    /// What the kernel says, most likely that there are no more descriptors.
    pub fn new() -> io::Result<Self> {
        let timerfd = Timerfd::wall()?;
        // As far ahead as there is: it is there to be cancelled. That the clock was set just now is
        // nothing to tell. Armed before the clocks are read, or a suspend between would be missed.
        timerfd.arm_until_set(Duration::MAX)?;
        let asleep = BoottimeClock::new().asleep_between();
        Ok(Self { timerfd, sleeps: Sleeps::new(asleep) })
    }

    /// Whether the machine was suspended since this was asked last, or since it was made, and for how
    /// long. To be asked on an event, and at any other time.
    ///
    /// `None`: it was not, for a millisecond or more. So it is when the event came because the wall
    /// clock was set. Some 400 ns.
    pub fn resumed(&mut self) -> Option<Resumed> {
        // What it tells does not matter, and neither does that it fails: the next one is a new edge
        // whether this one was read or not.
        let _ = self.timerfd.read();
        self.sleeps.look(BoottimeClock::new().asleep_between())
    }
}

impl Source for ResumeWatch {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.timerfd.register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.timerfd.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.timerfd.deregister(registry)
    }
}

impl<S> Reactor<S> {
    /// Calls `f` when the machine was suspended and is awake again, with how long it slept, until it
    /// answers [`Next::Stop`].
    ///
    /// For what time alone does not tell: connections that are dead by now, leases to be renewed, a
    /// display to be drawn again. (For deadlines that are to count the sleep, give the reactor a
    /// [`BoottimeClock`].) The resume wakes the reactor. `f` runs in the first turn that hears of it,
    /// before that turn's timers. It is not called because the wall clock was set, nor for anything
    /// but a suspend of a millisecond or more. A virtual machine that was stopped by its host was not
    /// suspended, unless the host told it so.
    ///
    /// It does not keep [`run`](Self::run) alive: it waits for what may never come. Libuv's word for
    /// that is `uv_unref`. [`deregister`](Self::deregister) cancels it. O(1), one descriptor; nothing
    /// while nothing happens. Libevent and libev have none; for libev's loops there is `ev_resume`, to be
    /// called by who knows.
    ///
    /// # Errors
    ///
    /// What the kernel says to the descriptor or its registration.
    ///
    /// ```
    /// use tourbillon::reactor::{Exit, Next, Reactor};
    ///
    /// let mut reactor = Reactor::<()>::new()?;
    /// reactor.on_resume(|_, reactor, resumed| {
    ///     eprintln!("asleep for {:?}: connecting again", resumed.asleep);
    ///     reactor.defer(|_, _| { /* ... */ });
    ///     Next::Continue
    /// })?;
    /// assert_eq!(reactor.run(&mut ())?, Exit::Idle);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_resume(
        &mut self,
        f: impl FnMut(&mut S, &mut Reactor<S>, Resumed) -> Next + 'static,
    ) -> io::Result<SourceKey<ResumeWatch>> {
        let watch = ResumeWatch::new()?;
        let key = self.register_driver(watch, Interest::READABLE, OnResume(f))?;
        self.slots.set_weight(key.raw(), false);
        Ok(key)
    }
}

struct OnResume<F>(F);

impl<S, F> Drive<S, ResumeWatch> for OnResume<F>
where
    F: FnMut(&mut S, &mut Reactor<S>, Resumed) -> Next,
{
    fn ready(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        _key: SourceKey<ResumeWatch>,
        watch: &mut ResumeWatch,
        _ready: Ready,
    ) -> Next {
        match watch.resumed() {
            Some(resumed) => (self.0)(state, reactor, resumed),
            None => Next::Continue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i128 = 1_000_000_000;

    /// Clocks that differ by `truth`, read by a thread that was put aside for `width` meanwhile,
    /// `before` of it before the reading between the two others.
    fn read(truth: i128, width: i128, before: i128) -> Asleep {
        let most_nanos = truth + before;
        Asleep { least_nanos: most_nanos - width, most_nanos }
    }

    fn asleep(resumed: Option<Resumed>) -> i128 {
        i128::try_from(resumed.expect("a sleep").asleep.as_nanos()).unwrap()
    }

    #[test]
    fn no_width_of_a_reading_is_taken_for_a_sleep() {
        let widths = [0, 40, 1_000, THRESHOLD_NANOS, 5 * THRESHOLD_NANOS, 60 * SECOND];
        for truth in [0, 7 * SECOND, -3 * SECOND] {
            for first in widths {
                for part in 0..=4 {
                    let mut sleeps = Sleeps::new(read(truth, first, first * part / 4));
                    for width in widths {
                        for before in [0, width / 2, width] {
                            assert_eq!(sleeps.look(read(truth, width, before)), None);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_sleep_is_told_once_and_as_no_longer_than_it_was() {
        let mut sleeps = Sleeps::new(read(0, 60, 20));
        let slept = 3 * SECOND;
        let told = asleep(sleeps.look(read(slept, 60, 40)));
        assert!(told <= slept && told > slept - 120, "{told}");
        assert_eq!(sleeps.look(read(slept, 60, 10)), None);
        let again = 2 * THRESHOLD_NANOS;
        let told = asleep(sleeps.look(read(slept + again, 60, 10)));
        assert!((again - 120..=again).contains(&told), "{told}");
    }

    #[test]
    fn a_sleep_that_a_wide_reading_hides_is_told_by_the_next_closer_one() {
        let mut sleeps = Sleeps::new(read(0, 60, 20));
        let slept = 2 * THRESHOLD_NANOS;
        assert_eq!(sleeps.look(read(slept, SECOND, 0)), None);
        assert!(asleep(sleeps.look(read(slept, 60, 20))) > slept - 120);
    }

    #[test]
    fn sleeps_below_the_threshold_add_up() {
        let mut sleeps = Sleeps::new(read(0, 60, 20));
        let short = THRESHOLD_NANOS * 2 / 5;
        assert_eq!(sleeps.look(read(short, 60, 20)), None);
        assert_eq!(sleeps.look(read(2 * short, 60, 20)), None);
        assert!(asleep(sleeps.look(read(3 * short, 60, 20))) > 3 * short - 120);
    }

    #[test]
    fn a_first_reading_that_was_wide_is_made_good_by_closer_ones() {
        let mut sleeps = Sleeps::new(read(0, SECOND, SECOND));
        assert_eq!(sleeps.look(read(0, 60, 20)), None);
        let slept = 2 * THRESHOLD_NANOS;
        assert!(asleep(sleeps.look(read(slept, 60, 20))) > slept - 120);
    }

    #[test]
    fn the_longest_sleep_saturates() {
        let mut sleeps = Sleeps::new(read(-i128::from(u64::MAX), 0, 0));
        let told = sleeps.look(read(i128::from(u64::MAX), 0, 0)).unwrap();
        assert_eq!(told.asleep, Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn the_kernels_clocks_show_no_sleep_while_the_machine_is_awake() {
        let mut watch = ResumeWatch::new().unwrap();
        for _ in 0..20_000 {
            assert_eq!(watch.resumed(), None);
        }
    }
}
