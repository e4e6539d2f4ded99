//! A failed job that is submitted again: what Adobe answers then is what counts.

use aep_simulator::{Action, Answer, Fault, Route, Simulator};
use serde_json::Value;

use crate::support::{
    KEY, OTHER_KEY, Project, accepted, answered, await_counters, failing_simulator,
    never_in_effect, resource, simulator, slow_simulator,
};

const OTHER_AT_ADOBE: &str = "Adobe has another key than the one submitted";
/// The first id of every simulator.
const FIRST: &str = "4df7886b-a122-4391-880b-000000000001";
/// The second one.
const SECOND: &str = "4df7886b-a122-4391-880b-000000000002";

/// A project whose stored job failed and was never in effect, and another key in the configuration.
fn takes_another_key(simulator: &Simulator, more: &str) -> Project {
    let project = never_in_effect(simulator);
    project.configure(&resource("Config1", OTHER_KEY, more));
    project
}

/// The state has the key that Adobe names, and the next plan protects it.
fn has_adobes_key(project: &Project, status: &str) {
    let attributes = project.attributes();
    assert_eq!(attributes["key_vault_key_identifier"], KEY);
    assert_eq!(attributes["vault_name"], "adobecmkexample");
    assert_eq!(attributes["id"], SECOND);
    assert_eq!(attributes["status"], status);
    assert!(!project.is_tainted());
    project.plan().exits(1).says("The key is in effect and protected").says(KEY).says(OTHER_KEY);
}

#[test]
fn a_job_that_ends_with_another_key_is_an_error_with_both_and_the_state_has_adobes() {
    let simulator = slow_simulator();
    let project = takes_another_key(&simulator, "");
    let control = simulator.control();
    control.fault(Fault::on(Route::Submit, Action::ProcessThenHold));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 2);
    assert!(control.set_key("Config1", KEY));
    control.release();
    assert!(control.step_to("COMPLETED"));
    apply.end().exits(1).says(OTHER_AT_ADOBE).says(KEY).says(OTHER_KEY);
    has_adobes_key(&project, "COMPLETED");
    assert_eq!(control.counters().submissions, 2);
}

#[test]
fn an_answer_with_another_key_is_an_error_without_waiting_too() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = takes_another_key(&simulator, "wait_for_completion = false");
    let kept = Answer::json(200, &answered(SECOND, KEY, "RUNNING"));
    control.fault(Fault::on(Route::Submit, Action::ProcessThenAnswer(kept)));
    project.apply().exits(1).says(OTHER_AT_ADOBE).says(KEY).says(OTHER_KEY);
    assert!(control.set_key("Config1", KEY));
    has_adobes_key(&project, "RUNNING");
    assert_eq!(control.counters().submissions, 2);
}

#[test]
fn a_404_that_proves_nothing_submits_no_stored_failure_again() {
    for answer in [Answer::no_such_path(), Answer::html(404)] {
        let simulator = simulator();
        let project = takes_another_key(&simulator, "");
        // The refresh sees Adobe.
        simulator.control().fault(Fault::on(Route::Status, Action::Answer(answer)).skip(1));
        project.apply().exits(1).says("Adobe has nothing at this address");
        assert_eq!(simulator.control().counters().submissions, 1);
        assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
        project.apply().exits(0);
        assert_eq!(accepted(&simulator), 2);
    }
}

/// The pause before a resubmission is ten seconds, and the settling time thirty.
#[test]
fn a_resubmission_of_uncertain_fate_is_no_failure_any_more_and_is_protected() {
    let simulator = failing_simulator();
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("failed_attempts = 1");
    control.fault(Fault::on(Route::Submit, Action::Reset).skip(1));
    project
        .apply()
        .exits(1)
        .says("It is uncertain whether Adobe accepted the submission")
        .says("shows only the job that had failed before")
        .says("terraform untaint <address>");
    assert_eq!(control.counters().submissions, 2);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], Value::Null);
    assert_eq!(attributes["id"], Value::Null);
    assert!(project.is_tainted());
    let before = project.state();
    project
        .run(&["destroy", "-refresh=false", "-auto-approve", "-no-color"])
        .exits(1)
        .says("The key is in effect and protected");
    assert_eq!(project.state(), before);
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(accepted(&simulator), 2);
}

/// The pause before a resubmission is ten seconds: time for somebody else.
#[test]
fn what_somebody_else_submitted_in_the_pause_is_waited_for() {
    let simulator = failing_simulator();
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("failed_attempts = 1");
    // Plan, re-plan, look-up of the create; the first poll sees the failure, whatever is there by then.
    let failed = Answer::json(200, &answered(FIRST, KEY, "FAILED"));
    control.fault(Fault::on(Route::Status, Action::Answer(failed)).skip(3));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    control.insert("Config1", KEY, "COMPLETED");
    apply.end().exits(0);
    assert_eq!(project.attributes()["id"], SECOND);
    assert_eq!(control.counters().submissions, 1);
}
