//! What the guard says: what a plan was stopped from doing, and the way out.

use tf_provider::Diagnostic;

use super::at_plan;
use crate::provider::cmk_config::model::{Guarded, KEY, Model, NAME, Private};
use crate::provider::cmk_config::plan::{BlockedChange, Stopped};
use crate::provider::diagnostics::{at, general};

/// How to keep a configuration and give up managing it.
const FORGET: &str = "To stop managing it without touching anything, take the block out and \
    write\n\n  removed {\n    from = aep_cmk_config.<name>\n    lifecycle {\n      destroy = \
    false\n    }\n  }\n\n\
    (Terraform 1.7, OpenTofu 1.10 and later), or run `terraform state rm <address>`. If the block \
    only has a new address, write a `moved` block instead. Keep key, vault and role: nothing \
    guards them afterwards.";

/// A copy under create_before_destroy.
const DEPOSED: &str = "If the plan calls it a deposed object, an earlier apply broke off under \
    `create_before_destroy`: `terraform state rm <address>` drops both copies, and an `import` \
    block brings one back. If the two have different names, they are two configurations: give each \
    a block and an import of its own.";

/// How to turn the guard off.
const LIFT: &str =
    "first apply `deletion_protection = false` by itself; the value in state decides.";

/// What to do about a key that is not known at plan.
const UPSTREAM: &str = "Find what is being replaced upstream and stop it; give the key and its \
    vault `prevent_destroy`. A new key belongs beside the old one, in an aep_cmk_config of its own \
    with a new `name`. If nothing is being replaced and the value is only known late, apply what \
    it comes from first (`-target`), then plan again.";

/// The guard's error.
pub fn protected(blocked: &BlockedChange, guarded: &Guarded) -> Diagnostic {
    let Guarded { name, key, status, .. } = guarded;
    let other_key = || {
        format!(
            "To stay with the key that Adobe uses, write {key} into `key_vault_key_identifier`. If \
             the block was not changed, the key was changed at Adobe: find out by whom and why. To \
             move to the other key on purpose, add a second block with a `name` of its own for it, \
             and keep this block and this key. To give this block the other key anyway, {LIFT} \
             Then choose a new `name` too, and keep the old key."
        )
    };
    let (what, way_out) = match blocked {
        BlockedChange::Destroy => (
            "This plan would destroy the object.".to_owned(),
            format!(
                "{FORGET}\n\n{DEPOSED}\n\nTo destroy it anyway, {LIFT} A block that is gone has \
                 to come back for that."
            ),
        ),
        BlockedChange::Change { key: Some(wanted), name: None } => {
            (format!("The block asks for the key {wanted} instead."), other_key())
        }
        BlockedChange::Change { key: Some(wanted), name: Some(renamed) } => (
            format!(
                "The block asks for a configuration {renamed:?} with the key {wanted} \
                instead."
            ),
            other_key(),
        ),
        BlockedChange::Change { key: None, name: renamed } => (
            format!(
                "The block asks for a configuration {:?} instead.",
                renamed.as_deref().unwrap_or_default()
            ),
            format!(
                "If the name was changed by mistake, put {name:?} back. To replace it on \
                purpose, {LIFT}"
            ),
        ),
        BlockedChange::Replace => (
            "This plan would replace the object (`-replace` or `replace_triggered_by`).".to_owned(),
            format!(
                "That gains nothing: Adobe would keep the same configuration. To do it \
                anyway, {LIFT}"
            ),
        ),
        BlockedChange::UnknownKey => (
            "In this plan `key_vault_key_identifier` is not known before apply: most likely \
             something upstream is about to be replaced, perhaps the key itself."
                .to_owned(),
            format!(
                "{UPSTREAM} To override this, {LIFT} For that apply write the stored key \
                 identifier as a literal, {key:?}. Terraform may then delete the key in use."
            ),
        ),
        BlockedChange::UnknownName => (
            "In this plan `name` is not known before apply, so the object may be about to be \
             replaced."
                .to_owned(),
            format!(
                "Write `name` as a literal if you can. If the value stays the same and is only \
                 known late, apply what it comes from first (`-target`), then plan again. To \
                 override this, {LIFT} For that apply write the stored name as a literal, {name:?}."
            ),
        ),
        BlockedChange::Tainted { name: renamed, key: wanted } => {
            let [new_name, new_key] = [renamed, wanted].map(|value| match value {
                Some(value) => format!("{value:?}"),
                None => "not known before apply".to_owned(),
            });
            let undo = match (renamed, wanted) {
                (Some(_), Some(_)) => {
                    format!("To undo the change, put the name {name:?} and the key {key:?} back.")
                }
                _ => UPSTREAM.to_owned(),
            };
            (
                format!(
                    "An object of this name is in the state, tainted or of another block, and what \
                     would take its place is another one: the block's name is {new_name}, and its \
                     key is {new_key}."
                ),
                format!(
                    "If this is a new block, give it another `name`. If the object is tainted, run \
                     `terraform untaint <address>`, then plan again: the plan says what to do \
                     about the change. {undo}"
                ),
            )
        }
    };
    let encrypts = match status.eq_ignore_ascii_case("COMPLETED") {
        true => "encrypts",
        false => "encrypts, or may encrypt,",
    };
    let detail = format!(
        "Adobe {encrypts} the organisation's data with the key {key} (configuration {name:?}, \
         status {status}). {what}\n\n\
         Adobe cannot stop using this key. Once it is out of the state, Terraform may delete the \
         key, its vault or the role assignment; Adobe would lose access to the data and purge \
         it.\n\n{way_out}"
    );
    let summary = "The key is in effect and protected";
    match blocked {
        BlockedChange::UnknownKey
        | BlockedChange::Change { key: Some(_), .. }
        | BlockedChange::Tainted { .. } => at(KEY, summary, detail),
        BlockedChange::UnknownName | BlockedChange::Change { .. } => at(NAME, summary, detail),
        BlockedChange::Destroy | BlockedChange::Replace => general(summary, detail),
    }
}

