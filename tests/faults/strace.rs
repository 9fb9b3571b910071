//! This program anew, under strace or not, with one of its scenarios; and what came of it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::scenario::{NAME, REPORT};

/// A test's name, whether it is too long for every day, and what it does.
pub(crate) type Test = (&'static str, bool, fn());

/// What a scenario has said, and which of its calls strace has shown.
#[derive(Debug)]
pub(crate) struct Outcome {
    said: String,
    pub(crate) calls: Vec<Call>,
}

/// A system call, as strace shows it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) line: String,
    pub(crate) was_injected: bool,
}

/// Why nothing can be traced here, if so.
pub(crate) fn why_not() -> Option<String> {
    match Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output() {
        Err(error) => Some(format!("strace does not start: {error}")),
        Ok(output) if !output.status.success() => {
            Some(String::from_utf8_lossy(&output.stderr).into_owned())
        }
        Ok(_) => None,
    }
}

/// This program, with that scenario, started by `starter`, or by nobody else.
pub(crate) fn command(scenario: &str, starter: &[&str]) -> Command {
    let this = std::env::current_exe().expect("the path of the test itself");
    let mut command = match starter {
        [] => Command::new(this),
        [starter, options @ ..] => {
            let mut command = Command::new(starter);
            command.args(options).arg(this);
            command
        }
    };
    command.env(NAME, scenario).stdin(Stdio::null());
    command
}

/// Runs a scenario that must succeed.
pub(crate) fn run(scenario: &str, starter: &[&str]) -> Outcome {
    let output = command(scenario, starter).output().expect("it can be started");
    Outcome::of(scenario, starter, &output)
}

/// Runs a scenario that must succeed under strace, with these calls shown and one kind disturbed:
/// `epoll_ctl:error=ENOMEM:when=2`.
pub(crate) fn trace(scenario: &str, shown: &str, injected: Option<&str>) -> Outcome {
    trace_with(scenario, shown, injected, &[])
}

/// The same with variables for the scenario.
pub(crate) fn trace_with(
    scenario: &str,
    shown: &str,
    injected: Option<&str>,
    variables: &[(&str, &str)],
) -> Outcome {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("tourbillon-faults-{}-{number}", std::process::id());
    let file: PathBuf = std::env::temp_dir().join(name);
    let (path, shown) = (file.to_string_lossy().into_owned(), format!("trace={shown}"));
    let mut starter = vec!["strace", "-f", "-qq", "-e", "signal=none", "-o", &path];
    starter.extend(["-e", &shown]);
    let injected = injected.map(|injected| format!("inject={injected}"));
    if let Some(injected) = &injected {
        starter.extend(["-e", injected]);
    }
    let mut command = command(scenario, &starter);
    let output = command.envs(variables.iter().copied()).output().expect("it starts");
    let lines = fs::read_to_string(&file).unwrap_or_default();
    let _ = fs::remove_file(&file);
    if !output.status.success() {
        eprintln!("{lines}");
    }
    let mut outcome = Outcome::of(scenario, &starter, &output);
    outcome.calls = lines.lines().filter_map(Call::read).collect();
    outcome
}

impl Call {
    /// `1234 epoll_ctl(3, EPOLL_CTL_ADD, ...) = -1 ENOMEM (Cannot allocate memory) (INJECTED)`. What was
    /// unfinished when another thread made a call is read when it is resumed.
    fn read(line: &str) -> Option<Self> {
        let (_pid, call) = line.split_once(' ')?;
        let call = call.trim_start();
        if call.ends_with("<unfinished ...>") {
            return None;
        }
        let call = call.strip_prefix("<... ").unwrap_or(call);
        let name: String =
            call.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let was_injected = call.contains("(INJECTED)");
        Some(Self { name, line: call.to_owned(), was_injected })
    }

    /// Whether it came back with that error.
    pub(crate) fn failed_with(&self, error: &str) -> bool {
        self.line.contains(&format!("= -1 {error} "))
    }
}

impl Outcome {
    /// Of a scenario that must have succeeded.
    pub(crate) fn of(scenario: &str, how: &[&str], output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "\"{scenario}\" by {how:?}: {}\n{said}\n{complaint}",
            output.status
        );
        Self { said, calls: Vec::new() }
    }

    /// What it has reported under that name.
    pub(crate) fn report(&self, name: &str) -> u64 {
        let value = self.said.lines().find_map(|line| {
            line.strip_prefix(REPORT)?.strip_prefix(name)?.strip_prefix(": ")
        });
        let value = value.unwrap_or_else(|| panic!("no {name} in:\n{}", self.said));
        value.parse().unwrap_or_else(|error| panic!("{name}: {value}: {error}"))
    }

    /// How often that call was made.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.calls.iter().filter(|call| call.name == name).count()
    }

    /// How many calls were disturbed.
    pub(crate) fn injected(&self) -> usize {
        self.calls.iter().filter(|call| call.was_injected).count()
    }
}
