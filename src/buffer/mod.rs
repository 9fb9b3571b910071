//! [`Buffer`]: bytes go in at the back and come out at the front; lines and searches in between.
//!
//! Libevent's `evbuffer`. It knows nothing of sockets or timers: anything that is
//! [`io::Read`](std::io::Read) or [`io::Write`](std::io::Write) fills and drains it.
//!
//! # Ground rules
//!
//! - A buffer's bytes may lie in several pieces, which [`Buffer::chunks`] gives in order. Today
//!   there is one; programs must not count on it, [`Buffer::make_contiguous`] is there for that.
//! - Asking for more than there is means all there is: `consume`, `move_to` and `split_to` clamp.
//!
//! # Invariants
//!
//! - I1: `len()` is what went in less what came out, and the bytes are those, in order.
//! - I2: no line end of the remembered style has its decisive byte before the remembered place,
//!   so that a line which arrives in a thousand parts is scanned once, not a thousand times.
//! - I3: an empty buffer owns at most 64 KiB, or what was reserved.
//!
//! # Costs
//!
//! Appending and consuming are O(bytes) and O(1), amortised, without allocation once the buffer
//! has grown to what it needs. Moving all of a large buffer into an empty one exchanges two
//! pointers. Fresh memory is zeroed once, when it is allocated, never before each read.
//!
//! # Not promised
//!
//! Bytes that were consumed are not wiped from memory.

mod chunks;
mod eol;
mod io;
mod storage;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::{fmt, mem};

use memchr::memmem;

pub use chunks::Chunks;
pub use eol::{Eol, LineEnd};

use storage::Storage;

/// From this many bytes on, moving all of a buffer into an empty one exchanges the storages. For
/// fewer a copy is cheaper than what it costs the memory caches, and it keeps an output of short
/// replies from ending up with the block that large reads need.
const EXCHANGE_MIN: usize = 4096;

/// A queue of bytes: in at the back, out at the front.
///
/// ```
/// use tourbillon::buffer::{Buffer, Eol};
///
/// let mut input = Buffer::new();
/// let mut output = Buffer::new();
/// input.extend_from_slice(b"Hello\nWor");
/// while let Some(end) = input.find_eol(Eol::Lf) {
///     input.move_to(&mut output, end.end).make_ascii_uppercase();
/// }
/// assert_eq!(output, *b"HELLO\n");
/// assert_eq!(input, *b"Wor");
/// ```
pub struct Buffer {
    storage: Storage,
    /// The style last searched for, and where to go on.
    searched: Option<(Eol, usize)>,
    read: io::ReadSize,
}

impl Buffer {
    /// An empty buffer, which owns no memory yet (`evbuffer_new`).
    #[must_use]
    pub fn new() -> Self {
        Self {
            storage: Storage::empty(Box::default()),
            searched: None,
            read: io::ReadSize::new(),
        }
    }

    /// An empty buffer with room for `n` bytes, which it keeps when it drains.
    ///
    /// # Panics
    ///
    /// As `Vec::with_capacity` does, above `isize::MAX`.
    #[must_use]
    pub fn with_capacity(n: usize) -> Self {
        let mut buffer = Self::new();
        buffer.reserve(n);
        buffer
    }

