//! States that version 0.1.0 wrote live on, and a read without news changes nothing in a state: newer CLIs compare the
//! private part and the identity byte for byte.

use aep_simulator::{Action, Answer, Fault, Route, Simulator};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::{
    Cli, Feature, KEY, KEY_VERSIONLESS, ORG_ID, OTHER_KEY, Project, SHORT, failing_simulator,
    resource, simulator, slow_simulator, stored, with_each, with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const REFRESH: [&str; 4] = ["apply", "-refresh-only", "-auto-approve", "-no-color"];
/// Adobe's spelling of the organisation, which 0.1.0 stored as it was answered.
const BARE: &str = "1234567890ABCDEF12345678";

/// Makes the stored object of `project` what 0.1.0 would have written.
fn aged(project: &Project, simulator: &Simulator, org_id: &str) {
    let mut state = project.state();
    let resources = state["resources"].as_array_mut().expect("resources");
    let ours = resources.iter_mut().find(|resource| resource["type"] == "aep_cmk_config");
    let instance = &mut ours.expect("an aep_cmk_config")["instances"][0];
    let private = format!("{{\"org_id\":\"{ORG_ID}\",\"endpoint\":\"{}/\"}}", simulator.url());
    instance["private"] = BASE64_STANDARD.encode(private).into();
    instance["attributes"]["ims_org_id"] = org_id.into();
    if !instance["identity"].is_null() {
        instance["identity"]["ims_org_id"] = org_id.into();
    }
    state["serial"] = (state["serial"].as_u64().expect("a number") + 1).into();
    project.write("terraform.tfstate", &state.to_string());
}

/// A state of 0.1.0: `Config1` in effect, its key out of `terraform_data.upstream`.
fn old(cli: &'static Cli, simulator: &Simulator, org_id: &str, more: &str) -> Project {
    let project = stored(cli, simulator, "COMPLETED", &with_upstream("1", KEY, more));
    aged(&project, simulator, org_id);
    project
}

fn object(project: &Project) -> Value {
    project.instance("aep_cmk_config.this")
}

#[test]
fn a_read_without_news_changes_no_byte_of_an_old_state() {
    with_each(|cli| {
        let simulator = simulator();
        let project = old(cli, &simulator, ORG_ID, "");
        let before = object(&project);
        project.plan_drift().exits(0);
        project.run(&REFRESH).exits(0);
        assert_eq!(object(&project), before);
        project.plan().exits(0);
        project.apply().exits(0);
        assert_eq!(object(&project), before);
    });
}

#[test]
fn adobes_spelling_in_an_old_state_is_healed_by_a_read() {
    with_each(|cli| {
        let simulator = simulator();
        let project = old(cli, &simulator, BARE, "");
        let key = object(&project)["attributes"]["key_vault_key_identifier"].clone();
        // Until then they are the same.
        let unrefreshed = ["plan", "-refresh=false", "-detailed-exitcode", "-no-color"];
        project.run(&unrefreshed).exits(0);
        project.run(&["destroy", "-refresh=false", "-auto-approve"]).exits(1).says(PROTECTED);
        project.plan_drift().exits(2).says(ORG_ID);
        project.plan().exits(0);
        project.run(&REFRESH).exits(0);
        assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
        assert_eq!(project.attributes()["key_vault_key_identifier"], key);
        if cli.has(Feature::Identity) {
            let identity = json!({ "name": "Config1", "ims_org_id": ORG_ID });
            assert_eq!(object(&project)["identity"], identity);
        }
        project.plan_drift().exits(0);
        project.plan().exits(0);
        project.destroy().exits(1).says(PROTECTED);
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn an_old_state_can_be_changed_before_it_is_healed() {
    with_each(|cli| {
        let simulator = simulator();
        for refresh in ["-refresh=true", "-refresh=false"] {
            let project = old(cli, &simulator, BARE, "");
            project.configure(&with_upstream("1", KEY, "deletion_protection = false"));
            project.run(&["apply", refresh, "-auto-approve", "-no-color"]).exits(0);
            assert_eq!(project.attributes()["deletion_protection"], false);
            project.run(&["destroy", refresh, "-auto-approve", "-no-color"]).exits(0);
            assert!(project.attributes().is_null());
        }
    });
}

#[test]
fn a_tainted_object_of_an_old_state_with_adobes_spelling_is_taken_back() {
    with_each(|cli| {
        for refresh in ["-refresh=true", "-refresh=false"] {
            let simulator = simulator();
            let project = old(cli, &simulator, BARE, "");
            project.run(&["taint", "aep_cmk_config.this"]).exits(0);
            project.run(&["apply", refresh, "-auto-approve", "-no-color"]).exits(0);
            assert!(!project.is_tainted());
            assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
            assert_eq!(simulator.control().counters().submissions, 0);
            project.plan().exits(0);
        }
    });
}

#[test]
fn another_organisation_stays_another_one() {
    let simulator = simulator();
    let mut project = old(crate::support::cli(), &simulator, BARE, "");
    project.set("AEP_ORG_ID", "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg");
    let before = object(&project);
    project.plan_drift().exits(1).says("The object belongs to another organisation");
    project.destroy().exits(1).says("The object belongs to another organisation");
    assert_eq!(object(&project), before);
}

#[test]
fn a_failure_in_an_old_state_counts_as_having_been_in_effect() {
    let simulator = failing_simulator();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.run(&REFRESH).exits(0);
    assert_eq!(project.attributes()["status"], "FAILED");
    aged(&project, &simulator, ORG_ID);
    let before = object(&project);
    project.destroy().exits(1).says(PROTECTED).says("FAILED");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(1).says(PROTECTED);
    assert_eq!(object(&project), before);
    // The same key is submitted again in place.
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 2);
}

#[test]
fn an_object_of_an_old_state_counts_as_confirmed() {
    let simulator = simulator();
    let project = old(crate::support::cli(), &simulator, ORG_ID, "");
    simulator.control().clear_log();
    let absent = Action::Answer(Answer::not_found());
    simulator.control().fault(Fault::on(Route::Status, absent).forever());
    project.plan_drift().exits(2);
    // It was read before, so that one look is enough.
    assert_eq!(simulator.control().requests().len(), 1);
}

#[test]
fn an_old_tainted_job_is_gone_on_with() {
    let simulator = slow_simulator();
    let project = Project::new(&simulator);
    project.configure_one(SHORT);
    project.apply().exits(1);
    aged(&project, &simulator, BARE);
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn news_come_once_and_then_nothing_changes_any_more() {
    with_each(|cli| {
        let simulator = slow_simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one("wait_for_completion = false");
        project.apply().exits(0);
        for status in ["RUNNING", "UPDATE_EXISTING_RESOURCES", "COMPLETED", "FAILED"] {
            assert!(simulator.control().set_status("Config1", status));
            project.run(&REFRESH).exits(0);
            let before = object(&project);
            assert_eq!(before["attributes"]["status"], status);
            project.plan_drift().exits(0);
            project.run(&REFRESH).exits(0);
            assert_eq!(object(&project), before, "{status}");
        }
    });
}

#[test]
fn another_spelling_of_the_key_or_another_endpoint_is_no_news() {
    with_each(|cli| {
        let first = simulator();
        let mut project = stored(cli, &first, "COMPLETED", &resource("Config1", KEY, ""));
        let before = object(&project);
        let second = simulator();
        second.control().insert("Config1", KEY, "COMPLETED");
        project.set("AEP_ENDPOINT", &second.url());
        project.plan_drift().exits(0);
        project.run(&REFRESH).exits(0);
        assert_eq!(object(&project), before);
        project.configure(&resource("Config1", KEY_VERSIONLESS, ""));
        project.plan().exits(0);
        project.apply().exits(0);
        assert_eq!(object(&project), before);
    });
}
