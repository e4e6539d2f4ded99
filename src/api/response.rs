//! A request as it goes out, and what came back, understood: a response, or the error that says
//! what is known.

use std::time::SystemTime;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use url::Url;

use super::error::{Call, Delivery, Error, Failure, Kind};
use super::error_body::{self, ErrorBody, Shape};
use super::secret::Scrubber;
use super::tls_fault::{self, TlsFault};
use super::{address, body, retry_after};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request, as often as it may be sent.
pub(super) struct Request {
    pub(super) call: Call,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What must not show in its errors.
    pub(super) scrubber: Scrubber,
}

/// A 2xx response, read to its end.
pub(super) struct Response {
    pub(super) body: Vec<u8>,
    /// What an error of it would begin with.
    pub(super) report: Failure,
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
    /// The error of a success that cannot be used; `why` is ours, the body's own message follows
    /// it.
    pub(super) fn malformed(mut self, why: &str) -> Error {
        let said = error_body::read(&self.body, &self.scrubber);
        self.report.shape = said.shape;
        self.report.message = Some(error_body::tidy(&match said.message {
            Some(message) => format!("{why}: {message}"),
            None => why.to_owned(),
        }));
        self.report.into_error(Kind::Malformed, Delivery::Unknown)
    }

    /// The error of a token response without a token: a refusal, if it says so. Nothing else of its
    /// body is shown, which may hold a token in a place unknown.
    pub(super) fn tokenless(mut self) -> Error {
        let refusal = error_body::of_ims(&self.body, &self.scrubber);
        let kind = if refusal.is_some() { Kind::Token } else { Kind::Malformed };
        self.report.message =
            refusal.or_else(|| Some("the response has no access_token".to_owned()));
        self.report.into_error(kind, Delivery::Unknown)
    }

    /// Whether the body is white space or JSON `null`, or the status says that there is none.
    pub(super) fn is_nothing(&self) -> bool {
        self.report.status == Some(204)
            || matches!(error_body::shape_of(&self.body), Shape::Empty | Shape::Null)
    }
}

/// From what came back to the response, or to the error that says what is known.
pub(super) fn understand(
    request: &Request,
    mut report: Failure,
    head: Option<Head>,
    body: Result<Vec<u8>, AttemptError>,
) -> Result<Response, Error> {
    let scrubbed = |text| error_body::scrubbed(text, &request.scrubber);
    if let Some(head) = &head {
        report.status = Some(head.status.as_u16());
        report.request_id = head.get(&REQUEST_ID).map(scrubbed);
        report.challenge = head.get(&WWW_AUTHENTICATE).map(scrubbed);
        report.retry_after = head.get(&RETRY_AFTER).and_then(|value| {
            retry_after::parse(&value, head.get(&DATE).as_deref(), SystemTime::now())
        });
    }
    let (head, body) = match (head, body) {
        (Some(head), Ok(raw)) => {
            let body = body::decode(&head.headers, raw);
            (head, body)
        }
        (Some(head), Err(AttemptError::TooLong)) => (head, Err(body::too_long())),
        // A refusal is one even if its text did not arrive: a submission learns more from it than
        // from the cut.
        (Some(head), Err(_)) if request.call == Call::Submit && !head.status.is_success() => {
            (head, Ok(Vec::new()))
        }
        (_, Err(broken)) => return Err(broken_off(broken, report, scrubbed)),
        // The client gives no body without a head.
        (None, Ok(_)) => return Err(report.into_error(Kind::Other, Delivery::Unknown)),
    };
    let said = match body {
        Ok(body) if head.status.is_success() => {
            return Ok(Response { body, report, scrubber: request.scrubber.clone() });
        }
        Ok(body) => error_body::read(&body, &request.scrubber),
        Err(why) => ErrorBody::unreadable(scrubbed(why)),
    };
    let status = head.status.as_u16();
    let kind = Kind::of_status(request.call, status);
    report.shape = said.shape;
    report.error_code = said.error_code;
    report.message = match kind {
        Kind::Redirect => head
            .get(&LOCATION)
            .and_then(|location| address::origin_of(&location, &request.url))
            .map(|target| scrubbed(format!("it points to {target}"))),
        _ => said.message,
    };
    Err(report.into_error(kind, Delivery::of_status(status, said.by_gateway)))
}

fn broken_off(
    broken: AttemptError,
    mut report: Failure,
    scrubbed: impl Fn(String) -> String,
) -> Error {
    let error = match broken {
        AttemptError::Timeout => return report.into_error(Kind::Timeout, Delivery::Unknown),
        AttemptError::Deadline => return report.into_error(Kind::Deadline, Delivery::Unknown),
        AttemptError::Interrupted => {
            return report.into_error(Kind::Interrupted, Delivery::Unknown);
        }
        // A body without a head is not.
        AttemptError::TooLong => return report.into_error(Kind::Other, Delivery::Unknown),
        AttemptError::Http(error) => error.without_url(),
    };
    let why = match report.refusal {
        Some(refusal) => refusal.to_string(),
        None => {
            tls_fault::cause(&error).and_then(tls_fault::message).unwrap_or_else(|| chain(&error))
        }
    };
    report.message = Some(scrubbed(why)).filter(|why| !why.is_empty());
    let kind = kind_of(&error);
    let delivery = match kind {
        Kind::ConnectionLost => Delivery::Unknown,
        _ => Delivery::NeverSent,
    };
    report.into_error(kind, delivery)
}

/// What a failure of the HTTP client means. All but a lost connection never left.
fn kind_of(error: &reqwest::Error) -> Kind {
    match tls_fault::cause(error).map(TlsFault::of) {
        _ if error.is_builder() => Kind::Other,
        // A TLS 1.3 client is through with its handshake before the server misses its certificate.
        Some(fault @ TlsFault::ClientCertificate) => Kind::Tls(fault),
        _ if !error.is_connect() => Kind::ConnectionLost,
        Some(fault) => Kind::Tls(fault),
        None if error.is_dns() => Kind::Unresolved,
        // Repeating a wrong password locks accounts. The client keeps the type of this error to
        // itself.
        None if chain(error).ends_with("proxy authorization required") => Kind::ProxyCredentials,
        None => Kind::Connect,
    }
}

/// Whether a proxy responded with something else than a tunnel. The client keeps the type of this
/// error to itself.
pub(super) fn is_refused_tunnel(error: &reqwest::Error) -> bool {
    error.is_connect() && chain(error).ends_with("tunnel error: unsuccessful")
}

/// The texts of an error's sources, outermost first. The error's own is left out ("error sending
/// request" says nothing), unless it has none; so are those that only name a layer of the client
/// ("client error (Connect)", "connection error") and have a source that says more, and one that
/// repeats the text before it.
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
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}

impl Head {
    fn get(&self, name: &HeaderName) -> Option<String> {
        let value = String::from_utf8_lossy(self.headers.get(name)?.as_bytes());
        (!value.trim().is_empty()).then(|| value.into_owned())
    }
}
