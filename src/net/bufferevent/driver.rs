//! [`Driver`]: carries a stream's events to its handler. What happens to the bytes is decided in
//! [`advance`](super::advance), which knows no reactor.

use mio::Interest;
use std::io;

use crate::reactor::{Drive, Next, Phase, Reactor, Ready};

use super::timeouts::AGAIN;
use super::{BufferEvent, Event, StreamKey};

pub(super) struct Driver<F> {
    handler: F,
}

impl<F> Driver<F> {
    pub(super) const fn new(handler: F) -> Self {
        Self { handler }
    }

    /// Moves bytes and hands out events until there is nothing more to do, or this turn's share is
    /// spent.
    fn drive<S>(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        stream: &mut BufferEvent,
        ready: Ready,
    ) -> Next
    where
        F: FnMut(&mut S, &mut Reactor<S>, &mut BufferEvent, Event),
    {
        stream.absorb(ready);
        let mut share = stream.take_share(reactor.turn_number());
        loop {
            while let Some(event) = stream.advance(&mut share) {
                if matches!(event, Event::Closed) {
                    // Before the handler, so that its view of the reactor is without them.
                    stream.settle_timers(reactor);
                    (self.handler)(state, reactor, stream, event);
                    return Next::Stop;
                }
                (self.handler)(state, reactor, stream, event);
                if reactor.is_doomed(stream.key()) {
                    // Deregistered by its own handler: as if it were closed.
                    stream.close();
                }
                if reactor.is_out_of_time() {
                    share.calls = 0;
                }
            }
            match ask_for_writability(reactor, stream) {
                Ok(()) => break,
                Err(error) => stream.break_down(error),
            }
        }
        stream.settle_timers(reactor);
        if stream.has_work(&share) {
            reactor.note_hit(Phase::Streams, false);
            // Edge-triggered readiness is not reported twice: what is left is ours to remember.
            reactor.activate(stream.key(), AGAIN);
        }
        stream.put_share(share);
        Next::Continue
    }
}

/// Writability is asked for when the kernel first refused bytes, once, and never again given up:
/// taking it back and asking anew would cost two system calls each time.
fn ask_for_writability<S>(
    reactor: &mut Reactor<S>,
    stream: &mut BufferEvent,
) -> io::Result<()> {
    if stream.wants_writability() {
        let key = stream.key();
        reactor.reregister_source(
            stream,
            key,
            Interest::READABLE | Interest::WRITABLE,
        )?;
        stream.asked_for_writability();
    }
    Ok(())
}

impl<S, F> Drive<S, BufferEvent> for Driver<F>
where
    F: FnMut(&mut S, &mut Reactor<S>, &mut BufferEvent, Event),
{
    fn ready(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        _: StreamKey,
        stream: &mut BufferEvent,
        ready: Ready,
    ) -> Next {
        self.drive(state, reactor, stream, ready)
    }

    fn poked(
        &mut self,
        state: &mut S,
        reactor: &mut Reactor<S>,
        _: StreamKey,
        stream: &mut BufferEvent,
    ) -> Next {
        self.drive(state, reactor, stream, Ready::NONE)
    }

    fn leave(&mut self, reactor: &mut Reactor<S>, stream: &mut BufferEvent) {
        stream.timeouts.cancel(reactor);
    }
}
