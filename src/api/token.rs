//! The token: given, or fetched from IMS, cached, and shared by all requests of a client.
//!
//! One fetch at a time. Who comes while a token is being fetched waits for it, and shares the
//! outcome, a refusal included: Adobe may throttle clients that ask for many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::attempt::Transport;
use super::error::{Call, Delivery, Error, Failure, Kind};
use super::response::{Request, Response};
use super::retry::Decision;
use super::secret::{self, Scrubber, Secret};
use super::{Credentials, Limits, address};

/// Adobe's API authentication page: the token endpoint of OAuth server-to-server credentials.
const TOKEN_PATH: &str = "/ims/token/v3";

/// The longest a token is kept. Adobe's page: `expires_in` is 86399 seconds.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a token is kept that does not say when it expires. Should it end earlier, a 401 renews
/// it.
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// How long before its end a token is renewed at most; a tenth of a short lifetime.
const MARGIN: Duration = Duration::from_secs(60);

/// Where tokens come from.
pub(super) enum Tokens {
    Given(Arc<Bearer>),
    Fetched(Box<Fetcher>),
}

/// OAuth server-to-server credentials, where they are good, and what came of them.
pub(super) struct Fetcher {
    url: Url,
    client_id: String,
    client_secret: Secret,
    scopes: String,
    last: Mutex<Option<Result<Arc<Bearer>, Error>>>,
    /// How often fetching failed: who waited meanwhile sees it move.
    failures: AtomicU64,
}

/// A token as it is sent.
pub(super) struct Bearer {
    pub(super) token: Secret,
    /// `Bearer …`, marked sensitive.
    pub(super) header: HeaderValue,
    /// Until when a fetched one is used.
    until: Option<Instant>,
}

/// What can be shown of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// It was fetched with a client's credentials, and not given.
    pub fetched: bool,
    /// How long it is still used, or, of a given one, good; zero when its time is over. `None`
    /// where it does not show.
    pub left: Option<Duration>,
}

#[derive(Deserialize)]
struct WireToken {
    access_token: Option<String>,
    expires_in: Option<Value>,
}

impl Tokens {
    /// # Errors
    /// `Kind::Setup` when a given token cannot be a header's value.
    pub(super) fn new(credentials: Credentials) -> Result<Self, Error> {
        let (ims_endpoint, client_id, client_secret, scopes) = match credentials {
            Credentials::ClientSecret { ims_endpoint, client_id, client_secret, scopes } => {
                (ims_endpoint, client_id, client_secret, scopes)
            }
            Credentials::Token(token) => {
                let bearer = Bearer::new(token, None).ok_or_else(|| {
                    let why = "access_token: it is empty or has characters that no token has";
                    Error::setup(why.to_owned())
                })?;
                return Ok(Self::Given(Arc::new(bearer)));
            }
        };
        Ok(Self::Fetched(Box::new(Fetcher {
            url: address::join(&ims_endpoint, TOKEN_PATH),
            client_id,
            client_secret,
            scopes,
            last: Mutex::default(),
            failures: AtomicU64::default(),
        })))
    }

    /// What must not show in any error, beside the token in use.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Given(_) => Vec::new(),
            Self::Fetched(fetcher) => vec![fetcher.client_secret.clone()],
        }
    }

    /// Whether a refused token can be replaced by a new one.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self, Self::Fetched(_))
    }

    /// What can be shown of the token that is good for a request now.
    pub(super) async fn facts(
        &self,
        transport: &Transport,
        limits: &Limits,
    ) -> Result<TokenFacts, Error> {
        let bearer = self.bearer(transport, None, limits).await?;
        let left = match bearer.until {
            Some(until) => Some(until.duration_since(Instant::now())),
            None => end_of(bearer.token.expose())
                .map(|end| end.duration_since(SystemTime::now()).unwrap_or_default()),
        };
        Ok(TokenFacts { fetched: self.can_renew(), left })
    }

    /// A token that is good for a request now, and is not `refused`.
    pub(super) async fn bearer(
        &self,
        transport: &Transport,
        refused: Option<&Arc<Bearer>>,
        limits: &Limits,
    ) -> Result<Arc<Bearer>, Error> {
        match self {
            Self::Given(bearer) => Ok(Arc::clone(bearer)),
            Self::Fetched(fetcher) => fetcher.bearer(transport, refused, limits).await,
        }
    }
}

impl Fetcher {
    async fn bearer(
        &self,
        transport: &Transport,
        refused: Option<&Arc<Bearer>>,
        limits: &Limits,
    ) -> Result<Arc<Bearer>, Error> {
        let failures = self.failures.load(Ordering::Acquire);
        let ended = |kind| {
            Failure::of_request(Call::Token, &self.url, 0).into_error(kind, Delivery::NeverSent)
        };
        let mut last = tokio::select! {
            biased;
            last = self.last.lock() => last,
            () = limits.stop.cancelled() => return Err(ended(Kind::Interrupted)),
            () = sleep_until(limits.deadline) => return Err(ended(Kind::Deadline)),
        };
        match &*last {
            // IMS may respond with the same token again: the text does not tell one from the next.
            Some(Ok(bearer))
                if refused.is_none_or(|refused| !Arc::ptr_eq(refused, bearer))
                    && bearer.until.is_some_and(|until| Instant::now() < until) =>
            {
                return Ok(Arc::clone(bearer));
            }
            Some(Err(error)) if self.failures.load(Ordering::Acquire) != failures => {
                return Err(error.clone());
            }
            _ => *last = None,
        }
        let fetched = self.fetch_token(transport, limits).await.map(Arc::new);
        match &fetched {
            // Another's limits are not ours: who waited tries for itself then.
            Err(error) if matches!(error.kind, Kind::Interrupted | Kind::Deadline) => {}
            Err(_) => {
                self.failures.fetch_add(1, Ordering::AcqRel);
                *last = Some(fetched.clone());
            }
            Ok(_) => *last = Some(fetched.clone()),
        }
        fetched
    }

