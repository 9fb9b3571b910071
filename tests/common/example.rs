//! The binary of an example, for tests that run it as a stranger would.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of the example's binary, built with the profile of this very test.
///
/// `cargo test` builds the examples too, but `cargo test --test NAME` does not: so the test asks
/// cargo itself, which costs little when the binary is fresh.
pub(crate) fn build(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test itself");
    // <target>/<profile>/deps/NAME-0123456789abcdef
    let profile_dir = test.parent().and_then(Path::parent).expect("<target>/<profile>");
    let target_dir = profile_dir.parent().expect("<target>");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", example, "--profile", profile])
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the example does not build:\n{complaint}");
    profile_dir.join("examples").join(example)
}
