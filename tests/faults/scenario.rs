//! What the scenarios have in common: to be run, to report, to give up in time, and to count what they
//! hold.

use std::env;
use std::fs;
use std::thread;
use std::time::Duration;

/// The variable that names the scenario.
pub(crate) const NAME: &str = "TOURBILLON_FAULTS_SCENARIO";

/// Every line of a report begins with it.
pub(crate) const REPORT: &str = "report: ";

/// Far more than any of them takes; then it hangs.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs the scenario that this program was started anew for, if it was.
pub(crate) fn is_run(scenarios: &[(&str, fn())]) -> bool {
    let Ok(name) = env::var(NAME) else { return false };
    let found = scenarios.iter().find(|(known, _)| *known == name);
    let (_, scenario) = found.unwrap_or_else(|| panic!("no such scenario: {name}"));
    thread::spawn(|| {
        thread::sleep(LONGEST);
        eprintln!("it hangs");
        std::process::abort();
    });
    scenario();
    true
}

/// Tells who started it.
pub(crate) fn report(name: &str, value: impl TryInto<u64>) {
    let value = value.try_into().unwrap_or(u64::MAX);
    println!("{REPORT}{name}: {value}");
}

/// How many descriptors this process has.
pub(crate) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("the process's own folder").count()
}
