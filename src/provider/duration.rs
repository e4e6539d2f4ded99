//! Go's duration strings (`60m`, `1h30m`, `1.5s`), the way Terraform configurations spell a time.

use std::time::Duration;

use thiserror::Error;

/// What is wrong with a duration string.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Not a sequence of numbers with units.
    #[error(
        "{0:?} is not a duration: write a number and a unit, such as \"90s\", \"60m\" or \"1h30m\""
    )]
    Form(String),
    /// Zero, negative, or beyond what a timer takes.
    #[error("{0:?} is out of range: a duration here is longer than zero and at most 8760h")]
    Range(String),
}

/// The time of a read for which no `timeouts` block says another.
pub const READ_TIMEOUT: Duration = Duration::from_mins(5);

/// A year: far past any job, and far from what overflows a timer.
const LONGEST: Duration = Duration::from_secs(8760 * 3600);

/// Reads a Go duration string: one or more numbers, each with a unit `h`, `m`, `s`, `ms`, `us`/`µs`
/// or `ns`.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let form = || DurationError::Form(text.to_owned());
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.starts_with('-') {
        return Err(DurationError::Range(text.to_owned()));
    }
    let mut seconds = 0.0_f64;
    if rest == "0" {
        return Err(DurationError::Range(text.to_owned()));
    }
    if rest.is_empty() {
        return Err(form());
    }
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(form)?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return Err(form()),
        };
        let number: f64 = number.parse().map_err(|_| form())?;
        seconds += number * scale;
        rest = tail;
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        _ => Err(DurationError::Range(text.to_owned())),
    }
}

/// Writes a duration the way a person says it: `1h 5m`, `42s`, `350ms`.
pub fn humanize(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, 0) => format!("{}ms", duration.as_millis()),
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m {s}s"),
        (h, 0, _) => format!("{h}h"),
        (h, m, _) => format!("{h}h {m}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read() {
        for (text, milliseconds) in [
            ("60m", 3_600_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1_500),
            ("300ms", 300),
            ("+2s", 2_000),
            ("1h0m0s", 3_600_000),
            ("1500us", 1),
            ("1500µs", 1),
            ("1500μs", 1),
            ("1500000ns", 1),
            ("8760h", 31_536_000_000),
        ] {
            assert_eq!(parse(text).map(|d| d.as_millis()), Ok(milliseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_named() {
        for text in ["", "60", "m", "1x", "1h 30m", "one hour", "1..5s", "."] {
            assert!(matches!(parse(text), Err(DurationError::Form(_))), "{text:?}");
        }
        for text in ["0", "0s", "-1m", "8760h1s", "9000h", "99999999999999999999h"] {
            assert!(matches!(parse(text), Err(DurationError::Range(_))), "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_told_in_two_units_at_most() {
        for (milliseconds, text) in [
            (350, "350ms"),
            (42_000, "42s"),
            (65_000, "1m 5s"),
            (120_000, "2m"),
            (3_599_000, "59m 59s"),
            (3_600_000, "1h"),
            (3_905_000, "1h 5m"),
        ] {
            assert_eq!(humanize(Duration::from_millis(milliseconds)), text);
        }
    }
}
