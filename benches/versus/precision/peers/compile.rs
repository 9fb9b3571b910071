//! [`Programs`]: compiles the peers in C and C++, if there is a compiler and their headers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs, or why there is none.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) libevent: Result<PathBuf, String>,
    pub(crate) asio: Result<PathBuf, String>,
}

/// A program to compile.
struct Source {
    file: &'static str,
    /// The environment's variable that names another compiler, and the compiler.
    compiler: (&'static str, &'static str),
    before: &'static [&'static str],
    after: &'static [&'static str],
}

const LIBEVENT: Source = Source {
    file: "libevent.c",
    compiler: ("CC", "cc"),
    before: &["-O2", "-Wall", "-Wextra"],
    after: &["-levent"],
};

const ASIO: Source = Source {
    file: "asio.cpp",
    compiler: ("CXX", "c++"),
    before: &["-O2", "-std=c++14", "-Wall", "-Wextra"],
    after: &["-pthread"],
};

const NOT_WANTED: &str = "not asked for";

impl Programs {
    /// Compiles what is wanted beside this program, unless it was compiled since its source changed.
    pub(crate) fn compile(wants_libevent: bool, wants_asio: bool) -> Self {
        let compile = |is_wanted: bool, source: &Source| {
            if is_wanted { source.compile() } else { Err(NOT_WANTED.to_owned()) }
        };
        Self {
            libevent: compile(wants_libevent, &LIBEVENT),
            asio: compile(wants_asio, &ASIO),
        }
    }
}

impl Source {
    fn compile(&self) -> Result<PathBuf, String> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("precision/peers");
        let source = sources.join(self.file);
        let program = std::env::current_exe()
            .map_err(|error| format!("no place to compile to: {error}"))?
            .with_file_name(format!("precision_{}", self.file.replace('.', "_")));
        if is_newer(&program, &[&source, &sources.join("peer.h")]) {
            return Ok(program);
        }
        let (variable, usual) = self.compiler;
        let compiler = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
        eprintln!("precision: compiling {}", self.file);
        let output = Command::new(&compiler)
            .args(self.before)
            .arg("-o")
            .args([&program, &source])
            .args(self.after)
            .output()
            .map_err(|error| format!("no compiler: {compiler}: {error}"))?;
        if output.status.success() {
            return Ok(program);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("does not compile: {}", first_error(&said)))
    }
}

/// The line that says what is wrong, most likely that a header is missing.
fn first_error(said: &str) -> &str {
    let is_error = |line: &&str| line.contains("error") || line.contains("cannot find");
    said.lines().find(is_error).unwrap_or("the compiler does not say why").trim()
}

fn is_newer(program: &Path, sources: &[&Path]) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let Some(compiled) = changed(program) else { return false };
    sources.iter().all(|source| changed(source).is_some_and(|changed| changed < compiled))
}

#[cfg(test)]
mod tests {
    use super::first_error;

    #[test]
    fn a_missing_header_is_named() {
        let said = "libevent.c: In function 'main':\n\
                    libevent.c:12:10: fatal error: event2/event.h: No such file or directory\n\
                    compilation terminated.\n";
        assert!(first_error(said).contains("event2/event.h"));
        assert!(first_error("/usr/bin/ld: cannot find -levent\n").contains("-levent"));
    }
}
