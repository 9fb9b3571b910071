//! The page: what stands where.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::prelude::DrawingBackend;

use super::axis::{self, Axis, Tick};
use super::canvas::{Align, Canvas, Drawn, Place, Words};
use super::{distribution, legend, over_time, style};
use crate::machine::Machine;
use crate::record::Record;
use crate::run::Measured;
use crate::show;

/// Where the panels begin and end, from left to right.
pub(super) const LEFT: f64 = 96.0;
pub(super) const RIGHT: f64 = 1_172.0;

/// How tall the upper of the two is, and what lies between them.
const UPPER: f64 = 290.0;
const BETWEEN: f64 = 84.0;
const LOWER_END: f64 = 846.0;

/// A panel's edges on the page.
#[derive(Copy, Clone)]
pub(super) struct Panel {
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// Draws all of it.
pub(super) fn draw<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    measured: &Measured,
    machine: &Machine,
    font_is_ours: bool,
) -> Drawn<B> {
    let canvas = Canvas::new(area, font_is_ours)?;
    let plan = &measured.plan;
    let title = format!("How late timers fire: {}", plan.workload.title(plan.timers));
    canvas.words(Words::new(&title, 24.0).bold(), (LEFT, 34.0), Align::Left)?;
    let below = format!("{}. {}", machine.in_words(), capitalised(&show::each(measured)));
    canvas.words(Words::new(&below, 14.0).pale(), (LEFT, 64.0), Align::Left)?;
    let top = legend::draw(&canvas, measured, 92.0)?;

    let lateness = Lateness::of(measured);
    let upper = Panel { top: top + 44.0, bottom: top + 44.0 + UPPER };
    over_time::draw(&canvas, measured, &lateness, upper)?;
    let lower = Panel { top: upper.bottom + BETWEEN, bottom: LOWER_END };
    distribution::draw(&canvas, measured, &lateness, lower)
}

/// The scale of lateness, the same in both panels.
pub(super) struct Lateness {
    pub(super) decades: (i32, i32),
    pub(super) ticks: Vec<Tick>,
}

impl Lateness {
    fn of(measured: &Measured) -> Self {
        let records = || measured.modes.iter().map(|(_, outcome)| &outcome.record);
        let least = records().filter_map(|record| record.counts().next());
        let least = least.map(|(nanos, _)| nanos).min().unwrap_or(0);
        let most = records().map(Record::max_nanos).max().unwrap_or(0);
        let decades = axis::decades(least, most);
        let mut ticks = axis::decade_ticks(decades);
        if axis::log10(least) < f64::from(decades.0) {
            ticks[0].label.insert_str(0, "≤ ");
        }
        Self { decades, ticks }
    }

    /// Its ends, as powers of ten.
    pub(super) fn values(&self) -> (f64, f64) {
        (f64::from(self.decades.0), f64::from(self.decades.1))
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl Panel {
    /// The scale from bottom to top.
    pub(super) const fn upward(&self, values: (f64, f64)) -> Axis {
        Axis { values, pixels: (self.bottom, self.top) }
    }

    /// The scale from left to right.
    pub(super) const fn rightward(values: (f64, f64)) -> Axis {
        Axis { values, pixels: (LEFT, RIGHT) }
    }

    /// Says what the panel shows.
    pub(super) fn heading<B: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, B>,
        bold: &str,
        pale: &str,
    ) -> Drawn<B> {
        let (bold, pale) = (Words::new(bold, 16.0).bold(), Words::new(pale, 14.0).pale());
        let at: Place = (LEFT, self.top - 16.0);
        canvas.words(bold, at, Align::Left)?;
        canvas.words(pale, (LEFT + canvas.width(bold)? + 10.0, at.1), Align::Left)
    }

    /// A line across at each value, and its label on the left.
    pub(super) fn rows<B: DrawingBackend>(
        canvas: &Canvas<'_, B>,
        axis: &Axis,
        ticks: &[Tick],
    ) -> Drawn<B> {
        for Tick { value, label } in ticks {
            let y = axis.pixel(*value);
            canvas.line(&[(LEFT, y), (RIGHT, y)], style::GRID, 1.0)?;
            canvas.words(Words::new(label, 14.0), (LEFT - 10.0, y), Align::Right)?;
        }
        Ok(())
    }

    /// A line upward at each value, and its label below.
    pub(super) fn columns<B: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, B>,
        axis: &Axis,
        ticks: &[Tick],
    ) -> Drawn<B> {
        for Tick { value, label } in ticks {
            let x = axis.pixel(*value);
            canvas.line(&[(x, self.top), (x, self.bottom)], style::GRID, 1.0)?;
            canvas.words(
                Words::new(label, 14.0),
                (x, self.bottom + 8.0),
                Align::Below,
            )?;
        }
        Ok(())
    }

    /// What the values are.
    pub(super) fn names<B: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, B>,
        upward: &str,
        rightward: &str,
    ) -> Drawn<B> {
        let middle = f64::midpoint(self.top, self.bottom);
        canvas.words(Words::new(upward, 14.0).pale(), (22.0, middle), Align::Upright)?;
        let below = (f64::midpoint(LEFT, RIGHT), self.bottom + 30.0);
        canvas.words(Words::new(rightward, 14.0).pale(), below, Align::Below)
    }
}
