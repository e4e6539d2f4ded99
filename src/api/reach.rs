//! A request without credentials, to any host: whether its name resolves, whether TLS verifies, and
//! which way to sign in it asks for. It takes of the settings what they say of connections, and no
//! header of theirs.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use url::Url;

use super::attempt::Transport;
use super::error::{Call, Error};
use super::response::Request;
use super::retry::Backoff;
use super::secret::Scrubber;
use super::{Limits, Route, Settings};

/// How a host responded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The HTTP status.
    pub status: u16,
    /// `WWW-Authenticate`
    pub challenge: Option<String>,
}

/// `GET`s `url`, once: somebody waits for it. Any response counts, also one that is an error to
/// others; a redirect is not followed.
///
/// # Errors
/// There was no response.
pub async fn reach(
    url: &Url,
    route: &Route,
    settings: &Settings,
    limits: &Limits,
) -> Result<Reached, Error> {
    let settings = Settings {
        route: route.clone(),
        ims_route: Route::Direct,
        user_agent: String::new(),
        ..settings.clone()
    };
    let request = Request {
        call: Call::Read,
        url: url.clone(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        scrubber: Scrubber(settings.proxy_secrets()),
    };
    let transport = Transport::new(&settings, Backoff::default())?;
    let error = match transport.attempt(&request, 1, limits).await {
        Ok(response) => {
            let challenge = response.report.challenge;
            return Ok(Reached { status: response.report.status.unwrap_or_default(), challenge });
        }
        Err(error) => error,
    };
    match error.status {
        Some(status) => Ok(Reached { status, challenge: error.challenge.clone() }),
        None => Err(error),
    }
}
