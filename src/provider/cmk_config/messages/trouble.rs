//! How an operation ended: what happened, what Adobe has of ours, and how to go on, once.

use std::time::Duration;

use tf_provider::Diagnostic;

use super::{adopted, from_api, key_unknown, not_adopted, other_endpoint, rival, taken};
use crate::api::{Error, Kind};
use crate::key_identifier::KeyIdentifier;
use crate::provider::cmk_config::existing::Seen;
use crate::provider::cmk_config::model::{Model, Timeout, Wanted};
use crate::provider::cmk_config::schema::{KEY, NAME};
use crate::provider::cmk_config::trouble::{Done, Left, Standing, Trouble, Unfinished};
use crate::provider::diagnostics::{at, general};
use crate::provider::duration::humanize;

/// Adobe's address that a restricted vault has to let in (Adobe's Key Vault page).
const ADOBE_ADDRESS: &str = "20.88.123.53";

/// The operation that the words are about.
pub struct Told<'a> {
    /// Name and key.
    pub wanted: &'a Wanted,
    /// The plan.
    pub planned: &'a Model,
    /// Create or update.
    pub timeout: Timeout,
}

impl Told<'_> {
    /// What a person should know of an operation that came to its goal.
    pub fn done(&self, done: &Done, is_announced: bool) -> Vec<Diagnostic> {
        let mut warnings = Vec::new();
        if done.accepted.is_adopted && !is_announced {
            warnings.push(adopted(&done.accepted.seen, &self.wanted.name));
        }
        if !done.submitted_again.is_empty() {
            warnings.push(general(
                "The configuration was submitted more than once",
                format!(
                    "The configuration {:?} is in effect. Its job had failed before and was submitted again {}.",
                    self.wanted.name,
                    moments(&done.submitted_again)
                ),
            ));
        }
        warnings
    }

    /// The error of an operation that did not.
    pub fn unfinished(&self, unfinished: &Unfinished, is_kept: bool) -> Diagnostic {
        let mut diagnostic = self.happened(unfinished);
        let is_tainted = self.timeout == Timeout::Create && is_kept;
        let run = match &unfinished.trouble {
            Trouble::Failed(_) => "Fix what is wrong, then run",
            _ => "Run",
        };
        let ways_on = match (next(unfinished), is_tainted) {
            (Some(does), true) => {
                format!("{run} `terraform untaint <address>`, then `terraform apply` again: {does}")
            }
            (None, true) => "Run `terraform untaint <address>` before you apply again.".to_owned(),
            (Some(does), false) => format!("{run} `terraform apply` again: {does}"),
            (None, false) => String::new(),
        };
        let taint = match (&unfinished.left, is_tainted && next(unfinished).is_some()) {
            (_, false) => "",
            (Left::Uncertain { .. }, true) => UNCERTAIN_TAINT,
            (_, true) => TAINT,
        };
        for text in [ways_on.as_str(), taint] {
            if !text.is_empty() {
                diagnostic.detail = format!("{}\n\n{text}", diagnostic.detail).into();
            }
        }
        diagnostic
    }

    /// What happened.
    fn happened(&self, unfinished: &Unfinished) -> Diagnostic {
        let Wanted { name, key_text, .. } = self.wanted;
        let accepted = match &unfinished.left {
            Left::Accepted(accepted) => Some(&accepted.seen),
            Left::Nothing | Left::Uncertain { .. } => None,
        };
        match &unfinished.trouble {
            Trouble::LookUp(error) => {
                let doing = format!("looking up the configuration {name:?} before a submission");
                let mut diagnostic = from_api(error, &doing);
                diagnostic.detail =
                    format!("{}\n\nNothing was submitted.", diagnostic.detail).into();
                diagnostic
            }
            Trouble::OtherEndpoint { made_at, configured, error } => {
                other_endpoint(name, made_at, configured, Some(error))
            }
            Trouble::Taken(seen) => taken(seen, name, key_text),
            Trouble::KeyChanged(seen) => at(
                KEY,
                "Adobe has another key than the block",
                format!(
                    "To stay with the key that Adobe uses, write {} into `key_vault_key_identifier`. The configuration \
                     {name:?}{} has that key; the block asks for {key_text}. If the block was not changed, the key was changed \
                     at Adobe: find out by whom and why. For another key add a second block with a `name` of its own. Keep both \
                     keys. Nothing was submitted.",
                    seen.key_text(),
                    facts(Some(seen)),
                ),
            ),
            Trouble::NotAdopted(seen) => not_adopted(seen, name),
            Trouble::KeyUnknown(seen) => key_unknown(seen, name),
            Trouble::Rival(other) => rival(self.wanted, other),
            Trouble::RivalUncertain => at(
                NAME,
                "Another block's submission of this name is uncertain",
                format!(
                    "Another block of this run submitted the configuration {name:?} and the response was lost, so this \
                     one submits nothing."
                ),
            ),
            Trouble::Refused { error, standing: Standing::Missing }
                if error.kind() == Kind::Conflict =>
            {
                general(
                    "Adobe does not find the configuration, and says that its name is in use",
                    format!(
                        "Keep the block as it is and apply again later: the configuration {name:?} is most likely there, and \
                         only its status cannot be read. If it stays so, give the x-request-id to Adobe support. Keep the key, \
                         its vault and the role of Adobe's app. {error}"
                    ),
                )
            }
            Trouble::Refused { error, standing: Standing::Failed }
                if matches!(error.kind(), Kind::BadRequest | Kind::Conflict) =>
            {
                at(
                    NAME,
                    "Adobe does not take the configuration a second time",
                    format!(
                        "Give the block another `name`: the configuration {name:?} ended in FAILED, and its name remains \
                         reserved. Adobe refused to take it again: {error}"
                    ),
                )
            }
            Trouble::Refused { error, .. } => {
                from_api(error, &format!("submitting the configuration {name:?}"))
            }
            Trouble::Lost { error, last, settled, shows_failed } => {
                lost(name, error, last.as_ref(), *settled, *shows_failed)
            }
            Trouble::InterruptedBefore => general(
                "Interrupted before the submission",
                format!("Nothing was submitted for the configuration {name:?}."),
            ),
            Trouble::Failed(again) => failed(accepted, self.wanted, again),
            Trouble::OtherKey => at(
                KEY,
                "Adobe has another key than the one submitted",
                format!(
                    "The configuration {name:?}{} has the key {} at Adobe; this block asks for {key_text}. Keep both \
                     keys, their vaults and the roles on them until that is cleared up: Adobe uses the key it names. \
                     Give the block a new `name` to submit {key_text} as another configuration.",
                    facts(accepted),
                    accepted.map_or("", Seen::key_text),
                ),
            ),
            Trouble::TimedOut(last) => self.timed_out(accepted, last.as_ref()),
            Trouble::Interrupted if accepted.is_some_and(|seen| seen.status.is_failed()) => {
                general(
                    "Interrupted before the configuration was submitted again",
                    format!("The configuration {name:?}{} is in the state.", facts(accepted)),
                )
            }
            Trouble::Interrupted => general(
                "Interrupted before the configuration was in effect",
                format!("The configuration {name:?}{} is in the state.", facts(accepted)),
            ),
            Trouble::Broken(error) => {
                let mut diagnostic = match error.kind() {
                    Kind::NoSuchConfiguration => vanished(name, error),
                    _ => from_api(
                        error,
                        &format!("waiting for the configuration {name:?} to take effect"),
                    ),
                };
                diagnostic.detail = format!(
                    "{}\n\nThe configuration{} is in the state.",
                    diagnostic.detail,
                    facts(accepted)
                )
                .into();
                diagnostic
            }
        }
    }

    fn timed_out(&self, accepted: Option<&Seen>, last: Option<&Error>) -> Diagnostic {
        let attribute = self.timeout.attribute();
        let said =
            last.map_or(String::new(), |error| format!("\n\nThe last look at it failed: {error}"));
        general(
            "The configuration was not in effect in time",
            format!(
                "The configuration {:?}{} is in the state, but was not in effect within {}. Raise `{attribute}` in the \
                 `timeouts` block if it takes longer than that, or set `wait_for_completion = false`.{said}",
                self.wanted.name,
                facts(accepted),
                humanize(self.planned.timeout(self.timeout))
            ),
        )
    }
}

