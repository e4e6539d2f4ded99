//! The attributes of `aep_cmk_config`: their published text, for the resource and the data source,
//! and what `terraform validate` checks of them, without any request and with unknown values let
//! through.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, NestedBlock, Schema,
};
use tf_provider::value::Value;
use tf_provider::{Diagnostic, Diagnostics};

use super::model::{FAILED_ATTEMPTS, IMS_ORG_ID, KEY, Model, NAME, TIMEOUTS, Timeout, known};
use crate::key_identifier::KeyIdentifier;
use crate::provider::diagnostics::{at, at_path};
use crate::provider::duration;
use crate::provider::schema::{attributes, block, schema, text};

/// What the statuses mean that Adobe's pages name.
pub const STATUSES: [(&str, &str); 6] = [
    ("NEW", "accepted"),
    ("CREATED", "accepted"),
    ("RUNNING", "Adobe checks that it can use the key"),
    ("UPDATE_EXISTING_RESOURCES", "the key is added to the datastores of all sandboxes"),
    ("COMPLETED", "in effect"),
    ("FAILED", "Adobe could not use the key"),
];

/// What Adobe responds with, for the resource and the data source.
fn computed() -> impl Iterator<Item = (String, Attribute)> {
    let statuses = STATUSES.map(|(status, meaning)| format!("`{status}` ({meaning})")).join(", ");
    attributes(
        AttributeConstraint::Computed,
        [
            text(
                "id",
                "Adobe's id of the configuration. It may change when a failed configuration is \
                 submitted again.",
            ),
            text(
                "status",
                &format!(
                    "Status in Adobe's response: {statuses}, or one that Adobe added since. \
                     `NOT_FOUND` is the provider's own word: Adobe no longer finds the \
                     configuration; every other value stays."
                ),
            ),
            text("type", "Type of the configuration, `BYOK_CONFIG`."),
            text("provider_type", "Where the key is kept, `AZURE_KEYVAULT`."),
            text(
                IMS_ORG_ID,
                "IMS organisation that the configuration belongs to: the provider's `org_id`.",
            ),
            text(
                "subscription_id",
                "`subscriptionId` in Adobe's response; null as long as there is none.",
            ),
            text(
                "application_name",
                "`name` in Adobe's response, which is a name of Adobe's app and not the name of \
                 the configuration.",
            ),
            text(
                "key_vault_uri",
                "URI of the vault or Managed HSM, taken from the key identifier in Adobe's \
                 response.",
            ),
            text("vault_name", "Name of the vault or Managed HSM."),
            text("key_name", "Name of the key in the vault."),
            text(
                "key_version",
                "Version in the key identifier of Adobe's response; null if there is none. It says \
                 nothing about the version in use: according to Adobe's pages only vault and key \
                 name are stored.",
            ),
            text("versionless_key_identifier", "Key identifier without the version."),
            ("managed_hsm", AttributeType::Bool, "Whether the key is in a Managed HSM."),
        ],
    )
}

fn timeouts() -> Block {
    let timeouts = attributes(
        AttributeConstraint::Optional,
        [
            text(
                "create",
                "Time for submitting the configuration and waiting until it is in effect, \
                 resubmissions included. Default: `60m`.",
            ),
            text("read", "Time for reading the status. Default: `5m`."),
            text(
                "update",
                "Time for submitting a failed configuration again, or for waiting on. Default: \
                 `60m`.",
            ),
        ],
    );
    block(
        timeouts,
        "How long an operation may take, such as `90s`, `60m` or `1h30m`. Adobe's pages say \"a \
         few minutes\" and \"a significant amount of time\".",
    )
}

/// The resource's schema.
pub fn resource() -> Schema {
    let required = attributes(
        AttributeConstraint::Required,
        [
            text(
                NAME,
                "Name of the configuration at Adobe, case-sensitive. No request is documented that \
                 changes or frees it, so the old name remains reserved after a destroy. Changing \
                 it replaces the resource.",
            ),
            text(
                KEY,
                "URL of the key in Azure Key Vault or Managed HSM, with or without a version; best \
                 is the versionless one, `azurerm_key_vault_key.<name>.versionless_id` (on a \
                 Managed HSM `azurerm_key_vault_managed_hardware_security_module_key.<name>.id`). \
                 Another version of the same key is no change. For a new key add a second key and \
                 a second `aep_cmk_config` with a new `name` beside the first. Only a \
                 configuration that is `FAILED` and was never in effect, or is unprotected, takes \
                 another key in place.",
            ),
        ],
    );
    let with_default = attributes(
        AttributeConstraint::OptionalComputed,
        [
            (
                "adopt_existing",
                AttributeType::Bool,
                "Whether create takes a configuration into the state that already exists at Adobe \
                 with this name and key, with a warning. With `false` that is an error. Default: \
                 `true`.",
            ),
            (
                "deletion_protection",
                AttributeType::Bool,
                "Whether a plan that would destroy or replace the resource is stopped with an \
                 error: while its key is in effect, was once, or may be on its way, which is \
                 everything but a `FAILED` that was never in effect. The value in state decides, \
                 so lift it by an apply of its own. Default: `true`.",
            ),
            (
                "wait_for_completion",
                AttributeType::Bool,
                "Whether apply waits until the key is in effect. With `false` it ends once Adobe \
                 has accepted the configuration; `status` shows in later plans how far it is. \
                 `TF_LOG_PROVIDER=INFO` shows how far the wait is. Default: `true`.",
            ),
            (
                FAILED_ATTEMPTS,
                AttributeType::Number,
                "How many times a configuration that ends in `FAILED` is submitted again before \
                 that becomes an error, from 0 to 100, after pauses of 10 s, 20 s, 40 s and so on \
                 up to 5 min, as far as the timeout allows. Role assignments and firewall rules \
                 can take ten minutes to take effect; `6` covers that. Default: `0`.",
            ),
        ],
    );
    let mut schema = schema(
        required.chain(with_default).chain(computed()),
        "A customer-managed key in Adobe Experience Platform: submits a key in Azure Key Vault or \
                 Managed HSM to Adobe, waits until it is in effect, and shows drift.\n\n\
                 ~> **There is no way back once a key is in effect.** Adobe documents no request \
                 that changes or deletes a configuration: destroying this resource only drops it \
                 from the state, and Adobe goes on using the key. If the key, its vault or the \
                 role of Adobe's app goes away, Adobe loses access to the organisation's data and \
                 purges it. Give each of them `prevent_destroy`; not this resource, as Terraform \
                 replaces what failed to be created.",
    );
    schema.block.blocks = HashMap::from([(TIMEOUTS.to_owned(), NestedBlock::Single(timeouts()))]);
    schema
}

