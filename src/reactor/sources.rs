//! Sources of a reactor: registered, reached, activated, deregistered.

use alloc::boxed::Box;
use core::any::TypeId;
use std::io;

use mio::Interest;
use mio::event::Source;

use super::drive::{AnySource, Drive, Entry, Handle};
use super::key::RawKey;
use super::ready::SourceTimer;
use super::timers::Handler;
use super::{Next, Origin, Priority, Reactor, Ready, SourceId, SourceKey, UserEvent};
use crate::time::Instant;
use crate::timers::{After, TimerKey};

impl<S> Reactor<S> {
    /// Registers `source` with its handler `f`, which is called whenever it is ready.
    ///
    /// The reactor owns both, and moves them out for the call: `f` gets the state, the reactor and
    /// the source as three separate `&mut`. Readiness is edge-triggered: `f` works until
    /// `WouldBlock`, or answers [`Next::Again`] to be called again in the next turn. When `f` answers
    /// [`Next::Stop`], or panics, the source is deregistered and dropped.
    ///
    /// O(1), one system call. Libevent: `event_new` with `EV_PERSIST | EV_ET`, and `event_add`.
    ///
    /// # Errors
    ///
    /// Whatever the kernel says to the registration (most likely that the descriptor is registered
    /// already), or that there are more sources than tokens. The source is dropped.
    ///
    /// ```
    /// use std::io;
    /// use tourbillon::reactor::{Exit, Interest, Next, Reactor};
    ///
    /// let (mut sender, receiver) = mio::unix::pipe::new()?;
    /// let mut reactor = Reactor::<String>::new()?;
    /// reactor.register(receiver, Interest::READABLE, |text: &mut String, _, receiver, _| {
    ///     match io::Read::read_to_string(receiver, text) {
    ///         Err(error) if error.kind() == io::ErrorKind::WouldBlock => Next::Continue,
    ///         _ => Next::Stop,
    ///     }
    /// })?;
    ///
    /// io::Write::write_all(&mut sender, b"hello")?;
    /// drop(sender);
    /// let mut text = String::new();
    /// assert_eq!(reactor.run(&mut text)?, Exit::Idle);
    /// assert_eq!(text, "hello");
    /// # Ok::<(), io::Error>(())
    /// ```
    pub fn register<E: Source + 'static>(
        &mut self,
        source: E,
        interest: Interest,
        f: impl FnMut(&mut S, &mut Reactor<S>, &mut E, Ready) -> Next + 'static,
    ) -> io::Result<SourceKey<E>> {
        self.register_driver(source, interest, Handle(f))
    }

    /// Registers `source` with a driver, which is told the key and of pokes as well.
    pub(crate) fn register_driver<E, D>(
        &mut self,
        source: E,
        interest: Interest,
        driver: D,
    ) -> io::Result<SourceKey<E>>
    where
        E: Source + 'static,
        D: Drive<S, E> + 'static,
    {
        self.register_boxed(Box::new(Entry { source, driver }), interest)
    }

    /// Registers a source that is in its box already, with its driver.
    pub(super) fn register_boxed<E: 'static>(
        &mut self,
        mut boxed: Box<dyn AnySource<S>>,
        interest: Interest,
    ) -> io::Result<SourceKey<E>> {
        let Some(raw) = self.slots.take() else {
            return Err(io::Error::other("there are more sources than tokens"));
        };
        let in_memory = self.memory_registrations();
        if let Some(source) = boxed.source()
            && let Err(error) =
                self.poll.registry().register(source, raw.token(), interest)
        {
            self.slots.release(raw);
            return Err(error);
        }
        // The slot was taken just now and waits for this very box.
        let put = self.slots.put_back(raw, boxed);
        debug_assert!(put.is_ok());
        self.stats.most_sources = self.stats.most_sources.max(self.slots.len());
        if self.memory_registrations() > in_memory {
            // Nobody makes it ready while the reactor sleeps.
            self.slots.set_weight(raw, false);
            self.slots.set_interest(raw, interest);
        } else if TypeId::of::<E>() != TypeId::of::<UserEvent>() {
            self.slots.set_wakeable(raw);
            self.slots.set_interest(raw, interest);
        }
        Ok(SourceKey::new(raw))
    }

    /// Reaches a source from outside its handler.
    ///
    /// `None`: the key is stale, or the source is moved out for its own handler right now. What is
    /// done to a stream's buffers here is flushed later in the same turn, or in the next one, which
    /// then does not sleep. O(1).
    pub fn source_mut<E: 'static>(&mut self, key: SourceKey<E>) -> Option<&mut E> {
        let raw = key.raw();
        self.slots.get_mut(raw)?.as_any_mut()?.downcast_mut::<E>()?;
        self.slots.mark_poked(raw);
        self.slots.get_mut(raw)?.as_any_mut()?.downcast_mut()
    }

    /// Takes a source out and hands it back; its handler is dropped. O(1), one system call.
    ///
    /// `None`: the key is stale, or the source is moved out for its own handler right now. In that
    /// case it is deregistered and dropped as soon as the handler returns, whatever that answers.
    /// Libevent: `event_del`, `event_free`.
    pub fn deregister<E: 'static>(&mut self, key: SourceKey<E>) -> Option<E> {
        let raw = key.raw();
        if self.slots.doom(raw) {
            return None;
        }
        // A key of another reactor may find a source of another type here. It stays.
        self.slots.get_mut(raw)?.as_any_mut()?.downcast_ref::<E>()?;
        let mut boxed = self.release_slot(raw)?;
        boxed.leave(self);
        if let Some(source) = boxed.source() {
            self.forget_source(source);
        }
        let mut source = None::<E>;
        boxed.unwrap_into(&mut source);
        source
    }

    /// Whether the key's source is registered. True inside its own handler as well.
    #[must_use]
    pub fn is_registered(&self, key: impl Into<SourceId>) -> bool {
        self.slots.contains(key.into().raw())
    }

    /// Calls the source's handler in the next turn with these causes, whatever the kernel says; or still in this
    /// one, if it waits for its call in it.
    ///
    /// False: the key is stale. Activations and events that come together make one call. A turn with
    /// activations pending does not sleep. A handler that stops before `WouldBlock` says so with
    /// [`Next::Again`]. O(1). Libevent: `event_active`; libev: `ev_feed_event`.
    pub fn activate(&mut self, key: impl Into<SourceId>, ready: Ready) -> bool {
        self.slots.mark_ready(key.into().raw(), ready)
    }

    /// Gives a source another priority than [`Priority::Normal`]. False: the key is stale.
    ///
    /// Of the sources that are ready in a turn, the urgent are called first. If there are more than the
    /// turn's [budget](super::TurnBudget) allows, they take turns by weight, 16 to 4 to 1, so that
    /// nobody starves; and so they do in the turn after one that left some, for whatever reason. It counts
    /// from the next time on that the source becomes ready. Timers have no
    /// priority: their order is that of their deadlines. O(1). Libevent: `event_priority_set`, where the
    /// less urgent starve; libev: `ev_set_priority`.
    pub fn set_priority(&mut self, key: impl Into<SourceId>, priority: Priority) -> bool {
        self.slots.set_priority(key.into().raw(), priority)
    }

    /// The priority of a source; `None` if the key is stale.
    #[must_use]
    pub fn priority(&self, key: impl Into<SourceId>) -> Option<Priority> {
        self.slots.priority(key.into().raw())
    }

    /// Changes what a source is registered for. O(1), one system call.
    ///
    /// What is ready already is reported once more, as with a new registration.
    ///
    /// # Errors
    ///
    /// `NotFound` if the key is stale, or the source is moved out for its own handler right now
    /// ([`defer`](Self::defer) the change then); and what the kernel says.
    pub fn reregister<E>(
        &mut self,
        key: SourceKey<E>,
        interest: Interest,
    ) -> io::Result<()> {
        let raw = key.raw();
        let Some(source) = self.slots.get_mut(raw).and_then(|boxed| boxed.source())
        else {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "no source to reregister: the key is stale, or its handler is running",
            ));
        };
        self.poll.registry().reregister(source, raw.token(), interest)?;
        self.slots.set_interest(raw, interest);
        Ok(())
    }

    /// Gives a slot free, and all that belongs to its source: its timeout, its name.
    pub(super) fn release_slot(&mut self, raw: RawKey) -> Option<Box<dyn AnySource<S>>> {
        self.clear_timeout(SourceId(raw));
        self.marks.forget(Origin::Source(SourceId(raw)));
        self.slots.release(raw)
    }

    /// As `release_slot`, if the slot's box is away for a call that is over now.
    pub(super) fn put_away(&mut self, raw: RawKey) {
        if self.slots.is_away(raw) {
            self.release_slot(raw);
        }
    }

    /// Takes a source out of the kernel's list. The result does not matter: the source is on its
    /// way out, and an event that comes all the same finds its generation gone.
    pub(super) fn forget_source(&self, source: &mut dyn Source) {
        let _ = self.poll.registry().deregister(source);
    }
}

