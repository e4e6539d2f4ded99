//! A create of an object that this run has forgotten: tainted, or replaced without protection. Adobe still has it.

use aep_simulator::{Action, Answer, Fault, ResubmitFailed, Route, Simulator, Stages};
use serde_json::Value;

use crate::support::{
    KEY, ORG_ID, OTHER_KEY, Project, answered, failed, failing_simulator, in_effect, resource,
    simulator, simulator_with, slow_simulator, timed_out,
};

const OTHER_ORG: &str = "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg";
const NOTHING_HERE: &str = "Adobe has nothing at this address";
const ELSEWHERE: &str = "The object is not at this endpoint";
const WAY_OUT: &str = "terraform untaint <address>";
const REPLACE: [&str; 4] = ["apply", "-replace=aep_cmk_config.this", "-auto-approve", "-no-color"];

/// Answers that a gateway or a proxy gives for a moment, and that say nothing about the configuration.
fn doubtful() -> [Answer; 3] {
    [Answer::no_such_path(), Answer::html(404), Answer::empty(404)]
}

/// The look-up of the create is answered so, once; refresh, plan and re-plan see Adobe.
fn answer_the_create(simulator: &Simulator, answer: Answer) {
    simulator.control().fault(Fault::on(Route::Status, Action::Answer(answer)).skip(3));
}

#[test]
fn a_404_that_proves_nothing_is_no_free_name_for_a_tainted_object() {
    for answer in doubtful() {
        let simulator = slow_simulator();
        let project = timed_out(&simulator, "");
        let before = project.attributes();
        answer_the_create(&simulator, answer);
        project.apply().exits(1).says("Destruction complete").says(NOTHING_HERE).says(WAY_OUT);
        let counters = simulator.control().counters();
        assert_eq!((counters.faults, counters.submissions), (1, 1));
        assert_eq!(project.attributes(), before);
        assert!(project.is_tainted());
        assert!(simulator.control().step_to("COMPLETED"));
        project.apply().exits(0);
        assert_eq!(project.attributes()["id"], before["id"]);
        assert!(!project.is_tainted());
        assert_eq!(simulator.control().counters().submissions, 1);
    }
}

#[test]
fn a_404_that_proves_nothing_is_no_free_name_for_a_replaced_object() {
    for answer in doubtful() {
        let simulator = simulator();
        let project = in_effect(&simulator, "deletion_protection = false");
        let before = project.attributes();
        answer_the_create(&simulator, answer);
        project.run(&REPLACE).exits(1).says("Destruction complete").says(NOTHING_HERE);
        assert_eq!(simulator.control().counters().faults, 1);
        assert_eq!(project.attributes(), before);
        assert!(project.is_tainted());
        project.apply().exits(0);
        assert_eq!(project.attributes(), before);
        assert!(!project.is_tainted());
        assert_eq!(simulator.control().counters().submissions, 0);
    }
}

#[test]
fn an_object_that_is_certainly_gone_is_submitted_again() {
    let simulator = simulator();
    let project = in_effect(&simulator, "deletion_protection = false");
    assert!(simulator.control().remove("Config1"));
    let mut replace = REPLACE.to_vec();
    replace.push("-refresh=false");
    project.run(&replace).exits(0);
    assert_eq!(simulator.control().counters().submissions_accepted, 1);
}

#[test]
fn another_organisation_behind_refresh_false_is_an_error_that_names_both_and_sends_nothing() {
    let simulator = slow_simulator();
    let mut project = timed_out(&simulator, "");
    let before = project.instance("aep_cmk_config.this");
    // A credential that is good for both organisations, and the other one does not have the name.
    simulator.control().configure(|options| options.org_id = OTHER_ORG.to_owned());
    assert!(simulator.control().remove("Config1"));
    project.set("AEP_ORG_ID", OTHER_ORG);
    project
        .run(&["apply", "-refresh=false", "-auto-approve", "-no-color"])
        .exits(1)
        .says("The object belongs to another organisation")
        .says(ORG_ID)
        .says(OTHER_ORG);
    assert_eq!(simulator.control().counters().submissions, 1);
    assert_eq!(project.instance("aep_cmk_config.this"), before);
}

