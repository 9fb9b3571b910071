//! [`Server`]: the example's binary, built, started on a free port, watched and killed.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::example;

/// How long any wait may last before the test fails. Far above what a busy machine needs: it
/// bounds a hang, it measures nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The path of the example's binary, built once.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| example::build("rot13"))
}

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Standard output; of a [`Server`], what came after its first line.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The number behind `name` in the line that the server prints at its end.
    pub(crate) fn count(&self, name: &str) -> u64 {
        let line = self.stdout.lines().find(|line| line.starts_with("served:"));
        let line = line.unwrap_or_else(|| panic!("no `served:` line in {self:?}"));
        let (_, counts) = line.split_once(':').expect("it starts with `served:`");
        counts
            .split(',')
            .find_map(|count| count.trim().strip_prefix(name)?.trim().parse().ok())
            .unwrap_or_else(|| panic!("no number behind {name:?} in {line:?}"))
    }
}

/// Runs the program with arguments that make it end by itself.
pub(crate) fn run(args: &[&str]) -> Ended {
    let mut program = Program::start(Command::new(binary()).args(args));
    program.wait()
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    program: Program,
    addr: SocketAddr,
}

impl Server {
    /// Starts the server on a free port of loopback, with more arguments.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_on("127.0.0.1:0", args)
    }

    /// Starts the server on an address of the test's choice.
    pub(crate) fn start_on(listen: &str, args: &[&str]) -> Self {
        Self::start_command(Command::new(binary()).args(["--listen", listen]).args(args))
    }

    /// Starts the server with at most `limit` descriptors.
    pub(crate) fn start_with_descriptors(limit: u32, args: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script =
            format!("ulimit -n {limit}; exec \"$0\" --listen 127.0.0.1:0 \"$@\"");
        command.arg("-c").arg(script).arg(binary()).args(args);
        Self::start_command(&mut command)
    }

    fn start_command(command: &mut Command) -> Self {
        let mut program = Program::start(command);
        let line = program.line();
        let addr = line.strip_prefix("listening on ").and_then(|addr| addr.parse().ok());
        let Some(addr) = addr else {
            panic!("the first line is not `listening on ADDR`: {line:?}");
        };
        Self { program, addr }
    }

    /// Where it listens.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.program.child)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the server still runs");
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(mut self) -> Ended {
        self.program.wait()
    }

    /// Ends it as a supervisor would.
    pub(crate) fn terminate(self) -> Ended {
        self.signal(Signal::TERM);
        self.wait()
    }
}

/// A child with both its outputs read by threads, so that it never blocks on a full pipe and a
/// silent child never blocks the test.
struct Program {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = lines_of(child.stdout.take().expect("its output is a pipe"));
        let stderr = lines_of(child.stderr.take().expect("its errors are a pipe"));
        Self { child, stdout, stderr }
    }

    /// The next line of its output.
    fn line(&mut self) -> String {
        match self.stdout.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("no line of output in {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("it ended without a word on its output: {:?}", self.wait())
            }
        }
    }

    fn wait(&mut self) -> Ended {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                break status;
            }
            assert!(Instant::now() < end, "the program has not ended in {PATIENCE:?}");
            thread::sleep(Duration::from_millis(5));
        };
        Ended { status, stdout: rest_of(&self.stdout), stderr: rest_of(&self.stderr) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn rest_of(lines: &Receiver<String>) -> String {
    let mut text = String::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        writeln!(text, "{line}").expect("a String takes any text");
    }
    text
}
