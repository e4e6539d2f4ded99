//! One HTTP attempt, and the call made of attempts:
//!
//! 1. the token ([`super::auth`]), renewed when it nears its end or was refused;
//! 2. the attempt, within the request timeout, the caller's deadline and the stop token;
//! 3. one log line, whatever happened;
//! 4. the answer, or the error that says what is known;
//! 5. the decision ([`super::retry`]): again after a while, again with a new token, or up to the caller.
//!
//! The HTTP client below repeats nothing by itself, except that a pooled connection found closed before the request was
//! handed to it is replaced: not a byte has left by then.

use std::path::Path;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use reqwest::header::{
    AUTHORIZATION, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

use super::Limits;
use super::address;
use super::auth::{Auth, Bearer};
use super::error::{Error, Kind, Report};
use super::retry::{self, Call, Decision, Outcome, Pace, Situation};
use super::secret::Scrubber;
use super::tls::{self, Roots};
use super::words::{self, Shape};

/// The longest answer that is read. Documented ones are under 2 kB; this keeps a stray download out of memory.
const MAX_BODY: usize = 1 << 20;

/// The longest time for a connection, TLS included. Well under the default request timeout: a time-out that is known to
/// have hit the connection is one that is known to have sent nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: through the longest wait between polls (30 s), and less than the 60 s after which
/// common load balancers drop it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How requests get out.
pub(super) struct Transport {
    api: reqwest::Client,
    ims: reqwest::Client,
    request_timeout: Duration,
    max_retries: u32,
    pace: Pace,
}

/// What a [`Transport`] is made of.
pub(super) struct Setup<'a> {
    pub(super) endpoint: &'a Url,
    /// Where tokens are minted, if they are.
    pub(super) ims_endpoint: Option<&'a Url>,
    pub(super) ca_cert_file: Option<&'a Path>,
    pub(super) user_agent: HeaderValue,
    pub(super) request_timeout: Duration,
    pub(super) max_retries: u32,
    pub(super) pace: Pace,
}

/// A request, as often as it may be sent.
pub(super) struct Outgoing {
    pub(super) call: Call,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// What must not show in its errors.
    pub(super) scrubber: Scrubber,
}

/// A 2xx answer, read to its end.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    report: Report,
    scrubber: Scrubber,
}

/// What came back before the body.
struct Head {
    status: StatusCode,
    headers: HeaderMap,
}

/// Why an attempt has no whole answer.
enum Broken {
    Http(reqwest::Error),
    TooLong,
    Timeout,
    Deadline,
    Interrupted,
}

