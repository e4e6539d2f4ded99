//! A request as it goes out, and what came back, understood: a response, or the error that says what is known.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};

use rustls_pki_types::UnixTime;
use url::Url;

use super::error::{Error, Kind, Report, TlsFault};
use super::error_body::{self, ErrorBody, Shape};
use super::refusal::Refusal;
use super::retry::{self, Again, Call, Outcome};
use super::secret::Scrubber;
use super::{address, body};

/// The end of the year 9999.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request, as often as it may be sent.
pub(super) struct Request {
    pub(super) call: Call,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// What must not show in its errors.
    pub(super) scrubber: Scrubber,
}

/// A 2xx response, read to its end.
pub(super) struct Response {
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

/// Why an attempt has no whole response.
pub(super) enum AttemptError {
    Http(reqwest::Error),
    TooLong,
    Timeout,
    Deadline,
    Interrupted,
}

impl Response {
    /// The error of a success that cannot be used; `why` is ours, the body's own message follows it.
    pub(super) fn malformed(mut self, why: &str) -> Error {
        let said = error_body::read(&self.body, &self.scrubber);
        self.report.shape = said.shape;
        self.report.words = Some(error_body::tidy(&match said.words {
            Some(words) => format!("{why}: {words}"),
            None => why.to_owned(),
        }));
        let outcome = self.outcome();
        self.report.into_error(Kind::Malformed, outcome)
    }

    /// The error of a token response without a token: a refusal, if it says so. Nothing else of its body is shown, which may
    /// hold a token in a place unknown.
    pub(super) fn tokenless(mut self) -> Error {
        let refusal = error_body::of_ims(&self.body, &self.scrubber);
        let kind = if refusal.is_some() { Kind::Token } else { Kind::Malformed };
        self.report.words = refusal.or_else(|| Some("the response has no access_token".to_owned()));
        let outcome = self.outcome();
        self.report.into_error(kind, outcome)
    }

    /// Whether the body is white space or JSON `null`, or the status says that there is none.
    pub(super) fn is_nothing(&self) -> bool {
        self.status == 204 || matches!(error_body::shape_of(&self.body), Shape::Empty | Shape::Null)
    }

    /// What the response's `Retry-After` asks for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.report.retry_after
    }

    fn outcome(&self) -> Outcome {
        Outcome::Answered { status: self.status, gateway_code: false }
    }
}

/// From what came back to the response, or to the error that says what is known.
pub(super) fn understand(
    request: &Request,
    mut report: Report,
    head: Option<Head>,
    body: Result<Vec<u8>, AttemptError>,
) -> Result<Response, Error> {
    let scrubber = &request.scrubber;
    if let Some(head) = &head {
        report.status = Some(head.status.as_u16());
        report.request_id = header(head, &REQUEST_ID).map(|id| error_body::scrubbed(id, scrubber));
        report.challenge =
            header(head, &WWW_AUTHENTICATE).map(|it| error_body::scrubbed(it, scrubber));
        report.retry_after = header(head, &RETRY_AFTER).and_then(|value| {
            // The server's own clock, where it tells: ours may be off.
            let date = header(head, &DATE).and_then(|date| httpdate::parse_http_date(&date).ok());
            retry::retry_after(&value, date.unwrap_or_else(SystemTime::now))
        });
    }
    let (head, body) = match (head, body) {
        (Some(head), Ok(raw)) => {
            let body = body::decode(&head.headers, raw);
            (head, body)
        }
        (Some(head), Err(AttemptError::TooLong)) => (head, Err(body::too_long())),
        // A refusal is one even if its text did not arrive: a submission learns more from it than from the cut.
        (Some(head), Err(_)) if request.call == Call::Submit && !head.status.is_success() => {
            (head, Ok(Vec::new()))
        }
        (_, Err(broken)) => return Err(broken_off(broken, report, scrubber)),
        // The client gives no body without a head.
        (None, Ok(_)) => return Err(report.into_error(Kind::Other, Outcome::Lost)),
    };
    let status = head.status.as_u16();
    let said = match body {
        Ok(body) if head.status.is_success() => {
            return Ok(Response { status, body, report, scrubber: scrubber.clone() });
        }
        Ok(body) => error_body::read(&body, scrubber),
        Err(why) => ErrorBody::unreadable(error_body::scrubbed(why, scrubber)),
    };
    report.shape = said.shape;
    report.error_code = said.error_code;
    report.words = said.words;
    let kind = match head.status.is_success() {
        true => Kind::Malformed,
        false => Kind::of_status(request.call, status),
    };
    if kind == Kind::Redirect {
        let target = header(&head, &LOCATION)
            .and_then(|location| address::origin_of(&location, &request.url));
        report.words =
            target.map(|target| error_body::scrubbed(format!("it points to {target}"), scrubber));
    }
    let gateway_code = said.by_gateway;
    Err(report.into_error(kind, Outcome::Answered { status, gateway_code }))
}

