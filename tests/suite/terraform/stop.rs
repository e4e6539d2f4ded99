//! Ctrl-C: the CLI ends soon, and nothing that was accepted is lost.

use aep_simulator::{Action, Answer, Control, Fault, LoggedRequest, Route, Simulator};
use serde_json::Value;

use crate::support::{KEY, Project, Run, Whom, answered, await_counters, stepped};

/// A job that never ends by itself, so a command that waits for it ends only because it was stopped.
fn endless() -> (Simulator, Project) {
    let simulator = stepped(|_| ());
    let project = Project::new(&simulator);
    project.configure_one("");
    (simulator, project)
}

/// The status calls after the submission.
fn look_ups_after_submission(control: &Control) -> usize {
    let requests: Vec<LoggedRequest> = control.requests();
    let submitted =
        requests.iter().position(|request| request.method == "POST").expect("a submission");
    requests.len() - submitted - 1
}

/// The state holds what was accepted, as tainted, and the next apply goes on with it.
fn goes_on(simulator: &Simulator, project: &Project) {
    let control = simulator.control();
    let id = control.configuration("Config1").expect("accepted").id;
    assert_eq!(project.attributes()["id"], id.as_str());
    assert_eq!(project.attributes()["name"], "Config1");
    assert!(project.is_tainted());
    control.clear_faults();
    control.release();
    assert!(control.step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], id.as_str());
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
    let counters = control.counters();
    assert_eq!((counters.submissions, counters.submissions_accepted), (1, 1));
}

/// The submission never took effect, and the state has its name.
fn is_uncertain(simulator: &Simulator, project: &Project, run: Run) {
    run.exits(1)
        .says("It is uncertain whether Adobe accepted the submission")
        .says("Run `terraform untaint <address>`, then `terraform apply` again");
    let attributes = project.attributes();
    assert_eq!(attributes["name"], "Config1");
    assert_eq!(attributes["id"], Value::Null);
    assert_eq!(attributes["status"], Value::Null);
    assert!(project.is_tainted());
    assert_eq!(simulator.control().counters().submissions_accepted, 0);
}

#[test]
fn a_wait_that_is_interrupted_keeps_what_was_accepted() {
    for whom in [Whom::Cli, Whom::Group] {
        let (simulator, project) = endless();
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.submissions_accepted == 1);
        let reads = simulator.control().counters().status_reads;
        await_counters(&simulator, |now| now.status_reads > reads);
        apply.interrupt(whom);
        apply
            .end()
            .exits(1)
            .says("Interrupted before the configuration was in effect")
            .says("terraform untaint");
        goes_on(&simulator, &project);
    }
}

#[test]
fn a_poll_in_flight_does_not_hold_an_interruption_up() {
    let (simulator, project) = endless();
    let hold = Fault::on(Route::Status, Action::Hold).skip(3).forever();
    simulator.control().fault(hold);
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 1);
    apply.interrupt(Whom::Group);
    apply.end().exits(1).says("Interrupted before the configuration was in effect");
    goes_on(&simulator, &project);
}

#[test]
fn a_long_pause_between_polls_does_not_hold_an_interruption_up() {
    let (simulator, project) = endless();
    let body = answered("4df7886b-a122-4391-880b-000000000001", KEY, "RUNNING");
    // Half an hour, which the default timeout has room for.
    let later = Answer::json(200, &body).with_header("retry-after", "1800");
    simulator.control().fault(Fault::on(Route::Status, Action::Answer(later)).skip(3));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 1);
    apply.interrupt(Whom::Cli);
    apply.end().exits(1).says("Interrupted before the configuration was in effect");
    assert_eq!(look_ups_after_submission(simulator.control()), 1);
    goes_on(&simulator, &project);
}

#[test]
fn a_submission_in_flight_may_finish_after_an_interruption() {
    let (simulator, project) = endless();
    simulator.control().fault(Fault::on(Route::Submit, Action::ProcessThenHold));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    apply.interrupt(Whom::Group);
    simulator.control().release();
    apply.end().exits(1).says("Interrupted before the configuration was in effect");
    goes_on(&simulator, &project);
}

#[test]
fn a_submission_whose_answer_never_comes_is_looked_up_once_after_an_interruption() {
    let (simulator, project) = endless();
    simulator.control().fault(Fault::on(Route::Submit, Action::ProcessThenHold));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    apply.interrupt(Whom::Cli);
    apply.end().exits(1).says("Interrupted before the configuration was in effect");
    assert_eq!(look_ups_after_submission(simulator.control()), 1);
    goes_on(&simulator, &project);
}

#[test]
fn a_submission_that_nobody_took_is_remembered_by_its_name_after_an_interruption() {
    let (simulator, project) = endless();
    simulator.control().fault(Fault::on(Route::Submit, Action::Hold));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions == 1);
    apply.interrupt(Whom::Group);
    let run = apply.end();
    assert_eq!(look_ups_after_submission(simulator.control()), 1);
    is_uncertain(&simulator, &project, run);
}

#[test]
fn an_interruption_ends_the_settling_time() {
    let (simulator, project) = endless();
    simulator.control().fault(Fault::on(Route::Submit, Action::Reset));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions == 1);
    let reads = simulator.control().counters().status_reads;
    await_counters(&simulator, |now| now.status_reads > reads);
    apply.interrupt(Whom::Group);
    let run = apply.end();
    // The whole of it has nine: one every 5 s after the first four, and the test saw the first one.
    let look_ups = look_ups_after_submission(simulator.control());
    assert!((2..9).contains(&look_ups), "{look_ups} look-ups");
    is_uncertain(&simulator, &project, run);
}

#[test]
fn an_interruption_before_the_submission_leaves_nothing_behind() {
    let (simulator, project) = endless();
    // The look-up of the create itself.
    simulator.control().fault(Fault::on(Route::Status, Action::Hold).skip(2));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 1);
    apply.interrupt(Whom::Group);
    apply.end().exits(1).says("Interrupted before the submission").says("Nothing was submitted");
    assert_eq!(project.instance("aep_cmk_config.this"), Value::Null);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_plan_and_a_refresh_can_be_interrupted() {
    let (simulator, project) = endless();
    let control = simulator.control();
    control.insert("Config1", KEY, "COMPLETED");
    project.apply().exits(0);
    let before = project.attributes();
    control.fault(Fault::on(Route::Status, Action::Hold));
    let plan = project.start(&["plan", "-input=false", "-no-color"]);
    await_counters(&simulator, |now| now.faults == 1);
    plan.interrupt(Whom::Group);
    plan.end().exits(1);
    assert_eq!(project.attributes(), before);
}

#[test]
fn an_interrupted_update_goes_on_in_place() {
    let (simulator, project) = endless();
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.configure_one("");
    let reads = simulator.control().counters().status_reads;
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.status_reads >= reads + 2);
    apply.interrupt(Whom::Group);
    apply
        .end()
        .exits(1)
        .says("Interrupted before the configuration was in effect")
        .does_not_say("untaint");
    assert!(!project.is_tainted());
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 1);
}
