//! What this process remembers of one Terraform run: names it read, planned, sent and forgot.
//!
//! Terraform starts a process for the plan and another one for the apply, so this lives as long as a run does; in debug
//! mode one process serves many runs, and the memory ends with the next configuration of the provider.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::model::{Guarded, Model, Private};
use crate::api::Configuration;
use crate::key_identifier::KeyIdentifier;

/// The memory of a run. Everything is by the configuration's name.
#[derive(Debug, Default)]
pub struct Run {
    planned: Mutex<HashMap<String, String>>,
    guarded: Mutex<HashMap<String, Guarded>>,
    forgotten: Mutex<HashMap<String, (Model, Private)>>,
    slots: Mutex<HashMap<String, Slot>>,
}

/// One name's turn: held while it is looked up and submitted, so that two blocks of a run do not race.
pub type Slot = Arc<tokio::sync::Mutex<Option<Sent>>>;

/// What this run sent for a name.
#[derive(Clone, Debug)]
pub enum Sent {
    /// Adobe took it.
    Accepted {
        /// Its answer.
        configuration: Box<Configuration>,
        /// The job that had failed before, under another id.
        superseded: Option<String>,
    },
    /// The answer was lost, and the name was not found.
    Uncertain,
}

impl Run {
    /// Notes that a create of `name` with `key` is planned.
    ///
    /// # Errors
    /// The key of another block that names the same configuration with another key.
    pub fn plan(&self, name: &str, key: &KeyIdentifier) -> Result<(), String> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let versionless = key.versionless();
        match planned.get(name) {
            Some(other) if KeyIdentifier::parse(other).is_ok_and(|other| !other.same_key(key)) => {
                Err(other.clone())
            }
            Some(_) => Ok(()),
            None => {
                planned.insert(name.to_owned(), versionless);
                Ok(())
            }
        }
    }

    /// Notes what a refresh of this run read under `name`: a protected object, or one that nothing guards.
    pub fn saw(&self, name: &str, guarded: Option<Guarded>) {
        let mut seen = self.guarded.lock().unwrap_or_else(PoisonError::into_inner);
        match guarded {
            Some(guarded) => seen.insert(name.to_owned(), guarded),
            None => seen.remove(name),
        };
    }

    /// The protected object that this run read under `name`.
    pub fn guarded(&self, name: &str) -> Option<Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps an object that Terraform was told is destroyed: the create that follows in the same run may need it.
    pub fn forget(&self, name: &str, state: Model, private: Private) {
        self.forgotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), (state, private));
    }

    /// The object this run forgot under this name.
    pub fn forgotten(&self, name: &str) -> Option<(Model, Private)> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The name's slot.
    pub fn slot(&self, name: &str) -> Slot {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.to_owned())
            .or_default()
            .clone()
    }
}
