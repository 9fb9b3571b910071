//! The command line: what is refused, in which words, before anything is measured.

use super::program::run;

/// One clear line on stderr that holds `word`, nothing on stdout, exit code 2.
fn assert_refused(args: &[&str], word: &str) {
    // Were it not refused at once, it would be for want of patience.
    let args = [args, &["--duration", "1h"]].concat();
    let ended = run(&args);
    assert_eq!(ended.status.code(), Some(2), "{args:?}: {ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("jitter: "), "{ended:?}");
    assert!(ended.stderr.contains(word), "{word:?} is not in {ended:?}");
}

#[test]
fn unknown_words_are_named() {
    assert_refused(&["--no-such-option"], "--no-such-option");
    assert_refused(&["surplus"], "surplus");
    assert_refused(&["--precision", "fast"], "fast");
    assert_refused(&["--precision", "exact,,millis"], "--precision");
    assert_refused(&["--precision", "spin:5"], "5us");
    assert_refused(&["--against", "tokio"], "tokio");
    assert_refused(&["--period"], "--period");
}

#[test]
fn durations_that_are_none_are_named() {
    let overflow = "99999999999999999999s";
    for bad in ["0", "0ms", "5", "-1ms", "soon", "", "5 parsecs", "1.5ms", overflow] {
        assert_refused(&[&format!("--period={bad}")], "--period");
    }
    assert_refused(&["--period", "5"], "5ms");
    assert_refused(&["--period", "5 parsecs"], "parsecs");
}

#[test]
fn ranges_that_are_none_are_named() {
    for bad in ["5..1", "5ms..1ms", "5ms", "..", "1ms..", "0us..1ms", "1ms..2"] {
        assert_refused(&["--random", bad], "--random");
    }
    assert_refused(&["--random", "5ms..1ms"], "begins at 5ms");
}

#[test]
fn counts_that_are_none_are_named() {
    for bad in ["0", "-1", "many", "1000001", "99999999999999999999"] {
        assert_refused(&[&format!("--timers={bad}")], "--timers");
    }
    assert_refused(&["--seed", "x"], "--seed");
}

#[test]
fn what_does_not_go_together_is_refused() {
    assert_refused(&["--period", "1ms", "--random", "1ms..2ms"], "--random");
    assert_refused(&["--period", "2h"], "2h does not fit");
    assert_refused(&["--json", "same.svg", "--plot", "same.svg"], "same file");
    let nine = "spin:1us,spin:2us,spin:3us,spin:4us,spin:5us,spin:6us,spin:7us,all";
    assert_refused(&["--precision", nine], "10 modes");
}

#[test]
fn files_that_cannot_be_written_are_named_before_the_run() {
    let missing = "no/such/folder/of/ours.json";
    assert_refused(&["--json", missing], missing);
    assert_refused(&["--plot", "no/such/folder/of/ours.svg"], "ours.svg");
    assert_refused(&["--plot", "picture.jpg"], "picture.jpg");
    assert_refused(&["--plot", "picture"], "picture");
    let folder = std::env::temp_dir();
    assert_refused(&["--json", &folder.display().to_string()], "cannot write");
}

#[test]
fn a_refused_picture_leaves_no_json_behind() {
    let json =
        std::env::temp_dir().join(format!("jitter-refused-{}.json", std::process::id()));
    let path = json.display().to_string();
    assert_refused(
        &["--json", &path, "--plot", "no/such/folder/of/ours.svg"],
        "ours.svg",
    );
    assert!(!json.exists(), "{path} was left behind");
}

#[test]
fn help_names_every_option() {
    let ended = run(&["--help"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "");
    let options = [
        "--period",
        "--random",
        "--timers",
        "--duration",
        "--precision",
        "--load",
        "--against",
        "--seed",
        "--json",
        "--plot",
        "--help",
    ];
    let words = ["millis", "exact", "spin[:MAX]", "cyclictest", "50us..5ms", "10s"];
    for word in options.iter().chain(&words) {
        assert!(ended.stdout.contains(word), "{word} is not in\n{}", ended.stdout);
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{ended:?}");
}
