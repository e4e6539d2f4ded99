//! The one error type of this layer: a coarse kind to act on, what is known of delivery, and the
//! API's own message to show.

use std::ops::Deref;
use std::time::Duration;

use url::Url;

use super::CONFIG;
use super::error_body::{self, Shape};
use super::refusal::Refusal;
use super::tls_fault::TlsFault;

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A GET: repeating it changes nothing.
    Read,
    /// The POST that submits a configuration: it may take effect once at most.
    Submit,
    /// The POST for a token: it changes nothing at Adobe, so it is repeated like a read.
    Token,
}

impl Call {
    pub(super) fn method(self) -> &'static str {
        if self == Self::Read { "GET" } else { "POST" }
    }
}

/// What went wrong, as coarsely as a caller can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The status endpoint responded 404 with a service's JSON object: the configuration does not
    /// exist.
    NoSuchConfiguration,
    /// 401: the token is not accepted, a renewed one included.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 409.
    Conflict,
    /// 400 or 422.
    BadRequest,
    /// A 404 that says nothing about the configuration: the gateway's, a proxy's, or of another
    /// endpoint.
    NotFound,
    /// 429.
    Throttled,
    /// Any 5xx.
    Unavailable,
    /// No response within the request timeout, or a 408.
    Timeout,
    /// The host's name does not resolve: the proxy's, where there is one.
    Unresolved,
    /// No connection: TCP, proxy, or a connect timeout.
    Connect,
    /// The proxy wants other credentials, or some.
    ProxyCredentials,
    /// The TLS session failed before anything was processed.
    Tls(TlsFault),
    /// The connection broke after the request was sent, or the body ended early.
    ConnectionLost,
    /// A 3xx: redirects are not followed, since the request carries a token.
    Redirect,
    /// A success whose body is not what was asked for.
    Malformed,
    /// IMS refused to give a token.
    Token,
    /// The stop token fired.
    Interrupted,
    /// The caller's deadline passed.
    Deadline,
    /// The settings cannot work; nothing was sent.
    Setup,
    /// Anything else, other 4xx included.
    Other,
}

impl Kind {
    pub(super) fn of_status(call: Call, status: u16) -> Self {
        match status {
            200..=299 => Self::Malformed,
            300..=399 => Self::Redirect,
            408 => Self::Timeout,
            429 => Self::Throttled,
            500..=599 => Self::Unavailable,
            400..=499 if call == Call::Token => Self::Token,
            400 | 422 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            _ => Self::Other,
        }
    }

    /// Whether a proxy has to do with it, where there is one.
    fn is_of_the_way(self) -> bool {
        matches!(self, Self::Unresolved | Self::Connect | Self::ProxyCredentials | Self::Tls(_))
    }

    /// What the HTTP status does not already say.
    fn phrase(self, has_status: bool) -> Option<&'static str> {
        match self {
            Self::Unresolved => Some("the host name does not resolve"),
            Self::Connect => Some("no connection"),
            Self::ProxyCredentials => Some("the proxy refused the credentials (HTTP 407)"),
            Self::Tls(_) => Some("no TLS session"),
            Self::ConnectionLost => Some("the connection broke before the response was complete"),
            Self::Malformed => Some("unexpected response"),
            Self::Interrupted => Some("interrupted"),
            Self::Deadline => Some("the time for the operation is over"),
            Self::Redirect => Some("a redirect, not followed"),
            Self::Timeout if !has_status => Some("no response within the request timeout"),
            Self::Token if !has_status => Some("no token"),
            Self::Other if !has_status => Some("the request failed"),
            _ => None,
        }
    }
}

/// What is known about a request that failed. It matters for a submission, which must not be made
/// twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Not a byte of it left.
    NeverSent,
    /// The response refuses it: Adobe certainly did not take it.
    Refused,
    /// It may have been taken: look it up.
    Unknown,
}

