//! What is read and written when, and which event is next.
//!
//! [`BufferEvent::advance`] moves bytes until there is an event to tell, and is called again when
//! the handler has had it. It knows no reactor and no handler, so every rule can be tested with a
//! stream made of a script.
//!
//! # Invariants
//!
//! - I1: `Readable` only with bytes that were not announced before: no call without progress.
//! - I2: when `advance` says that there is nothing more to tell, then either there is nothing to do
//!   before the stream is ready again, or [`BufferEvent::has_work`] says so: never stuck, and no
//!   spinning, since work that is left means that a share was spent.
//! - I3: bytes before `Eof`, `Eof` or an error last but for `Closed`, `Closed` once.
//! - I4: while the output holds reading back, no input is read and none is announced: a handler
//!   cannot be made to produce more.

use std::io::{self, ErrorKind};
use std::mem;
use std::net::Shutdown;

use super::flow::{End, Life, Share};
use super::{BufferEvent, Event, Timeout};

impl BufferEvent {
    /// Moves bytes until there is an event to tell.
    pub(super) fn advance(&mut self, share: &mut Share) -> Option<Event> {
        if let Some(event) = self.last_event() {
            return Some(event);
        }
        if share.calls == 0 {
            return None;
        }
        let event = self.timed_out().or_else(|| {
            if let Err(error) = self.flush(share) {
                self.break_down(error);
                return self.last_event();
            }
            if self.flow.life != Life::Open {
                self.say_farewell(share);
                return self.last_event();
            }
            self.drained().or_else(|| {
                self.fill(share);
                self.next_of_input()
            })
        });
        share.calls -= usize::from(event.is_some());
        event
    }

    /// The events that end a stream: a failure, and `Closed`.
    fn last_event(&mut self) -> Option<Event> {
        match self.flow.life {
            Life::Closed => None,
            Life::Closing => {
                self.flow.life = Life::Closed;
                Some(Event::Closed)
            }
            _ => {
                let error = self.flow.failure.take()?;
                self.flow.life = Life::Closing;
                Some(Event::Error(error))
            }
        }
    }

    /// The connection is lost: nothing more is read or written.
    pub(super) fn break_down(&mut self, error: io::Error) {
        self.flow.failure.get_or_insert(error);
    }

    fn timed_out(&mut self) -> Option<Event> {
        let fired = &mut self.flow.fired;
        let which = if mem::take(&mut fired.read) {
            self.reading = false;
            Timeout::Read
        } else if mem::take(&mut fired.write) {
            self.writing = false;
            Timeout::Write
        } else if mem::take(&mut fired.idle) {
            (self.reading, self.writing) = (false, false);
            Timeout::Idle
        } else {
            return None;
        };
        if self.flow.life != Life::Open {
            // Nobody would enable again what is closing.
            self.flow.life = Life::Closing;
        }
        Some(Event::TimedOut(which))
    }

    /// Writes what the stream takes and the share allows.
    fn flush(&mut self, share: &mut Share) -> io::Result<()> {
        while self.can_write() && share.write > 0 {
            let n = self.write_once(share.write)?;
            share.write -= n;
        }
        self.flow.held_back =
            self.output_marks.holds_back(self.flow.held_back, self.output.len());
        Ok(())
    }

    /// One write; 0 when the stream was not ready after all.
    pub(super) fn write_once(&mut self, max: usize) -> io::Result<usize> {
        match self.output.write_to(&mut *self.stream, max) {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Ok(n) => {
                self.flow.wrote = true;
                self.flow.moved_out = true;
                Ok(n)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.flow.writable = false;
                Ok(0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn drained(&mut self) -> Option<Event> {
        if !self.drained_is_due() {
            return None;
        }
        self.flow.wrote = false;
        Some(Event::Drained)
    }

    /// Reads what there is and the marks and the share allow.
    fn fill(&mut self, share: &mut Share) {
        while self.can_read() && share.read > 0 {
            let max = self.input_marks.room(self.input.len()).min(share.read);
            match self.input.read_from_offering(&mut *self.stream, max) {
                Ok((0, _)) => self.end_input(End::Eof),
                Ok((n, offered)) => {
                    share.read -= n;
                    self.flow.fresh = true;
                    self.flow.moved_in = true;
                    // A short read has emptied the socket, and saves the read that would say so.
                    // Not when the end is behind the bytes: it is never reported again.
                    self.flow.readable = n == offered || self.flow.hangup;
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.flow.readable = false,
                    ErrorKind::Interrupted => {}
                    _ => self.end_input(End::Error(error)),
                },
            }
        }
    }

    fn end_input(&mut self, end: End) {
        self.flow.readable = false;
        self.flow.ended = true;
        self.flow.end = Some(end);
    }

    fn next_of_input(&mut self) -> Option<Event> {
        if self.readable_is_due() {
            self.flow.fresh = false;
            return Some(Event::Readable);
        }
        match self.flow.end.take() {
            Some(End::Error(error)) => {
                self.break_down(error);
                self.last_event()
            }
            Some(End::Eof) if self.reading && !self.announces_later() => {
                self.reading = false;
                Some(Event::Eof)
            }
            end => {
                self.flow.end = end;
                None
            }
        }
    }

    /// A stream that is closing: flushed, then shut down, then rid of what the peer still sends.
    fn say_farewell(&mut self, share: &mut Share) {
        if self.flow.life == Life::Flushing && self.output.is_empty() {
            self.flow.life = match self.stream.shutdown(Shutdown::Write) {
                Ok(()) if !self.flow.ended => Life::Lingering,
                // All was received, or the peer is gone: nothing to wait for.
                _ => Life::Closing,
            };
            self.flow.readable = true;
        }
        while self.flow.life == Life::Lingering && self.flow.readable && share.read > 0 {
            self.input.clear();
            match self.input.read_from(&mut *self.stream, share.read) {
                Ok(n @ 1..) => {
                    share.read -= n;
                    self.flow.discarded = true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.flow.readable = false;
                    if !self.flow.discarded {
                        self.flow.life = Life::Closing;
                    }
                }
                Ok(_) | Err(_) => self.flow.life = Life::Closing,
            }
        }
    }
}
