//! One odd poll ends nothing, and the end of a job is seen however Adobe spells it.

use std::thread;

use aep_simulator::{Action, Answer, Fault, Outcome, ResubmitFailed, Route, Simulator};
use serde_json::{Value, json};

use crate::support::{
    Cli, KEY, ORG_ID, Project, answered, await_counters, in_effect, resource, slow_simulator,
    stored, with_each,
};

/// The first ids of every simulator.
const FIRST: &str = "4df7886b-a122-4391-880b-000000000001";
const SECOND: &str = "4df7886b-a122-4391-880b-000000000002";
const UNWATCHED: &str = "wait_for_completion = false";

/// The requests of a create before its first poll: plan, re-plan, look-up.
const BEFORE: u32 = 3;

fn poll(action: Action) -> Fault {
    Fault::on(Route::Status, action).skip(BEFORE)
}

/// A project whose requests are made once each.
fn project(simulator: &Simulator, more: &str) -> Project {
    let mut project = Project::new(simulator);
    project.set("AEP_MAX_RETRIES", "0").configure_one(more);
    project
}

/// Without `configData`.
fn bare(id: &str, status: &str) -> Answer {
    Answer::json(200, &json!({"id": id, "status": status, "imsOrgId": ORG_ID}))
}

#[test]
fn one_odd_poll_ends_no_wait() {
    let odd = [
        Action::Answer(Answer::html(520)),
        Action::Answer(Answer::html(404)),
        Action::Answer(Answer::no_such_path()),
        Action::Answer(Answer::not_found()),
        Action::Answer(Answer::empty(302).with_header("location", "https://login.example.com/")),
        Action::Answer(Answer::service(403, "Forbidden", "Access is denied.")),
        Action::Answer(Answer::token_invalid()),
        Action::Answer(Answer::html(200)),
        Action::Answer(Answer::json(200, &json!([]))),
        Action::Answer(Answer::empty(204)),
        Action::Answer(Answer::service(400, "Bad Request", "configType is wrong.")),
        Action::Answer(Answer::service(409, "Conflict", "Busy.")),
        Action::CutBody,
        Action::Reset,
    ];
    thread::scope(|scope| {
        for pair in odd.chunks(2) {
            scope.spawn(move || {
                let simulator = slow_simulator();
                let control = simulator.control();
                let project = project(&simulator, "");
                for action in pair {
                    control.fault(poll(action.clone()));
                }
                let apply = project.start_apply();
                await_counters(&simulator, |now| now.faults == 2);
                assert!(control.step_to("COMPLETED"));
                let run = apply.end();
                assert_eq!(run.code, Some(0), "{pair:?}\n{}", run.text());
                assert_eq!(project.attributes()["status"], "COMPLETED", "{pair:?}");
                assert!(!project.is_tainted());
                assert_eq!(control.counters().submissions, 1);
            });
        }
    });
}

#[test]
fn a_refusal_that_lasts_ends_the_wait_after_three_polls_and_the_next_apply_goes_on() {
    let simulator = slow_simulator();
    let project = project(&simulator, "");
    let forbidden = Answer::service(403, "Forbidden", "Access is denied.");
    simulator.control().fault(poll(Action::Answer(forbidden)).forever());
    project.apply().exits(1).says("Access is denied.").says("is in the state").says("untaint");
    assert_eq!(simulator.control().counters().faults, 3);
    goes_on(&simulator, &project);
}

/// The state has what was accepted, and once the trouble is over an apply goes on with it.
#[track_caller]
fn goes_on(simulator: &Simulator, project: &Project) {
    assert_eq!(project.attributes()["id"], FIRST);
    simulator.control().clear_faults();
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(simulator.control().counters().submissions, 1);
}

/// Its patience is 30 s. Two kinds of trouble, side by side.
#[test]
fn trouble_that_lasts_ends_the_wait_and_the_error_fits_what_is_known() {
    thread::scope(|scope| {
        for (answer, says, contradicts) in [
            (
                Answer::not_found(),
                "The customer configuration was not found.",
                "this is not the response of the customer-managed key API",
            ),
            (Answer::html(200), "Unexpected response from Adobe's API", "state was not changed"),
        ] {
            scope.spawn(move || {
                let simulator = slow_simulator();
                let project = project(&simulator, "");
                simulator.control().fault(poll(Action::Answer(answer)).forever());
                project
                    .apply()
                    .exits(1)
                    .says(says)
                    .says(FIRST)
                    .says("is in the state")
                    .does_not_say(contradicts);
                assert!(simulator.control().counters().faults >= 6);
                goes_on(&simulator, &project);
            });
        }
    });
}

