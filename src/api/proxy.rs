//! A proxy, as whoever reads the settings decided on it.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use url::Url;

use super::secret::Secret;

/// A proxy that requests go through. `Debug` and `Display` leave user and password out.
#[derive(Clone)]
pub struct Proxy {
    /// Without user info.
    url: Url,
    variable: &'static str,
    authorization: Option<Secret>,
    passwords: Vec<Secret>,
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
    /// A proxy at `url`, with its user info, that `variable` names. reqwest speaks `http` and
    /// `https` to it.
    pub fn new(mut url: Url, variable: &'static str) -> Self {
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let password = url.password();
        let pair = format!("{}:{}", decoded(url.username()), decoded(password.unwrap_or_default()));
        let basic = BASE64_STANDARD.encode(Secret::new(pair).expose());
        let mut passwords = Vec::new();
        if let Some(password) = password {
            passwords = vec![
                Secret::new(basic.as_str()),
                Secret::new(decoded(password)),
                Secret::new(password),
            ];
        }
        let has_user_info = password.is_some() || !url.username().is_empty();
        let authorization = has_user_info.then(|| Secret::new(format!("Basic {basic}")));
        // These fail only for URLs without a host, which have no user info either.
        _ = url.set_username("");
        _ = url.set_password(None);
        Self { url, variable, authorization, passwords }
    }

    /// How the proxy is spoken with.
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The variable that names it.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// The address, without user info.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The value of `Proxy-Authorization`.
    pub(super) fn authorization(&self) -> Option<&Secret> {
        self.authorization.as_ref()
    }

    /// What must not show of it: the password, and the header that carries it.
    pub(super) fn secrets(&self) -> &[Secret] {
        &self.passwords
    }
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
