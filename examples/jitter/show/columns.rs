//! [`Columns`]: a table whose columns are as wide as they must be.

use std::io::{self, Write};

/// Rows of text, the first of them headings. The first column is flush left, figures flush right.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<Vec<String>>);

impl Columns {
    pub(super) fn with_headings(headings: &[&str]) -> Self {
        Self(vec![headings.iter().map(|heading| (*heading).to_owned()).collect()])
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Self(rows) = self;
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..count).map(width).collect();
        for row in rows {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(out, "{cell:<width$}")?,
                    _ => write!(out, "  {cell:>width$}")?,
                }
            }
            writeln!(out)?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut columns = Columns::with_headings(&["mode", "µs"]);
        columns.row(["a".into(), "12345".into()]);
        columns.row(["longer".into(), "1".into()]);
        let mut out = Vec::new();
        columns.print(&mut out).unwrap();
        let expected = "mode       µs\na       12345\nlonger      1\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
