//! The state of `aep_cmk_config`, the private state beside it, and how Adobe's answer becomes state.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;
use url::Url;

use crate::api::{Configuration, Status};
use crate::key_identifier::KeyIdentifier;
use crate::provider::duration;

/// State, plan and configuration of the resource: one struct, as Terraform sees one object type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Model {
    pub name: Value<String>,
    pub key_vault_key_identifier: Value<String>,
    pub adopt_existing: Value<bool>,
    pub deletion_protection: Value<bool>,
    pub wait_for_completion: Value<bool>,
    pub failed_attempts: Value<i64>,
    pub timeouts: Value<Timeouts>,
    #[serde(flatten)]
    pub computed: Computed,
}

/// What Adobe answers. The data source has the same attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Computed {
    pub id: Value<String>,
    pub status: Value<String>,
    #[serde(rename = "type")]
    pub config_type: Value<String>,
    pub provider_type: Value<String>,
    pub ims_org_id: Value<String>,
    pub subscription_id: Value<String>,
    pub application_name: Value<String>,
    pub key_vault_uri: Value<String>,
    pub vault_name: Value<String>,
    pub key_name: Value<String>,
    pub key_version: Value<String>,
    pub versionless_key_identifier: Value<String>,
    pub managed_hsm: Value<bool>,
}

/// The `timeouts` block: Go duration strings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Timeouts {
    pub create: Value<String>,
    pub read: Value<String>,
    pub update: Value<String>,
}

/// Which of the three timeouts applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Submitting and waiting.
    Create,
    /// One look at the status endpoint.
    Read,
    /// Submitting again, or going on waiting.
    Update,
}

impl Operation {
    /// The attribute's name in the `timeouts` block.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
        }
    }

    /// The timeout where the block has none.
    pub const fn default_timeout(self) -> Duration {
        match self {
            Self::Create | Self::Update => Duration::from_secs(60 * 60),
            Self::Read => Duration::from_secs(5 * 60),
        }
    }
}

/// Private state: what Terraform stores beside the object and shows to nobody. No secret is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// The organisation the object was made in.
    pub org_id: Option<String>,
    /// The endpoint the object was last seen at.
    pub endpoint: Option<String>,
    /// Planned only: the plan of this create already said that an existing configuration will be adopted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adoption_announced: bool,
    /// Planned only: the object is protected, so a create that follows in the same plan is a replacement of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarded: Option<Guarded>,
}

/// The protected object a planned replacement would give up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarded {
    /// The configuration's name.
    pub name: String,
    /// The key that Adobe uses.
    pub key: String,
    /// Its last known status.
    pub status: String,
}

impl Private {
    /// Whether the object was last seen at this endpoint, or nobody knows where.
    pub fn is_made_at(&self, endpoint: &Url) -> bool {
        self.endpoint.as_deref().is_none_or(|made_at| made_at == endpoint.as_str())
    }

    /// What is stored: a plan's remarks are for its own apply.
    pub fn without_plan(self) -> Self {
        Self { adoption_announced: false, guarded: None, ..self }
    }
}

/// The value, or `None` where it is null or unknown.
pub fn known<T>(value: &Value<T>) -> Option<&T> {
    match value {
        Value::Value(value) => Some(value),
        Value::Null | Value::Unknown => None,
    }
}

/// `Some` as a value, `None` as null.
fn nullable<T>(value: Option<T>) -> Value<T> {
    value.map_or(Value::Null, Value::Value)
}

impl Model {
    /// The organisation, where the state has it.
    pub fn org_id(&self) -> Option<&str> {
        known(&self.computed.ims_org_id).map(String::as_str)
    }

    /// The name, where it is known.
    pub fn known_name(&self) -> Option<&str> {
        known(&self.name).map(String::as_str)
    }

    /// The key identifier, where it is known and well formed.
    pub fn known_key(&self) -> Option<KeyIdentifier> {
        known(&self.key_vault_key_identifier).and_then(|text| KeyIdentifier::parse(text).ok())
    }

    /// The key identifier as written, or an empty text.
    pub fn key_text(&self) -> &str {
        known(&self.key_vault_key_identifier).map_or("", String::as_str)
    }

    /// The stored status, where there is one.
    pub fn status(&self) -> Option<Status> {
        known(&self.computed.status).map(|text| Status::from(text.as_str()))
    }

    /// `adopt_existing`, `true` by default.
    pub fn adopts(&self) -> bool {
        known(&self.adopt_existing).copied().unwrap_or(true)
    }

    /// `deletion_protection`, `true` by default.
    pub fn is_protected(&self) -> bool {
        known(&self.deletion_protection).copied().unwrap_or(true)
    }

    /// `wait_for_completion`, `true` by default.
    pub fn waits(&self) -> bool {
        known(&self.wait_for_completion).copied().unwrap_or(true)
    }

    /// `failed_attempts`, 0 by default.
    pub fn attempts(&self) -> u32 {
        known(&self.failed_attempts).map_or(0, |count| u32::try_from(*count).unwrap_or(0))
    }

