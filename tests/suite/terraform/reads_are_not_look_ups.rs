//! Data sources and imports read: what is not the API's own 404 is an error with the API's message and request id. A look-up
//! of a new name is laxer.

use aep_simulator::{Action, Answer, Fault, Route, Simulator};
use serde_json::{Value, json};

use crate::support::{CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, Project, accepted, simulator};

const ABSENT: &str = "There is no configuration of this name";
const DATA: &str = "data \"aep_cmk_config\" \"this\" {\n  name = \"Config1\"\n}\n";

/// A project whose status calls are answered so.
fn answering(answer: &Answer) -> (Simulator, Project) {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let always = Fault::on(Route::Status, Action::Answer(answer.clone())).forever();
    simulator.control().fault(always);
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0");
    (simulator, project)
}

/// What a data source and the two kinds of import say.
fn reads(project: &Project) -> [String; 3] {
    project.configure(DATA);
    let data = project.plan().exits(1).text();
    project.configure_one("");
    let import = ["import", "-input=false", "-no-color", "aep_cmk_config.this", "Config1"];
    let import = project.run(&import).exits(1).text();
    project.configure("import {\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}");
    let plan = ["plan", "-generate-config-out=generated.tf", "-no-color"];
    let block = project.run(&plan).exits(1).text();
    assert!(project.attributes().is_null());
    [data, import, block]
}

#[test]
fn what_is_not_the_apis_own_404_is_an_error_with_its_message_and_request_id() {
    for (answer, sentence) in [
        (Answer::html(404), "HTTP 404"),
        (Answer::no_such_path(), "Requested resource is not found"),
        (Answer::empty(404), "HTTP 404"),
        (Answer::empty(204), "Unexpected response from Adobe's API"),
        (Answer::json(200, &json!({})), "Unexpected response from Adobe's API"),
        (Answer::json(200, &json!([])), "Unexpected response from Adobe's API"),
        (
            Answer::service(400, "Bad Request", "Customer managed keys are not provisioned."),
            "Customer managed keys are not provisioned.",
        ),
        (Answer::region_missing(), "User region is missing"),
        (Answer::service_unavailable(), "temporarily unable to handle"),
    ] {
        let (_simulator, project) = answering(&answer);
        for said in reads(&project) {
            for expected in [sentence, "x-request-id: sim-"] {
                assert!(said.contains(expected), "{answer:?}: {expected:?} is not in\n{said}");
            }
            for wrong in [ABSENT, "HTTP 404: 404", "`timeouts` block say"] {
                assert!(!said.contains(wrong), "{answer:?}: {wrong:?} is in\n{said}");
            }
        }
    }
}

#[test]
fn the_apis_own_404_says_that_there_is_no_such_configuration_with_its_message() {
    let (_simulator, project) = answering(&Answer::not_found());
    for said in reads(&project) {
        for expected in [
            ABSENT,
            "The customer configuration was not found.",
            "x-request-id: sim-",
            "names are case-sensitive",
            ORG_ID,
        ] {
            assert!(said.contains(expected), "{expected:?} is not in\n{said}");
        }
    }
}

#[test]
fn a_look_up_of_a_new_name_takes_more_for_absence() {
    for answer in [
        Answer::empty(404),
        Answer::html(404),
        Answer::empty(204),
        Answer::empty(200),
        Answer::json(200, &Value::Null),
        Answer::json(200, &json!({})),
        Answer::json(200, &json!([])),
        Answer::service(400, "Bad Request", "The customer configuration does not exist."),
    ] {
        let simulator = simulator();
        let project = Project::new(&simulator);
        project.configure_one("");
        // Plan, re-plan, look-up of the create.
        let lax = Fault::on(Route::Status, Action::Answer(answer.clone())).times(3);
        simulator.control().fault(lax);
        let apply = project.apply();
        assert_eq!(apply.code, Some(0), "{answer:?}\n{}", apply.text());
        assert_eq!(accepted(&simulator), 1, "{answer:?}");
        assert_eq!(project.attributes()["status"], "COMPLETED", "{answer:?}");
    }
    for answer in [
        Answer::org_missing(),
        Answer::html(200),
        Answer::html(400),
        Answer::service(403, "Forbidden", "Access is denied."),
        Answer::service_unavailable(),
    ] {
        let (simulator, project) = answering(&answer);
        project.configure_one("");
        project.apply().exits(1).says("x-request-id: sim-");
        assert_eq!(simulator.control().counters().submissions, 0, "{answer:?}");
    }
}

#[test]
fn throttling_of_a_data_source_names_no_block_that_it_has_not() {
    let (_simulator, project) = answering(&Answer::throttled());
    project.configure(DATA);
    project.plan().exits(1).says("Adobe is throttling requests").does_not_say("`timeouts`");
}

#[test]
fn a_refused_token_that_was_minted_does_not_advise_the_credentials_in_use() {
    let (simulator, mut project) = answering(&Answer::token_invalid());
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url());
    project.configure(DATA);
    project
        .plan()
        .exits(1)
        .says("Adobe does not accept the access token")
        .does_not_say("or give `client_id` and `client_secret`");
}
