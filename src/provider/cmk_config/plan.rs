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
    if name == Difference::Other {
        let mut attributes = vec![NAME];
        if key != Difference::Same {
            attributes.push(KEY);
        }
        state.computed = Computed::unknown();
        return Ok(Planned {
            state,
            change: Change::Replace(attributes),
        });
    }
    if is_failed {
        state.computed = superseded(&prior.computed, Value::Unknown);
        return Ok(Planned {
            state,
            change: Change::Resubmit,
        });
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
        return Ok(Planned {
            state,
            change: Change::Wait,
        });
    }
    Ok(Planned {
        state,
        change: Change::Settings,
    })
}

/// What Adobe will answer anew. The organisation is part of the identity, which never changes.
fn superseded(prior: &Computed, id: Value<String>) -> Computed {
    Computed {
        id,
        ims_org_id: prior.ims_org_id.clone(),
        ..Computed::unknown()
    }
}

fn danger<'a>(name: Difference, key: Difference, config: &'a Model) -> Option<Danger<'a>> {
    match (name, key) {
        (Difference::Unknown, _) => Some(Danger::UnknownName),
        (_, Difference::Unknown) => Some(Danger::UnknownKey),
        (Difference::Same, Difference::Same) => None,
        (name, key) => Some(Danger::Change {
            key: (key == Difference::Other).then(|| config.key_text()),
            name: (name == Difference::Other)
                .then(|| config.known_name())
                .flatten(),
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
    match (
        &config.key_vault_key_identifier,
        &prior.key_vault_key_identifier,
    ) {
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
