//! What goes over the wire, and what callers get of it.
//!
//! Decoding is tolerant where Adobe's pages are silent: unknown fields are ignored, a text may be a number, and both
//! documented shapes of a configuration are understood wherever one is expected.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The only type of configuration there is, also the query of the status call. Adobe's API page: `BYOK_CONFIG`.
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
    /// The page where a person accepts the app, verbatim: its query is not percent-encoded, so re-encoding changes it.
    pub application_redirect_url: String,
}

/// A customer-managed-key configuration as Adobe responds with it. Only `id` and `status` are always there.
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
    /// The Azure subscription; only the status endpoint responds with it.
    pub subscription_id: Option<String>,
    /// `configData.keyVaultKeyIdentifier`: the key's URL.
    pub key_identifier: Option<String>,
    /// What the response's `Retry-After` asks to leave between two looks.
    pub retry_after: Option<Duration>,
}

/// How far a configuration is, as Adobe spells it. The set is open: what is neither `COMPLETED` nor `FAILED`, in any letter
/// case, is pending.
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

/// The body of a submission, its keys in the order of Adobe's sample.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Submission<'a> {
    name: &'a str,
    r#type: &'a str,
    ims_org_id: &'a str,
    config_data: SubmittedKey<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubmittedKey<'a> {
    provider_type: &'a str,
    key_vault_key_identifier: &'a str,
}

/// The body of a submission.
pub(super) fn submission(
    name: &str,
    org_id: &str,
    key_identifier: &str,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Submission {
        name,
        r#type: CONFIG_TYPE,
        ims_org_id: org_id,
        config_data: SubmittedKey {
            provider_type: PROVIDER_TYPE,
            key_vault_key_identifier: key_identifier,
        },
    })
}

/// Why a success cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum Garbled {
    /// Not the JSON that is expected.
    #[error("it is not the expected JSON")]
    Json(#[from] serde_json::Error),
    /// A field without which the answer is of no use.
    #[error("`{0}` is missing in it")]
    Missing(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireApp {
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    application_uri: Option<String>,
    #[serde(default, deserialize_with = "text")]
    application_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    application_redirect_url: Option<String>,
}

/// A configuration: flat in the status call's answer; in a submission's, nested under `config` with a second status.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireConfiguration {
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    r#type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    subscription_id: Option<String>,
    config_data: Option<WireKey>,
    config: Option<Box<WireConfiguration>>,
}

/// `configData`. Its `keyName` is left out on purpose: it holds the configuration's name.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireKey {
    #[serde(default, deserialize_with = "text")]
    provider_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    key_vault_key_identifier: Option<String>,
}

impl WireConfiguration {
    /// The nested part lifted out; what the outer part says wins.
    fn flat(self) -> Self {
        let Some(inner) = self.config else {
            return self;
        };
        let inner = inner.flat();
        Self {
            id: self.id.or(inner.id),
            status: self.status.or(inner.status),
            name: self.name.or(inner.name),
            r#type: self.r#type.or(inner.r#type),
            subscription_id: self.subscription_id.or(inner.subscription_id),
            config_data: self.config_data.or(inner.config_data),
            config: None,
        }
    }
}

/// Decodes the app registration. All five documented fields have to be there.
pub(super) fn app_registration(body: &[u8]) -> Result<AppRegistration, Garbled> {
    let wire: WireApp = serde_json::from_slice(body)?;
    Ok(AppRegistration {
        id: wire.id.ok_or(Garbled::Missing("id"))?,
        name: wire.name.ok_or(Garbled::Missing("name"))?,
        application_uri: wire.application_uri.ok_or(Garbled::Missing("applicationUri"))?,
        application_id: wire.application_id.ok_or(Garbled::Missing("applicationId"))?,
        application_redirect_url: wire
            .application_redirect_url
            .ok_or(Garbled::Missing("applicationRedirectUrl"))?,
    })
}

/// Decodes a configuration of either shape. Without id or status it is of no use.
pub(super) fn configuration(body: &[u8]) -> Result<Configuration, Garbled> {
    let wire: WireConfiguration = serde_json::from_slice(body)?;
    let wire = wire.flat();
    let key = wire.config_data.unwrap_or_default();
    Ok(Configuration {
        id: wire.id.ok_or(Garbled::Missing("id"))?,
        status: Status(wire.status.ok_or(Garbled::Missing("status"))?),
        application_name: wire.name,
        config_type: wire.r#type,
        provider_type: key.provider_type,
        subscription_id: wire.subscription_id,
        key_identifier: key.key_vault_key_identifier,
        retry_after: None,
    })
}

/// A text or a number; everything else, and an empty text, counts as not there.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
#[path = "tests/types.rs"]
mod tests;
