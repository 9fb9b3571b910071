//! Colours and letters.

use plotters::style::RGBColor;

pub(super) const FONT: &str = "sans-serif";

/// The same in an SVG, whose letters the viewer draws: what is nearest to ours, of what there is.
pub(super) const FAMILIES: &str =
    "font-family=\"Noto Sans, Open Sans, Segoe UI, Helvetica, Arial, sans-serif\"";

pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const PALE_INK: RGBColor = RGBColor(102, 102, 102);
pub(super) const GRID: RGBColor = RGBColor(225, 225, 225);
pub(super) const FAINT_GRID: RGBColor = RGBColor(242, 242, 242);

/// Okabe and Ito's colours, which people tell apart however they see colours. Their yellow is left
/// to the last but one: it is pale on paper.
pub(super) const PALETTE: [RGBColor; 8] = [
    RGBColor(230, 159, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(34, 34, 34),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(240, 228, 66),
    RGBColor(86, 180, 233),
];

/// The colour of the mode number `index`.
pub(super) const fn colour(index: usize) -> RGBColor {
    PALETTE[index % PALETTE.len()]
}
