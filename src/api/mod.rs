//! The Adobe Experience Platform API for customer-managed keys: three endpoints, one client.
//!
//! Knows nothing of Terraform, and is the only place that speaks HTTP. It reads no environment, but
//! for the platform roots' own look at `SSL_CERT_FILE` and `SSL_CERT_DIR`.
//!
//! `Client` method → `call` (the chain: token, attempt, response, decision) → `types` (decoding).
//! One way only, from above to below: `call` → `token` → `attempt` → `response`, `retry` (the pure
//! decision) → `error`. `body` decodes what was compressed, `error_body` has what an error body
//! says, `retry_after` when to come again, `address` URLs, `tls` roots, `tls_fault` why a
//! session failed, `proxy` a proxy, `refusal` how it responds instead of opening a tunnel, `secret`
//! what must not show. Beside the chain, `reach` asks a host without credentials.
//!
//! Repeated here is only what is safe to repeat. What may have been taken ([`Delivery::Unknown`])
//! goes up to the caller, who has to look the name up. No error and no log line holds a secret.

mod address;
mod attempt;
mod body;
mod call;
mod error;
mod error_body;
mod proxy;
mod reach;
mod refusal;
mod response;
mod retry;
mod retry_after;
mod secret;
mod tls;
mod tls_fault;
mod token;
mod types;

/// What holds for anything that comes in: for the tests, and for the fuzz targets in `tests/fuzz`.
#[cfg(any(test, fuzzing))]
#[path = "../../tests/fuzz/checks/response.rs"]
pub mod fuzzing;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use error::{Delivery, Error, Failure, Kind};
pub use proxy::{Proxy, Route};
pub use reach::{Reached, reach};
pub use refusal::Refusal;
pub use secret::Secret;
pub use tls::RootSources;
pub use tls_fault::TlsFault;
pub use token::TokenFacts;
pub use types::{AppRegistration, Configuration, Status};

use attempt::Transport;
use error::Call;
use error_body::Shape;
use response::{Request, Response};
use retry::Backoff;
use secret::Scrubber;
use token::Tokens;

/// Adobe's API page: where the multi-tenant app is described.
const APP_REGISTRATION: &str = "/data/infrastructure/manager/byok/app-registration";

/// Adobe's API page: where configurations are submitted; the status is one segment below.
const CONFIG: &str = "/data/infrastructure/manager/customer/config";

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ORG_ID: HeaderName = HeaderName::from_static("x-gw-ims-org-id");

/// How requests are authorised.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A token made elsewhere. It cannot be renewed: a 401 is final.
    Token(Secret),
    /// OAuth server-to-server: tokens are fetched when needed.
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
    /// The way to it.
    pub route: Route,
    /// The way to the identity service.
    pub ims_route: Route,
    /// The value of `x-api-key`. Adobe's API page: `acp_provisioning`, not the client id.
    pub api_key: String,
    /// How requests are authorised.
    pub credentials: Credentials,
    /// The longest that one attempt may take, from connecting to the end of the body.
    pub request_timeout: Duration,
    /// Attempts after the first.
    pub max_retries: u32,
    /// What stands in for the platform's roots, if something does.
    pub root_sources: RootSources,
    /// PEM certificates that are trusted beside the platform's roots.
    pub ca_cert_file: Option<PathBuf>,
    /// The value of `User-Agent`. What cannot be in a header is left out.
    pub user_agent: String,
}

/// How long a request may go on, its repetitions included.
#[derive(Clone, Debug)]
pub struct Limits {
    /// No attempt goes on after it, and no wait is begun that reaches past it.
    pub deadline: Instant,
    /// Ends a read, a wait and the fetching of a token at once; a submission in flight 3 s later.
    pub stop: CancellationToken,
}

/// The client. Cheap to clone; all clones share one connection pool and one token.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    org_id: String,
    endpoint: Url,
    headers: HeaderMap,
    tokens: Tokens,
    transport: Transport,
    /// What must not show in any error, beside the token in use.
    scrubber: Scrubber,
}

impl Settings {
    /// What must not show of the proxies.
    fn proxy_secrets(&self) -> Vec<Secret> {
        let proxies = [&self.route, &self.ims_route].into_iter().filter_map(Route::proxy);
        proxies.flat_map(Proxy::secrets).cloned().collect()
    }
}

