//! The server under load: a child process on a core of its own, and the CPU time it used.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};

/// A running server; dropping it stops it.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// CPU time of a process, all threads together.
#[derive(Copy, Clone)]
pub struct CpuTime {
    /// On a core, by the scheduler's own count, which is exact while the process sleeps.
    pub nanos: u64,
    /// The split, in ticks of the kernel (a hundredth of a second), by samples: good for the
    /// proportion only.
    pub user_ticks: u64,
    pub system_ticks: u64,
}

/// Puts this process, and children it starts from now on, on one core.
pub fn pin(core: usize) -> Result<(), Box<dyn Error>> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|e| format!("core {core}: {e}"))?;
    Ok(())
}

impl Server {
    /// Runs a shell command that becomes the server, and waits for its `listening on ADDR`.
    pub fn start(command: &str) -> Result<Self, Box<dyn Error>> {
        // `exec`, so that the child is the server and not a shell that waits for it.
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("listening on ");
        let address = address.ok_or_else(|| format!("`{command}` said {line:?}"))?;
        server.address = address.parse()?;
        // Whatever else it prints is read away, so that it never waits for us.
        thread::spawn(move || stdout.lines().for_each(drop));
        Ok(server)
    }

    pub fn cpu_time(&self) -> Result<CpuTime, Box<dyn Error>> {
        let process = format!("/proc/{}", self.child.id());
        let mut nanos = 0;
        for task in fs::read_dir(format!("{process}/task"))? {
            let schedstat = fs::read_to_string(task?.path().join("schedstat"))?;
            let on_core = schedstat.split_whitespace().next().ok_or("schedstat")?;
            nanos += on_core.parse::<u64>()?;
        }
        let stat = fs::read_to_string(format!("{process}/stat"))?;
        // The name, in parentheses, may hold spaces; fields are counted after it, from the third.
        let (_, fields) = stat.rsplit_once(") ").ok_or("stat")?;
        let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
        let user_ticks = ticks.next().ok_or("stat")??;
        let system_ticks = ticks.next().ok_or("stat")??;
        Ok(CpuTime { nanos, user_ticks, system_ticks })
    }
}

impl Drop for Server {
    /// SIGTERM, and two seconds later SIGKILL.
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let patience = Instant::now() + Duration::from_secs(2);
        while Instant::now() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
