//! The only maker of the diagnostics of `aep_cmk_config`: each says what happened, why it matters, and what a person does
//! next.

mod guard;
mod trouble;

use tf_provider::Diagnostic;

use super::existing::Seen;
use super::model::Wanted;
use super::schema::NAME;
use crate::api::Error;
use crate::provider::diagnostics::{at, general};

pub use crate::provider::diagnostics::from_api;

pub use guard::{forgotten, key_known_late, needs_new_name, protected};
pub use trouble::{Told, requirements, shell_word};

/// An error of a plan that is not the guard's: it also stops a destroy, which plans first.
pub fn at_plan(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.detail = format!(
        "{}\n\nIf this stops a `terraform destroy`, add `-refresh=false` to it.",
        diagnostic.detail
    )
    .into();
    diagnostic
}

/// The name belongs to a configuration with another key.
pub fn taken(existing: &Seen, name: &str, wanted: &str) -> Diagnostic {
    at(
        NAME,
        "The name is taken by a configuration with another key",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}) with the key {}; this block has the key \
             {wanted}. Choose another `name`, or manage the existing configuration: write its key into the block and \
             import it.\n\n{}\n\n{}",
            existing.id,
            existing.status,
            existing.key_text(),
            import_block(name),
            OURS
        ),
    )
}

/// The name exists with the same key, and `adopt_existing` is off.
pub fn not_adopted(existing: &Seen, name: &str) -> Diagnostic {
    at(
        NAME,
        "The configuration exists and adopting it is turned off",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}) and the block says `adopt_existing = \
             false`. Nothing was changed at Adobe. Import it, or set `adopt_existing = true`.\n\n{}\n\n{}",
            existing.id,
            existing.status,
            import_block(name),
            OURS
        ),
    )
}

/// It may be what an earlier apply left behind.
const OURS: &str = "If it comes from an apply of this very block that broke off, the object may still be in the state \
    as tainted: then `terraform untaint <address>` keeps it.";

fn import_block(name: &str) -> String {
    format!("  import {{\n    to = aep_cmk_config.<name>\n    id = {}\n  }}", hcl_string(name))
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
pub fn will_be_adopted(existing: &Seen, name: &str) -> Diagnostic {
    at(
        NAME,
        "An existing configuration will be adopted",
        format!(
            "Adobe already has a configuration {name:?} with this key (id {}, status {}). Apply takes it into the \
             state and submits nothing. Set `adopt_existing = false` to make this an error.",
            existing.id, existing.status
        ),
    )
}

/// The plan of a create found a configuration, and the key is not known yet.
pub fn may_be_taken(existing: &Seen, name: &str) -> Diagnostic {
    at(
        NAME,
        "The name is already in use at Adobe",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}) with the key {}. The key of this block is \
             not known before apply: if it is another one, the apply stops before anything is sent; choose another \
             `name` to avoid that.",
            existing.id,
            existing.status,
            existing.key_text()
        ),
    )
}

/// Apply took an existing configuration.
pub fn adopted(existing: &Seen, name: &str) -> Diagnostic {
    at(
        NAME,
        "An existing configuration was adopted",
        format!(
            "Adobe already had a configuration {name:?} with this key (id {}, status {}): it was taken into the state \
             and nothing was submitted.",
            existing.id, existing.status
        ),
    )
}

/// Two blocks of one run want the same name with different keys.
pub fn rival(wanted: &Wanted, other_key: &str) -> Diagnostic {
    at(
        NAME,
        "Two blocks name the same configuration with different keys",
        format!(
            "Give one of the blocks another `name`: a name belongs to one key. Another block of this run has the name {:?} \
             with the key {other_key}; this one has the key {}.",
            wanted.name, wanted.key_text
        ),
    )
}

/// The name exists, and the response does not tell its key.
pub fn key_unknown(existing: &Seen, name: &str) -> Diagnostic {
    at(
        NAME,
        "The name is taken by a configuration whose key is unknown",
        format!(
            "Adobe already has a configuration {name:?} (id {}, status {}), and its response does not tell which key it \
             has. Nothing was submitted. Choose another `name`, or ask Adobe support which key it is.",
            existing.id, existing.status
        ),
    )
}

