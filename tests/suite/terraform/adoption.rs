//! The look-up of a new name: what a plan says of it, and how often.

use aep_simulator::{Action, Answer, Fault, Route};

use crate::support::{
    KEY, KEY_VERSIONLESS, OTHER_KEY, Project, accepted, block, resource, simulator, upstream,
};

const TAKEN: &str = "The name is taken by a configuration with another key";
const WILL: &str = "An existing configuration will be adopted";
const DID: &str = "An existing configuration was adopted";

#[test]
fn a_name_that_is_taken_with_another_key_is_an_error_of_the_plan() {
    let simulator = simulator();
    simulator.control().insert("Config1", OTHER_KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    project
        .plan()
        .exits(1)
        .says(TAKEN)
        .says(KEY)
        .says(OTHER_KEY)
        .says("import { to = aep_cmk_config.<name> id = \"Config1\" }")
        .says("terraform untaint");
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_plan_says_once_that_it_will_adopt() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure(&resource("Config1", KEY_VERSIONLESS, ""));
    let plan = project.plan().exits(2);
    assert_eq!(plan.count(WILL), 1, "{}", plan.text());
    assert_eq!(plan.count("more similar warning"), 0, "{}", plan.text());
}

#[test]
fn the_apply_of_a_saved_plan_says_once_that_it_adopts() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    let plan = project.run(&["plan", "-out=saved.tfplan", "-input=false", "-no-color"]).exits(0);
    assert_eq!(plan.count(WILL), 1);
    let apply = project.run(&["apply", "-input=false", "-no-color", "saved.tfplan"]).exits(0);
    assert_eq!(apply.count(WILL), 1, "{}", apply.text());
    assert_eq!(apply.count("more similar warning"), 0, "{}", apply.text());
    assert_eq!(apply.count(DID), 0, "{}", apply.text());
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_plain_apply_counts_one_more_similar_and_its_last_step_says_nothing() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    let apply = project.apply().exits(0);
    assert_eq!(apply.count(WILL), 1, "{}", apply.text());
    assert_eq!(apply.count("(and one more similar warning elsewhere)"), 1, "{}", apply.text());
    assert_eq!(apply.count(DID), 0, "{}", apply.text());
    project.plan().exits(0).does_not_say(WILL);
}

#[test]
fn a_configuration_that_appears_after_the_plan_is_adopted_with_a_warning() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project
        .run(&["plan", "-out=saved.tfplan", "-input=false", "-no-color"])
        .exits(0)
        .does_not_say(WILL);
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let apply = project.run(&["apply", "-input=false", "-no-color", "saved.tfplan"]).exits(0);
    assert_eq!(apply.count(WILL) + apply.count(DID), 1, "{}", apply.text());
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_look_up_that_fails_is_an_error_of_the_plan() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one("");
    for (answer, sentence) in [
        (Answer::service_unavailable(), "Adobe's API is not available"),
        (Answer::gateway(403, "403999", "no"), "Manage Customer Managed Key"),
        (Answer::html(200), "Unexpected response from Adobe's API"),
    ] {
        simulator.control().fault(Fault::on(Route::Status, Action::Answer(answer)));
        project.plan().exits(1).says(sentence).says("looking up the new configuration \"Config1\"");
    }
    project.plan().exits(2);
}

#[test]
fn with_adoption_turned_off_an_existing_configuration_is_an_error_of_the_plan() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("adopt_existing = false");
    project
        .plan()
        .exits(1)
        .says("The configuration exists and adopting it is turned off")
        .says("id = \"Config1\"")
        .says("terraform untaint");
    project.configure(&resource("Config2", KEY, "adopt_existing = false"));
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
}

#[test]
fn a_failed_configuration_is_submitted_again_with_the_same_key_only() {
    let simulator = simulator();
    simulator.control().insert("Config1", OTHER_KEY, "FAILED");
    simulator.control().insert("Config2", KEY, "FAILED");
    let project = Project::new(&simulator);
    project.configure_one("");
    project.plan().exits(1).says(TAKEN).says(OTHER_KEY).says("FAILED");
    project.configure(&resource("Config2", KEY, "adopt_existing = false"));
    project.apply().exits(0).does_not_say(WILL);
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().configuration("Config1").unwrap().key_identifier, OTHER_KEY);
}

/// A block whose key comes out of a resource that is not there yet.
fn key_to_come(key: &str) -> String {
    upstream("1", key) + &block("this", "\"Config1\"", "terraform_data.upstream.output", "")
}

#[test]
fn a_key_to_come_with_a_free_name_is_planned_and_submitted_once() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure(&key_to_come(KEY));
    project.plan().exits(2).does_not_say("already in use");
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    project.plan().exits(0);
}

#[test]
fn a_key_to_come_with_a_name_in_use_is_a_warning_and_apply_decides() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure(&key_to_come(OTHER_KEY));
    project.plan().exits(2).says("The name is already in use at Adobe").says(KEY);
    project.apply().exits(1).says(TAKEN).says(OTHER_KEY);
    assert!(project.attributes().is_null());
    project.configure(&key_to_come(KEY_VERSIONLESS));
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_name_to_come_is_looked_up_by_the_apply() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    let key = format!("\"{KEY}\"");
    project.configure(
        &(upstream("1", "Config1") + &block("this", "terraform_data.upstream.output", &key, "")),
    );
    project.plan().exits(2).does_not_say(WILL);
    assert!(simulator.control().requests().is_empty());
    project.apply().exits(0).says(WILL);
    assert_eq!(simulator.control().counters().submissions, 0);
}
