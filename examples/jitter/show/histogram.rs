//! A histogram in a terminal: a bar for each bucket, as long as its share of the fires.

use std::io::{self, Write};

use super::buckets::{self, Bucket};
use super::table::percent;
use crate::kind::Kind;
use crate::record::Record;
use crate::units;

/// The longest bar, in characters.
const WIDTH: u64 = 42;

/// A character in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

pub(super) fn print(out: &mut impl Write, kind: Kind, record: &Record) -> io::Result<()> {
    let buckets = buckets::of(record.counts());
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or(0);
    let fires = record.fires();
    if fires == 0 {
        return writeln!(out, "{kind}: nothing fired\n");
    }
    writeln!(
        out,
        "{kind}: fires {fires}, mean {:.1} µs late",
        record.mean_nanos() / 1e3
    )?;
    for Bucket { above_nanos, to_nanos, count } in buckets {
        let [above, to] = [above_nanos, to_nanos].map(units::read);
        let bar = bar(count, most);
        let line = format!("{above:>7} – {to:<7} {bar} {}", share(count, fires));
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}

/// What is written behind a bar: nothing behind none.
fn share(count: u64, fires: u64) -> String {
    if count == 0 {
        return String::new();
    }
    format!("{count}, {}", percent(count, fires))
}

/// A bar for `count` beside the longest, for `most`. Whatever is there is seen.
fn bar(count: u64, most: u64) -> String {
    if count == 0 || most == 0 {
        return String::new();
    }
    let eighths = u128::from(count) * u128::from(WIDTH * 8) / u128::from(most);
    let eighths = usize::try_from(eighths.max(1)).unwrap_or(0);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::{Plan, Workload};

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_unseen() {
        assert_eq!(bar(0, 100), "");
        assert_eq!(bar(0, 0), "");
        assert_eq!(bar(1, u64::MAX), "▏");
        assert_eq!(bar(100, 100).chars().count() as u64, WIDTH);
        assert_eq!(bar(50, 100), "█".repeat(21));
        assert_eq!(bar(3, 16), "█".repeat(7) + "▉");
        assert_eq!(bar(u64::MAX, u64::MAX).chars().count() as u64, WIDTH);
    }

    #[test]
    fn a_histogram_fits_eighty_columns() {
        let (min, max) = (Duration::from_nanos(1), Duration::from_secs(1));
        let workload = Workload::Random { min, max };
        let mut record =
            Record::new(&Plan { workload, timers: 1, duration: max, seed: 0 });
        let at = tourbillon::Instant::from_nanos;
        for nanos in [0, 150, 900_000_000, 3_500_000_000_000] {
            for _ in 0..1_234_567 {
                record.fired(at(0), at(nanos), 0);
            }
        }
        let mut out = Vec::new();
        let kind = Kind::Ours(crate::kind::Sleep::Exact);
        print(&mut out, kind, &record).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
