//! The guard: a plan that would give up a key in effect is stopped, and says why and how to go on.

use aep_simulator::Simulator;

use crate::support::{
    KEY, OTHER_KEY, Project, Run, accepted, block, failing_simulator, in_effect,
    in_effect_with_upstream, never_in_effect, resource, simulator, slow_simulator, upstream,
    with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const REASON: &str = "Adobe would lose access to the data and purge it.";
const WAY_OUT: &str = "deletion_protection = false";

/// Requires that the guard stopped it at plan: with the reason and a way out, and with nothing sent or lost.
#[track_caller]
fn stopped(simulator: &Simulator, project: &Project, run: Run) -> Run {
    let counters = simulator.control().counters();
    assert_eq!(counters.submissions, 0);
    assert_eq!(project.attributes()["name"], "Config1");
    run.exits(1)
        .says(PROTECTED)
        .says(REASON)
        .says(WAY_OUT)
        .says(KEY)
        .does_not_say("Destroying...")
        .does_not_say("Modifying...")
}

#[test]
fn destroy_is_stopped_at_plan() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let plan = project.run(&["plan", "-destroy", "-input=false", "-no-color"]);
    stopped(&simulator, &project, plan)
        .says("This plan would destroy the object.")
        .says("destroy = false");
    let destroy = project.destroy();
    stopped(&simulator, &project, destroy);
}

#[test]
fn the_removal_of_the_block_is_stopped_and_names_the_removed_block() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure("");
    let plan = project.plan();
    stopped(&simulator, &project, plan)
        .says("removed { from = aep_cmk_config.<name>")
        .says("terraform state rm");
    let apply = project.apply();
    stopped(&simulator, &project, apply);
}

#[test]
fn a_removed_block_that_does_not_destroy_always_works() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure(
        "removed {\n  from = aep_cmk_config.this\n  lifecycle {\n    destroy = false\n  }\n}",
    );
    project.apply().exits(0);
    assert!(project.attributes().is_null());
    assert_eq!(simulator.control().counters().submissions, 0);
    assert!(simulator.control().configuration("Config1").is_some());
}

#[test]
fn another_key_is_stopped_and_shows_both() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    let plan = project.plan();
    stopped(&simulator, &project, plan).says(OTHER_KEY).says("on main.tf line 13");
    let apply = project.apply();
    stopped(&simulator, &project, apply);
}

#[test]
fn another_name_is_stopped() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure(&resource("config1", KEY, ""));
    let plan = project.plan();
    stopped(&simulator, &project, plan)
        .says("The block asks for a configuration \"config1\" instead");
}

#[test]
fn another_name_and_key_are_stopped_and_show_both_keys() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure(&resource("Config2", OTHER_KEY, ""));
    let plan = project.plan();
    stopped(&simulator, &project, plan).says("Config2").says(OTHER_KEY);
}

#[test]
fn a_replacement_on_the_command_line_is_stopped() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    for arguments in [
        ["plan", "-replace=aep_cmk_config.this", "-no-color"].as_slice(),
        &["apply", "-replace=aep_cmk_config.this", "-auto-approve", "-no-color"],
    ] {
        let run = project.run(arguments);
        stopped(&simulator, &project, run).says("`-replace` or `replace_triggered_by`");
    }
}

#[test]
fn a_replacement_that_creates_first_is_stopped_too() {
    let simulator = simulator();
    let project = in_effect(&simulator, "lifecycle {\n    create_before_destroy = true\n  }");
    let plan = project.run(&["plan", "-replace=aep_cmk_config.this", "-no-color"]);
    stopped(&simulator, &project, plan);
}

#[test]
fn a_triggered_replacement_is_stopped() {
    let simulator = simulator();
    let triggered = "lifecycle {\n    replace_triggered_by = [terraform_data.upstream]\n  }";
    let body = |value: &str| upstream("1", value) + &resource("Config1", KEY, triggered);
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure(&body("before"));
    project.apply().exits(0);
    project.configure(&body("after"));
    let plan = project.plan();
    stopped(&simulator, &project, plan).says("`-replace` or `replace_triggered_by`");
    let apply = project.apply();
    stopped(&simulator, &project, apply);
    assert_eq!(
        project.instance("terraform_data.upstream")["attributes"]["input"]["value"],
        "before"
    );
}

