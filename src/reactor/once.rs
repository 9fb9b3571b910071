//! Sources that are waited for once, and events that only the program itself can cause.

use alloc::boxed::Box;
use core::any::Any;
use std::io;

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::drive::{AnySource, Call};
use super::key::RawKey;
use super::{Next, Reactor, Ready, SourceKey};

impl<S> Reactor<S> {
    /// Calls `f` the first time that `source` is ready, and hands it over: by then it is deregistered, and
    /// its key stale. So `f` may register it again, keep it or drop it.
    ///
    /// A [timeout](Self::set_timeout) counts as well: `f` is called with [`Ready::TIMED_OUT`] then. A source
    /// that is [reached from outside](Self::source_mut) is not called for that. O(1): a system call for
    /// each of the two, and one allocation. Libevent: `event_new` without `EV_PERSIST`, or
    /// `event_base_once`.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register).
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use tourbillon::reactor::{Exit, Interest, Reactor};
    ///
    /// let (mut sender, receiver) = mio::unix::pipe::new()?;
    /// let mut reactor = Reactor::<String>::new()?;
    /// reactor.register_once(receiver, Interest::READABLE, |text: &mut String, _, mut receiver, _| {
    ///     let mut word = [0; 5];
    ///     if receiver.read_exact(&mut word).is_ok() {
    ///         text.push_str(&String::from_utf8_lossy(&word));
    ///     }
    /// })?;
    /// sender.write_all(b"hello, hello")?;
    /// let mut text = String::new();
    /// assert_eq!(reactor.run(&mut text)?, Exit::Idle);
    /// assert_eq!(text, "hello");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn register_once<E: Source + 'static>(
        &mut self,
        source: E,
        interest: Interest,
        f: impl FnOnce(&mut S, &mut Reactor<S>, E, Ready) + 'static,
    ) -> io::Result<SourceKey<E>> {
        self.register_boxed(Box::new(Once { both: Some((source, f)) }), interest)
    }

    /// An event that nothing but [`activate`](Self::activate) and its [timeout](Self::set_timeout) cause:
    /// `f` is called in the turn after, with the causes, until it answers [`Next::Stop`].
    ///
    /// It has a [priority](Self::set_priority) and a name like any source, and keeps no
    /// [`run`](Self::run) alive unless it is [told to](Self::set_keeps_alive), but for one in which it
    /// is active. O(1), two allocations, no descriptor. Libevent: `event_new` with a descriptor of -1,
    /// or `event_assign`, and `event_active`.
    ///
    /// # Errors
    ///
    /// If there are more sources than tokens.
    ///
    /// ```
    /// use tourbillon::reactor::{Next, Reactor, Ready};
    ///
    /// let mut reactor = Reactor::<u32>::new()?;
    /// let event = reactor.event(|count: &mut u32, _, _| {
    ///     *count += 1;
    ///     Next::Continue
    /// })?;
    /// assert!(reactor.activate(event, Ready::READABLE));
    /// assert!(reactor.activate(event, Ready::READABLE), "which is the same call");
    /// let mut count = 0;
    /// reactor.run(&mut count)?;
    /// assert_eq!(count, 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn event(
        &mut self,
        mut f: impl FnMut(&mut S, &mut Reactor<S>, Ready) -> Next + 'static,
    ) -> io::Result<SourceKey<UserEvent>> {
        let driver = move |state: &mut S,
                           reactor: &mut Self,
                           _: &mut UserEvent,
                           ready| { f(state, reactor, ready) };
        let key = self.register(UserEvent(()), Interest::READABLE, driver)?;
        self.slots.set_weight(key.raw(), false);
        Ok(key)
    }
}

/// The source of an [event](Reactor::event) of the program's own. The kernel knows nothing of it.
#[derive(Debug)]
pub struct UserEvent(());

impl Source for UserEvent {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}

/// A source and a handler that are both used up by one call.
struct Once<E, F> {
    both: Option<(E, F)>,
}

impl<S, E, F> AnySource<S> for Once<E, F>
where
    E: Source + 'static,
    F: FnOnce(&mut S, &mut Reactor<S>, E, Ready),
{
    fn call(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: RawKey,
        call: Call,
    ) -> Next {
        let Call::Ready(ready) = call else { return Next::Continue };
        let Some((mut source, f)) = self.both.take() else { return Next::Stop };
        reactor.forget_source(&mut source);
        reactor.release_slot(key);
        f(state, reactor, source, ready);
        Next::Stop
    }

    fn leave(&mut self, _: &mut Reactor<S>) {}

    fn source(&mut self) -> Option<&mut dyn Source> {
        self.both.as_mut().map(|(source, _)| source as &mut dyn Source)
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        self.both.as_mut().map(|(source, _)| source as &mut dyn Any)
    }

    fn type_name(&self) -> &'static str {
        core::any::type_name::<E>()
    }

    fn unwrap_into(self: Box<Self>, out: &mut dyn Any) {
        if let (Some((source, _)), Some(out)) =
            (self.both, out.downcast_mut::<Option<E>>())
        {
            *out = Some(source);
        }
    }
}
