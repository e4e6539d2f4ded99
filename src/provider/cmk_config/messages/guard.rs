//! The guard's words: what a plan was stopped from doing, and the way out.

use tf_provider::Diagnostic;

use crate::provider::cmk_config::model::Guarded;
use crate::provider::cmk_config::schema::{KEY, NAME};
use crate::provider::diagnostics::{at, general};

/// How to keep a block's object and give up managing it.
const FORGET: &str = "To stop managing the configuration without touching anything, take the block out and write\n\n  \
    removed {\n    from = aep_cmk_config.<name>\n    lifecycle {\n      destroy = false\n    }\n  }\n\n\
    (Terraform 1.7 and later; before that run `terraform state rm <address>`).";

/// What to do about a key that is not known at plan.
const UPSTREAM: &str = "Look for what is replaced upstream, and stop it: the key and its vault want `prevent_destroy`. A \
    new key belongs beside the old one, with an aep_cmk_config of its own under a new `name`. If nothing is replaced and \
    the value is only read late, apply what it comes from first (`-target`), then plan again. `deletion_protection = false`, \
    in an apply of its own, turns this stop off; Terraform may then delete the key in use.";

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
    /// The same, and the object is tainted, so that it would be forgotten first.
    UnknownKeyOfTainted,
    /// The name is not known before apply.
    UnknownName,
}

/// The guard's error: stopped at plan.
pub fn protected(danger: Danger<'_>, guarded: &Guarded) -> Diagnostic {
    let Guarded { name, key, status } = guarded;
    let what = match danger {
        Danger::Destroy => "This plan would destroy it.".to_owned(),
        Danger::Change { key: Some(wanted), name: None } => {
            format!("This plan would replace that key by {wanted} (in the configuration).")
        }
        Danger::Change { key: Some(wanted), name: Some(renamed) } => format!(
            "This plan would replace it by a configuration {renamed:?} with the key {wanted}."
        ),
        Danger::Change { key: None, name } => {
            format!("This plan would replace it by a configuration {:?}.", name.unwrap_or_default())
        }
        Danger::Replace => {
            "This plan would replace it (`-replace` or `replace_triggered_by`).".to_owned()
        }
        Danger::UnknownKey | Danger::UnknownKeyOfTainted => {
            "In this plan `key_vault_key_identifier` is not known before apply: something upstream \
                               is about to be replaced, most likely the key itself."
                .to_owned()
        }
        Danger::UnknownName => {
            "In this plan `name` is not known before apply, so it may be about to be replaced."
                .to_owned()
        }
    };
    let way_out = match danger {
        Danger::Destroy => format!(
            "{FORGET}\n\nTo let it be destroyed all the same, apply `deletion_protection = false` first, in an apply of \
             its own: the value in the state counts."
        ),
        Danger::Change { key: Some(_), .. } => format!(
            "To stay with the key that Adobe uses, write {key} into `key_vault_key_identifier`. If nobody changed the \
             configuration here, somebody changed the key at Adobe: find out who and why. To move to the other key on \
             purpose, apply `deletion_protection = false` first, in an apply of its own, then choose a new `name` for \
             it, and keep the old key."
        ),
        Danger::UnknownKeyOfTainted => format!("The object is tainted: run `terraform untaint <address>` first. {UPSTREAM}"),
        Danger::UnknownKey => UPSTREAM
            .to_owned(),
        Danger::UnknownName => "Best is a `name` that is written out. If the value stays the same and is only read \
             late, apply what it comes from first (`-target`), then plan again. `deletion_protection = false`, in an \
             apply of its own, turns this stop off."
            .to_owned(),
        Danger::Change { .. } => format!(
            "If the name was changed by mistake, put {name:?} back. To replace it on purpose, apply \
             `deletion_protection = false` first, in an apply of its own: the value in the state counts."
        ),
        Danger::Replace => "Nothing is gained by it: Adobe would keep the same configuration. To do it all the same, \
             apply `deletion_protection = false` first, in an apply of its own: the value in the state counts."
            .to_owned(),
    };
    let detail = format!(
        "Adobe encrypts the organisation's data with the key {key} (configuration {name:?}, status {status}). {what}\n\n\
         A key cannot be taken back at Adobe, which would go on using it. Terraform would no longer know that, and \
         could go on to delete the key, the vault or the role of Adobe's app: Adobe would then lose access to the \
         data and purge it.\n\n{way_out}"
    );
    let summary = "The key is in effect and protected";
    match danger {
        Danger::UnknownKey | Danger::UnknownKeyOfTainted | Danger::Change { key: Some(_), .. } => {
            at(KEY, summary, detail)
        }
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

/// Destroy only forgets.
pub fn forgotten(name: &str, key: &str, is_failed: bool) -> Diagnostic {
    if is_failed {
        return general(
            "The configuration stays at Adobe",
            format!(
                "Adobe has no call to delete a configuration: {name:?} is only forgotten by Terraform, and its name stays \
                 taken. It ended in FAILED, so Adobe does not use the key {key}."
            ),
        );
    }
    general(
        "The configuration stays in effect at Adobe",
        format!(
            "Adobe has no call to delete a configuration: {name:?} with the key {key} is only forgotten by Terraform, \
             and Adobe goes on using the key. Keep the key, its vault and the role of Adobe's app: without them Adobe \
             loses access to the organisation's data and purges it."
        ),
    )
}
