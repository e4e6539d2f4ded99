//! The words of `aep_cmk_config`: each diagnostic says what happened, why it matters, and what a person does next.

use std::time::Duration;

use tf_provider::Diagnostic;

use super::model::Guarded;
use super::schema::{KEY, NAME};
use crate::api::{Configuration, Error};
use crate::key_identifier::KeyIdentifier;
use crate::provider::diagnostics::{at, from_api, general};
use crate::provider::duration::spoken;

/// Adobe's address that a restricted vault has to let in (Adobe's Key Vault page).
const ADOBE_ADDRESS: &str = "20.88.123.53";

/// How to keep a block's object and give up managing it.
const FORGET: &str = "To stop managing the configuration without touching anything, take the block out and write\n\n  \
    removed {\n    from = aep_cmk_config.<name>\n    lifecycle {\n      destroy = false\n    }\n  }\n\n\
    (Terraform 1.7 and later; before that `terraform state rm <address>`).";

/// The way out of a taint.
const UNTAINT: &str = "Terraform marks the object as tainted, and the next `terraform apply` goes on with the same \
    configuration at Adobe; it is not submitted twice. Where `prevent_destroy` or `adopt_existing = false` stands in \
    the way, run `terraform untaint <address>` first.";

/// What Terraform was about to do to a protected configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger<'a> {
    /// `terraform destroy`, or a block that is gone.
    Destroy,
    /// Another key or another name in the block.
    Change {
        /// The key in the configuration, where it is another one.
        key: Option<&'a str>,
        /// The name in the configuration, where it is another one.
        name: Option<&'a str>,
    },
    /// `-replace` or `replace_triggered_by`.
    Replace,
    /// The key identifier is not known before apply.
    UnknownKey,
    /// The name is not known before apply.
    UnknownName,
}

/// The guard's error: stopped at plan.
pub fn protected(danger: Danger<'_>, guarded: &Guarded) -> Diagnostic {
    let Guarded { name, key, status } = guarded;
    let what = match danger {
        Danger::Destroy => "This plan would destroy it.".to_owned(),
        Danger::Change {
            key: Some(wanted),
            name: None,
        } => format!("This plan would replace that key by {wanted} (in the configuration)."),
        Danger::Change {
            key: Some(wanted),
            name: Some(renamed),
        } => format!(
            "This plan would replace it by a configuration {renamed:?} with the key {wanted}."
        ),
        Danger::Change { key: None, name } => format!(
            "This plan would replace it by a configuration {:?}.",
            name.unwrap_or_default()
        ),
        Danger::Replace => {
            "This plan would replace it (`-replace` or `replace_triggered_by`).".to_owned()
        }
        Danger::UnknownKey => "In this plan `key_vault_key_identifier` is not known before apply: something upstream \
                               is about to be replaced, most likely the key itself."
            .to_owned(),
        Danger::UnknownName => {
            "In this plan `name` is not known before apply, so this may be a replacement.".to_owned()
        }
    };
    let way_out = match danger {
        Danger::Destroy => format!(
            "{FORGET} To let it be destroyed all the same, apply `deletion_protection = false` first, in an apply of \
             its own: the value in the state counts."
        ),
        Danger::Change { key: Some(_), .. } => format!(
            "If the key was changed by mistake, put {key} back into `key_vault_key_identifier`. If it was changed at \
             Adobe on purpose, write the key that Adobe uses into the configuration. To replace it on purpose, apply \
             `deletion_protection = false` first, in an apply of its own, and choose a new `name`."
        ),
        Danger::UnknownKey | Danger::UnknownName => "Look in the plan for what is replaced upstream and stop that: a \
             key with its vault wants `prevent_destroy`. If it is meant, apply the upstream change alone (`-target`) \
             after applying `deletion_protection = false` here."
            .to_owned(),
        Danger::Change { .. } | Danger::Replace => "To replace it on purpose, apply `deletion_protection = false` \
             first, in an apply of its own: the value in the state counts."
            .to_owned(),
    };
    let detail = format!(
        "Adobe encrypts the organisation's data with the key {key} (configuration {name:?}, status {status}). {what}\n\n\
         There is no call to take a key back at Adobe, so Adobe would go on using it, while Terraform would go on to \
         delete the key, the vault or the role that this resource holds alive. Adobe would then lose access to the \
         data and purge it.\n\n{way_out}"
    );
    let summary = "The key is in effect and protected";
    match danger {
        Danger::UnknownKey | Danger::Change { key: Some(_), .. } => at(KEY, summary, detail),
        Danger::UnknownName | Danger::Change { .. } => at(NAME, summary, detail),
        Danger::Destroy | Danger::Replace => general(summary, detail),
    }
}

