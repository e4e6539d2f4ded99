//! What changed at Adobe behind Terraform's back.

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

#[test]
fn a_configuration_that_is_gone_is_created_again() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    assert!(simulator.control().remove("Config1"));
    project.plan_drift().exits(2);
    project.plan().exits(2).says("1 to add, 0 to change, 0 to destroy");
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
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
