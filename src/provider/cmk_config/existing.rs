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
    /// `name`, which is an application's.
    pub application_name: Option<String>,
}

impl Moment<'_> {
    /// The job that failed before.
    pub fn failed(&self) -> Option<&str> {
        match self {
            Self::AfterFailure(failed) => Some(failed),
            Self::Before | Self::AfterLostResponse => None,
        }
    }
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
        let Configuration { id, status, retry_after, .. } = configuration;
        Self { id, status, details, retry_after, is_read: false }
    }

    /// A later look at the same configuration: what it leaves out is as before.
    pub fn followed_by(self, later: Self) -> Self {
        Self { details: later.details.or(self.details), ..later }
    }

    /// It is the failure of this job.
    pub fn is_failure_of(&self, job: Option<&str>) -> bool {
        self.status.is_failed() && job == Some(self.id.as_str())
    }

    /// The job that failed before, as long as its failure may still be shown in the place of this
    /// one: not once it is over, nor if the old id lives on.
    pub fn still_supersedes(&self, failed: Option<&str>) -> Option<String> {
        failed.filter(|failed| self.status.is_pending() && *failed != self.id).map(str::to_owned)
    }

    /// The key that Adobe names, or an empty text.
    pub fn key_text(&self) -> &str {
        self.details.as_ref().map_or("", |details| &details.key_text)
    }

    /// Whether Adobe's key is `key`, up to version and spelling. `None` where either is unknown.
    pub fn has_key(&self, key: Option<&KeyIdentifier>) -> Option<bool> {
        Some(self.details.as_ref()?.key.same_key(key?))
    }
}

/// A configuration that is ours at Adobe.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// As last seen.
    pub seen: Seen,
    /// The job that failed before, under another id.
    pub superseded: Option<String>,
    /// The submission of this run that it comes from, counted from 1; 0 for none.
    pub round: u32,
    /// It was there before this run submitted anything, so its past is unknown.
    pub has_past: bool,
    /// It existed, and a create adopted it.
    pub is_adopted: bool,
}

/// What Adobe has of ours after an operation that did not come to its goal.
#[derive(Debug)]
pub enum Left {
    /// Nothing that was not there before.
    Nothing,
    /// It is unknown whether Adobe accepted the submission.
    Uncertain {
        /// A configuration of this name was there before, and its past is unknown.
        has_past: bool,
    },
    /// A configuration that was accepted or adopted.
    Accepted(Box<Accepted>),
}

/// Who asks. Each may replace the key of a `FAILED` that was never in effect (`may_rekey`): a
/// create if this run read or forgot the object, an update also if the object is not protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Claim {
    /// A create, with its `adopt_existing`.
    Create { adopts: bool, may_rekey: bool },
    /// An update of the object in the state.
    Own { may_rekey: bool },
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Submit: nothing is there, or a job that is `FAILED`.
    Submit,
    /// What is there is our own: go on with it.
    GoOn,
    /// What is there has the same key: take it and say so.
    Adopt,
}

/// A configuration that keeps the block from having the name.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// What is there.
    pub seen: Seen,
    /// Why the block cannot have it.
    pub why: Why,
}

/// Why a block cannot have what is there under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has another key.
    Taken,
    /// It is the object in the state, and Adobe has another key for it.
    KeyChanged,
    /// It has the same key, and `adopt_existing` is off.
    NotAdopted,
    /// It is unknown whether it has the same key.
    KeyUnknown,
}