impl Delivery {
    /// `Refused` is said only where it is certain. A 408 and a 5xx can come from something between
    /// that gave up waiting; a redirect other than 307 and 308 ("send it there instead") is
    /// also how a server responds after it did the work. A 503 with the gateway's `error_code`
    /// did not get past the gateway.
    pub(super) fn of_status(status: u16, by_gateway: bool) -> Self {
        match status {
            408 => Self::Unknown,
            307 | 308 | 400..=499 => Self::Refused,
            503 if by_gateway => Self::Refused,
            _ => Self::Unknown,
        }
    }
}

/// Why a request failed. Holds no secret: every text in it was scrubbed of the credentials that
/// were in use.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.line())]
pub struct Error(pub(super) Box<Failure>);

/// What is known of a request that failed; an [`Error`] shows it to be read.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What to act on.
    pub kind: Kind,
    /// What is known about a submission that failed this way.
    pub delivery: Delivery,
    /// The HTTP status, where there was a response.
    pub status: Option<u16>,
    /// The gateway's `error_code` (a service's `errorCode` where there is none), whether it was a
    /// number or a string.
    pub error_code: Option<String>,
    /// What the response's `Retry-After` asks for, counted from its arrival.
    pub retry_after: Option<Duration>,
    /// Where the request went; no user info and no secret is ever in it. `None` for settings that
    /// cannot work.
    pub url: Option<String>,
    /// The proxy that the request went through, and the variable that names it; no user info is
    /// ever in it.
    pub proxy: Option<String>,
    /// The variable that took the host out of what a proxy is for.
    pub excepted: Option<&'static str>,
    /// How the proxy responded instead of opening a tunnel.
    pub refusal: Option<Refusal>,
    /// It failed at IMS, before the request itself was sent (again). The kind may be any then.
    pub at_ims: bool,
    /// The token of the request was fetched with a client's credentials, and not given.
    pub fetched_token: bool,
    /// The API's own message, or that of the failing connection: without control characters, at
    /// most 600 characters.
    pub(super) message: Option<String>,
    /// `x-request-id`: what Adobe's support asks for.
    pub(super) request_id: Option<String>,
    /// What the body is.
    pub(super) shape: Shape,
    /// `WWW-Authenticate`
    pub(super) challenge: Option<String>,
    method: &'static str,
    /// How often the request was sent, or tried to be.
    pub(super) attempts: u32,
}

impl Failure {
    /// Nothing but a request: where it went, and which attempt it is.
    pub(super) fn of_request(call: Call, url: &Url, attempts: u32) -> Self {
        let at_ims = call == Call::Token;
        let url = Some(url.to_string());
        Self { method: call.method(), url, attempts, at_ims, ..Self::of_nothing() }
    }

    fn of_nothing() -> Self {
        Self {
            kind: Kind::Other,
            delivery: Delivery::NeverSent,
            status: None,
            error_code: None,
            retry_after: None,
            url: None,
            proxy: None,
            excepted: None,
            refusal: None,
            at_ims: false,
            fetched_token: false,
            message: None,
            request_id: None,
            shape: Shape::Empty,
            challenge: None,
            method: "",
            attempts: 0,
        }
    }

    pub(super) fn into_error(self, kind: Kind, delivery: Delivery) -> Error {
        Error(Box::new(Self { kind, delivery, ..self }))
    }

