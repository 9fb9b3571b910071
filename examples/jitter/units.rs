//! Durations as people write and read them.

use std::time::Duration;

/// A whole number and a unit: ns, us (or µs), ms, s, m or h.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("{text:?} is no duration, such as 333us, 1ms, 10s"));
    }
    let unit = match unit.trim_start() {
        "ns" => Duration::from_nanos(1),
        "us" | "µs" => Duration::from_micros(1),
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        "h" => Duration::from_secs(3_600),
        "" => return Err(format!("{text} has no unit: {text}us, {text}ms or {text}s?")),
        unit => {
            return Err(format!("there is no unit {unit:?}, but ns, us, ms, s, m, h"));
        }
    };
    let duration = number.parse().ok().and_then(|number| unit.checked_mul(number));
    match duration {
        None => Err(format!("{text} is far too long")),
        Some(Duration::ZERO) => Err(format!("{text} is no time at all")),
        Some(duration) => Ok(duration),
    }
}

/// A duration as it would be typed: the largest unit in which it is a whole number.
pub(crate) fn typed(duration: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
    ];
    let nanos = duration.as_nanos();
    for (unit, len) in UNITS {
        if nanos.is_multiple_of(len) {
            return format!("{}{unit}", nanos / len);
        }
    }
    format!("{nanos}ns")
}

/// Nanoseconds as a person reads them, to three digits or so: `52.1 µs`, `3 ms`.
pub(crate) fn read(nanos: u64) -> String {
    let (value, unit) = match nanos {
        0 => return "0".into(),
        1..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (float(nanos) / 1e3, "µs"),
        1_000_000..1_000_000_000 => (float(nanos) / 1e6, "ms"),
        _ => (float(nanos) / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// Nanoseconds in microseconds, for a column of figures: `0.12`, `52.1`, `1083`.
pub(crate) fn micros(nanos: u64) -> String {
    let value = float(nanos) / 1e3;
    let decimals = match nanos {
        0 => return "0".into(),
        1..9_995 => 2,
        9_995..99_950 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// A number below a thousand to three digits, without zeros that say nothing.
fn digits(value: f64) -> String {
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').into();
    }
    text
}

/// A count for arithmetic that needs fractions. What lies beyond 2^53 is rounded, and is a hundred
/// days in nanoseconds.
#[allow(clippy::cast_precision_loss, reason = "said above")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

/// A duration in nanoseconds; one of 584 years and more counts as that.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_back() {
        for text in ["1ns", "333us", "1ms", "1500us", "10s", "90s", "59m", "2h"] {
            assert_eq!(typed(parse(text).unwrap()), text);
        }
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse("1 h"), Ok(Duration::from_secs(3_600)));
        assert_eq!(parse("7µs"), parse("7us"));
    }

    #[test]
    fn nonsense_is_named() {
        let overflow = "99999999999999999999h";
        let texts =
            ["", "ms", "-1ms", "1.5ms", "5", "0", "0ms", "5 parsecs", "ms5", overflow];
        for text in texts {
            assert!(parse(text).is_err(), "{text:?} was taken");
        }
        assert!(parse("5").unwrap_err().contains("5ms"));
        assert!(parse("5 parsecs").unwrap_err().contains("parsecs"));
    }

    #[test]
    fn figures_have_three_digits() {
        let read =
            [0, 7, 999, 1_000, 52_140, 999_400, 3_000_000, 2_500_000_000].map(read);
        let expected =
            ["0", "7 ns", "999 ns", "1 µs", "52.1 µs", "999 µs", "3 ms", "2.5 s"];
        assert_eq!(read, expected);
        let micros = [0, 4, 120, 9_990, 9_996, 52_140, 99_960, 1_083_499].map(micros);
        assert_eq!(micros, ["0", "0.00", "0.12", "9.99", "10.0", "52.1", "100", "1083"]);
    }
}
