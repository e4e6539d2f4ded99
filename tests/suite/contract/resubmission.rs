//! A job that failed: it is kept, and submitted again once.

use std::time::Duration;

use aep_simulator::{Action, Clock, Reply, ResubmitFailed};
use serde_json::json;

use super::create::{BEFORE, FAILED, PROTECTED, UNTAINT, status, submission, uncertain};
use crate::support::{
    FIRST, KEY, Project, SECOND, accepted, await_counters, failed, failing_simulator, shown,
    simulator_with,
};

/// A job that ends `FAILED` is in the state, tainted, with id and status, and each further apply
/// submits it once. A pause of `failed_attempts` that would reach past the timeout is not begun.
#[test]
fn a_failed_job_is_kept_and_submitted_again_by_the_next_apply() {
    let simulator = simulator_with(|options| {
        options.stages = Vec::new();
        options.outcomes = vec!["FAILED", "FAILED", "COMPLETED"];
        options.resubmit_failed = ResubmitFailed::SameId;
    });
    let control = simulator.control();
    let project = Project::new(&simulator);
    project.configure_one("failed_attempts = 3\n  timeouts {\n    create = \"9s\"\n  }");
    for attempt in 1..=2 {
        let apply = project.apply().exits(1).says(FAILED).says(UNTAINT);
        apply.does_not_say("submitted again once");
        assert_eq!(control.counters().submissions, attempt);
        assert_eq!(project.attributes()["id"], FIRST);
        assert_eq!(project.attributes()["status"], "FAILED");
        assert!(project.is_tainted());
    }
    let before = project.attributes();
    control.configure(|options| options.resubmit_failed = ResubmitFailed::AsInUse);
    project.apply().exits(1).says("Adobe does not accept the configuration a second time");
    assert_eq!(project.attributes(), before);
    assert!(project.is_tainted());
    control.configure(|options| options.resubmit_failed = ResubmitFailed::NewId);
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 3);
    assert_eq!(project.attributes()["id"], SECOND);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
    project.plan().exits(0);
}

/// Submitted over a `FAILED` and lost, it is no failure any more: guarded, and found by the next
/// apply.
#[test]
fn a_lost_resubmission_is_no_failure_any_more() {
    let simulator = failing_simulator();
    let project = failed(&simulator, "");
    // Beside the three, the refresh.
    uncertain(&simulator, &project, Action::Reset, u64::from(BEFORE) + 2)
        .says("shows only the job that had failed before");
    let destroy = ["destroy", "-refresh=false", "-auto-approve", "-no-color"];
    project.run(&destroy).exits(1).says(PROTECTED);
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(accepted(&simulator), 2);
}

/// A resubmission that was accepted and does not show yet is not made once more by the next apply,
/// tainted or not: all that shows is the failure before it. The guard holds meanwhile.
#[test]
fn a_resubmission_that_does_not_show_yet_is_made_once() {
    let simulator = simulator_with(|options| {
        options.clock = Clock::Stepped;
        options.stages = Vec::new();
        options.outcomes = vec!["FAILED", "COMPLETED"];
        options.resubmit_failed = ResubmitFailed::NewIdAfter(Duration::from_secs(60));
    });
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 2);
    let is = |status: &str| {
        let attributes = project.attributes();
        assert_eq!((&attributes["id"], &attributes["status"]), (&json!(SECOND), &json!(status)));
    };
    is("CREATED");
    project.apply().exits(0);
    project.destroy().exits(1).says(PROTECTED);
    project.taint();
    project.apply().exits(0);
    is("CREATED");
    // Nor if it was seen, and then a copy that lags behind responds.
    let control = simulator.control();
    control.fault(status(Reply::json(200, &shown(SECOND, KEY, "RUNNING"))));
    project.refresh().exits(0);
    project.refresh().exits(0);
    is("RUNNING");
    project.configure_one("");
    let before = control.counters().status_reads;
    let apply = project.start_apply();
    // Those of refresh and re-plan, and a poll.
    await_counters(&simulator, |now| now.status_reads >= before + 3);
    control.step(Duration::from_secs(60));
    apply.end().exits(0);
    is("COMPLETED");
    assert_eq!(accepted(&simulator), 2);
}

/// A gateway that delivers a submission twice hands on the refusal of the second. If the first has
/// failed by then, that is the error, and it is in the state.
#[test]
fn a_job_that_failed_behind_a_conflict_is_in_the_state() {
    let simulator = simulator_with(|options| {
        options.stages = Vec::new();
        options.outcomes = vec!["FAILED"];
        options.resubmit_failed = ResubmitFailed::AsInUse;
    });
    let project = Project::new(&simulator);
    project.configure_one("");
    simulator.control().fault(submission(Action::ProcessTwice));
    project.apply().exits(1).says(FAILED).does_not_say("the name is in use");
    let attributes = project.attributes();
    assert_eq!((&attributes["id"], &attributes["status"]), (&json!(FIRST), &json!("FAILED")));
}
