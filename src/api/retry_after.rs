//! `Retry-After`, read. Pure, and without any other part of the provider.

use std::time::{Duration, SystemTime};

/// A year: past every deadline, and far from what overflows a clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The time a `Retry-After` asks for: seconds, or an HTTP date, which is measured from the
/// response's own `Date`, where that makes sense, since our clock may be off, and from `now`
/// otherwise. A date gone by asks for no time at all; what is neither is ignored.
pub(super) fn parse(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let since = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(since).unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::parse;

    #[test]
    fn both_spellings() {
        const DATE: Option<&str> = Some("Tue, 15 Nov 1994 08:12:31 GMT");
        let year = 31_536_000;
        for (case, value, date, expected) in [
            ("seconds", "120", DATE, Some(120)),
            ("white space around", " 7 ", None, Some(7)),
            ("none", "0", DATE, Some(0)),
            ("as many as there are", "18446744073709551615", DATE, Some(year)),
            ("a date", "Tue, 15 Nov 1994 08:13:01 GMT", DATE, Some(30)),
            ("a date in an old spelling", "Tuesday, 15-Nov-94 08:13:01 GMT", DATE, Some(30)),
            ("a date gone by", "Tue, 15 Nov 1994 08:00:00 GMT", DATE, Some(0)),
            ("a date far off", "Fri, 31 Dec 9999 23:59:59 GMT", DATE, Some(year)),
            ("no date of the response: our clock", "Thu, 01 Jan 1970 00:01:40 GMT", None, Some(90)),
            ("nonsense in its place", "Thu, 01 Jan 1970 00:01:40 GMT", Some("now"), Some(90)),
            ("negative", "-1", DATE, None),
            ("nonsense", "soon", DATE, None),
            ("nothing", "", DATE, None),
        ] {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10);
            assert_eq!(parse(value, date, now), expected.map(Duration::from_secs), "{case}");
        }
    }
}
