//! The machine that a run was on, in words.

/// System, processor, and how much of it this process may have.
pub(crate) fn description() -> String {
    let system = rustix::system::uname();
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    format!(
        "{} {}, {}, {}",
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy(),
        model.as_deref().unwrap_or("a processor that does not tell its name"),
        processors(),
    )
}

/// Processors that this process may run on.
fn processors() -> String {
    match std::thread::available_parallelism().map(usize::from) {
        Ok(1) => "one core to run on".to_owned(),
        Ok(count) => format!("{count} cores to run on"),
        Err(_) => "an unknown number of cores to run on".to_owned(),
    }
}
