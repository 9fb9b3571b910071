//! The figures as JSON: everything that the tables say, the histograms, and what was asked of
//! which machine. Times are in nanoseconds.

use serde_json::{Map, Value, json};
use tourbillon::reactor::ReactorStats;
use tourbillon::stats::Histogram;

use super::{buckets, causes};
use crate::kind::Kind;
use crate::machine::Machine;
use crate::modes::Outcome;
use crate::plan::{Plan, Workload};
use crate::record::Record;
use crate::run::Measured;
use crate::units::nanos;

/// The quantiles that are told, by their names in the file.
const QUANTILES: [(&str, f64); 7] = [
    ("p10", 0.1),
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99_9", 0.999),
    ("p99_99", 0.9999),
    ("p99_999", 0.99999),
];

/// All of it.
pub(crate) fn json(measured: &Measured, machine: &Machine) -> Value {
    json!({
        "program": concat!("tourbillon jitter ", env!("CARGO_PKG_VERSION")),
        "configuration": configuration(&measured.plan, measured.load),
        "machine": {
            "kernel": machine.kernel,
            "cpu": machine.cpu,
            "processors": machine.processors,
            "clocksource": machine.clocksource,
        },
        "interrupted": measured.interrupted,
        "notes": measured.notes,
        "modes": measured.modes.iter().map(|(kind, outcome)| mode(*kind, outcome))
            .collect::<Vec<_>>(),
    })
}

fn configuration(plan: &Plan, load: bool) -> Value {
    let (period, random) = match plan.workload {
        Workload::Period(period) => (Some(nanos(period)), None),
        Workload::Random { min, max } => (None, Some([nanos(min), nanos(max)])),
    };
    json!({
        "period_ns": period,
        "random_ns": random,
        "timers": plan.timers,
        "duration_ns": nanos(plan.duration),
        "slices": plan.slices(),
        "ticks": plan.ticks(),
        "seed": plan.seed,
        "load": load,
    })
}

fn mode(kind: Kind, outcome: &Outcome) -> Value {
    let record = &outcome.record;
    let buckets = buckets::of(record.counts()).into_iter().map(|bucket| {
        json!({
            "above_ns": bucket.above_nanos,
            "to_ns": bucket.to_nanos,
            "count": bucket.count,
        })
    });
    json!({
        "mode": kind.to_string(),
        "fires": record.fires(),
        "lateness_ns": lateness(record),
        "early": record.early,
        "missed": record.missed,
        "drift_ns": record.drift_nanos,
        "wakeups": record.wakeups,
        "cpu_ns": nanos(record.cpu),
        "cpu_per_wakeup_ns": record.cpu_per_wakeup_nanos(),
        "echoed_lines": record.echoed,
        "clock": outcome.clock.map(|clock| json!({
            "offset_ns": clock.offset_nanos,
            "ppm": clock.ppm,
            "anchors": clock.anchors,
        })),
        "reactor": outcome.stats.as_deref().map(reactor),
        "histogram": buckets.collect::<Vec<_>>(),
        // To three digits, for whoever draws a picture of their own: nanoseconds and fires.
        "counts": record.counts().map(|(nanos, count)| json!([nanos, count]))
            .collect::<Vec<_>>(),
    })
}

fn lateness(record: &Record) -> Value {
    let mut figures = Map::new();
    for (name, q) in QUANTILES {
        figures.insert(name.into(), record.quantile_nanos(q).into());
    }
    figures.insert("mean".into(), record.mean_nanos().into());
    figures.insert("max".into(), record.max_nanos().into());
    figures.into()
}

/// What a reactor counted about itself.
fn reactor(stats: &ReactorStats) -> Value {
    let causes = causes::causes(stats)
        .into_iter()
        .map(|(cause, histogram)| (cause.to_owned(), summary(histogram)));
    json!({
        "turns": stats.turns,
        "useful_wakeups": stats.useful_wakeups,
        "spurious_wakeups": stats.spurious_wakeups,
        "armed": stats.armed,
        "budget_hits": stats.budget_hits,
        "lateness_ns": causes.collect::<Map<_, _>>(),
        "wait_overshoot_ns": summary(&stats.wait_overshoot),
        "handler_time_ns": summary(&stats.handler_time),
        "turn_time_ns": summary(&stats.turn_time),
        "spun_ns": nanos(stats.spun),
        "spin_window_ns": nanos(stats.spin_window),
    })
}

fn summary(histogram: &Histogram) -> Value {
    json!({
        "count": histogram.count(),
        "mean": nanos(histogram.mean()),
        "p50": nanos(histogram.quantile(0.5)),
        "p99": nanos(histogram.quantile(0.99)),
        "max": nanos(histogram.max()),
    })
}
