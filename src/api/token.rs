//! The token: given, or minted at IMS, cached, and shared by all calls of a client.
//!
//! One mint at a time. Who comes while a token is being minted waits for it, and shares the outcome, a refusal included:
//! Adobe may throttle clients that mint many.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use url::{Url, form_urlencoded};

use super::attempt::Transport;
use super::error::{Error, Kind, Report};
use super::response::{Request, Response};
use super::retry::{Call, Decision, Outcome};
use super::secret::{Scrubber, Secret};
use super::{Credentials, Limits, address};

/// Adobe's API authentication page: the token endpoint of OAuth server-to-server credentials.
const TOKEN_PATH: &str = "/ims/token/v3";

/// The longest a token is kept. Adobe's page: `expires_in` is 86399 seconds.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a token is kept that does not say when it expires. Should it end earlier, a 401 renews it.
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// How long before its end a token is renewed at most; a tenth of a short lifetime.
const MARGIN: Duration = Duration::from_secs(60);

/// Where tokens come from.
pub(super) struct Tokens {
    source: Source,
    cache: Mutex<Cache>,
    /// How often minting came to an end, well or not.
    turns: AtomicU64,
}

enum Source {
    Given(Bearer),
    Minted(Minter),
}

/// OAuth server-to-server credentials, and where they are good.
struct Minter {
    url: Url,
    client_id: String,
    client_secret: Secret,
    scopes: String,
}

#[derive(Default)]
struct Cache {
    bearer: Option<Fresh>,
    /// How the last mint failed, if it did.
    failure: Option<Error>,
}

struct Fresh {
    bearer: Bearer,
    until: Instant,
}

/// A token as it is sent.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) token: Secret,
    /// `Bearer …`, marked sensitive.
    pub(super) header: HeaderValue,
    /// Tells one token from the next. Their texts may be equal: IMS may answer with the same one again.
    turn: u64,
}

