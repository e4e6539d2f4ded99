//! What came back, understood: an answer, or the error that says what is known.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};

use super::address;
use super::error::{Error, Kind, Report};
use super::retry::{self, Call, Outcome};
use super::secret::Scrubber;
use super::transport::Outgoing;
use super::words::{self, Shape};

/// The longest answer that is read. Documented ones are under 2 kB; this keeps a stray download out of memory.
pub(super) const MAX_BODY: usize = 1 << 20;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A 2xx answer, read to its end.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) report: Report,
    scrubber: Scrubber,
}

/// What came back before the body.
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// Why an attempt has no whole answer.
pub(super) enum Broken {
    Http(reqwest::Error),
    TooLong,
    Timeout,
    Deadline,
    Interrupted,
}

impl Answer {
    /// The error of a success that cannot be used; `why` is ours, the body's own words follow it.
    pub(super) fn garbled(mut self, why: &str) -> Error {
        let said = words::read(&self.body, &self.scrubber);
        self.report.shape = said.shape;
        self.report.words = Some(words::tidy(&match said.words {
            Some(words) => format!("{why}: {words}"),
            None => why.to_owned(),
        }));
        let outcome = self.outcome();
        self.report.into_error(Kind::Malformed, outcome)
    }

    /// The error of a token answer without a token. Its body may hold one in a place unknown: none of it is shown.
    pub(super) fn tokenless(mut self) -> Error {
        self.report.words = Some("the answer has no access_token".to_owned());
        let outcome = self.outcome();
        self.report.into_error(Kind::Token, outcome)
    }

    /// Whether the body is white space or JSON `null`, or the status says that there is none.
    pub(super) fn is_nothing(&self) -> bool {
        self.status == 204 || matches!(words::shape_of(&self.body), Shape::Empty | Shape::Null)
    }

    /// What the answer's `Retry-After` asks for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.report.retry_after
    }

    fn outcome(&self) -> Outcome {
        Outcome::Answered { status: self.status, gateway_code: false }
    }
}

/// From what came back to the answer, or to the error that says what is known.
pub(super) fn understand(
    outgoing: &Outgoing,
    mut report: Report,
    head: Option<Head>,
    body: Result<Vec<u8>, Broken>,
) -> Result<Answer, Error> {
    let scrubber = &outgoing.scrubber;
    if let Some(head) = &head {
        report.status = Some(head.status.as_u16());
        report.request_id = header(head, &REQUEST_ID).map(|id| words::scrubbed(id, scrubber));
        report.retry_after = header(head, &RETRY_AFTER).and_then(|value| {
            // The server's own clock, where it tells: ours may be off.
            let date = header(head, &DATE).and_then(|date| httpdate::parse_http_date(&date).ok());
            retry::retry_after(&value, date.unwrap_or_else(SystemTime::now))
        });
    }
    let (head, body) = match (head, body) {
        (Some(head), Ok(body)) => (head, body),
        // A refusal is one even if its text did not arrive: a submission learns more from it than from the cut.
        (Some(head), Err(_)) if outgoing.call == Call::Submit && !head.status.is_success() => {
            (head, Vec::new())
        }
        (_, Err(broken)) => return Err(broken_off(broken, report, scrubber)),
        // The client gives no body without a head.
        (None, Ok(_)) => return Err(report.into_error(Kind::Other, Outcome::Lost)),
    };
    let status = head.status.as_u16();
    if head.status.is_success() {
        return Ok(Answer { status, body, report, scrubber: scrubber.clone() });
    }
    let said = words::read(&body, scrubber);
    report.shape = said.shape;
    report.error_code = said.error_code;
    report.words = said.words;
    let kind = Kind::of_status(outgoing.call, status);
    if kind == Kind::Redirect {
        let target = header(&head, &LOCATION)
            .and_then(|location| address::origin_of(&location, &outgoing.url));
        report.words =
            target.map(|target| words::scrubbed(format!("it points to {target}"), scrubber));
    }
    let gateway_code = said.by_gateway;
    Err(report.into_error(kind, Outcome::Answered { status, gateway_code }))
}

fn broken_off(broken: Broken, mut report: Report, scrubber: &Scrubber) -> Error {
    match broken {
        Broken::Timeout => report.into_error(Kind::Timeout, Outcome::Lost),
        Broken::Deadline => report.into_error(Kind::Deadline, Outcome::Ended { sent: true }),
        Broken::Interrupted => report.into_error(Kind::Interrupted, Outcome::Ended { sent: true }),
        Broken::TooLong => {
            report.words = Some(format!("it is longer than {MAX_BODY} bytes"));
            // Not worth another try: the next one would be as long.
            report.into_error(Kind::Malformed, Outcome::Ended { sent: true })
        }
        Broken::Http(error) => {
            let error = error.without_url();
            report.words =
                Some(words::scrubbed(chain(&error), scrubber)).filter(|words| !words.is_empty());
            let (kind, outcome) = fault(&error);
            report.into_error(kind, outcome)
        }
    }
}

/// What a failure of the HTTP client means.
fn fault(error: &reqwest::Error) -> (Kind, Outcome) {
    if error.is_builder() {
        return (Kind::Other, Outcome::NeverSent { lasting: true });
    }
    if !error.is_connect() {
        return (Kind::ConnectionLost, Outcome::Lost);
    }
    match tls_fault(error) {
        // The peer's alert may be one bad server of many; what we ourselves refuse, we refuse again.
        Some(rustls::Error::AlertReceived(_)) => (Kind::Tls, Outcome::NeverSent { lasting: false }),
        Some(_) => (Kind::Tls, Outcome::NeverSent { lasting: true }),
        None => (Kind::Connect, Outcome::NeverSent { lasting: false }),
    }
}

fn tls_fault(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An io::Error's source is its inner error's source: the inner one has to be asked for.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The texts of an error's sources, outermost first. The error's own is left out ("error sending request" says nothing),
/// unless it has none; so are those that only name a layer of the client ("client error (Connect)", "connection error") and
/// have a source that says more, and one that repeats the text before it.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let text = source.to_string();
        next = source.source();
        let names_a_layer = text.starts_with("client error (") || text == "connection error";
        let repeats = parts.last().is_some_and(|last| last.contains(&text));
        let says_less = names_a_layer && next.is_some();
        if !repeats && !says_less {
            parts.push(text);
        }
    }
    match parts.is_empty() {
        true => error.to_string(),
        false => parts.join(": "),
    }
}

fn header(head: &Head, name: &HeaderName) -> Option<String> {
    let value = head.headers.get(name)?.as_bytes();
    Some(String::from_utf8_lossy(value).into_owned()).filter(|value| !value.trim().is_empty())
}
