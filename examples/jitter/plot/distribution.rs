//! The lower panel: which share of the fires came how late, with room for the tail.

use plotters::prelude::DrawingBackend;

use super::axis;
use super::canvas::{Canvas, Drawn, Place};
use super::page::{Lateness, Panel};
use super::style;
use crate::record::Record;
use crate::run::Measured;

pub(super) fn draw<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    measured: &Measured,
    lateness: &Lateness,
    panel: Panel,
) -> Drawn<B> {
    let records = || measured.modes.iter().map(|(_, outcome)| &outcome.record);
    let most = records().map(Record::fires).max().unwrap_or(0);
    // As high as the rarest fire is rare, and a little, so that the ends of curves are free.
    let top = (axis::nines(most, most) + 0.1).max(1.0);
    let across = Panel::rightward(lateness.values());
    let up = panel.upward((0.0, top));

    panel.heading(
        canvas,
        "Distribution",
        "the further right, the later; the higher, the rarer",
    )?;
    for value in axis::between_decades(lateness.decades) {
        let x = across.pixel(value);
        canvas.line(&[(x, panel.top), (x, panel.bottom)], style::FAINT_GRID, 1.0)?;
    }
    panel.columns(canvas, &across, &lateness.ticks)?;
    Panel::rows(canvas, &up, &axis::nines_ticks(top))?;
    panel.names(canvas, "share of fires that were sooner", "late by")?;
    for (index, record) in records().enumerate() {
        let places = curve(record, |nanos, sooner| {
            let height = axis::nines(sooner, record.fires());
            (across.pixel(axis::log10(nanos)), up.pixel(height))
        });
        canvas.line(&places, style::colour(index), 2.0)?;
        if let Some(end) = places.last() {
            // The latest of all.
            canvas.dot(*end, 3.5, style::colour(index), 1.0)?;
        }
    }
    Ok(())
}

/// A step up for every lateness that was seen; what would lie on the same pixel is left out.
/// `place` is told a lateness and how many fires were sooner.
fn curve(record: &Record, place: impl Fn(u64, u64) -> Place) -> Vec<Place> {
    /// Steps that are less than so many pixels from the last are not drawn.
    const NEAR: f64 = 0.4;

    let mut places: Vec<Place> = Vec::new();
    let mut sooner = 0;
    let mut end = None;
    for (nanos, count) in record.counts() {
        let (x, y) = place(nanos, sooner);
        end = Some((x, y));
        match places.last() {
            Some((last_x, last_y)) if x - last_x < NEAR && last_y - y < NEAR => {}
            Some((_, last_y)) => places.extend([(x, *last_y), (x, y)]),
            None => places.push((x, y)),
        }
        sooner += count;
    }
    places.extend(end);
    places
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tourbillon::Instant;

    use super::*;
    use crate::plan::{Plan, Workload};
    use crate::units;

    #[test]
    fn a_curve_steps_up_to_its_latest_and_is_no_longer_than_the_page() {
        let (min, max) = (Duration::from_nanos(1), Duration::from_secs(1));
        let workload = Workload::Random { min, max };
        let plan = Plan { workload, timers: 1, duration: max, seed: 0 };
        let mut record = Record::new(&plan);
        for nanos in 0..200_000 {
            record.fired(Instant::ZERO, Instant::from_nanos(nanos), 0);
        }
        let scale = |count: u64| units::float(count) / 1_000.0;
        let places = curve(&record, |nanos, sooner| (scale(nanos), -scale(sooner)));
        assert!(places.len() < 2_000, "{} places", places.len());
        assert!(places.is_sorted_by(|a, b| a.0 <= b.0 && a.1 >= b.1));
        let (x, y) = places.last().unwrap();
        assert!((x - 200.0).abs() < 0.2 && (y + 200.0).abs() < 0.4, "{x} {y}");
        assert_eq!(curve(&Record::new(&plan), |_, _| (0.0, 0.0)), []);
    }
}