impl Transport {
    /// # Errors
    /// `Kind::Setup` when `ca_cert_file` or the platform does not allow TLS.
    pub(super) fn new(setup: Setup<'_>) -> Result<Self, Error> {
        let targets: Vec<&Url> = std::iter::once(setup.endpoint)
            .chain(setup.ims_endpoint)
            .collect();
        let roots = match targets.iter().any(|url| url.scheme() == "https") {
            true => Roots::Platform,
            false => Roots::None,
        };
        let tls = tls::config(roots, setup.ca_cert_file)?;
        let connect_timeout = CONNECT_TIMEOUT.min(setup.request_timeout.mul_f64(0.75));
        let build = |local: bool| {
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(setup.user_agent.clone())
                // The request carries a token: it goes where the settings say, and nowhere else.
                .redirect(Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(connect_timeout)
                .pool_idle_timeout(IDLE_TIMEOUT)
                .tcp_nodelay(true);
            // A token for a local server must not go to a proxy, whatever HTTP_PROXY says.
            let builder = if local { builder.no_proxy() } else { builder };
            builder.build().map_err(|error| {
                Error::setup(format!(
                    "the HTTP client cannot be made: {}",
                    chain(&error.without_url())
                ))
            })
        };
        let local = address::is_loopback(setup.endpoint);
        let api = build(local)?;
        let ims = match setup.ims_endpoint.map(address::is_loopback) {
            Some(other) if other != local => build(other)?,
            _ => api.clone(),
        };
        Ok(Self {
            api,
            ims,
            request_timeout: setup.request_timeout,
            max_retries: setup.max_retries,
            pace: setup.pace,
        })
    }

    /// Makes an authorised call: with repetitions, and with one renewal of the token if it is refused.
    pub(super) async fn call(
        &self,
        auth: &Auth,
        mut outgoing: Outgoing,
        limits: &Limits,
    ) -> Result<Answer, Error> {
        let mut attempts = 0;
        let mut retries = 0;
        let mut refused: Option<Bearer> = None;
        let mut earlier: Option<Error> = None;
        let base = std::mem::take(&mut outgoing.scrubber);
        loop {
            let bearer = auth
                .bearer(self, refused.as_ref(), limits)
                .await
                .map_err(|error| error.unsent(earlier.as_ref()).after(earlier.as_ref()))?;
            outgoing
                .headers
                .insert(AUTHORIZATION, bearer.header.clone());
            outgoing.scrubber = base.clone();
            outgoing.scrubber.0.push(bearer.token.clone());

            attempts += 1;
            let error = match self.attempt(&outgoing, attempts, limits).await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.outcome() == (Outcome::Ended { sent: false }) => {
                    return Err(error.unsent(earlier.as_ref()).after(earlier.as_ref()));
                }
                Err(error) => error.after(earlier.as_ref()),
            };
            let renewable = auth.can_renew() && refused.is_none();
            match self.decide(&error, outgoing.call, retries, renewable, limits) {
                Decision::Stop => return Err(error),
                Decision::Renew => refused = Some(bearer),
                Decision::Retry(wait) => {
                    retries += 1;
                    self.pause(wait, &error, limits).await?;
                }
            }
            earlier = Some(error);
        }
    }

    /// What to do about `error`, with fresh jitter.
    pub(super) fn decide(
        &self,
        error: &Error,
        call: Call,
        retries: u32,
        renewable: bool,
        limits: &Limits,
    ) -> Decision {
        let situation = Situation {
            call,
            outcome: error.outcome(),
            retry_after: error.retry_after(),
            retries,
            max_retries: self.max_retries,
            left: limits.deadline.saturating_duration_since(Instant::now()),
            renewable,
        };
        retry::decide(&situation, &self.pace, fastrand::f64())
    }

    /// Waits before a repetition. The stop token ends it at once.
    pub(super) async fn pause(
        &self,
        wait: Duration,
        error: &Error,
        limits: &Limits,
    ) -> Result<(), Error> {
        tokio::select! {
            biased;
            () = limits.stop.cancelled() => {
                let mut report = (*error.0).clone();
                (report.status, report.error_code, report.request_id, report.words) = (None, None, None, None);
                let interrupted = report.into_error(Kind::Interrupted, Outcome::Ended { sent: false });
                Err(interrupted.unsent(Some(error)).after(Some(error)))
            }
            () = sleep(wait) => Ok(()),
        }
    }

    /// Sends `outgoing` once and reads the answer to its end. Any 2xx is a success.
    pub(super) async fn attempt(
        &self,
        outgoing: &Outgoing,
        number: u32,
        limits: &Limits,
    ) -> Result<Answer, Error> {
        let begun = Instant::now();
        let mut report = Report::of_request(outgoing.call, &outgoing.url, number);
        if limits.stop.is_cancelled() || limits.deadline <= begun {
            report.attempts = number - 1;
            let kind = match limits.stop.is_cancelled() {
                true => Kind::Interrupted,
                false => Kind::Deadline,
            };
            return Err(report.into_error(kind, Outcome::Ended { sent: false }));
        }
        let mut head = None;
        let body = self.exchange(outgoing, limits, begun, &mut head).await;
        let result = understand(outgoing, report, head, body);
        let (report, kind) = match &result {
            Ok(answer) => (&answer.report, None),
            Err(error) => (&*error.0, Some(error.kind())),
        };
        tracing::debug!(
            method = report.method,
            url = report.url,
            status = report.status,
            attempt = number,
            duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id = report.request_id,
            error = kind.and_then(|kind| kind.phrase(report.status.is_some())),
            "HTTP request"
        );
        result
    }

