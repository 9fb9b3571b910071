//! What the kernel knows of a server: descriptors, memory, CPU time.
#![cfg(target_os = "linux")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::server::Server;

/// How many descriptors it has open.
pub(crate) fn descriptors(server: &Server) -> usize {
    let path = format!("/proc/{}/fd", server.pid().as_raw_nonzero());
    fs::read_dir(path).expect("the server runs").count()
}

/// Its resident memory, in KiB.
pub(crate) fn resident_kib(server: &Server) -> u64 {
    let path = format!("/proc/{}/status", server.pid().as_raw_nonzero());
    let status = fs::read_to_string(path).expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let figure = line.and_then(|line| line.trim().strip_suffix(" kB"));
    figure.and_then(|figure| figure.trim().parse().ok()).expect("VmRSS: 1234 kB")
}

/// The CPU time that it has used.
fn cpu(server: &Server) -> Duration {
    let path = format!("/proc/{}/stat", server.pid().as_raw_nonzero());
    let stat = fs::read_to_string(path).expect("the server runs");
    // The second field is the name in parentheses, which may hold spaces; utime and stime are
    // the 14th and 15th, in hundredths of a second wherever Linux runs.
    let (_, fields) = stat.rsplit_once(')').expect("pid (name) state ...");
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(10 * ticks)
}

/// Watches a server that has nothing to do: it must not spin.
///
/// The bound is as generous as can be, half of the wall time: a loop that spins uses all of it,
/// one that sleeps a thousandth. A busy machine makes the figure smaller, never larger.
pub(crate) fn assert_sleeps(server: &Server) {
    let (start, used) = (Instant::now(), cpu(server));
    thread::sleep(Duration::from_millis(600));
    let (wall, used) = (start.elapsed(), cpu(server).saturating_sub(used));
    assert!(used < wall / 2, "idle, but {used:?} of CPU time in {wall:?}");
}

/// Raises the soft limit of descriptors as far as allowed, for this process and the servers that
/// it starts, and says how many connections fit.
pub(crate) fn room_for_connections(wanted: usize) -> usize {
    /// For what the other tests, running beside, have open.
    const MARGIN: u64 = 512;

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // A refusal leaves the limit as it was, which is what is read next.
    let _ = setrlimit(Resource::Nofile, raised);
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = usize::try_from(limit.saturating_sub(MARGIN)).unwrap_or(usize::MAX);
    assert!(room > 256, "{limit} descriptors are too few to test with");
    wanted.min(room)
}
