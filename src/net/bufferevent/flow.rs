//! [`Flow`]: where a stream stands, and what follows from that: may it read, may it write, what is
//! due, which timeouts count. Facts and predicates; [`advance`](super::advance) acts on them.

use std::io;
use std::mem;

use crate::reactor::Ready;

use super::BufferEvent;
use super::timeouts::{Count, PerTimer};

/// What one stream may still take of one turn, however often it is called in it.
#[derive(Debug)]
pub(super) struct Share {
    /// The number of the turn.
    turn: u64,
    pub(super) read: usize,
    pub(super) write: usize,
    pub(super) calls: usize,
}

impl Share {
    pub(super) const fn of_turn(turn: u64) -> Self {
        Self { turn, read: 64 * 1024, write: 256 * 1024, calls: 64 }
    }
}

/// Where the stream is in its life.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Life {
    Open,
    /// To be closed when the output is out.
    Flushing,
    /// The output and our end of stream are out. The peer is still sending; to close now would
    /// reset the connection, and the reset could overtake the output.
    Lingering,
    /// `Closed` is the next event.
    Closing,
    /// `Closed` was told.
    Closed,
}

/// How the peer's bytes ended.
#[derive(Debug)]
pub(super) enum End {
    Eof,
    Error(io::Error),
}

/// Which of the stream's own facts hold. Those that the program sets are in `BufferEvent` itself.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts that hold independently")]
pub(super) struct Flow {
    share: Share,
    pub(super) life: Life,
    /// Readiness that was reported and not used up.
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer's end, or an error, is behind the bytes to be read: a short read does not mean
    /// that there is nothing more.
    pub(super) hangup: bool,
    /// Writability is among what the reactor asks for.
    pub(super) asked: bool,
    /// The end was read: there will be no more input.
    pub(super) ended: bool,
    /// The end, until it is told.
    pub(super) end: Option<End>,
    /// A failure that is to be told.
    pub(super) failure: Option<io::Error>,
    pub(super) fired: PerTimer<bool>,
    /// The output holds reading back.
    pub(super) held_back: bool,
    /// Bytes came in since the last `Readable`.
    pub(super) fresh: bool,
    /// Bytes went out since the last `Drained`.
    pub(super) wrote: bool,
    /// Bytes moved since the timeouts were last brought in line.
    pub(super) moved_in: bool,
    pub(super) moved_out: bool,
    /// The peer was still sending when the output was out.
    pub(super) discarded: bool,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self {
            share: Share::of_turn(0),
            life: Life::Open,
            readable: false,
            writable: true,
            hangup: false,
            asked: false,
            ended: false,
            end: None,
            failure: None,
            fired: PerTimer::default(),
            held_back: false,
            fresh: false,
            wrote: false,
            moved_in: false,
            moved_out: false,
            discarded: false,
        }
    }

    /// The stream is registered (again): its readiness will be reported from the start.
    pub(super) fn begin(&mut self) {
        self.share = Share::of_turn(0);
        self.readable = false;
        self.writable = true;
        self.asked = false;
        self.fired = PerTimer::default();
    }
}

impl BufferEvent {
    /// The stream's share of turn number `turn`: what is left of it, when it was called before.
    pub(super) fn take_share(&mut self, turn: u64) -> Share {
        let share = mem::replace(&mut self.flow.share, Share::of_turn(turn));
        if share.turn == turn { share } else { Share::of_turn(turn) }
    }

    pub(super) fn put_share(&mut self, share: Share) {
        self.flow.share = share;
    }