/// The data source's schema.
pub fn data_source() -> Schema {
    let attributes = attributes(
        AttributeConstraint::Required,
        [text(NAME, "Name of the configuration at Adobe, case-sensitive.")],
    )
    .chain(attributes(
        AttributeConstraint::Computed,
        [text(KEY, "Key identifier in Adobe's response.")],
    ))
    .chain(computed());
    schema(
        attributes,
        "Reads the configuration of a customer-managed key by its name, for example to watch its \
                 `status` from another workspace. A name that Adobe does not have is an error.",
    )
}

/// More resubmissions than this never fit into a timeout.
const MOST_ATTEMPTS: i64 = 100;

/// Checks a resource's configuration.
pub fn validate(diags: &mut Diagnostics, config: &Model) {
    match &config.name {
        Value::Value(name) => diags.errors.extend(check_name(name).err()),
        Value::Null => diags.errors.push(null(NAME)),
        Value::Unknown => {}
    }
    // A value that is known late may turn out to be null; CLIs validate again then, but let a null
    // pass.
    if config.key_vault_key_identifier.is_null() {
        diags.errors.push(null(KEY));
    }
    if let Some(text) = known(&config.key_vault_key_identifier)
        && let Err(error) = KeyIdentifier::parse(text)
    {
        let summary = "This is not the key identifier of a key in Azure Key Vault";
        diags.errors.push(at(KEY, summary, error.to_string()));
    }
    if let Some(count) = known(&config.failed_attempts)
        && !(0..=MOST_ATTEMPTS).contains(count)
    {
        let detail = format!(
            "`failed_attempts` is {count}, but has to be a whole number from 0 to {MOST_ATTEMPTS}."
        );
        diags.errors.push(at(FAILED_ATTEMPTS, "The number of attempts is out of range", detail));
    }
    let timeouts = known(&config.timeouts);
    for timeout in Timeout::ALL {
        let attribute = timeout.attribute();
        if let Some(text) = timeouts.and_then(|timeouts| known(timeouts.of(timeout)))
            && let Err(error) = duration::parse(text)
        {
            let detail = format!("`{attribute}` in the `timeouts` block: {error}.");
            diags.errors.push(at_path(&[TIMEOUTS, attribute], "This is not a timeout", detail));
        }
    }
}

fn null(attribute: &'static str) -> Diagnostic {
    let detail = format!("Give `{attribute}` a value: the expression in the block came to null.");
    at(attribute, "A required argument is null", detail)
}

/// A name goes out as one path segment, escaped; what no escaping can carry is refused.
pub fn check_name(name: &str) -> Result<(), Diagnostic> {
    let why = if name.is_empty() {
        "`name` is empty: give the configuration a name."
    } else if name == "." || name == ".." {
        "`name` is \".\" or \"..\", which cannot be part of a URL: choose another name."
    } else if name.chars().any(char::is_control) {
        "`name` has a control character in it, such as a line break or a tab: take it out."
    } else {
        return Ok(());
    };
    Err(at(NAME, "This cannot be the name of a configuration", why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::cmk_config::model::Timeouts;

    fn is_valid(config: Model) -> bool {
        let key = Value::Value("https://vault-a.vault.azure.net/keys/wrap".to_owned());
        let mut diags = Diagnostics::default();
        validate(&mut diags, &Model { key_vault_key_identifier: key, ..config });
        diags.errors.is_empty()
    }

    fn named(name: &str) -> Model {
        Model { name: Value::Value(name.to_owned()), ..Model::default() }
    }

    #[test]
    fn a_name_is_what_a_url_can_carry() {
        for name in ["", ".", "..", "a\tb", "a\nb", "a\u{7f}b", "\u{85}"] {
            assert!(!is_valid(named(name)), "{name:?}");
        }
        for name in ["...", "Config1", "Zwölf / 100 % ?#"] {
            assert!(is_valid(named(name)), "{name:?}");
        }
    }

    #[test]
    fn attempts_are_counted_to_a_hundred_and_each_timeout_is_a_duration() {
        for (attempts, expected) in [(-1, false), (0, true), (100, true), (101, false)] {
            let failed_attempts = Value::Value(attempts);
            assert_eq!(is_valid(Model { failed_attempts, ..named("a") }), expected, "{attempts}");
        }
        for wrong in 0..3 {
            let [create, read, update] = [0, 1, 2].map(|timeout| {
                Value::Value(if timeout == wrong { "10" } else { "10m" }.to_owned())
            });
            let timeouts = Value::Value(Timeouts { create, read, update });
            assert!(!is_valid(Model { timeouts, ..named("a") }), "{wrong}");
        }
    }
}
