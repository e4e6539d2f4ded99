//! From an accepted submission to a status that is the end.

use std::time::Duration;

use aep_simulator::{Action, Answer, Clock, Control, Fault, LoggedRequest, Route, Stages};

use crate::support::{KEY, Project, answered, await_counters, simulator_with, stepped};

/// The status calls after the submission.
fn polls(control: &Control) -> usize {
    let requests: Vec<LoggedRequest> = control.requests();
    let submitted =
        requests.iter().position(|request| request.method == "POST").expect("a submission");
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
    project.apply().exits(1).says("Adobe is throttling requests").says("Too many requests");
    assert_eq!(polls(control), 1);
    assert_eq!(project.attributes()["id"], "4df7886b-a122-4391-880b-000000000001");
    assert!(project.is_tainted());
}

/// The id of the first job of every simulator.
const FIRST: &str = "4df7886b-a122-4391-880b-000000000001";

/// It runs, and Adobe asks to come again after this time.
fn running_for(seconds: &str) -> Answer {
    Answer::json(200, &answered(FIRST, KEY, "RUNNING")).with_header("retry-after", seconds)
}

/// A day, and a number that no clock has room for.
#[test]
fn a_retry_after_of_a_running_job_beyond_the_timeout_does_not_blind_the_wait() {
    for seconds in ["86400", "18446744073709551615"] {
        let simulator = stepped(|_| ());
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        // Plan, re-plan, look-up of the create.
        let later = Action::Answer(running_for(seconds));
        control.fault(Fault::on(Route::Status, later).skip(3).times(2));
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.faults == 2);
        assert!(control.step_to("COMPLETED"));
        apply.end().exits(0);
        assert_eq!(project.attributes()["status"], "COMPLETED");
    }
}

/// Jobs of three seconds, which take three polls without a `Retry-After`. Answers how many this script leads to.
fn polls_with(script: Fault) -> usize {
    let simulator = simulator_with(|options| {
        options.clock = Clock::Automatic;
        options.stages = Stages::each(Duration::from_millis(1500));
    });
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one("");
    control.fault(script);
    project.apply().exits(0);
    assert_eq!(control.counters().faults, 1);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    polls(control)
}

/// The job has ended by the time that each of them asks for, so the poll after it is the last.
#[test]
fn a_retry_after_that_fits_is_waited_for() {
    let running = Fault::on(Route::Status, Action::Answer(running_for("4"))).skip(3);
    assert_eq!(polls_with(running), 2, "of a poll");
    let dropped = Fault::on(Route::Status, Action::Answer(Answer::throttled_for(4))).skip(3);
    assert_eq!(polls_with(dropped), 2, "of a poll that was dropped");
    let accepted = Fault::on(Route::Submit, Action::ProcessThenAnswer(running_for("4")));
    assert_eq!(polls_with(accepted), 1, "of the submission's answer");
}
