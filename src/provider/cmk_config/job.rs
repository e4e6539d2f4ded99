//! What is to be brought into effect, and how: the plan, the connection, the limits of one operation.

use std::time::Duration;

use super::run::Run;
use crate::api::{Client, Configuration, Limits};
use crate::key_identifier::KeyIdentifier;

/// Whether a configuration that exists with the same key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// Take it, and say so unless the plan of this apply already did.
    Allowed {
        /// The plan said it.
        announced: bool,
    },
    /// `adopt_existing = false`
    Refused,
    /// It is the object in the state.
    Own,
}

/// What is to be brought into effect.
pub struct Job<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The memory of the run.
    pub run: &'a Run,
    /// The configuration's name.
    pub name: &'a str,
    /// The key identifier as written: it is submitted so.
    pub key_text: &'a str,
    /// The same, taken apart.
    pub key: &'a KeyIdentifier,
    /// What to do with a configuration that exists.
    pub adoption: Adoption,
    /// `wait_for_completion`
    pub waits: bool,
    /// `failed_attempts`
    pub attempts: u32,
    /// The operation's timeout.
    pub timeout: Duration,
    /// Its name in the `timeouts` block.
    pub timeout_attribute: &'static str,
    /// The operation's end and the stop signal.
    pub limits: Limits,
    /// A create: Terraform taints what it leaves behind on an error.
    pub is_create: bool,
    /// An object of this name with an id is in the state, or was until this run forgot it: an answer that leaves room for
    /// doubt does not mean that the name is free.
    pub is_known: bool,
}

impl Job<'_> {
    /// Whether Adobe's key is the one this job is about, up to version and spelling.
    pub fn is_same_key(&self, existing: &Configuration) -> bool {
        KeyIdentifier::parse(&existing.key_identifier).is_ok_and(|key| key.same_key(self.key))
    }

    /// Whether it certainly is another one. Only what can be read tells that: an accepted submission is not given up over
    /// an answer that makes no sense.
    pub fn is_other_key(&self, answered: &Configuration) -> bool {
        KeyIdentifier::parse(&answered.key_identifier).is_ok_and(|key| !key.same_key(self.key))
    }
}
