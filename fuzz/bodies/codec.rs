//! Scripts as bytes, both ways: the fuzzer's bytes become operations, and operations that somebody
//! wrote by hand become the bytes of a seed.
//!
//! Every string of bytes is a script. An operation is one byte that names it and a few for its
//! fields, so that the fuzzer changes one thing with one byte; what is missing at the end is zero.

use std::fmt::Debug;

use tourbillon::time::Instant;

/// What is left of the input.
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte; zero behind the end.
    fn take(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
}

/// Something that bytes stand for.
pub(crate) trait Code: Sized {
    /// Reads it; whatever the bytes are, they mean something.
    fn read(bytes: &mut Bytes<'_>) -> Self;
    /// Appends bytes that `read` makes the same of.
    fn write(&self, bytes: &mut Vec<u8>);
}

impl Code for u8 {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        bytes.take()
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(*self);
    }
}

impl Code for u16 {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        Self::from_le_bytes([bytes.take(), bytes.take()])
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}

impl Code for u64 {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        Self::from_le_bytes(std::array::from_fn(|_| bytes.take()))
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}

/// A start and the operations that follow.
#[derive(Clone, Debug)]
pub(crate) struct Script<Start, Op> {
    pub(crate) start: Start,
    pub(crate) ops: Vec<Op>,
}

impl<Start: Code, Op: Code> Script<Start, Op> {
    /// What the bytes say, but no more than so many operations.
    pub(crate) fn read(bytes: &[u8], most: usize) -> Self {
        let mut bytes = Bytes(bytes);
        let start = Start::read(&mut bytes);
        let mut ops = Vec::new();
        while ops.len() < most && !bytes.0.is_empty() {
            ops.push(Op::read(&mut bytes));
        }
        Self { start, ops }
    }

    /// The bytes that say it.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.start.write(&mut bytes);
        for op in &self.ops {
            op.write(&mut bytes);
        }
        bytes
    }
}

/// A number of nanoseconds: on a border of slots, rings or levels, beside one, or any other.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Nanos {
    /// 2 to the power of `bits`, which is below 64, and a little.
    Edge {
        bits: u8,
        off: i8,
    },
    /// Some slots of 2 to the power of `bits` nanoseconds.
    Slots {
        bits: u8,
        slots: u8,
    },
    Few(u8),
    /// So little before the last one there is.
    End {
        before: u8,
    },
    Any(u64),
}

impl Nanos {
    pub(crate) fn get(self) -> u64 {
        match self {
            Self::Edge { bits, off } => {
                (1_u64 << (bits % 64)).saturating_add_signed(off.into())
            }
            Self::Slots { bits, slots } => {
                u64::from(slots).saturating_mul(1 << (bits % 64))
            }
            Self::Few(nanos) => nanos.into(),
            Self::End { before } => u64::MAX - u64::from(before),
            Self::Any(nanos) => nanos,
        }
    }

    pub(crate) fn instant(self) -> Instant {
        Instant::from_nanos(self.get())
    }

    pub(crate) fn duration(self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.get())
    }
}

impl Code for Nanos {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        match bytes.take() {
            kind @ 0..64 => Self::Edge { bits: kind, off: bytes.take().cast_signed() },
            kind @ 64..128 => Self::Slots { bits: kind - 64, slots: bytes.take() },
            128..208 => Self::Few(bytes.take()),
            208..232 => Self::End { before: bytes.take() },
            232.. => Self::Any(Code::read(bytes)),
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match *self {
            Self::Edge { bits, off } => bytes.extend([bits % 64, off.cast_unsigned()]),
            Self::Slots { bits, slots } => bytes.extend([64 + bits % 64, slots]),
            Self::Few(nanos) => bytes.extend([128, nanos]),
            Self::End { before } => bytes.extend([208, before]),
            Self::Any(nanos) => {
                bytes.push(232);
                nanos.write(bytes);
            }
        }
    }
}

/// Declares a struct whose bytes are those of its fields, in turn.
macro_rules! start {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        #[derive(Copy, Clone, Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: $kind),*
        }

        impl $crate::bodies::codec::Code for $name {
            fn read(bytes: &mut $crate::bodies::codec::Bytes<'_>) -> Self {
                Self { $($field: $crate::bodies::codec::Code::read(bytes)),* }
            }

            fn write(&self, bytes: &mut Vec<u8>) {
                $($crate::bodies::codec::Code::write(&self.$field, bytes);)*
            }
        }
    };
}

/// Declares an enum whose bytes are the number of the variant, modulo how many there are, and those
/// of its fields. One list serves both ways, so that they cannot come apart.
macro_rules! ops {
    ($name:ident { $($variant:ident { $($field:ident: $kind:ty),* }),* $(,)? }) => {
        #[derive(Copy, Clone, Debug)]
        pub(crate) enum $name {
            $($variant { $($field: $kind),* }),*
        }

        impl $crate::bodies::codec::Code for $name {
            fn read(bytes: &mut $crate::bodies::codec::Bytes<'_>) -> Self {
                use $crate::bodies::codec::{Bytes, Code};
                const READ: &[fn(&mut Bytes<'_>) -> $name] = &[
                    $(|_bytes| $name::$variant { $($field: Code::read(_bytes)),* }),*
                ];
                READ[usize::from(u8::read(bytes)) % READ.len()](bytes)
            }

            fn write(&self, bytes: &mut Vec<u8>) {
                enum Number { $($variant),* }
                match self {
                    $($name::$variant { $($field),* } => {
                        bytes.push(Number::$variant as u8);
                        $($crate::bodies::codec::Code::write($field, bytes);)*
                    })*
                }
            }
        }
    };
}

pub(crate) use {ops, start};

/// Short words for seeds that are written by hand.
pub(crate) const fn edge(bits: u8, off: i8) -> Nanos {
    Nanos::Edge { bits, off }
}

pub(crate) const fn slots(bits: u8, slots: u8) -> Nanos {
    Nanos::Slots { bits, slots }
}

pub(crate) const fn end(before: u8) -> Nanos {
    Nanos::End { before }
}
