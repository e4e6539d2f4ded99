//! What a refresh makes of a state: nothing without news, drift once with news, and never an object
//! less.

use aep_simulator::{Action, Fault, Reply, Route, Simulator};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::{
    Cli, Feature, KEY, ORG_ID, OTHER_KEY, Project, accepted, block, cli, failing_simulator, hcl,
    in_effect, resource, simulator, simulator_with, slow_simulator, stored, timed_out, with_each,
    with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const OFF: &str = "deletion_protection = false";
/// The organisation as Adobe may spell it, and as 0.1.0 stored it then.
const BARE: &str = "1234567890ABCDEF12345678";

fn object(project: &Project) -> Value {
    project.instance("aep_cmk_config.this")
}

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
fn old(cli: &'static Cli, simulator: &Simulator, org_id: &str) -> Project {
    let project = stored(cli, simulator, "COMPLETED", &with_upstream("1", KEY, ""));
    aged(&project, simulator, org_id);
    project
}

/// Each status is drift once, and taken over it is none any more: then not a byte changes, of the
/// private part and the identity neither, which newer CLIs compare. A 404 of the API is the status
/// `NOT_FOUND`, and keeps every other value.
#[test]
fn news_come_once_and_then_no_byte_of_the_state_changes() {
    with_each(|cli| {
        let simulator = slow_simulator();
        simulator.control().insert("Config1", KEY, "CREATED");
        let project = Project::with(cli, &simulator);
        project.configure_one("wait_for_completion = false");
        project.apply().exits(0);
        for status in ["RUNNING", "FAILED", "OF_TOMORROW", "COMPLETED", "NOT_FOUND"] {
            let control = simulator.control();
            let mut before = project.attributes();
            let is_there = control.set_status("Config1", status);
            if status == "NOT_FOUND" {
                assert!(is_there && control.remove("Config1"));
            }
            project.plan_drift().exits(2).says(status);
            project.refresh().exits(0);
            before["status"] = status.into();
            assert_eq!(project.attributes(), before);
            let taken_over = object(&project);
            project.plan_drift().exits(0).says("No changes");
            project.refresh().exits(0);
            assert_eq!(object(&project), taken_over, "{status}");
        }
        simulator.control().insert("Config1", KEY, "COMPLETED");
        project.plan_drift().exits(2).says("COMPLETED");
    });
}

/// A key that was changed at Adobe is drift; a plan under protection is the error with both keys.
/// The way on is to write the one that Adobe uses.
#[test]
fn another_key_at_adobe_is_drift_and_under_protection_an_error_with_both_keys() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    assert!(simulator.control().set_key("Config1", OTHER_KEY));
    project.plan_drift().exits(2).says(OTHER_KEY);
    project.plan().exits(1).says(PROTECTED).says(KEY).says(OTHER_KEY);
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(0);
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    project.plan().exits(0);
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// What Adobe no longer finds is guarded, and the next apply submits it again in place, after a
/// last look that takes the settling time of 30 s. Found again before that is over, nothing is
/// submitted.
#[test]
fn what_adobe_no_longer_finds_is_guarded_and_submitted_again_in_place() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let lag = Fault::on(Route::Status, Action::Reply(Reply::not_found()));
    // The refresh, and the first two looks of the update.
    simulator.control().fault(lag.times(3));
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(simulator.control().counters().faults, 3);
    assert_eq!(simulator.control().counters().submissions, 0);
    assert_eq!(project.attributes()["status"], "COMPLETED");

    assert!(simulator.control().remove("Config1"));
    project.destroy().exits(1).says(PROTECTED).says("NOT_FOUND");
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(accepted(&simulator), 1);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    project.plan().exits(0);
}

/// What was accepted and never confirmed has neither id nor status, and is drift once Adobe shows
/// it.
#[test]
fn what_was_never_confirmed_is_drift_once_adobe_has_it() {
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &resource("Config1", KEY, ""));
        let mut state = project.state();
        for unconfirmed in ["id", "status"] {
            state["resources"][0]["instances"][0]["attributes"][unconfirmed] = Value::Null;
        }
        project.write("terraform.tfstate", &state.to_string());
        project.plan_drift().exits(2).says("COMPLETED");
    });
}