fn broken_off(broken: AttemptError, mut report: Report, scrubber: &Scrubber) -> Error {
    match broken {
        AttemptError::Timeout => report.into_error(Kind::Timeout, Outcome::Lost),
        AttemptError::Deadline => report.into_error(Kind::Deadline, Outcome::Ended { sent: true }),
        AttemptError::Interrupted => {
            report.into_error(Kind::Interrupted, Outcome::Ended { sent: true })
        }
        // A body without a head is not.
        AttemptError::TooLong => report.into_error(Kind::Other, Outcome::Lost),
        AttemptError::Http(error) => {
            let error = error.without_url();
            let why = report
                .refusal
                .map(|refusal| refusal.to_string())
                .or_else(|| tls_error(&error).and_then(tls_message))
                .unwrap_or_else(|| chain(&error));
            report.words =
                Some(error_body::scrubbed(why, scrubber)).filter(|words| !words.is_empty());
            let (kind, outcome) = fault(&error, report.refusal);
            report.into_error(kind, outcome)
        }
    }
}

/// What a failure of the HTTP client means.
fn fault(error: &reqwest::Error, refusal: Option<Refusal>) -> (Kind, Outcome) {
    let never_sent = |again| Outcome::NeverSent { again };
    if error.is_builder() {
        return (Kind::Other, never_sent(Again::Never));
    }
    let tls = tls_error(error).map(TlsFault::of);
    match tls {
        // A TLS 1.3 client is through with its handshake before the server misses its certificate.
        Some(fault @ TlsFault::ClientCertificate) => (Kind::Tls(fault), never_sent(Again::Never)),
        _ if !error.is_connect() => (Kind::ConnectionLost, Outcome::Lost),
        Some(fault) => (Kind::Tls(fault), never_sent(Again::Never)),
        None if error.is_dns() => (Kind::Unresolved, never_sent(Again::Once)),
        // Repeating a wrong password locks accounts. The client keeps the type of this error to itself.
        None if chain(error).ends_with("proxy authorization required") => {
            (Kind::ProxyCredentials, never_sent(Again::Never))
        }
        None if refusal.is_some_and(Refusal::is_final) => (Kind::Connect, never_sent(Again::Never)),
        None => (Kind::Connect, never_sent(Again::Often)),
    }
}

/// Whether a proxy answered something else than a tunnel. The client keeps the type of this error to itself.
pub(super) fn is_refused_tunnel(error: &reqwest::Error) -> bool {
    error.is_connect() && chain(error).ends_with("tunnel error: unsuccessful")
}

impl TlsFault {
    fn of(error: &rustls::Error) -> Self {
        use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error};
        match error {
            Error::InvalidCertificate(certificate) => match certificate {
                Certificate::UnknownIssuer => Self::UnknownIssuer,
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::WrongName
                }
                Certificate::Expired | Certificate::ExpiredContext { .. } => Self::Expired,
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                Certificate::Other(other)
                    if other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity) =>
                {
                    Self::AuthorityAsServer
                }
                _ => Self::Other,
            },
            Error::PeerIncompatible(_)
            | Error::AlertReceived(
                Alert::HandshakeFailure | Alert::ProtocolVersion | Alert::InsufficientSecurity,
            ) => Self::NothingInCommon,
            Error::AlertReceived(Alert::CertificateRequired) => Self::ClientCertificate,
            Error::AlertReceived(Alert::UnrecognisedName) => Self::WrongName,
            Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => Self::NotTls,
            // The verifier's own.
            Error::General(_) => Self::NoRoots,
            _ => Self::Other,
        }
    }
}

/// What rustls shows as numbers or as its own names.
fn tls_message(error: &rustls::Error) -> Option<String> {
    use rustls::CertificateError as Certificate;
    let date = |time: UnixTime| {
        // HTTP's dates end with the year 9999.
        let since = Duration::from_secs(time.as_secs()).min(LAST_DATE);
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since)
    };
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::General(why) => return Some(why.clone()),
        _ => return None,
    };
    let what = match certificate {
        Certificate::ExpiredContext { not_after, .. } => {
            format!("it was valid until {}", date(*not_after))
        }
        Certificate::NotValidYetContext { not_before, .. } => {
            format!("it is valid from {}", date(*not_before))
        }
        Certificate::Other(other) => other.0.to_string(),
        _ => return None,
    };
    Some(format!("invalid peer certificate: {what}"))
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
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
        let names_a_layer = text.starts_with("client error (")
            || matches!(text.as_str(), "connection error" | "dns error" | "error resolving DNS");
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
