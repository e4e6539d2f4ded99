//! The core of the scenes, played with every CLI: what is planned can be read, and does what was read.

use serde_json::{Value, json};

use crate::support::{
    Cli, Feature, KEY, KEY_VERSIONLESS, ORG_ID, OTHER_KEY, Project, block, failing_simulator,
    resource, simulator, slow_simulator, upstream, with_each, with_upstream,
};
use aep_simulator::Simulator;

const OFF: &str = "deletion_protection = false";
const TAKE_OVER: [&str; 4] = ["apply", "-refresh-only", "-auto-approve", "-no-color"];
const REPLACE: &str = "-replace=aep_cmk_config.this";
const NEW_KEY: &str = "https://new-vault.vault.azure.net/keys/new-key";

/// A project of this CLI with `body`, applied.
fn applied(cli: &'static Cli, simulator: &Simulator, body: &str) -> Project {
    let project = Project::with(cli, simulator);
    project.configure(body);
    project.apply().exits(0);
    project
}

/// Plans into the file `planned`. People can read what is planned, at once and out of the file, and so can machines.
/// Gives what the machine reads of `aep_cmk_config.this`.
#[track_caller]
fn shown(project: &Project, arguments: &[&str], actions: &[&str]) -> Value {
    let plan =
        [&["plan", "-out=planned", "-detailed-exitcode", "-input=false", "-no-color"], arguments]
            .concat();
    let planned = project.run(&plan).exits(2);
    let read = project.run(&["show", "-no-color", "planned"]).exits(0);
    for run in [planned, read] {
        run.says("# aep_cmk_config.this").says("Plan: ").does_not_say("Failed to marshal");
    }
    let json = project.run(&["show", "-json", "planned"]).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("a plan as JSON");
    let changes = json["resource_changes"].as_array().expect("changes");
    let change = changes.iter().find(|change| change["address"] == "aep_cmk_config.this");
    let change = &change.expect("a change of aep_cmk_config.this")["change"];
    assert_eq!(change["actions"], json!(actions));
    change.clone()
}

/// Applies what [`shown`] showed.
#[track_caller]
fn apply_planned(project: &Project) {
    project.run(&["apply", "-input=false", "-no-color", "planned"]).exits(0);
}

#[test]
fn a_configuration_is_created_kept_and_given_up() {
    with_each(|cli| {
        let simulator = simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one("");
        let planned = shown(&project, &[], &["create"]);
        assert_eq!(planned["after"]["name"], "Config1");
        assert_eq!(planned["after_unknown"]["id"], true);
        apply_planned(&project);
        project.plan().exits(0);
        project.plan_drift().exits(0);

        let stored = &project.state()["resources"][0];
        let address = format!("provider[\"{}/aep-cmk/aep\"]", cli.registry());
        assert_eq!(stored["provider"], Value::from(address));
        let identity = match cli.has(Feature::Identity) {
            true => json!({ "name": "Config1", "ims_org_id": ORG_ID }),
            false => Value::Null,
        };
        assert_eq!(planned["after_identity"], identity);
        assert_eq!(stored["instances"][0]["identity"], identity);
        let state = project.run(&["show", "-json"]).exits(0).stdout;
        let state: Value = serde_json::from_str(&state).expect("a state as JSON");
        let values = &state["values"]["root_module"]["resources"][0]["values"];
        assert_eq!(values["failed_attempts"], 0);
        assert_eq!(values["status"], "COMPLETED");

        project.configure_one(OFF);
        shown(&project, &[], &["update"]);
        apply_planned(&project);
        shown(&project, &["-destroy"], &["delete"]);
        apply_planned(&project);
        assert!(project.attributes().is_null());
        assert_eq!(simulator.control().counters().submissions, 1);
    });
}

