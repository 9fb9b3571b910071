//! A peer that is a program: what it is asked, and its answer. See `peer.h`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::plan::{Plan, Workload};
use crate::run::Run;

/// Runs the program in `mode`.
pub(crate) fn run(
    program: &Path,
    mode: &str,
    workload: Workload,
    plan: &Plan,
) -> Result<Run, String> {
    let named = |error| format!("{}: {error}", program.display());
    let mut child = Command::new(program)
        .arg(mode)
        .arg(plan.period_nanos.to_string())
        .arg(plan.fires(workload).to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(named)?;
    if workload == Workload::OneShots
        && let Some(stdin) = child.stdin.as_mut()
        && let Err(error) = stdin.write_all(&delays(plan))
    {
        // It ended before it had read all: what it says counts for more than that.
        eprintln!("precision: {}", named(error));
    }
    let output = child.wait_with_output().map_err(named)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("ended with {}: {}", output.status, said.trim()));
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    let mut run = parse(&answer)?;
    if workload == Workload::OneShots {
        run.drift_nanos = None;
        if run.lateness_nanos.len() != plan.fires(workload) {
            let count = run.lateness_nanos.len();
            return Err(format!("fired {count} of {} timers", plan.fires(workload)));
        }
    }
    Ok(run)
}

fn delays(plan: &Plan) -> Vec<u8> {
    let lines = plan.delays_nanos.iter().map(|delay| format!("{delay}\n").into_bytes());
    lines.flatten().collect()
}

fn parse(answer: &str) -> Result<Run, String> {
    let mut lines = answer.lines();
    let mut number = |name: &str| {
        let line = lines.next().unwrap_or_default();
        let number = line.strip_prefix(name).map(|number| number.trim().parse::<i64>());
        match number {
            Some(Ok(number)) => Ok(number),
            _ => Err(format!("answered \"{line}\" where its {name} was to come")),
        }
    };
    let calls = number("calls")?;
    let (early, missed) = (number("early")?, number("missed")?);
    let (drift, cpu) = (number("drift_nanos")?, number("cpu_nanos")?);
    let lateness = lines.map(|line| {
        line.parse().map_err(|_| format!("answered \"{line}\" for a lateness"))
    });
    let lateness_nanos: Vec<i64> = lateness.collect::<Result<_, _>>()?;
    if lateness_nanos.is_empty() {
        return Err("answered that it fired no timer".to_owned());
    }
    Ok(Run {
        lateness_nanos,
        calls: calls.unsigned_abs(),
        early: early.unsigned_abs(),
        missed: missed.unsigned_abs(),
        drift_nanos: Some(drift),
        cpu_nanos: cpu.unsigned_abs(),
        ..Run::default()
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_answer_is_understood_and_a_broken_one_named() {
        let head = "calls 2\nearly 1\nmissed 2\ndrift_nanos -3\ncpu_nanos 4\n";
        let run = parse(&format!("{head}50\n-7\n")).unwrap();
        assert_eq!(run.lateness_nanos, [50, -7]);
        assert_eq!((run.calls, run.early, run.missed), (2, 1, 2));
        assert_eq!(run.cpu_nanos, 4);
        assert_eq!(run.drift_nanos, Some(-3));

        assert!(parse(head).unwrap_err().contains("no timer"));
        assert!(parse(&format!("{head}x\n")).unwrap_err().contains("\"x\""));
        assert!(parse("calls 1\nearly 1\nlost 2\n").unwrap_err().contains("missed"));
        assert!(parse("").unwrap_err().contains("calls"));
    }
}