/// The provider's organisation is not the one the object was made in.
pub fn other_organisation(name: &str, made_in: &str, configured: &str) -> Diagnostic {
    general(
        "The object belongs to another organisation",
        format!(
            "The configuration {name:?} was made in the organisation {made_in}, and the provider is configured for \
             {configured}. Nothing was sent, as the key could end up in the wrong organisation. Set `org_id` \
             (AEP_ORG_ID) back, or use a provider alias for each organisation."
        ),
    )
}

/// The object is not at the endpoint, which is not the one it was made with.
pub fn other_endpoint(
    name: &str,
    made_at: &str,
    configured: &str,
    error: Option<&Error>,
) -> Diagnostic {
    let said = error.map_or(String::new(), |error| format!("\n\n{error}"));
    general(
        "The object is not at this endpoint",
        format!(
            "Set `region` or `endpoint` (AEP_REGION, AEP_ENDPOINT) back. The configuration {name:?} was made at {made_at}; \
             the provider is configured for {configured}, which does not have it. It stays in the state: otherwise the \
             next apply would submit the key a second time.{said}"
        ),
    )
}

/// The provider block is not known yet, so the object could not be refreshed.
pub fn not_refreshed(name: &str, unknown: &[&'static str]) -> Diagnostic {
    general(
        "The object was not refreshed",
        format!(
            "The provider {} not known before apply, so Adobe was not asked about the configuration {name:?}. The plan \
             is made with what is stored, and drift does not show. Plan again when the value is known.",
            are(unknown)
        ),
    )
}

/// A data source or an import cannot wait for a value.
pub fn unknown_arguments(doing: &str, unknown: &[&'static str]) -> Diagnostic {
    general(
        "The provider is not fully configured yet",
        format!(
            "While {doing}: the provider {} not known before apply. Give a value that is known at plan, or apply what \
             it comes from first (`-target`).",
            are(unknown)
        ),
    )
}

/// `argument `a` is`, `arguments `a`, `b` are`
fn are(names: &[&'static str]) -> String {
    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names {
        [_] => format!("argument {list} is"),
        _ => format!("arguments {list} are"),
    }
}

/// A refresh found nothing under the name of an object in the state.
pub fn not_found(name: &str, is_accepted: bool, error: &Error) -> Diagnostic {
    if !is_accepted {
        return general(
            "Adobe does not find the configuration",
            format!(
                "It is uncertain whether Adobe accepted the configuration {name:?}, and nothing has shown it since. The next \
                 apply looks for it once more and submits it if it is still not there. Until then keep the key, its vault \
                 and the role of Adobe's app. The state keeps the object.\n\n{error}"
            ),
        );
    }
    general(
        "Adobe no longer finds the configuration",
        format!(
            "Ask Adobe support before you apply: the next apply looks for the configuration {name:?} once more and submits \
             it again if it is still not there. Adobe documents no request that deletes a configuration, so this may be a \
             passing fault. Keep the key, its vault and the role of Adobe's app. The state keeps the object.\n\n{error}"
        ),
    )
}

/// Import or data source of a name that is not there.
pub fn absent(name: &str, org_id: &str, error: &Error) -> Diagnostic {
    at(
        NAME,
        "There is no configuration of this name",
        format!(
            "Check the spelling (names are case-sensitive), `org_id`, and `region` or `endpoint`: Adobe has no \
             configuration {name:?} in the organisation {org_id}.\n\n{error}"
        ),
    )
}

/// The key in a response cannot be read, so it is unknown whether it is the same key.
pub fn unreadable_key(name: &str, answered: Option<&str>) -> Diagnostic {
    let key = answered.map_or("missing in the response".to_owned(), |key| {
        format!("{key:?}, which is not the URL of a key in Azure Key Vault")
    });
    general(
        "Adobe responded with a key that cannot be read",
        format!(
            "Ask Adobe support what it stands for. The key of the configuration {name:?} is {key}: it is unknown whether it \
             is the key of the block. The state was not changed."
        ),
    )
}