impl Client {
    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    /// [`Kind::Setup`] when `ca_cert_file` cannot be read or has no PEM certificate, or when a
    /// value cannot be sent in a header; the message names the setting.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::with_backoff(settings, Backoff::default())
    }

    fn with_backoff(settings: Settings, backoff: Backoff) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(API_KEY, header_value("api_key", &settings.api_key)?);
        headers.insert(ORG_ID, header_value("org_id", &settings.org_id)?);
        let mut secrets = settings.proxy_secrets();
        let transport = Transport::new(&settings, backoff)?;
        let tokens = Tokens::new(settings.credentials)?;
        secrets.extend(tokens.secrets());
        Ok(Self(Arc::new(Inner {
            org_id: settings.org_id,
            endpoint: settings.endpoint,
            headers,
            tokens,
            transport,
            scrubber: Scrubber(secrets),
        })))
    }

    /// The organisation that every request is made for.
    pub fn org_id(&self) -> &str {
        &self.0.org_id
    }

    /// The base URL that requests go to, as it was set.
    pub fn endpoint(&self) -> &Url {
        &self.0.endpoint
    }

    /// What can be shown of the token, which is fetched if need be.
    ///
    /// # Errors
    /// As of any request that fails at IMS: [`Failure::at_ims`].
    pub async fn token(&self, limits: &Limits) -> Result<TokenFacts, Error> {
        self.0.tokens.facts(&self.0.transport, limits).await
    }

    /// `GET /data/infrastructure/manager/byok/app-registration`: Adobe's multi-tenant app.
    ///
    /// # Errors
    /// Any kind but [`Kind::NoSuchConfiguration`]; [`Kind::Malformed`] when a documented field is
    /// missing.
    pub async fn app_registration(&self, limits: &Limits) -> Result<AppRegistration, Error> {
        let url = address::join(&self.0.endpoint, APP_REGISTRATION);
        decoded(self.read(url, limits).await?, types::app_registration)
    }

    /// `POST /data/infrastructure/manager/customer/config`: submits a configuration, once at most.
    /// The only request that changes anything.
    ///
    /// # Errors
    /// [`Failure::delivery`] says whether Adobe may have taken it nevertheless. Only what it
    /// certainly did not take is repeated here: what never left, a 401 (once, with a new
    /// token), a 429, and a 503 with a gateway `error_code`.
    pub async fn submit(
        &self,
        name: &str,
        key_identifier: &str,
        limits: &Limits,
    ) -> Result<Configuration, Error> {
        let url = address::join(&self.0.endpoint, CONFIG);
        // A name that cannot be asked for afterwards must not be submitted.
        if address::segment(name).is_none() {
            return Err(unaddressable());
        }
        let mut request = self.request(Call::Submit, url);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = types::submission(name, self.org_id(), key_identifier).into();
        configuration(self.call(request, limits).await?)
    }

    /// `GET /data/infrastructure/manager/customer/config/{name}?configType=BYOK_CONFIG`: a
    /// configuration that exists.
    ///
    /// # Errors
    /// [`Kind::NoSuchConfiguration`] only for a 404 whose body is a JSON object and not the
    /// gateway's: what the gateway or a proxy says about a path tells nothing about the
    /// configuration. [`Kind::Malformed`] for a success without id or status, an
    /// empty one included.
    pub async fn status(&self, name: &str, limits: &Limits) -> Result<Configuration, Error> {
        let mut error = match self.read(self.config_url(name)?, limits).await {
            Ok(response) => return configuration(response),
            Err(error) => error,
        };
        if error.kind == Kind::NotFound && error.shape == Shape::Object {
            error.0.kind = Kind::NoSuchConfiguration;
        }
        Err(error)
    }

    /// The same request as [`Client::status`], for a name that may be free: `None` if it is.
    ///
    /// How the endpoint responds for an unknown name is undocumented, so more counts as free: any
    /// 404, a 204, a success that is empty, `null`, `{}` or `[]`, and a JSON 400 without a
    /// gateway `error_code`. The gateway's own 404 counts too: it means a wrong path or region,
    /// and a submission there is refused by the same gateway, with the same message, so nothing is
    /// lost by trying.
    ///
    /// # Errors
    /// Any kind but [`Kind::NoSuchConfiguration`] and [`Kind::NotFound`].
    pub async fn look_up(
        &self,
        name: &str,
        limits: &Limits,
    ) -> Result<Option<Configuration>, Error> {
        match self.read(self.config_url(name)?, limits).await {
            Ok(response) if response.is_nothing() || is_hollow(&response.body) => Ok(None),
            Ok(response) => configuration(response).map(Some),
            Err(error) if is_free(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn config_url(&self, name: &str) -> Result<Url, Error> {
        let segment = address::segment(name).ok_or_else(unaddressable)?;
        let mut url = address::join(&self.0.endpoint, &format!("{CONFIG}/{segment}"));
        url.set_query(Some(&format!("configType={}", types::CONFIG_TYPE)));
        Ok(url)
    }

    async fn read(&self, url: Url, limits: &Limits) -> Result<Response, Error> {
        self.call(self.request(Call::Read, url), limits).await
    }

    async fn call(&self, request: Request, limits: &Limits) -> Result<Response, Error> {
        call::call(&self.0.transport, &self.0.tokens, request, limits).await
    }

    fn request(&self, call: Call, url: Url) -> Request {
        let (headers, scrubber) = (self.0.headers.clone(), self.0.scrubber.clone());
        Request { call, url, headers, body: Bytes::new(), scrubber }
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
    match error.kind {
        Kind::NotFound => true,
        Kind::BadRequest if error.status == Some(400) => {
            matches!(error.shape, Shape::Object | Shape::Json | Shape::Null)
        }
        _ => false,
    }
}

fn decoded<T>(
    response: Response,
    decode: fn(&[u8]) -> Result<T, types::Malformed>,
) -> Result<T, Error> {
    decode(&response.body).map_err(|why| response.malformed(&why.to_string()))
}

/// A configuration, with the time that its response asks to leave between looks.
fn configuration(response: Response) -> Result<Configuration, Error> {
    let retry_after = response.report.retry_after;
    decoded(response, types::configuration)
        .map(|configuration| Configuration { retry_after, ..configuration })
}

fn unaddressable() -> Error {
    let why = "a configuration's name cannot be empty, `.` or `..`";
    Error::unsent(Kind::Other, why.to_owned())
}

fn header_value(setting: &str, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| {
        Error::setup(format!("{setting}: it has characters that cannot be sent in a header"))
    })
}