/// What can be shown of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// It was minted with a client's credentials, and not given.
    pub minted: bool,
    /// How long it is still used, or, of a given one, good; zero when its time is over. `None` where it does not show.
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
        let source = match credentials {
            Credentials::Token(token) => Source::Given(Bearer::new(token, 0).ok_or_else(|| {
                Error::setup(
                    "access_token: it is empty or has characters that no token has".to_owned(),
                )
            })?),
            Credentials::ClientSecret {
                ims_endpoint, client_id, client_secret, scopes, ..
            } => Source::Minted(Minter {
                url: address::join(&ims_endpoint, TOKEN_PATH),
                client_id,
                client_secret,
                scopes,
            }),
        };
        Ok(Self { source, cache: Mutex::default(), turns: AtomicU64::new(0) })
    }

    /// What must not show in any error, beside the token in use.
    pub(super) fn scrubber(&self) -> Scrubber {
        match &self.source {
            Source::Given(_) => Scrubber::default(),
            Source::Minted(minter) => Scrubber(vec![minter.client_secret.clone()]),
        }
    }

    /// Whether a refused token can be replaced by a new one.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self.source, Source::Minted(_))
    }

    /// What can be shown of the token that is good for a request now.
    pub(super) async fn facts(
        &self,
        transport: &Transport,
        limits: &Limits,
    ) -> Result<TokenFacts, Error> {
        let bearer = self.bearer(transport, None, limits).await?;
        let left = match &self.source {
            Source::Given(_) => end_of(bearer.token.expose())
                .map(|end| end.duration_since(SystemTime::now()).unwrap_or_default()),
            Source::Minted(_) => {
                let cache = self.cache.lock().await;
                cache.bearer.as_ref().map(|fresh| fresh.until.duration_since(Instant::now()))
            }
        };
        Ok(TokenFacts { minted: self.can_renew(), left })
    }

    /// A token that is good for a request now, and is not `refused`.
    pub(super) async fn bearer(
        &self,
        transport: &Transport,
        refused: Option<&Bearer>,
        limits: &Limits,
    ) -> Result<Bearer, Error> {
        let minter = match &self.source {
            Source::Given(bearer) => return Ok(bearer.clone()),
            Source::Minted(minter) => minter,
        };
        let seen = self.turns.load(Ordering::Acquire);
        let mut cache = tokio::select! {
            biased;
            cache = self.cache.lock() => cache,
            () = limits.stop.cancelled() => return Err(waited(&minter.url, Kind::Interrupted)),
            () = sleep_until(limits.deadline) => return Err(waited(&minter.url, Kind::Deadline)),
        };
        if let Some(fresh) = &cache.bearer
            && refused.is_none_or(|refused| refused.turn != fresh.bearer.turn)
            && Instant::now() < fresh.until
        {
            return Ok(fresh.bearer.clone());
        }
        if let Some(failure) = &cache.failure
            && self.turns.load(Ordering::Acquire) != seen
        {
            return Err(failure.clone());
        }
        cache.bearer = None;
        cache.failure = None;
        match self.mint(minter, transport, limits).await {
            Ok(fresh) => {
                let bearer = fresh.bearer.clone();
                cache.bearer = Some(fresh);
                Ok(bearer)
            }
            Err(error) => {
                // Another's limits are not ours: who waited tries for itself then.
                if !matches!(error.kind(), Kind::Interrupted | Kind::Deadline) {
                    cache.failure = Some(error.clone());
                    self.turns.fetch_add(1, Ordering::AcqRel);
                }
                Err(error)
            }
        }
    }

    /// Asks IMS, with repetitions.
    async fn mint(
        &self,
        minter: &Minter,
        transport: &Transport,
        limits: &Limits,
    ) -> Result<Fresh, Error> {
        let request = minter.request();
        let mut earlier: Option<Error> = None;
        let mut retries = 0;
        loop {
            // Counted from before the request: the lifetime may have begun by the time the response is here.
            let asked = Instant::now();
            let response = transport.attempt(&request, retries + 1, limits).await;
            let error = match response.and_then(|response| self.accept(response, asked)) {
                Ok(fresh) => return Ok(fresh),
                Err(error) => error.after(earlier.as_ref()),
            };
            match transport.decide(&error, Call::Mint, retries, false, limits) {
                Decision::Retry(wait) => {
                    retries += 1;
                    transport.pause(wait, &error, limits).await?;
                    earlier = Some(error);
                }
                Decision::Stop | Decision::Renew => return Err(error),
            }
        }
    }

    fn accept(&self, response: Response, asked: Instant) -> Result<Fresh, Error> {
        let Ok(wire) = serde_json::from_slice::<WireToken>(&response.body) else {
            return Err(response.tokenless());
        };
        let turn = self.turns.fetch_add(1, Ordering::AcqRel) + 1;
        let Some(bearer) =
            wire.access_token.and_then(|token| Bearer::new(Secret::new(token), turn))
        else {
            return Err(response.tokenless());
        };
        let lifetime = usable(wire.expires_in.as_ref());
        tracing::debug!(usable_s = lifetime.as_secs_f64(), "access token minted");
        Ok(Fresh { bearer, until: asked + lifetime })
    }
}

impl Minter {
    /// The request for a token. The credentials are in the body: a query may be logged.
    fn request(&self) -> Request {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose())
            .append_pair("scope", &self.scopes)
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Request {
            call: Call::Mint,
            url: self.url.clone(),
            headers,
            body: body.into_bytes(),
            scrubber: Scrubber(vec![self.client_secret.clone()]),
        }
    }
}

impl Bearer {
    /// `None` for a text that cannot be a header's value, or is none.
    fn new(token: Secret, turn: u64) -> Option<Self> {
        if token.expose().trim().is_empty() {
            return None;
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok()?;
        header.set_sensitive(true);
        Some(Self { token, header, turn })
    }
}

/// When a token ends that is a JWT and says so: as RFC 7519 has it (`exp`), or as IMS writes it (`created_at` and
/// `expires_in`, in milliseconds).
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

/// The error of a call whose time was over while another one was minting.
fn waited(url: &Url, kind: Kind) -> Error {
    Report::of_request(Call::Mint, url, 0).into_error(kind, Outcome::Ended { sent: false })
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
