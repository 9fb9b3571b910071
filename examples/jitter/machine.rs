//! [`Machine`]: where it was measured, as far as the system tells.

use std::fs;
use std::thread;

/// What figures depend on, and a reader cannot see in them. `None`: this system does not say.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    pub(crate) kernel: Option<String>,
    pub(crate) cpu: Option<String>,
    pub(crate) processors: Option<usize>,
    /// What the kernel keeps time by.
    pub(crate) clocksource: Option<String>,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let clocksource =
            "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        Self {
            kernel: line("/proc/sys/kernel/osrelease")
                .map(|release| format!("Linux {release}")),
            cpu: fs::read_to_string("/proc/cpuinfo")
                .ok()
                .and_then(|text| cpu_model(&text)),
            processors: thread::available_parallelism().ok().map(Into::into),
            clocksource: line(clocksource),
        }
    }

    /// In one line: what is known.
    pub(crate) fn in_words(&self) -> String {
        let processors = match self.processors {
            Some(1) => Some("1 processor".into()),
            Some(count) => Some(format!("{count} processors")),
            None => None,
        };
        let clocksource =
            self.clocksource.as_ref().map(|name| format!("clocksource {name}"));
        let known = [self.cpu.clone(), processors, self.kernel.clone(), clocksource];
        known.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.trim();
    (!line.is_empty()).then(|| line.into())
}

/// x86 calls it `model name`, other architectures have other words or none.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    let value = |name: &str| {
        cpuinfo.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    value("model name").or_else(|| value("Model")).or_else(|| value("cpu model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_found_by_its_name() {
        let text = "processor\t: 0\nmodel\t\t: 68\nmodel name\t: AMD EPYC 9B45\n\nprocessor\t: 1";
        assert_eq!(cpu_model(text).as_deref(), Some("AMD EPYC 9B45"));
        assert_eq!(
            cpu_model("Model\t\t: Raspberry Pi 5").as_deref(),
            Some("Raspberry Pi 5")
        );
        assert_eq!(cpu_model("nothing"), None);
    }
}
