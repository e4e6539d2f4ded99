//! One HTTP attempt, within the request timeout, the caller's deadline and the stop token; and what has to be known to make
//! another.
//!
//! The HTTP client below repeats nothing by itself, except that a pooled connection found closed before the request was
//! handed to it is replaced: not a byte has left by then.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use tokio::time::{Instant, sleep, sleep_until};

use super::Limits;
use super::body::{self, MAX_BODY};
use super::error::{Error, Kind, Report};
use super::proxy::Route;
use super::refusal::{self, Refusal};
use super::response::{self, AttemptError, Head, Request, Response};
use super::retry::{self, Backoff, Call, Decision, Outcome, Situation};
use super::tls::{self, RootSources};

/// The longest time for a connection, TLS included. Well under the default request timeout: a time-out that is known to
/// have hit the connection is one that is known to have sent nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: through the longest wait between polls (30 s), and less than the 60 s after which
/// common load balancers drop it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// How requests get out.
pub(super) struct Transport {
    api: Way,
    ims: Way,
    tls: ClientConfig,
    user_agent: Option<HeaderValue>,
    request_timeout: Duration,
    max_retries: u32,
    backoff: Backoff,
}

/// The way to a host.
struct Way {
    client: reqwest::Client,
    route: Route,
}

/// What a [`Transport`] is made of.
pub(super) struct Setup<'a> {
    pub(super) route: Route,
    /// The way to the identity service.
    pub(super) ims_route: Route,
    pub(super) root_sources: RootSources,
    pub(super) ca_cert_file: Option<&'a Path>,
    /// `None` sends none.
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) request_timeout: Duration,
    pub(super) max_retries: u32,
    pub(super) backoff: Backoff,
}

impl Transport {
    /// # Errors
    /// `Kind::Setup` when `ca_cert_file` does not allow TLS, or a proxy's address is not understood.
    pub(super) fn new(setup: Setup<'_>) -> Result<Self, Error> {
        let tls = tls::config(setup.root_sources.clone(), setup.ca_cert_file)?;
        Ok(Self {
            api: Way::new(&setup, &tls, setup.route.clone())?,
            ims: Way::new(&setup, &tls, setup.ims_route.clone())?,
            tls,
            user_agent: setup.user_agent,
            request_timeout: setup.request_timeout,
            max_retries: setup.max_retries,
            backoff: setup.backoff,
        })
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
        retry::decide(&situation, &self.backoff, fastrand::f64())
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

    /// Sends `request` once, reads the response to its end, and writes one log line, whatever happened. Any 2xx is a success.
    pub(super) async fn attempt(
        &self,
        request: &Request,
        number: u32,
        limits: &Limits,
    ) -> Result<Response, Error> {
        let begun = Instant::now();
        let mut report = Report::of_request(request.call, &request.url, number);
        match &self.way(request.call).route {
            Route::Direct => {}
            Route::Excepted(variable) => report.excepted = Some(variable),
            Route::Proxy(proxy) => report.proxy = Some(proxy.to_string()),
        }
        if limits.stop.is_cancelled() || limits.deadline <= begun {
            report.attempts = number - 1;
            let kind = match limits.stop.is_cancelled() {
                true => Kind::Interrupted,
                false => Kind::Deadline,
            };
            return Err(report.into_error(kind, Outcome::Ended { sent: false }));
        }
        let mut head = None;
        let body = self.exchange(request, limits, begun, &mut head).await;
        if let Err(AttemptError::Http(error)) = &body
            && response::is_refused_tunnel(error)
        {
            report.refusal = self.refusal(request, limits).await;
        }
        let result = response::understand(request, report, head, body);
        let (report, kind) = match &result {
            Ok(response) => (&response.report, None),
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
        request: &Request,
        limits: &Limits,
        begun: Instant,
        head: &mut Option<Head>,
    ) -> Result<Vec<u8>, AttemptError> {
        let until = begun
            .checked_add(self.request_timeout)
            .map_or(limits.deadline, |end| end.min(limits.deadline));
        let work = pin!(self.send(request, head));
        tokio::select! {
            biased;
            body = work => body,
            () = self.stopped(request.call, limits) => Err(AttemptError::Interrupted),
            () = sleep_until(until) => Err(match until < limits.deadline {
                true => AttemptError::Timeout,
                false => AttemptError::Deadline,
            }),
        }
    }

    /// What the proxy said in the place of a tunnel. The request was not sent, and no clock makes that uncertain.
    async fn refusal(&self, request: &Request, limits: &Limits) -> Option<Refusal> {
        let proxy = self.way(request.call).route.proxy()?;
        let until = limits.deadline.min(Instant::now() + CONNECT_TIMEOUT.min(self.request_timeout));
        tokio::select! {
            biased;
            refusal = refusal::ask(proxy, &request.url, self.user_agent.as_ref(), &self.tls) => refusal,
            () = limits.stop.cancelled() => None,
            () = sleep_until(until) => None,
        }
    }

    /// Ends when the stop token has fired; for a submission in flight, a grace later.
    async fn stopped(&self, call: Call, limits: &Limits) {
        limits.stop.cancelled().await;
        if call == Call::Submit {
            sleep(self.backoff.grace).await;
        }
    }

    fn way(&self, call: Call) -> &Way {
        match call {
            Call::Read | Call::Submit => &self.api,
            Call::Mint => &self.ims,
        }
    }

    async fn send(
        &self,
        request: &Request,
        head: &mut Option<Head>,
    ) -> Result<Vec<u8>, AttemptError> {
        let method = match request.call {
            Call::Read => Method::GET,
            Call::Submit | Call::Mint => Method::POST,
        };
        let mut sent = self
            .way(request.call)
            .client
            .request(method, request.url.clone())
            .headers(request.headers.clone())
            .header(ACCEPT_ENCODING, body::TAKEN);
        if request.call != Call::Read {
            sent = sent.body(request.body.clone());
        }
        let mut response = sent.send().await.map_err(AttemptError::Http)?;
        *head = Some(Head { status: response.status(), headers: response.headers().clone() });
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(AttemptError::Http)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(AttemptError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl Way {
    fn new(setup: &Setup<'_>, tls: &ClientConfig, route: Route) -> Result<Self, Error> {
        let failed = |error: reqwest::Error| {
            let why = response::chain(&error.without_url());
            Error::setup(format!("the HTTP client cannot be made: {why}"))
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            // The request carries a token: it goes where the settings say, and nowhere else.
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(setup.request_timeout.mul_f64(0.75)))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            // Nor by what the HTTP client would read in the environment.
            .no_proxy();
        if let Some(user_agent) = &setup.user_agent {
            builder = builder.user_agent(user_agent.clone());
        }
        if let Some(proxy) = route.proxy() {
            builder = builder.proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(failed)?);
        }
        Ok(Self { client: builder.build().map_err(failed)?, route })
    }
}
