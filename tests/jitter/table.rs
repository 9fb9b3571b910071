//! The table that the program prints, read back.

use super::program::Ended;

/// One line of it. `None` stands for a dash: it does not apply, or is not known.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mode: String,
    pub(crate) fires: u64,
    /// p50, p90, p99, p99.9 and the most, in microseconds.
    pub(crate) lateness: Vec<Option<f64>>,
    pub(crate) early: u64,
    pub(crate) missed: Option<u64>,
    pub(crate) drift: Option<f64>,
    pub(crate) cpu: Option<f64>,
}

/// The rows below the headings.
pub(crate) fn rows(ended: &Ended) -> Vec<Row> {
    let mut lines = ended.stdout.lines().skip_while(|line| !line.starts_with("mode "));
    let headings = lines.next().unwrap_or_else(|| panic!("no table in {ended:?}"));
    let expected = "mode fires p50 p90 p99 p99.9 max early missed drift cpu";
    assert!(headings.split_whitespace().eq(expected.split(' ')), "{headings}");
    lines.take_while(|line| !line.is_empty()).map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<_> = line.split_whitespace().collect();
    assert_eq!(cells.len(), 11, "{line:?}");
    let figure = |cell: &str| match cell {
        "–" => None,
        _ => Some(cell.parse().unwrap_or_else(|_| panic!("{cell} in {line:?}"))),
    };
    let count = |cell: &str| match cell {
        "–" => None,
        _ => Some(cell.parse().unwrap_or_else(|_| panic!("{cell} in {line:?}"))),
    };
    Row {
        mode: cells[0].into(),
        fires: count(cells[1]).expect("fires are always known"),
        lateness: cells[2..7].iter().map(|cell| figure(cell)).collect(),
        early: count(cells[7]).expect("early ones are always known"),
        missed: count(cells[8]),
        drift: figure(cells[9]),
        cpu: figure(cells[10]),
    }
}

/// What holds for every row that has fired, on any machine.
pub(crate) fn assert_sound(row: &Row) {
    assert!(row.fires > 0, "{row:?}");
    assert_eq!(row.early, 0, "{row:?}");
    assert!(row.lateness.iter().all(Option::is_some), "{row:?}");
    assert!(row.lateness.is_sorted(), "{row:?}");
    assert!(row.cpu.is_none_or(|cpu| cpu >= 0.0), "{row:?}");
}