/// What the rooms above need and users do not.
#[allow(dead_code, reason = "for the rooms above, which may be switched off")]
impl<S> Reactor<S> {
    /// [`reregister`](Self::reregister) for a driver, which holds its source itself.
    pub(crate) fn reregister_source<E: Source>(
        &mut self,
        source: &mut E,
        key: SourceKey<E>,
        interest: Interest,
    ) -> io::Result<()> {
        self.poll.registry().reregister(source, key.raw().token(), interest)?;
        self.slots.set_interest(key.raw(), interest);
        Ok(())
    }

    /// Whether the source, which is moved out for its own handler, was deregistered by it: a driver
    /// that calls its handler several times then stops.
    pub(crate) fn is_doomed<E>(&self, key: SourceKey<E>) -> bool {
        self.slots.is_doomed(key.raw())
    }

    /// The number of the present turn: another one for each, whatever is done to the counters.
    pub(crate) const fn turn_number(&self) -> u64 {
        self.turn_number
    }

    /// Schedules the source's own timer `id`, `after` from a fresh reading of the clock.
    ///
    /// It fires as a call of the source's driver with the bit of `id`, in the timers' phase, and its
    /// key is stale by then. A timer whose source is gone fires for nobody.
    pub(crate) fn source_timer_after<E>(
        &mut self,
        key: SourceKey<E>,
        id: SourceTimer,
        after: impl Into<After>,
    ) -> TimerKey {
        let now = self.precise_now();
        let handler = Handler::Source { key: key.raw(), id };
        let key = self.timers.schedule_after(now, after, handler);
        self.source_timers += 1;
        self.note_population();
        key
    }

