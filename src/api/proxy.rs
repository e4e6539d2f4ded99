//! A proxy, as whoever reads the settings decided on it.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use url::Url;

use super::secret::Secret;

/// A proxy that requests go through. `Debug` and `Display` leave user and password out.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    variable: &'static str,
}

/// How a host is asked.
#[derive(Clone, Debug, Default)]
pub enum Route {
    /// Directly: no proxy is for it.
    #[default]
    Direct,
    /// Directly, since this variable takes it out of what a proxy is for.
    Excepted(&'static str),
    /// Through a proxy.
    Proxy(Proxy),
}

impl Route {
    /// The proxy, if it goes through one.
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Proxy(proxy) => Some(proxy),
            Self::Direct | Self::Excepted(_) => None,
        }
    }
}

impl Proxy {
    /// A proxy at `url`, with its user info, that `variable` names. reqwest speaks `http` and `https` to it.
    pub fn new(url: Url, variable: &'static str) -> Self {
        Self { url, variable }
    }

    /// How the proxy is spoken with.
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The variable that names it.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// The address with what has to be sent to it.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The header that carries its user and password.
    pub(super) fn authorization(&self) -> Option<String> {
        let (user, password) = (self.url.username(), self.url.password());
        if user.is_empty() && password.is_none() {
            return None;
        }
        let pair = format!("{}:{}", decoded(user), decoded(password.unwrap_or_default()));
        Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
    }

    /// What must not show of it: the password, and the header that carries it.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let Some(password) = self.url.password() else { return Vec::new() };
        let pair = format!("{}:{}", decoded(self.url.username()), decoded(password));
        vec![
            Secret::new(BASE64_STANDARD.encode(pair)),
            Secret::new(decoded(password)),
            Secret::new(password),
        ]
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "{}://{host}{port} ({})", self.url.scheme(), self.variable)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
