//! Filling a buffer from a reader and draining it into a writer; the `std::io` traits.

use std::io::{self, BufRead, IoSlice, IoSliceMut, Read, Write};

use super::Buffer;

/// The room offered to a first read.
const READ_MIN: usize = 2048;
/// The most room offered to one read.
const READ_MAX: usize = 64 * 1024;

/// How much room the next read is offered: doubled when a read filled it, halved when two in a
/// row left most of it empty. So a million quiet connections own a few hundred bytes each, and a
/// busy one soon needs one call for all that has arrived.
#[derive(Copy, Clone, Debug)]
pub(super) struct ReadSize {
    room: usize,
    was_small: bool,
}

impl ReadSize {
    pub(super) const fn new() -> Self {
        Self { room: READ_MIN, was_small: false }
    }

    fn learn(&mut self, offered: usize, n: usize) {
        let small = n < self.room / 4;
        if n == offered && n >= self.room {
            self.room = (self.room * 2).min(READ_MAX);
        } else if small && self.was_small {
            self.room = (self.room / 2).max(READ_MIN);
        }
        self.was_small = small;
    }
}

impl Buffer {
    /// Reads once, at most `max` bytes, straight into the buffer's own memory, and says how many
    /// came (`evbuffer_read`). 0: the end of the stream, or `max` is 0.
    ///
    /// How many bytes one call asks for adapts to what comes; see
    /// [`read_from_offering`](Self::read_from_offering) for telling a short read.
    ///
    /// # Errors
    ///
    /// Those of the reader. The buffer is then unchanged.
    pub fn read_from<R: Read + ?Sized>(
        &mut self,
        reader: &mut R,
        max: usize,
    ) -> io::Result<usize> {
        self.read_from_offering(reader, max).map(|(n, _)| n)
    }

    /// As [`read_from`](Self::read_from), and says beside how many bytes came for how many there
    /// was room: fewer than that means that the reader has no more for now.
    ///
    /// # Errors
    ///
    /// Those of the reader. The buffer is then unchanged.
    pub fn read_from_offering<R: Read + ?Sized>(
        &mut self,
        reader: &mut R,
        max: usize,
    ) -> io::Result<(usize, usize)> {
        if max == 0 {
            return Ok((0, 0));
        }
        let room = self.storage.room(self.read.room.min(max));
        let offered = room.len().min(max).min(READ_MAX);
        let room = room.get_mut(..offered).unwrap_or_default();
        let n = reader.read(room)?.min(offered);
        self.storage.commit(n);
        self.read.learn(offered, n);
        Ok((n, offered))
    }

    /// Writes once, at most `max` bytes from the front, drops those that were taken and says how
    /// many (`evbuffer_write_atmost`). 0: the buffer is empty, `max` is 0, or the writer takes no
    /// more.
    ///
    /// # Errors
    ///
    /// Those of the writer. The buffer is then unchanged.
    pub fn write_to<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        max: usize,
    ) -> io::Result<usize> {
        let max = max.min(self.len());
        let Some(piece @ [_, ..]) = self.storage.live().get(..max) else { return Ok(0) };
        let n = writer.write(piece)?.min(max);
        self.consume(n);
        Ok(n)
    }
}

/// Takes bytes from the front; 0 when there are none. Never fails (`evbuffer_remove`).
impl Read for Buffer {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.copy_to(to);
        self.consume(n);
        Ok(n)
    }

    fn read_vectored(&mut self, pieces: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let before = self.len();
        for piece in pieces {
            let n = self.copy_to(piece);
            self.consume(n);
        }
        Ok(before - self.len())
    }
}

/// Appends. Never fails, never short: `write!` is libevent's `evbuffer_add_printf`.
impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut n = 0;
        for piece in pieces {
            self.extend_from_slice(piece);
            n += piece.len();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives the first piece; no more than what the buffer holds already.
impl BufRead for Buffer {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.storage.live())
    }

    fn consume(&mut self, n: usize) {
        Buffer::consume(self, n);
    }
}
