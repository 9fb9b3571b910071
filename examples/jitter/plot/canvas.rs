//! [`Canvas`]: lines, dots and words at places of the page.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::{Color, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, IntoFont, RGBColor, TextStyle};

use super::{FINER, style};

/// What drawing may fail with.
pub(super) type Failure<B> = DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>;
pub(super) type Drawn<B> = Result<(), Failure<B>>;

/// A place on the page: pixels from its left and its upper edge.
pub(super) type Place = (f64, f64);

/// Where words are put.
#[derive(Copy, Clone)]
pub(super) enum Align {
    /// The place is where they begin, at half their height.
    Left,
    /// Where they end, at half their height.
    Right,
    /// Above their middle.
    Below,
    /// Their middle; they read upwards.
    Upright,
}

/// Words and how they look.
#[derive(Copy, Clone)]
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) size: f64,
    pub(super) colour: RGBColor,
    pub(super) bold: bool,
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a str, size: f64) -> Self {
        Self { text, size, colour: style::INK, bold: false }
    }

    pub(super) const fn pale(self) -> Self {
        Self { colour: style::PALE_INK, ..self }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    fn style(&self) -> TextStyle<'static> {
        let style = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = self.size * f64::from(FINER);
        (style::FONT, size, style).into_font().color(&self.colour)
    }
}

/// The page.
pub(super) struct Canvas<'a, B: DrawingBackend> {
    area: &'a DrawingArea<B, Shift>,
    font_is_ours: bool,
}

impl<'a, B: DrawingBackend> Canvas<'a, B> {
    /// An empty page. The font is ours if letters are drawn here, and the viewer's in an SVG.
    pub(super) fn new(
        area: &'a DrawingArea<B, Shift>,
        font_is_ours: bool,
    ) -> Result<Self, Failure<B>> {
        area.fill(&style::PAPER)?;
        Ok(Self { area, font_is_ours })
    }

    /// A line through all places, `width` pixels wide.
    pub(super) fn line(
        &self,
        places: &[Place],
        colour: RGBColor,
        width: f64,
    ) -> Drawn<B> {
        let fine = places.iter().copied().map(fine).collect::<Vec<_>>();
        let style = colour.stroke_width(fine_length(width).unsigned_abs().max(1));
        self.area.draw(&PathElement::new(fine, style))
    }

    pub(super) fn dot(
        &self,
        at: Place,
        radius: f64,
        colour: RGBColor,
        opacity: f64,
    ) -> Drawn<B> {
        let style = colour.mix(opacity).filled();
        self.area.draw(&Circle::new(fine(at), fine_length(radius), style))
    }

    pub(super) fn rectangle(&self, from: Place, to: Place, colour: RGBColor) -> Drawn<B> {
        self.area.draw(&Rectangle::new([fine(from), fine(to)], colour.filled()))
    }

    pub(super) fn words(&self, words: Words<'_>, at: Place, align: Align) -> Drawn<B> {
        let (pos, transform) = match align {
            Align::Left => (Pos::new(HPos::Left, VPos::Center), FontTransform::None),
            Align::Right => (Pos::new(HPos::Right, VPos::Center), FontTransform::None),
            Align::Below => (Pos::new(HPos::Center, VPos::Top), FontTransform::None),
            Align::Upright => {
                (Pos::new(HPos::Center, VPos::Center), FontTransform::Rotate270)
            }
        };
        let style = words.style().transform(transform).pos(pos);
        self.area.draw(&Text::new(words.text, fine(at), style))
    }

    /// How wide words are; in a font that is not known, how wide they are at most.
    pub(super) fn width(&self, words: Words<'_>) -> Result<f64, Failure<B>> {
        let (width, _) = self.area.estimate_text_size(words.text, &words.style())?;
        // DejaVu and Verdana are that much wider than what was measured, and others are not.
        let wider = if self.font_is_ours { 1.0 } else { 1.25 };
        Ok(wider * f64::from(width) / f64::from(FINER))
    }
}

/// A place in the pixels that are drawn.
fn fine((x, y): Place) -> (i32, i32) {
    (fine_length(x), fine_length(y))
}

#[allow(clippy::cast_possible_truncation, reason = "a page is some thousand pixels wide")]
fn fine_length(length: f64) -> i32 {
    (length * f64::from(FINER)).round() as i32
}
