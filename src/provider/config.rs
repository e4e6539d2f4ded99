//! The provider block and its environment variables, resolved to the API client's settings.
//!
//! HCL wins over the environment argument by argument. A value that is not known yet is never
//! replaced by a default: the provider is then [`Resolved::Deferred`] and sends nothing.

mod credentials;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;
use url::Url;

use crate::api::{Credentials, RootSources, Route, Settings};
use crate::provider::arguments::{
    API_KEY, Argument, CA_CERT_FILE, DEFAULT_REGION, ENDPOINT, Environment, KNOWN_REGIONS,
    MAX_RETRIES, ORG_ID, REGION, REQUEST_TIMEOUT, trimmed,
};
use crate::provider::diagnostics::ConfigError;
use crate::provider::duration;
use crate::provider::proxy::{Proxies, is_loopback};

/// More attempts than this only hide a broken network.
const MOST_RETRIES: u32 = 100;

/// The provider block as written. It holds secrets, so it has no `Debug`.
#[derive(Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProviderConfig {
    pub org_id: Value<String>,
    pub region: Value<String>,
    pub endpoint: Value<String>,
    pub access_token: Value<String>,
    pub client_id: Value<String>,
    pub client_secret: Value<String>,
    pub scopes: Value<Vec<Value<String>>>,
    pub ims_endpoint: Value<String>,
    pub api_key: Value<String>,
    pub request_timeout: Value<String>,
    pub max_retries: Value<i64>,
    pub ca_cert_file: Value<String>,
}

/// What is known of the connection while some arguments are unknown.
#[derive(Clone, Debug, Default)]
pub struct Deferred {
    /// The arguments that are not known yet.
    pub unknown: Vec<&'static str>,
    /// The organisation, where it is known.
    pub org_id: Option<String>,
}

/// The outcome of [`resolve`].
pub enum Resolved {
    /// Everything is known.
    Ready(Box<Settings>),
    /// Something that the connection needs is not known before apply.
    Deferred(Deferred),
}

/// Resolves the provider block and the environment.
///
/// # Errors
/// Everything that is wrong, each naming the argument with both spellings. None of them holds a
/// secret.
pub fn resolve(
    config: &ProviderConfig,
    environment: Environment<'_>,
    user_agent: String,
) -> Result<Resolved, Vec<ConfigError>> {
    let mut reader =
        Reader { environment, proxies: None, deferred: Deferred::default(), errors: Vec::new() };
    let settings = reader.settings(config, user_agent);
    match settings {
        _ if !reader.errors.is_empty() => Err(reader.errors),
        Some(settings) => Ok(Resolved::Ready(Box::new(settings))),
        None => Ok(Resolved::Deferred(reader.deferred)),
    }
}

/// Checks what the provider block itself says, without the environment: what is missing may come
/// from there.
pub fn validate(config: &ProviderConfig) -> Vec<ConfigError> {
    match resolve(config, &|_| None, String::new()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().filter(|error| !error.missing).collect(),
    }
}

/// Reads arguments, and collects what is unknown and what is wrong.
struct Reader<'a> {
    environment: Environment<'a>,
    /// `None` where they could not be read.
    proxies: Option<Proxies>,
    deferred: Deferred,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    /// Everything, or `None` where something of it is unknown or wrong.
    fn settings(&mut self, config: &ProviderConfig, user_agent: String) -> Option<Settings> {
        match Proxies::read(self.environment) {
            Ok(proxies) => self.proxies = Some(proxies),
            Err(error) => self.errors.push(error),
        }
        let org_id = self.required(
            &config.org_id,
            &ORG_ID,
            "The IMS organisation that owns the data has to be named.",
            organisation,
        );
        self.deferred.org_id.clone_from(&org_id);
        let endpoint = self.endpoint(config);
        let route = self.route_to(endpoint.as_ref());
        let credentials = self.credentials(config);
        let ims_route = self.route_to(match &credentials {
            Some(Credentials::ClientSecret { ims_endpoint, .. }) => Some(ims_endpoint),
            Some(Credentials::Token(_)) | None => None,
        });
        let api_key = self.read(&config.api_key, &API_KEY, header_value).as_option();
        let request_timeout = self
            .read(&config.request_timeout, &REQUEST_TIMEOUT, |text| {
                duration::parse(text).map_err(|why| why.to_string())
            })
            .as_option();
        let max_retries = config.max_retries.map(|count| count.to_string());
        let max_retries = self.read(&max_retries, &MAX_RETRIES, retries).as_option();
        let ca_cert_file =
            self.read(&config.ca_cert_file, &CA_CERT_FILE, |text| Ok(PathBuf::from(text)));
        let set = |variable| (self.environment)(variable).filter(|value| !value.is_empty());
        Some(Settings {
            org_id: org_id?,
            endpoint: endpoint?,
            route,
            ims_route,
            api_key: api_key?,
            credentials: credentials?,
            request_timeout: request_timeout?,
            max_retries: max_retries?,
            root_sources: RootSources {
                file: set("SSL_CERT_FILE").map(PathBuf::from),
                folders: set("SSL_CERT_DIR")
                    .iter()
                    .flat_map(std::env::split_paths)
                    .filter(|folder| !folder.as_os_str().is_empty())
                    .collect(),
            },
            ca_cert_file: match ca_cert_file {
                Value::Unknown => return None,
                file => file.as_option(),
            },
            user_agent,
        })
    }

    /// A variable that is set to nothing is not set: CI systems pass empty ones for missing
    /// secrets.
    fn variable(&self, argument: &Argument) -> Option<String> {
        let value = (self.environment)(argument.variable)?;
        let value = trimmed(&value);
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The block's value, or the variable's, or the default. One that cannot be used is noted, and
    /// counts as unknown.
    fn read<T>(
        &mut self,
        hcl: &Value<String>,
        argument: &'static Argument,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Value<T> {
        let variable = self.variable(argument);
        let (text, from_variable) = match (hcl, &variable, argument.default) {
            (Value::Unknown, ..) => {
                self.deferred.unknown.push(argument.name);
                return Value::Unknown;
            }
            (Value::Value(text), ..) => (trimmed(text), false),
            (Value::Null, Some(text), _) => (text.as_str(), true),
            (Value::Null, None, Some(default)) => (default, false),
            (Value::Null, None, None) => return Value::Null,
        };
        let parsed = match text {
            "" => Err("it is empty; give it a value or leave it out".to_owned()),
            text => parse(text),
        };
        match parsed {
            Ok(value) => Value::Value(value),
            Err(why) => {
                self.errors.push(ConfigError::wrong(argument, from_variable, &why));
                Value::Unknown
            }
        }
    }

    /// [`Self::read`], where there has to be a value.
    fn required<T>(
        &mut self,
        hcl: &Value<String>,
        argument: &'static Argument,
        why: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.read(hcl, argument, parse);
        if value.is_null() {
            self.errors.push(ConfigError::missing(&[argument], why));
        }
        value.as_option()
    }

    /// `endpoint` from wherever overrides `region`, so an unknown region does not matter beside a
    /// known endpoint.
    fn endpoint(&mut self, config: &ProviderConfig) -> Option<Url> {
        let parse = |text: &str| base_url(text, "https://platform.adobe.io");
        match self.read(&config.endpoint, &ENDPOINT, parse) {
            Value::Null => self.read(&config.region, &REGION, region_url).as_option(),
            endpoint => endpoint.as_option(),
        }
    }

    fn route_to(&mut self, target: Option<&Url>) -> Route {
        let route = self.proxies.as_ref().zip(target).map(|(proxies, url)| proxies.route_to(url));
        route
            .transpose()
            .unwrap_or_else(|error| {
                self.errors.push(error);
                None
            })
            .unwrap_or_default()
    }
}

