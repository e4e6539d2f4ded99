//! The one error type of this layer: a coarse kind to act on, and the API's own message to show.

use std::time::Duration;

use super::CONFIG;
use super::error_body::{self, Shape};
use super::refusal::Refusal;
use super::retry::{self, Again, Call, Delivery, Outcome};

/// What went wrong, as coarsely as a caller can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The status call answered 404 with a service's JSON object: the configuration does not exist.
    NoSuchConfiguration,
    /// 401: the token is not accepted, a renewed one included.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 409.
    Conflict,
    /// 400 or 422.
    BadRequest,
    /// A 404 that says nothing about the configuration: the gateway's, a proxy's, or of another call.
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

/// Why a TLS session failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsFault {
    /// The certificate's issuer is not trusted: the only one that another root certificate helps against.
    UnknownIssuer,
    /// The server's certificate is a CA's own.
    AuthorityAsServer,
    /// The certificate is for other names, or the server knows no such name.
    WrongName,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not begun.
    NotYetValid,
    /// No TLS version or cipher in common.
    NothingInCommon,
    /// The server demands a certificate of the client.
    ClientCertificate,
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` give no root to trust.
    NoRoots,
    /// The other side speaks something else than TLS.
    NotTls,
    /// Anything else.
    Other,
}

impl Kind {
    pub(super) fn of_status(call: Call, status: u16) -> Self {
        match status {
            300..=399 => Self::Redirect,
            408 => Self::Timeout,
            429 => Self::Throttled,
            500..=599 => Self::Unavailable,
            400..=499 if call == Call::Mint => Self::Token,
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
    pub(super) fn phrase(self, has_status: bool) -> Option<&'static str> {
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

/// Why a call failed. Holds no secret: every text in it was scrubbed of the credentials that were in use.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.0.line())]
pub struct Error(pub(super) Box<Report>);

/// The fields of an [`Error`], boxed to keep results small.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) kind: Kind,
    pub(super) outcome: Outcome,
    pub(super) delivery: Delivery,
    pub(super) status: Option<u16>,
    pub(super) shape: Shape,
    pub(super) error_code: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) words: Option<String>,
    pub(super) retry_after: Option<Duration>,
    /// `WWW-Authenticate`
    pub(super) challenge: Option<String>,
    pub(super) method: Option<&'static str>,
    pub(super) url: Option<String>,
    /// The proxy of the request, and the variable that names it.
    pub(super) proxy: Option<String>,
    /// What the proxy said in the place of a tunnel.
    pub(super) refusal: Option<Refusal>,
    /// The variable that had it sent without one.
    pub(super) excepted: Option<&'static str>,
    pub(super) attempts: u32,
    pub(super) at_ims: bool,
    pub(super) minted: bool,
}

impl Report {
    /// A report of nothing but a request: where it went, and which attempt it is.
    pub(super) fn of_request(call: Call, url: &url::Url, attempts: u32) -> Self {
        Self {
            method: Some(match call {
                Call::Read => "GET",
                Call::Submit | Call::Mint => "POST",
            }),
            url: Some(url.to_string()),
            attempts,
            at_ims: call == Call::Mint,
            ..Self::of_nothing()
        }
    }

    fn of_nothing() -> Self {
        Self {
            kind: Kind::Other,
            outcome: Outcome::Ended { sent: false },
            delivery: Delivery::NeverSent,
            status: None,
            shape: Shape::Empty,
            error_code: None,
            request_id: None,
            words: None,
            retry_after: None,
            challenge: None,
            method: None,
            url: None,
            proxy: None,
            refusal: None,
            excepted: None,
            attempts: 0,
            at_ims: false,
            minted: false,
        }
    }

    /// The error of this kind and outcome; what is known about delivery follows from the outcome.
    pub(super) fn into_error(mut self, kind: Kind, outcome: Outcome) -> Error {
        self.kind = kind;
        self.outcome = outcome;
        self.delivery = retry::delivery(outcome);
        Error(Box::new(self))
    }

    fn line(&self) -> String {
        let mut line = String::new();
        if let (Some(method), Some(url)) = (self.method, &self.url) {
            line = format!("{method} {url}: ");
        }
        line += &self.story();
        if self.attempts > 1 {
            line += &format!(", after {} attempts", self.attempts);
        }
        line
    }

    /// What happened, without saying to which request and how often.
    fn story(&self) -> String {
        let mut facts = Vec::new();
        if let Some(status) = self.status {
            facts.push(format!("HTTP {status}"));
        }
        if let Some(code) = &self.error_code {
            facts.push(format!("error_code {code}"));
        }
        if let Some(phrase) = self.kind.phrase(self.status.is_some()) {
            facts.push(match self.proxy.as_ref().filter(|_| self.kind.is_of_the_way()) {
                Some(proxy) => format!("{phrase} through the proxy {proxy}"),
                None => phrase.to_owned(),
            });
        }
        let mut story = facts.join(", ");
        if let Some(words) = self.message() {
            let separator = if story.is_empty() { "" } else { ": " };
            story = format!("{story}{separator}{words}");
        }
        if let Some(id) = &self.request_id {
            story = format!("{story} (x-request-id: {id})");
        }
        story
    }

    /// The words, without a repetition of the status: pages like to be called "404 Not Found".
    fn message(&self) -> Option<&str> {
        let words = self.words.as_deref()?;
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let rest = words
            .strip_prefix(&status)
            .filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
            .unwrap_or(words)
            .trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == ':');
        (!rest.is_empty()).then_some(rest)
    }
}

impl Error {
    /// Settings that cannot work. `words` names the setting.
    pub(super) fn setup(words: String) -> Self {
        let mut report = Report::of_nothing();
        report.words = Some(words);
        report.into_error(Kind::Setup, Outcome::NeverSent { again: Again::Never })
    }

    /// Any error of this kind, for the tests of loops.
    #[cfg(test)]
    pub(crate) fn of_kind(kind: Kind) -> Self {
        Report::of_nothing().into_error(kind, Outcome::Lost)
    }

    /// What to act on.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The HTTP status, where there was a response.
    pub fn http_status(&self) -> Option<u16> {
        self.0.status
    }

    /// The gateway's `error_code` (a service's `errorCode` where there is none), whether it was a number or a string.
    pub fn error_code(&self) -> Option<&str> {
        self.0.error_code.as_deref()
    }

    /// The response's `x-request-id`: what Adobe's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The API's own message, or that of the failing connection: scrubbed of every secret, without control characters, a
    /// page of HTML reduced to its title, at most 600 characters.
    pub fn words(&self) -> Option<&str> {
        self.0.words.as_deref()
    }

    /// Whether the response itself says something: the words are not ours, and no mere repetition of its status.
    pub fn has_message(&self) -> bool {
        self.0.shape != Shape::Unreadable && self.0.message().is_some()
    }

    /// Whether the request asked for one configuration.
    pub fn is_of_configuration(&self) -> bool {
        self.url().is_some_and(|url| url.contains(&format!("{CONFIG}/")))
    }

    /// What the response's `Retry-After` asks for, counted from its arrival.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Where the request went; no user info and no secret is ever in it. `None` for settings that cannot work.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The proxy that the request went through, and the variable that names it; no user info is ever in it.
    pub fn proxy(&self) -> Option<&str> {
        self.0.proxy.as_deref()
    }

    /// What the proxy said in the place of a tunnel.
    pub fn refusal(&self) -> Option<Refusal> {
        self.0.refusal
    }

    /// The variable that took the host out of what a proxy is for.
    pub fn excepted(&self) -> Option<&'static str> {
        self.0.excepted
    }

    /// `GET` or `POST`. `None` for settings that cannot work.
    pub fn method(&self) -> Option<&str> {
        self.0.method
    }

    /// How often the request was sent, or tried to be.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the same call could succeed a little later: connection trouble, time-outs, 408, 429, 500, 502, 503, 504.
    /// The repetitions of the call itself are used up by then.
    pub fn is_transient(&self) -> bool {
        retry::is_transient(self.0.outcome)
    }

    /// Whether it failed at IMS, before the call itself was made or repeated. The kind may be any then, also
    /// [`Kind::Interrupted`] and [`Kind::Deadline`].
    pub fn is_token(&self) -> bool {
        self.0.at_ims
    }

    /// Whether the token of the request was minted with a client's credentials, and not given.
    pub fn has_minted_token(&self) -> bool {
        self.0.minted
    }

    /// What is known about a submission that failed this way.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    pub(super) fn shape(&self) -> Shape {
        self.0.shape
    }

    /// For an end by the clock or the stop token: what had happened before it, since that is mostly the reason.
    pub(super) fn after(mut self, earlier: Option<&Self>) -> Self {
        if let Some(earlier) = earlier
            && matches!(self.0.kind, Kind::Interrupted | Kind::Deadline)
            && self.0.words.is_none()
        {
            self.0.words = Some(error_body::tidy(&format!("before that: {}", earlier.0.story())));
        }
        self
    }

    /// For the failure of a request with a token.
    pub(super) fn with_token(mut self, minted: bool) -> Self {
        self.0.minted = minted;
        self
    }

    /// For a failure before the call was sent (again): what is known about delivery is what the attempt before left.
    pub(super) fn unsent(mut self, earlier: Option<&Self>) -> Self {
        self.0.delivery = earlier.map_or(Delivery::NeverSent, Self::delivery);
        self
    }
}

#[cfg(test)]
#[path = "tests/error.rs"]
mod tests;
