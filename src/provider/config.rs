//! The provider block and its environment variables, resolved to the API client's settings.
//!
//! HCL wins over the environment argument by argument. A value that is not known yet is never replaced by a default:
//! the provider is then [`Resolved::Deferred`] and sends nothing.

mod credentials;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

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

/// Where access tokens are minted, whatever the region (Adobe Developer Console, "Server-to-server authentication").
pub const DEFAULT_IMS_ENDPOINT: &str = "https://ims-na1.adobelogin.com";
/// The static key of the customer-managed key API (Adobe's API guide); it is not the client id.
pub const DEFAULT_API_KEY: &str = "acp_provisioning";
/// The scopes a project with the Experience Platform API has (Adobe Developer Console).
pub const DEFAULT_SCOPES: &str =
    "openid,AdobeID,session,read_organizations,additional_info.projectedProductContext";
/// One HTTP attempt.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Attempts after the first.
pub const DEFAULT_MAX_RETRIES: u32 = 5;
/// More attempts than this only hide a broken network.
const MOST_RETRIES: i64 = 100;

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
/// Everything that is wrong, each naming the argument with both spellings. None of them holds a secret.
pub fn resolve(
    config: &ProviderConfig,
    environment: Environment<'_>,
    user_agent: String,
) -> Result<Resolved, Vec<ConfigError>> {
    let mut reader = Reader { environment, proxies: None, unknown: Vec::new(), errors: Vec::new() };
    match Proxies::read(environment) {
        Ok(proxies) => reader.proxies = Some(proxies),
        Err(error) => reader.errors.push(error),
    }
    let org_id = reader.org_id(config);
    let endpoint = reader.endpoint(config);
    let route = endpoint.as_ref().map(|endpoint| reader.route_to(endpoint)).unwrap_or_default();
    let credentials = reader.credentials(config);
    let ims_route = match &credentials {
        Some(Credentials::ClientSecret { ims_endpoint, .. }) => reader.route_to(ims_endpoint),
        Some(Credentials::Token(_)) | None => Route::Direct,
    };
    let api_key = reader
        .text(&config.api_key, API_KEY)
        .or_default(DEFAULT_API_KEY)
        .and_then(|found| reader.header_value(found, API_KEY));
    let request_timeout = reader.request_timeout(config);
    let max_retries = reader.max_retries(config);
    let ca_cert_file = match reader.text(&config.ca_cert_file, CA_CERT_FILE) {
        Setting::Known(found) => Some(Some(PathBuf::from(found.value))),
        Setting::Absent => Some(None),
        Setting::Unknown => None,
    };
    let set = |variable| environment(variable).filter(|value| !value.is_empty());
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    match (
        org_id.clone(),
        endpoint,
        credentials,
        api_key,
        request_timeout,
        max_retries,
        ca_cert_file,
    ) {
        (
            Some(org_id),
            Some(endpoint),
            Some(credentials),
            Some(api_key),
            Some(request_timeout),
            Some(max_retries),
            Some(ca_cert_file),
        ) => Ok(Resolved::Ready(Box::new(Settings {
            org_id,
            endpoint,
            route,
            ims_route,
            api_key,
            credentials,
            request_timeout,
            max_retries,
            root_sources: RootSources {
                file: set("SSL_CERT_FILE").map(PathBuf::from),
                folders: set("SSL_CERT_DIR")
                    .iter()
                    .flat_map(std::env::split_paths)
                    .filter(|folder| !folder.as_os_str().is_empty())
                    .collect(),
            },
            ca_cert_file,
            user_agent,
        }))),
        _ => Ok(Resolved::Deferred(Deferred { unknown: reader.unknown, org_id })),
    }
}

/// Checks what the provider block itself says, without the environment: what is missing may come from there.
pub fn validate(config: &ProviderConfig) -> Vec<ConfigError> {
    match resolve(config, &|_| None, String::new()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().filter(|error| !error.missing).collect(),
    }
}

/// One argument's value, from wherever.
enum Setting {
    Known(Found),
    Unknown,
    Absent,
}

/// A value and where it was found.
struct Found {
    value: String,
    from_variable: bool,
}

impl Setting {
    /// The value, or the default where the argument is absent; `None` where it is unknown.
    fn or_default(self, default: &str) -> Option<Found> {
        match self {
            Self::Known(found) => Some(found),
            Self::Unknown => None,
            Self::Absent => Some(Found { value: default.to_owned(), from_variable: false }),
        }
    }
}

