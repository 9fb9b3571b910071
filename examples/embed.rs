//! `Timers` in somebody else's loop, without the reactor.
//!
//! The loop below belongs to a program that has its own way to wait: here a channel, elsewhere
//! epoll, `io_uring`, a game's frame or an interrupt. `Timers` reads no clock and never sleeps, so
//! such a loop has three things to do, and they are numbered in `main`:
//!
//! 1. ask how long it may wait;
//! 2. wait, and use its own clock to tell the time: nanoseconds since whatever origin it likes;
//! 3. take out what is due, and let a little upkeep be done.
//!
//! Three sessions send messages. One that is silent for 120 ms is closed; each message postpones
//! that, which costs one store. A heartbeat keeps its grid, however late the loop wakes.
//!
//! Run it with `cargo run --example embed`: it ends by itself when the last session is closed.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use tourbillon::time::Instant;
use tourbillon::timers::{TimerKey, Timers};

const IDLE: Duration = Duration::from_millis(120);
const HEARTBEAT: Duration = Duration::from_millis(100);
/// The most that one pass may move for upkeep: what keeps a pass short with a million timers.
const UPKEEP_MOVES: usize = 64;

/// What a timer of this program means. Any type will do: a task, an index, a callback.
enum Job {
    Heartbeat,
    CloseIdle(&'static str),
}

fn main() {
    let (sender, messages) = mpsc::channel();
    // `sender` stays here too: a channel that nobody can send to would no longer wait.
    let clients = start_clients(&sender);

    let origin = std::time::Instant::now();
    let clock = || instant_of(origin.elapsed());

    let mut timers = Timers::starting_at(clock());
    // All idle timeouts are equal, so they live in one queue: scheduling, touching and
    // cancelling are O(1) and sort nothing.
    let idle = timers.common_timeout(IDLE);
    let mut heartbeat = timers.schedule(clock() + HEARTBEAT, Job::Heartbeat);
    let mut sessions: HashMap<&str, TimerKey> = HashMap::new();
    let mut closed = 0;

    while closed < clients {
        // 1. How long? `next_wakeup` costs next to nothing; it may be earlier than the next
        //    deadline, when there is upkeep to do, but it is never later.
        let wakeup = timers.next_wakeup().unwrap_or(Instant::MAX);
        let wait = wakeup.saturating_duration_since(clock());

        // 2. The loop's own wait. A wake-up that is early or spurious does no harm.
        let message = messages.recv_timeout(wait).ok();
        let now = clock();
        if let Some(name) = message {
            let known = sessions.get(name).is_some_and(|key| timers.touch(*key, now));
            if !known {
                say(now, format_args!("{name} opens a session"));
                let key = timers.schedule_after(now, idle, Job::CloseIdle(name));
                sessions.insert(name, key);
            }
        }

        // 3. What is due, in the order of deadlines; then some upkeep.
        while let Some(expired) = timers.pop_expired(now) {
            let late = now.saturating_duration_since(expired.deadline);
            match expired.value {
                Job::Heartbeat => {
                    // From the deadline, not from now: lateness does not add up.
                    let next = expired.deadline + HEARTBEAT;
                    heartbeat = timers.schedule(next, Job::Heartbeat);
                    let open = sessions.len();
                    say(now, format_args!("heartbeat, {late:?} late; sessions: {open}"));
                }
                Job::CloseIdle(name) => {
                    sessions.remove(name);
                    closed += 1;
                    say(now, format_args!("{name} is closed, idle, {late:?} late"));
                }
            }
        }
        timers.maintain(now, UPKEEP_MOVES);
    }

    let left = timers.remaining(heartbeat, clock());
    println!("time left to the next heartbeat: {left:?}; timers left: {}", timers.len());
}

/// Starts a thread for each client and says how many there are.
fn start_clients(sender: &Sender<&'static str>) -> usize {
    let clients = [("Ada", 9, 50), ("Blaise", 5, 30), ("Charles", 1, 0)];
    for (name, messages, pause_ms) in clients {
        let sender = sender.clone();
        thread::spawn(move || {
            for _ in 0..messages {
                // The loop may be gone already; then there is nobody to talk to.
                let _ = sender.send(name);
                thread::sleep(Duration::from_millis(pause_ms));
            }
        });
    }
    clients.len()
}

/// A time of the loop's own clock, in the terms of `Timers`: nanoseconds since its origin.
fn instant_of(since_origin: Duration) -> Instant {
    Instant::ZERO + since_origin
}

fn say(now: Instant, what: fmt::Arguments<'_>) {
    let millis = Duration::from_nanos(now.as_nanos()).as_millis();
    println!("{millis:>4} ms: {what}");
}
