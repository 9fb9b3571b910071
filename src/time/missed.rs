//! [`MissedTickBehavior`]: what an interval does about the ticks it was too late for.

use core::num::NonZeroU32;

/// What an [`Interval`](crate::time::Interval) does when it is asked a whole period late or more.
///
/// A tick is missed when `now >= scheduled + period`, exactly: that is when the next one is due as
/// well. Anything less late than that keeps to the grid under every behavior.
///
/// The names are tokio's. libevent's `EV_PERSIST` is closest to [`Delay`](Self::Delay).
///
/// With a period of 100 that starts at 0, whose tick at 100 was handed out and which is next asked
/// at 450, again at once, and so on until nothing is due:
///
/// | behavior        | ticks handed out at 450   | the next is due at |
/// |-----------------|---------------------------|--------------------|
/// | `Skip`          | 400 (2 missed)            | 500                |
/// | `Burst`         | 200, 300, 400             | 500                |
/// | `BurstUpTo(2)`  | 300 (1 missed), 400       | 500                |
/// | `Delay`         | 200                       | 550                |
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum MissedTickBehavior {
    /// Hand out the latest tick that is due, and count those before it as missed.
    #[default]
    Skip,
    /// Hand out each tick in turn, as fast as they are asked for, until none is due.
    Burst,
    /// Hand out the tick that was missed, and start over from now: the next is due at
    /// `now + period`. No tick is skipped, but all later ones leave the grid.
    Delay,
    /// Hand out the last so many of the ticks that are due, in turn, and count those before them
    /// as missed. `BurstUpTo(1)` is `Skip`.
    BurstUpTo(NonZeroU32),
}
