//! [`Conn`]: what is known of a connection, and what its bytes are to be.

use tourbillon::reactor::memory::{MemoryFaults, MemoryStream};
use tourbillon::time::Instant;
use tourbillon::{SourceKey, StreamKey};

/// How a connection is served.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(super) enum Service {
    /// A bufferevent that answers every byte.
    Echo,
    /// A bufferevent that answers whole lines, and ends when one is too long.
    Lines,
    /// A handler on the bare stream, which takes a few bytes at a time.
    Raw,
    /// A bare stream to which nothing is ever sent.
    Bystander,
}

#[derive(Copy, Clone, Debug)]
pub(super) enum Key {
    Stream(StreamKey),
    Raw(SourceKey<MemoryStream>),
}

/// A connection: its peer, which is the script's, and what the service is known to have done.
#[allow(clippy::struct_excessive_bools, reason = "facts that hold independently")]
pub(super) struct Conn {
    pub(super) id: u64,
    pub(super) service: Service,
    /// Options of the service, a bit each.
    pub(super) how: u8,
    pub(super) acts: u8,
    pub(super) key: Option<Key>,
    pub(super) faults: Option<MemoryFaults>,
    /// The script's end.
    pub(super) far: Option<MemoryStream>,
    pub(super) born_at: Instant,
    /// Bytes that the peer sent and got back, and that the service took.
    pub(super) sent: u64,
    pub(super) got: u64,
    pub(super) taken: u64,
    /// Of what was taken, what is to be answered: whole lines, or everything.
    pub(super) answered: u64,
    /// Bytes up to which the input was announced.
    pub(super) announced: u64,
    /// Its handler may still be called.
    pub(super) is_alive: bool,
    /// It was told that the peer will send no more.
    pub(super) has_eof: bool,
    /// The peer has sent all it will send.
    pub(super) has_finished: bool,
    /// Something went wrong, or was done, after which it need not answer everything.
    pub(super) is_disturbed: bool,
    /// Reading was disabled from outside.
    pub(super) is_disabled: bool,
    /// It was told to close.
    pub(super) is_closing: bool,
    /// Something was done to it that may call it.
    pub(super) is_noisy: bool,
    /// Its events are kept back.
    pub(super) is_withheld: bool,
    /// Calls of its handler in the turn of that number.
    pub(super) calls: (u64, u32),
}

impl Conn {
    /// The byte that the peer sends at that place.
    pub(super) fn byte_at(id: u64, place: u64) -> u8 {
        // Every third sends one endless line.
        if place % 17 == 16 && !id.is_multiple_of(3) {
            return b'\n';
        }
        let mixed = (id ^ place).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        b'a' + (mixed % 26) as u8
    }

    /// The byte that answers it.
    pub(super) fn answer_at(id: u64, place: u64) -> u8 {
        match Self::byte_at(id, place) {
            letter @ b'a'..=b'z' => (letter - b'a' + 13) % 26 + b'a',
            other => other,
        }
    }

    /// The most that its input is to hold.
    pub(super) fn input_limit(&self) -> usize {
        if self.how & 4 == 0 { 32 } else { 64 * 1024 }
    }

    /// The most that its output is to hold before reading stops.
    pub(super) fn output_limit(&self) -> usize {
        if self.how & 8 == 0 { 24 } else { 256 * 1024 }
    }

    /// Whether everything that was sent has to be answered, once the peer has read it all.
    pub(super) fn owes_all(&self) -> bool {
        let is_hindered = self.is_disabled || self.is_withheld;
        !self.is_disturbed && !is_hindered && !self.is_closing
    }
}
