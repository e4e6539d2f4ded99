//! What changed at Adobe behind Terraform's back.

use aep_simulator::{Action, Answer, Fault, Route};

use crate::support::{KEY, OTHER_KEY, accepted, in_effect, resource, simulator};

#[test]
fn another_key_at_adobe_is_drift_and_under_protection_an_error_with_both_keys() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    assert!(simulator.control().set_key("Config1", OTHER_KEY));
    project.plan_drift().exits(2).says(OTHER_KEY);
    project
        .plan()
        .exits(1)
        .says("The key is in effect and protected")
        .says(KEY)
        .says(OTHER_KEY)
        .says("To stay with the key that Adobe uses, write");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(0);
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    project.plan().exits(0);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn another_key_at_adobe_is_without_protection_the_error_that_asks_for_a_name() {
    let simulator = simulator();
    let project = in_effect(&simulator, "deletion_protection = false");
    assert!(simulator.control().set_key("Config1", OTHER_KEY));
    project.plan().exits(1).says("Another key needs a new name").says(KEY).says(OTHER_KEY);
}

const GONE: &str = "\"COMPLETED\" -> \"NOT_FOUND\"";

/// The last look before the submission takes the settling time of 30 s.
#[test]
fn a_configuration_that_is_gone_is_drift_and_guarded_and_submitted_again_in_place() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let before = project.attributes();
    assert!(simulator.control().remove("Config1"));
    project.plan_drift().exits(2).says("Adobe no longer finds the configuration").says(GONE);
    project.destroy().exits(1).says("The key is in effect and protected").says("NOT_FOUND");
    project.run(&["apply", "-refresh-only", "-auto-approve", "-no-color"]).exits(0);
    let mut stored = project.attributes();
    assert_eq!(stored["status"], "NOT_FOUND");
    stored["status"] = before["status"].clone();
    assert_eq!(stored, before, "every other value is kept");
    project.plan_drift().exits(0);
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    project.plan().exits(0);
}

#[test]
fn a_configuration_that_is_found_again_submits_nothing() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let lag = Fault::on(Route::Status, Action::Answer(Answer::not_found()));
    // The refresh, and the first two looks of the update.
    simulator.control().fault(lag.times(3));
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(simulator.control().counters().faults, 3);
    assert_eq!(simulator.control().counters().submissions, 0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    project.plan().exits(0);
}

#[test]
fn a_configuration_that_fell_back_to_failed_is_submitted_again_in_place() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let before = project.attributes();
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project.plan_drift().exits(2).says("FAILED");
    project
        .plan()
        .exits(2)
        .says("0 to add, 1 to change, 0 to destroy")
        .says(&format!("~ id = {} -> (known after apply)", before["id"]));
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(accepted(&simulator), 1);
    assert_ne!(project.attributes()["id"], before["id"]);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    project.plan().exits(0);
}
