//! Jobs over time, without a server or a clock.

use std::time::Duration;

use crate::simulator::lifecycle::{Register, Submission};
use crate::simulator::{Options, Outcome, Resubmit, ResubmitFailed, Stages, Terminal};

const KEY: &str = "https://v.vault.azure.net/keys/k";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn options() -> Options {
    Options {
        stages: Stages::each(seconds(10)).then("WARMING_UP", seconds(5)),
        ..Options::default()
    }
}

fn status(register: &Register, at: u64) -> String {
    register.get(seconds(at), "c").unwrap().status
}

#[test]
fn a_job_goes_through_its_stages_and_stays_at_its_end() {
    let mut register = Register::default();
    let Submission::Accepted(accepted) = register.submit(&options(), seconds(100), "c", KEY) else {
        panic!()
    };
    assert_eq!(accepted.status, "NEW");
    let seen: Vec<_> =
        [100, 109, 110, 119, 120, 124, 125, 9999].map(|at| status(&register, at)).into();
    let (r, u, w, c) = ("RUNNING", "UPDATE_EXISTING_RESOURCES", "WARMING_UP", "COMPLETED");
    assert_eq!(seen, [r, r, u, u, w, w, c, c]);
    assert_eq!(register.moment_of("WARMING_UP", seconds(100)), Some(seconds(120)));
    assert_eq!(register.moment_of("COMPLETED", seconds(200)), Some(seconds(200)));
    assert_eq!(register.moment_of("FAILED", seconds(100)), None);
}

#[test]
fn without_stages_a_job_has_ended_at_once() {
    let mut register = Register::default();
    register.submit(&Options { stages: Stages::none(), ..options() }, seconds(1), "c", KEY);
    assert_eq!(status(&register, 1), "COMPLETED");
}

#[test]
fn a_name_in_use_is_treated_as_the_policy_says() {
    for (resubmit, expected) in
        [(Resubmit::Conflict, Submission::Conflict), (Resubmit::BadRequest, Submission::BadRequest)]
    {
        let mut register = Register::default();
        let options = Options { resubmit, ..options() };
        register.submit(&options, seconds(0), "c", KEY);
        assert_eq!(register.submit(&options, seconds(1), "c", KEY), expected);
        assert!(
            matches!(register.submit(&options, seconds(1), "C", KEY), Submission::Accepted(_)),
            "names are case-sensitive"
        );
    }
    let mut register = Register::default();
    let existing = Options { resubmit: Resubmit::Existing, ..options() };
    register.submit(&existing, seconds(0), "c", KEY);
    let Submission::Existing(there) = register.submit(&existing, seconds(1), "c", "https://other")
    else {
        panic!()
    };
    assert_eq!((there.key_identifier.as_str(), there.status.as_str()), (KEY, "RUNNING"));
    let accept = Options { resubmit: Resubmit::Accept, ..options() };
    let Submission::Accepted(new) = register.submit(&accept, seconds(1), "c", "https://other")
    else {
        panic!()
    };
    assert_ne!(new.id, there.id);
}

#[test]
fn a_failed_name_can_be_submitted_again() {
    let outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
    for (policy, same_id, stale) in [
        (ResubmitFailed::NewId, false, false),
        (ResubmitFailed::NewIdAfter(seconds(3)), false, true),
        (ResubmitFailed::SameId, true, false),
    ] {
        let options = Options {
            outcome: outcome.clone(),
            resubmit_failed: policy,
            stages: Stages::each(seconds(1)),
            ..options()
        };
        let mut register = Register::default();
        let Submission::Accepted(first) = register.submit(&options, seconds(0), "c", KEY) else {
            panic!()
        };
        assert_eq!(status(&register, 2), "FAILED");
        let Submission::Accepted(second) = register.submit(&options, seconds(2), "c", KEY) else {
            panic!("{policy:?}")
        };
        assert_eq!(first.id == second.id, same_id, "{policy:?}");
        assert_eq!(second.attempts, 2);
        let shown = register.get(seconds(2), "c").unwrap();
        assert_eq!(
            (shown.status == "FAILED", shown.id == first.id),
            (stale, stale || same_id),
            "{policy:?}"
        );
        assert_eq!(register.get(seconds(5), "c").unwrap().status, "COMPLETED", "{policy:?}");
    }
    let options =
        Options { outcome: Outcome::Failed, resubmit_failed: ResubmitFailed::AsInUse, ..options() };
    let mut register = Register::default();
    register.submit(&options, seconds(0), "c", KEY);
    assert_eq!(register.submit(&options, seconds(99), "c", KEY), Submission::Conflict);
}
