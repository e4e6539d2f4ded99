//! What `terraform validate` checks, without any request and with unknown values let through.

use tf_provider::value::Value;
use tf_provider::{Diagnostic, Diagnostics};

use super::model::{Model, Timeouts, known};
use super::schema::{FAILED_ATTEMPTS, KEY, NAME, TIMEOUTS};
use crate::key_identifier::KeyIdentifier;
use crate::provider::diagnostics::{at, at_path};
use crate::provider::duration;

/// More resubmissions than this never fit into a timeout.
const MOST_ATTEMPTS: i64 = 100;

/// Checks a resource's configuration.
pub fn validate(diags: &mut Diagnostics, config: &Model) {
    match &config.name {
        Value::Value(name) => diags.errors.extend(name_error(name)),
        Value::Null => diags.errors.push(null(NAME)),
        Value::Unknown => {}
    }
    // A value that is known late may turn out to be null; CLIs validate again then, but let a null pass.
    if config.key_vault_key_identifier.is_null() {
        diags.errors.push(null(KEY));
    }
    if let Some(text) = known(&config.key_vault_key_identifier)
        && let Err(mistake) = KeyIdentifier::parse(text)
    {
        diags.errors.push(at(
            KEY,
            "This is not the key identifier of a key in Azure Key Vault",
            mistake.to_string(),
        ));
    }
    if let Some(count) = known(&config.failed_attempts)
        && !(0..=MOST_ATTEMPTS).contains(count)
    {
        diags.errors.push(at(
            FAILED_ATTEMPTS,
            "The number of attempts is out of range",
            format!(
                "`failed_attempts` is {count}, but has to be a whole number from 0 to {MOST_ATTEMPTS}."
            ),
        ));
    }
    if let Some(timeouts) = known(&config.timeouts) {
        validate_timeouts(diags, timeouts);
    }
}

fn validate_timeouts(diags: &mut Diagnostics, timeouts: &Timeouts) {
    for (attribute, value) in
        [("create", &timeouts.create), ("read", &timeouts.read), ("update", &timeouts.update)]
    {
        if let Some(text) = known(value)
            && let Err(mistake) = duration::parse(text)
        {
            diags.errors.push(at_path(
                &[TIMEOUTS, attribute],
                "This is not a timeout",
                format!("`{attribute}` in the `timeouts` block: {mistake}."),
            ));
        }
    }
}

fn null(attribute: &'static str) -> Diagnostic {
    at(
        attribute,
        "A required argument is null",
        format!("Give `{attribute}` a value: the expression in the block came to null."),
    )
}

/// A name goes out as one path segment, escaped; what no escaping can carry is refused.
pub fn name_error(name: &str) -> Option<Diagnostic> {
    let why = if name.is_empty() {
        "`name` is empty: give the configuration a name."
    } else if name == "." || name == ".." {
        "`name` is \".\" or \"..\", which cannot be part of a URL: choose another name."
    } else if name.chars().any(char::is_control) {
        "`name` has a control character in it, such as a line break or a tab: take it out."
    } else {
        return None;
    };
    Some(at(NAME, "This cannot be the name of a configuration", why))
}
