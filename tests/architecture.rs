//! The rooms of `src` and who may use whom, checked against the sources themselves.
//!
//! Every path that begins with `crate::` is an edge from the room it stands in to the room it
//! names; an edge that is not in the table fails, and so does a room that is not. Comments are
//! excepted (they may point anywhere). Nobody climbs out of a room with `super`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const TIMER_CORE: [&str; 6] =
    ["time", "arena", "stats", "wheel", "common_timeout", "timers"];

/// The rooms, floor by floor, and what each may use.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let reactor = TIMER_CORE.to_vec();
    let net = [reactor.clone(), vec!["buffer", "reactor"]].concat();
    BTreeMap::from([
        ("time", vec![]),
        ("buffer", vec![]),
        ("stats", vec![]),
        ("arena", vec!["time"]),
        ("wheel", vec!["time", "arena"]),
        ("common_timeout", vec!["time", "arena"]),
        ("timers", vec!["time", "arena", "wheel", "common_timeout"]),
        ("model", vec!["time", "arena", "common_timeout"]),
        ("reactor", reactor),
        ("net", net),
    ])
}

/// No file is longer than this, its tests not counted.
const MOST_LINES: usize = 500;

/// Files that are to be split, and how long they are at most until then.
const TO_SPLIT: [(&str, usize); 0] = [];

fn sources_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources_under(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every file of `src`, by its path from there: `wheel/ring.rs`.
fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources_under(&src, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(&src).unwrap().to_owned(), text)
        })
        .collect()
}

/// The room that a file belongs to; the crate's root is in none.
fn room_of(file: &Path) -> Option<String> {
    let mut parts = file.iter();
    let (first, rest) = (parts.next()?, parts.next());
    rest.map(|_| first.to_string_lossy().into_owned())
}

/// The text without comments.
fn code_of(text: &str) -> String {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or("").to_owned() + "\n")
        .collect()
}

/// The names that stand directly behind `crate::`, those in braces included.
fn named_by_crate_paths(code: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let first_name =
        |part: &str| part.trim_start().chars().take_while(|c| is_name(*c)).collect();
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| is_name(c) || c == '$') {
            continue;
        }
        let path = &code[at + "crate::".len()..];
        let Some(group) = path.trim_start().strip_prefix('{') else {
            names.push(first_name(path));
            continue;
        };
        let (mut depth, mut part) = (0, String::new());
        for c in group.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => names.push(first_name(&std::mem::take(&mut part))),
                _ => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    part.push(c);
                }
            }
        }
        if !part.trim().is_empty() {
            names.push(first_name(&part));
        }
    }
    names
}

/// Whether a path climbs out of the room it stands in: in `mod.rs` one `super` does, below two.
fn climbs_out(file: &Path, code: &str) -> bool {
    let tests = code.find("#[cfg(test)]").unwrap_or(code.len());
    let depth = file.iter().count() - 1;
    let above = if file.ends_with("mod.rs") { depth } else { depth + 1 };
    code[..tests].contains(&"super::".repeat(above))
}

#[test]
fn every_edge_runs_down_and_is_in_the_table() {
    let table = table();
    let mut wrong = Vec::new();
    let mut edges = BTreeMap::new();
    for (file, text) in sources() {
        let Some(room) = room_of(&file) else { continue };
        let shown = file.display();
        let Some(may_use) = table.get(room.as_str()) else {
            wrong.push(format!("{shown}: the room `{room}` is not in the table"));
            continue;
        };
        let code = code_of(&text);
        for name in named_by_crate_paths(&code) {
            if name != room && !may_use.contains(&name.as_str()) {
                wrong.push(format!("{shown}: `{room}` may not use `crate::{name}`"));
            }
            *edges.entry((room.clone(), name)).or_insert(0) += 1;
        }
        if climbs_out(&file, &code) {
            wrong.push(format!("{shown}: leaves its room with `super`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The reading itself works: edges that are known to be there were seen.
    for (room, used) in [("arena", "time"), ("timers", "wheel"), ("timers", "arena")] {
        assert!(edges.contains_key(&(room.to_owned(), used.to_owned())), "{room} {used}");
    }
}

/// A table with a circle in it would allow anything: below is below.
#[test]
fn the_table_has_no_circle() {
    fn height(room: &str, table: &BTreeMap<&str, Vec<&str>>, above: &[&str]) -> usize {
        assert!(!above.contains(&room), "{room} uses itself through {above:?}");
        let above = [above, &[room]].concat();
        let below = table[room].iter().map(|below| height(below, table, &above));
        below.max().map_or(0, |height| height + 1)
    }
    let table = table();
    let floors: BTreeMap<_, _> =
        table.keys().map(|room| (*room, height(room, &table, &[]))).collect();
    assert_eq!((floors["time"], floors["buffer"], floors["stats"]), (0, 0, 0));
    assert!(floors["net"] > floors["reactor"] && floors["reactor"] > floors["timers"]);
}

#[test]
fn paths_are_read_as_they_are_meant() {
    let code = code_of(
        "use crate::time::Instant; // not crate::net\n\
         /// Nor [`Reactor`](crate::reactor::Reactor).\n\
         pub(crate) use crate::{arena::{Arena, NIL}, wheel};\n\
         fn f() -> crate::timers::TimerKey { mycrate::net() }\n",
    );
    assert_eq!(named_by_crate_paths(&code), ["time", "arena", "wheel", "timers"]);
    let room = |file: &str| room_of(Path::new(file));
    assert_eq!(room("wheel/ring.rs").as_deref(), Some("wheel"));
    assert_eq!(room("lib.rs"), None);
    assert!(climbs_out(Path::new("wheel/mod.rs"), "use super::time;"));
    assert!(!climbs_out(Path::new("wheel/ring.rs"), "use super::slot;"));
    assert!(climbs_out(Path::new("wheel/ring.rs"), "use super::super::time;"));
}

#[test]
fn no_file_is_longer_than_it_should_be() {
    let mut wrong = Vec::new();
    let mut to_split = BTreeMap::from(TO_SPLIT);
    for (file, text) in sources() {
        let shown = file.display().to_string();
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        let most = match to_split.remove(shown.as_str()) {
            Some(_) if lines <= MOST_LINES => {
                wrong.push(format!("{shown} has been split: take it off the list"));
                MOST_LINES
            }
            most => most.unwrap_or(MOST_LINES),
        };
        if lines > most {
            wrong.push(format!("{shown} has {lines} lines, not {most} at most"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(to_split.is_empty(), "no such files: {to_split:?}");
}