/// A state of 0.1.0 in which the organisation has our spelling is left as it is. It counts as
/// confirmed: one look is enough.
#[test]
fn an_old_state_without_news_stays_as_it_is_byte_for_byte() {
    with_each(|cli| {
        let simulator = simulator();
        let project = old(cli, &simulator, ORG_ID);
        let before = object(&project);
        project.plan_drift().exits(0);
        project.apply().exits(0).says("0 added, 0 changed, 0 destroyed");
        assert_eq!(object(&project), before);
        // At another endpoint that has it too, there is no news either.
        let second = self::simulator();
        second.control().insert("Config1", KEY, "COMPLETED");
        simulator.control().clear_log();
        let absent = Fault::on(Route::Status, Action::Reply(Reply::not_found()));
        simulator.control().fault(absent.forever());
        project.plan_drift().exits(2);
        assert_eq!(simulator.control().requests().len(), 1);
        let mut project = project;
        project.set("AEP_ENDPOINT", &second.url());
        project.refresh().exits(0);
        assert_eq!(object(&project), before);
    });
}

/// Adobe's spelling of the organisation in a state of 0.1.0 is healed by a read, and until then the
/// two are the same one: for a plan, for the guard, for an update. Another organisation stays
/// another one.
#[test]
fn adobes_spelling_in_an_old_state_is_healed_by_a_read() {
    with_each(|cli| {
        let simulator = simulator();
        let mut project = old(cli, &simulator, BARE);
        project.set("AEP_ORG_ID", "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg");
        project.plan_drift().exits(1).says("The object belongs to another organisation");
        project.set("AEP_ORG_ID", ORG_ID);
        let unrefreshed = ["plan", "-refresh=false", "-detailed-exitcode", "-no-color"];
        project.run(&unrefreshed).exits(0);
        project.run(&["destroy", "-refresh=false", "-auto-approve"]).exits(1).says(PROTECTED);
        project.plan_drift().exits(2).says(ORG_ID);
        project.refresh().exits(0);
        assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
        if cli.has(Feature::Identity) {
            let identity = json!({ "name": "Config1", "ims_org_id": ORG_ID });
            assert_eq!(object(&project)["identity"], identity);
        }
        project.plan_drift().exits(0);

        let project = old(cli, &simulator, BARE);
        project.configure(&with_upstream("1", KEY, OFF));
        project.run(&["apply", "-refresh=false", "-auto-approve", "-no-color"]).exits(0);
        assert_eq!(project.attributes()["deletion_protection"], false);
        project.run(&["destroy", "-refresh=false", "-auto-approve", "-no-color"]).exits(0);
        assert!(project.attributes().is_null());
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

/// A create of 0.1.0 that timed out is gone on with, whoever spells the organisation how.
#[test]
fn an_old_tainted_job_is_gone_on_with() {
    for refresh in ["-refresh=true", "-refresh=false"] {
        let simulator = slow_simulator();
        let project = timed_out(&simulator, "");
        aged(&project, &simulator, BARE);
        assert!(simulator.control().step_to("COMPLETED"));
        project.run(&["apply", refresh, "-auto-approve", "-no-color"]).exits(0);
        assert!(!project.is_tainted());
        assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
        assert_eq!(simulator.control().counters().submissions, 1);
        project.plan().exits(0);
    }
}

/// The private state of 0.1.0 does not say whether a `FAILED` was in effect, so it counts as having
/// been: it is guarded, and only the same key is submitted again.
#[test]
fn a_failure_in_an_old_state_counts_as_having_been_in_effect() {
    let simulator = failing_simulator();
    let project = Project::new(&simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    project.refresh().exits(0);
    aged(&project, &simulator, ORG_ID);
    let before = object(&project);
    project.destroy().exits(1).says(PROTECTED).says("FAILED");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(1).says(PROTECTED);
    assert_eq!(object(&project), before);
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 2);
}

/// The organisation of every object is the provider's `org_id`, however Adobe spells it.
#[test]
fn adobes_spelling_of_the_organisation_is_not_compared() {
    let simulator = simulator_with(|options| options.echoed_org_id = Some(BARE.to_owned()));
    let project = Project::with(cli(), &simulator);
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(project.attributes()["ims_org_id"], ORG_ID);
    project.plan_drift().exits(0);
    project.taint();
    project.apply().exits(0);
    assert_eq!(project.attributes()["ims_org_id"], ORG_ID);

    // Somebody else's, by import and as data.
    let importing = Project::with(cli(), &simulator);
    let data = "data \"aep_cmk_config\" \"this\" {\n  name = \"Config1\"\n}\n";
    importing.configure(&(block("this", "\"Config1\"", &hcl(KEY), "") + data));
    importing.run(&["import", "-no-color", "aep_cmk_config.this", "Config1"]).exits(0);
    importing.apply().exits(0);
    assert_eq!(importing.attributes()["ims_org_id"], ORG_ID);
    let data = importing.instance("data.aep_cmk_config.this");
    assert_eq!(data["attributes"]["ims_org_id"], ORG_ID);
    assert_eq!(simulator.control().counters().submissions, 1);
}

/// A read that is no proof is an error and changes nothing: neither a 404 that is not the API's,
/// nor a success without sense, nor a refusal. It asks as often as `max_retries` says, and not at
/// all after a `Retry-After` past `timeouts.read`.
#[test]
fn what_proves_nothing_keeps_the_state() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = in_effect(&simulator, "timeouts {\n    read = \"1m\"\n  }");
    project.set("AEP_MAX_RETRIES", "1");
    let before = project.state();
    for (reply, reads) in [
        (Reply::no_such_path(), 1),
        (Reply::html(404), 1),
        (Reply::service(403, "Forbidden", "Access is denied."), 1),
        (Reply::empty(204), 1),
        (Reply::json(200, &json!({"status": "COMPLETED"})), 1),
        (Reply::service_unavailable(), 2),
        // The default of five minutes has room for that.
        (Reply::throttled_for(90), 1),
    ] {
        control.clear_log();
        control.fault(Fault::on(Route::Status, Action::Reply(reply.clone())).forever());
        let refresh = project.refresh().exits(1).says("x-request-id: sim-");
        refresh.says("reading the status of the configuration \"Config1\"");
        assert_eq!(project.state(), before, "{reply:?}");
        assert_eq!(control.requests().len(), reads, "{reply:?}");
        control.clear_faults();
    }
    project.plan().exits(0);
}

/// Another organisation is an error that names both, before any request: of every plan, and of a
/// destroy. At another endpoint it is one too that the object is not there, or is another one.
#[test]
fn an_object_belongs_to_its_organisation_and_endpoint() {
    const OTHER_ORG: &str = "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg";
    const ELSEWHERE: &str = "The object is not at this endpoint";
    let simulator = simulator();
    let mut project = in_effect(&simulator, OFF);
    let before = project.state();
    project.set("AEP_ORG_ID", OTHER_ORG);
    for arguments in
        [["plan"].as_slice(), &["plan", "-refresh=false"], &["plan", "-destroy", "-refresh=false"]]
    {
        let run =
            project.run(arguments).exits(1).says("The object belongs to another organisation");
        run.says(ORG_ID).says(OTHER_ORG);
    }
    let second = self::simulator();
    second.control().insert("Unrelated", KEY, "COMPLETED");
    project.set("AEP_ORG_ID", ORG_ID).set("AEP_ENDPOINT", &second.url());
    project.apply().exits(1).says(ELSEWHERE).says(&simulator.url()).says(&second.url());
    second.control().insert("Config1", KEY, "COMPLETED");
    project.apply().exits(1).says(ELSEWHERE);
    assert_eq!(project.state(), before);
    assert!(simulator.control().requests().is_empty());
    assert_eq!(second.control().counters().submissions, 0);
}

/// Data sources and imports read, they don't look a new name up: what would be good enough for that
/// is an error, and none that says that there is no such configuration.
#[test]
fn a_read_is_no_look_up() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0");
    let always = Fault::on(Route::Status, Action::Reply(Reply::empty(204))).forever();
    simulator.control().fault(always);
    project.configure("data \"aep_cmk_config\" \"this\" {\n  name = \"Config1\"\n}\n");
    let absent = "There is no configuration of this name";
    let unexpected = "Unexpected response from Adobe's API";
    project.plan().exits(1).says(unexpected).does_not_say(absent).does_not_say("`timeouts`");
    project.configure_one("");
    let import = project.run(&["import", "-no-color", "aep_cmk_config.this", "Config1"]);
    import.exits(1).says(unexpected).does_not_say(absent);
}

/// Only the API's own 404, throughout, lets an object of the state be submitted again: after one, a
/// gateway that says otherwise is an error, whatever a new name would be free with.
#[test]
fn after_one_404_a_sick_gateway_lets_nothing_be_submitted() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = in_effect(&simulator, "");
    project.set("AEP_MAX_RETRIES", "0");
    let before = project.attributes();
    for sick in [Reply::empty(204), Reply::no_such_path()] {
        // The refresh, and the look-up of the update.
        control.fault(Fault::on(Route::Status, Action::Reply(Reply::not_found())));
        control.fault(Fault::on(Route::Status, Action::Reply(sick)).forever());
        project
            .apply()
            .exits(1)
            .says("looking up the configuration \"Config1\" before a submission");
        assert!(!project.is_tainted());
        control.clear_faults();
    }
    project.apply().exits(0);
    assert_eq!(project.attributes(), before);
    assert_eq!(control.counters().submissions, 0);
}
