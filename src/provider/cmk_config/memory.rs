//! What this process remembers of one run, by the configuration's name: what was planned, read,
//! forgotten and submitted.
//!
//! Terraform starts a process for the plan and another one for the apply, so this lives as long as
//! a run does; in debug mode one process serves many runs, and the memory ends with the next
//! configuration of the provider.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::existing::Accepted;
use super::model::Object;
use crate::key_identifier::KeyIdentifier;

/// The memory of a run.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, Entry>>);

#[derive(Debug, Default)]
struct Entry {
    planned: Option<KeyIdentifier>,
    read: Option<Object>,
    forgotten: Option<Object>,
    made: Option<KeyIdentifier>,
    turn: Turn,
}

/// One name's turn: held while it is looked up and submitted, so that two blocks of a run do not
/// race.
pub type Turn = Arc<tokio::sync::Mutex<Option<Submitted>>>;

/// What this run submitted under a name.
#[derive(Clone, Debug)]
pub enum Submitted {
    /// Adobe accepted it.
    Accepted {
        /// As of the response.
        accepted: Box<Accepted>,
        /// The key that was submitted.
        key: KeyIdentifier,
    },
    /// The response was lost, and the name was not found.
    Uncertain,
}

impl Memory {
    /// Notes that `name` is planned with `key`.
    ///
    /// # Errors
    /// The key of another block that names the same configuration.
    pub fn plan(&self, name: &str, key: &KeyIdentifier) -> Result<(), KeyIdentifier> {
        self.with(name, |entry| {
            let planned = entry.planned.get_or_insert_with(|| key.clone());
            if planned.same_key(key) { Ok(()) } else { Err(planned.clone()) }
        })
    }

    /// Notes what a refresh of this run read.
    pub fn saw(&self, object: &Object) {
        self.with(object.0.name_text(), |entry| entry.read = Some(object.clone()));
    }

    /// The object that this run read under `name`.
    pub fn read(&self, name: &str) -> Option<Object> {
        self.with(name, |entry| entry.read.clone())
    }

    /// Keeps an object that Terraform was told is destroyed: the create that follows in the same
    /// run may need it.
    pub fn forget(&self, object: &Object) {
        self.with(object.0.name_text(), |entry| entry.forgotten = Some(object.clone()));
    }

    /// The object that this run forgot under `name`.
    pub fn forgotten(&self, name: &str) -> Option<Object> {
        self.with(name, |entry| entry.forgotten.clone())
    }

    /// Notes that this run created or adopted `name`.
    pub fn make(&self, name: &str, key: &KeyIdentifier) {
        self.with(name, |entry| entry.made = Some(key.clone()));
    }

    /// Whether this run created or adopted `name` with this key.
    pub fn has_made(&self, name: &str, key: Option<&KeyIdentifier>) -> bool {
        self.with(name, |entry| {
            entry.made.as_ref().zip(key).is_some_and(|(made, key)| made.same_key(key))
        })
    }

    /// The turn of `name`.
    pub fn turn(&self, name: &str) -> Turn {
        self.with(name, |entry| entry.turn.clone())
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Entry) -> T) -> T {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(entries.entry(name.to_owned()).or_default())
    }
}
