//! What never drops an object from the state: answers that are no proof, another organisation, another endpoint.

use aep_simulator::{Action, Answer, Fault, Route, Simulator};

use crate::support::{KEY, ORG_ID, Project, in_effect, simulator};

const OTHER_ORG: &str = "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg";

/// Requires that a read that is answered so is an error, and leaves the state file as it is.
#[track_caller]
fn kept(action: Action, sentence: &str) {
    let simulator = simulator();
    let mut project = in_effect(&simulator, "");
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.state();
    assert_eq!(before["resources"][0]["type"], "aep_cmk_config");
    simulator.control().fault(Fault::on(Route::Status, action).forever());
    project
        .apply()
        .exits(1)
        .says(sentence)
        .says("reading the status of the configuration \"Config1\"");
    project.plan_drift().exits(1);
    assert_eq!(project.state(), before);
    assert_eq!(simulator.control().counters().submissions, 0);
    simulator.control().clear_faults();
    project.plan().exits(0);
}

const NOTHING_HERE: &str = "Adobe has nothing at this address";

#[test]
fn a_404_of_the_gateway_keeps_the_state() {
    kept(Action::Answer(Answer::no_such_path()), NOTHING_HERE);
}

#[test]
fn a_404_page_of_a_proxy_keeps_the_state() {
    kept(Action::Answer(Answer::html(404)), NOTHING_HERE);
}

#[test]
fn an_empty_404_keeps_the_state() {
    kept(Action::Answer(Answer::empty(404)), NOTHING_HERE);
}

#[test]
fn a_401_keeps_the_state() {
    kept(Action::Answer(Answer::token_invalid()), "Adobe does not accept the access token");
}

#[test]
fn a_403_keeps_the_state_and_names_the_permission() {
    kept(
        Action::Answer(Answer::service(403, "Forbidden", "Access is denied.")),
        "\"Manage Customer Managed Key\"",
    );
}

#[test]
fn a_500_keeps_the_state() {
    kept(Action::Answer(Answer::service(500, "Internal", "No.")), "Adobe's API is not available");
}

#[test]
fn a_success_that_is_a_page_keeps_the_state() {
    kept(Action::Answer(Answer::html(200)), "Unexpected response from Adobe's API");
}

#[test]
fn an_empty_success_keeps_the_state() {
    kept(Action::Answer(Answer::empty(200)), "Unexpected response from Adobe's API");
}

#[test]
fn a_body_that_is_cut_off_keeps_the_state() {
    kept(Action::ProcessThenCutBody, "The response of Adobe's API was cut off");
}

#[test]
fn another_organisation_is_an_error_that_names_both_before_any_request() {
    let simulator = simulator();
    let mut project = in_effect(&simulator, "deletion_protection = false");
    let before = project.state();
    project.set("AEP_ORG_ID", OTHER_ORG);
    for arguments in [
        ["plan", "-no-color"].as_slice(),
        &["plan", "-no-color", "-refresh-only"],
        &["plan", "-no-color", "-refresh=false"],
        &["plan", "-no-color", "-destroy"],
        &["plan", "-no-color", "-destroy", "-refresh=false"],
        &["destroy", "-no-color", "-auto-approve", "-refresh=false"],
        &["apply", "-no-color", "-auto-approve"],
    ] {
        project
            .run(arguments)
            .exits(1)
            .says("The object belongs to another organisation")
            .says(ORG_ID)
            .says(OTHER_ORG);
    }
    assert!(simulator.control().requests().is_empty());
    assert_eq!(project.state(), before);
}

/// A second simulator, to which the project is turned.
fn moved(project: &mut Project) -> Simulator {
    let second = simulator();
    project.set("AEP_ENDPOINT", &second.url());
    second
}

#[test]
fn at_another_endpoint_not_found_is_an_error() {
    let first = simulator();
    let mut project = in_effect(&first, "");
    let before = project.state();
    let second = moved(&mut project);
    project
        .apply()
        .exits(1)
        .says("The object is not at this endpoint")
        .says(&first.url())
        .says(&second.url());
    assert_eq!(project.state(), before);
    assert_eq!(second.control().counters().submissions, 0);
    project.set("AEP_ENDPOINT", &first.url()).plan().exits(0);
}

#[test]
fn at_another_endpoint_the_same_object_is_fine_and_without_news_nothing_is_written() {
    let first = simulator();
    let mut project = in_effect(&first, "");
    let before = project.state();
    let second = moved(&mut project);
    // Both count their ids from the same number.
    second.control().insert("Config1", KEY, "COMPLETED");
    project.plan().exits(0);
    project.plan_drift().exits(0);
    project.run(&["apply", "-refresh-only", "-auto-approve", "-no-color"]).exits(0);
    assert_eq!(project.state(), before);
    assert!(second.control().remove("Config1"));
    project.plan().exits(1).says("The object is not at this endpoint");
    assert_eq!(first.control().requests().len(), 0);
}

#[test]
fn at_another_endpoint_another_object_of_this_name_is_an_error() {
    let first = simulator();
    let mut project = in_effect(&first, "");
    let second = moved(&mut project);
    second.control().insert("Unrelated", KEY, "COMPLETED");
    second.control().insert("Config1", KEY, "COMPLETED");
    project.plan().exits(1).says("The object is not at this endpoint");
}