/// What goes into an HTTP header: visible ASCII. The value is not repeated in the message, it may
/// be a token.
fn header_value(text: &str) -> Result<String, String> {
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => {
            Err("it has a space, a line break or a non-ASCII character in it, which cannot be \
                      sent"
                .to_owned())
        }
    }
}

fn organisation(text: &str) -> Result<String, String> {
    let org_id = header_value(text)?;
    match org_id.strip_suffix("@AdobeOrg") {
        Some(prefix) if !prefix.is_empty() && !prefix.contains('@') => Ok(org_id),
        _ => Err(format!(
            "{org_id:?} is not an IMS organisation id, which looks like \
             \"1234567890ABCDEF12345678@AdobeOrg\" (Adobe Developer Console, project overview)"
        )),
    }
}

/// The API's address in a region.
fn region_url(text: &str) -> Result<Url, String> {
    let code = text.to_ascii_lowercase();
    let host = match code.as_str() {
        DEFAULT_REGION => "platform.adobe.io".to_owned(),
        code => format!("platform-{code}.adobe.io"),
    };
    let url = Url::parse(&format!("https://{host}/")).ok();
    url.filter(|_| code.bytes().all(|b| b.is_ascii_alphanumeric())).ok_or_else(|| {
        format!(
            "{text:?} is not a region code, which consists of letters and digits; the known ones \
             are {}; for a whole address use `endpoint`",
            KNOWN_REGIONS.join(", ")
        )
    })
}

fn retries(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|count| *count <= MOST_RETRIES);
    count.ok_or_else(|| format!("it has to be a whole number from 0 to {MOST_RETRIES}"))
}

/// A base URL that credentials may be sent to: https, or plain http on this machine.
fn base_url(text: &str, example: &str) -> Result<Url, String> {
    let whole = |what| format!("{what}; write the whole address, such as {example:?}");
    let url = Url::parse(text).map_err(|_| whole("it is not a URL"))?;
    let why = match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            "it has a user name or a password in it; credentials have arguments of their own"
        }
        _ if url.query().is_some() || url.fragment().is_some() => {
            "it has a query or a fragment; write the base URL only"
        }
        "https" => return Ok(url),
        "http" if is_loopback(&url) => return Ok(url),
        "http" => {
            "plain http is accepted for loopback addresses only, as credentials would go over the \
             network in clear; write https"
        }
        _ => return Err(whole("its scheme is not https")),
    };
    Err(why.to_owned())
}

/// The process's environment. A variable that is not text counts as not set.
pub fn from_process(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// What the provider calls itself in `User-Agent`, for whom it works, and what the CLI's users may
/// append (`TF_APPEND_USER_AGENT`).
pub fn user_agent(caller: &str, environment: Environment<'_>) -> String {
    let mut agent = format!(
        "{}/{} (+https://registry.terraform.io/providers/aep-cmk/aep) {caller}",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
    if let Some(appended) = environment("TF_APPEND_USER_AGENT") {
        let appended = appended.trim();
        if !appended.is_empty() {
            agent.push(' ');
            agent.push_str(appended);
        }
    }
    agent
}
