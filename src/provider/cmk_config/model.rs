//! The state of `aep_cmk_config`, the private state beside it, and how an outcome becomes state.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;

use super::existing::{Accepted, Left, Seen};
use crate::api::{Client, Status};
use crate::key_identifier::KeyIdentifier;
use crate::provider::duration::{self, READ_TIMEOUT};

/// `name`
pub const NAME: &str = "name";
/// `key_vault_key_identifier`
pub const KEY: &str = "key_vault_key_identifier";
/// `failed_attempts`
pub const FAILED_ATTEMPTS: &str = "failed_attempts";
/// `ims_org_id`
pub const IMS_ORG_ID: &str = "ims_org_id";
/// `timeouts`
pub const TIMEOUTS: &str = "timeouts";
/// The status of a configuration that Adobe no longer finds: the provider's own word.
pub const NOT_FOUND: &str = "NOT_FOUND";

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

/// What Adobe responds with. The data source has the same attributes.
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
pub enum Timeout {
    /// Submitting and waiting.
    Create,
    /// One look at the status endpoint.
    Read,
    /// Submitting again, or going on waiting.
    Update,
}

impl Timeout {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Read, Self::Update];

    /// The attribute's name in the `timeouts` block.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
        }
    }

    /// The timeout where the block has none.
    const fn default_duration(self) -> Duration {
        match self {
            Self::Create | Self::Update => Duration::from_mins(60),
            Self::Read => READ_TIMEOUT,
        }
    }
}

impl Timeouts {
    /// As written.
    pub fn of(&self, timeout: Timeout) -> &Value<String> {
        match timeout {
            Timeout::Create => &self.create,
            Timeout::Read => &self.read,
            Timeout::Update => &self.update,
        }
    }
}

/// Private state: what Terraform stores beside the object and does not show. No secret is in it.
///
/// A field that is absent, as in every state of version 0.1.0, counts as the more careful value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// The organisation the object was made in.
    pub org_id: Option<String>,
    /// The endpoint the object was last seen at.
    pub endpoint: Option<String>,
    /// Adobe has shown it as `COMPLETED`, or may have. Absent: it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_effect: Option<bool>,
    /// The status endpoint has shown it since it was submitted. Absent: it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// The job that failed before the last submission: until that one is over, a `FAILED` of this
    /// id is old news.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<String>,
    /// Planned only: the plan of this create already said that an existing configuration will be
    /// adopted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adoption_announced: bool,
    /// Planned only: the object is protected, so a create that follows in the same plan is a
    /// replacement of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarded: Option<Guarded>,
    /// Planned only, of a create: what takes the place of an object that the same plan destroys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<Box<Successor>>,
}

/// The protected object that a plan would give up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarded {
    /// The configuration's name.
    pub name: String,
    /// The key that Adobe uses.
    pub key: String,
    /// Its last known status.
    pub status: String,
    /// The endpoint it was last seen at.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// It is `FAILED` and was never in effect: it may go as long as Adobe still says so.
    #[serde(default)]
    pub unless_failed: bool,
}

/// What a create makes of the object that it replaces. Terraform hands the planned private state of
/// the create to the destroy of the pair, which has no other way to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Successor {
    /// Its name; absent where it is not known yet.
    pub name: Option<String>,
    /// Its key identifier; absent where it is not known yet.
    pub key: Option<String>,
    /// The private state of the object that is replaced, or of a tainted one of this name that
    /// this run read.
    pub replaced: Option<Private>,
    /// The create has no past in the plan: what it replaces is tainted.
    pub is_tainted: bool,
}

impl Successor {
    /// What is known of the object `prior`, whose place this takes.
    pub fn private_of(&self, prior: &Model) -> Private {
        let is_its_own = !self.is_tainted || self.name.as_deref() == prior.known_name();
        // What this run did not read counts as the more careful value: it was in effect, and no
        // read has confirmed it.
        let unread = || Private { confirmed: Some(false), ..Private::default() };
        self.replaced.clone().filter(|_| is_its_own).unwrap_or_else(unread)
    }
}

