//! What a name at Adobe means for who asks: pure, the contract's table of *create* in one function.

use std::time::Duration;

use crate::api::{Configuration, Status};
use crate::key_identifier::KeyIdentifier;

/// A configuration as Adobe last showed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Adobe's id.
    pub id: String,
    /// How far it is.
    pub status: Status,
    /// Everything else. A response that leaves it out still says how far the configuration is.
    pub details: Option<Details>,
    /// What the response asks to leave between two looks.
    pub retry_after: Option<Duration>,
    /// The status endpoint showed it, not only the response to a submission.
    pub is_read: bool,
}

/// The part of a response that has the key in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// The key that Adobe names.
    pub key: KeyIdentifier,
    /// The same, as Adobe spells it.
    pub key_text: String,
    /// `type`
    pub config_type: Option<String>,
    /// `configData.providerType`
    pub provider_type: Option<String>,
    /// `subscriptionId`
    pub subscription_id: Option<String>,
    /// `name`, an app-style name.
    pub application_name: Option<String>,
}

impl Seen {
    /// From the status endpoint.
    pub fn read(configuration: Configuration) -> Self {
        Self { is_read: true, ..Self::submitted(configuration) }
    }

    /// From the response to a submission.
    pub fn submitted(configuration: Configuration) -> Self {
        let details = configuration.key_identifier.and_then(|key_text| {
            Some(Details {
                key: KeyIdentifier::parse(&key_text).ok()?,
                key_text,
                config_type: configuration.config_type,
                provider_type: configuration.provider_type,
                subscription_id: configuration.subscription_id,
                application_name: configuration.application_name,
            })
        });
        Self {
            id: configuration.id,
            status: configuration.status,
            details,
            retry_after: configuration.retry_after,
            is_read: false,
        }
    }

    /// A later look at the same configuration: what it leaves out is as before.
    pub fn followed_by(self, later: Self) -> Self {
        Self {
            details: later.details.or(self.details),
            is_read: self.is_read || later.is_read,
            ..later
        }
    }

    /// The key that Adobe names, or an empty text.
    pub fn key_text(&self) -> &str {
        self.details.as_ref().map_or("", |details| details.key_text.as_str())
    }

