//! The upper panel: every fire, or some of very many, where it was due and how late it was.

use plotters::prelude::DrawingBackend;

use super::axis::{self, Axis};
use super::canvas::{Canvas, Drawn};
use super::page::{Lateness, Panel};
use super::style;
use crate::record::Record;
use crate::run::Measured;
use crate::show;
use crate::trace::{Point, Trace};

pub(super) fn draw<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    measured: &Measured,
    lateness: &Lateness,
    panel: Panel,
) -> Drawn<B> {
    let seconds = |point: Point| {
        let since = point.due.saturating_duration_since(measured.began);
        since.as_secs_f64()
    };
    let traces = || measured.modes.iter().map(|(_, outcome)| &outcome.record.trace);
    let points = traces().flat_map(Trace::latest);
    let end = points.map(seconds).fold(1e-6, f64::max);
    let across = Panel::rightward((0.0, end));
    let up = panel.upward(lateness.values());

    panel.heading(canvas, "Lateness over time", &what_is_shown(measured))?;
    panel.columns(canvas, &across, &axis::second_ticks(end))?;
    Panel::rows(canvas, &up, &lateness.ticks)?;
    panel.names(canvas, "late by", "seconds since the start")?;
    let place = |point: Point, across: &Axis, up: &Axis| {
        (across.pixel(seconds(point)), up.pixel(axis::log10(point.lateness_nanos)))
    };
    // All of the small dots first: an outlier must not lie below another mode's crowd.
    for (index, trace) in traces().enumerate() {
        for point in trace.others() {
            canvas.dot(place(point, &across, &up), 1.2, style::colour(index), 0.45)?;
        }
    }
    for (index, trace) in traces().enumerate() {
        for point in trace.latest() {
            canvas.dot(place(point, &across, &up), 1.6, style::colour(index), 0.9)?;
        }
    }
    Ok(())
}

/// Whether every fire is a dot, or how many are.
fn what_is_shown(measured: &Measured) -> String {
    let records = || measured.modes.iter().map(|(_, outcome)| &outcome.record);
    let fires: u64 = records().map(Record::fires).sum();
    let outliers: u64 =
        records().map(|record| record.trace.latest().count() as u64).sum();
    let others: u64 = records().map(|record| record.trace.others().count() as u64).sum();
    if fires == outliers + others {
        return "a dot for every fire".into();
    }
    let share = show::percent(others, fires - outliers);
    format!("a dot for every outlier, and for {share} of the others")
}
