//! The maker of the diagnostics of `aep_cmk_config`: each says what happened, why it matters, and
//! what a person does next.

mod ending;
mod guard;

use tf_provider::Diagnostic;

use super::existing::{Obstacle, Seen, Why};
use super::model::{KEY, NAME, Wanted};
use crate::api::Error;
use crate::provider::diagnostics::{are, at, general};

pub use crate::provider::diagnostics::{at_plan, from_api};
pub use ending::{done, requirements, shell_word, unfinished};
pub use guard::{forgotten, key_known_late, protected, stopped};

/// It may be what an earlier apply left behind.
const OURS: &str = "If an earlier apply of this block broke off, the object may still be in the \
    state, tainted: `terraform untaint <address>` keeps it.";

/// What keeps a block with the key `wanted` from having the name.
pub fn obstacle(Obstacle { seen, why }: &Obstacle, name: &str, wanted: &str) -> Diagnostic {
    let there = there(seen, name);
    let existing = seen.key_text();
    match why {
        Why::Taken => {
            let detail = format!(
                "{there} with the key {existing}, not {wanted}. Choose another `name`, or manage \
                 the existing configuration: write its key into the block and import \
                 it.\n\n{}\n\n{OURS}",
                import_block(name)
            );
            at(NAME, "The name is taken by a configuration with another key", detail)
        }
        Why::KeyChanged => {
            let detail = format!(
                "To stay with the key that Adobe uses, write {existing} into \
                 `key_vault_key_identifier`. The configuration {name:?}{} has that key; the block \
                 asks for {wanted}. If the block was not changed, the key was changed at Adobe: \
                 find out by whom and why. For another key add a second block with a `name` of its \
                 own. Keep both keys. Nothing was submitted.",
                facts(Some(seen))
            );
            at(KEY, "Adobe has another key than the block", detail)
        }
        Why::NotAdopted => {
            let detail = format!(
                "{there} and the block says `adopt_existing = false`. Nothing was changed at \
                 Adobe. Import it, or set `adopt_existing = true`.\n\n{}\n\n{OURS}",
                import_block(name)
            );
            at(NAME, "The configuration exists and adopting it is turned off", detail)
        }
        Why::KeyUnknown => {
            let detail = format!(
                "{there}, and its response does not tell which key it has. Nothing was submitted. \
                 Choose another `name`, or ask Adobe support which key it is."
            );
            at(NAME, "The name is taken by a configuration whose key is unknown", detail)
        }
    }
}

fn there(seen: &Seen, name: &str) -> String {
    format!("Adobe already has a configuration {name:?}{}", facts(Some(seen)))
}

/// Id and status, as far as they are known.
fn facts(seen: Option<&Seen>) -> String {
    seen.map_or(String::new(), |Seen { id, status, .. }| format!(" (id {id}, status {status})"))
}

fn import_block(name: &str) -> String {
    format!("  import {{\n    to = aep_cmk_config.<name>\n    id = {}\n  }}", hcl_string(name))
}