    /// Whether Adobe's key is `key`, up to version and spelling. `None` where either is unknown.
    pub fn has_key(&self, key: Option<&KeyIdentifier>) -> Option<bool> {
        Some(self.details.as_ref()?.key.same_key(key?))
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A create.
    Create {
        /// `adopt_existing`
        adopts: bool,
        /// This run read or forgot an object of this name that is `FAILED` and was never in effect.
        may_rekey: bool,
    },
    /// An update of the object in the state.
    Own {
        /// It was never in effect, or is not protected.
        may_rekey: bool,
    },
}

/// When it asks: `FAILED` means something else before a submission and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment<'a> {
    /// Before the first submission.
    Before,
    /// The job of this id failed, and may be submitted again.
    AfterFailure(&'a str),
    /// Something was submitted, and its response was lost.
    AfterLostResponse,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// Submit; the failed job of this id is superseded.
    Submit {
        /// The id of the job that is `FAILED` under this name.
        supersedes: Option<&'a str>,
    },
    /// It is our own: go on with it.
    GoOn(&'a Seen),
    /// It exists with the same key: take it and say so.
    Adopt(&'a Seen),
    /// It exists with another key.
    Taken(&'a Seen),
    /// It exists with the same key, and `adopt_existing` is off.
    NotAdopted(&'a Seen),
    /// It exists, and it is unknown whether with the same key.
    KeyUnknown(&'a Seen),
}

/// What `found` means for a block with `key` (`None`: not known yet).
pub fn verdict<'a>(
    found: Option<&'a Seen>,
    key: Option<&KeyIdentifier>,
    claim: Claim,
    moment: Moment<'_>,
) -> Verdict<'a> {
    let Some(seen) = found else {
        return Verdict::Submit { supersedes: None };
    };
    let same = seen.has_key(key);
    let is_old_failure = seen.status.is_failed()
        && match moment {
            Moment::Before => true,
            Moment::AfterFailure(failed) => seen.id == failed,
            Moment::AfterLostResponse => false,
        };
    if is_old_failure {
        let submit = Verdict::Submit { supersedes: Some(&seen.id) };
        return match (same, claim) {
            (Some(true), _) => submit,
            (Some(false), Claim::Own { may_rekey } | Claim::Create { may_rekey, .. }) => {
                if may_rekey {
                    submit
                } else {
                    Verdict::Taken(seen)
                }
            }
            (None, Claim::Own { .. }) => submit,
            (None, Claim::Create { may_rekey, .. }) if may_rekey && key.is_some() => submit,
            (None, Claim::Create { .. }) => Verdict::KeyUnknown(seen),
        };
    }
    match (same, claim) {
        (Some(false), _) => Verdict::Taken(seen),
        (_, Claim::Own { .. }) => Verdict::GoOn(seen),
        _ if moment != Moment::Before => Verdict::GoOn(seen),
        (None, _) => Verdict::KeyUnknown(seen),
        (_, Claim::Create { adopts: true, .. }) => Verdict::Adopt(seen),
        (_, Claim::Create { adopts: false, .. }) => Verdict::NotAdopted(seen),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const KEY: &str = "https://vault-a.vault.azure.net/keys/wrap/1";
    const SAME_KEY: &str = "https://VAULT-A.vault.azure.net:443/keys/Wrap";
    const OTHER_KEY: &str = "https://vault-b.vault.azure.net/keys/wrap";

    /// A configuration that Adobe shows.
    pub fn seen(id: &str, status: &str, key: Option<&str>) -> Seen {
        Seen::read(Configuration {
            id: id.to_owned(),
            status: Status::from(status),
            application_name: None,
            config_type: None,
            provider_type: None,
            subscription_id: None,
            key_identifier: key.map(str::to_owned),
            retry_after: None,
        })
    }

    #[test]
    fn what_is_found_becomes_a_verdict() {
        use Moment::{AfterFailure, AfterLostResponse, Before};
        const CREATE: Claim = Claim::Create { adopts: true, may_rekey: false };
        const REKEY: Claim = Claim::Create { adopts: true, may_rekey: true };
        const NO_ADOPTION: Claim = Claim::Create { adopts: false, may_rekey: false };
        const OWN: Claim = Claim::Own { may_rekey: false };
        const OWN_REKEY: Claim = Claim::Own { may_rekey: true };
        for (case, status, key, claim, moment, expected) in [
            ("same key", "RUNNING", Some(SAME_KEY), CREATE, Before, "adopt"),
            ("same key in effect", "COMPLETED", Some(KEY), CREATE, Before, "adopt"),
            ("same key, no adoption", "COMPLETED", Some(KEY), NO_ADOPTION, Before, "not adopted"),
            ("same key, our own", "COMPLETED", Some(KEY), OWN, Before, "go on"),
            ("other key", "RUNNING", Some(OTHER_KEY), CREATE, Before, "taken"),
            ("other key, no adoption", "RUNNING", Some(OTHER_KEY), NO_ADOPTION, Before, "taken"),
            ("other key, our own", "COMPLETED", Some(OTHER_KEY), OWN, Before, "taken"),
            ("no key in the response", "RUNNING", None, CREATE, Before, "key unknown"),
            ("no key in the response, our own", "RUNNING", None, OWN, Before, "go on"),
            ("a key that is none", "RUNNING", Some("x"), CREATE, Before, "key unknown"),
            ("failed, same key", "FAILED", Some(SAME_KEY), CREATE, Before, "submit 1"),
            ("failed in another letter case", "Failed", Some(KEY), CREATE, Before, "submit 1"),
            ("failed, no adoption", "FAILED", Some(KEY), NO_ADOPTION, Before, "submit 1"),
            ("somebody's failed, other key", "FAILED", Some(OTHER_KEY), CREATE, Before, "taken"),
            ("this run's failed, other key", "FAILED", Some(OTHER_KEY), REKEY, Before, "submit 1"),
            ("our own failed, other key", "FAILED", Some(OTHER_KEY), OWN_REKEY, Before, "submit 1"),
            ("our own was in effect, other key", "FAILED", Some(OTHER_KEY), OWN, Before, "taken"),
            ("somebody's failed, no key", "FAILED", None, CREATE, Before, "key unknown"),
            ("our own failed, no key", "FAILED", None, OWN, Before, "submit 1"),
            ("the failed job", "FAILED", Some(KEY), CREATE, AfterFailure("1"), "submit 1"),
            ("another job failed since", "FAILED", Some(KEY), CREATE, AfterFailure("0"), "go on"),
            (
                "submitted by others since",
                "RUNNING",
                Some(KEY),
                NO_ADOPTION,
                AfterFailure("0"),
                "go on",
            ),
            (
                "by others with another key",
                "RUNNING",
                Some(OTHER_KEY),
                CREATE,
                AfterFailure("0"),
                "taken",
            ),
            ("ours, response lost", "RUNNING", Some(KEY), NO_ADOPTION, AfterLostResponse, "go on"),
            ("ours, response lost, no key", "RUNNING", None, CREATE, AfterLostResponse, "go on"),
            ("ours, failed already", "FAILED", Some(KEY), CREATE, AfterLostResponse, "go on"),
            ("somebody was faster", "RUNNING", Some(OTHER_KEY), CREATE, AfterLostResponse, "taken"),
            (
                "somebody was faster and failed",
                "FAILED",
                Some(OTHER_KEY),
                CREATE,
                AfterLostResponse,
                "taken",
            ),
        ] {
            let seen = seen("1", status, key);
            let wanted = KeyIdentifier::parse(KEY).unwrap();
            let outcome = match verdict(Some(&seen), Some(&wanted), claim, moment) {
                Verdict::Submit { supersedes } => format!("submit {}", supersedes.unwrap()),
                Verdict::GoOn(_) => "go on".to_owned(),
                Verdict::Adopt(_) => "adopt".to_owned(),
                Verdict::Taken(_) => "taken".to_owned(),
                Verdict::NotAdopted(_) => "not adopted".to_owned(),
                Verdict::KeyUnknown(_) => "key unknown".to_owned(),
            };
            assert_eq!(outcome, expected, "{case}");
        }
    }

    #[test]
    fn nothing_found_is_submitted() {
        let claim = Claim::Create { adopts: false, may_rekey: false };
        assert_eq!(
            verdict(None, None, claim, Moment::Before),
            Verdict::Submit { supersedes: None }
        );
    }

    #[test]
    fn a_key_that_is_not_known_yet_is_never_taken_for_the_same() {
        let claim = Claim::Create { adopts: true, may_rekey: true };
        for status in ["RUNNING", "FAILED"] {
            let seen = seen("1", status, Some(KEY));
            assert_eq!(
                verdict(Some(&seen), None, claim, Moment::Before),
                Verdict::KeyUnknown(&seen)
            );
        }
    }

    #[test]
    fn a_later_look_keeps_what_it_leaves_out() {
        let submitted = Seen { is_read: false, ..seen("1", "CREATED", Some(KEY)) };
        let both = submitted.followed_by(seen("1", "RUNNING", None));
        assert_eq!(both, seen("1", "RUNNING", Some(KEY)));
    }
}
