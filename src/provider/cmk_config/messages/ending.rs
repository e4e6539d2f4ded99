//! How an operation ended: what a person should know of it, and how to go on.

use std::time::Duration;

use tf_provider::Diagnostic;

use super::{facts, from_api, obstacle, other_endpoint, rival};
use crate::api::{Error, Kind};
use crate::key_identifier::KeyIdentifier;
use crate::provider::cmk_config::existing::{Left, Seen};
use crate::provider::cmk_config::model::{KEY, NAME, Timeout, Wanted};
use crate::provider::cmk_config::trouble::{Done, Standing, Trouble, Unfinished};
use crate::provider::diagnostics::{and, at, general};
use crate::provider::duration::humanize;

/// Adobe's address that a restricted vault has to let in (Adobe's Key Vault page).
const ADOBE_ADDRESS: &str = "20.88.123.53";

/// What Terraform does about a create that ended in an error.
const TAINT: &str = "Without `untaint` Terraform plans to replace the object. This is safe: it \
    drops the object from state and adopts it again. Only if something else fails between the two \
    steps, or `prevent_destroy` or `adopt_existing = false` stands in the way, it is not adopted \
    again. Under `create_before_destroy` always run `untaint` first: otherwise a deposed copy may \
    stay, which stops every plan until `terraform state rm <address>` and an import.";

/// The same for an object that may not be there.
const UNCERTAIN_TAINT: &str = "Without `untaint` Terraform plans to replace the object: it drops \
    the object from state, and if something else fails before the create, it stays dropped. Under \
    `create_before_destroy` the create does not see the object and might submit a second time: \
    there, always run `untaint` first.";

/// Apply took an existing configuration.
fn adopted(Done { accepted, submitted_again }: &Done, name: &str) -> Diagnostic {
    let taken = match submitted_again.is_empty() {
        true => {
            let facts = facts(Some(&accepted.seen));
            format!("{facts}: it was taken into the state and nothing was submitted.")
        }
        // By now it has another id.
        false => ": it was taken into the state.".to_owned(),
    };
    let detail = format!("Adobe already had a configuration {name:?} with this key{taken}");
    at(NAME, "An existing configuration was adopted", detail)
}

/// What a person should know of an operation that came to its goal.
pub fn done(Wanted { name, .. }: &Wanted, done: &Done, is_announced: bool) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if done.accepted.is_adopted && !is_announced {
        warnings.push(adopted(done, name));
    }
    if !done.submitted_again.is_empty() {
        let detail = format!(
            "The configuration {name:?} is in effect. Its job had failed before and was submitted \
             again {}.",
            moments(&done.submitted_again)
        );
        warnings.push(general("The configuration was submitted more than once", detail));
    }
    warnings
}

/// The error of an operation that did not: what happened, what Adobe has of ours, and how to go on,
/// once. Of a create that leaves an object in the state, Terraform taints the object.
pub fn unfinished(
    wanted: &Wanted,
    unfinished: &Unfinished,
    allowed: (Timeout, Duration),
    is_tainted: bool,
) -> Diagnostic {
    let diagnostic = happened(wanted, unfinished, allowed);
    let run = match &unfinished.trouble {
        Trouble::Failed(_) => "Fix what is wrong, then run",
        _ => "Run",
    };
    match (next(unfinished), is_tainted) {
        (None, false) => diagnostic,
        (None, true) => {
            and(diagnostic, "Run `terraform untaint <address>` before you apply again.")
        }
        (Some(does), false) => and(diagnostic, &format!("{run} `terraform apply` again: {does}")),
        (Some(does), true) => {
            let taint = match unfinished.left {
                Left::Uncertain { .. } => UNCERTAIN_TAINT,
                Left::Nothing | Left::Accepted(_) => TAINT,
            };
            let untaint = "`terraform untaint <address>`, then `terraform apply` again";
            and(diagnostic, &format!("{run} {untaint}: {does}\n\n{taint}"))
        }
    }
}