impl Private {
    /// Where an object is made, or found.
    pub fn origin(client: &Client) -> Self {
        Self {
            org_id: Some(client.org_id().to_owned()),
            endpoint: Some(client.endpoint().as_str().to_owned()),
            ..Self::default()
        }
    }

    /// It was in effect, or may have been.
    pub fn was_in_effect(&self) -> bool {
        self.in_effect.unwrap_or(true)
    }

    /// What is stored: a plan's remarks are for its own apply.
    pub fn stored(self) -> Self {
        Self { adoption_announced: false, guarded: None, successor: None, ..self }
    }

    /// Beside an object that was brought to `accepted`; `past` is what was known of it before.
    fn of(accepted: &Accepted, past: Option<&Self>, client: &Client) -> Self {
        let seen = &accepted.seen;
        Self {
            in_effect: match past {
                _ if seen.status.is_completed() => Some(true),
                Some(past) => past.in_effect,
                None => Some(accepted.has_past),
            },
            confirmed: match past {
                _ if seen.is_read => Some(true),
                Some(past) if accepted.round == 0 => past.confirmed,
                _ => Some(false),
            },
            superseded: seen.still_supersedes(accepted.superseded.as_deref()),
            ..Self::origin(client)
        }
    }
}

/// An object with its private state.
pub type Object = (Model, Private);
/// An object as Terraform stores it: version 0.1.0 had no private state.
pub type Stored = (Model, Option<Private>);

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

    /// The name, or an empty text.
    pub fn name_text(&self) -> &str {
        self.known_name().unwrap_or_default()
    }

    /// The key identifier, where it is known and well formed.
    pub fn known_key(&self) -> Option<KeyIdentifier> {
        KeyIdentifier::parse(known(&self.key_vault_key_identifier)?).ok()
    }

    /// The key identifier as written, or an empty text.
    pub fn key_text(&self) -> &str {
        known(&self.key_vault_key_identifier).map_or("", String::as_str)
    }

    /// The stored status, where there is one.
    pub fn status(&self) -> Option<Status> {
        known(&self.computed.status).map(|text| Status::from(text.as_str()))
    }

    /// The stored status is `FAILED`.
    pub fn is_failed(&self) -> bool {
        self.status().is_some_and(|status| status.is_failed())
    }

    /// The stored status is `COMPLETED`.
    pub fn is_completed(&self) -> bool {
        self.status().is_some_and(|status| status.is_completed())
    }

    /// Adobe no longer finds it.
    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(|status| status.as_str() == NOT_FOUND)
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

    /// The timeout of an operation. Malformed text was refused by validate; it counts as absent
    /// here.
    pub fn timeout(&self, timeout: Timeout) -> Duration {
        let written = known(&self.timeouts).and_then(|timeouts| known(timeouts.of(timeout)));
        written
            .and_then(|text| duration::parse(text).ok())
            .unwrap_or_else(|| timeout.default_duration())
    }

    /// The defaults, planned from the configuration: an argument that is not written has its
    /// default.
    pub fn with_defaults(mut self) -> Self {
        fill(&mut self.adopt_existing, true);
        fill(&mut self.deletion_protection, true);
        fill(&mut self.wait_for_completion, true);
        fill(&mut self.failed_attempts, 0);
        self
    }

    /// Name and key to be brought into effect, where both are known and well formed.
    pub fn wanted(&self) -> Option<Wanted> {
        Some(Wanted {
            name: self.known_name()?.to_owned(),
            key_text: self.key_text().to_owned(),
            key: self.known_key()?,
        })
    }

    /// This state with what Adobe shows. Where that is another key, it is the one that guards the
    /// data.
    pub fn with_seen(mut self, seen: &Seen, org_id: &str) -> Self {
        if seen.has_key(self.known_key().as_ref()) != Some(true)
            && let Some(details) = &seen.details
        {
            self.key_vault_key_identifier = Value::Value(details.key_text.clone());
        }
        self.computed = Computed::of(seen, org_id, self.computed);
        self
    }

    /// This plan as state, after trouble; `past` is the object as it was, where there was one. The
    /// planned settings count in any case; key and computed values are those of what is there.
    pub fn after(&self, left: &Left, past: Option<&Object>, client: &Client) -> Option<Object> {
        match left {
            Left::Accepted(accepted) => Some(self.done(accepted, past, client)),
            // It may be on its way into effect, so nothing may treat it as failed.
            Left::Uncertain { has_past } => {
                let ims_org_id = Value::Value(self.org_id_or(client).to_owned());
                let computed = Computed { ims_org_id, ..Computed::default() };
                let private = Private {
                    in_effect: past.map_or(Some(*has_past), |(_, private)| private.in_effect),
                    confirmed: Some(false),
                    ..Private::origin(client)
                };
                Some((Self { computed, ..self.clone() }, private))
            }
            Left::Nothing => past.map(|(state, private)| {
                let Self { name, key_vault_key_identifier, computed, .. } = state.clone();
                let state = Self { name, key_vault_key_identifier, computed, ..self.clone() };
                (state, private.clone())
            }),
        }
    }

    /// This plan as state, with this at Adobe.
    pub fn done(&self, accepted: &Accepted, past: Option<&Object>, client: &Client) -> Object {
        // What no response says is as before, unless it was said of another key.
        let before = past.map(|(state, _)| state).filter(|state| {
            state.known_key().zip(self.known_key()).is_some_and(|(old, new)| old.same_key(&new))
        });
        let computed = before.map(|state| state.computed.clone()).unwrap_or_default();
        let state = Self { computed, ..self.clone() };
        let private = Private::of(accepted, past.map(|(_, private)| private), client);
        (state.with_seen(&accepted.seen, self.org_id_or(client)), private)
    }

    /// The planned organisation: it is part of the identity, which never changes.
    fn org_id_or<'a>(&'a self, client: &'a Client) -> &'a str {
        self.org_id().unwrap_or(client.org_id())
    }
}

