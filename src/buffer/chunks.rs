//! [`Chunks`]: the pieces that a buffer's bytes lie in.

use core::iter::FusedIterator;

/// The pieces of a [`Buffer`](super::Buffer), in order; see
/// [`Buffer::chunks`](super::Buffer::chunks).
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    piece: &'a [u8],
}

impl<'a> Chunks<'a> {
    pub(super) fn new(piece: &'a [u8]) -> Self {
        Self { piece }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let piece = core::mem::take(&mut self.piece);
        (!piece.is_empty()).then_some(piece)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(!self.piece.is_empty());
        (left, Some(left))
    }
}

impl ExactSizeIterator for Chunks<'_> {}
impl FusedIterator for Chunks<'_> {}
