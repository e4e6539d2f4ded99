//! Planning, without any request: what differs, what the guard stops, what an in-place update does.

use tf_provider::value::Value;

use super::model::{Computed, Guarded, KEY, Model, NAME, Private, Successor, known};
use crate::key_identifier::KeyIdentifier;

/// What an apply of the planned change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing at Adobe: at most settings of the provider differ.
    Settings,
    /// Destroy and create: these attributes differ.
    Replace(&'static [&'static str]),
    /// Submit the configuration again: it is stored as `FAILED`, or as not found.
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
    /// It gives up a protected object, which is only for one that Adobe still shows as `FAILED`.
    pub gives_up: Option<(BlockedChange, Guarded)>,
}

/// Why a plan is stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Stopped {
    /// The guard: this would give the protected object up.
    Guarded(BlockedChange, Guarded),
    /// Another key needs a new name.
    NeedsNewName,
}

/// What a plan was stopped from doing to a protected object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockedChange {
    /// `terraform destroy`, or a block that is gone.
    Destroy,
    /// Another key or another name in the block.
    Change {
        /// The key in the block, where it is another one.
        key: Option<String>,
        /// The name in the block, where it is another one.
        name: Option<String>,
    },
    /// `-replace` or `replace_triggered_by`.
    Replace,
    /// The key identifier is not known before apply.
    UnknownKey,
    /// The name is not known before apply.
    UnknownName,
    /// A tainted object would make room for another name or key.
    Tainted {
        /// The new name; absent where it is not known yet.
        name: Option<String>,
        /// The new key; absent where it is not known yet.
        key: Option<String>,
    },
}

/// How a configured value relates to the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    Same,
    Other,
    Unknown,
}

/// The guard: the object is protected, and its key is in effect, was, or may be on its way. The
/// stored value of `deletion_protection` counts, so lifting it is an apply of its own.
pub fn guard(prior: &Model, private: &Private) -> Option<Guarded> {
    prior.is_protected().then(|| Guarded {
        name: prior.known_name().unwrap_or_default().to_owned(),
        key: prior.key_text().to_owned(),
        status: known(&prior.computed.status).map_or("unknown", String::as_str).to_owned(),
        endpoint: private.endpoint.clone(),
        unless_failed: prior.is_failed() && !private.was_in_effect(),
    })
}

/// The guard of a destroy that makes room for a create of the same plan: an object is replaced
/// freely by the same name and the same key, as that create adopts it again.
pub fn guard_of_pair(prior: &Model, successor: &Successor) -> Option<(BlockedChange, Guarded)> {
    let guarded = guard(prior, &successor.private_of(prior))?;
    match replacement(&guarded, successor) {
        BlockedChange::Replace => None,
        blocked => Some((blocked, guarded)),
    }
}

/// What a create of the same plan makes of the guarded object.
pub fn replacement(guarded: &Guarded, successor: &Successor) -> BlockedChange {
    let Successor { name, key, is_tainted, .. } = successor.clone();
    let is_same_name = name.as_ref() == Some(&guarded.name);
    let is_same_key = key.as_ref().is_some_and(|key| is_same_key(key, &guarded.key));
    match (is_same_name, is_same_key) {
        (true, true) => BlockedChange::Replace,
        _ if is_tainted => BlockedChange::Tainted { name, key },
        _ if name.is_none() => BlockedChange::UnknownName,
        _ if key.is_none() => BlockedChange::UnknownKey,
        _ => BlockedChange::Change {
            key: key.filter(|_| !is_same_key),
            name: name.filter(|_| !is_same_name),
        },
    }
}

/// Plans a change of `prior` to `config`.
///
/// # Errors
/// The guard's, or that another key needs a new name.
pub fn change(prior: &Model, private: &Private, config: &Model) -> Result<Planned, Box<Stopped>> {
    let name = difference(&prior.name, &config.name, |_, _| false);
    let key =
        difference(&prior.key_vault_key_identifier, &config.key_vault_key_identifier, is_same_key);
    let gives_up = guard(prior, private)
        .zip(blocked(name, key, config))
        .map(|(guarded, blocked)| (blocked, guarded));
    let is_late = config.deletion_protection.is_unknown() && key == Difference::Other;
    let gives_up = match gives_up {
        // Whether this lifts the protection or submits the other key, the plan cannot say.
        Some((blocked, guarded)) if !guarded.unless_failed || is_late => {
            return Err(Box::new(Stopped::Guarded(blocked, guarded)));
        }
        gives_up => gives_up,
    };
    let mut state = config.clone().with_defaults();
    state.computed = prior.computed.clone();
    if name != Difference::Same {
        state.computed = anew(&prior.computed);
        let names: &[_] = if key == Difference::Same { &[NAME] } else { &[NAME, KEY] };
        return Ok(Planned { state, change: Change::Replace(names), gives_up });
    }
    if key == Difference::Other && !prior.is_failed() {
        return Err(Box::new(Stopped::NeedsNewName));
    }
    let is_settled = prior.is_failed() || prior.is_not_found();
    // Whoever lifts the protection must get through whatever Adobe says, so nothing else happens in
    // that apply.
    let is_lifted = prior.is_protected() && state.deletion_protection == Value::Value(false);
    // The stored spelling stays; only what is submitted again takes the new one.
    if is_lifted || (key == Difference::Same && !is_settled) {
        state.key_vault_key_identifier = prior.key_vault_key_identifier.clone();
    }
    let change = match is_lifted {
        true => Change::Settings,
        false if is_settled => Change::Resubmit,
        false if !prior.is_completed() && state.waits() => Change::Wait,
        false => Change::Settings,
    };
    if change != Change::Settings {
        state.computed = anew(&prior.computed);
    }
    let gives_up = gives_up.filter(|_| change != Change::Settings);
    Ok(Planned { state, change, gives_up })
}

/// What Adobe will show anew, the id included. The organisation is part of the identity, which
/// never changes.
fn anew(prior: &Computed) -> Computed {
    let ims_org_id = match &prior.ims_org_id {
        Value::Null => Value::Unknown,
        known => known.clone(),
    };
    Computed { ims_org_id, ..Computed::unknown() }
}

fn blocked(name: Difference, key: Difference, config: &Model) -> Option<BlockedChange> {
    match (name, key) {
        (Difference::Unknown, _) => Some(BlockedChange::UnknownName),
        (_, Difference::Unknown) => Some(BlockedChange::UnknownKey),
        (Difference::Same, Difference::Same) => None,
        (name, key) => Some(BlockedChange::Change {
            key: (key == Difference::Other).then(|| config.key_text().to_owned()),
            name: (name == Difference::Other)
                .then(|| config.known_name().unwrap_or_default().to_owned()),
        }),
    }
}

fn difference(
    stored: &Value<String>,
    wanted: &Value<String>,
    is_same: impl Fn(&str, &str) -> bool,
) -> Difference {
    match (wanted, stored) {
        (Value::Unknown, _) => Difference::Unknown,
        _ if wanted == stored => Difference::Same,
        (Value::Value(wanted), Value::Value(stored)) if is_same(wanted, stored) => Difference::Same,
        _ => Difference::Other,
    }
}

/// Whether both are identifiers of one key, up to version and spelling.
fn is_same_key(one: &str, other: &str) -> bool {
    let parsed = KeyIdentifier::parse(one).ok().zip(KeyIdentifier::parse(other).ok());
    parsed.is_some_and(|(one, other)| one.same_key(&other))
}

#[cfg(test)]
mod tests;
