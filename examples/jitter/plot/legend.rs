//! The legend: a colour, a name and the figures that matter most, for each mode.

use plotters::prelude::DrawingBackend;

use super::canvas::{Align, Canvas, Failure, Words};
use super::page::{LEFT, RIGHT};
use super::style;
use crate::record::Record;
use crate::run::Measured;
use crate::units;

/// From one row to the next.
const ROW: f64 = 26.0;
const SWATCH: f64 = 14.0;
const GAP: f64 = 30.0;
const SIZE: f64 = 15.0;

/// Draws it from `top` on, in columns, and says where it ends.
pub(super) fn draw<B: DrawingBackend>(
    canvas: &Canvas<'_, B>,
    measured: &Measured,
    top: f64,
) -> Result<f64, Failure<B>> {
    let entries: Vec<_> = measured
        .modes
        .iter()
        .map(|(kind, outcome)| (kind.to_string(), figures(&outcome.record)))
        .collect();
    let (mut names, mut all_figures) = (0.0_f64, 0.0_f64);
    for (name, figures) in &entries {
        names = names.max(canvas.width(Words::new(name, SIZE).bold())?);
        all_figures = all_figures.max(canvas.width(Words::new(figures, SIZE))?);
    }
    let width = SWATCH + 8.0 + names + 8.0 + all_figures + GAP;
    let (mut x, mut y) = (LEFT, top + ROW / 2.0);
    for (index, (name, figures)) in entries.iter().enumerate() {
        if x + width - GAP > RIGHT && x > LEFT {
            (x, y) = (LEFT, y + ROW);
        }
        let half = SWATCH / 2.0;
        canvas.rectangle((x, y - half), (x + SWATCH, y + half), style::colour(index))?;
        let name_at = x + SWATCH + 8.0;
        canvas.words(Words::new(name, SIZE).bold(), (name_at, y), Align::Left)?;
        let figures_at = name_at + names + 8.0;
        canvas.words(Words::new(figures, SIZE).pale(), (figures_at, y), Align::Left)?;
        x += width;
    }
    Ok(y + ROW / 2.0)
}

fn figures(record: &Record) -> String {
    if record.fires() == 0 {
        return "never fired".into();
    }
    let [half, most] = [0.5, 0.999].map(|q| units::read(record.quantile_nanos(q)));
    format!("p50 {half}, p99.9 {most}")
}