/// Another key under the same name.
pub fn needs_new_name(name: &str, current: &str, wanted: &str) -> Diagnostic {
    at(
        KEY,
        "Another key needs a new name",
        format!(
            "The configuration {name:?} has the key {current}; the plan wants {wanted}. Adobe has no call to change \
             the key of a configuration, and the name stays taken, so another key is another configuration: give \
             this block a new `name` as well. If the key was changed at Adobe, write the key that Adobe uses into \
             `key_vault_key_identifier`. Nothing was changed."
        ),
    )
}

/// The name belongs to a configuration with another key.
pub fn taken(existing: &Configuration, name: &str, wanted: &str) -> Diagnostic {
    at(
        NAME,
        "The name is taken by a configuration with another key",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}) with the key {}; this block has the key \
             {wanted}. Nothing was sent. Choose another `name`, or manage the existing configuration: write its key \
             into the block and import it.\n\n{}\n\n{}",
            existing.id,
            existing.status.as_str(),
            existing.key_identifier,
            import_block(name),
            OURS
        ),
    )
}

/// The name exists with the same key, and `adopt_existing` is off.
pub fn not_adopted(existing: &Configuration, name: &str) -> Diagnostic {
    at(
        NAME,
        "The configuration exists and adopting it is turned off",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}) and the block says `adopt_existing = \
             false`. Nothing was sent. Import it, or set `adopt_existing = true`.\n\n{}\n\n{}",
            existing.id,
            existing.status.as_str(),
            import_block(name),
            OURS
        ),
    )
}

/// It may be what an earlier apply left behind.
const OURS: &str = "If it comes from an apply of this very block that broke off, the object may still be in the state \
    as tainted: then `terraform untaint <address>` keeps it.";

fn import_block(name: &str) -> String {
    format!(
        "  import {{\n    to = aep_cmk_config.<name>\n    id = {}\n  }}",
        hcl_string(name)
    )
}

/// A quoted HCL string: `${` and `%{` would be templates.
fn hcl_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '$' | '%' if characters.peek() == Some(&'{') => quoted.extend([character, character]),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// The plan of a create found a configuration with the same key.
pub fn will_be_adopted(existing: &Configuration, name: &str) -> Diagnostic {
    at(
        NAME,
        "An existing configuration will be adopted",
        format!(
            "Adobe already has a configuration {name:?} with this key (id {}, status {}). Apply takes it into the \
             state and submits nothing. Set `adopt_existing = false` to make this an error.",
            existing.id,
            existing.status.as_str()
        ),
    )
}

/// The plan of a create found a configuration, and the key is not known yet.
pub fn may_be_taken(existing: &Configuration, name: &str) -> Diagnostic {
    at(
        NAME,
        "The name is already in use at Adobe",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}) with the key {}. The key of this block is \
             not known before apply: if it is another one, the apply stops before anything is sent; choose another \
             `name` to avoid that.",
            existing.id,
            existing.status.as_str(),
            existing.key_identifier
        ),
    )
}

/// Apply took an existing configuration.
pub fn adopted(existing: &Configuration, name: &str) -> Diagnostic {
    at(
        NAME,
        "An existing configuration was adopted",
        format!(
            "Adobe already had a configuration {name:?} with this key (id {}, status {}): it was taken into the state \
             and nothing was submitted.",
            existing.id,
            existing.status.as_str()
        ),
    )
}

/// Two blocks of one run want the same name with different keys.
pub fn rival(name: &str, other_key: &str, wanted: &str) -> Diagnostic {
    at(
        NAME,
        "Two blocks name the same configuration with different keys",
        format!(
            "Another block of this run has the name {name:?} with the key {other_key}; this one has the key {wanted}. \
             A name belongs to one key for ever: give one of the blocks another `name`."
        ),
    )
}

/// Another block of this run sent the submission and nobody knows yet whether Adobe took it.
pub fn rival_uncertain(name: &str) -> Diagnostic {
    at(
        NAME,
        "Another block's submission of this name is uncertain",
        format!(
            "Another block of this run submitted the configuration {name:?} and its answer was lost, so this one \
             sends nothing. Run `terraform apply` again: it looks the name up first."
        ),
    )
}

