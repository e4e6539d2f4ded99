//! Without protection: destroy forgets, and another key is another configuration.

use aep_simulator::Simulator;

use crate::support::{
    KEY, KEY_VERSIONLESS, OTHER_KEY, Project, accepted, block, in_effect, in_effect_with_upstream,
    resource, simulator, upstream, with_upstream,
};

const OFF: &str = "deletion_protection = false";
const NEW_NAME: &str = "Another key needs a new name";
const STAYS: &str = "The configuration stays in effect at Adobe";

#[test]
fn destroy_forgets_with_a_warning() {
    let simulator = simulator();
    let project = in_effect(&simulator, OFF);
    project.run(&["plan", "-destroy", "-input=false", "-no-color"]).exits(0).says(STAYS).says(KEY);
    project.destroy().exits(0).says(STAYS).says("Adobe goes on using the key");
    assert!(project.attributes().is_null());
    assert!(simulator.control().configuration("Config1").is_some());
    let sent = simulator.control().requests();
    assert!(sent.iter().all(|request| request.method == "GET"), "{sent:?}");
}

#[test]
fn another_key_without_a_new_name_is_stopped_at_plan() {
    let simulator = simulator();
    let project = in_effect(&simulator, OFF);
    project.configure(&resource("Config1", OTHER_KEY, OFF));
    project.plan().exits(1).says(NEW_NAME).says(KEY).says(OTHER_KEY);
    project.apply().exits(1).says(NEW_NAME);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn another_key_with_a_new_name_replaces_and_submits_once() {
    let simulator = simulator();
    let project = in_effect(&simulator, OFF);
    project.configure(&resource("Config2", OTHER_KEY, OFF));
    project.plan().exits(2).says("must be replaced");
    project.apply().exits(0).says(STAYS);
    let attributes = project.attributes();
    assert_eq!(attributes["name"], "Config2");
    assert_eq!(attributes["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(attributes["status"], "COMPLETED");
    assert_eq!(accepted(&simulator), 1);
    let submitted = simulator.control().configuration("Config2").unwrap();
    assert_eq!(submitted.key_identifier, OTHER_KEY);
    project.plan().exits(0);
}

#[test]
fn a_key_that_is_not_known_is_planned_in_place_and_the_same_key_changes_nothing() {
    let simulator = simulator();
    let project = in_effect_with_upstream(&simulator, OFF);
    let before = project.attributes();
    project.configure(&with_upstream("2", KEY, OFF));
    project.plan().exits(2).says("aep_cmk_config.this will be updated in-place");
    project.apply().exits(0);
    assert_eq!(project.attributes(), before);
    project.configure(&with_upstream("3", KEY_VERSIONLESS, OFF));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], before["id"]);
    assert_eq!(simulator.control().counters().submissions, 0);
    project.plan().exits(0);
}

#[test]
fn a_key_that_turns_out_to_be_another_one_stops_the_apply_and_loses_nothing() {
    let simulator = simulator();
    let project = in_effect_with_upstream(&simulator, OFF);
    let before = project.instance("aep_cmk_config.this");
    project.configure(&with_upstream("2", OTHER_KEY, OFF));
    project.plan().exits(2);
    project
        .apply()
        .exits(1)
        .says(NEW_NAME)
        .says(KEY)
        .says(OTHER_KEY)
        .does_not_say("bug in the provider");
    assert_eq!(project.instance("aep_cmk_config.this"), before);
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// A name out of `terraform_data.upstream`.
fn named_upstream(generation: &str, name: &str, key: &str) -> String {
    upstream(generation, name)
        + &block("this", "terraform_data.upstream.output", &format!("\"{key}\""), OFF)
}

/// A project with that block in its state.
fn named_by_upstream(simulator: &Simulator) -> Project {
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(simulator);
    project.configure(&named_upstream("1", "Config1", KEY));
    project.apply().exits(0);
    project
}

#[test]
fn a_name_that_is_not_known_is_a_replacement_and_the_same_name_is_adopted_again() {
    let simulator = simulator();
    let project = named_by_upstream(&simulator);
    let before = project.attributes();
    project.configure(&named_upstream("2", "Config1", KEY));
    project.plan().exits(2).says("aep_cmk_config.this must be replaced");
    project.apply().exits(0);
    assert_eq!(project.attributes(), before);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_name_that_turns_out_to_be_another_one_is_another_configuration() {
    let simulator = simulator();
    let project = named_by_upstream(&simulator);
    project.configure(&named_upstream("2", "Config2", OTHER_KEY));
    project.apply().exits(0).says(STAYS);
    assert_eq!(project.attributes()["name"], "Config2");
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(simulator.control().configuration("Config1").unwrap().key_identifier, KEY);
    project.plan().exits(0);
}

/// The object was forgotten by then: the create returns it beside the error.
#[test]
fn an_unknown_name_that_turns_out_the_same_with_another_key_stops_the_apply() {
    let simulator = simulator();
    let project = named_by_upstream(&simulator);
    let before = project.attributes();
    project.configure(&named_upstream("2", "Config1", OTHER_KEY));
    project.apply().exits(1).says("The name is taken by a configuration with another key");
    assert_eq!(project.attributes(), before);
    assert!(project.is_tainted());
    assert_eq!(simulator.control().counters().submissions, 0);
}
