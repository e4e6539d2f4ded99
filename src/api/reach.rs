//! A request without credentials, to any host: whether its name resolves, whether TLS verifies, and which way to sign in it asks
//! for. It takes of the settings what they say of connections, and no header of theirs.

use reqwest::header::HeaderMap;
use url::Url;

use super::attempt::{Setup, Transport};
use super::error::Error;
use super::response::Request;
use super::retry::{Backoff, Call};
use super::secret::Scrubber;
use super::{Limits, Proxy, Route, Settings};

/// What a host responded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The HTTP status.
    pub status: u16,
    /// `WWW-Authenticate`
    pub challenge: Option<String>,
}

/// `GET`s `url`, once: somebody waits for it. Any response counts, also one that is an error to others; a redirect is not followed.
///
/// # Errors
/// There was no response.
pub async fn reach(
    url: &Url,
    route: &Route,
    settings: &Settings,
    limits: &Limits,
) -> Result<Reached, Error> {
    let transport = Transport::new(Setup {
        route: route.clone(),
        ims_route: Route::Direct,
        root_sources: settings.root_sources.clone(),
        ca_cert_file: settings.ca_cert_file.as_deref(),
        user_agent: None,
        request_timeout: settings.request_timeout,
        max_retries: 0,
        backoff: Backoff::default(),
    })?;
    let request = Request {
        call: Call::Read,
        url: url.clone(),
        headers: HeaderMap::new(),
        body: Vec::new(),
        scrubber: Scrubber(route.proxy().map(Proxy::secrets).unwrap_or_default()),
    };
    match transport.attempt(&request, 1, limits).await {
        Ok(response) => {
            Ok(Reached { status: response.status, challenge: response.report.challenge })
        }
        Err(error) => match error.http_status() {
            Some(status) => Ok(Reached { status, challenge: error.0.challenge }),
            None => Err(error),
        },
    }
}
