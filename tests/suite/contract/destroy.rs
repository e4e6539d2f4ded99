//! What gives an object up: a destroy, and one that makes room for a create of the same plan. Adobe
//! goes on using the key.

use aep_simulator::{Action, Fault, Reply, Route};
use serde_json::Value;

use crate::support::{
    KEY, OTHER_KEY, Project, SHORT, accepted, block, hcl, in_effect, never_in_effect, resource,
    simulator, simulator_with, slow_simulator, stored, upstream, with_each, with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const OFF: &str = "deletion_protection = false";
const CREATE_FIRST: &str = "lifecycle {\n    create_before_destroy = true\n  }";
const BLIND: [&str; 4] = ["apply", "-refresh=false", "-auto-approve", "-no-color"];

/// A block, and a vault that it hangs on.
fn in_vault(generation: &str, name: &str, key: &str, more: &str) -> String {
    let more = format!("depends_on = [terraform_data.upstream]\n  {more}");
    upstream(generation, "vault") + &resource(name, key, &more)
}

/// The objects of `aep_cmk_config` in the state, deposed ones among them.
fn objects(project: &Project) -> Vec<Value> {
    let state = project.state();
    let resources = state["resources"].as_array().cloned().unwrap_or_default();
    let ours = resources.into_iter().find(|resource| resource["type"] == "aep_cmk_config");
    ours.and_then(|ours| ours["instances"].as_array().cloned()).unwrap_or_default()
}

/// Lifting the protection is an apply of its own, which sends nothing but the refresh. After it a
/// destroy only forgets the object, and plan and apply say that the configuration stays in effect; so
/// does a create that takes the place of a tainted one.
#[test]
fn without_protection_an_object_is_only_forgotten() {
    let simulator = simulator();
    let control = simulator.control();
    let project = in_effect(&simulator, "");
    project.configure_one("deletion_protection = false\n  failed_attempts = 2");
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(control.requests().len(), 1);
    project.taint();
    project.configure(&resource("Config2", OTHER_KEY, OFF));
    project.apply().exits(0);
    assert_eq!(project.attributes()["name"], "Config2");
    assert!(!project.is_tainted());
    assert_eq!(accepted(&simulator), 1);
    let before = control.configurations();
    let stays = "The configuration stays in effect at Adobe";
    project.run(&["plan", "-destroy", "-out=saved", "-no-color"]).exits(0).says(stays);
    project.apply_saved().exits(0).says(stays);
    assert!(project.attributes().is_null());
    assert_eq!(control.configurations(), before);
    assert_eq!(before.len(), 2);
}

/// A `FAILED` that was never in effect is let go while Adobe says `FAILED`, and at no other
/// response: plan and destroy ask, so a plan that went stale is stopped too, of a destroy and of a
/// replacement.
#[test]
fn a_stale_plan_lets_no_failure_go_that_is_none_any_more() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = never_in_effect(&simulator);
    project.set("AEP_MAX_RETRIES", "0");
    project.refresh().exits(0);
    for (reply, sentence) in [
        (Reply::not_found(), PROTECTED),
        (Reply::empty(204), "is still FAILED"),
        (Reply::service_unavailable(), "is still FAILED"),
    ] {
        control.fault(Fault::on(Route::Status, Action::Reply(reply)).forever());
        let destroy = ["destroy", "-refresh=false", "-auto-approve", "-no-color"];
        project.run(&destroy).exits(1).says(sentence);
        control.clear_faults();
    }
    let renamed = resource("Config2", OTHER_KEY, "");
    for plan in [["plan", "-out=saved", "-destroy"].as_slice(), &["plan", "-out=saved"]] {
        if plan.len() == 2 {
            project.configure(&renamed);
        }
        project.run(plan).exits(0);
        assert!(control.set_status("Config1", "COMPLETED"));
        project.apply_saved().exits(1).says(PROTECTED);
        assert_eq!(project.attributes()["name"], "Config1");
        assert!(control.set_status("Config1", "FAILED"));
    }
    project.apply().exits(0);
    assert_eq!(project.attributes()["name"], "Config2");
    assert_eq!(accepted(&simulator), 2);
}