#[test]
fn a_create_is_shown_whatever_is_known_late() {
    let key = format!("\"{KEY}\"");
    for (value, name, key) in [
        ("Config1", "terraform_data.upstream.output", key.as_str()),
        (KEY, "\"Config1\"", "terraform_data.upstream.output"),
        ("a", "\"Config-${terraform_data.upstream.output}\"", key.as_str()),
    ] {
        with_each(|cli| {
            let simulator = simulator();
            let project = Project::with(cli, &simulator);
            project.configure(&(upstream("1", value) + &block("this", name, key, "")));
            shown(&project, &[], &["create"]);
            apply_planned(&project);
            assert_eq!(project.attributes()["status"], "COMPLETED");
            project.plan().exits(0);
        });
    }
}

#[test]
fn a_change_whose_key_is_known_late_is_shown() {
    with_each(|cli| {
        let simulator = simulator();
        let project = applied(cli, &simulator, &with_upstream("1", KEY, OFF));
        project.configure(&with_upstream("2", KEY_VERSIONLESS, OFF));
        shown(&project, &[], &["update"]);
        apply_planned(&project);
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions, 1);
    });
}

#[test]
fn a_change_whose_name_is_known_late_is_shown_as_a_replacement() {
    for (name, submissions) in [("Config1", 1), ("Config2", 2)] {
        with_each(|cli| {
            let simulator = simulator();
            let project = applied(cli, &simulator, &resource("Config1", KEY, OFF));
            let late = "terraform_data.upstream.output";
            project.configure(
                &(upstream("1", name) + &block("this", late, &format!("\"{KEY}\""), OFF)),
            );
            shown(&project, &[], &["delete", "create"]);
            apply_planned(&project);
            assert_eq!(project.attributes()["name"], name);
            project.plan().exits(0);
            assert_eq!(simulator.control().counters().submissions, submissions);
        });
    }
}

#[test]
fn a_replacement_is_shown() {
    with_each(|cli| {
        let simulator = simulator();
        let project = applied(cli, &simulator, &resource("Config1", KEY, OFF));
        shown(&project, &[REPLACE], &["delete", "create"]);
        apply_planned(&project);
        project.configure(&resource("Config2", OTHER_KEY, OFF));
        let planned = shown(&project, &[], &["delete", "create"]);
        assert_eq!(planned["before"]["name"], "Config1");
        assert_eq!(planned["after"]["name"], "Config2");
        apply_planned(&project);
        let first = format!("{OFF}\n  lifecycle {{\n    create_before_destroy = true\n  }}");
        project.configure(&resource("Config3", NEW_KEY, &first));
        shown(&project, &[], &["create", "delete"]);
        apply_planned(&project);
        assert_eq!(project.attributes()["name"], "Config3");
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions, 3);
    });
}

#[test]
fn a_tainted_object_is_shown_and_submitted_again() {
    with_each(|cli| {
        let simulator = failing_simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one("");
        project.apply().exits(1).says("Adobe could not use the key");
        assert!(project.is_tainted());
        shown(&project, &[], &["delete", "create"]);
        apply_planned(&project);
        assert_eq!(project.attributes()["status"], "COMPLETED");
        // By hand, what is in effect: it is taken back.
        project.run(&["taint", "aep_cmk_config.this"]).exits(0);
        shown(&project, &[], &["delete", "create"]);
        apply_planned(&project);
        assert!(!project.is_tainted());
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions_accepted, 2);
    });
}

