//! [`SourceKey`] and [`SourceId`]: the name of one source, for as long as it is registered and never
//! again.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use mio::Token;

/// The name of a source of type `E`: `Copy`, 8 bytes.
///
/// It carries the generation of its slot, so that the key of a source that is gone finds nothing,
/// and neither does an event that was still on its way to it.
pub struct SourceKey<E> {
    raw: RawKey,
    source: PhantomData<fn() -> E>,
}

/// A [`SourceKey`] without the type of its source: for all calls but those that reach it. Comes from
/// any key of a source with `into`, and from [`Reactor::running`](super::Reactor::running).
#[derive(Copy, Clone, Eq, PartialEq, Hash)]
pub struct SourceId(pub(super) RawKey);

/// A key without its type: slot and generation.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub(super) struct RawKey {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl RawKey {
    /// Half of the token for the index, half for the generation.
    const HALF: u32 = usize::BITS / 2;
    const MASK: usize = (1 << Self::HALF) - 1;

    /// The largest generation that fits a token. A slot that has used it up is retired.
    pub(super) const LAST_GENERATION: u32 = Self::MASK as u32;

    /// How many slots there can be. The last index is kept for tokens of the reactor's own.
    pub(super) const MAX_SLOTS: usize = Self::MASK;

    /// The token of the reactor's own source number `number`, which no key shares.
    pub(super) const fn reserved(number: usize) -> Token {
        Token(Self::MASK | (number << Self::HALF))
    }

    #[inline]
    pub(super) const fn token(self) -> Token {
        Token(self.index as usize | ((self.generation as usize) << Self::HALF))
    }

    #[inline]
    pub(super) const fn of_token(token: Token) -> Self {
        Self {
            index: (token.0 & Self::MASK) as u32,
            generation: (token.0 >> Self::HALF) as u32,
        }
    }
}

impl<E> SourceKey<E> {
    #[inline]
    pub(super) const fn new(raw: RawKey) -> Self {
        Self { raw, source: PhantomData }
    }

    /// A key that finds nothing: its index is the one that no slot has.
    #[allow(dead_code, reason = "for the rooms above, which may be switched off")]
    pub(crate) const fn dangling() -> Self {
        Self::new(RawKey { index: RawKey::MASK as u32, generation: 0 })
    }

    #[inline]
    pub(super) const fn raw(self) -> RawKey {
        self.raw
    }
}

// By hand, because a derive would ask the same of `E`, of which there is none inside.
impl<E> Copy for SourceKey<E> {}

impl<E> Clone for SourceKey<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Eq for SourceKey<E> {}

impl<E> PartialEq for SourceKey<E> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<E> Hash for SourceKey<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<E> fmt::Debug for SourceKey<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceKey({}v{})", self.raw.index, self.raw.generation)
    }
}

impl SourceId {
    #[inline]
    pub(super) const fn raw(self) -> RawKey {
        self.0
    }
}

impl<E> From<SourceKey<E>> for SourceId {
    fn from(key: SourceKey<E>) -> Self {
        Self(key.raw)
    }
}

impl fmt::Debug for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceId({}v{})", self.0.index, self.0.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_gives_its_key_back() {
        for index in [0, 1, 77, RawKey::MAX_SLOTS as u32 - 1] {
            for generation in [1, 2, RawKey::LAST_GENERATION] {
                let key = RawKey { index, generation };
                assert_eq!(RawKey::of_token(key.token()), key);
                assert_ne!(key.token(), RawKey::reserved(0));
                assert_ne!(key.token(), RawKey::reserved(1));
            }
        }
    }
}