/// What `found` means for a block with `key` (`None`: not known yet).
///
/// # Errors
/// What is there, where the block cannot have the name.
pub fn verdict(
    found: Option<&Seen>,
    key: Option<&KeyIdentifier>,
    claim: Claim,
    moment: Moment<'_>,
) -> Result<Verdict, Box<Obstacle>> {
    let Some(seen) = found else {
        return Ok(Verdict::Submit);
    };
    let same = seen.has_key(key);
    let is_own = matches!(claim, Claim::Own { .. });
    let (Claim::Create { may_rekey, .. } | Claim::Own { may_rekey }) = claim;
    let is_old_failure = seen.status.is_failed()
        && match moment {
            Moment::Before => true,
            Moment::AfterFailure(failed) => seen.id == failed,
            Moment::AfterLostResponse => false,
        };
    let is_submitted_again = is_old_failure
        && match same {
            Some(true) => true,
            Some(false) => may_rekey,
            None => is_own || may_rekey && key.is_some(),
        };
    let is_ours = is_own || moment != Moment::Before && !is_old_failure;
    let why = match same {
        _ if is_submitted_again => return Ok(Verdict::Submit),
        Some(false) if is_own => Why::KeyChanged,
        Some(false) => Why::Taken,
        _ if is_ours => return Ok(Verdict::GoOn),
        None => Why::KeyUnknown,
        Some(true) if matches!(claim, Claim::Create { adopts: false, .. }) => Why::NotAdopted,
        Some(true) => return Ok(Verdict::Adopt),
    };
    Err(Box::new(Obstacle { seen: seen.clone(), why }))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const KEY: &str = "https://vault-a.vault.azure.net/keys/wrap/1";
    const SAME_KEY: &str = "https://VAULT-A.vault.azure.net:443/keys/Wrap";
    const OTHER_KEY: &str = "https://vault-b.vault.azure.net/keys/wrap";

    /// A configuration that Adobe shows.
    pub fn seen(id: &str, status: &str, key: Option<&str>) -> Seen {
        Seen::read(configuration(id, status, key))
    }

    fn configuration(id: &str, status: &str, key: Option<&str>) -> Configuration {
        Configuration {
            id: id.to_owned(),
            status: Status::from(status),
            application_name: None,
            config_type: None,
            provider_type: None,
            subscription_id: None,
            key_identifier: key.map(str::to_owned),
            retry_after: None,
        }
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
            ("other key, our own", "COMPLETED", Some(OTHER_KEY), OWN, Before, "key changed"),
            ("no key in the response", "RUNNING", None, CREATE, Before, "key unknown"),
            ("no key in the response, our own", "RUNNING", None, OWN, Before, "go on"),
            ("a key that is none", "RUNNING", Some("x"), CREATE, Before, "key unknown"),
            ("failed, same key", "FAILED", Some(SAME_KEY), CREATE, Before, "submit"),
            ("failed in another letter case", "Failed", Some(KEY), CREATE, Before, "submit"),
            ("failed, no adoption", "FAILED", Some(KEY), NO_ADOPTION, Before, "submit"),
            ("somebody's failed, other key", "FAILED", Some(OTHER_KEY), CREATE, Before, "taken"),
            ("this run's failed, other key", "FAILED", Some(OTHER_KEY), REKEY, Before, "submit"),
            ("our own failed, other key", "FAILED", Some(OTHER_KEY), OWN_REKEY, Before, "submit"),
            (
                "our own was in effect, other key",
                "FAILED",
                Some(OTHER_KEY),
                OWN,
                Before,
                "key changed",
            ),
            ("somebody's failed, no key", "FAILED", None, CREATE, Before, "key unknown"),
            ("our own failed, no key", "FAILED", None, OWN, Before, "submit"),
            ("the failed job", "FAILED", Some(KEY), CREATE, AfterFailure("1"), "submit"),
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
                Ok(Verdict::Submit) => "submit",
                Ok(Verdict::GoOn) => "go on",
                Ok(Verdict::Adopt) => "adopt",
                Err(obstacle) => match obstacle.why {
                    Why::Taken => "taken",
                    Why::KeyChanged => "key changed",
                    Why::NotAdopted => "not adopted",
                    Why::KeyUnknown => "key unknown",
                },
            };
            assert_eq!(outcome, expected, "{case}");
        }
    }

    #[test]
    fn nothing_found_is_submitted() {
        let claim = Claim::Create { adopts: false, may_rekey: false };
        assert_eq!(verdict(None, None, claim, Moment::Before), Ok(Verdict::Submit));
    }

    #[test]
    fn a_key_that_is_not_known_yet_is_never_taken_for_the_same() {
        let claim = Claim::Create { adopts: true, may_rekey: true };
        for status in ["RUNNING", "FAILED"] {
            let seen = seen("1", status, Some(KEY));
            let obstacle = verdict(Some(&seen), None, claim, Moment::Before).unwrap_err();
            assert_eq!(*obstacle, Obstacle { seen, why: Why::KeyUnknown });
        }
    }

    #[test]
    fn only_the_status_endpoint_confirms() {
        assert!(Seen::read(configuration("1", "COMPLETED", None)).is_read);
        assert!(!Seen::submitted(configuration("1", "COMPLETED", None)).is_read);
    }

    #[test]
    fn a_later_look_keeps_what_it_leaves_out() {
        let submitted = Seen { is_read: false, ..seen("1", "CREATED", Some(KEY)) };
        let both = submitted.followed_by(seen("1", "RUNNING", None));
        assert_eq!(both, seen("1", "RUNNING", Some(KEY)));
    }
}