/// Destroy only forgets.
pub fn forgotten(name: &str, key: &str) -> Diagnostic {
    general(
        "The configuration stays in effect at Adobe",
        format!(
            "Adobe has no call to delete a configuration: {name:?} with the key {key} is only forgotten by Terraform, \
             and Adobe goes on using the key. Keep the key, its vault and the role of Adobe's app: without them Adobe \
             loses access to the organisation's data and purges it."
        ),
    )
}

/// A job that ended in FAILED, with what to check for this kind of vault.
pub fn failed(
    configuration: &Configuration,
    name: &str,
    key: Option<&KeyIdentifier>,
    attempts: &[Duration],
    broken_off_create: bool,
) -> Diagnostic {
    let role = key.map_or(crate::key_identifier::KEY_VAULT_ROLE, KeyIdentifier::required_role);
    let is_hsm = key.is_some_and(KeyIdentifier::is_managed_hsm);
    let vault = if is_hsm { "Managed HSM" } else { "key vault" };
    let permissions = if is_hsm {
        "a local RBAC role assignment on \"/keys\""
    } else {
        "the vault's permission model is Azure RBAC, not access policies"
    };
    let tries = match attempts {
        [] => String::new(),
        submitted => format!(
            " It was submitted again {} (`failed_attempts`), {} after the start.",
            times(submitted.len()),
            moments(submitted)
        ),
    };
    let next = if broken_off_create {
        format!(
            "Then run `terraform apply` again: it submits the configuration again. Role assignments and firewall \
             rules lag by minutes, so `failed_attempts = 3` may help in a first apply. {UNTAINT}"
        )
    } else {
        "Then run `terraform apply` again: it submits the configuration again. Role assignments and firewall rules \
         lag by minutes, so `failed_attempts = 3` may help."
            .to_owned()
    };
    general(
        "Adobe could not use the key",
        format!(
            "The configuration {name:?} (id {}) ended in {}; Adobe gives no reason.{tries} Check for the key {}:\n\
             \x20 - the app's service principal has the role \"{role}\" on the {vault}; {permissions};\n\
             \x20 - the key allows wrapKey and unwrapKey;\n\
             \x20 - the key is of type RSA or RSA-HSM with at least 3072 bits, is enabled, and has not expired;\n\
             \x20 - soft delete and purge protection are on;\n\
             \x20 - a restricted network lets in trusted Microsoft services and Adobe's address {ADOBE_ADDRESS};\n\
             \x20 - the app got consent in the tenant of the vault (`consent_url` of the data source aep_cmk_app).\n\n\
             {next}",
            configuration.id,
            configuration.status.as_str(),
            configuration.key_identifier,
        ),
    )
}

fn moments(attempts: &[Duration]) -> String {
    attempts
        .iter()
        .map(|at| spoken(*at))
        .collect::<Vec<_>>()
        .join(", ")
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

/// How a person goes on after an accepted submission that was not seen to its end.
fn go_on(broken_off_create: bool) -> &'static str {
    if broken_off_create {
        UNTAINT
    } else {
        "Run `terraform apply` again: it goes on waiting for the same configuration and submits nothing twice."
    }
}

/// The operation's timeout came before a terminal status.
pub fn timed_out(
    configuration: &Configuration,
    name: &str,
    timeout: Duration,
    attribute: &'static str,
    broken_off_create: bool,
) -> Diagnostic {
    general(
        "The configuration was not in effect in time",
        format!(
            "Adobe accepted the configuration {name:?} (id {}) and its status is {} after {}. The state has it. Raise \
             `{attribute}` in the `timeouts` block if it takes longer than that, or set `wait_for_completion = \
             false`. {}",
            configuration.id,
            configuration.status.as_str(),
            spoken(timeout),
            go_on(broken_off_create)
        ),
    )
}

/// Terraform was interrupted while waiting.
pub fn interrupted(
    configuration: &Configuration,
    name: &str,
    broken_off_create: bool,
) -> Diagnostic {
    general(
        "Interrupted while Adobe puts the key into effect",
        format!(
            "Adobe accepted the configuration {name:?} (id {}) and goes on with it; its last status is {}. The state \
             has it. {}",
            configuration.id,
            configuration.status.as_str(),
            go_on(broken_off_create)
        ),
    )
}