/// What happened.
fn happened(
    wanted: &Wanted,
    Unfinished { trouble, left }: &Unfinished,
    (timeout, time): (Timeout, Duration),
) -> Diagnostic {
    let Wanted { name, key_text, .. } = wanted;
    let seen = match left {
        Left::Accepted(accepted) => Some(&accepted.seen),
        Left::Nothing | Left::Uncertain { .. } => None,
    };
    let facts = facts(seen);
    let is_refused = |error: &Error| matches!(error.kind, Kind::BadRequest | Kind::Conflict);
    match trouble {
        Trouble::LookUp(error) => {
            let doing = format!("looking up the configuration {name:?} before a submission");
            and(from_api(error, &doing), "Nothing was submitted.")
        }
        Trouble::OtherEndpoint { made_at, configured, error } => {
            other_endpoint(name, made_at, configured, Some(error))
        }
        Trouble::Obstacle(it) => obstacle(it, name, key_text),
        Trouble::Rival(other) => rival(wanted, other),
        Trouble::RivalUncertain => {
            let detail = format!(
                "Another block of this run submitted the configuration {name:?} and the response \
                 was lost, so this one submits nothing."
            );
            at(NAME, "Another block's submission of this name is uncertain", detail)
        }
        Trouble::Refused(error, Standing::Missing) if error.kind == Kind::Conflict => {
            let detail = format!(
                "Keep the block as it is and apply again later: the configuration {name:?} is most \
                 likely there, and only its status cannot be read. If this persists, give the \
                 x-request-id to Adobe support. Keep the key, its vault and the role of Adobe's \
                 app. {error}"
            );
            general(
                "Adobe does not find the configuration, and says that its name is in use",
                detail,
            )
        }
        Trouble::Refused(error, Standing::Failed) if is_refused(error) => {
            let detail = format!(
                "Give the block another `name`: the configuration {name:?} ended in FAILED, and \
                 its name remains reserved. Adobe refused to accept it again: {error}"
            );
            at(NAME, "Adobe does not accept the configuration a second time", detail)
        }
        Trouble::Refused(error, _) => {
            from_api(error, &format!("submitting the configuration {name:?}"))
        }
        Trouble::Lost { error, last, settled, shows_failed } => {
            let time = humanize(*settled);
            let found = match last {
                _ if *shows_failed => format!(
                    "It was looked up for {time}, and shows only the job that had failed before."
                ),
                Some(error) => format!("Looking it up failed as well: {error}."),
                // What ends before this was interrupted: there was one look-up.
                None if *settled < Duration::from_secs(1) => {
                    "It was looked up once and was not there.".to_owned()
                }
                None => format!("It was looked up for {time} and was not there."),
            };
            let detail = format!(
                "The response to the submission of {name:?} was lost: {error}\n\n{found} Nothing \
                 was sent again, as Adobe may still accept it."
            );
            general("It is uncertain whether Adobe accepted the submission", detail)
        }
        Trouble::InterruptedBefore => {
            let detail = format!("Nothing was submitted for the configuration {name:?}.");
            general("Interrupted before the submission", detail)
        }
        Trouble::Failed(again) => failed(seen, wanted, again),
        Trouble::OtherKey => {
            let detail = format!(
                "The configuration {name:?}{facts} has the key {} at Adobe; this block asks for \
                 {key_text}. Keep both keys, their vaults and the roles on them until that is \
                 cleared up: Adobe uses the key it names. Give the block a new `name` to submit \
                 {key_text} as another configuration.",
                seen.map_or("", Seen::key_text),
            );
            at(KEY, "Adobe has another key than the one submitted", detail)
        }
        Trouble::TimedOut(last) => {
            let (attribute, time) = (timeout.attribute(), humanize(time));
            let said = last
                .as_ref()
                .map_or(String::new(), |error| format!("\n\nThe last look at it failed: {error}"));
            let detail = format!(
                "The configuration {name:?}{facts} is in the state, but was not in effect within \
                 {time}. Raise `{attribute}` in the `timeouts` block if it takes longer than that, \
                 or set `wait_for_completion = false`.{said}"
            );
            general("The configuration was not in effect in time", detail)
        }
        Trouble::Interrupted => {
            let summary = match seen.is_some_and(|seen| seen.status.is_failed()) {
                true => "Interrupted before the configuration was submitted again",
                false => "Interrupted before the configuration was in effect",
            };
            general(summary, format!("The configuration {name:?}{facts} is in the state."))
        }
        Trouble::Broken(error) => {
            let diagnostic = if error.kind == Kind::NoSuchConfiguration {
                let detail = format!(
                    "Ask Adobe support before you apply again: Adobe accepted the configuration \
                     {name:?}, but its status endpoint does not find it.\n\n{error}"
                );
                general("Adobe does not find what it accepted", detail)
            } else {
                let doing = format!("waiting for the configuration {name:?} to take effect");
                from_api(error, &doing)
            };
            and(diagnostic, &format!("The configuration{facts} is in the state."))
        }
    }
}
/// What the next apply does, where that is the way on; elsewhere the message itself says how to go
/// on.
fn next(unfinished: &Unfinished) -> Option<&'static str> {
    match (&unfinished.left, &unfinished.trouble) {
        (_, Trouble::OtherKey | Trouble::Obstacle(_) | Trouble::Rival(_)) => None,
        (_, Trouble::OtherEndpoint { .. } | Trouble::LookUp(_) | Trouble::Refused(..)) => None,
        (_, Trouble::Failed(_)) => Some(
            "it submits the configuration again. Role assignments and firewall rules can take ten \
             minutes to take effect; six retries cover that (`failed_attempts = 6`).",
        ),
        (Left::Accepted(accepted), _) if accepted.seen.status.is_failed() => {
            Some("it looks at the failed job once more and submits the configuration again.")
        }
        (_, Trouble::Broken(error)) if error.kind == Kind::NoSuchConfiguration => Some(
            "it looks for the configuration once more and submits it again if it is still not \
             there.",
        ),
        (Left::Accepted(_), _) => {
            Some("it goes on waiting for the same configuration and submits nothing twice.")
        }
        (Left::Uncertain { .. }, Trouble::Lost { shows_failed: true, .. }) => {
            Some("it submits the configuration again if the job is still shown as failed.")
        }
        (Left::Uncertain { .. } | Left::Nothing, _) => {
            Some("it looks the name up first and submits only what is not there.")
        }
    }
}

