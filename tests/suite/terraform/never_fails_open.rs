//! Absence is a fact to show, not a reason to forget: whatever Adobe answers, no destroy gets through and nothing is
//! submitted twice.

use aep_simulator::{
    Action, Answer, Fault, Outcome, ResubmitFailed, Route, Simulator, Stages, Terminal,
};
use serde_json::{Value, json};

use crate::support::{
    Cli, KEY, OTHER_KEY, Project, SHORT, accepted, cli, failing_simulator, in_effect, resource,
    simulator, simulator_with, slow_simulator, stored, timed_out, with_each, with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const OFF: &str = "deletion_protection = false";
const UNWATCHED: &str = "wait_for_completion = false";
const REFRESH: [&str; 4] = ["apply", "-refresh-only", "-auto-approve", "-no-color"];

/// 404s that are a JSON object and not the gateway's: the API's own, as far as anybody can tell.
fn doubtful() -> [Answer; 3] {
    [
        json!({"message": "no Route matched with those values"}),
        json!({}),
        json!({"statusCode": 404}),
    ]
    .map(|body| Answer::json(404, &body))
}

fn answer(simulator: &Simulator, answer: Answer) -> Fault {
    simulator.control().clear_faults();
    Fault::on(Route::Status, Action::Answer(answer))
}

/// A protected object in effect, whose key comes out of `terraform_data.upstream`.
fn guarding(cli: &'static Cli, simulator: &Simulator) -> Project {
    stored(cli, simulator, "COMPLETED", &with_upstream("1", KEY, ""))
}

/// Object and upstream are what they were, but for the status.
#[track_caller]
fn unharmed(project: &Project, before: &Value) {
    let now = project.state();
    let upstream = |state: &Value| {
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        resources.into_iter().find(|resource| resource["name"] == "upstream").unwrap_or_default()
    };
    assert_eq!(upstream(&now), upstream(before));
    let mut now = project.attributes();
    assert_eq!(now["name"], "Config1");
    let attributes = |state: &Value| {
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        let ours = resources.into_iter().find(|resource| resource["type"] == "aep_cmk_config");
        ours.unwrap_or_default()["instances"][0]["attributes"].clone()
    };
    let before = attributes(before);
    now["status"] = before["status"].clone();
    assert_eq!(now, before);
}

#[test]
fn one_doubtful_404_lets_no_destroy_through() {
    for doubt in doubtful() {
        with_each(|cli| {
            let simulator = simulator();
            let project = guarding(cli, &simulator);
            let before = project.state();
            simulator.control().fault(answer(&simulator, doubt.clone()));
            project.destroy().exits(1).says(PROTECTED).does_not_say("Destroying...");
            unharmed(&project, &before);
            simulator.control().fault(answer(&simulator, doubt.clone()).forever());
            project.destroy().exits(1).says(PROTECTED).says("NOT_FOUND");
            unharmed(&project, &before);
            assert_eq!(simulator.control().counters().submissions, 0);
        });
    }
}

#[test]
fn what_adobe_no_longer_finds_is_drift_that_warns_and_keeps_every_other_value() {
    with_each(|cli| {
        let simulator = simulator();
        let project = guarding(cli, &simulator);
        let before = project.state();
        simulator.control().fault(answer(&simulator, Answer::not_found()).forever());
        project.plan_drift().exits(2).says("Adobe no longer finds the configuration");
        project.run(&REFRESH).exits(0).says("Keep the key, its vault");
        assert_eq!(project.attributes()["status"], "NOT_FOUND");
        unharmed(&project, &before);
        // By now it is no news.
        project.plan_drift().exits(0);
        project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
        simulator.control().clear_faults();
        project.plan_drift().exits(2).says("COMPLETED");
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn what_adobe_no_longer_finds_is_guarded_like_a_key_in_effect() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    simulator.control().fault(answer(&simulator, Answer::not_found()).forever());
    project.run(&REFRESH).exits(0);
    let before = project.state();
    for (name, key) in [("Config1", OTHER_KEY), ("Config2", KEY), ("Config2", OTHER_KEY)] {
        project.configure(&resource(name, key, ""));
        project.apply().exits(1).says(PROTECTED).says("NOT_FOUND");
        project.run(&["destroy", "-refresh=false", "-auto-approve"]).exits(1).says(PROTECTED);
    }
    project.configure_one("");
    project
        .run(&["apply", "-replace=aep_cmk_config.this", "-auto-approve"])
        .exits(1)
        .says(PROTECTED);
    assert_eq!(project.state(), before);
    // Lifting the protection submits nothing. Then another key still needs another name.
    project.configure_one(OFF);
    project.apply().exits(0);
    assert_eq!(project.attributes()["deletion_protection"], false);
    project.configure(&resource("Config1", OTHER_KEY, OFF));
    project.plan().exits(1).says("Another key needs a new name");
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// Answers that mean "not there" for a name that nobody knows, and nothing for an object in the state.
fn lax() -> [Answer; 7] {
    [
        Answer::empty(204),
        Answer::empty(200),
        Answer::json(200, &Value::Null),
        Answer::json(200, &json!({})),
        Answer::json(200, &json!([])),
        Answer::service(400, "Bad Request", "The customer configuration does not exist."),
        Answer::no_such_path(),
    ]
}

#[test]
fn after_one_404_of_the_api_a_sick_gateway_lets_nothing_be_submitted() {
    for sick in lax() {
        let simulator = simulator();
        let project = guarding(cli(), &simulator);
        let before = project.state();
        // The refresh is answered with 404, everything after it by the gateway.
        let control = simulator.control();
        control.fault(answer(&simulator, Answer::not_found()));
        control.fault(Fault::on(Route::Status, Action::Answer(sick.clone())).forever());
        let apply = project.apply();
        assert_eq!(apply.code, Some(1), "{sick:?}\n{}", apply.text());
        apply.says("looking up the configuration \"Config1\" before a submission");
        assert_eq!(control.counters().submissions, 0, "{sick:?}");
        unharmed(&project, &before);
        assert!(!project.is_tainted());
        control.clear_faults();
        project.apply().exits(0);
        assert_eq!(project.state()["resources"], before["resources"], "{sick:?}");
        assert_eq!(control.counters().submissions, 0, "{sick:?}");
    }
}

#[test]
fn what_is_found_again_within_the_settling_time_is_not_submitted_again() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let before = project.attributes();
    // The refresh, and two looks of the apply.
    simulator.control().fault(answer(&simulator, Answer::not_found()).times(3));
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes(), before);
    assert_eq!(simulator.control().counters().submissions, 0);
    project.plan().exits(0);
}

/// Its settling time is 30 s.
#[test]
fn what_is_gone_throughout_the_settling_time_is_submitted_again_in_place() {
    let simulator = simulator();
    let project = guarding(cli(), &simulator);
    let before = project.attributes();
    let upstream = project.instance("terraform_data.upstream");
    assert!(simulator.control().remove("Config1"));
    simulator.control().insert("Unrelated", KEY, "COMPLETED");
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(accepted(&simulator), 1);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], "COMPLETED");
    assert_ne!(attributes["id"], before["id"]);
    assert!(!project.is_tainted());
    assert_eq!(project.instance("terraform_data.upstream"), upstream);
    project.destroy().exits(1).says(PROTECTED);
}

