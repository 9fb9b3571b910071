//! [`TimersStats`]: what the timers did, and what they take.

use crate::wheel::WheelStats;

/// What [`Timers`](super::Timers) did so far, and what they take.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TimersStats {
    /// The wheel's part, level by level.
    pub wheel: WheelStats,
    /// Postponed members of common queues that came up early and moved to the wheel.
    pub moved_from_queues: u64,
    /// Timers with slack that were sorted or moved inside, by the start or the end of their window.
    pub moved_in_windows: u64,
    /// Timers with slack that were handed out before their latest instant, because somebody had asked
    /// anyway: each of them would else have asked for a wake-up of its own. An upper bound: several may
    /// have shared one, and somebody may have asked for upkeep alone.
    pub wakeups_saved: u64,
    /// The most timers that one call touched inside: of the wheel, the queues and the windows together.
    pub max_moves_per_call: u64,
    /// Timers that are scheduled.
    pub timers: usize,
    /// Those of them that stand in the queues of common timeouts, not on the wheel.
    pub queued: usize,
    /// Timers that there may be before their slots take more memory.
    pub capacity: usize,
    /// Timers that [`try_schedule`](super::Timers::try_schedule) lets there be. `None`: no limit.
    pub limit: Option<usize>,
    /// Those of them that have slack.
    pub windows: usize,
    /// Common timeouts that are registered.
    pub common_timeouts: usize,
    /// Bytes of memory for timers and rings, room for more included.
    pub memory: usize,
}