#[test]
fn a_timeout_says_what_the_api_answered_the_whole_time() {
    let simulator = slow_simulator();
    let project = project(&simulator, "timeouts {\n    create = \"2s\"\n  }");
    simulator.control().fault(poll(Action::Answer(Answer::service_unavailable())).forever());
    project
        .apply()
        .exits(1)
        .says("The configuration was not in effect in time")
        .says("HTTP 503")
        .says("The service is temporarily unable to handle the request.")
        .says("sim-");
    assert_eq!(project.attributes()["id"], FIRST);
}

#[test]
fn a_poll_needs_id_and_status_and_no_more() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = project(&simulator, "");
    control.fault(poll(Action::Answer(bare(FIRST, "RUNNING"))).times(3));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 3);
    assert!(control.step_to("COMPLETED"));
    apply.end().exits(0);
    project.plan().exits(0);

    // Without the key at the end, too: it is the one that was submitted.
    let simulator = slow_simulator();
    let project = self::project(&simulator, "");
    simulator.control().fault(poll(Action::Answer(bare(FIRST, "COMPLETED"))));
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(project.attributes()["key_name"], "adobeCMK-key");
    assert!(simulator.control().step_to("COMPLETED"));
    project.plan().exits(0);
}

#[test]
fn the_end_is_seen_in_any_letter_case() {
    for (status, code) in [("Completed", 0), ("completed", 0), ("Failed", 1), ("failed", 1)] {
        let simulator = slow_simulator();
        let control = simulator.control();
        let project = project(&simulator, "");
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.submissions_accepted == 1);
        assert!(control.set_status("Config1", status));
        let run = apply.end().exits(code);
        assert_eq!(project.attributes()["status"], status);
        if code == 1 {
            run.says("Adobe could not use the key");
            continue;
        }
        project.plan().exits(0);
        project.plan_drift().exits(0);
        project.destroy().exits(1).says("The key is in effect and protected");
        // In the usual spelling it is the same.
        assert!(control.set_status("Config1", "COMPLETED"));
        project.plan().exits(0);
        assert_eq!(control.counters().submissions, 1);
    }
}

/// A stored failure that is submitted again; the response has a new id, and the status endpoint the old one.
fn resubmitted(simulator: &Simulator) -> Project {
    let project = in_effect(simulator, "");
    let control = simulator.control();
    assert!(control.set_status("Config1", "FAILED"));
    control.configure(|options| {
        options.resubmit_failed = ResubmitFailed::SameId;
        options.outcome = Outcome::Failed;
    });
    let new_id = Answer::json(200, &answered(SECOND, KEY, "NEW"));
    control.fault(Fault::on(Route::Submit, Action::ProcessThenAnswer(new_id)));
    project
}

#[test]
fn a_second_failure_under_the_old_id_is_seen_once_that_id_was_seen_in_any_other_status() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = resubmitted(&simulator);
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    let before = control.counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= before + 2);
    assert!(control.step_to("FAILED"));
    apply.end().exits(1).says("Adobe could not use the key").says(FIRST);
    assert_eq!(project.attributes()["id"], FIRST);
    assert_eq!(project.attributes()["status"], "FAILED");
    assert_eq!(control.counters().submissions, 1);
}

#[test]
fn a_failure_under_the_old_id_is_old_news_until_then() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = resubmitted(&simulator);
    // After the refresh and the look-up.
    let old = Answer::json(200, &answered(FIRST, KEY, "FAILED"));
    control.fault(Fault::on(Route::Status, Action::Answer(old)).skip(2).times(3));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 4);
    assert!(control.set_status("Config1", "COMPLETED"));
    apply.end().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
}

/// The id changes while an apply waits in place.
fn changes_id(cli: &'static Cli, status: &str, code: i32) {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = stored(cli, &simulator, "RUNNING", &resource("Config1", KEY, UNWATCHED));
    project.configure_one("");
    let apply = project.start_apply();
    let before = control.counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= before + 2);
    control.insert("Config1", KEY, status);
    apply.end().exits(code).does_not_say("inconsistent result").does_not_say("bug in the provider");
    assert_eq!(project.attributes()["id"], SECOND);
    assert_eq!(project.attributes()["status"], status);
    assert_eq!(control.counters().submissions, 0);
}

#[test]
fn an_id_may_change_while_an_apply_waits_in_place() {
    with_each(|cli| {
        changes_id(cli, "COMPLETED", 0);
        changes_id(cli, "FAILED", 1);
    });
}

#[test]
fn an_id_may_change_while_a_create_waits() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = project(&simulator, "");
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    control.insert("Config1", KEY, "COMPLETED");
    apply.end().exits(0);
    assert_eq!(project.attributes()["id"], Value::from(SECOND));
    project.plan().exits(0);
}
