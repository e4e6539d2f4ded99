//! The words of a job: how it ended, or why nobody saw its end, and how to go on.

use std::time::Duration;

use tf_provider::Diagnostic;

use crate::api::{Configuration, Error};
use crate::key_identifier::{KEY_VAULT_ROLE, KeyIdentifier};
use crate::provider::cmk_config::schema::KEY;
use crate::provider::diagnostics::{at, from_api, general};
use crate::provider::duration::spoken;

/// Adobe's address that a restricted vault has to let in (Adobe's Key Vault page).
const ADOBE_ADDRESS: &str = "20.88.123.53";

/// The way out of a taint.
const UNTAINT: &str = "Run `terraform apply` again: it goes on with the same configuration and submits nothing twice. \
    Terraform marks the object as tainted and plans a replacement, which only forgets it and takes it back. Where \
    `prevent_destroy` or `adopt_existing = false` stands in the way, run `terraform untaint <address>` first.";

/// How to go on after a job that failed.
const AGAIN: &str = "When that is right, run `terraform apply` again: it submits the configuration again. Role \
    assignments and firewall rules lag by up to ten minutes; `failed_attempts = 6` waits that long.";

/// A job that ended in FAILED, with what to check for this kind of vault.
pub fn failed(
    configuration: &Configuration,
    name: &str,
    key: Option<&KeyIdentifier>,
    attempts: &[Duration],
    broken_off_create: bool,
) -> Diagnostic {
    let role = key.map_or(KEY_VAULT_ROLE, KeyIdentifier::required_role);
    let is_hsm = key.is_some_and(KeyIdentifier::is_managed_hsm);
    let vault = if is_hsm { "Managed HSM" } else { "key vault" };
    let permissions = if is_hsm {
        "(a local RBAC role assignment, scope \"/keys\")"
    } else {
        "(permission model: Azure RBAC, not access policies)"
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
            "{AGAIN} Terraform marks the object as tainted and plans a replacement, which only forgets it and takes it \
             back. Where `prevent_destroy` stands in the way, run `terraform untaint <address>` first."
        )
    } else {
        AGAIN.to_owned()
    };
    general(
        "Adobe could not use the key",
        format!(
            "The configuration {name:?} (id {}) ended in {}; Adobe gives no reason.{tries} Check for \
             {}:\n\
             \x20 - Adobe's app has the role \"{role}\"\n\
             \x20   on the {vault} {permissions}\n\
             \x20 - the app has consent in the tenant of the {vault}\n\
             \x20   (`consent_url` of the data source aep_cmk_app)\n\
             \x20 - the key is of type RSA or RSA-HSM with at least 3072 bits, is enabled,\n\
             \x20   has not expired, and allows wrapKey and unwrapKey\n\
             \x20 - soft delete and purge protection are on\n\
             \x20 - a firewall lets in trusted Microsoft services and Adobe's address\n\
             \x20   {ADOBE_ADDRESS}\n\n\
             {next}",
            configuration.id,
            configuration.status.as_str(),
            configuration.key_identifier,
        ),
    )
}

fn moments(attempts: &[Duration]) -> String {
    attempts.iter().map(|at| spoken(*at)).collect::<Vec<_>>().join(", ")
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
    let mut diagnostic =
        from_api(error, &format!("waiting for the configuration {name:?} to take effect"));
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

/// What ends before this was interrupted: there was one look-up.
const LOOKED_UP_ONCE: Duration = Duration::from_secs(1);

/// The answer to a submission was lost and the configuration was not found. `last` is the error of the last look-up.
pub fn answer_lost(
    lost: &Error,
    name: &str,
    last: Option<&Error>,
    settled: Duration,
    broken_off_create: bool,
) -> Diagnostic {
    let found = match last {
        None if settled < LOOKED_UP_ONCE => {
            "The name was looked up once and is not there.".to_owned()
        }
        None => format!("The name was looked up for {} and is not there.", spoken(settled)),
        Some(error) => format!("Looking the name up failed as well: {error}."),
    };
    let tainted = if broken_off_create {
        " The state has the name, and Terraform marks it as tainted: where `prevent_destroy` or `adopt_existing = false` stands in the way, run \
         `terraform untaint <address>` first."
    } else {
        ""
    };
    general(
        "It is uncertain whether Adobe accepted the submission",
        format!(
            "The answer to the submission of {name:?} was lost: {lost}\n\n{found} Nothing was sent again, as Adobe \
             may still accept it. Run `terraform apply` again: it looks the name up first and submits only what is not \
             there.{tainted}"
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

/// Adobe took the submission and names another key than the one that was submitted.
pub fn other_key_at_adobe(seen: &Configuration, name: &str, wanted: &str) -> Diagnostic {
    at(
        KEY,
        "Adobe has another key than the one submitted",
        format!(
            "The configuration {name:?} (id {}, status {}) has the key {} at Adobe; this block has the key {wanted}. \
             Keep both keys, their vaults and the roles on them until that is cleared up: Adobe uses the key it \
             names. Give the block a new `name` to submit {wanted} as another configuration.",
            seen.id,
            seen.status.as_str(),
            seen.key_identifier,
        ),
    )
}

/// The error of a create that leaves an object in the state, with the way out of the taint.
pub fn with_untaint(mut error: Diagnostic) -> Diagnostic {
    if !error.detail.contains("terraform untaint") {
        error.detail = format!("{}\n\n{UNTAINT}", error.detail).into();
    }
    error
}
