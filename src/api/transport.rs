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
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

use super::Limits;
use super::address;
use super::answer::{self, Answer, Broken, Head, MAX_BODY};
use super::auth::{Auth, Bearer};
use super::error::{Error, Kind, Report};
use super::retry::{self, Call, Decision, Outcome, Pace, Situation};
use super::secret::Scrubber;
use super::tls::{self, Roots};

/// The longest time for a connection, TLS included. Well under the default request timeout: a time-out that is known to
/// have hit the connection is one that is known to have sent nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: through the longest wait between polls (30 s), and less than the 60 s after which
/// common load balancers drop it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

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

impl Transport {
    /// # Errors
    /// `Kind::Setup` when `ca_cert_file` or the platform does not allow TLS.
    pub(super) fn new(setup: Setup<'_>) -> Result<Self, Error> {
        let targets: Vec<&Url> =
            std::iter::once(setup.endpoint).chain(setup.ims_endpoint).collect();
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
                    answer::chain(&error.without_url())
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
            outgoing.headers.insert(AUTHORIZATION, bearer.header.clone());
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
        let result = answer::understand(outgoing, report, head, body);
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
        let mut request =
            client.request(method, outgoing.url.clone()).headers(outgoing.headers.clone());
        if outgoing.call != Call::Read {
            request = request.body(outgoing.body.clone());
        }
        let mut response = request.send().await.map_err(Broken::Http)?;
        *head = Some(Head { status: response.status(), headers: response.headers().clone() });
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
