//! What is written to files says what the table says, and other programs can read it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::program::measure;
use super::table::rows;

/// A file in the system's folder for such, removed when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("jitter-test-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn count(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("no count {name} in {value}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no list {name} in {value}"))
}

#[test]
fn the_json_agrees_with_the_table() {
    let file = Scratch::new("figures.json");
    // What is there already is replaced, all of it.
    fs::write(&file.0, "x".repeat(1_000_000)).unwrap();
    let args =
        ["--duration", "300ms", "--against", "sleep", "--seed", "7", "--load", "--json"];
    let ended = measure(&[&args[..], &[&file.path()]].concat());

    let json: Value = serde_json::from_slice(&fs::read(&file.0).unwrap()).unwrap();
    assert_eq!(count(&json["configuration"], "period_ns"), 1_000_000);
    assert_eq!(count(&json["configuration"], "duration_ns"), 300_000_000);
    assert_eq!(count(&json["configuration"], "seed"), 7);
    assert_eq!(json["configuration"]["load"], true);
    assert_eq!(json["interrupted"], false);
    let rows = rows(&ended);
    assert_eq!(list(&json, "modes").len(), rows.len());
    for (mode, row) in list(&json, "modes").iter().zip(&rows) {
        assert_eq!(mode["mode"], row.mode.as_str());
        assert_eq!(count(mode, "fires"), row.fires);
        assert_eq!((count(mode, "early"), row.early), (0, 0));
        assert_eq!(Some(count(mode, "missed")), row.missed);
        assert!(count(mode, "echoed_lines") > 0, "{mode}");
        assert_adds_up(mode);
        let most = mode["lateness_ns"]["max"].as_f64().unwrap() / 1e3;
        let printed = row.lateness.last().copied().flatten().unwrap();
        // The table rounds to three digits or to the microsecond.
        assert!((most - printed).abs() <= 0.5 + most * 0.01, "{most} and {printed}");
    }
}

/// The histogram has every fire, and so has the list of counts; quantiles come in order.
fn assert_adds_up(mode: &Value) {
    let fires = count(mode, "fires");
    let buckets = list(mode, "histogram");
    assert_eq!(buckets.iter().map(|bucket| count(bucket, "count")).sum::<u64>(), fires);
    for pair in buckets.windows(2) {
        assert_eq!(count(&pair[0], "to_ns"), count(&pair[1], "above_ns"), "{mode}");
    }
    let counts = list(mode, "counts").iter().map(|pair| pair[1].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), fires);
    let quantiles = ["p10", "p50", "p90", "p99", "p99_9", "p99_99", "p99_999", "max"];
    let quantiles = quantiles.map(|name| count(&mode["lateness_ns"], name));
    assert!(quantiles.is_sorted(), "{mode}");
    if let Some(reactor) = mode["reactor"].as_object() {
        let causes = &reactor["lateness_ns"];
        let most =
            ["kernel", "handlers", "budget"].map(|cause| count(&causes[cause], "max"));
        // Their own digits are two.
        assert!(
            most.iter().all(|part| *part <= quantiles[7] + quantiles[7] / 50 + 1),
            "{mode}"
        );
    }
}

#[test]
fn the_svg_is_well_formed_and_says_what_it_shows() {
    let file = Scratch::new("picture.svg");
    let args = ["--duration", "300ms", "--against", "timerfd,sleep", "--plot"];
    measure(&[&args[..], &[&file.path()]].concat());

    let svg = fs::read_to_string(&file.0).unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert_well_formed(&svg);
    let labels = [
        "How late timers fire",
        "ticks every 1 ms",
        "millis",
        "exact",
        "spin:200us",
        "sleep",
        "seconds since the start",
        "late by",
        "share of fires",
        "µs",
        " ms",
        "50 %",
        "99 %",
        "p99.9",
    ];
    for label in labels {
        assert!(svg.contains(label), "{label} is not in the picture");
    }
    for foreign in ["href", "url(", "<style", "<script", "NaN", "inf"] {
        assert!(!svg.contains(foreign), "{foreign} is in the picture");
    }
}

/// Every element is closed, in its order, and every attribute has its quotes.
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for piece in xml.split('<').skip(1) {
        let (tag, text) =
            piece.split_once('>').unwrap_or_else(|| panic!("no > after <{piece}"));
        assert!(!text.contains('>'), "{piece}");
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{name}>"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split_whitespace().next().expect("a name")),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn the_png_is_one_and_a_picture_needs_few_fires() {
    let file = Scratch::new("picture.PNG");
    let args = ["--random", "1ms..2ms", "--duration", "20ms", "--precision", "exact"];
    measure(&[&args[..], &["--plot", &file.path()]].concat());

    let png = fs::read(&file.0).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"));
    assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (1_800, 1_350));
    assert!(png.len() > 10_000, "{} bytes for a picture", png.len());
}
