//! A submission whose answer never came: it takes effect once at most, and what took effect is found.

use std::thread;
use std::time::Duration;

use aep_simulator::{Action, Answer, Fault, Route, Simulator};
use serde_json::Value;

use crate::support::{KEY, Project, simulator};

#[test]
fn a_submission_whose_answer_is_lost_is_found_and_never_repeated() {
    let lost = [
        Action::ProcessThenReset,
        Action::ProcessThenCutBody,
        Action::ProcessThenStallBody,
        Action::ProcessThenAnswer(Answer::service_unavailable()),
        Action::ProcessThenAnswer(Answer::html(500)),
        Action::ProcessThenAnswer(Answer::html(502)),
        Action::ProcessThenAnswer(Answer::empty(504)),
        Action::ProcessThenAnswer(Answer::html(200)),
        Action::ProcessThenAnswer(Answer::empty(408)),
        Action::ProcessThenDelay(Duration::from_secs(3600)),
        Action::EmptyBody,
    ];
    thread::scope(|scope| {
        for action in lost {
            scope.spawn(move || {
                let simulator = simulator();
                let control = simulator.control();
                let mut project = Project::new(&simulator);
                project.set("AEP_REQUEST_TIMEOUT", "2s").configure_one("");
                control.fault(Fault::on(Route::Submit, action.clone()));
                project.apply().exits(0);
                let counters = control.counters();
                assert_eq!(counters.faults, 1, "{action:?}");
                assert_eq!(counters.submissions, 1, "{action:?}");
                assert_eq!(counters.submissions_accepted, 1, "{action:?}");
                assert_eq!(project.attributes()["status"], "COMPLETED", "{action:?}");
                assert!(!project.is_tainted());
                project.plan().exits(0);
            });
        }
    });
}

#[test]
fn an_answer_of_another_content_type_is_an_answer() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    simulator.control().fault(Fault::on(Route::Submit, Action::WrongContentType));
    project.apply().exits(0);
    // Plan, re-plan, look-up: nothing was looked up afterwards.
    assert_eq!(simulator.control().counters().status_reads, 3);
    assert_eq!(simulator.control().counters().submissions, 1);
}

/// The apply of a submission whose fate stays unknown.
fn is_uncertain(simulator: &Simulator, project: &Project, found: &str) {
    project
        .apply()
        .exits(1)
        .says("It is uncertain whether Adobe accepted the submission")
        .says(found)
        .says("Nothing was sent again")
        .says("Run `terraform untaint <address>`, then `terraform apply` again");
    assert_eq!(simulator.control().counters().submissions, 1);
    let attributes = project.attributes();
    assert_eq!(attributes["name"], "Config1");
    assert_eq!(attributes["id"], Value::Null);
    assert_eq!(attributes["key_vault_key_identifier"], KEY);
    assert!(project.is_tainted());
}

fn nobody_took_it(action: Action) {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    simulator.control().fault(Fault::on(Route::Submit, action.clone()));
    is_uncertain(&simulator, &project, "and was not there");
    assert_eq!(simulator.control().counters().submissions_accepted, 0);

    // The refresh would look for as long as the create does.
    project.run(&["apply", "-refresh=false", "-auto-approve", "-no-color"]).exits(0);
    let counters = simulator.control().counters();
    assert_eq!((counters.submissions, counters.submissions_accepted), (2, 1), "{action:?}");
    project.plan().exits(0);
}

fn taken_and_not_to_be_found() {
    let simulator = simulator();
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("");
    control.fault(Fault::on(Route::Submit, Action::ProcessThenReset));
    let forbidden = Action::Answer(Answer::gateway(403, "403100", "Forbidden"));
    control.fault(Fault::on(Route::Status, forbidden).skip(3).forever());
    is_uncertain(&simulator, &project, "Looking it up failed as well: GET");
    assert_eq!(control.counters().submissions_accepted, 1);

    control.clear_faults();
    project.apply().exits(0);
    assert_eq!(control.counters().submissions, 1);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
}

/// The settling time is 30 s, of the submission and of the next look-up, so these run side by side.
#[test]
fn a_submission_that_is_not_found_is_not_repeated_until_the_next_apply() {
    thread::scope(|scope| {
        for action in
            [Action::Reset, Action::CutBody, Action::Answer(Answer::service_unavailable())]
        {
            scope.spawn(move || nobody_took_it(action));
        }
        scope.spawn(taken_and_not_to_be_found);
    });
}
