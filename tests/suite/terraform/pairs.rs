//! A destroy that makes room for a create of the same plan: a tainted object, and what `create_before_destroy` leaves.
//! Only the CLI decides what the provider sees of it, so each of them plays.

use aep_simulator::{Action, Fault, Route, Simulator};
use serde_json::{Value, json};

use crate::support::{
    Cli, KEY, KEY_VERSIONLESS, OTHER_KEY, Project, SHORT, Whom, accepted, await_counters, block,
    failing_simulator, resource, simulator, slow_simulator, stored, upstream, with_each,
    with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const OTHER_ONE: &str = "what would take its place is another one";
const OFF: &str = "deletion_protection = false";
const FIRST: &str = "lifecycle {\n    create_before_destroy = true\n  }";
const APPLY: [&str; 4] = ["apply", "-auto-approve", "-input=false", "-no-color"];
const UNREFRESHED: [&str; 5] =
    ["apply", "-refresh=false", "-auto-approve", "-input=false", "-no-color"];

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A vault that everything hangs on, and the block.
fn in_vault(generation: &str, name: &str, key: &str, more: &str) -> String {
    let more = format!("depends_on = [terraform_data.upstream]\n  {more}");
    upstream(generation, "vault") + &block("this", &quoted(name), &quoted(key), &more)
}

/// A tainted object in effect, and what it hangs on.
fn tainted(cli: &'static Cli, simulator: &Simulator, body: &str) -> Project {
    let project = stored(cli, simulator, "COMPLETED", body);
    project.run(&["taint", "aep_cmk_config.this"]).exits(0);
    assert!(project.is_tainted());
    project
}

/// The objects that the state has of a type, deposed ones among them.
fn objects_of(project: &Project, of_type: &str) -> Vec<Value> {
    let state = project.state();
    let resources = state["resources"].as_array().cloned().unwrap_or_default();
    let ours = resources.into_iter().find(|resource| resource["type"] == of_type);
    ours.and_then(|ours| ours["instances"].as_array().cloned()).unwrap_or_default()
}

fn objects(project: &Project) -> Vec<Value> {
    objects_of(project, "aep_cmk_config")
}

/// An object with this id is in the state.
#[track_caller]
fn has(project: &Project, of_type: &str, id: &Value) {
    let objects = objects_of(project, of_type);
    assert!(objects.iter().any(|object| object["attributes"]["id"] == *id), "{objects:?}");
}

/// What may not change: what the vault is, and which object with which name and key is tainted.
fn what_is_there(project: &Project) -> Value {
    let attributes = project.attributes();
    let ours = ["id", "name", "key_vault_key_identifier", "deletion_protection"];
    let vault = project.instance("terraform_data.upstream");
    json!([vault, project.is_tainted(), ours.map(|attribute| attributes[attribute].clone())])
}

/// The block became this: nothing may happen to the object, nor to what it hangs on. The guard refuses it, or before that the
/// look-up of a plan that did not read the object.
#[track_caller]
fn stopped(project: &Project, simulator: &Simulator, body: &str, arguments: &[&str]) {
    let before = what_is_there(project);
    let submissions = simulator.control().counters().submissions;
    project.configure(body);
    let run = project.run(arguments).exits(1).says("untaint").does_not_say("Destruction complete");
    let is_look_up = run.text().contains("The name is taken by a configuration with another key");
    assert!(is_look_up || run.text().contains(PROTECTED), "{}", run.text());
    assert_eq!(what_is_there(project), before, "{arguments:?} of {body}");
    assert_eq!(simulator.control().counters().submissions, submissions, "{body}");
}

#[test]
fn a_tainted_object_makes_no_room_for_another_name_or_key() {
    with_each(|cli| {
        let simulator = simulator();
        let project = tainted(cli, &simulator, &in_vault("1", "Config1", KEY, ""));
        for (name, key) in [("Config1", OTHER_KEY), ("Config2", KEY)] {
            let body = in_vault("2", name, key, "");
            stopped(&project, &simulator, &body, &APPLY);
            stopped(&project, &simulator, &body, &UNREFRESHED);
        }
        // The value in the state counts.
        stopped(&project, &simulator, &in_vault("2", "Config2", OTHER_KEY, OFF), &APPLY);
        stopped(&project, &simulator, &with_upstream("2", KEY, ""), &UNREFRESHED);
        let late = block("this", "terraform_data.upstream.output", &quoted(KEY), "");
        stopped(&project, &simulator, &(upstream("2", "Config1") + &late), &APPLY);
        // What replaces it is the same.
        project.configure(&in_vault("1", "Config1", KEY_VERSIONLESS, ""));
        project.apply().exits(0);
        assert!(!project.is_tainted());
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn the_plan_says_so_where_this_run_read_the_object() {
    let simulator = simulator();
    let project = tainted(crate::support::cli(), &simulator, &in_vault("1", "Config1", KEY, ""));
    project.configure(&in_vault("2", "Config1", OTHER_KEY, ""));
    project.plan().exits(1).says(PROTECTED).says(KEY).says(OTHER_KEY).says(OTHER_ONE);
    project.configure(&with_upstream("2", KEY, ""));
    project.plan().exits(1).says(PROTECTED).says("its key is not known before apply");
}

#[test]
fn a_tainted_object_of_unknown_fate_makes_no_room_either() {
    with_each(|cli| {
        let simulator = slow_simulator();
        let project = Project::with(cli, &simulator);
        project.configure(&in_vault("1", "Config1", KEY, ""));
        simulator.control().fault(Fault::on(Route::Submit, Action::ProcessThenHold));
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.submissions_accepted == 1);
        // Adobe does not find it yet when the CLI is interrupted.
        let lag = Action::Answer(aep_simulator::Answer::not_found());
        simulator.control().fault(Fault::on(Route::Status, lag).forever());
        apply.interrupt(Whom::Cli);
        apply.end().exits(1).says("It is uncertain whether Adobe accepted the submission");
        assert!(project.is_tainted());
        assert_eq!(project.attributes()["id"], Value::Null);
        simulator.control().clear_faults();
        project.configure(&in_vault("2", "Config2", OTHER_KEY, ""));
        let upstream = project.instance("terraform_data.upstream");
        project.run(&UNREFRESHED).exits(1).says(PROTECTED);
        project.apply().exits(1).says(PROTECTED);
        assert_eq!(project.attributes()["name"], "Config1");
        assert_eq!(project.instance("terraform_data.upstream"), upstream);
        assert_eq!(simulator.control().counters().submissions, 1);
    });
}

#[test]
fn an_unprotected_tainted_object_makes_room_and_says_what_stays() {
    with_each(|cli| {
        let simulator = simulator();
        let project = tainted(cli, &simulator, &in_vault("1", "Config1", KEY, OFF));
        project.configure(&in_vault("2", "Config2", OTHER_KEY, OFF));
        project.apply().exits(0);
        assert_eq!(project.attributes()["name"], "Config2");
        assert!(!project.is_tainted());
        assert_eq!(accepted(&simulator), 1);
        project.plan().exits(0);
    });
}

#[test]
fn a_tainted_failure_that_was_never_in_effect_makes_room_for_another_key() {
    with_each(|cli| {
        let simulator = failing_simulator();
        let project = Project::with(cli, &simulator);
        project.configure(&in_vault("1", "Config1", KEY, ""));
        project.apply().exits(1);
        assert!(project.is_tainted());
        project.configure(&in_vault("2", "Config1", OTHER_KEY, ""));
        // Adobe is asked once more.
        project.run(&["plan", "-out=saved", "-no-color"]).exits(0);
        assert!(simulator.control().set_status("Config1", "COMPLETED"));
        project.run(&["apply", "-no-color", "saved"]).exits(1).says(PROTECTED);
        assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
        assert_eq!(accepted(&simulator), 1);
        assert!(simulator.control().set_status("Config1", "FAILED"));
        project.apply().exits(0);
        assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
        assert_eq!(accepted(&simulator), 2);
        project.plan().exits(0);
    });
}

#[test]
fn a_tainted_failure_that_was_in_effect_makes_no_room() {
    with_each(|cli| {
        let simulator = simulator();
        let project = tainted(cli, &simulator, &in_vault("1", "Config1", KEY, ""));
        assert!(simulator.control().set_status("Config1", "FAILED"));
        stopped(&project, &simulator, &in_vault("2", "Config1", OTHER_KEY, ""), &APPLY);
        stopped(&project, &simulator, &in_vault("2", "Config2", KEY, ""), &APPLY);
    });
}

#[test]
fn create_before_destroy_takes_a_tainted_object_back_and_forgets_the_copy() {
    with_each(|cli| {
        let simulator = simulator();
        let project = tainted(cli, &simulator, &in_vault("1", "Config1", KEY, FIRST));
        let id = project.attributes()["id"].clone();
        project.apply().exits(0);
        assert_eq!(objects(&project).len(), 1);
        assert!(!project.is_tainted());
        assert_eq!(project.attributes()["id"], id);
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn create_before_destroy_gives_no_tainted_object_up_for_another_one() {
    with_each(|cli| {
        let simulator = simulator();
        let project = tainted(cli, &simulator, &in_vault("1", "Config1", KEY, FIRST));
        let id = project.attributes()["id"].clone();
        let vault = project.instance("terraform_data.upstream")["attributes"]["id"].clone();
        for (name, key) in [("Config1", OTHER_KEY), ("Config2", OTHER_KEY)] {
            project.configure(&in_vault("2", name, key, FIRST));
            project.run(&UNREFRESHED).exits(1).does_not_say("Destruction complete");
            has(&project, "aep_cmk_config", &id);
            has(&project, "terraform_data", &vault);
        }
    });
}

/// A create that timed out twice under `create_before_destroy`: the state has two copies.
fn broken_off_twice(cli: &'static Cli, simulator: &Simulator, body: &str) -> Project {
    let project = Project::with(cli, simulator);
    project.configure(body);
    project.apply().exits(1).says("terraform untaint");
    project.apply().exits(1);
    assert_eq!(objects(&project).len(), 2, "{}", project.state());
    project
        .plan()
        .exits(1)
        .says(PROTECTED)
        .says("deposed object")
        .says("terraform state rm")
        .says("`import` block");
    assert!(simulator.control().step_to("COMPLETED"));
    project
}

#[test]
fn what_create_before_destroy_leaves_twice_is_got_rid_of_as_the_error_says() {
    with_each(|cli| {
        let own = in_vault("1", "Config1", KEY, &format!("{SHORT}\n  {FIRST}"));
        // Inherited from what hangs on the object.
        let inherited = in_vault("1", "Config1", KEY, SHORT)
            + "resource \"terraform_data\" \"dependent\" {\n  input = aep_cmk_config.this.name\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n";
        for body in [own, inherited] {
            let simulator = slow_simulator();
            let project = broken_off_twice(cli, &simulator, &body);
            project.destroy().exits(1).says(PROTECTED).says("terraform state rm");
            let upstream = project.instance("terraform_data.upstream");
            project.run(&["state", "rm", "aep_cmk_config.this"]).exits(0);
            assert!(objects(&project).is_empty());
            project.configure(&format!(
                "{body}import {{\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}}\n"
            ));
            project.apply().exits(0);
            assert_eq!(objects(&project).len(), 1);
            assert_eq!(project.attributes()["status"], "COMPLETED");
            assert_eq!(project.instance("terraform_data.upstream"), upstream);
            project.plan().exits(0);
            assert_eq!(simulator.control().counters().submissions, 1);
        }
    });
}

#[test]
fn untaint_after_the_first_broken_off_create_is_the_way_on_under_create_before_destroy() {
    let simulator = slow_simulator();
    let project = Project::new(&simulator);
    project.configure(&resource("Config1", KEY, &format!("{SHORT}\n  {FIRST}")));
    project.apply().exits(1).says("Run `terraform untaint <address>`");
    project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0).says("0 destroyed");
    assert_eq!(objects(&project).len(), 1);
    assert_eq!(simulator.control().counters().submissions, 1);
}
