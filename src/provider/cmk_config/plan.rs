//! Planning, without any request: what differs, what the guard stops, what an in-place update does.

use tf_provider::Diagnostic;
use tf_provider::value::Value;

use super::messages::{Danger, needs_new_name, protected};
use super::model::{Computed, Guarded, Model, known};
use super::schema::{KEY, NAME};
use crate::api::Status;
use crate::key_identifier::KeyIdentifier;

/// What an apply of the planned change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing at Adobe: at most settings of the provider differ.
    Settings,
    /// Destroy and create: these attributes differ.
    Replace(Vec<&'static str>),
    /// Submit the configuration again, as it is stored as `FAILED`.
    Resubmit,
    /// Go on waiting for a job that was not seen to its end.
    Wait,
}

/// A planned change of an existing object.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The planned state.
    pub state: Model,
    /// What the apply does.
    pub change: Change,
}

/// How a configured value relates to the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    Same,
    Other,
    Unknown,
}

/// The guard: the object's key is in effect, or being put into effect, and protected. The stored value of
/// `deletion_protection` counts, so lifting it is an apply of its own.
pub fn guard(prior: &Model) -> Option<Guarded> {
    let status = prior.status();
    if !prior.is_protected() || status == Some(Status::Failed) {
        return None;
    }
    Some(Guarded {
        name: prior.known_name().unwrap_or_default().to_owned(),
        key: prior.key_text().to_owned(),
        status: status.map_or("unknown", |_| status_text(prior)).to_owned(),
    })
}

fn status_text(prior: &Model) -> &str {
    known(&prior.computed.status).map_or("unknown", String::as_str)
}

/// Plans a change of `prior` to `config`.
///
/// # Errors
/// The guard's, or that another key needs a new name.
pub fn change(prior: &Model, config: &Model) -> Result<Planned, Box<Diagnostic>> {
    let mut state = config.clone().with_defaults();
    state.computed = prior.computed.clone();
    let name = name_difference(prior, config);
    let key = key_difference(prior, config);
    let is_failed = prior.status() == Some(Status::Failed);

    if let Some(guarded) = guard(prior)
        && let Some(danger) = danger(name, key, config)
    {
        return Err(Box::new(protected(danger, &guarded)));
    }
    // A name that is not known is planned in place: if it turns out to be another one, the CLI stops the apply, and nothing
    // is lost or sent.
    if name == Difference::Other {
        let mut attributes = vec![NAME];
        if key != Difference::Same {
            attributes.push(KEY);
        }
        state.computed = Computed::unknown();
        return Ok(Planned { state, change: Change::Replace(attributes) });
    }
    if is_failed {
        state.computed = superseded(&prior.computed, Value::Unknown);
        return Ok(Planned { state, change: Change::Resubmit });
    }
    match key {
        Difference::Same => state.key_vault_key_identifier = prior.key_vault_key_identifier.clone(),
        // Planned in place: if it turns out to be another key, the plan of the apply stops with the error below.
        Difference::Unknown => {}
        Difference::Other => {
            return Err(Box::new(needs_new_name(
                prior.known_name().unwrap_or_default(),
                prior.key_text(),
                config.key_text(),
            )));
        }
    }
    let is_finished = prior.status() == Some(Status::Completed);
    if !is_finished && state.waits() {
        // A failure in the meantime may be submitted again, under another id.
        let id = if state.attempts() > 0 || prior.computed.id.is_null() {
            Value::Unknown
        } else {
            prior.computed.id.clone()
        };
        state.computed = superseded(&prior.computed, id);
        return Ok(Planned { state, change: Change::Wait });
    }
    Ok(Planned { state, change: Change::Settings })
}

/// What Adobe will answer anew. The organisation is part of the identity, which never changes.
fn superseded(prior: &Computed, id: Value<String>) -> Computed {
    Computed { id, ims_org_id: prior.ims_org_id.clone(), ..Computed::unknown() }
}

fn danger<'a>(name: Difference, key: Difference, config: &'a Model) -> Option<Danger<'a>> {
    match (name, key) {
        (Difference::Unknown, _) => Some(Danger::UnknownName),
        (_, Difference::Unknown) => Some(Danger::UnknownKey),
        (Difference::Same, Difference::Same) => None,
        (name, key) => Some(Danger::Change {
            key: (key == Difference::Other).then(|| config.key_text()),
            name: (name == Difference::Other).then(|| config.known_name()).flatten(),
        }),
    }
}

fn name_difference(prior: &Model, config: &Model) -> Difference {
    match &config.name {
        Value::Unknown => Difference::Unknown,
        name if *name == prior.name => Difference::Same,
        _ => Difference::Other,
    }
}

