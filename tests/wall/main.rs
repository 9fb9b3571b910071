//! Timers on the wall clock, and what a machine that was suspended is told, on the real kernel. What
//! a step of the clock means is tested on simulated clocks, beside the code; `stepped` sets the
//! machine's own, and is only run when asked for.
#![cfg(all(feature = "mio", any(target_os = "linux", target_os = "android")))]

mod resume;
mod stepped;
mod timers;