/// A quoted HCL string: `${` and `%{` would be templates.
fn hcl_string(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('"', r#"\""#);
    format!("\"{}\"", escaped.replace("${", "$${").replace("%{", "%%{"))
}

/// The plan of a create found a configuration with the same key.
pub fn will_be_adopted(existing: &Seen, name: &str) -> Diagnostic {
    let Seen { id, status, .. } = existing;
    let detail = format!(
        "Adobe already has a configuration {name:?} with this key (id {id}, status {status}). \
         Apply takes it into the state and submits nothing. Set `adopt_existing = false` to make \
         this an error."
    );
    at(NAME, "An existing configuration will be adopted", detail)
}

/// The plan of a create found a configuration, and the key is not known yet.
pub fn may_be_taken(existing: &Seen, name: &str) -> Diagnostic {
    let detail = format!(
        "{} with the key {}. The key of this block is not known before apply: if it is another \
         one, the apply stops before anything is sent; choose another `name` to avoid that.",
        there(existing, name),
        existing.key_text()
    );
    at(NAME, "The name is already in use at Adobe", detail)
}

/// Two blocks of one run want the same name with different keys.
pub fn rival(Wanted { name, key_text, .. }: &Wanted, other_key: &str) -> Diagnostic {
    let detail = format!(
        "Give one of the blocks another `name`: a name belongs to one key. Another block of this \
         run has the name {name:?} with the key {other_key}; this one has the key {key_text}."
    );
    at(NAME, "Two blocks name the same configuration with different keys", detail)
}

/// The provider's organisation is not the one the object was made in.
pub fn other_organisation(name: &str, made_in: &str, configured: &str) -> Diagnostic {
    let detail = format!(
        "The configuration {name:?} was made in the organisation {made_in}, and the provider is \
         configured for {configured}. Nothing was sent, as the key could end up in the wrong \
         organisation. Set `org_id` (AEP_ORG_ID) back, or use a provider alias for each \
         organisation."
    );
    general("The object belongs to another organisation", detail)
}

/// The object is not at the endpoint, which is not the one it was made with.
pub fn other_endpoint(
    name: &str,
    made_at: &str,
    configured: &str,
    error: Option<&Error>,
) -> Diagnostic {
    let said = error.map_or(String::new(), |error| format!("\n\n{error}"));
    let detail = format!(
        "Set `region` or `endpoint` (AEP_REGION, AEP_ENDPOINT) back. The configuration {name:?} \
         was made at {made_at}; the provider is configured for {configured}, which does not have \
         it. It stays in the state: otherwise the next apply would submit the key a second \
         time.{said}"
    );
    general("The object is not at this endpoint", detail)
}

/// The provider block is not known yet, so the object could not be refreshed.
pub fn not_refreshed(name: &str, unknown: &[&'static str]) -> Diagnostic {
    let detail = format!(
        "The provider {} not known before apply, so Adobe was not asked about the configuration \
         {name:?}. The plan is made with what is stored, and drift does not show. Plan again when \
         the value is known.",
        are(unknown)
    );
    general("The object was not refreshed", detail)
}

/// A refresh found nothing under the name of an object in the state.
pub fn not_found(name: &str, is_accepted: bool, error: &Error) -> Diagnostic {
    if !is_accepted {
        let detail = format!(
            "It is uncertain whether Adobe accepted the configuration {name:?}, and nothing has \
             shown it since. The next apply looks for it once more and submits it if it is still \
             not there. Until then keep the key, its vault and the role of Adobe's app. The state \
             keeps the object.\n\n{error}"
        );
        return general("Adobe does not find the configuration", detail);
    }
    let detail = format!(
        "Ask Adobe support before you apply: the next apply looks for the configuration {name:?} \
         once more and submits it again if it is still not there. Adobe documents no request that \
         deletes a configuration, so this may be temporary. Keep the key, its vault and the \
         role of Adobe's app. The state keeps the object.\n\n{error}"
    );
    general("Adobe no longer finds the configuration", detail)
}

/// Import or data source of a name that is not there.
pub fn absent(name: &str, org_id: &str, error: &Error) -> Diagnostic {
    let detail = format!(
        "Check the spelling (names are case-sensitive), `org_id`, and `region` or `endpoint`: \
         Adobe has no configuration {name:?} in the organisation {org_id}.\n\n{error}"
    );
    at(NAME, "There is no configuration of this name", detail)
}

/// The key in a response cannot be read, so it is unknown whether it is the same key.
pub fn unreadable_key(name: &str, key_text: Option<&str>) -> Diagnostic {
    let key = key_text.map_or("missing in the response".to_owned(), |key| {
        format!("{key:?}, which is not the URL of a key in Azure Key Vault")
    });
    let detail = format!(
        "Ask Adobe support what it stands for. The key of the configuration {name:?} is {key}: it \
         is unknown whether it is the key of the block. The state was not changed."
    );
    general("Adobe responded with a key that cannot be read", detail)
}

#[cfg(test)]
mod tests {
    use super::hcl_string;

    #[test]
    fn a_name_is_one_string_of_hcl() {
        for (text, expected) in [
            ("Config1", r#""Config1""#),
            (r#"a "b" \c"#, r#""a \"b\" \\c""#),
            ("${a} %{b} $c $${d}", r#""$${a} %%{b} $c $$${d}""#),
        ] {
            assert_eq!(hcl_string(text), expected);
        }
    }
}