/// A job that ended in `FAILED`, with what to check for this kind of vault.
fn failed(seen: Option<&Seen>, wanted: &Wanted, again: &[Duration]) -> Diagnostic {
    let Wanted { name, key_text, key } = wanted;
    let details = seen.and_then(|seen| seen.details.as_ref());
    let (key, key_text) = details.map_or((key, key_text), |it| (&it.key, &it.key_text));
    let id = seen.map_or("unknown", |seen| &seen.id);
    let tries = match again {
        [] => String::new(),
        again => format!(" It was submitted again {}.", moments(again)),
    };
    let points = requirements(key).map(|point| format!("  - {}\n", point.replace('\n', "\n    ")));
    let points = points.concat();
    let doctor = format!(
        "{} doctor --name {} --key {}",
        env!("CARGO_PKG_NAME"),
        shell_word(name),
        key.versionless()
    );
    let detail = format!(
        "The configuration {name:?} (id {id}) ended in FAILED; Adobe gives no reason.{tries} Check \
         for {key_text}:\n{points}\n\
         The `az` command for each, and everything else that can be checked at once:\n  {doctor}"
    );
    general("Adobe could not use the key", detail)
}

/// `text` as one word of a shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// What Adobe needs of a key and its vault, and only Azure can tell: lines of a list.
pub fn requirements(key: &KeyIdentifier) -> [String; 5] {
    let role = key.required_role();
    let (vault, permissions, firewall) = match key.is_managed_hsm() {
        true => (
            "Managed HSM",
            "(a local RBAC role assignment, scope \"/keys\")",
            " (azurerm neither sets nor reads the firewall of a Managed HSM)",
        ),
        false => ("key vault", "(permission model: Azure RBAC, not access policies)", ""),
    };
    [
        format!(
            "Adobe's app has consent in the tenant of the {vault}\n(`consent_url` of the data \
             source aep_cmk_app)"
        ),
        format!("the app has the role \"{role}\"\non the {vault} {permissions}"),
        "the key is of type RSA or RSA-HSM with at least 3072 bits, is enabled,\nhas not expired, \
         and allows wrapKey and unwrapKey"
            .to_owned(),
        "soft delete and purge protection are on".to_owned(),
        format!(
            "a firewall lets in trusted Microsoft services and Adobe's \
             address\n{ADOBE_ADDRESS}{firewall}"
        ),
    ]
}

/// `twice (`failed_attempts`), 10s, 30s after the start`
fn moments(attempts: &[Duration]) -> String {
    let count = match attempts.len() {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    };
    let at: Vec<String> = attempts.iter().map(|at| humanize(*at)).collect();
    format!("{count} (`failed_attempts`), {} after the start", at.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::cmk_config::existing::{Accepted, tests::seen};

    #[test]
    fn what_was_adopted_and_then_failed_was_submitted() {
        const KEY: &str = "https://vault-a.vault.azure.net/keys/wrap";
        let key = KeyIdentifier::parse(KEY).unwrap();
        let wanted = Wanted { name: "c".to_owned(), key_text: KEY.to_owned(), key };
        for (submitted_again, expected) in [(vec![], true), (vec![Duration::from_secs(10)], false)]
        {
            let accepted = Accepted {
                seen: seen("1", "COMPLETED", Some(KEY)),
                superseded: None,
                round: 0,
                has_past: true,
                is_adopted: true,
            };
            let warnings = done(&wanted, &Done { accepted, submitted_again }, false);
            assert_eq!(warnings[0].summary, "An existing configuration was adopted");
            let says = warnings[0].detail.contains("nothing was submitted");
            assert_eq!(says, expected, "{}", warnings[0].detail);
        }
    }

    #[test]
    fn a_name_is_one_word_of_a_shell() {
        for (text, expected) in [
            ("Config1", "Config1"),
            ("https://v.vault.azure.net/keys/k", "https://v.vault.azure.net/keys/k"),
            ("", "''"),
            ("my config", "'my config'"),
            ("it's $(mine)", r"'it'\''s $(mine)'"),
        ] {
            assert_eq!(shell_word(text), expected);
        }
    }
}
