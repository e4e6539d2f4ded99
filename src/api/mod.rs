//! The Adobe Experience Platform API for customer-managed keys: three calls, one client.
//!
//! Knows nothing of Terraform, and is the only place that speaks HTTP. It reads no environment; only the HTTP client's own
//! look at `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and the platform roots' at `SSL_CERT_FILE` and `SSL_CERT_DIR`.
//!
//! `Client` method → `transport` (the call chain: token, attempt, decision) → `types` (decoding). `auth` has the token,
//! `retry` the pure decision, `answer` what an attempt came to, `words` what an error body says, `address` URLs, `tls`
//! roots.
//!
//! Repeated here is only what is safe to repeat. What may have been taken ([`Delivery::Unknown`]) goes up to the caller, who
//! has to look the name up. No error and no log line holds a secret.

mod address;
mod answer;
mod auth;
mod error;
mod retry;
mod secret;
mod tls;
mod transport;
mod types;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use error::{Delivery, Error, Kind};
pub use secret::Secret;
pub use types::{AppRegistration, Configuration, Status};

use answer::Answer;
use auth::Auth;
use error::Report;
use retry::{Call, Outcome, Pace};
use transport::{Outgoing, Setup, Transport};
use words::Shape;

/// Adobe's API page: where the multi-tenant app is described.
const APP_REGISTRATION: &str = "/data/infrastructure/manager/byok/app-registration";

/// Adobe's API page: where configurations are submitted; the status is one segment below.
const CONFIG: &str = "/data/infrastructure/manager/customer/config";

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ORG_ID: HeaderName = HeaderName::from_static("x-gw-ims-org-id");

/// How requests are authorised.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A token minted elsewhere. It cannot be renewed: a 401 is final.
    Token(Secret),
    /// OAuth server-to-server: tokens are minted when needed.
    ClientSecret {
        /// Base URL of Adobe's identity service; it does not follow the region.
        ims_endpoint: Url,
        /// The credential's client id.
        client_id: String,
        /// The credential's client secret.
        client_secret: Secret,
        /// Comma-separated, as IMS takes them.
        scopes: String,
    },
}

/// What a [`Client`] is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The IMS organisation, `…@AdobeOrg`.
    pub org_id: String,
    /// Base URL of the platform; a path in it is kept.
    pub endpoint: Url,
    /// The value of `x-api-key`. Adobe's API page: `acp_provisioning`, not the client id.
    pub api_key: String,
    /// How requests are authorised.
    pub credentials: Credentials,
    /// The longest that one attempt may take, from connecting to the end of the body.
    pub request_timeout: Duration,
    /// Attempts after the first.
    pub max_retries: u32,
    /// PEM certificates that are trusted beside the platform's roots.
    pub ca_cert_file: Option<PathBuf>,
    /// The value of `User-Agent`. What cannot be in a header is left out.
    pub user_agent: String,
}

/// How long a call may go on.
#[derive(Clone, Debug)]
pub struct Limits {
    /// No attempt goes on after it, and no wait is begun that reaches past it.
    pub deadline: Instant,
    /// Ends a read, a wait and the minting of a token at once; a submission in flight 3 s later.
    pub stop: CancellationToken,
}

/// The client. Cheap to clone; all clones share one connection pool and one token.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    org_id: String,
    endpoint: Url,
    headers: HeaderMap,
    auth: Auth,
    transport: Transport,
}