/// What stops a change of `prior` to another key, or of a protected object.
pub fn stopped(stopped: &Stopped, prior: &Model, wanted: &str) -> Diagnostic {
    match stopped {
        Stopped::Guarded(blocked, guarded) => protected(blocked, guarded),
        Stopped::NeedsNewName => at_plan(needs_new_name(prior, wanted)),
    }
}

/// Another key under the same name.
fn needs_new_name(prior: &Model, wanted: &str) -> Diagnostic {
    let (name, key) = (prior.name_text(), prior.key_text());
    let detail = format!(
        "Give this block a new `name` as well. The configuration {name:?} has the key {key}; the \
         block asks for {wanted}. Adobe documents no request that changes the key of a \
         configuration, and the name remains reserved. If the key was changed at Adobe, write the \
         key that Adobe uses into `key_vault_key_identifier`. The state keeps the configuration."
    );
    at(KEY, "Another key needs a new name", detail)
}

/// The key is known late, and nothing guards the object.
pub fn key_known_late(prior: &Model) -> Diagnostic {
    let detail = format!(
        "Find what is being replaced upstream before you apply. If this turns out to be another \
         key than {}, the apply stops and asks for a new `name`. Terraform may have deleted that \
         key by then, and Adobe may still use it.",
        prior.key_text()
    );
    at(KEY, "The key is not known before apply", detail)
}

/// Destroy only forgets.
pub fn forgotten(prior: &Model, private: &Private) -> Diagnostic {
    let (name, key) = (prior.name_text(), prior.key_text());
    if prior.is_failed() && !private.was_in_effect() {
        let detail = format!(
            "Adobe documents no request to delete a configuration: {name:?} is only dropped from \
             the state, and its name remains reserved. It ended in FAILED and was not seen in \
             effect, so the key {key} is most likely not in use."
        );
        return general("The configuration stays at Adobe", detail);
    }
    let (summary, goes_on) = match prior.is_completed() {
        true => ("The configuration stays in effect at Adobe", "goes"),
        false => ("The configuration may stay in effect at Adobe", "may go"),
    };
    let detail = format!(
        "Keep the key {key}, its vault and the role of Adobe's app: without them Adobe loses \
         access to the organisation's data and purges it. Adobe documents no request to delete a \
         configuration: {name:?} is only dropped from the state, and Adobe {goes_on} on using the \
         key."
    );
    general(summary, detail)
}
