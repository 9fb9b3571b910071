//! The example's binary: built, started, waited for.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::example;

/// How long any wait may last before the test fails. Far above what a busy machine needs: it
/// bounds a hang, it measures nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The path of the example's binary, built once.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| example::build("jitter"))
}

/// What the program said and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these arguments, not started yet.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args);
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Ended {
    Running::start(command(args)).wait()
}

/// Runs the program, which is to end well and with nothing on stderr, where no terminal is.
pub(crate) fn measure(args: &[&str]) -> Ended {
    let ended = run(args);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "{ended:?}");
    ended
}

/// The program while it runs.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Self(child.expect("the program starts"))
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the program still runs");
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(self) -> Ended {
        let pid = self.pid();
        let (sender, output) = channel();
        thread::spawn(move || sender.send(self.0.wait_with_output()));
        let Ok(output) = output.recv_timeout(PATIENCE) else {
            let _ = kill_process(pid, Signal::KILL);
            panic!("the program has not ended in {PATIENCE:?}");
        };
        let output = output.expect("it is our child");
        let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
        Ended {
            status: output.status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
