//! The one call that changes something: it takes effect once at most, whatever becomes of its answer.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use terraform_provider_aep::simulator::{Action, Answer, Fault, Resubmit, Route};

use crate::support::{KEY, KEY_VERSIONLESS, OTHER_KEY, Project, simulator, simulator_with};

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
    simulator
        .control()
        .fault(Fault::on(Route::Submit, Action::WrongContentType));
    project.apply().exits(0);
    // Plan, re-plan, look-up: nothing was looked up afterwards.
    assert_eq!(simulator.control().counters().status_reads, 3);
    assert_eq!(simulator.control().counters().submissions, 1);
}

/// These look the name up for the settling time of 30 s, so they run side by side.
#[test]
fn a_submission_that_nobody_took_is_not_repeated_until_the_next_apply() {
    let never_processed = [
        Action::Reset,
        Action::CutBody,
        Action::Answer(Answer::service_unavailable()),
    ];
    thread::scope(|scope| {
        for action in never_processed {
            scope.spawn(move || {
                let simulator = simulator();
                let control = simulator.control();
                let project = Project::new(&simulator);
                project.configure_one("");
                control.fault(Fault::on(Route::Submit, action.clone()));
                project
                    .apply()
                    .exits(1)
                    .says("It is uncertain whether Adobe accepted the submission")
                    .says("is not there. Nothing was sent again")
                    .says("Run `terraform apply` again");
                let counters = control.counters();
                assert_eq!(
                    (counters.submissions, counters.submissions_accepted),
                    (1, 0),
                    "{action:?}"
                );
                let attributes = project.attributes();
                assert_eq!(attributes["name"], "Config1");
                assert_eq!(attributes["id"], Value::Null);
                assert_eq!(attributes["key_vault_key_identifier"], KEY);

                project.apply().exits(0);
                let counters = control.counters();
                assert_eq!(
                    (counters.submissions, counters.submissions_accepted),
                    (2, 1),
                    "{action:?}"
                );
                project.plan().exits(0);
            });
        }
    });
}

#[test]
fn a_submission_the_gateway_refused_is_sent_again_at_once() {
    for answer in [
        Answer::throttled(),
        Answer::throttled_for(1),
        Answer::gateway_unavailable(),
    ] {
        let simulator = simulator();
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        control.fault(Fault::on(Route::Submit, Action::Answer(answer.clone())));
        project.apply().exits(0);
        let counters = control.counters();
        assert_eq!(
            (counters.submissions, counters.submissions_accepted),
            (2, 1),
            "{answer:?}"
        );
        let requests = control.requests();
        let posts: Vec<usize> = (0..requests.len())
            .filter(|index| requests[*index].method == "POST")
            .collect();
        assert_eq!(posts[1], posts[0] + 1, "nothing is asked in between");
    }
}

#[test]
fn a_submission_that_was_refused_is_an_error_and_leaves_nothing_behind() {
    for (answer, says) in [
        (
            Answer::gateway(403, "403100", "Forbidden"),
            "\"Manage Customer Managed Key\"",
        ),
        (
            Answer::region_missing(),
            "Adobe finds no region for this organisation",
        ),
        (
            Answer::no_such_path(),
            "Adobe answered that there is nothing at this address",
        ),
        (
            Answer::service(400, "Bad Request", "The key is too short."),
            "The key is too short.",
        ),
        (
            Answer::service(409, "Conflict", "In use."),
            "Adobe answered that the name is in use",
        ),
        (
            Answer::token_invalid(),
            "Adobe does not accept the access token",
        ),
        (
            Answer::service(422, "Unprocessable", "Not this key."),
            "Not this key.",
        ),
    ] {
        let simulator = simulator();
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        control.fault(Fault::on(Route::Submit, Action::Answer(answer.clone())));
        project
            .apply()
            .exits(1)
            .says("submitting the configuration \"Config1\"")
            .says(says)
            .says(&format!("HTTP {}", answer.status))
            .says("x-request-id: sim-");
        let counters = control.counters();
        assert_eq!(
            (counters.submissions, counters.submissions_accepted),
            (1, 0),
            "{answer:?}"
        );
        assert_eq!(project.instance("aep_cmk_config.this"), Value::Null);
    }
}

/// Somebody else submits the name between the look-up and the submission: the look-ups before it find nothing.
fn beaten_to_it(key: &str, resubmit: Resubmit) -> (crate::support::Run, Value, u64) {
    let simulator = simulator_with(|options| options.resubmit = resubmit);
    let control = simulator.control();
    control.insert("Config1", key, "COMPLETED");
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::not_found())).times(3));
    let project = Project::new(&simulator);
    project.configure_one("");
    let run = project.apply();
    let counters = control.counters();
    assert_eq!(counters.submissions_accepted, 0, "{resubmit:?}");
    (run, project.attributes(), counters.submissions)
}

#[test]
fn a_name_taken_meanwhile_with_the_same_key_is_adopted() {
    for resubmit in [Resubmit::Conflict, Resubmit::BadRequest] {
        let (run, attributes, submissions) = beaten_to_it(KEY_VERSIONLESS, resubmit);
        run.exits(0).says("An existing configuration was adopted");
        assert_eq!(attributes["status"], "COMPLETED");
        assert_eq!(submissions, 1);
    }
}

#[test]
fn a_name_taken_meanwhile_with_another_key_is_an_error() {
    for resubmit in [
        Resubmit::Conflict,
        Resubmit::BadRequest,
        // 200 with what is there: looks like an acceptance and is none.
        Resubmit::Existing,
    ] {
        let (run, attributes, submissions) = beaten_to_it(OTHER_KEY, resubmit);
        run.exits(1)
            .says("The name is taken by a configuration with another key")
            .says(OTHER_KEY);
        assert_eq!(attributes, Value::Null, "{resubmit:?}");
        assert_eq!(submissions, 1);
    }
}
