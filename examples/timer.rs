//! libevent's `evtimer` with a delay of zero, added again from its own handler.
//!
//! The C program that this one follows is
//!
//! ```c
//! static void cb(int sock, short which, void *arg) {
//!     if (!evtimer_pending(ev, NULL)) {
//!         event_del(ev);
//!         evtimer_add(ev, &tv);                 /* tv = { 0, 0 } */
//!     }
//! }
//! ```
//!
//! and it shows two rules of the loop. A one-shot timer is no longer pending when its handler
//! runs, so the condition always holds. And a timer that a handler adds never runs in the same
//! turn, due or not: with no delay at all it runs once a turn, and the loop looks at its sockets
//! between any two of them. It cannot hang inside one turn.
//!
//! Run it with `cargo run --release --example timer [TURNS]`; it ends by itself.

use std::process::ExitCode;
use std::time::Duration;

use tourbillon::reactor::{Exit, Fired, Reactor};

/// Some hundredths of a second of turns.
const TURNS: u64 = 20_000;

/// What the handlers share.
struct Timer {
    wanted: u64,
    fired: u64,
    /// How often the timer was found pending in its own handler.
    pending: u64,
    worst: Duration,
}

fn main() -> ExitCode {
    let wanted = match std::env::args().nth(1).map(|text| text.parse()) {
        None => TURNS,
        Some(Ok(turns)) => turns,
        Some(Err(_)) => {
            eprintln!("timer: say how many turns, as a number");
            return ExitCode::from(2);
        }
    };
    match run(wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("timer: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The handler: added again while it is not pending, with no delay.
fn add_again(timer: &mut Timer, reactor: &mut Reactor<Timer>, fired: Fired) {
    timer.fired += 1;
    timer.worst = timer.worst.max(fired.lateness());
    if reactor.is_pending(fired.key) {
        timer.pending += 1;
        reactor.cancel(fired.key);
    }
    if timer.fired < timer.wanted {
        reactor.after(Duration::ZERO, add_again);
    }
}

fn run(wanted: u64) -> std::io::Result<()> {
    let mut timer = Timer { wanted, fired: 0, pending: 0, worst: Duration::ZERO };
    let mut reactor = Reactor::new()?;
    let start = std::time::Instant::now();
    reactor.after(Duration::ZERO, add_again);

    // Nothing is left that could wake the loop: that ends it, as libevent's dispatch ends.
    let exit = reactor.run(&mut timer)?;
    assert_eq!(exit, Exit::Idle);

    let (elapsed, turns) = (start.elapsed(), reactor.stats().turns);
    let per_turn = elapsed / u32::try_from(turns.max(1)).unwrap_or(u32::MAX);
    println!("{} timers in {turns} turns, {per_turn:?} each: once a turn", timer.fired);
    println!("found pending in its own handler: {} times", timer.pending);
    println!("latest after its deadline: {:?}", timer.worst);
    Ok(())
}
