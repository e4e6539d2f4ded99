//! The organisation is known at plan and the same at apply, however Adobe spells it.

use aep_simulator::Simulator;
use serde_json::Value;

use crate::support::{
    KEY, ORG_ID, Project, block, simulator, simulator_with, stored, timed_out, upstream, with_each,
};

const OTHER_ORG: &str = "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg";
/// As Adobe may spell it.
const BARE: &str = "1234567890ABCDEF12345678";
const APPLY_SAVED: [&str; 4] = ["apply", "-input=false", "-no-color", "saved"];

/// Plans into the file `saved`. Gives the change of `aep_cmk_config.this`.
#[track_caller]
fn saved(project: &Project) -> Value {
    project.run(&["plan", "-out=saved", "-input=false", "-no-color"]).exits(0);
    let json = project.run(&["show", "-json", "saved"]).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("a plan as JSON");
    let changes = json["resource_changes"].as_array().expect("changes");
    let change = changes.iter().find(|change| change["address"] == "aep_cmk_config.this");
    change.expect("a change of aep_cmk_config.this")["change"].clone()
}

/// A second Adobe with another organisation, to which the environment turns.
fn turned(project: &mut Project) -> Simulator {
    let second = simulator_with(|options| options.org_id = OTHER_ORG.to_owned());
    project.set("AEP_ENDPOINT", &second.url()).set("AEP_ORG_ID", OTHER_ORG);
    second
}

#[test]
fn the_organisation_is_known_at_plan_whatever_else_is_not() {
    let key = format!("\"{KEY}\"");
    let late = "terraform_data.upstream.output";
    with_each(|cli| {
        let first = simulator();
        let endpoint = format!("provider \"aep\" {{\n  endpoint = {late}\n}}");
        let provider = "provider \"aep\" {}";
        for (provider, value, name, key) in [
            (provider, "", "\"Config1\"", key.as_str()),
            (provider, "Config1", late, key.as_str()),
            (provider, KEY, "\"Config1\"", late),
            (endpoint.as_str(), &first.url(), "\"Config1\"", key.as_str()),
        ] {
            let mut project = Project::with(cli, &first);
            project
                .configure_with(provider, &(upstream("1", value) + &block("this", name, key, "")));
            assert_eq!(saved(&project)["after"]["ims_org_id"], ORG_ID);
            project.run(&["show", "-no-color", "saved"]).exits(0).says(ORG_ID);
            let second = turned(&mut project);
            let run = project.run(&APPLY_SAVED).exits(1);
            // With an endpoint in the block it is still asked, and refuses.
            if provider != endpoint {
                run.says("inconsistent final plan").says("ims_org_id");
            }
            assert_eq!(second.control().counters().submissions, 0);
        }
        assert_eq!(first.control().counters().submissions, 0);
    });
}

#[test]
fn a_saved_plan_that_submits_again_is_not_applied_to_another_organisation() {
    with_each(|cli| {
        let first = simulator();
        let mut project = stored(
            cli,
            &first,
            "COMPLETED",
            &block("this", "\"Config1\"", &format!("\"{KEY}\""), ""),
        );
        assert!(first.control().set_status("Config1", "FAILED"));
        assert_eq!(saved(&project)["after"]["ims_org_id"], ORG_ID);
        let before = project.attributes();
        let second = turned(&mut project);
        project
            .run(&APPLY_SAVED)
            .exits(1)
            .says("The object belongs to another organisation")
            .says(ORG_ID)
            .says(OTHER_ORG);
        assert!(second.control().requests().is_empty());
        assert_eq!(project.attributes()["id"], before["id"]);
        assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
    });
}

#[test]
fn adobes_spelling_of_the_organisation_is_not_compared() {
    with_each(|cli| {
        let simulator = simulator_with(|options| options.answered_org_id = Some(BARE.to_owned()));
        let project = Project::with(cli, &simulator);
        project.configure_one("");
        project.apply().exits(0);
        assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
        project.plan().exits(0);
        project.plan_drift().exits(0);
        project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        project.apply().exits(0);
        assert!(!project.is_tainted());
        assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
        assert_eq!(simulator.control().counters().submissions, 1);

        // Somebody else's, by import and as data.
        let importing = Project::with(cli, &simulator);
        importing.configure(
            &(block("this", "\"Config1\"", &format!("\"{KEY}\""), "")
                + "data \"aep_cmk_config\" \"this\" {\n  name = \"Config1\"\n}\n"),
        );
        importing.run(&["import", "-no-color", "aep_cmk_config.this", "Config1"]).exits(0);
        importing.apply().exits(0);
        assert_eq!(importing.attributes()["ims_org_id"], ORG_ID);
        let data = importing.instance("data.aep_cmk_config.this");
        assert_eq!(data["attributes"]["ims_org_id"], ORG_ID);
        importing.plan().exits(0);
    });
}

#[test]
fn a_create_that_timed_out_is_gone_on_with_under_adobes_spelling() {
    let simulator = crate::support::slow_simulator();
    simulator.control().configure(|options| options.answered_org_id = Some(BARE.to_owned()));
    let project = timed_out(&simulator, "");
    assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(simulator.control().counters().submissions, 1);
}
