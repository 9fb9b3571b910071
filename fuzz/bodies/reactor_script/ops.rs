//! The operations of a script. What picks a timer or a connection does so among those there are; `acts` says
//! how many operations a handler takes for itself when it is called.

use crate::bodies::codec::{Nanos, ops, start};

start!(Start { now: Nanos, budget: u8, style: u8 });

ops!(Op {
    // Time, between turns. Inside a handler these are refused, and a jump is a handler that takes long.
    Turn {},
    Settle {},
    Run {},
    Step {},
    Advance { by: Nanos },
    OversleepNext { by: u8 },
    Jump { by: Nanos },
    SetBack { by: Nanos },
    // What ends a turn or a run.
    Stop {},
    StopAt { after: Nanos },
    Panic {},
    // Timers.
    After { after: Nanos, acts: u8 },
    Past { before: Nanos, acts: u8 },
    Common { queue: u8, acts: u8 },
    Within { opens: Nanos, length: Nanos, acts: u8 },
    Every { first: Nanos, period: Nanos, behavior: u8, acts: u8 },
    Cancel { pick: u8 },
    Reschedule { pick: u8, after: Nanos },
    Touch { pick: u8 },
    Stale { pick: u8 },
    // Deferred calls and posts.
    Defer { acts: u8 },
    Post { acts: u8 },
    // Connections: what is served, and how its peer behaves.
    Connect { how: u8, capacity: u8, acts: u8 },
    Storm { count: u8 },
    Send { pick: u8, bytes: u8 },
    Flood { pick: u8 },
    Receive { pick: u8, bytes: u8 },
    Finish { pick: u8 },
    Hang { pick: u8 },
    Break { pick: u8, what: u8, bytes: u8 },
    FailAccept {},
    Interrupt {},
    // Sources, from outside their handlers.
    Reach { pick: u8, what: u8 },
    Activate { pick: u8 },
    Reregister { pick: u8 },
    Deregister { pick: u8 },
    // All peers read, until nothing more comes: what was sent must have been answered.
    Quiesce {},
});