/// Adopted as `FAILED`, it may have been in effect before anybody looked: a failure of the
/// resubmission does not lift the guard.
#[test]
fn a_failure_of_unknown_past_stays_guarded_when_it_is_submitted_again() {
    let simulator = simulator_with(|options| {
        options.stages = Vec::new();
        options.outcomes = vec!["FAILED"];
    });
    simulator.control().insert("Config1", KEY, "FAILED");
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(1).says("Adobe could not use the key");
    project.destroy().exits(1).says(PROTECTED);
    assert_eq!(project.attributes()["status"], "FAILED");
}

/// A tainted object makes room for no other name and no other key, nor for one that is not known
/// yet, though the plan did not read it: the destroy refuses, before anything that the key hangs on
/// is deleted.
#[test]
fn a_tainted_object_that_was_not_read_makes_no_room() {
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &in_vault("1", "Config1", KEY, ""));
        project.taint();
        let late = block("this", "terraform_data.upstream.output", &hcl(KEY), "");
        for body in [
            in_vault("2", "Config1", OTHER_KEY, ""),
            in_vault("2", "Config2", KEY, OFF),
            with_upstream("2", KEY, ""),
            upstream("2", "Config1") + &late,
        ] {
            project.configure(&body);
            let run = project.run(&BLIND).exits(1).does_not_say("Destruction complete");
            run.says("untaint");
            assert!(project.is_tainted(), "{body}");
        }
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

/// Under `create_before_destroy` a tainted object is taken back, and the copy of it forgotten
/// without the guard. For another one it is not given up.
#[test]
fn create_before_destroy_takes_a_tainted_object_back() {
    with_each(|cli| {
        let simulator = simulator();
        let body = in_vault("1", "Config1", KEY, CREATE_FIRST);
        let project = stored(cli, &simulator, "COMPLETED", &body);
        let id = project.attributes()["id"].clone();
        project.taint();
        project.apply().exits(0);
        assert_eq!(objects(&project).len(), 1);
        assert!(!project.is_tainted());
        assert_eq!(project.attributes()["id"], id);
        project.taint();
        project.configure(&in_vault("2", "Config2", OTHER_KEY, CREATE_FIRST));
        project.run(&BLIND).exits(1).does_not_say("Destruction complete").says(PROTECTED);
        assert!(objects(&project).iter().any(|object| object["attributes"]["id"] == id));
    });
}

/// Two creates that broke off under `create_before_destroy` leave two copies of one object. Nothing
/// lets the deposed one go but what the error says: `state rm`, and an `import` block.
#[test]
fn copies_that_create_before_destroy_leaves_are_got_rid_of_as_the_error_says() {
    with_each(|cli| {
        let simulator = slow_simulator();
        let project = Project::with(cli, &simulator);
        let body = in_vault("1", "Config1", KEY, &format!("{SHORT}\n  {CREATE_FIRST}"));
        project.configure(&body);
        project.apply().exits(1).says("Run `terraform untaint <address>`");
        project.apply().exits(1);
        assert_eq!(objects(&project).len(), 2, "{}", project.state());
        let destroy = project.destroy().exits(1).says(PROTECTED).says("deposed object");
        destroy.says("terraform state rm").says("`import` block");
        assert!(simulator.control().step_to("COMPLETED"));
        project.run(&["state", "rm", "aep_cmk_config.this"]).exits(0);
        let import = "import {\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}\n";
        project.configure(&(body + import));
        project.apply().exits(0);
        assert_eq!(objects(&project).len(), 1);
        assert_eq!(project.attributes()["status"], "COMPLETED");
        project.plan().exits(0);
        assert_eq!(simulator.control().counters().submissions, 1);
    });
}