    /// The attempt itself, as far as the clock and the stop token let it come.
    async fn exchange(
        &self,
        outgoing: &Outgoing,
        limits: &Limits,
        begun: Instant,
        head: &mut Option<Head>,
    ) -> Result<Vec<u8>, Broken> {
        let until = begun
            .checked_add(self.request_timeout)
            .map_or(limits.deadline, |end| end.min(limits.deadline));
        let work = pin!(self.send(outgoing, head));
        tokio::select! {
            biased;
            body = work => body,
            () = self.stopped(outgoing.call, limits) => Err(Broken::Interrupted),
            () = sleep_until(until) => Err(match until < limits.deadline {
                true => Broken::Timeout,
                false => Broken::Deadline,
            }),
        }
    }

    /// Ends when the stop token has fired; for a submission in flight, a grace later.
    async fn stopped(&self, call: Call, limits: &Limits) {
        limits.stop.cancelled().await;
        if call == Call::Submit {
            sleep(self.pace.grace).await;
        }
    }

    async fn send(&self, outgoing: &Outgoing, head: &mut Option<Head>) -> Result<Vec<u8>, Broken> {
        let (client, method) = match outgoing.call {
            Call::Read => (&self.api, Method::GET),
            Call::Submit => (&self.api, Method::POST),
            Call::Mint => (&self.ims, Method::POST),
        };
        let mut request = client
            .request(method, outgoing.url.clone())
            .headers(outgoing.headers.clone());
        if outgoing.call != Call::Read {
            request = request.body(outgoing.body.clone());
        }
        let mut response = request.send().await.map_err(Broken::Http)?;
        *head = Some(Head {
            status: response.status(),
            headers: response.headers().clone(),
        });
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Broken::Http)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Broken::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
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
        self.report.into_error(Kind::Garbled, outcome)
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

    fn outcome(&self) -> Outcome {
        Outcome::Answered {
            status: self.status,
            gateway_code: false,
        }
    }
}

/// From what came back to the answer, or to the error that says what is known.
fn understand(
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
        (_, Err(broken)) => return Err(interrupted_by(broken, report, scrubber)),
        // The client gives no body without a head.
        (None, Ok(_)) => return Err(report.into_error(Kind::Other, Outcome::Lost)),
    };
    let status = head.status.as_u16();
    if head.status.is_success() {
        return Ok(Answer {
            status,
            body,
            report,
            scrubber: scrubber.clone(),
        });
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
    Err(report.into_error(
        kind,
        Outcome::Answered {
            status,
            gateway_code,
        },
    ))
}

fn interrupted_by(broken: Broken, mut report: Report, scrubber: &Scrubber) -> Error {
    match broken {
        Broken::Timeout => report.into_error(Kind::Timeout, Outcome::Lost),
        Broken::Deadline => report.into_error(Kind::Deadline, Outcome::Ended { sent: true }),
        Broken::Interrupted => report.into_error(Kind::Interrupted, Outcome::Ended { sent: true }),
        Broken::TooLong => {
            report.words = Some(format!("it is longer than {MAX_BODY} bytes"));
            // Not worth another try: the next one would be as long.
            report.into_error(Kind::Garbled, Outcome::Ended { sent: true })
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
        return (Kind::Lost, Outcome::Lost);
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
        next = match error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The texts of an error's sources, outermost first. The error's own is left out ("error sending request" says nothing),
/// unless it has none; one that repeats the text before it too.
fn chain(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let text = source.to_string();
        if !parts.last().is_some_and(|last| last.contains(&text)) {
            parts.push(text);
        }
        next = source.source();
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