    /// Asks IMS, with repetitions.
    async fn fetch_token(&self, transport: &Transport, limits: &Limits) -> Result<Bearer, Error> {
        let request = self.request();
        let mut earlier: Option<Error> = None;
        let mut retries = 0;
        loop {
            // Counted from before the request: the lifetime may have begun by the time the response
            // is here.
            let asked = Instant::now();
            let response = transport.attempt(&request, retries + 1, limits).await;
            let error = match response.and_then(|response| token_of(response, asked)) {
                Ok(bearer) => return Ok(bearer),
                Err(error) => error.after(earlier.as_ref()),
            };
            match transport.decide(&error, Call::Token, retries, false, limits) {
                Decision::Retry(wait) => {
                    retries += 1;
                    transport.pause(wait, &error, limits).await?;
                    earlier = Some(error);
                }
                Decision::Stop | Decision::Renew => return Err(error),
            }
        }
    }

    /// The request for a token. The credentials are in the body: a query may be logged.
    fn request(&self) -> Request {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &self.scopes)
            // The last one: a text that grows leaves copies of what was in it.
            .append_pair("client_secret", self.client_secret.expose())
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Request {
            call: Call::Token,
            url: self.url.clone(),
            headers,
            body: secret::zeroed(form),
            scrubber: Scrubber(vec![self.client_secret.clone()]),
        }
    }
}

/// The token of a response to a request that was made at this time.
fn token_of(mut response: Response, asked: Instant) -> Result<Bearer, Error> {
    let wire = serde_json::from_slice::<WireToken>(&response.body).ok();
    let lifetime = usable(wire.as_ref().and_then(|wire| wire.expires_in.as_ref()));
    let token = wire.and_then(|wire| wire.access_token).map(Secret::new);
    let Some(bearer) = token.and_then(|token| Bearer::new(token, Some(asked + lifetime))) else {
        return Err(response.tokenless());
    };
    drop(Zeroizing::new(std::mem::take(&mut response.body)));
    tracing::debug!(usable_s = lifetime.as_secs_f64(), "access token fetched");
    Ok(bearer)
}

impl Bearer {
    /// `None` for a text that cannot be a header's value, or is none.
    fn new(token: Secret, until: Option<Instant>) -> Option<Self> {
        if token.expose().trim().is_empty() {
            return None;
        }
        let header = secret::header(&Secret::new(["Bearer ", token.expose()].concat()))?;
        Some(Self { token, header, until })
    }
}

/// When a token ends that is a JWT and says so: as RFC 7519 has it (`exp`), or as IMS writes it
/// (`created_at` and `expires_in`, in milliseconds).
fn end_of(token: &str) -> Option<SystemTime> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let seconds = number(claims.get("exp")).or_else(|| {
        let sum = number(claims.get("created_at"))? + number(claims.get("expires_in"))?;
        Some(sum / 1000.0)
    })?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// A number, or a text that is one.
fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// How long a token with this `expires_in` (seconds, as a number or a text) is used.
fn usable(expires_in: Option<&Value>) -> Duration {
    // What is no time at all (negative, not a number) counts as not said.
    let lifetime = number(expires_in)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok())
        .unwrap_or(UNSAID);
    lifetime - MARGIN.min(lifetime / 10)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
    use serde_json::{Value, json};

    use super::{end_of, usable};

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        let cases: [(&str, Option<Value>, f64); 9] = [
            ("Adobe's day: a minute before", Some(json!(86399)), 86339.0),
            ("ten minutes: a minute before", Some(json!(600)), 540.0),
            ("ten seconds: a tenth before", Some(json!(10)), 9.0),
            ("one second still works", Some(json!(1)), 0.9),
            ("a text", Some(json!("600")), 540.0),
            ("not said: five minutes", None, 270.0),
            ("nonsense counts as not said", Some(json!("soon")), 270.0),
            ("negative counts as not said", Some(json!(-5)), 270.0),
            ("absurd (milliseconds): a day", Some(json!(86_399_000)), 86340.0),
        ];
        for (case, expires_in, expected) in cases {
            assert_eq!(usable(expires_in.as_ref()), Duration::from_secs_f64(expected), "{case}");
        }
    }

    #[test]
    fn a_token_that_is_a_jwt_may_show_its_end() {
        for (claims, expected) in [
            (r#"{"exp":1700000000}"#, Some(1_700_000_000)),
            (r#"{"created_at":"1700000000000","expires_in":"86400000"}"#, Some(1_700_086_400)),
            (r#"{"created_at":"1700000000000"}"#, None),
            (r#"{"exp":-1}"#, None),
            ("no JSON", None),
        ] {
            let token = format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims));
            let end = expected.map(|end| std::time::UNIX_EPOCH + Duration::from_secs(end));
            assert_eq!(end_of(&token), end, "{claims}");
        }
        assert_eq!(end_of("opaque"), None);
    }
}