#[test]
fn a_key_that_is_replaced_upstream_is_stopped_before_anything_is_deleted() {
    let simulator = simulator();
    let project = in_effect_with_upstream(&simulator, "");
    let before = project.instance("terraform_data.upstream");
    project.configure(&with_upstream("2", KEY, ""));
    let plan = project.plan();
    stopped(&simulator, &project, plan)
        .says("`key_vault_key_identifier` is not known before apply")
        .says("something upstream is about to be replaced");
    let apply = project.apply();
    stopped(&simulator, &project, apply);
    assert_eq!(project.instance("terraform_data.upstream"), before);
}

#[test]
fn a_key_that_changes_upstream_is_stopped() {
    let simulator = simulator();
    let project = in_effect_with_upstream(&simulator, "");
    project.configure(&with_upstream("1", OTHER_KEY, ""));
    let plan = project.plan();
    stopped(&simulator, &project, plan).says("is not known before apply");
}

#[test]
fn a_name_that_is_not_known_is_stopped() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let unknown = upstream("1", "Config1")
        + &block("this", "terraform_data.upstream.output", &format!("\"{KEY}\""), "");
    project.configure(&unknown);
    let plan = project.plan();
    stopped(&simulator, &project, plan).says("`name` is not known before apply");
}

#[test]
fn protection_counts_as_stored() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.configure_one("deletion_protection = false");
    let destroy = project.destroy();
    stopped(&simulator, &project, destroy);
    project.configure(&resource("Config2", OTHER_KEY, "deletion_protection = false"));
    let apply = project.apply();
    stopped(&simulator, &project, apply)
        .says("by itself; the value in state decides")
        .says(OTHER_KEY);
    project.configure(&resource("Config1", OTHER_KEY, "deletion_protection = false"));
    let plan = project.plan();
    stopped(&simulator, &project, plan).says(OTHER_KEY);
    project.configure_one("deletion_protection = false");
    project.apply().exits(0);
    project.destroy().exits(0);
    assert!(project.attributes().is_null());
}

#[test]
fn a_job_that_runs_is_protected() {
    let simulator = slow_simulator();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.plan().exits(0);
    project.destroy().exits(1).says(PROTECTED).says("RUNNING");
    project.configure(&resource("Config1", OTHER_KEY, "wait_for_completion = false"));
    project.plan().exits(1).says(PROTECTED).says(OTHER_KEY);
    assert_eq!(accepted(&simulator), 1);
}

#[test]
fn a_configuration_that_was_in_effect_stays_protected_when_it_fails() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    assert!(simulator.control().set_status("Config1", "FAILED"));
    let destroy = project.destroy();
    stopped(&simulator, &project, destroy).says("status FAILED");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    let plan = project.plan();
    stopped(&simulator, &project, plan);
}

#[test]
fn a_failed_configuration_that_was_never_in_effect_goes_as_long_as_adobe_says_failed() {
    let simulator = simulator();
    let project = never_in_effect(&simulator);
    project.run(&["apply", "-refresh-only", "-auto-approve", "-no-color"]).exits(0);
    let blind = ["destroy", "-refresh=false", "-auto-approve", "-no-color"];
    for status in ["RUNNING", "COMPLETED"] {
        assert!(simulator.control().set_status("Config1", status));
        project.run(&blind).exits(1).says(PROTECTED).says(status);
    }
    assert!(simulator.control().set_status("Config1", "FAILED"));
    simulator.control().clear_log();
    project.run(&blind).exits(0).says("The configuration stays at Adobe");
    assert!(project.attributes().is_null());
    assert_eq!(simulator.control().requests().len(), 2, "one in the plan, one in the destroy");
}

#[test]
fn a_failed_create_is_not_protected() {
    let simulator = failing_simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(1);
    assert!(project.is_tainted());
    project.destroy().exits(0);
    assert!(project.attributes().is_null());
}

#[test]
fn a_tainted_object_is_protected_from_destroy_only() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.run(&["taint", "aep_cmk_config.this"]).exits(0);
    assert!(project.is_tainted());
    let destroy = project.destroy();
    stopped(&simulator, &project, destroy).says("This plan would destroy the object.");
    project.configure("");
    let removal = project.apply();
    stopped(&simulator, &project, removal);
    project.configure_one("");
    project.plan().exits(2).says("1 to add, 0 to change, 1 to destroy");
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 0);
}
