//! The attributes of `aep_cmk_config` and their published text, for the resource and the data source.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, NestedBlock, Schema,
};

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

/// An attribute with its published text.
pub fn attribute(
    attr_type: AttributeType,
    constraint: AttributeConstraint,
    text: &str,
) -> Attribute {
    Attribute {
        attr_type,
        description: Description::markdown(text),
        constraint,
        sensitive: false,
        deprecated: false,
    }
}

fn named<const N: usize>(
    constraint: &AttributeConstraint,
    attributes: [(&str, AttributeType, &str); N],
) -> impl Iterator<Item = (String, Attribute)> {
    attributes
        .map(|(name, attr_type, text)| {
            (
                name.to_owned(),
                attribute(attr_type, constraint.clone(), text),
            )
        })
        .into_iter()
}

/// What Adobe answers, for the resource and the data source.
fn computed() -> impl Iterator<Item = (String, Attribute)> {
    named(
        &AttributeConstraint::Computed,
        [
            (
                "id",
                AttributeType::String,
                "Adobe's id of the configuration. A resubmission may change it.",
            ),
            (
                "status",
                AttributeType::String,
                "Status as Adobe answers it: `NEW` or `CREATED` (accepted), `RUNNING` (checking the key and the \
                 vault), `UPDATE_EXISTING_RESOURCES` (putting it into the datastores of all sandboxes), `COMPLETED` \
                 (in effect) or `FAILED`.",
            ),
            (
                "type",
                AttributeType::String,
                "Type of the configuration, `BYOK_CONFIG`.",
            ),
            (
                "provider_type",
                AttributeType::String,
                "Where the key lives, `AZURE_KEYVAULT`.",
            ),
            (
                IMS_ORG_ID,
                AttributeType::String,
                "IMS organisation the configuration belongs to.",
            ),
            (
                "subscription_id",
                AttributeType::String,
                "Subscription id as Adobe answers it; null until Adobe has started on the configuration.",
            ),
            (
                "application_name",
                AttributeType::String,
                "The `name` in Adobe's answers: a name of Adobe's app, not the name of the configuration.",
            ),
            (
                "key_vault_uri",
                AttributeType::String,
                "URI of the vault, taken from the key identifier that Adobe answers with.",
            ),
            (
                "vault_name",
                AttributeType::String,
                "Name of the vault or Managed HSM.",
            ),
            (
                "key_name",
                AttributeType::String,
                "Name of the key in the vault.",
            ),
            (
                "key_version",
                AttributeType::String,
                "Version in the key identifier that Adobe answers with; null if there is none. Adobe stores vault and \
                 key name only and follows rotations by itself.",
            ),
            (
                "versionless_key_identifier",
                AttributeType::String,
                "Key identifier without a version.",
            ),
            (
                "managed_hsm",
                AttributeType::Bool,
                "Whether the key lives in a Managed HSM.",
            ),
        ],
    )
}

fn timeouts() -> Block {
    Block {
        version: 0,
        attributes: named(
            &AttributeConstraint::Optional,
            [
                (
                    "create",
                    AttributeType::String,
                    "Time to submit the configuration and wait until it is in effect, resubmissions included. Default: `60m`.",
                ),
                ("read", AttributeType::String, "Time to read the status. Default: `5m`."),
                (
                    "update",
                    AttributeType::String,
                    "Time to submit a failed configuration again, or to go on waiting. Default: `60m`.",
                ),
            ],
        )
        .collect(),
        blocks: HashMap::new(),
        description: Description::markdown(
            "Timeouts as Go duration strings, such as `90s`, `60m` or `1h30m`.",
        ),
        deprecated: false,
    }
}

/// The resource's schema.
pub fn resource() -> Schema {
    let required = named(
        &AttributeConstraint::Required,
        [
            (
                NAME,
                AttributeType::String,
                "Name of the configuration, case-sensitive, as written. It stays taken at Adobe for ever. A change \
                 means a replacement.",
            ),
            (
                KEY,
                AttributeType::String,
                "URL of the wrap key in Azure Key Vault or Managed HSM, with or without a version. Best is the \
                 versionless one, `azurerm_key_vault_key.<name>.versionless_id`. A change of the version alone changes \
                 nothing. Another vault or key means a replacement under a new `name`; a configuration that is stored \
                 as `FAILED` takes another key in place.",
            ),
        ],
    );
    let with_default = named(
        &AttributeConstraint::OptionalComputed,
        [
            (
                "adopt_existing",
                AttributeType::Bool,
                "Whether a configuration that already exists at Adobe with this name and key is taken into the state \
                 by create. With `false` it is an error. Default: `true`.",
            ),
            (
                "deletion_protection",
                AttributeType::Bool,
                "Whether a plan is stopped that would destroy or replace a configuration whose key is in effect or \
                 being put into effect. The value in the state counts, so turning it off is an apply of its own. \
                 Default: `true`.",
            ),
            (
                "wait_for_completion",
                AttributeType::Bool,
                "Whether apply waits until the key is in effect. With `false` it returns once Adobe has accepted the \
                 configuration. Default: `true`.",
            ),
            (
                FAILED_ATTEMPTS,
                AttributeType::Number,
                "How many times a job that ends in `FAILED` is submitted again within the timeout, after pauses of \
                 10 s, 20 s, 40 s and so on up to 5 min. Role assignments and firewall rules in Azure lag by minutes, so a first apply may \
                 need it. Default: `0`.",
            ),
        ],
    );
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: required.chain(with_default).chain(computed()).collect(),
            blocks: HashMap::from([(TIMEOUTS.to_owned(), NestedBlock::Single(timeouts()))]),
            description: Description::markdown(
                "A customer-managed key in Adobe Experience Platform: submits a key in Azure Key Vault to Adobe, waits \
                 until it is in effect, and shows drift. **There is no way back at Adobe once a key is in effect**: \
                 destroying this resource only makes Terraform forget it, and Adobe purges data whose key went away.",
            ),
            deprecated: false,
        },
    }
}

/// The data source's schema.
pub fn data_source() -> Schema {
    let attributes = named(
        &AttributeConstraint::Required,
        [(
            NAME,
            AttributeType::String,
            "Name of the configuration, case-sensitive.",
        )],
    )
    .chain(named(
        &AttributeConstraint::Computed,
        [(
            KEY,
            AttributeType::String,
            "Key identifier as Adobe answers it.",
        )],
    ))
    .chain(computed())
    .collect();
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes,
            blocks: HashMap::new(),
            description: Description::markdown(
                "Reads a customer-managed key configuration by name. A name that is not there is an error.",
            ),
            deprecated: false,
        },
    }
}
