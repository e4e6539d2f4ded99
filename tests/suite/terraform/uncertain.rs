//! An object of which nobody knows whether Adobe took it: the state has a name and no id.

use aep_simulator::{Action, Answer, Fault, Route, Simulator};
use serde_json::Value;

use crate::support::{KEY, Project, Whom, accepted, await_counters, simulator};

/// A project whose submission was held up and interrupted, so that Adobe never took it.
fn uncertain(simulator: &Simulator) -> Project {
    let project = Project::new(simulator);
    project.configure_one("");
    let control = simulator.control();
    control.fault(Fault::on(Route::Submit, Action::Hold));
    let apply = project.start_apply();
    await_counters(simulator, |now| now.faults == 1);
    apply.interrupt(Whom::Cli);
    apply
        .end()
        .exits(1)
        .says("It is uncertain whether Adobe accepted the submission")
        .says("terraform untaint <address>");
    assert_eq!(project.attributes()["name"], "Config1");
    assert_eq!(project.attributes()["id"], Value::Null);
    assert_eq!(accepted(simulator), 0);
    project
}

/// The settling time is 30 s.
#[test]
fn what_adobe_does_not_find_is_looked_for_and_stays_protected() {
    let simulator = simulator();
    let project = uncertain(&simulator);
    let reads = simulator.control().counters().status_reads;
    project
        .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
        .exits(0)
        .says("Adobe does not find the configuration");
    let looks = simulator.control().counters().status_reads - reads;
    assert!(looks >= 8, "{looks} looks");
    assert_eq!(project.attributes()["status"], "NOT_FOUND");
    project.destroy().exits(1).says("The key is in effect and protected");
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_timeout_that_is_shorter_than_the_settling_time_submits_nothing() {
    let simulator = simulator();
    let project = uncertain(&simulator);
    project.configure_one("timeouts {\n    create = \"2s\"\n  }");
    project
        .run(&["apply", "-refresh=false", "-auto-approve", "-no-color"])
        .exits(1)
        .says("The operation's timeout was reached")
        .says("terraform untaint <address>");
    assert_eq!(project.attributes()["name"], "Config1");
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn what_was_accepted_and_is_found_late_is_adopted() {
    let simulator = simulator();
    let project = uncertain(&simulator);
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let lag = Fault::on(Route::Status, Action::Answer(Answer::not_found()));
    simulator.control().fault(lag.times(2));
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn what_proves_nothing_is_an_error_and_keeps_it() {
    let simulator = simulator();
    let mut project = uncertain(&simulator);
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.state();
    for answer in [
        Answer::no_such_path(),
        Answer::html(404),
        Answer::empty(404),
        Answer::html(200),
        Answer::org_missing(),
        Answer::not_entitled(),
        Answer::service_unavailable(),
        // What is good enough for a new name is not for one that may be on its way.
        Answer::empty(200),
        Answer::empty(204),
        Answer::json(200, &Value::Null),
        Answer::service(400, "Bad Request", "No."),
    ] {
        simulator
            .control()
            .fault(Fault::on(Route::Status, Action::Answer(answer.clone())).forever());
        let apply = project.apply();
        assert_eq!(apply.code, Some(1), "{answer:?}\n{}", apply.text());
        apply.says("reading the status of the configuration \"Config1\"");
        assert_eq!(project.state(), before, "{answer:?}");
        simulator.control().clear_faults();
    }
    assert_eq!(simulator.control().counters().submissions, 1);
}