/// Reads arguments, and collects what is unknown and what is wrong.
struct Reader<'a> {
    environment: Environment<'a>,
    /// `None` where they could not be read.
    proxies: Option<Proxies>,
    unknown: Vec<&'static str>,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    /// A variable that is set to nothing is not set: CI systems pass empty ones for missing secrets.
    fn variable(&self, argument: Argument) -> Option<String> {
        let value = (self.environment)(argument.variable)?;
        let value = trimmed(&value);
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn text(&mut self, hcl: &Value<String>, argument: Argument) -> Setting {
        match hcl {
            Value::Unknown => {
                self.unknown.push(argument.name);
                Setting::Unknown
            }
            Value::Value(value) => {
                let value = trimmed(value);
                if value.is_empty() {
                    self.errors.push(ConfigError::wrong(
                        argument,
                        false,
                        "it is empty; give it a value or leave it out".to_owned(),
                    ));
                    return Setting::Unknown;
                }
                Setting::Known(Found { value: value.to_owned(), from_variable: false })
            }
            Value::Null => match self.variable(argument) {
                Some(value) => Setting::Known(Found { value, from_variable: true }),
                None => Setting::Absent,
            },
        }
    }

    /// What goes into an HTTP header: visible ASCII. The value is not repeated in the message, it may be a token.
    fn header_value(&mut self, found: Found, argument: Argument) -> Option<String> {
        if found.value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(found.value);
        }
        self.errors.push(ConfigError::wrong(
            argument,
            found.from_variable,
            "it has a space, a line break or a non-ASCII character in it, which cannot be sent"
                .to_owned(),
        ));
        None
    }

    fn org_id(&mut self, config: &ProviderConfig) -> Option<String> {
        match self.text(&config.org_id, ORG_ID) {
            Setting::Known(found) => {
                let from_variable = found.from_variable;
                let org_id = self.header_value(found, ORG_ID)?;
                match org_id.strip_suffix("@AdobeOrg") {
                    Some(prefix) if !prefix.is_empty() && !prefix.contains('@') => Some(org_id),
                    _ => {
                        self.errors.push(ConfigError::wrong(
                            ORG_ID,
                            from_variable,
                            format!(
                                "{org_id:?} is not an IMS organisation id, which looks like \
                                 \"1234567890ABCDEF12345678@AdobeOrg\" (Adobe Developer Console, project overview)"
                            ),
                        ));
                        None
                    }
                }
            }
            Setting::Unknown => None,
            Setting::Absent => {
                self.errors.push(ConfigError::missing(
                    &[ORG_ID],
                    "The IMS organisation that owns the data has to be named.",
                ));
                None
            }
        }
    }

    /// `endpoint` from wherever overrides `region`, so an unknown region does not matter beside a known endpoint.
    fn endpoint(&mut self, config: &ProviderConfig) -> Option<Url> {
        match self.text(&config.endpoint, ENDPOINT) {
            Setting::Known(found) => return self.base_url(&found, ENDPOINT),
            Setting::Unknown => return None,
            Setting::Absent => {}
        }
        let found = self.text(&config.region, REGION).or_default(DEFAULT_REGION)?;
        let region = found.value.to_ascii_lowercase();
        let is_code = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let host = match region.as_str() {
            DEFAULT_REGION => "platform.adobe.io".to_owned(),
            code if is_code => format!("platform-{code}.adobe.io"),
            _ => {
                self.errors.push(ConfigError::wrong(
                    REGION,
                    found.from_variable,
                    format!(
                        "{:?} is not a region code, which consists of letters and digits; the known ones are \
                         {}; for a whole address use `endpoint`",
                        found.value,
                        KNOWN_REGIONS.join(", ")
                    ),
                ));
                return None;
            }
        };
        Url::parse(&format!("https://{host}/")).ok()
    }

    fn route_to(&mut self, target: &Url) -> Route {
        match self.proxies.as_ref().map(|proxies| proxies.route_to(target)) {
            Some(Ok(route)) => route,
            Some(Err(error)) => {
                self.errors.push(error);
                Route::Direct
            }
            None => Route::Direct,
        }
    }

    fn base_url(&mut self, found: &Found, argument: Argument) -> Option<Url> {
        match base_url(&found.value) {
            Ok(url) => Some(url),
            Err(why) => {
                self.errors.push(ConfigError::wrong(argument, found.from_variable, why.to_owned()));
                None
            }
        }
    }

    fn request_timeout(&mut self, config: &ProviderConfig) -> Option<Duration> {
        match self.text(&config.request_timeout, REQUEST_TIMEOUT) {
            Setting::Absent => Some(DEFAULT_REQUEST_TIMEOUT),
            Setting::Unknown => None,
            Setting::Known(found) => match duration::parse(&found.value) {
                Ok(duration) => Some(duration),
                Err(why) => {
                    self.errors.push(ConfigError::wrong(
                        REQUEST_TIMEOUT,
                        found.from_variable,
                        why.to_string(),
                    ));
                    None
                }
            },
        }
    }

    fn max_retries(&mut self, config: &ProviderConfig) -> Option<u32> {
        let (count, from_variable) = match config.max_retries {
            Value::Unknown => {
                self.unknown.push(MAX_RETRIES.name);
                return None;
            }
            Value::Value(count) => (Some(count), false),
            Value::Null => match self.variable(MAX_RETRIES) {
                Some(text) => (text.parse().ok(), true),
                None => return Some(DEFAULT_MAX_RETRIES),
            },
        };
        match count {
            Some(count) if (0..=MOST_RETRIES).contains(&count) => u32::try_from(count).ok(),
            _ => {
                self.errors.push(ConfigError::wrong(
                    MAX_RETRIES,
                    from_variable,
                    format!("it has to be a whole number from 0 to {MOST_RETRIES}"),
                ));
                None
            }
        }
    }
}

/// A base URL that credentials may be sent to: https, or plain http on this machine.
fn base_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(
        |_| "it is not a URL; write the whole address, such as \"https://platform.adobe.io\"",
    )?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it has a user name or a password in it; credentials have arguments of their own",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment; write the base URL only");
    }
    if url.host().is_none() {
        return Err(
            "it has no host; write the whole address, such as \"https://platform.adobe.io\"",
        );
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(
            "plain http is accepted for loopback addresses only, as credentials would go over the network \
             in clear; write https",
        ),
        _ => Err(
            "its scheme is not https; write the whole address, such as \"https://platform.adobe.io\"",
        ),
    }
}

/// The process's environment. A variable that is not text counts as not set.
pub fn from_process(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// What the provider calls itself in `User-Agent`, for whom it works, and what the CLI's users may append (`TF_APPEND_USER_AGENT`).
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
