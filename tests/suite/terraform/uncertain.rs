//! An object of which nobody knows whether Adobe took it: the state has a name and no id.

use serde_json::Value;
use terraform_provider_aep::simulator::{Action, Answer, Fault, Route, Simulator, UnknownName};

use crate::support::{Project, Whom, accepted, await_counters, simulator};

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

#[test]
fn whatever_means_a_free_name_means_that_it_is_gone() {
    let simulator = simulator();
    let project = uncertain(&simulator);
    for unknown_name in [
        UnknownName::NotFound,
        UnknownName::BadRequest,
        UnknownName::NoContent,
        UnknownName::Empty,
        UnknownName::Null,
    ] {
        simulator.control().configure(|options| options.unknown_name = unknown_name);
        project
            .plan()
            .exits(2)
            .says("aep_cmk_config.this will be created")
            .says("1 to add, 0 to change, 0 to destroy");
    }
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert!(!project.is_tainted());
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