/// Interrupted before anything was sent.
pub fn interrupted_before(name: &str) -> Diagnostic {
    general(
        "Interrupted before the submission",
        format!(
            "Nothing was submitted for the configuration {name:?}. Run `terraform apply` again."
        ),
    )
}

/// Polling ended in an error.
pub fn broken(
    error: &Error,
    configuration: &Configuration,
    name: &str,
    broken_off_create: bool,
) -> Diagnostic {
    let mut diagnostic = from_api(
        error,
        &format!("waiting for the configuration {name:?} to take effect"),
    );
    diagnostic.detail = format!(
        "{}\n\nAdobe accepted the configuration (id {}); its last status is {}, and the state has it. {}",
        diagnostic.detail,
        configuration.id,
        configuration.status.as_str(),
        go_on(broken_off_create)
    )
    .into();
    diagnostic
}

/// The answer to a submission was lost and the configuration was not found.
pub fn answer_lost(error: &Error, name: &str, settled: Duration, broken_off_create: bool) -> Diagnostic {
    let tainted = if broken_off_create {
        " Where `prevent_destroy` stands in the way, run `terraform untaint <address>` first."
    } else {
        ""
    };
    general(
        "It is uncertain whether Adobe accepted the submission",
        format!(
            "The answer to the submission of {name:?} was lost: {error}\n\nThe name was looked up for {} and is not \
             there. Nothing was sent again, as Adobe may still accept it. Run `terraform apply` again: it looks the \
             name up first and submits only what is not there.{tainted}",
            spoken(settled)
        ),
    )
}

/// The job failed before it went into effect.
pub fn submitted_again(name: &str, attempts: &[Duration]) -> Diagnostic {
    general(
        "The configuration was submitted more than once",
        format!(
            "The configuration {name:?} is in effect; its job had failed before and was submitted again {} \
             (`failed_attempts`), {} after the start.",
            times(attempts.len()),
            moments(attempts)
        ),
    )
}

/// The provider's organisation is not the one the object was made in.
pub fn other_organisation(name: &str, made_in: &str, configured: &str) -> Diagnostic {
    general(
        "The object belongs to another organisation",
        format!(
            "The configuration {name:?} was made in the organisation {made_in}, and the provider is configured for \
             {configured}. Nothing was sent: the key could end up in the wrong organisation. Set `org_id` \
             (AEP_ORG_ID) back, or use a provider alias for each organisation."
        ),
    )
}

/// The object is not at the endpoint, which is not the one it was made with.
pub fn other_endpoint(name: &str, made_at: &str, configured: &str) -> Diagnostic {
    general(
        "The object is not at this endpoint",
        format!(
            "The configuration {name:?} was made at {made_at}; the provider is configured for {configured}, which \
             does not have it. It is kept in the state: the next apply would submit the key a second time otherwise. \
             Set `region` or `endpoint` (AEP_REGION, AEP_ENDPOINT) back."
        ),
    )
}

/// The provider block is not known yet, so the object could not be refreshed.
pub fn not_refreshed(name: &str, unknown: &[&'static str]) -> Diagnostic {
    general(
        "The object was not refreshed",
        format!(
            "The provider arguments {} are not known before apply, so Adobe was not asked about the configuration \
             {name:?}: the plan is made with what is stored, and drift does not show.",
            list(unknown)
        ),
    )
}

/// A data source or an import cannot wait for a value.
pub fn unknown_arguments(doing: &str, unknown: &[&'static str]) -> Diagnostic {
    general(
        "The provider is not fully configured yet",
        format!(
            "While {doing}: the provider arguments {} are not known before apply. Give them as values that are known \
             at plan, or apply what they come from first (`-target`).",
            list(unknown)
        ),
    )
}

fn list(names: &[&'static str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Import or data source of a name that is not there.
pub fn absent(name: &str, org_id: &str) -> Diagnostic {
    at(
        NAME,
        "There is no configuration of this name",
        format!(
            "Adobe has no configuration {name:?} in the organisation {org_id}. Names are case-sensitive: check the \
             spelling, `org_id`, and `region` or `endpoint`."
        ),
    )
}

/// The answered key cannot be read, so nobody can tell whether it is the same key.
pub fn unreadable_key(name: &str, answered: &str) -> Diagnostic {
    general(
        "Adobe answered with a key that cannot be read",
        format!(
            "The key of the configuration {name:?} is {answered:?} at Adobe, which is not a key identifier of Azure \
             Key Vault. The state was not changed."
        ),
    )
}