#[test]
fn an_update_that_asks_adobe_does_not_promise_the_id() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    for status in ["FAILED", "NOT_FOUND"] {
        match status {
            "NOT_FOUND" => {
                simulator.control().fault(answer(&simulator, Answer::not_found()).forever())
            }
            status => assert!(simulator.control().set_status("Config1", status)),
        }
        project.run(&["plan", "-out=planned", "-no-color"]).exits(0);
        let json = project.run(&["show", "-json", "planned"]).exits(0).stdout;
        let json: Value = serde_json::from_str(&json).expect("a plan as JSON");
        let change = &json["resource_changes"][0]["change"];
        assert_eq!(change["actions"], json!(["update"]), "{status}");
        assert_eq!(change["after_unknown"]["id"], true, "{status}");
        assert_eq!(change["after"]["ims_org_id"], change["before"]["ims_org_id"], "{status}");
    }
}

#[test]
fn what_was_accepted_and_is_not_found_yet_is_looked_for_and_submitted_once() {
    with_each(|cli| {
        let simulator = slow_simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one(UNWATCHED);
        project.apply().exits(0);
        let id = project.attributes()["id"].clone();
        simulator.control().fault(answer(&simulator, Answer::not_found()).times(2));
        project.apply().exits(0).does_not_say("NOT_FOUND");
        assert_eq!(project.attributes()["id"], id);
        assert_eq!(project.attributes()["status"], "RUNNING");
        assert_eq!(simulator.control().counters().submissions, 1);
    });
}