/// What the next apply does, where that is the way on.
fn next(unfinished: &Unfinished) -> Option<&'static str> {
    match (&unfinished.left, &unfinished.trouble) {
        // Their own words say how to go on.
        (_, Trouble::OtherKey | Trouble::Taken(_) | Trouble::NotAdopted(_)) => None,
        (_, Trouble::KeyChanged(_)) => None,
        (_, Trouble::KeyUnknown(_) | Trouble::Rival(_) | Trouble::OtherEndpoint { .. }) => None,
        (_, Trouble::LookUp(_) | Trouble::Refused { .. }) => None,
        (_, Trouble::Failed(_)) => Some(
            "it submits the configuration again. Role assignments and firewall rules can take ten minutes to take effect; \
             six retries cover that (`failed_attempts = 6`).",
        ),
        (Left::Accepted(accepted), _) if accepted.seen.status.is_failed() => {
            Some("it looks at the failed job once more and submits the configuration again.")
        }
        (_, Trouble::Broken(error)) if error.kind() == Kind::NoSuchConfiguration => Some(
            "it looks for the configuration once more and submits it again if it is still not there.",
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

/// What Terraform does about a create that ended in an error.
const TAINT: &str = "Without `untaint` Terraform plans to replace the object. This is safe: it drops the object from state \
    and adopts it again. Only if something else fails between the two steps, or `prevent_destroy` or `adopt_existing = \
    false` stands in the way, it is not adopted again. Under `create_before_destroy` always run `untaint` first: otherwise \
    a deposed copy may stay, which stops every plan until `terraform state rm <address>` and an import.";

/// The same for an object that may not be there.
const UNCERTAIN_TAINT: &str = "Without `untaint` Terraform plans to replace the object: it drops the object from state, and \
    if something else fails before the create, it stays dropped. Under `create_before_destroy` the create does not see the \
    object and might submit a second time: there, always run `untaint` first.";

/// Id and status, as far as they are known.
fn facts(accepted: Option<&Seen>) -> String {
    accepted.map_or(String::new(), |seen| format!(" (id {}, status {})", seen.id, seen.status))
}

/// What was accepted is not found, for as long as the wait bears that.
fn vanished(name: &str, error: &Error) -> Diagnostic {
    general(
        "Adobe does not find what it accepted",
        format!(
            "Ask Adobe support before you apply again: Adobe accepted the configuration {name:?}, but its status endpoint \
             does not find it.\n\n{error}"
        ),
    )
}

fn lost(
    name: &str,
    error: &Error,
    last: Option<&Error>,
    settled: Duration,
    shows_failed: bool,
) -> Diagnostic {
    let found = match last {
        _ if shows_failed => format!(
            "It was looked up for {}, and shows only the job that had failed before.",
            humanize(settled)
        ),
        // What ends before this was interrupted: there was one look-up.
        None if settled < Duration::from_secs(1) => {
            "It was looked up once and was not there.".to_owned()
        }
        None => format!("It was looked up for {} and was not there.", humanize(settled)),
        Some(error) => format!("Looking it up failed as well: {error}."),
    };
    general(
        "It is uncertain whether Adobe accepted the submission",
        format!(
            "The response to the submission of {name:?} was lost: {error}\n\n{found} Nothing was sent again, as Adobe \
             may still accept it."
        ),
    )
}

/// A job that ended in `FAILED`, with what to check for this kind of vault.
fn failed(accepted: Option<&Seen>, wanted: &Wanted, again: &[Duration]) -> Diagnostic {
    let details = accepted.and_then(|seen| seen.details.as_ref());
    let key = details.map_or(&wanted.key, |details| &details.key);
    let key_text = details.map_or(wanted.key_text.as_str(), |details| details.key_text.as_str());
    let tries = match again {
        [] => String::new(),
        again => format!(" It was submitted again {}.", moments(again)),
    };
    let points: String = requirements(key)
        .iter()
        .map(|point| format!("  - {}\n", point.replace('\n', "\n    ")))
        .collect();
    general(
        "Adobe could not use the key",
        format!(
            "The configuration {:?} (id {}) ended in FAILED; Adobe gives no reason.{tries} Check for {key_text}:\n{points}\n\
             The `az` command for each, and everything else that can be checked at once:\n  {}",
            wanted.name,
            accepted.map_or("unknown", |seen| seen.id.as_str()),
            doctor(&wanted.name, key),
        ),
    )
}

/// The command that checks a configuration and its key.
fn doctor(name: &str, key: &KeyIdentifier) -> String {
    format!(
        "{} doctor --name {} --key {}",
        env!("CARGO_PKG_NAME"),
        shell_word(name),
        key.versionless()
    )
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
    let (vault, permissions, firewall) = if key.is_managed_hsm() {
        (
            "Managed HSM",
            "(a local RBAC role assignment, scope \"/keys\")",
            " (azurerm neither sets nor reads the firewall of a Managed HSM)",
        )
    } else {
        ("key vault", "(permission model: Azure RBAC, not access policies)", "")
    };
    [
        format!(
            "Adobe's app has the role \"{}\"\non the {vault} {permissions}",
            key.required_role()
        ),
        format!(
            "the app has consent in the tenant of the {vault}\n(`consent_url` of the data source aep_cmk_app)"
        ),
        "the key is of type RSA or RSA-HSM with at least 3072 bits, is enabled,\nhas not expired, and allows wrapKey and unwrapKey"
            .to_owned(),
        "soft delete and purge protection are on".to_owned(),
        format!(
            "a firewall lets in trusted Microsoft services and Adobe's address\n{ADOBE_ADDRESS}{firewall}"
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
    use super::shell_word;

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
