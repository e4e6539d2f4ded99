//! One HTTP attempt, within the request timeout, the caller's deadline and the stop token; and what
//! has to be known to make another.
//!
//! The HTTP client below repeats nothing by itself, except that a pooled connection found closed
//! before the request was handed to it is replaced: not a byte has left by then.

use std::pin::pin;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, retry::never};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep, sleep_until};

use super::body::{self, MAX_BODY};
use super::error::{Call, Delivery, Error, Failure, Kind};
use super::proxy::Route;
use super::refusal::{self, Refusal};
use super::response::{self, AttemptError, Head, Request, Response};
use super::retry::{self, Backoff, Decision, Situation};
use super::{Limits, Settings, secret, tls};

/// The longest time for a connection, TLS included. Well under the default request timeout: a
/// time-out that is known to have hit the connection is one that is known to have sent nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept: through the longest wait between polls (30 s), and less
/// than the 60 s after which common load balancers drop it.
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

impl Transport {
    /// # Errors
    /// `Kind::Setup` when `ca_cert_file` does not allow TLS, or a proxy's address is not
    /// understood.
    pub(super) fn new(settings: &Settings, backoff: Backoff) -> Result<Self, Error> {
        let tls = tls::config(settings.root_sources.clone(), settings.ca_cert_file.as_deref())?;
        let sendable = |c: &char| matches!(c, ' '..='~');
        let user_agent: String = settings.user_agent.chars().filter(sendable).collect();
        let user_agent = HeaderValue::try_from(user_agent).ok().filter(|agent| !agent.is_empty());
        let way = |route: &Route| {
            Way::new(settings, tls.clone(), user_agent.clone(), route).map_err(|error| {
                let why = response::chain(&error.without_url());
                Error::setup(format!("the HTTP client cannot be made: {why}"))
            })
        };
        Ok(Self {
            api: way(&settings.route)?,
            ims: way(&settings.ims_route)?,
            tls,
            user_agent,
            request_timeout: settings.request_timeout,
            max_retries: settings.max_retries,
            backoff,
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
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let max_retries = self.max_retries;
        let situation = Situation { call, error, retries, max_retries, left, renewable };
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
            () = limits.stop.cancelled() => Err(error.interrupted()),
            () = sleep(wait) => Ok(()),
        }
    }

    /// Sends `request` once, reads the response to its end, and writes one log line, whatever
    /// happened. Any 2xx is a success.
    pub(super) async fn attempt(
        &self,
        request: &Request,
        number: u32,
        limits: &Limits,
    ) -> Result<Response, Error> {
        let begun = Instant::now();
        let mut report = Failure::of_request(request.call, &request.url, number);
        match &self.way(request.call).route {
            Route::Direct => {}
            Route::Excepted(variable) => report.excepted = Some(variable),
            Route::Proxy(proxy) => report.proxy = Some(proxy.to_string()),
        }
        let is_stopped = limits.stop.is_cancelled();
        if is_stopped || limits.deadline <= begun {
            report.attempts = number - 1;
            let kind = if is_stopped { Kind::Interrupted } else { Kind::Deadline };
            return Err(report.into_error(kind, Delivery::NeverSent));
        }
        let mut head = None;
        let body = self.exchange(request, limits, begun, &mut head).await;
        if let Err(AttemptError::Http(error)) = &body
            && response::is_refused_tunnel(error)
        {
            report.refusal = self.refusal(request, limits).await;
        }
        let result = response::understand(request, report, head, body);
        let (report, phrase) = match &result {
            Ok(response) => (&response.report, None),
            Err(error) => (&**error, error.phrase()),
        };
        tracing::debug!(
            method = request.call.method(),
            url = report.url,
            status = report.status,
            attempt = number,
            duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id = report.request_id,
            error = phrase,
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

    /// How the proxy responded in the place of a tunnel. The request was not sent, and no clock
    /// makes that uncertain.
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
            Call::Token => &self.ims,
        }
    }

    async fn send(
        &self,
        request: &Request,
        head: &mut Option<Head>,
    ) -> Result<Vec<u8>, AttemptError> {
        let method = if request.call == Call::Read { Method::GET } else { Method::POST };
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
    fn new(
        settings: &Settings,
        tls: ClientConfig,
        user_agent: Option<HeaderValue>,
        route: &Route,
    ) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            // The request carries a token: it goes where the settings say, and nowhere else.
            .redirect(Policy::none())
            .referer(false)
            .retry(never())
            .connect_timeout(CONNECT_TIMEOUT.min(settings.request_timeout.mul_f64(0.75)))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            // Nor by what the HTTP client would read in the environment.
            .no_proxy();
        if let Some(user_agent) = user_agent {
            builder = builder.user_agent(user_agent);
        }
        if let Some(proxy) = route.proxy() {
            let mut through = reqwest::Proxy::all(proxy.url().clone())?;
            if let Some(header) = proxy.authorization().and_then(secret::header) {
                through = through.custom_http_auth(header);
            }
            builder = builder.proxy(through);
        }
        Ok(Self { client: builder.build()?, route: route.clone() })
    }
}
