//! [`Believed`]: an iterator whose word about its length is believed up to a point.

/// For how many timers room is made on the word of an iterator. Beyond that it grows as they come, so
/// that a wrong word costs no more than this.
const MOST_BELIEVED: usize = 1 << 20;

/// An iterator, for whoever makes room on its word: it promises no more than is believed.
pub(crate) struct Believed<I>(pub(crate) I);

impl<I: Iterator> Iterator for Believed<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.0.size_hint();
        (least.min(MOST_BELIEVED), most)
    }
}
