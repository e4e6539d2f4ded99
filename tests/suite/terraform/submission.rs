//! A submission that Adobe answers: refused, throttled, or too late for its name. `answer_lost` has the others.

use aep_simulator::{Action, Answer, Fault, Resubmit, Route};
use serde_json::Value;

use crate::support::{KEY_VERSIONLESS, OTHER_KEY, Project, Run, simulator, simulator_with};

#[test]
fn a_submission_the_gateway_refused_is_sent_again_at_once() {
    for answer in [Answer::throttled(), Answer::throttled_for(1), Answer::gateway_unavailable()] {
        let simulator = simulator();
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        control.fault(Fault::on(Route::Submit, Action::Answer(answer.clone())));
        project.apply().exits(0);
        let counters = control.counters();
        assert_eq!((counters.submissions, counters.submissions_accepted), (2, 1), "{answer:?}");
        let requests = control.requests();
        let posts: Vec<usize> =
            (0..requests.len()).filter(|index| requests[*index].method == "POST").collect();
        assert_eq!(posts[1], posts[0] + 1, "nothing is asked in between");
    }
}

#[test]
fn a_submission_that_was_refused_is_an_error_and_leaves_nothing_behind() {
    for (answer, says) in [
        (Answer::gateway(403, "403100", "Forbidden"), "\"Manage Customer Managed Key\""),
        (Answer::region_missing(), "Adobe finds no region for this organisation"),
        (Answer::no_such_path(), "Adobe has nothing at this address"),
        (Answer::service(400, "Bad Request", "The key is too short."), "The key is too short."),
        (Answer::service(409, "Conflict", "In use."), "Adobe says that the name is in use"),
        (Answer::token_invalid(), "Adobe does not accept the access token"),
        (Answer::service(422, "Unprocessable", "Not this key."), "Not this key."),
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
        assert_eq!((counters.submissions, counters.submissions_accepted), (1, 0), "{answer:?}");
        assert_eq!(project.instance("aep_cmk_config.this"), Value::Null);
    }
}

/// Somebody else submits the name between the look-up and the submission: the look-ups before it find nothing.
fn beaten_to_it(key: &str, resubmit: Resubmit) -> (Run, Value, u64) {
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
        run.exits(1).says("The name is taken by a configuration with another key").says(OTHER_KEY);
        assert_eq!(attributes, Value::Null, "{resubmit:?}");
        assert_eq!(submissions, 1);
    }
}