#[test]
fn what_others_submitted_is_imported() {
    let by_identity =
        format!("identity = {{\n    name       = \"Config1\"\n    ims_org_id = \"{ORG_ID}\"\n  }}");
    with_each(|cli| {
        let simulator = simulator();
        simulator.control().insert("Config1", KEY, "COMPLETED");
        let by_command = Project::with(cli, &simulator);
        by_command.configure_one("");
        let import = ["import", "-input=false", "-no-color", "aep_cmk_config.this", "Config1"];
        by_command.run(&import).exits(0);
        by_command.plan().exits(0);

        for (by, possible) in
            [("id = \"Config1\"", true), (by_identity.as_str(), cli.has(Feature::Identity))]
        {
            let project = Project::with(cli, &simulator);
            project.configure(&format!("import {{\n  to = aep_cmk_config.this\n  {by}\n}}"));
            let plan = ["plan", "-generate-config-out=generated.tf", "-out=planned", "-no-color"];
            let run = project.run(&plan);
            if !possible {
                run.exits(1).says("An argument named \"identity\" is not expected here.");
                continue;
            }
            run.exits(0).says("1 to import, 0 to add, 0 to change, 0 to destroy");
            project.run(&["show", "-json", "planned"]).exits(0);
            apply_planned(&project);
            project.configure("");
            project.plan().exits(0);
        }
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn a_plan_that_gives_up_a_protected_key_is_stopped() {
    with_each(|cli| {
        let simulator = simulator();
        let project = applied(cli, &simulator, &resource("Config1", KEY, ""));
        let before = project.state();
        let stopped = |arguments: &[&str]| {
            let run = project.run(&[arguments, &["-input=false", "-no-color"]].concat());
            run.exits(1)
                .says("The key is in effect and protected")
                .says("deletion_protection = false")
                .does_not_say("Destroying...");
        };
        stopped(&["plan", "-destroy"]);
        stopped(&["destroy", "-auto-approve"]);
        stopped(&["plan", REPLACE]);
        project.configure(&resource("Config2", OTHER_KEY, ""));
        stopped(&["apply", "-auto-approve"]);
        project.configure("");
        stopped(&["apply", "-auto-approve"]);
        assert_eq!(project.state(), before);
    });
}

#[test]
fn without_drift_a_refresh_exits_with_0_and_with_drift_with_2_for_every_status() {
    with_each(|cli| {
        let simulator = slow_simulator();
        simulator.control().insert("Config1", KEY, "CREATED");
        let project =
            applied(cli, &simulator, &resource("Config1", KEY, "wait_for_completion = false"));
        for status in
            ["NEW", "RUNNING", "UPDATE_EXISTING_RESOURCES", "FAILED", "OF_TOMORROW", "COMPLETED"]
        {
            assert!(simulator.control().set_status("Config1", status));
            project.plan_drift().exits(2).says(status);
            project.run(&TAKE_OVER).exits(0);
            assert_eq!(project.attributes()["status"], status);
            project.plan_drift().exits(0).says("No changes");
        }
        assert!(simulator.control().set_key("Config1", OTHER_KEY));
        project.plan_drift().exits(2).says(OTHER_KEY);
    });
}

#[test]
fn what_is_not_found_is_drift_once_and_not_again() {
    with_each(|cli| {
        let simulator = simulator();
        let project = applied(cli, &simulator, &resource("Config1", KEY, ""));
        assert!(simulator.control().remove("Config1"));
        project.plan_drift().exits(2).says("NOT_FOUND");
        project.run(&TAKE_OVER).exits(0);
        assert_eq!(project.attributes()["status"], "NOT_FOUND");
        project.plan_drift().exits(0).says("No changes");
        simulator.control().insert("Config1", KEY, "COMPLETED");
        project.plan_drift().exits(2).says("COMPLETED");
    });
}

#[test]
fn what_was_never_confirmed_is_drift_once_adobe_has_it() {
    with_each(|cli| {
        let simulator = simulator();
        let project = applied(cli, &simulator, &resource("Config1", KEY, ""));
        let mut state = project.state();
        for unconfirmed in ["id", "status"] {
            state["resources"][0]["instances"][0]["attributes"][unconfirmed] = Value::Null;
        }
        project.write("terraform.tfstate", &state.to_string());
        project.plan_drift().exits(2).says("COMPLETED");
    });
}

#[test]
fn functions_are_there_where_the_cli_has_them() {
    with_each(|cli| {
        let simulator = simulator();
        let project = Project::with(cli, &simulator);
        project.configure(&format!(
            "output \"it\" {{\n  value = provider::aep::parse_key_identifier(\"{KEY}\").key_name\n}}"
        ));
        let run = project.apply();
        if cli.has(Feature::Functions) {
            run.exits(0);
            assert_eq!(project.state()["outputs"]["it"]["value"], "adobeCMK-key");
        } else {
            run.exits(1).says("parse_key_identifier");
        }
    });
}
