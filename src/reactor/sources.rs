//! Sources of a reactor: registered, reached, activated, deregistered.

use alloc::boxed::Box;
use std::io;

use mio::Interest;
use mio::event::Source;

use super::drive::{AnySource, Drive, Entry, Handle};
use super::ready::SourceTimer;
use super::timers::Handler;
use super::{Next, Reactor, Ready, SourceKey};
use crate::time::Instant;
use crate::timers::{After, TimerKey};

impl<S> Reactor<S> {
    /// Registers `source` with its handler `f`, which is called whenever it is ready.
    ///
    /// The reactor owns both, and moves them out for the call: `f` gets the state, the reactor and
    /// the source as three separate `&mut`. Readiness is edge-triggered: `f` works until
    /// `WouldBlock`, or calls [`activate`](Self::activate) to be called again. When `f` answers
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
        mut source: E,
        interest: Interest,
        driver: D,
    ) -> io::Result<SourceKey<E>>
    where
        E: Source + 'static,
        D: Drive<S, E> + 'static,
    {
        let Some(raw) = self.slots.take() else {
            return Err(io::Error::other("there are more sources than tokens"));
        };
        let in_memory = self.memory_registrations();
        if let Err(error) =
            self.poll.registry().register(&mut source, raw.token(), interest)
        {
            self.slots.release(raw);
            return Err(error);
        }
        let boxed: Box<dyn AnySource<S>> = Box::new(Entry { source, driver });
        // The slot was taken just now and waits for this very box.
        let put = self.slots.put_back(raw, boxed);
        debug_assert!(put.is_ok());
        if self.memory_registrations() > in_memory {
            // Nobody makes it ready while the reactor sleeps.
            self.slots.set_weightless(raw);
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
        self.slots.get_mut(raw)?.as_any_mut().downcast_mut::<E>()?;
        self.slots.mark_poked(raw);
        self.slots.get_mut(raw)?.as_any_mut().downcast_mut()
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
        self.slots.get_mut(raw)?.as_any_mut().downcast_ref::<E>()?;
        let mut boxed = self.slots.release(raw)?;
        self.forget_source(&mut *boxed);
        let mut source = None::<E>;
        boxed.unwrap_into(&mut source);
        source
    }

    /// Whether the key's source is registered. True inside its own handler as well.
    #[must_use]
    pub fn is_registered<E>(&self, key: SourceKey<E>) -> bool {
        self.slots.contains(key.raw())
    }

    /// Calls the source's handler in the next turn with these causes, whatever the kernel says.
    ///
    /// False: the key is stale. Activations and events that come together make one call. A turn with
    /// activations pending does not sleep. This is how a handler that stops before `WouldBlock` says
    /// that there is more to do. O(1). Libevent: `event_active`.
    pub fn activate<E>(&mut self, key: SourceKey<E>, ready: Ready) -> bool {
        self.slots.mark_ready(key.raw(), ready)
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
        match self.slots.get_mut(raw) {
            Some(boxed) => {
                self.poll.registry().reregister(boxed.source(), raw.token(), interest)
            }
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Takes a source out of the kernel's list. The result does not matter: the source is on its
    /// way out, and an event that comes all the same finds its generation gone.
    pub(super) fn forget_source(&self, boxed: &mut dyn AnySource<S>) {
        let _ = self.poll.registry().deregister(boxed.source());
    }
}

/// What the rooms above need and users do not.
#[allow(dead_code, reason = "for the rooms above, which may be switched off")]
impl<S> Reactor<S> {
    /// [`reregister`](Self::reregister) for a driver, which holds its source itself.
    pub(crate) fn reregister_source<E: Source>(
        &self,
        source: &mut E,
        key: SourceKey<E>,
        interest: Interest,
    ) -> io::Result<()> {
        self.poll.registry().reregister(source, key.raw().token(), interest)
    }

    /// Whether the source, which is moved out for its own handler, was deregistered by it: a driver
    /// that calls its handler several times then stops.
    pub(crate) fn is_doomed<E>(&self, key: SourceKey<E>) -> bool {
        self.slots.is_doomed(key.raw())
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
        self.timers.schedule_after(now, after, handler)
    }

    /// Schedules the source's own timer `id` at `deadline`; see `source_timer_after`.
    pub(crate) fn source_timer_at<E>(
        &mut self,
        key: SourceKey<E>,
        id: SourceTimer,
        deadline: Instant,
    ) -> TimerKey {
        self.timers.schedule(deadline, Handler::Source { key: key.raw(), id })
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
