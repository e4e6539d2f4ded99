//! Jobs that fail, or take longer than they may.

use std::time::Duration;

use aep_simulator::{Outcome, ResubmitFailed, Terminal};

use crate::support::{KEY, Project, await_counters, resource, simulator_with, stepped};

const CHECKS: [&str; 6] = [
    "wrapKey and unwrapKey",
    "RSA or RSA-HSM with at least 3072 bits",
    "has not expired",
    "purge protection",
    "20.88.123.53",
    "consent",
];

#[test]
fn a_failed_job_is_an_error_with_what_to_check_and_the_next_apply_submits_again() {
    let simulator = simulator_with(|options| {
        options.outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
    });
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("");
    let run = project
        .apply()
        .exits(1)
        .says("Adobe could not use the key")
        .says("\"Key Vault Crypto Service Encryption User\" on the key vault")
        .says("terraform untaint");
    for check in CHECKS {
        run.clone().says(check);
    }
    let failed = control.configuration("Config1").expect("accepted");
    let attributes = project.attributes();
    assert_eq!(attributes["id"], failed.id.as_str());
    assert_eq!(attributes["status"], "FAILED");
    assert!(project.is_tainted());
    assert_eq!(control.counters().submissions, 1);

    project.apply().exits(0);
    assert_eq!(control.counters().submissions_accepted, 2);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], "COMPLETED");
    assert_ne!(attributes["id"], failed.id.as_str());
    assert!(!project.is_tainted());
    project.plan().exits(0);
}

#[test]
fn a_failed_job_of_a_managed_hsm_names_the_role_there() {
    let simulator = simulator_with(|options| options.outcome = Outcome::Failed);
    let project = Project::new(&simulator);
    let key = "https://my-hsm.managedhsm.azure.net/keys/wrap";
    project.configure(&resource("Config1", key, ""));
    project
        .apply()
        .exits(1)
        .says("\"Managed HSM Crypto Service Encryption User\" on the Managed HSM")
        .does_not_say("Key Vault Crypto Service");
}

#[test]
fn a_timeout_keeps_what_was_accepted_and_the_next_apply_goes_on() {
    let simulator = stepped(|_| ());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("timeouts {\n    create = \"4s\"\n  }");
    project.apply().exits(1).says("The configuration was not in effect in time").says("`create`");
    let id = control.configuration("Config1").expect("accepted").id;
    assert_eq!(project.attributes()["id"], id.as_str());
    assert_eq!(project.attributes()["status"], "RUNNING");
    assert!(project.is_tainted());

    project.configure_one("");
    let apply = project.start_apply();
    let before = control.counters().status_reads;
    // Refresh, plan, re-plan, look-up, and a poll.
    await_counters(&simulator, |now| now.status_reads >= before + 5);
    assert!(control.step_to("COMPLETED"));
    apply.end().exits(0);
    assert_eq!(project.attributes()["id"], id.as_str());
    assert!(!project.is_tainted());
    assert_eq!(control.counters().submissions, 1);
}

/// Its pause is ten seconds long.
#[test]
fn failed_attempts_submits_again_within_one_apply_and_says_so() {
    let simulator = simulator_with(|options| {
        options.outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
    });
    let project = Project::new(&simulator);
    project.configure_one("failed_attempts = 3");
    project
        .apply()
        .exits(0)
        .says("The configuration was submitted more than once")
        .says("submitted again once (`failed_attempts`)");
    assert_eq!(simulator.control().counters().submissions_accepted, 2);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
    project.plan().exits(0);
}

#[test]
fn a_pause_that_reaches_past_the_timeout_is_not_begun() {
    let simulator = simulator_with(|options| options.outcome = Outcome::Failed);
    let project = Project::new(&simulator);
    project.configure_one("failed_attempts = 3\n  timeouts {\n    create = \"9s\"\n  }");
    project
        .apply()
        .exits(1)
        .says("Adobe could not use the key")
        .does_not_say("was submitted again");
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_job_that_failed_behind_the_applys_back_is_submitted_again_in_place() {
    let simulator = stepped(|options| {
        options.outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
    });
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert!(control.step_to("FAILED"));
    project
        .plan()
        .exits(2)
        .says("will be updated in-place")
        .says("0 to add, 1 to change, 0 to destroy");
    project.apply().exits(0).says("1 changed, 0 destroyed");
    assert_eq!(control.counters().submissions_accepted, 2);
    assert!(control.step_to("COMPLETED"));
    project.plan().exits(0);
    let id = control.configuration("Config1").expect("accepted").id;
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], id.as_str());
}

#[test]
fn the_failure_that_a_resubmission_supersedes_is_old_news() {
    let simulator = stepped(|options| {
        options.outcome = Outcome::PerAttempt(vec![Terminal::Failed, Terminal::Completed]);
        options.resubmit_failed = ResubmitFailed::NewIdAfter(Duration::from_secs(60));
    });
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("");
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    assert!(control.step_to("FAILED"));
    apply.end().exits(1);
    let failed = project.attributes()["id"].clone();

    let mut apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 2);
    let before = control.counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= before + 3);
    let shown = control.configuration("Config1").expect("accepted");
    assert_eq!(failed, shown.id.as_str(), "Adobe still shows the old job");
    assert!(apply.goes_on());
    control.step(Duration::from_secs(120));
    apply.end().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], "COMPLETED");
    assert_ne!(attributes["id"], failed);
    assert_eq!(control.counters().submissions, 2);
}

#[test]
fn a_resubmission_under_the_same_id_fails_again_when_it_fails() {
    let simulator = simulator_with(|options| {
        options.outcome = Outcome::Failed;
        options.resubmit_failed = ResubmitFailed::SameId;
    });
    let project = Project::new(&simulator);
    project.configure_one("");
    for attempt in 1..=2 {
        project.apply().exits(1).says("Adobe could not use the key");
        assert_eq!(simulator.control().counters().submissions_accepted, attempt);
        assert_eq!(project.attributes()["status"], "FAILED");
    }
}

#[test]
fn a_failed_name_that_cannot_be_submitted_again_is_an_error_that_keeps_it() {
    let simulator = simulator_with(|options| {
        options.outcome = Outcome::Failed;
        options.resubmit_failed = ResubmitFailed::AsInUse;
    });
    let project = Project::new(&simulator);
    project.configure(&resource("Config1", KEY, ""));
    project.apply().exits(1);
    let before = project.attributes();
    project.apply().exits(1).says("Adobe does not take the configuration a second time");
    assert_eq!(project.attributes(), before);
    assert_eq!(simulator.control().counters().submissions, 2);
}
