//! Which proxy a request goes through: as the CLI itself decides, by the rules of Go's `net/http`
//! (golang.org/x/net/http/httpproxy). `ALL_PROXY` is not among its variables.

use std::net::IpAddr;

use url::{Host, Url};

use crate::api::{Proxy, Route};
use crate::provider::arguments::{Environment, trimmed};
use crate::provider::diagnostics::ConfigError;

/// What holds for anything that comes in: for the tests, and for the fuzz targets in `tests/fuzz`.
#[cfg(any(test, fuzzing))]
#[path = "../../tests/fuzz/checks/proxy.rs"]
pub mod fuzzing;

/// The proxies of the environment.
pub struct Proxies {
    https: Option<Proxy>,
    http: Option<Proxy>,
    direct: Vec<Rule>,
    /// The variable that `direct` is from.
    no_proxy: &'static str,
}

/// Hosts that are asked directly, from `NO_PROXY`.
#[derive(Debug, PartialEq)]
enum Rule {
    All,
    Network(IpAddr, u8),
    Address(IpAddr, Option<String>),
    Domain {
        /// With its leading dot.
        suffix: String,
        /// Not only what is below it.
        itself: bool,
        port: Option<String>,
    },
}

/// Whether the host is this machine: plain http may be spoken with it, and no proxy is asked for
/// it. Go's rule too.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

impl Proxies {
    /// Reads the variables, in either spelling: the first that is not empty counts, and blanks are
    /// not empty. Go's rule too; passing over them would go around a proxy that somebody meant
    /// to set.
    ///
    /// # Errors
    /// A proxy that cannot be understood, whether it would be used or not: a mistake should not
    /// wait for the day it matters.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let first = |spellings: [&'static str; 2]| {
            spellings.into_iter().find_map(|variable| {
                Some((variable, environment(variable)?)).filter(|(_, value)| !value.is_empty())
            })
        };
        let proxy = |spellings| match first(spellings) {
            None => Ok(None),
            Some((variable, value)) => match parsed(&value) {
                Ok(url) => Ok(Some(Proxy::new(url, variable))),
                Err(why) => Err(ConfigError::proxy(variable, why)),
            },
        };
        let (no_proxy, entries) = first(["NO_PROXY", "no_proxy"]).unwrap_or_default();
        Ok(Self {
            https: proxy(["HTTPS_PROXY", "https_proxy"])?,
            http: proxy(["HTTP_PROXY", "http_proxy"])?,
            direct: entries.split(',').filter_map(Rule::parse).collect(),
            no_proxy,
        })
    }

    /// The way to `target`.
    ///
    /// # Errors
    /// One that is spoken with in another way than the provider can.
    pub fn route_to(&self, target: &Url) -> Result<Route, ConfigError> {
        let proxy = match target.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        let (Some(proxy), Some(host)) = (proxy, target.host()) else { return Ok(Route::Direct) };
        let port = target.port_or_known_default().unwrap_or_default().to_string();
        if is_loopback(target) {
            return Ok(Route::Direct);
        }
        if self.direct.iter().any(|rule| rule.matches(&host, &port)) {
            return Ok(Route::Excepted(self.no_proxy));
        }
        match proxy.scheme() {
            "http" | "https" => Ok(Route::Proxy(proxy.clone())),
            scheme => Err(ConfigError::proxy(
                proxy.variable(),
                &format!(
                    "its scheme is `{scheme}`, and the provider can use `http` and `https` proxies"
                ),
            )),
        }
    }
}

/// The address of a proxy. One without a scheme is an `http` proxy.
fn parsed(value: &str) -> Result<Url, &'static str> {
    let value = trimmed(value);
    if value.is_empty() {
        return Err("it has only blanks in it; give it the address of a proxy, or unset it");
    }
    let whole = match value.contains("://") {
        true => value.to_owned(),
        false => format!("http://{value}"),
    };
    // What follows the host has no meaning, and may be the end of a password.
    Url::parse(&whole)
        .ok()
        .filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))
        .filter(|url| url.query().or(url.fragment()).is_none() && !url.path().contains('@'))
        .ok_or(
            "it is not the address of a proxy, such as \"http://proxy.example.com:3128\" (in a \
             user name and a password, `/`, `?`, `#` and `@` are percent-encoded)",
        )
}

impl Rule {
    /// One entry. What makes no sense is no rule, as in Go.
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_lowercase();
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = network(&entry) {
            return Some(Self::Network(address, bits));
        }
        let (host, port) = match split_port(&entry) {
            Some((host, port)) => (host, Some(port.to_owned()).filter(|port| !port.is_empty())),
            None => (entry.as_str(), None),
        };
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical(), port));
        }
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let (name, itself) = match host.strip_prefix('.') {
            Some(name) => (name, false),
            None if host.is_empty() => return None,
            None => (host, true),
        };
        let name = match Host::parse(name) {
            Ok(Host::Domain(ascii)) if !name.is_ascii() => ascii,
            _ => name.to_owned(),
        };
        Some(Self::Domain { suffix: format!(".{name}"), itself, port })
    }

    fn matches(&self, host: &Host<&str>, port: &str) -> bool {
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::from(*address)),
            Host::Ipv6(address) => Some(IpAddr::from(*address).to_canonical()),
        };
        let is_port = |wanted: &Option<String>| wanted.as_deref().is_none_or(|it| it == port);
        match (self, host, address) {
            (Self::All, _, _) => true,
            (Self::Network(network, bits), _, Some(address)) => contains(*network, *bits, address),
            (Self::Address(wanted, only), _, Some(address)) => *wanted == address && is_port(only),
            (Self::Domain { suffix, itself, port: only }, Host::Domain(name), _) => {
                let is_it = *itself && Some(*name) == suffix.strip_prefix('.');
                (is_it || name.ends_with(suffix.as_str())) && is_port(only)
            }
            _ => false,
        }
    }
}

/// `10.0.0.0/8`, `fe80::/10`. An IPv4 network may be written in IPv6 (`::ffff:10.0.0.0/104`).
fn network(entry: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = entry.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u8 = bits.bytes().all(|b| b.is_ascii_digit()).then(|| bits.parse().ok())??;
    let most = if address.is_ipv4() { 32 } else { 128 };
    match (bits <= most, address.to_canonical()) {
        (false, _) => None,
        (true, short) if short != address && bits >= 96 => Some((short, bits - 96)),
        (true, _) => Some((address, bits)),
    }
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let agree = |a: u128, b: u128, width: u32| {
        let rest = width.saturating_sub(u32::from(bits));
        a.checked_shr(rest).unwrap_or_default() == b.checked_shr(rest).unwrap_or_default()
    };
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => agree(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => agree(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

/// Go's `net.SplitHostPort`: `host:port` or `[IPv6]:port`; `None` where there is no port, or too
/// many.
fn split_port(entry: &str) -> Option<(&str, &str)> {
    let (host, port) = entry.rsplit_once(':')?;
    let bare = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    (!bare.contains(['[', ']']) && !port.contains(['[', ']'])).then_some((bare, port))
}

#[cfg(test)]
#[path = "proxy/tests.rs"]
mod tests;