fn key_difference(prior: &Model, config: &Model) -> Difference {
    match (&config.key_vault_key_identifier, &prior.key_vault_key_identifier) {
        (Value::Unknown, _) => Difference::Unknown,
        (wanted, stored) if wanted == stored => Difference::Same,
        (Value::Value(wanted), Value::Value(stored)) => {
            match (KeyIdentifier::parse(wanted), KeyIdentifier::parse(stored)) {
                (Ok(wanted), Ok(stored)) if wanted.same_key(&stored) => Difference::Same,
                _ => Difference::Other,
            }
        }
        _ => Difference::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_A: &str =
        "https://vault-a.vault.azure.net/keys/wrap/0123456789abcdef0123456789abcdef";
    const KEY_A_ROTATED: &str = "https://VAULT-A.vault.azure.net:443/keys/Wrap/";
    const KEY_B: &str = "https://vault-b.vault.azure.net/keys/wrap";

    fn text(value: &str) -> Value<String> {
        Value::Value(value.to_owned())
    }

    fn stored(status: &str) -> Model {
        Model {
            name: text("Config1"),
            key_vault_key_identifier: text(KEY_A),
            computed: Computed {
                id: text("1"),
                status: text(status),
                ims_org_id: text("ORG@AdobeOrg"),
                ..Computed::default()
            },
            ..Model::default()
        }
        .with_defaults()
    }

    fn config(name: Value<String>, key: Value<String>) -> Model {
        Model { name, key_vault_key_identifier: key, ..Model::default() }
    }

    /// What a plan comes to, in one word.
    fn outcome(prior: &Model, config: &Model) -> String {
        match change(prior, config) {
            Ok(planned) if planned.change == Change::Settings && planned.state == *prior => {
                "nothing".to_owned()
            }
            Ok(planned) => match planned.change {
                Change::Settings => "settings".to_owned(),
                Change::Replace(attributes) => format!("replace {}", attributes.join(" ")),
                Change::Resubmit => "resubmit".to_owned(),
                Change::Wait => "wait".to_owned(),
            },
            Err(diagnostic) => diagnostic.summary.into_owned(),
        }
    }

    #[test]
    fn a_difference_becomes_a_change() {
        let guarded = "The key is in effect and protected";
        let new_name = "Another key needs a new name";
        for (case, status, protected, name, key, expected) in [
            ("the same", "COMPLETED", true, text("Config1"), text(KEY_A), "nothing"),
            (
                "a rotated key, other spelling",
                "COMPLETED",
                true,
                text("Config1"),
                text(KEY_A_ROTATED),
                "nothing",
            ),
            ("a job that runs", "RUNNING", true, text("Config1"), text(KEY_A), "wait"),
            (
                "a job that runs, rotated key",
                "RUNNING",
                true,
                text("Config1"),
                text(KEY_A_ROTATED),
                "wait",
            ),
            ("another key, protected", "COMPLETED", true, text("Config1"), text(KEY_B), guarded),
            ("another key while it runs", "RUNNING", true, text("Config1"), text(KEY_B), guarded),
            ("another name, protected", "COMPLETED", true, text("config1"), text(KEY_A), guarded),
            (
                "an unknown key, protected",
                "COMPLETED",
                true,
                text("Config1"),
                Value::Unknown,
                guarded,
            ),
            ("an unknown name, protected", "COMPLETED", true, Value::Unknown, text(KEY_A), guarded),
            (
                "another key, unprotected",
                "COMPLETED",
                false,
                text("Config1"),
                text(KEY_B),
                new_name,
            ),
            ("another name", "COMPLETED", false, text("Config2"), text(KEY_A), "replace name"),
            (
                "another name and key",
                "COMPLETED",
                false,
                text("Config2"),
                text(KEY_B),
                "replace name key_vault_key_identifier",
            ),
            (
                "an unknown key, unprotected",
                "COMPLETED",
                false,
                text("Config1"),
                Value::Unknown,
                "settings",
            ),
            (
                "an unknown name, unprotected",
                "COMPLETED",
                false,
                Value::Unknown,
                text(KEY_A),
                "settings",
            ),
            ("failed, unknown name", "FAILED", true, Value::Unknown, text(KEY_A), "resubmit"),
            ("failed", "FAILED", true, text("Config1"), text(KEY_A), "resubmit"),
            ("failed, another key", "FAILED", true, text("Config1"), text(KEY_B), "resubmit"),
            ("failed, unknown key", "FAILED", true, text("Config1"), Value::Unknown, "resubmit"),
            ("failed, another name", "FAILED", true, text("Config2"), text(KEY_A), "replace name"),
        ] {
            let mut prior = stored(status);
            prior.deletion_protection = Value::Value(protected);
            let mut config = config(name, key);
            if !protected {
                config.deletion_protection = Value::Value(false);
            }
            assert_eq!(outcome(&prior, &config), expected, "{case}");
        }
    }

    #[test]
    fn without_waiting_a_running_job_plans_nothing() {
        let mut prior = stored("RUNNING");
        prior.wait_for_completion = Value::Value(false);
        let mut config = config(text("Config1"), text(KEY_A));
        config.wait_for_completion = Value::Value(false);
        assert_eq!(outcome(&prior, &config), "nothing");
    }

    #[test]
    fn protection_counts_as_stored() {
        let mut lifting = config(text("Config1"), text(KEY_B));
        lifting.deletion_protection = Value::Value(false);
        assert_eq!(outcome(&stored("COMPLETED"), &lifting), "The key is in effect and protected");
    }

    #[test]
    fn a_removed_argument_returns_to_its_default() {
        let mut prior = stored("COMPLETED");
        prior.failed_attempts = Value::Value(3);
        let planned = change(&prior, &config(text("Config1"), text(KEY_A))).unwrap();
        assert_eq!(planned.state.failed_attempts, Value::Value(0));
    }

    #[test]
    fn a_resubmission_changes_the_id_and_never_the_organisation() {
        let planned = change(&stored("FAILED"), &config(text("Config1"), text(KEY_A))).unwrap();
        assert_eq!(planned.state.computed.id, Value::Unknown);
        assert_eq!(planned.state.computed.ims_org_id, text("ORG@AdobeOrg"));
    }

    #[test]
    fn an_object_of_uncertain_fate_is_guarded_and_waited_for() {
        let mut prior = stored("RUNNING");
        prior.computed.id = Value::Null;
        prior.computed.status = Value::Null;
        assert!(guard(&prior).is_some());
        let planned = change(&prior, &config(text("Config1"), text(KEY_A))).unwrap();
        assert_eq!(planned.change, Change::Wait);
        assert_eq!(planned.state.computed.id, Value::Unknown);
    }
}
