//! Reads that go wrong: what is survived, what is an error, and that none of it drops state.

use std::thread;
use std::time::{Duration, SystemTime};

use aep_simulator::{Action, Answer, Fault, LoggedRequest, Route, Simulator};

use crate::support::{Project, simulator, stepped};

/// How a read may go wrong and be repeated.
fn survivable() -> [Action; 9] {
    [
        Action::Answer(Answer::throttled()),
        Action::Answer(Answer::throttled_for(1)),
        Action::Answer(Answer::throttled_until(SystemTime::now() + Duration::from_secs(1))),
        Action::Answer(Answer::gateway_unavailable()),
        Action::Answer(Answer::service_unavailable()),
        Action::Answer(Answer::html(502)),
        Action::Reset,
        Action::ProcessThenCutBody,
        Action::Delay(Duration::from_secs(3600)),
    ]
}

fn impatient(simulator: &Simulator) -> Project {
    let mut project = Project::new(simulator);
    project.set("AEP_REQUEST_TIMEOUT", "1s").configure_one("");
    project
}

/// Each on a thread of its own: they wait more than they work.
fn for_each_fault(check: fn(Action)) {
    thread::scope(|scope| {
        for action in survivable() {
            scope.spawn(move || check(action));
        }
    });
}

#[test]
fn a_plan_and_a_refresh_survive_every_mishap_of_a_read() {
    for_each_fault(|action| {
        let simulator = simulator();
        let control = simulator.control();
        let project = impatient(&simulator);
        control.fault(Fault::on(Route::Status, action.clone()));
        project.plan().exits(2);
        assert_eq!(control.counters().faults, 1, "{action:?}");
        project.apply().exits(0);
        control.fault(Fault::on(Route::Status, action.clone()).times(2));
        project.plan().exits(0);
        assert_eq!(control.counters().faults, 3, "{action:?}");
        assert_eq!(control.counters().submissions, 1);
    });
}

#[test]
fn a_wait_survives_every_mishap_of_a_poll() {
    for_each_fault(|action| {
        let simulator = simulator();
        let control = simulator.control();
        let project = impatient(&simulator);
        // The plan, its repetition in the apply, and the look-up before the submission are let through.
        control.fault(Fault::on(Route::Status, action.clone()).skip(3));
        project.apply().exits(0);
        assert_eq!(control.counters().faults, 1, "{action:?}");
        let requests = control.requests();
        assert_eq!(position_of_post(&requests), 3, "{requests:#?}");
        assert_eq!(project.attributes()["status"], "COMPLETED");
        assert!(!project.is_tainted());
        assert_eq!(control.counters().submissions, 1);
    });
}

fn position_of_post(requests: &[LoggedRequest]) -> usize {
    requests.iter().position(|request| request.method == "POST").expect("a submission")
}

#[test]
fn an_app_registration_survives_every_mishap_too() {
    for_each_fault(|action| {
        let simulator = simulator();
        let mut project = Project::new(&simulator);
        project.set("AEP_REQUEST_TIMEOUT", "1s").configure("data \"aep_cmk_app\" \"this\" {}");
        simulator.control().fault(Fault::on(Route::App, action));
        project.apply().exits(0);
        assert_eq!(simulator.control().counters().faults, 1);
    });
}

#[test]
fn a_poll_that_does_not_find_the_accepted_configuration_yet_is_survived() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one("");
    // Each lets the plan, its repetition and the look-up through, and the next one counts only what the others let through.
    for answer in [Answer::not_found(), Answer::html(200), Answer::html(502)] {
        control.fault(Fault::on(Route::Status, Action::Answer(answer)).skip(3));
    }
    project.apply().exits(0);
    assert_eq!(control.counters().faults, 3);
    assert_eq!(position_of_post(&control.requests()), 3);
    assert_eq!(control.counters().submissions, 1);
}

#[test]
fn a_retry_after_beyond_the_timeout_ends_a_read_at_once_with_adobes_words() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("timeouts {\n    read = \"1m\"\n  }");
    project.apply().exits(0);
    let control = simulator.control();
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::throttled_for(3600))));
    let before = control.counters().status_reads;
    project
        .plan()
        .exits(1)
        .says("Adobe is throttling requests")
        .says("HTTP 429, error_code 429050: Too many requests");
    assert_eq!(control.counters().status_reads, before + 1);
}

#[test]
fn max_retries_is_the_number_of_attempts_after_the_first() {
    let simulator = simulator();
    let control = simulator.control();
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::throttled())).forever());
    let mut project = Project::new(&simulator);
    project.configure_one("");
    let mut reads = 0;
    for retries in [0, 2] {
        project
            .set("AEP_MAX_RETRIES", &retries.to_string())
            .plan()
            .exits(1)
            .says("Adobe is throttling requests");
        reads += retries + 1;
        assert_eq!(control.counters().status_reads, reads);
    }
}

#[test]
fn only_the_services_404_means_gone_and_nothing_drops_state() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one("");
    project.apply().exits(0);
    let before = project.attributes();
    for answer in [
        Answer::no_such_path(),
        Answer::html(404),
        Answer::empty(404),
        Answer::token_invalid(),
        Answer::not_entitled(),
        Answer::service(400, "Bad Request", "No."),
        Answer::service_unavailable(),
        Answer::html(200),
        Answer::empty(200),
        Answer::empty(204),
        Answer::json(200, &serde_json::Value::Null),
        Answer::json(200, &serde_json::json!({"status": "COMPLETED"})),
    ] {
        control.fault(Fault::on(Route::Status, Action::Answer(answer.clone())));
        project
            .run(&["apply", "-refresh-only", "-auto-approve", "-input=false", "-no-color"])
            .exits(1)
            .says("reading the status of the configuration \"Config1\"");
        assert_eq!(project.attributes(), before, "{answer:?}");
    }
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::not_found())));
    project
        .plan()
        .exits(2)
        .says("Adobe no longer finds the configuration")
        .says("0 to add, 1 to change, 0 to destroy");
    assert_eq!(control.counters().submissions, 1);
}

#[test]
fn a_missing_permission_is_named() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    for (answer, says) in [
        (Answer::gateway(403, "403100", "Forbidden"), "Manage Customer Managed Key"),
        (Answer::not_entitled(), "The credential is not entitled for this organisation"),
        (Answer::region_missing(), "Adobe finds no region for this organisation"),
        (Answer::token_missing(), "The access token did not reach Adobe"),
    ] {
        simulator.control().fault(Fault::on(Route::Status, Action::Answer(answer)));
        project
            .plan()
            .exits(1)
            .says(says)
            .says("HTTP 403, error_code 403")
            .says("x-request-id: sim-");
    }
}

#[test]
fn a_poll_that_is_forbidden_ends_the_wait_and_keeps_what_was_accepted() {
    let simulator = stepped(|_| ());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("");
    let forbidden = Action::Answer(Answer::gateway(403, "403100", "Forbidden"));
    control.fault(Fault::on(Route::Status, forbidden).skip(3).forever());
    project
        .apply()
        .exits(1)
        .says("Manage Customer Managed Key")
        .says("is in the state.")
        .says("Run `terraform untaint <address>`");
    let id = control.configuration("Config1").expect("accepted").id;
    assert_eq!(project.attributes()["id"], id.as_str());
    assert!(project.is_tainted());
    control.clear_faults();
    assert!(control.step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], id.as_str());
    assert!(!project.is_tainted());
    assert_eq!(control.counters().submissions, 1);
}