#[test]
fn a_create_that_timed_out_and_is_not_found_yet_is_submitted_once() {
    for looks in [
        ["apply", "-auto-approve", "-no-color"].as_slice(),
        &["apply", "-auto-approve", "-refresh=false", "-no-color"],
    ] {
        let simulator = slow_simulator();
        let project = timed_out(&simulator, "");
        let id = project.attributes()["id"].clone();
        project.configure_one("");
        assert!(simulator.control().step_to("COMPLETED"));
        let control = simulator.control();
        // Adobe knows it from the third look of the create on: before that there are a refresh, a plan and a re-plan.
        let before_create = if looks.len() == 3 { 3 } else { 2 };
        control.fault(answer(&simulator, Answer::not_found()).skip(before_create - 2).times(4));
        project.run(looks).exits(0);
        assert_eq!(project.attributes()["id"], id);
        assert!(!project.is_tainted());
        assert_eq!(control.counters().submissions, 1);
    }
}

/// The timeout is over before the settling time is.
#[test]
fn a_timeout_that_is_shorter_than_the_settling_time_submits_nothing_again() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, "");
    let id = project.attributes()["id"].clone();
    // The refresh still finds it.
    simulator.control().fault(answer(&simulator, Answer::not_found()).skip(1).forever());
    project.configure_one("timeouts {\n    create = \"4s\"\n  }");
    project.apply().exits(1).says("timeout");
    assert_eq!(simulator.control().counters().submissions, 1);
    assert_eq!(project.attributes()["id"], id);
    project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
    project.configure_one(SHORT);
    project.run(&["apply", "-auto-approve", "-refresh=false", "-no-color"]).exits(1);
    assert_eq!(simulator.control().counters().submissions, 1);
    assert_eq!(project.attributes()["id"], id);
}

#[test]
fn what_was_in_effect_and_failed_later_is_guarded() {
    with_each(|cli| {
        let simulator = simulator();
        let project = guarding(cli, &simulator);
        let upstream = project.instance("terraform_data.upstream");
        let control = simulator.control();
        assert!(control.set_status("Config1", "FAILED"));
        let stopped = |arguments: &[&str]| {
            let run = project.run(&[arguments, &["-no-color"]].concat());
            run.exits(1).says(PROTECTED).says("FAILED").does_not_say("Destroying...");
        };
        stopped(&["destroy", "-auto-approve"]);
        stopped(&["plan", "-replace=aep_cmk_config.this"]);
        project.configure(&with_upstream("2", KEY, ""));
        stopped(&["apply", "-auto-approve"]);
        project.configure(&resource("Config1", OTHER_KEY, ""));
        stopped(&["apply", "-auto-approve"]);
        project.configure(&with_upstream("1", KEY, ""));
        project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        stopped(&["destroy", "-auto-approve"]);
        project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
        assert_eq!(project.instance("terraform_data.upstream"), upstream);
        assert_eq!(control.counters().submissions, 0);
        // The protection can be lifted, though Adobe would refuse what the apply would submit otherwise.
        control.configure(|options| options.resubmit_failed = ResubmitFailed::AsInUse);
        project.configure(&with_upstream("1", KEY, OFF));
        project.apply().exits(0);
        assert_eq!(project.attributes()["deletion_protection"], false);
        assert_eq!(control.counters().submissions, 0);
        project
            .destroy()
            .exits(0)
            .says("in effect at Adobe")
            .does_not_say("most likely not in use");
    });
}

/// `Config1` as `FAILED`, never in effect, protected and untainted.
fn failed_at_once() -> (Simulator, Project) {
    let simulator = failing_simulator();
    let project = Project::new(&simulator);
    project.configure_one(UNWATCHED);
    project.apply().exits(0);
    project.run(&REFRESH).exits(0);
    assert_eq!(project.attributes()["status"], "FAILED");
    (simulator, project)
}