    /// Takes note of why the stream is called.
    pub(super) fn absorb(&mut self, ready: Ready) {
        let flow = &mut self.flow;
        flow.hangup |= ready.is_read_closed() || ready.is_error();
        flow.readable |=
            ready.is_readable() || ready.is_read_closed() || ready.is_error();
        // A direction that is dead is ready, too: it has an error to give.
        flow.writable |=
            ready.is_writable() || ready.is_write_closed() || ready.is_error();
        let counts = self.counts();
        let fired = self.timeouts.fired(ready);
        let flow = &mut self.flow;
        // What comes together with a timeout is progress, and the timeout starts anew.
        let (reads, writes) = (ready.is_readable(), ready.is_writable());
        flow.fired.read |= fired.read && counts.read && !reads;
        flow.fired.write |= fired.write && counts.write && !writes;
        flow.fired.idle |= fired.idle && counts.idle && !reads && !writes;
        if fired.linger && flow.life == Life::Lingering {
            flow.life = Life::Closing;
        }
        let will_read = self.reading && !self.flow.ended;
        if ready.is_error() && self.is_alive() && !will_read && !self.can_write() {
            // Neither a read nor a write would come upon it.
            if let Ok(Some(error)) = self.stream.take_error() {
                self.break_down(error);
            }
        }
    }

    #[inline]
    pub(super) fn can_read(&self) -> bool {
        let flow = &self.flow;
        flow.readable
            && self.reading
            && !flow.ended
            && !flow.held_back
            && flow.life == Life::Open
            && self.input_marks.room(self.input.len()) > 0
    }

    #[inline]
    pub(super) fn can_write(&self) -> bool {
        self.flow.writable && self.has_output()
    }

    /// Whether bytes may still move.
    fn is_alive(&self) -> bool {
        matches!(self.flow.life, Life::Open | Life::Flushing)
    }

    /// Whether there is output that may go out.
    fn has_output(&self) -> bool {
        self.is_alive()
            && self.writing
            && !self.output.is_empty()
            && self.flow.failure.is_none()
    }

    pub(super) fn drained_is_due(&self) -> bool {
        self.flow.wrote && self.writing && self.output.len() <= self.output_marks.low()
    }

    /// Whether there are bytes in the input that were not announced.
    pub(super) fn announces_later(&self) -> bool {
        self.flow.fresh && !self.input.is_empty()
    }

    pub(super) fn readable_is_due(&self) -> bool {
        let enough = self.input.len() >= self.input_marks.low() || self.flow.ended;
        self.announces_later() && enough && self.reading && !self.flow.held_back
    }

    /// Whether something is left that only a spent share has stopped.
    pub(super) fn has_work(&self, share: &Share) -> bool {
        if share.calls == 0 {
            // An event may be waiting.
            return true;
        }
        match self.flow.life {
            Life::Open => {
                self.can_write()
                    || self.can_read()
                    || self.readable_is_due()
                    || self.drained_is_due()
            }
            Life::Flushing => self.can_write(),
            Life::Lingering => self.flow.readable,
            Life::Closing | Life::Closed => false,
        }
    }

    /// Whether the kernel refused bytes, and was not asked yet to say when it takes more.
    pub(super) fn wants_writability(&self) -> bool {
        !self.flow.asked && !self.flow.writable && self.has_output()
    }

    pub(super) fn asked_for_writability(&mut self) {
        self.flow.asked = true;
    }

    /// Which timeouts count now.
    fn counts(&self) -> PerTimer<bool> {
        let flow = &self.flow;
        let open = flow.life == Life::Open;
        let reads = open && self.reading && !flow.ended;
        let writes = self.is_alive() && self.writing;
        PerTimer {
            read: reads && !flow.held_back && self.input_marks.room(self.input.len()) > 0,
            write: self.has_output(),
            idle: reads || writes,
            linger: flow.life == Life::Lingering,
        }
    }

    /// Which timeouts count, and which made progress since this was last asked.
    pub(super) fn take_counts(&mut self) -> PerTimer<Count> {
        let counts = self.counts();
        let moved_in = mem::take(&mut self.flow.moved_in);
        let moved_out = mem::take(&mut self.flow.moved_out);
        PerTimer {
            read: Count { counts: counts.read, progress: moved_in },
            write: Count { counts: counts.write, progress: moved_out },
            idle: Count { counts: counts.idle, progress: moved_in || moved_out },
            linger: Count { counts: counts.linger, progress: false },
        }
    }
}