    /// The timeout of an operation. Malformed text was refused by validate; it counts as absent here.
    pub fn timeout(&self, operation: Operation) -> Duration {
        known(&self.timeouts)
            .and_then(|timeouts| {
                known(match operation {
                    Operation::Create => &timeouts.create,
                    Operation::Read => &timeouts.read,
                    Operation::Update => &timeouts.update,
                })
            })
            .and_then(|text| duration::parse(text).ok())
            .unwrap_or_else(|| operation.default_timeout())
    }

    /// The defaults, planned from the configuration: an argument that is not written has its default.
    pub fn with_defaults(mut self) -> Self {
        fill(&mut self.adopt_existing, true);
        fill(&mut self.deletion_protection, true);
        fill(&mut self.wait_for_completion, true);
        fill(&mut self.failed_attempts, 0);
        self
    }

    /// This plan, with what Adobe answered. A value that was planned as null or unknown cannot stay unknown.
    pub fn with_answer(&self, configuration: &Configuration, org_id: &str) -> Self {
        Self { computed: Computed::from_answer(configuration, org_id), ..self.settled() }
    }

    /// This plan beside an error, with what Adobe answered: the key is the one that Adobe uses.
    pub fn with_answer_beside_error(&self, configuration: &Configuration, org_id: &str) -> Self {
        let mut state = self.with_answer(configuration, org_id);
        let answered = KeyIdentifier::parse(&configuration.key_identifier).ok();
        if let (Some(planned), Some(answered)) = (state.known_key(), answered)
            && !planned.same_key(&answered)
        {
            state.key_vault_key_identifier = Value::Value(configuration.key_identifier.clone());
        }
        state
    }

    /// The object while it is uncertain whether Adobe took the submission: a name and no id.
    pub fn uncertain(&self, org_id: &str) -> Self {
        Self {
            computed: Computed {
                ims_org_id: Value::Value(org_id.to_owned()),
                ..Computed::default()
            },
            ..self.settled()
        }
    }

    /// Nothing may be unknown in a state.
    fn settled(&self) -> Self {
        let mut model = self.clone();
        for text in [&mut model.name, &mut model.key_vault_key_identifier] {
            if text.is_unknown() {
                *text = Value::Null;
            }
        }
        model.with_defaults_for_unknown()
    }

    fn with_defaults_for_unknown(mut self) -> Self {
        for (flag, default) in [
            (&mut self.adopt_existing, true),
            (&mut self.deletion_protection, true),
            (&mut self.wait_for_completion, true),
        ] {
            if flag.is_unknown() {
                *flag = Value::Value(default);
            }
        }
        if self.failed_attempts.is_unknown() {
            self.failed_attempts = Value::Value(0);
        }
        self
    }
}

/// A null becomes the default; an unknown stays unknown.
fn fill<T>(value: &mut Value<T>, default: T) {
    if value.is_null() {
        *value = Value::Value(default);
    }
}

impl Computed {
    /// Everything unknown: the plan of a create.
    pub fn unknown() -> Self {
        Self {
            id: Value::Unknown,
            status: Value::Unknown,
            config_type: Value::Unknown,
            provider_type: Value::Unknown,
            ims_org_id: Value::Unknown,
            subscription_id: Value::Unknown,
            application_name: Value::Unknown,
            key_vault_uri: Value::Unknown,
            vault_name: Value::Unknown,
            key_name: Value::Unknown,
            key_version: Value::Unknown,
            versionless_key_identifier: Value::Unknown,
            managed_hsm: Value::Unknown,
        }
    }

    /// From Adobe's answer. The parts of the key come from the answered identifier: `keyName` in the answer holds the
    /// configuration's name, and `name` an application's.
    pub fn from_answer(configuration: &Configuration, org_id: &str) -> Self {
        let key = KeyIdentifier::parse(&configuration.key_identifier).ok();
        let of_key = |part: fn(&KeyIdentifier) -> String| nullable(key.as_ref().map(part));
        Self {
            id: Value::Value(configuration.id.clone()),
            status: Value::Value(configuration.status.as_str().to_owned()),
            config_type: nullable(configuration.config_type.clone()),
            provider_type: nullable(configuration.provider_type.clone()),
            ims_org_id: Value::Value(
                configuration.ims_org_id.clone().unwrap_or_else(|| org_id.to_owned()),
            ),
            subscription_id: nullable(configuration.subscription_id.clone()),
            application_name: nullable(configuration.application_name.clone()),
            key_vault_uri: of_key(KeyIdentifier::key_vault_uri),
            vault_name: of_key(|key| key.vault_name().to_owned()),
            key_name: of_key(|key| key.key_name().to_owned()),
            key_version: nullable(
                key.as_ref().and_then(|key| key.key_version().map(str::to_owned)),
            ),
            versionless_key_identifier: of_key(KeyIdentifier::versionless),
            managed_hsm: nullable(key.as_ref().map(KeyIdentifier::is_managed_hsm)),
        }
    }
}
