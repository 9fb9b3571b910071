//! The kernel's faults, on the real kernel: calls that fail, waits that are interrupted, readiness that
//! was a lie, a process that is stopped, a clock that has run for years; and idleness.
//!
//! Most need strace, which makes a chosen call of a process fail without making it, and tells which calls
//! there were. A test starts this program anew under strace, with a scenario's name: see
//! [`strace`]. Where strace is missing or may not trace, those tests are listed as ignored.
//! strace's way is slow, hence the few and short scenarios; nothing is judged by how long it takes.

#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod interrupted;
#[cfg(target_os = "linux")]
mod refused;
#[cfg(target_os = "linux")]
mod scenario;
#[cfg(target_os = "linux")]
mod stalled;
#[cfg(target_os = "linux")]
mod stolen;
#[cfg(target_os = "linux")]
mod strace;

#[cfg(target_os = "linux")]
fn main() {
    /// Everything that this program can be started anew for.
    const SCENARIOS: [(&str, fn()); 7] = [
        ("a world", refused::a_world),
        ("an alarm", refused::an_alarm),
        ("waits", interrupted::waits),
        ("waits for a signal", interrupted::waits_for_a_signal),
        ("a grid", stalled::a_grid),
        ("idle, exact", idle::exact),
        ("idle, millis", idle::millis),
    ];
    if scenario::is_run(&SCENARIOS) {
        return;
    }
    let traced = [refused::tests(), interrupted::tests(), idle::tests()].concat();
    let plain =
        [stolen::tests(), stalled::tests(), interrupted::tests_without_strace()].concat();
    let why_not = strace::why_not();
    if let Some(why) = &why_not {
        eprintln!("skipped: what needs strace: {why}");
    }
    let is_skipped = why_not.is_some();
    let trial = |(name, is_long, test): strace::Test, is_skipped: bool| {
        libtest_mimic::Trial::test(name, move || {
            test();
            Ok(())
        })
        .with_ignored_flag(is_long || is_skipped)
    };
    let traced = traced.into_iter().map(|test| trial(test, is_skipped));
    let plain = plain.into_iter().map(|test| trial(test, false));
    let arguments = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&arguments, traced.chain(plain).collect()).exit();
}

#[cfg(not(target_os = "linux"))]
fn main() {}
