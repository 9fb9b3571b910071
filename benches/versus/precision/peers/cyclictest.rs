//! cyclictest, of rt-tests: the program that everybody measures this with. A histogram of whole
//! microseconds, rounded down.

use std::process::Command;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::plan::Plan;
use crate::run::Run;

/// Microseconds that its histogram reaches; of what is later it tells the number and the worst.
const REACH_MICROS: u64 = 10_000;

/// Runs it with further options, such as for another policy of the scheduler.
pub(crate) fn run(plan: &Plan, options: &[&str]) -> Result<Run, String> {
    let cpu = cpu_nanos_of_children()?;
    let output = Command::new("cyclictest")
        .args(["--quiet", "--threads=1", &format!("--loops={}", plan.ticks)])
        .arg(format!("--interval={}", plan.period_nanos / 1_000))
        .arg(format!("--histogram={REACH_MICROS}"))
        .args(options)
        .output()
        .map_err(|error| format!("cyclictest: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let more = String::from_utf8_lossy(&output.stderr);
        let why = more.lines().chain(said.lines()).find(|line| !line.starts_with('#'));
        return Err(format!("ended with {}: {}", output.status, why.unwrap_or_default()));
    }
    let mut run = parse(&said)?;
    run.calls = run.lateness_nanos.len() as u64;
    run.missed = plan.ticks.saturating_sub(run.calls);
    run.cpu_nanos = cpu_nanos_of_children()? - cpu;
    Ok(run)
}

/// What all children took that have ended. One runs at a time.
fn cpu_nanos_of_children() -> Result<u64, String> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| format!("no processor time of children: {error}"))?;
    let total = usage.user_time() + usage.system_time();
    Ok(total.num_nanoseconds().unsigned_abs())
}

fn parse(said: &str) -> Result<Run, String> {
    let mut run = Run::default();
    let (mut worst, mut beyond) = (None, 0);
    for line in said.lines() {
        if let Some(numbers) = line.strip_prefix("# Max Latencies:") {
            worst = Some(number(numbers, line)?);
        } else if let Some(numbers) = line.strip_prefix("# Histogram Overflows:") {
            beyond = number(numbers, line)?;
        } else if !line.starts_with('#')
            && let Some((micros, count)) = line.split_once(char::is_whitespace)
        {
            let late = number(micros, line)? * 1_000;
            let count = number(count, line)? as usize;
            run.lateness_nanos.extend(std::iter::repeat_n(late.cast_signed(), count));
        }
    }
    let worst = worst.ok_or("cyclictest did not tell the worst latency")?;
    let late = (worst * 1_000).cast_signed();
    run.lateness_nanos.extend(std::iter::repeat_n(late, beyond as usize));
    if run.lateness_nanos.is_empty() {
        return Err("cyclictest's histogram is empty".to_owned());
    }
    Ok(run)
}

fn number(text: &str, line: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("cyclictest said \"{line}\": no number"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_histogram_and_what_it_does_not_hold_are_read() {
        let run = parse(
            "# /dev/cpu_dma_latency set to 0us\n# Histogram\n000051 000001\n000052 000002\n\
             000053 000000\n# Total: 000000003\n# Min Latencies: 00051\n# Avg Latencies: 00052\n\
             # Max Latencies: 12000\n# Histogram Overflows: 00001\n\
             # Histogram Overflow at cycle number:\n# Thread 0: 00017\n",
        );
        let late = run.unwrap().lateness_nanos;
        assert_eq!(late, [51_000, 52_000, 52_000, 12_000_000]);
    }

    #[test]
    fn what_is_not_a_histogram_is_named() {
        assert!(parse("").unwrap_err().contains("worst"));
        assert!(parse("# Max Latencies: 00000\n").unwrap_err().contains("empty"));
        let error = parse("T: 0 P:80\n").unwrap_err();
        assert!(error.contains("T: 0 P:80"), "{error}");
    }
}
