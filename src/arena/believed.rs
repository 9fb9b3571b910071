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

impl<I: Iterator> Believed<I> {
    /// Does that to each, also to those that the collection does not ask for, and collects what
    /// comes of it.
    #[inline]
    pub(crate) fn collect_of_all<R, C>(self, each: impl FnMut(I::Item) -> R) -> C
    where
        C: FromIterator<R>,
    {
        let mut results = self.map(each);
        let collection = results.by_ref().collect();
        results.for_each(drop);
        collection
    }
}
