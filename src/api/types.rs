//! What goes over the wire, and what callers get of it.
//!
//! Decoding is tolerant where Adobe's pages are silent: unknown fields are ignored, a text may be a
//! number, and both documented shapes of a configuration are understood wherever one is expected.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// The only type of configuration there is, also the query of the status call. Adobe's API page:
/// `BYOK_CONFIG`.
pub(super) const CONFIG_TYPE: &str = "BYOK_CONFIG";

/// The only provider of keys that can be submitted. Adobe's API page: `AZURE_KEYVAULT`.
const PROVIDER_TYPE: &str = "AZURE_KEYVAULT";

/// Adobe's multi-tenant app, which has to be given access to the key vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRegistration {
    /// `byok` in Adobe's sample.
    pub id: String,
    /// The app's name.
    pub name: String,
    /// The app's identifier URI.
    pub application_uri: String,
    /// The app's client id in Azure.
    pub application_id: String,
    /// The page where a person accepts the app, verbatim: its query is not percent-encoded, so
    /// re-encoding changes it.
    pub application_redirect_url: String,
}

/// A customer-managed-key configuration as Adobe responds with it. Only `id` and `status` are
/// always there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Adobe's id; another submission under the same name gets another one.
    pub id: String,
    /// How far it is. Of a submission's two statuses, the outer one.
    pub status: Status,
    /// The `name` of the response: an app-style name, not the configuration's own.
    pub application_name: Option<String>,
    /// `type`, mostly `BYOK_CONFIG`.
    pub config_type: Option<String>,
    /// `configData.providerType`, mostly `AZURE_KEYVAULT`.
    pub provider_type: Option<String>,
    /// The Azure subscription; only the status endpoint has it.
    pub subscription_id: Option<String>,
    /// `configData.keyVaultKeyIdentifier`: the key's URL.
    pub key_identifier: Option<String>,
    /// What the response's `Retry-After` asks to leave between two looks.
    pub retry_after: Option<Duration>,
}

/// How far a configuration is, as Adobe spells it. The set is open: what is neither `COMPLETED` nor
/// `FAILED`, in any letter case, is pending.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Status(String);

impl Status {
    /// The status as Adobe spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In effect.
    pub fn is_completed(&self) -> bool {
        self.0.eq_ignore_ascii_case("COMPLETED")
    }

    /// It came to nothing; no reason is given.
    pub fn is_failed(&self) -> bool {
        self.0.eq_ignore_ascii_case("FAILED")
    }

    /// Neither.
    pub fn is_pending(&self) -> bool {
        !self.is_completed() && !self.is_failed()
    }
}

impl From<&str> for Status {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of a submission.
pub(super) fn submission(name: &str, org_id: &str, key_identifier: &str) -> String {
    json!({
        "name": name,
        "type": CONFIG_TYPE,
        "imsOrgId": org_id,
        "configData": {"providerType": PROVIDER_TYPE, "keyVaultKeyIdentifier": key_identifier},
    })
    .to_string()
}

/// Why a success cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    /// Not the JSON that is expected.
    #[error("it is not the expected JSON")]
    Json,
    /// A field without which the response is of no use.
    #[error("`{0}` is missing in it")]
    Missing(&'static str),
}

/// Decodes the app registration. All five documented fields have to be there.
pub(super) fn app_registration(body: &[u8]) -> Result<AppRegistration, Malformed> {
    let app = object(body)?;
    let required = |field| text(&app, field).ok_or(Malformed::Missing(field));
    Ok(AppRegistration {
        id: required("id")?,
        name: required("name")?,
        application_uri: required("applicationUri")?,
        application_id: required("applicationId")?,
        application_redirect_url: required("applicationRedirectUrl")?,
    })
}

/// Decodes a configuration: flat from the status endpoint; from a submission, nested under `config`
/// with a second status. What the outer part says wins. Without id or status it is of no use.
/// `configData.keyName` is left out on purpose: it holds the configuration's name.
pub(super) fn configuration(body: &[u8]) -> Result<Configuration, Malformed> {
    let outer = object(body)?;
    let nested = outer.get("config").and_then(Value::as_object);
    let field = |name| text(&outer, name).or_else(|| text(nested?, name));
    let key = [Some(&outer), nested]
        .into_iter()
        .flatten()
        .find_map(|part| part.get("configData")?.as_object());
    Ok(Configuration {
        id: field("id").ok_or(Malformed::Missing("id"))?,
        status: Status(field("status").ok_or(Malformed::Missing("status"))?),
        application_name: field("name"),
        config_type: field("type"),
        provider_type: key.and_then(|key| text(key, "providerType")),
        subscription_id: field("subscriptionId"),
        key_identifier: key.and_then(|key| text(key, "keyVaultKeyIdentifier")),
        retry_after: None,
    })
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Malformed> {
    serde_json::from_slice(body).map_err(|_| Malformed::Json)
}

/// A text or a number; everything else, and an empty text, counts as not there.
fn text(object: &Map<String, Value>, field: &str) -> Option<String> {
    match object.get(field)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "tests/types.rs"]
mod tests;