/// Name and key of a configuration, known and well formed.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The configuration's name.
    pub name: String,
    /// The key identifier as written: it is submitted so.
    pub key_text: String,
    /// The same, taken apart.
    pub key: KeyIdentifier,
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

    /// What Adobe shows; a response without details leaves them as they were `before`. The parts of
    /// the key come from the key identifier: `keyName` in the response holds the configuration's
    /// name, and `name` an application's.
    pub fn of(seen: &Seen, org_id: &str, before: Self) -> Self {
        let shown = Self {
            id: Value::Value(seen.id.clone()),
            status: Value::Value(seen.status.as_str().to_owned()),
            ims_org_id: Value::Value(org_id.to_owned()),
            ..before
        };
        let Some(details) = &seen.details else {
            return shown;
        };
        let key = &details.key;
        Self {
            config_type: nullable(details.config_type.clone()),
            provider_type: nullable(details.provider_type.clone()),
            subscription_id: nullable(details.subscription_id.clone()),
            application_name: nullable(details.application_name.clone()),
            key_vault_uri: Value::Value(key.key_vault_uri()),
            vault_name: Value::Value(key.vault_name().to_owned()),
            key_name: Value::Value(key.key_name().to_owned()),
            key_version: nullable(key.key_version().map(str::to_owned)),
            versionless_key_identifier: Value::Value(key.versionless()),
            managed_hsm: Value::Value(key.is_managed_hsm()),
            ..shown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_timeout() {
        let text = |text: &str| Value::Value(text.to_owned());
        let written = Timeouts { create: text("1h30m"), read: text("90s"), update: text("2h") };
        let in_part = Timeouts { read: text("1m"), ..Timeouts::default() };
        for (timeouts, expected) in [
            (Value::Null, [3600, 300, 3600]),
            (Value::Value(Timeouts::default()), [3600, 300, 3600]),
            (Value::Value(in_part), [3600, 60, 3600]),
            (Value::Value(written), [5400, 90, 7200]),
        ] {
            let model = Model { timeouts, ..Model::default() };
            let seconds = Timeout::ALL.map(|timeout| model.timeout(timeout).as_secs());
            assert_eq!(seconds, expected, "{:?}", model.timeouts);
        }
    }
}