    /// What the HTTP status does not already say of the kind.
    pub(super) fn phrase(&self) -> Option<&'static str> {
        self.kind.phrase(self.status.is_some())
    }

    fn line(&self) -> String {
        let request = self.url.as_ref().map(|url| format!("{} {url}: ", self.method));
        let often = (self.attempts > 1).then(|| format!(", after {} attempts", self.attempts));
        request.unwrap_or_default() + &self.story() + &often.unwrap_or_default()
    }

    /// What happened, without saying to which request and how often.
    fn story(&self) -> String {
        let status = self.status.map(|status| format!("HTTP {status}"));
        let code = self.error_code.as_ref().map(|code| format!("error_code {code}"));
        let phrase = self.phrase().map(|phrase| match &self.proxy {
            Some(proxy) if self.kind.is_of_the_way() => {
                format!("{phrase} through the proxy {proxy}")
            }
            _ => phrase.to_owned(),
        });
        let facts = [status, code, phrase].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let said = self.said().unwrap_or_default();
        let separator = if facts.is_empty() || said.is_empty() { "" } else { ": " };
        let id = self.request_id.as_ref().map(|id| format!(" (x-request-id: {id})"));
        facts + separator + said + &id.unwrap_or_default()
    }

    /// The message, without a repetition of the status: pages like to be called "404 Not Found".
    fn said(&self) -> Option<&str> {
        let message = self.message.as_deref()?;
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let rest = message
            .strip_prefix(&status)
            .filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
            .unwrap_or(message)
            .trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == ':');
        (!rest.is_empty()).then_some(rest)
    }
}

impl Deref for Error {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl Error {
    /// Settings that cannot work. `message` names the setting.
    pub(super) fn setup(message: String) -> Self {
        Self::unsent(Kind::Setup, message)
    }

    /// What is not worth a request.
    pub(super) fn unsent(kind: Kind, message: String) -> Self {
        Failure { message: Some(message), ..Failure::of_nothing() }
            .into_error(kind, Delivery::NeverSent)
    }

    /// Any error of this kind, for the tests of loops.
    #[cfg(test)]
    pub(crate) fn of_kind(kind: Kind) -> Self {
        Failure::of_nothing().into_error(kind, Delivery::Unknown)
    }

    /// The error of a proxy that opened no tunnel, for the same.
    #[cfg(test)]
    pub(crate) fn of_refusal(refusal: Refusal) -> Self {
        Failure { refusal: Some(refusal), ..Failure::of_nothing() }
            .into_error(Kind::Connect, Delivery::NeverSent)
    }

    /// Whether the response itself says something: the message is not ours, and no mere repetition
    /// of its status.
    pub fn has_message(&self) -> bool {
        self.shape != Shape::Unreadable && self.said().is_some()
    }

    /// Whether the request asked for one configuration.
    pub fn is_of_configuration(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.contains(&format!("{CONFIG}/")))
    }

    /// Whether the same request could succeed a little later: connection trouble, time-outs, 408,
    /// 429, 500, 502, 503, 504. Its own repetitions are used up by then.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            Kind::Connect => !self.refusal.is_some_and(Refusal::is_final),
            Kind::Unavailable => matches!(self.status, Some(500 | 502 | 503 | 504)),
            Kind::Unresolved | Kind::Timeout | Kind::ConnectionLost | Kind::Throttled => true,
            _ => false,
        }
    }

    /// The stop token fired in the pause after this error.
    pub(super) fn interrupted(&self) -> Self {
        let Failure { url, proxy, excepted, method, attempts, at_ims, .. } =
            self.0.as_ref().clone();
        let (kind, delivery) = (Kind::Interrupted, Delivery::NeverSent);
        Failure { url, proxy, excepted, method, attempts, at_ims, ..Failure::of_nothing() }
            .into_error(kind, delivery)
            .after(Some(self))
    }

    /// The error of a request that failed likewise before. An end by the clock or the stop token
    /// says so, since that is mostly the reason; and what was not sent this time, for want of a
    /// token too, was delivered as far as the time before.
    pub(super) fn after(mut self, earlier: Option<&Self>) -> Self {
        if self.at_ims || self.delivery == Delivery::NeverSent {
            self.0.delivery = earlier.map_or(Delivery::NeverSent, |earlier| earlier.delivery);
        }
        let is_end = matches!(self.kind, Kind::Interrupted | Kind::Deadline);
        if let Some(earlier) = earlier.filter(|_| is_end && self.message.is_none()) {
            self.0.message = Some(error_body::tidy(&format!("before that: {}", earlier.story())));
        }
        self
    }
}

#[cfg(test)]
#[path = "tests/error.rs"]
mod tests;
