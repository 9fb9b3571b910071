//! The picture: lateness over time above, its distribution below, one colour a mode.
//!
//! `canvas` draws in the pixels of a page of 1200 by 900, `axis` is where values lie on it; `page`
//! puts title, legend and the panels `over_time` and `distribution` in their places.

mod axis;
mod canvas;
mod distribution;
mod legend;
mod over_time;
mod page;
mod png;
mod style;

use plotters::drawing::IntoDrawingArea;
use plotters::prelude::{BitMapBackend, SVGBackend};
use plotters::style::{FontStyle, register_font};

use crate::machine::Machine;
use crate::output::Format;
use crate::run::Measured;

/// The page, in its own pixels.
const WIDTH: u32 = 1_200;
const HEIGHT: u32 = 900;

/// Plotters places things by whole pixels: with so many to one of the page, curves are smooth and
/// dots lie where they belong.
const FINER: u32 = 3;

/// What so many of the fine pixels become one of a PNG, so that edges are soft.
const SOFTER: u32 = 2;

/// Draws the picture, as the bytes of a file.
pub(crate) fn draw(
    measured: &Measured,
    machine: &Machine,
    format: Format,
) -> Result<Vec<u8>, String> {
    for (style, font) in [
        (FontStyle::Normal, notosans::REGULAR_TTF),
        (FontStyle::Bold, notosans::BOLD_TTF),
    ] {
        register_font(style::FONT, style, font).map_err(|_| "the font is broken")?;
    }
    match format {
        Format::Svg => svg(measured, machine),
        Format::Png => png(measured, machine),
    }
}

fn svg(measured: &Measured, machine: &Machine) -> Result<Vec<u8>, String> {
    let (width, height) = (WIDTH * FINER, HEIGHT * FINER);
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
    page::draw(&area, measured, machine, false).map_err(|error| cannot(&error))?;
    area.present().map_err(|error| cannot(&error))?;
    drop(area);
    // What stays is the view box, in fine pixels; the size that it is shown at is the page's.
    let fine = format!("width=\"{width}\" height=\"{height}\"");
    let size = format!("width=\"{WIDTH}\" height=\"{HEIGHT}\"");
    let svg = svg.replacen(&fine, &size, 1);
    // What is the default anyway is a third of the bytes of a dot, of which there are thousands.
    let svg = svg.replace(" stroke=\"none\" stroke-width=\"1\"", "");
    let family = format!("font-family=\"{}\"", style::FONT);
    Ok(svg.replace(&family, style::FAMILIES).into_bytes())
}

fn png(measured: &Measured, machine: &Machine) -> Result<Vec<u8>, String> {
    let (width, height) = (WIDTH * FINER, HEIGHT * FINER);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let area =
        BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    page::draw(&area, measured, machine, true).map_err(|error| cannot(&error))?;
    area.present().map_err(|error| cannot(&error))?;
    drop(area);
    let soft = png::shrink(&pixels, width as usize, SOFTER as usize);
    Ok(png::encode(&soft, width / SOFTER, height / SOFTER))
}

fn cannot(error: &dyn std::error::Error) -> String {
    format!("cannot draw: {error}")
}