    /// How many bytes it holds (`evbuffer_get_length`).
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.storage.len()
    }

    /// Whether it holds none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of memory it owns.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.capacity()
    }

    /// Makes room for `additional` bytes beyond those it holds (`evbuffer_expand`), and from now on
    /// keeps that much memory when it drains.
    ///
    /// # Panics
    ///
    /// As `Vec::reserve` does, above `isize::MAX` in all.
    pub fn reserve(&mut self, additional: usize) {
        self.storage.room(additional);
        self.storage.raise_floor(self.storage.capacity());
    }

    /// Gives back the memory that is not in use, and forgets what was reserved.
    pub fn shrink_to_fit(&mut self) {
        self.storage.shrink_to_fit();
    }

    /// Appends a copy of `bytes` (`evbuffer_add`).
    #[inline]
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.storage.push(bytes);
    }

    /// Puts a copy of `bytes` before all others (`evbuffer_prepend`).
    pub fn prepend(&mut self, bytes: &[u8]) {
        self.storage.push_front(bytes);
        self.searched = None;
    }

    /// Moves all of `other` to the end of this buffer (`evbuffer_add_buffer`).
    pub fn append(&mut self, other: &mut Self) {
        let n = other.len();
        other.move_to(self, n);
    }

    /// Takes the first `n` bytes as a buffer of their own; more than there are: all
    /// (`evbuffer_remove_buffer`). Copies the smaller part.
    #[must_use = "the bytes are no longer in this buffer"]
    pub fn split_to(&mut self, n: usize) -> Self {
        let n = n.min(self.len());
        let rest = self.len() - n;
        let mut front = Self::new();
        if rest < n {
            front.extend_from_slice(self.storage.live().get(n..).unwrap_or_default());
            self.storage.truncate(n);
            mem::swap(&mut front.storage, &mut self.storage);
            self.forget_searched(n);
        } else {
            self.move_to(&mut front, n);
        }
        front
    }

    /// Moves the first `n` bytes to the end of `other`, and gives them there, in one run, to be
    /// transformed in place. More than there are: all.
    ///
    /// ```
    /// # use tourbillon::buffer::Buffer;
    /// # let (mut input, mut output) = (Buffer::new(), Buffer::new());
    /// input.extend_from_slice(b"abc");
    /// input.move_to(&mut output, 2).reverse();
    /// assert_eq!(output, *b"ba");
    /// ```
    pub fn move_to<'a>(&mut self, other: &'a mut Self, n: usize) -> &'a mut [u8] {
        let n = n.min(self.len());
        let start = other.len();
        if start == 0 && n == self.len() && n >= EXCHANGE_MIN {
            mem::swap(&mut self.storage, &mut other.storage);
            // The caller may write line ends into the run.
            other.searched = None;
            self.searched = None;
        } else {
            other.storage.push(self.storage.live().get(..n).unwrap_or_default());
            self.consume(n);
        }
        other.storage.live_mut().get_mut(start..).unwrap_or_default()
    }

    /// Drops the first `n` bytes; more than there are: all (`evbuffer_drain`).
    #[inline]
    pub fn consume(&mut self, n: usize) {
        self.storage.consume(n);
        self.forget_searched(n);
    }

    /// Drops all bytes.
    pub fn clear(&mut self) {
        self.consume(self.len());
    }

    /// Copies bytes from the front without taking them, as many as there are and `to` has room
    /// for, and says how many (`evbuffer_copyout`).
    pub fn copy_to(&self, to: &mut [u8]) -> usize {
        let n = to.len().min(self.len());
        if let (Some(to), Some(from)) = (to.get_mut(..n), self.storage.live().get(..n)) {
            to.copy_from_slice(from);
        }
        n
    }

    /// The pieces the bytes lie in, in order, none of them empty (`evbuffer_peek`).
    ///
    /// ```
    /// # use std::io::IoSlice;
    /// # use tourbillon::buffer::Buffer;
    /// # let mut buffer = Buffer::new();
    /// buffer.extend_from_slice(b"abc");
    /// let slices: Vec<IoSlice<'_>> = buffer.chunks().map(IoSlice::new).collect();
    /// assert_eq!(slices.iter().map(|slice| slice.len()).sum::<usize>(), 3);
    /// ```
    #[must_use]
    pub fn chunks(&self) -> Chunks<'_> {
        Chunks::new(self.storage.live())
    }

    /// All bytes in one run, to be read or changed in place (`evbuffer_pullup`). Moves bytes only
    /// when they lie in pieces.
    pub fn make_contiguous(&mut self) -> &mut [u8] {
        // The caller may write line ends anywhere.
        self.searched = None;
        self.storage.live_mut()
    }

    /// Where `needle` first occurs (`evbuffer_search`). An empty one occurs at 0.
    #[must_use]
    pub fn find(&self, needle: &[u8]) -> Option<usize> {
        memmem::find(self.storage.live(), needle)
    }

    /// Where `needle` first occurs at `start` or later, counted from the front of the buffer.
    #[must_use]
    pub fn find_from(&self, needle: &[u8], start: usize) -> Option<usize> {
        let rest = self.storage.live().get(start..)?;
        memmem::find(rest, needle).map(|at| start + at)
    }

    /// Where the first line ends (`evbuffer_search_eol`); `None`: it has no end yet.
    ///
    /// The next search of the same style goes on where this one stopped.
    pub fn find_eol(&mut self, eol: Eol) -> Option<LineEnd> {
        let from = match self.searched {
            Some((style, from)) if style == eol => from,
            _ => 0,
        };
        let found = eol::search(self.storage.live(), eol, from);
        self.searched = Some((eol, found.resume));
        found.end
    }

    /// Takes the first line, appends it to `line` without its end, and says how long it is;
    /// `None`, with nothing taken: it has no end yet (`evbuffer_readln`, without its allocation).
    ///
    /// ```
    /// # use tourbillon::buffer::{Buffer, Eol};
    /// # let (mut buffer, mut line) = (Buffer::new(), Vec::new());
    /// buffer.extend_from_slice(b"one\r\ntw");
    /// assert_eq!(buffer.read_line_into(&mut line, Eol::CrLf), Some(3));
    /// assert_eq!(line, b"one");
    /// assert_eq!(buffer.read_line_into(&mut line, Eol::CrLf), None);
    /// assert_eq!(buffer.len(), 2);
    /// ```
    pub fn read_line_into(&mut self, line: &mut Vec<u8>, eol: Eol) -> Option<usize> {
        let end = self.find_eol(eol)?;
        line.extend_from_slice(self.storage.live().get(..end.start).unwrap_or_default());
        self.consume(end.end);
        Some(end.start)
    }

    /// Takes the first line, without its end, in memory of its own (`evbuffer_readln`).
    pub fn pop_line(&mut self, eol: Eol) -> Option<Vec<u8>> {
        let end = self.find_eol(eol)?;
        let mut line = vec![0; end.start];
        self.copy_to(&mut line);
        self.consume(end.end);
        Some(line)
    }

    #[inline]
    fn forget_searched(&mut self, consumed: usize) {
        if let Some((_, from)) = &mut self.searched {
            *from = from.saturating_sub(consumed);
        }
    }

    /// Checks the invariants; panics and names the one that is broken.
    #[cfg(any(test, feature = "model"))]
    #[doc(hidden)]
    pub fn validate(&self) {
        self.storage.validate();
        assert_eq!(self.chunks().map(<[u8]>::len).sum::<usize>(), self.len(), "I1");
        assert!(self.chunks().all(|chunk| !chunk.is_empty()), "I1: an empty chunk");
        if let Some((eol, from)) = self.searched {
            assert!(from <= self.len(), "I2: {from} is beyond the end");
            let bytes = self.storage.live();
            let decisive = |at: usize| match eol {
                Eol::Lf | Eol::CrLf => bytes[at] == b'\n',
                Eol::CrLfStrict => at > 0 && bytes[at - 1..=at] == *b"\r\n",
                Eol::Any => matches!(bytes[at], b'\r' | b'\n'),
                Eol::Nul => bytes[at] == 0,
            };
            assert!(!(0..from).any(decisive), "I2: a line end before {from}");
        }
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut clone = Self::new();
        clone.extend_from_slice(self.storage.live());
        clone
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes are a peer's, and may be secret or huge: never in a log by accident.
        f.debug_struct("Buffer")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

impl Eq for Buffer {}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        self.storage.live() == other.storage.live()
    }
}

impl PartialEq<[u8]> for Buffer {
    fn eq(&self, other: &[u8]) -> bool {
        self.storage.live() == other
    }
}

impl<const N: usize> PartialEq<[u8; N]> for Buffer {
    fn eq(&self, other: &[u8; N]) -> bool {
        self.storage.live() == other
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        let mut buffer = Self::new();
        buffer.extend_from_slice(bytes);
        buffer
    }
}

impl Extend<u8> for Buffer {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        for byte in bytes {
            self.extend_from_slice(&[byte]);
        }
    }
}