impl Client {
    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    /// [`Kind::Setup`] when `ca_cert_file` cannot be read or has no PEM certificate, or when a value cannot be sent in a
    /// header; the message names the setting.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::with_pace(settings, Pace::default())
    }

    fn with_pace(settings: Settings, pace: Pace) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(API_KEY, header_value("api_key", &settings.api_key)?);
        headers.insert(ORG_ID, header_value("org_id", &settings.org_id)?);
        let sendable: String =
            settings.user_agent.chars().filter(|c| matches!(c, ' '..='~')).collect();
        let transport = Transport::new(Setup {
            endpoint: &settings.endpoint,
            ims_endpoint: match &settings.credentials {
                Credentials::Token(_) => None,
                Credentials::ClientSecret { ims_endpoint, .. } => Some(ims_endpoint),
            },
            ca_cert_file: settings.ca_cert_file.as_deref(),
            user_agent: header_value("user_agent", &sendable)?,
            request_timeout: settings.request_timeout,
            max_retries: settings.max_retries,
            pace,
        })?;
        let auth = Auth::new(settings.credentials)?;
        Ok(Self(Arc::new(Inner {
            org_id: settings.org_id,
            endpoint: settings.endpoint,
            headers,
            auth,
            transport,
        })))
    }

    /// The organisation that every call is made for.
    pub fn org_id(&self) -> &str {
        &self.0.org_id
    }

    /// The base URL that calls go to, as it was set.
    pub fn endpoint(&self) -> &Url {
        &self.0.endpoint
    }

    /// `GET /data/infrastructure/manager/byok/app-registration`: Adobe's multi-tenant app.
    ///
    /// # Errors
    /// Any kind but [`Kind::NoSuchConfiguration`]; [`Kind::Malformed`] when a documented field is missing.
    pub async fn app_registration(&self, limits: &Limits) -> Result<AppRegistration, Error> {
        let url = address::join(&self.0.endpoint, APP_REGISTRATION);
        let answer = self.read(url, limits).await?;
        decoded(answer, types::app_registration)
    }

    /// `POST /data/infrastructure/manager/customer/config`: submits a configuration, once at most. The only call that
    /// changes anything.
    ///
    /// # Errors
    /// [`Error::delivery`] says whether Adobe may have taken it nevertheless. Only what it certainly did not take is
    /// repeated here: what never left, a 401 (once, with a new token), a 429, and a 503 with a gateway `error_code`.
    pub async fn submit(
        &self,
        name: &str,
        key_identifier: &str,
        limits: &Limits,
    ) -> Result<Configuration, Error> {
        let url = address::join(&self.0.endpoint, CONFIG);
        // A name that cannot be asked for afterwards must not be submitted.
        if address::segment(name).is_none() {
            return Err(unaddressable(Call::Submit, &url));
        }
        let body = types::submission(name, self.org_id(), key_identifier).map_err(|error| {
            Error::setup(format!("the submission cannot be written as JSON: {error}"))
        })?;
        let mut outgoing = self.outgoing(Call::Submit, url);
        outgoing.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        outgoing.body = body;
        let answer = self.0.transport.call(&self.0.auth, outgoing, limits).await?;
        configuration(answer)
    }

    /// `GET /data/infrastructure/manager/customer/config/{name}?configType=BYOK_CONFIG`: a configuration that exists.
    ///
    /// # Errors
    /// [`Kind::NoSuchConfiguration`] only for a 404 whose body is a JSON object and not the gateway's: what the gateway or a proxy says
    /// about a path tells nothing about the configuration. [`Kind::Malformed`] for a success without id or status, an
    /// empty one included.
    pub async fn status(&self, name: &str, limits: &Limits) -> Result<Configuration, Error> {
        match self.read(self.config_url(name)?, limits).await {
            Ok(answer) => configuration(answer),
            Err(mut error) => {
                if error.kind() == Kind::NotFound
                    && !error.is_token()
                    && error.shape() == Shape::Object
                {
                    error.0.kind = Kind::NoSuchConfiguration;
                }
                Err(error)
            }
        }
    }

    /// The same request as [`Client::status`], for a name that may be free: `None` if it is.
    ///
    /// What an unknown name is answered with is undocumented, so more counts as free: any 404, a 204, a success that is
    /// empty, `null`, `{}` or `[]`, and a JSON 400 without a gateway `error_code`. The gateway's own 404 counts too: it means a wrong path or
    /// region, and a submission there is refused by the same gateway, with the same words, so nothing is lost by trying.
    ///
    /// # Errors
    /// Any kind but [`Kind::NoSuchConfiguration`] and [`Kind::NotFound`].
    pub async fn look_up(
        &self,
        name: &str,
        limits: &Limits,
    ) -> Result<Option<Configuration>, Error> {
        match self.read(self.config_url(name)?, limits).await {
            Ok(answer) if answer.is_nothing() || is_hollow(&answer.body) => Ok(None),
            Ok(answer) => configuration(answer).map(Some),
            Err(error) if is_free(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn config_url(&self, name: &str) -> Result<Url, Error> {
        let Some(segment) = address::segment(name) else {
            return Err(unaddressable(Call::Read, &address::join(&self.0.endpoint, CONFIG)));
        };
        let mut url = address::join(&self.0.endpoint, &format!("{CONFIG}/{segment}"));
        url.set_query(Some(&format!("configType={}", types::CONFIG_TYPE)));
        Ok(url)
    }

    async fn read(&self, url: Url, limits: &Limits) -> Result<Answer, Error> {
        let outgoing = self.outgoing(Call::Read, url);
        self.0.transport.call(&self.0.auth, outgoing, limits).await
    }

    fn outgoing(&self, call: Call, url: Url) -> Outgoing {
        Outgoing {
            call,
            url,
            headers: self.0.headers.clone(),
            body: Vec::new(),
            scrubber: self.0.auth.scrubber(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("org_id", &self.0.org_id)
            .field("endpoint", &self.0.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

/// `{}` or `[]`.
fn is_hollow(body: &[u8]) -> bool {
    match serde_json::from_slice(body) {
        Ok(serde_json::Value::Object(object)) => object.is_empty(),
        Ok(serde_json::Value::Array(array)) => array.is_empty(),
        _ => false,
    }
}

/// Whether a failed look-up means that the name is free.
fn is_free(error: &Error) -> bool {
    let is_json = matches!(error.shape(), Shape::Object | Shape::Json | Shape::Null);
    match error.http_status() {
        _ if error.is_token() => false,
        Some(404) => error.kind() == Kind::NotFound,
        Some(400) => error.kind() == Kind::BadRequest && is_json,
        _ => false,
    }
}

fn decoded<T>(answer: Answer, decode: fn(&[u8]) -> Result<T, types::Garbled>) -> Result<T, Error> {
    decode(&answer.body).map_err(|garbled| answer.garbled(&garbled.to_string()))
}

/// A configuration, with the time that its answer asks to leave between looks.
fn configuration(answer: Answer) -> Result<Configuration, Error> {
    let retry_after = answer.retry_after();
    decoded(answer, types::configuration)
        .map(|configuration| Configuration { retry_after, ..configuration })
}

fn unaddressable(call: Call, url: &Url) -> Error {
    let mut report = Report::of_request(call, url, 0);
    report.words = Some("a configuration's name cannot be empty, `.` or `..`".to_owned());
    report.into_error(Kind::Other, Outcome::NeverSent { lasting: true })
}

fn header_value(setting: &str, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| {
        Error::setup(format!("{setting}: it has characters that cannot be sent in a header"))
    })
}
