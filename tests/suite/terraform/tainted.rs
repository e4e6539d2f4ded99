//! A create that broke off: Terraform taints the object, and the next apply goes on with it.

use aep_simulator::{Action, Answer, Fault, Route, Simulator};

use crate::support::{
    KEY, OTHER_KEY, Project, SHORT, accepted, failed, failing_simulator, in_effect, simulator,
    slow_simulator, timed_out, with_upstream,
};

#[test]
fn after_a_failure_one_apply_submits_again() {
    let simulator = failing_simulator();
    let project = failed(&simulator, "");
    let before = project.attributes();
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_ne!(project.attributes()["id"], before["id"]);
    assert_eq!(accepted(&simulator), 2);
    project.plan().exits(0);
}

#[test]
fn after_a_timeout_one_apply_goes_on_and_submits_nothing() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, "");
    let before = project.attributes();
    project.apply().exits(1);
    assert!(project.is_tainted());
    assert_eq!(project.attributes()["id"], before["id"]);
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(project.attributes()["id"], before["id"]);
    assert_eq!(simulator.control().counters().submissions, 1);
    project.plan().exits(0);
}

#[test]
fn after_untaint_an_apply_goes_on_waiting_in_place() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, "adopt_existing = false");
    // Without it, the create would have to adopt.
    project.plan().exits(1).says("adopting it is turned off").says("terraform untaint");
    project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
    project.apply().exits(1).does_not_say("terraform untaint");
    assert!(!project.is_tainted());
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 1);
    project.plan().exits(0);
}

#[test]
fn untaint_is_the_way_out_under_prevent_destroy() {
    let simulator = failing_simulator();
    let project = failed(&simulator, "lifecycle {\n    prevent_destroy = true\n  }");
    project.plan().exits(1).says("Instance cannot be destroyed");
    project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(accepted(&simulator), 2);
}

/// Lets refresh and plan see Adobe, and nothing of the apply.
fn fail_during_apply(simulator: &Simulator) {
    let unavailable = Action::Answer(Answer::service_unavailable());
    simulator.control().fault(Fault::on(Route::Status, unavailable).skip(2).forever());
}

#[test]
fn a_look_up_that_fails_after_the_forget_keeps_the_object() {
    let simulator = slow_simulator();
    let mut project = timed_out(&simulator, "");
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.attributes();
    fail_during_apply(&simulator);
    project
        .apply()
        .exits(1)
        .says("Adobe's API is not available")
        .says("Destruction complete")
        .does_not_say("looking up the new configuration");
    assert_eq!(project.attributes()["id"], before["id"]);
    assert_eq!(project.attributes()["name"], "Config1");
    simulator.control().clear_faults();
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], before["id"]);
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_look_up_that_fails_in_an_unprotected_replacement_keeps_the_object() {
    let simulator = simulator();
    let mut project = in_effect(&simulator, "deletion_protection = false");
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.attributes();
    fail_during_apply(&simulator);
    let replace = ["apply", "-replace=aep_cmk_config.this", "-auto-approve", "-no-color"];
    project
        .run(&replace)
        .exits(1)
        .says("Adobe's API is not available")
        .does_not_say("looking up the new configuration");
    assert_eq!(project.attributes()["id"], before["id"]);
    simulator.control().clear_faults();
    project.apply().exits(0);
    assert_eq!(project.attributes(), before);
    project.run(&replace).exits(0);
    assert_eq!(project.attributes(), before);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_look_up_that_fails_in_the_plan_is_its_error_and_forgets_nothing() {
    let simulator = slow_simulator();
    let mut project = timed_out(&simulator, "");
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.state();
    let unavailable = Action::Answer(Answer::service_unavailable());
    simulator.control().fault(Fault::on(Route::Status, unavailable).skip(1).forever());
    project.apply().exits(1).says("looking up the new configuration \"Config1\"");
    assert_eq!(project.state(), before);
}

/// A tainted object whose job runs, and whose key comes out of `terraform_data.upstream`.
fn tainted_with_upstream(simulator: &Simulator, more: &str) -> Project {
    let project = Project::new(simulator);
    project.configure(&with_upstream("1", KEY, &format!("{SHORT}\n  {more}")));
    project.apply().exits(1);
    assert!(project.is_tainted());
    project
}

#[test]
fn a_key_that_is_replaced_upstream_is_stopped_for_a_tainted_object_too() {
    let simulator = slow_simulator();
    let project = tainted_with_upstream(&simulator, "");
    let before = project.state();
    project.configure(&with_upstream("2", KEY, SHORT));
    project
        .apply()
        .exits(1)
        .says("The key is in effect and protected")
        .says("its key is not known before apply")
        .says("terraform untaint <address>")
        .does_not_say("Destroying...");
    assert_eq!(project.state(), before);
    // A failed one has no key in effect.
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project.plan().exits(2);
}

#[test]
fn a_key_that_turns_out_to_be_another_one_keeps_the_unprotected_tainted_object() {
    let simulator = slow_simulator();
    let off = "deletion_protection = false";
    let project = tainted_with_upstream(&simulator, off);
    let before = project.attributes();
    project.configure(&with_upstream("2", OTHER_KEY, &format!("{SHORT}\n  {off}")));
    project.apply().exits(1).says("The name is taken by a configuration with another key");
    assert_eq!(project.attributes()["id"], before["id"]);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn what_create_before_destroy_leaves_behind_twice_is_protected_and_state_rm_is_the_way_out() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, "lifecycle {\n    create_before_destroy = true\n  }");
    // The second create breaks off too, so Terraform keeps the first object as a deposed one, which it would destroy.
    project.apply().exits(1);
    project.plan().exits(1).says("The key is in effect and protected").says("terraform state rm");
    project.run(&["state", "rm", "aep_cmk_config.this"]).exits(0);
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 1);
    project.plan().exits(0);
}