/// A saved plan of a tainted object, and a second simulator to which the project was turned since.
fn planned_elsewhere(first: &Simulator) -> (Simulator, Project) {
    let mut project = timed_out(first, "");
    project.run(&["plan", "-out=saved.tfplan", "-no-color"]).exits(0);
    let second = simulator();
    project.set("AEP_ENDPOINT", &second.url());
    first.control().clear_log();
    (second, project)
}

const APPLY_SAVED: [&str; 3] = ["apply", "-no-color", "saved.tfplan"];

#[test]
fn a_saved_plan_that_is_applied_at_another_endpoint_submits_nothing_there() {
    let first = slow_simulator();
    let (second, mut project) = planned_elsewhere(&first);
    let before = project.attributes();
    project
        .run(&APPLY_SAVED)
        .exits(1)
        .says(ELSEWHERE)
        .says(&first.url())
        .says(&second.url())
        .says(WAY_OUT);
    assert_eq!(second.control().counters().submissions, 0);
    assert!(first.control().requests().is_empty());
    assert_eq!(project.attributes(), before);
    assert!(project.is_tainted());
    // It is remembered where the object was made.
    project.plan().exits(1).says(ELSEWHERE);
    project.set("AEP_ENDPOINT", &first.url());
    assert!(first.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], before["id"]);
    assert_eq!(first.control().counters().submissions, 1);
}

#[test]
fn a_saved_plan_that_is_applied_at_another_endpoint_takes_an_object_that_is_there() {
    let first = slow_simulator();
    let (second, project) = planned_elsewhere(&first);
    second.control().insert("Config1", KEY, "COMPLETED");
    project.run(&APPLY_SAVED).exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
    assert_eq!(second.control().counters().submissions, 0);
}

/// Requires that the apply of a tainted object breaks off with this sentence and the way out, and keeps an object.
#[track_caller]
fn breaks_off(project: &Project, sentence: &str) {
    project.apply().exits(1).says(sentence).says(WAY_OUT);
    assert!(project.is_tainted());
    assert_ne!(project.attributes(), Value::Null);
}

#[test]
fn a_look_up_that_fails_after_the_forget_names_the_way_out() {
    let simulator = slow_simulator();
    let mut project = timed_out(&simulator, "");
    project.set("AEP_MAX_RETRIES", "0");
    answer_the_create(&simulator, Answer::service_unavailable());
    breaks_off(&project, "Adobe's API is not available");
}

#[test]
fn a_resubmission_that_is_refused_after_the_forget_names_the_way_out() {
    let simulator = failing_simulator();
    let project = failed(&simulator, "");
    simulator.control().configure(|options| options.resubmit_failed = ResubmitFailed::AsInUse);
    breaks_off(&project, "Adobe does not take the configuration a second time");
    let forbidden = Answer::service(403, "Forbidden", "Access is denied.");
    simulator.control().fault(Fault::on(Route::Submit, Action::Answer(forbidden)));
    breaks_off(&project, "\"Manage Customer Managed Key\"");
}

#[test]
fn a_key_that_another_one_took_after_the_plan_names_the_way_out() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, "");
    project.run(&["plan", "-out=saved.tfplan", "-no-color"]).exits(0);
    assert!(simulator.control().set_key("Config1", OTHER_KEY));
    project
        .run(&APPLY_SAVED)
        .exits(1)
        .says("The name is taken by a configuration with another key")
        .says("terraform untaint");
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    assert!(project.is_tainted());
}

#[test]
fn a_poll_that_breaks_the_wait_off_names_the_way_out() {
    let simulator = slow_simulator();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one("");
    let forbidden = Action::Answer(Answer::service(403, "Forbidden", "Access is denied."));
    simulator.control().fault(Fault::on(Route::Status, forbidden).skip(3).forever());
    breaks_off(&project, "\"Manage Customer Managed Key\"");
}

#[test]
fn another_key_than_the_one_submitted_names_the_way_out() {
    let simulator = simulator_with(|options| options.stages = Stages::none());
    let project = Project::new(&simulator);
    simulator.control().insert("Config1", KEY, "FAILED");
    project.configure(&resource("Config1", KEY, "wait_for_completion = false"));
    let kept = answered("4df7886b-a122-4391-880b-000000000002", OTHER_KEY, "RUNNING");
    simulator
        .control()
        .fault(Fault::on(Route::Submit, Action::ProcessThenAnswer(Answer::json(200, &kept))));
    breaks_off(&project, "Adobe has another key than the one submitted");
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
}
