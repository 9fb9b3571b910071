//! [`Drive`]: who is called when a source is ready, and how the two are kept in one box.

use alloc::boxed::Box;
use core::any::Any;

use mio::event::Source;

use super::key::RawKey;
use super::{Next, Reactor, Ready, SourceKey};

/// The handler of a source, as the rooms above write it.
///
/// The source is moved out of the reactor for the call, so that state, reactor and source are three
/// separate `&mut`.
pub(crate) trait Drive<S, E> {
    /// The source is ready, was activated, or one of its timers fired.
    fn ready(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: SourceKey<E>,
        source: &mut E,
        ready: Ready,
    ) -> Next;

    /// Somebody reached the source through [`Reactor::source_mut`], outside its own handler.
    fn poked(
        &mut self,
        _state: &mut S,
        _reactor: &mut Reactor<S>,
        _key: SourceKey<E>,
        _source: &mut E,
    ) -> Next {
        Next::Continue
    }

    /// The source is on its way out, whoever has sent it: the place to cancel its timers.
    fn leave(&mut self, _reactor: &mut Reactor<S>, _source: &mut E) {}
}

/// A plain function as a driver.
pub(super) struct Handle<F>(pub(super) F);

impl<S, E, F> Drive<S, E> for Handle<F>
where
    F: FnMut(&mut S, &mut Reactor<S>, &mut E, Ready) -> Next,
{
    fn ready(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        _key: SourceKey<E>,
        source: &mut E,
        ready: Ready,
    ) -> Next {
        (self.0)(state, reactor, source, ready)
    }
}

/// What a driver is called for.
#[derive(Copy, Clone, Debug)]
pub(super) enum Call {
    Ready(Ready),
    Poked,
}

/// A source and its driver, whatever their types.
pub(super) trait AnySource<S> {
    fn call(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: RawKey,
        call: Call,
    ) -> Next;

    /// Has the driver take back what it has in the reactor. The slot is free already.
    fn leave(&mut self, reactor: &mut Reactor<S>);

    /// The source, to be registered and deregistered; `None`: its handler has it, for good.
    fn source(&mut self) -> Option<&mut dyn Source>;

    /// The source, to be cast back to its type; `None` as above.
    fn as_any_mut(&mut self) -> Option<&mut dyn Any>;

    /// The name of the source's type.
    fn type_name(&self) -> &'static str;

    /// Moves the source into `out`, an `Option` of its type, and drops the driver.
    fn unwrap_into(self: Box<Self>, out: &mut dyn Any);
}

/// A source and its driver.
pub(super) struct Entry<E, D> {
    pub(super) source: E,
    pub(super) driver: D,
}

impl<S, E, D> AnySource<S> for Entry<E, D>
where
    E: Source + 'static,
    D: Drive<S, E>,
{
    fn call(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        key: RawKey,
        call: Call,
    ) -> Next {
        let (driver, key) = (&mut self.driver, SourceKey::new(key));
        match call {
            Call::Ready(ready) => {
                driver.ready(state, reactor, key, &mut self.source, ready)
            }
            Call::Poked => driver.poked(state, reactor, key, &mut self.source),
        }
    }

    fn leave(&mut self, reactor: &mut Reactor<S>) {
        self.driver.leave(reactor, &mut self.source);
    }

    fn source(&mut self) -> Option<&mut dyn Source> {
        Some(&mut self.source)
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn Any> {
        Some(&mut self.source)
    }

    fn type_name(&self) -> &'static str {
        core::any::type_name::<E>()
    }

    fn unwrap_into(self: Box<Self>, out: &mut dyn Any) {
        if let Some(out) = out.downcast_mut::<Option<E>>() {
            *out = Some(self.source);
        }
    }
}
