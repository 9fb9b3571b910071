//! [`Who`]: the contenders, and [`Task`]: what is done with the type of one.

use clap::ValueEnum;

use crate::harness::{Contender, Heap, Null, Ordered, Ours};
use crate::peers::{Bit, Delays, HashWheel, Nexus, NexusQueue, OursWheel, StdNull};

/// A contender.
#[derive(Copy, Clone, Eq, PartialEq, Debug, ValueEnum)]
pub(crate) enum Who {
    Null,
    StdNull,
    Tourbillon,
    BinaryHeap,
    #[value(name = "btreemap")]
    BTreeMap,
    NexusTimer,
    Bitwheel,
    TokioUtil,
    HashWheel,
    /// In the rows that do without queues of constant timeouts.
    #[value(skip)]
    TourbillonWheel,
    /// In the row of the constant timeout.
    #[value(skip)]
    NexusQueue,
}

/// Something to do with the type of a contender.
pub(crate) trait Task {
    type Output;

    fn with<C: Contender + 'static>(self) -> Self::Output;
}

impl Who {
    /// The columns of the table.
    pub(crate) const COLUMNS: [Self; 9] = [
        Self::Null,
        Self::StdNull,
        Self::Tourbillon,
        Self::BinaryHeap,
        Self::BTreeMap,
        Self::NexusTimer,
        Self::Bitwheel,
        Self::TokioUtil,
        Self::HashWheel,
    ];

    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Null => task.with::<Null>(),
            Self::StdNull => task.with::<StdNull>(),
            Self::Tourbillon => task.with::<Ours>(),
            Self::BinaryHeap => task.with::<Heap>(),
            Self::BTreeMap => task.with::<Ordered>(),
            Self::NexusTimer => task.with::<Nexus>(),
            Self::Bitwheel => task.with::<Bit>(),
            Self::TokioUtil => task.with::<Delays>(),
            Self::HashWheel => task.with::<HashWheel>(),
            Self::TourbillonWheel => task.with::<OursWheel>(),
            Self::NexusQueue => task.with::<NexusQueue>(),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        struct Name;
        impl Task for Name {
            type Output = &'static str;

            fn with<C: Contender + 'static>(self) -> &'static str {
                C::NAME
            }
        }
        self.run(Name)
    }

    pub(crate) const fn is_ours(self) -> bool {
        matches!(self, Self::Tourbillon)
    }

    pub(crate) const fn is_null(self) -> bool {
        matches!(self, Self::Null | Self::StdNull)
    }
}