#[test]
fn a_failure_that_was_never_in_effect_is_let_go_only_while_adobe_says_so() {
    let (simulator, mut project) = failed_at_once();
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.state();
    let control = simulator.control();
    let unrefreshed = ["destroy", "-refresh=false", "-auto-approve", "-no-color"];
    for status in ["RUNNING", "COMPLETED", "OF_TOMORROW"] {
        assert!(control.set_status("Config1", status));
        project.run(&unrefreshed).exits(1).says(PROTECTED).says(status);
    }
    assert!(control.set_status("Config1", "FAILED"));
    for (unclear, sentence) in [
        (Answer::not_found(), PROTECTED),
        (Answer::no_such_path(), "is still FAILED"),
        (Answer::empty(204), "is still FAILED"),
        (Answer::service_unavailable(), "is still FAILED"),
    ] {
        control.fault(answer(&simulator, unclear).forever());
        project.run(&unrefreshed).exits(1).says(sentence);
    }
    control.clear_faults();
    // The plan may go stale.
    project.run(&["plan", "-destroy", "-out=saved", "-no-color"]).exits(0);
    assert!(control.set_status("Config1", "COMPLETED"));
    project.run(&["apply", "-no-color", "saved"]).exits(1).says(PROTECTED);
    assert_eq!(project.state()["resources"], before["resources"]);
    assert!(control.set_status("Config1", "FAILED"));
    project.run(&unrefreshed).exits(0).says("The configuration stays at Adobe");
    assert!(project.attributes().is_null());
    assert_eq!(accepted(&simulator), 1);
}

#[test]
fn a_failure_that_was_never_in_effect_is_replaced_only_while_adobe_says_so() {
    with_each(|cli| {
        let simulator = failing_simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one(UNWATCHED);
        project.apply().exits(0);
        project.run(&REFRESH).exits(0);
        assert_eq!(project.attributes()["status"], "FAILED");
        let control = simulator.control();
        project.configure(&resource("Config2", OTHER_KEY, UNWATCHED));
        let unrefreshed = ["plan", "-refresh=false", "-out=saved", "-no-color"];
        assert!(control.set_status("Config1", "RUNNING"));
        project.run(&unrefreshed).exits(1).says(PROTECTED).says("RUNNING");
        assert!(control.set_status("Config1", "FAILED"));
        project.run(&unrefreshed).exits(0).says("must be replaced");
        // The plan goes stale.
        assert!(control.set_status("Config1", "COMPLETED"));
        project.run(&["apply", "-no-color", "saved"]).exits(1).says(PROTECTED);
        assert_eq!(project.attributes()["name"], "Config1");
        assert_eq!(accepted(&simulator), 1);
        assert!(control.set_status("Config1", "FAILED"));
        project.apply().exits(0);
        assert_eq!(project.attributes()["name"], "Config2");
        assert_eq!(accepted(&simulator), 2);
    });
}

#[test]
fn a_failure_that_was_never_in_effect_takes_another_key_in_place_and_an_imported_one_does_not() {
    let (simulator, project) = failed_at_once();
    project.configure(&resource("Config1", OTHER_KEY, UNWATCHED));
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 2);

    simulator.control().insert("Config1", KEY, "FAILED");
    let importing = Project::new(&simulator);
    importing.configure_one("");
    importing.run(&["import", "-no-color", "aep_cmk_config.this", "Config1"]).exits(0);
    importing.configure(&resource("Config1", OTHER_KEY, ""));
    importing.apply().exits(1).says(PROTECTED).says(KEY).says(OTHER_KEY);
    importing.destroy().exits(1).says(PROTECTED);
    assert_eq!(accepted(&simulator), 2);
}

/// The state was lost, the key was in effect, and by now the job is `FAILED`: nobody knows that any more.
#[test]
fn a_failure_of_unknown_past_stays_guarded_when_it_is_submitted_again() {
    let simulator = simulator_with(|options| {
        options.stages = Stages::none();
        options.outcome = Outcome::PerAttempt(vec![Terminal::Failed]);
    });
    simulator.control().insert("Config1", KEY, "FAILED");
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(1).says("Adobe could not use the key");
    project.destroy().exits(1).says(PROTECTED);
    assert_eq!(project.attributes()["status"], "FAILED");
}
