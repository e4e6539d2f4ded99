//! Updates in place: a stored `FAILED` is submitted again, a wait that was not finished goes on.

use std::time::Duration;

use aep_simulator::{Outcome, ResubmitFailed, Simulator, Stages};

use crate::support::{
    KEY, OTHER_KEY, Project, accepted, block, in_effect, never_in_effect, resource, simulator,
    simulator_with, slow_simulator, upstream,
};

/// A project whose object was in effect and is `FAILED` at Adobe by now.
fn fallen_back(simulator: &Simulator) -> Project {
    let project = in_effect(simulator, "");
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project
}

#[test]
fn a_failure_that_was_never_in_effect_takes_a_new_key_in_place() {
    let simulator = simulator();
    let project = never_in_effect(&simulator);
    let before = project.attributes();
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
    project.apply().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(attributes["vault_name"], "another-vault");
    assert_eq!(attributes["status"], "COMPLETED");
    assert_ne!(attributes["id"], before["id"]);
    assert_eq!(accepted(&simulator), 2);
    let stored = simulator.control().configuration("Config1").unwrap();
    assert_eq!(stored.key_identifier, OTHER_KEY);
    project.plan().exits(0);
}

#[test]
fn a_failure_that_was_never_in_effect_takes_a_key_to_come_in_place() {
    let simulator = simulator();
    let project = never_in_effect(&simulator);
    let key = "terraform_data.upstream.output";
    project.configure(&(upstream("1", OTHER_KEY) + &block("this", "\"Config1\"", key, "")));
    project.apply().exits(0).says("1 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 2);
    project.plan().exits(0);
}

#[test]
fn a_failure_that_took_effect_meanwhile_is_not_submitted_again() {
    let simulator = simulator();
    let project = fallen_back(&simulator);
    project.run(&["plan", "-out=saved.tfplan", "-no-color"]).exits(0);
    assert!(simulator.control().set_status("Config1", "COMPLETED"));
    project.run(&["apply", "-no-color", "saved.tfplan"]).exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_resubmission_that_fails_keeps_the_object_untainted_and_failed() {
    let simulator = simulator_with(|options| {
        options.outcome = Outcome::Failed;
        options.stages = Stages::none();
    });
    let project = fallen_back(&simulator);
    let before = project.attributes();
    project.apply().exits(1).says("Adobe could not use the key").does_not_say("terraform untaint");
    assert!(!project.is_tainted());
    assert_eq!(project.attributes()["status"], "FAILED");
    assert_ne!(project.attributes()["id"], before["id"]);
    assert_eq!(accepted(&simulator), 1);
    simulator.control().configure(|options| options.outcome = Outcome::Completed);
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(accepted(&simulator), 2);
}

#[test]
fn a_resubmission_that_adobe_refuses_is_an_error_in_its_words_and_keeps_the_state() {
    let simulator = simulator_with(|options| options.resubmit_failed = ResubmitFailed::AsInUse);
    let project = fallen_back(&simulator);
    project.run(&["apply", "-refresh-only", "-auto-approve", "-no-color"]).exits(0);
    let before = project.instance("aep_cmk_config.this");
    assert_eq!(before["attributes"]["status"], "FAILED");
    project
        .apply()
        .exits(1)
        .says("409")
        .says("A customer configuration with this name already exists.")
        .says("Adobe does not take the configuration a second time");
    assert_eq!(project.instance("aep_cmk_config.this"), before);
    assert_eq!(simulator.control().counters().submissions, 1);
    assert_eq!(accepted(&simulator), 0);
}

#[test]
fn a_wait_that_is_turned_on_goes_on_in_place() {
    let simulator = slow_simulator();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.plan().exits(0);
    let before = project.attributes();
    project.configure_one("");
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
    let reads = simulator.control().counters().status_reads;
    let apply = project.start(&["apply", "-auto-approve", "-no-color"]);
    // The refresh, and one poll of the wait.
    assert!(
        simulator
            .control()
            .wait_until(Duration::from_secs(30), |counters| counters.status_reads >= reads + 2)
    );
    assert!(simulator.control().step_to("COMPLETED"));
    apply.end().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], "COMPLETED");
    assert_eq!(attributes["id"], before["id"]);
    assert_eq!(attributes["wait_for_completion"], true);
    assert_eq!(simulator.control().counters().submissions, 1);
    project.plan().exits(0);
}

#[test]
fn settings_change_without_a_submission() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure_one("failed_attempts = 2\n  deletion_protection = false");
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes()["failed_attempts"], 2);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    let requests = simulator.control().requests();
    assert!(requests.iter().all(|request| request.method == "GET"), "{requests:?}");
}