    /// Schedules the source's own timer `id` at `deadline`; see `source_timer_after`.
    pub(crate) fn source_timer_at<E>(
        &mut self,
        key: SourceKey<E>,
        id: SourceTimer,
        deadline: Instant,
    ) -> TimerKey {
        let key = self.timers.schedule(deadline, Handler::Source { key: key.raw(), id });
        self.source_timers += 1;
        self.note_population();
        key
    }
}

#[cfg(all(test, unix))]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use mio::unix::pipe::{self, Receiver, Sender};

    use super::*;
    use crate::time::ManualClock;

    const IDLE: SourceTimer = SourceTimer::new(0);
    const LINGER: SourceTimer = SourceTimer::new(7);

    /// What a driver was called for.
    #[derive(Eq, PartialEq, Debug)]
    enum Seen {
        Ready(Ready),
        Poked,
    }

    /// Writes down its calls, and changes its interest when it becomes writable.
    struct Recorder;

    impl Drive<Vec<Seen>, Sender> for Recorder {
        fn ready(
            &mut self,
            seen: &mut Vec<Seen>,
            reactor: &mut Reactor<Vec<Seen>>,
            key: SourceKey<Sender>,
            source: &mut Sender,
            ready: Ready,
        ) -> Next {
            seen.push(Seen::Ready(ready));
            if ready.is_writable() {
                reactor.reregister_source(source, key, Interest::READABLE).unwrap();
            }
            if ready.is_timer(LINGER) { Next::Stop } else { Next::Continue }
        }

        fn poked(
            &mut self,
            seen: &mut Vec<Seen>,
            reactor: &mut Reactor<Vec<Seen>>,
            key: SourceKey<Sender>,
            _source: &mut Sender,
        ) -> Next {
            assert!(reactor.source_mut(key).is_none());
            seen.push(Seen::Poked);
            Next::Continue
        }
    }

    type World = (Reactor<Vec<Seen>>, ManualClock, SourceKey<Sender>, Receiver);

    fn world() -> World {
        let clock = ManualClock::new();
        let mut reactor = Reactor::builder().clock(clock.clone()).build().unwrap();
        let (sender, receiver) = pipe::new().unwrap();
        let key = reactor.register_driver(sender, Interest::WRITABLE, Recorder).unwrap();
        (reactor, clock, key, receiver)
    }

    fn turn(reactor: &mut Reactor<Vec<Seen>>) -> Vec<Seen> {
        let mut seen = Vec::new();
        reactor.turn(&mut seen, Duration::ZERO).unwrap();
        seen
    }

    #[test]
    fn a_driver_changes_the_interest_of_the_source_it_holds() {
        let (mut reactor, _clock, key, _receiver) = world();
        assert_eq!(turn(&mut reactor), [Seen::Ready(Ready::WRITABLE)]);
        assert_eq!(turn(&mut reactor), []);
        reactor.reregister(key, Interest::WRITABLE).unwrap();
        assert_eq!(turn(&mut reactor), [Seen::Ready(Ready::WRITABLE)]);
    }

    #[test]
    fn a_sources_timer_fires_as_a_call_of_its_driver() {
        let (mut reactor, clock, key, _receiver) = world();
        turn(&mut reactor);
        let idle = reactor.common_timeout(Duration::from_nanos(100));
        let timer = reactor.source_timer_after(key, IDLE, idle);
        clock.advance(Duration::from_nanos(70));
        assert!(reactor.touch(timer));
        clock.advance(Duration::from_nanos(99));
        assert_eq!(turn(&mut reactor), []);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(turn(&mut reactor), [Seen::Ready(Ready::timer(IDLE))]);
        assert!(!reactor.is_pending(timer));
        // Its own Stop, by another of its timers.
        reactor.source_timer_at(key, LINGER, Instant::ZERO);
        let orphan = reactor.source_timer_at(key, IDLE, Instant::ZERO);
        assert_eq!(turn(&mut reactor), [Seen::Ready(Ready::timer(LINGER))]);
        assert!(!reactor.is_registered(key));
        assert!(!reactor.is_pending(orphan), "it fired for nobody");
    }

    #[test]
    fn a_timer_does_not_take_an_activation_along() {
        let (mut reactor, _clock, key, _receiver) = world();
        turn(&mut reactor);
        reactor.at(Instant::ZERO, move |_, reactor, _| {
            reactor.activate(key, Ready::READABLE);
        });
        reactor.source_timer_at(key, IDLE, Instant::ZERO);
        assert_eq!(turn(&mut reactor), [Seen::Ready(Ready::timer(IDLE))]);
        assert_eq!(turn(&mut reactor), [Seen::Ready(Ready::READABLE)]);
    }

    #[test]
    fn a_source_reached_from_outside_is_told_in_the_same_turn_or_the_next() {
        let (mut reactor, _clock, key, _receiver) = world();
        turn(&mut reactor);
        // By a timer: later in the same turn, and once for any number of times.
        reactor.at(Instant::ZERO, move |_, reactor, _| {
            assert!(reactor.source_mut(key).is_some());
            assert!(reactor.source_mut(key).is_some());
        });
        assert_eq!(turn(&mut reactor), [Seen::Poked]);
        assert_eq!(turn(&mut reactor), []);
        // Between turns: in the next one, which does not sleep.
        assert!(reactor.source_mut(key).is_some());
        let mut seen = Vec::new();
        reactor.turn(&mut seen, None).unwrap();
        assert_eq!(seen, [Seen::Poked]);
        // Gone before it could be told.
        assert!(reactor.source_mut(key).is_some());
        assert!(reactor.deregister(key).is_some());
        assert_eq!(turn(&mut reactor), []);
    }
}
