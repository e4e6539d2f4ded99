//! From an accepted submission to a status that is the end.

use std::time::Duration;

use terraform_provider_aep::simulator::{
    Action, Answer, Clock, Control, Fault, LoggedRequest, Route, Stages,
};

use crate::support::{Project, await_counters, simulator_with, stepped};

/// The status calls after the submission.
fn polls(control: &Control) -> usize {
    let requests: Vec<LoggedRequest> = control.requests();
    let submitted = requests
        .iter()
        .position(|request| request.method == "POST")
        .expect("a submission");
    requests.len() - submitted - 1
}

#[test]
fn without_waiting_apply_returns_at_once_and_the_next_plan_is_empty_while_the_job_runs() {
    let simulator = stepped(|_| ());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    // The job never ends by itself: an apply that waited would not end either.
    project.start_apply().end().exits(0);
    assert_eq!(polls(control), 0);
    let attributes = project.attributes();
    assert!(
        ["NEW", "CREATED"].contains(&attributes["status"].as_str().expect("a status")),
        "{attributes}"
    );
    assert_eq!(attributes["key_name"], "adobeCMK-key");
    for status in ["RUNNING", "UPDATE_EXISTING_RESOURCES", "COMPLETED"] {
        assert!(control.step_to(status));
        project.plan().exits(0);
    }
    assert_eq!(control.counters().submissions, 1);
}

#[test]
fn turning_the_wait_on_goes_on_with_the_same_job() {
    let simulator = stepped(|_| ());
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    let id = project.attributes()["id"].clone();
    project.configure_one("");
    let apply = project.start_apply();
    let before = simulator.control().counters().status_reads;
    // The refresh, and a poll.
    await_counters(&simulator, |now| now.status_reads >= before + 2);
    assert!(simulator.control().step_to("COMPLETED"));
    apply.end().exits(0);
    assert_eq!(project.attributes()["id"], id);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_status_nobody_documented_is_pending() {
    let simulator = stepped(|options| {
        options.stages =
            Stages::each(Duration::from_secs(1)).then("REVALIDATING", Duration::from_secs(1));
    });
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("");
    let mut apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    assert!(control.step_to("REVALIDATING"));
    let before = control.counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= before + 3);
    assert!(apply.goes_on());
    assert!(control.step_to("COMPLETED"));
    apply.end().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
}

#[test]
fn a_short_job_is_seen_to_its_end_with_few_polls() {
    let simulator = simulator_with(|options| {
        options.clock = Clock::Automatic;
        options.stages = Stages::each(Duration::from_millis(300));
    });
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    // Half a second, then 0.7 s, shortened by a tenth at most; a slow machine needs fewer, not more.
    let polls = polls(simulator.control());
    assert!((1..=3).contains(&polls), "{polls} polls");
}

#[test]
fn a_retry_after_beyond_the_timeout_ends_the_wait_at_once_with_adobes_words() {
    let simulator = stepped(|_| ());
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("timeouts {\n    create = \"10m\"\n  }");
    // Plan, re-plan, look-up of the create; the first poll is told to come again past the timeout.
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::throttled_for(3600))).skip(3));
    project
        .apply()
        .exits(1)
        .says("Adobe is throttling requests")
        .says("Too many requests");
    assert_eq!(polls(control), 1);
    assert_eq!(
        project.attributes()["id"],
        "4df7886b-a122-4391-880b-000000000001"
    );
    assert!(project.is_tainted());
}
