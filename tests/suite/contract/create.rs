//! Create is idempotent, and what Adobe accepted is never lost.

use std::thread;
use std::time::Duration;

use aep_simulator::{Action, Fault, Reply, Resubmit, Route, Simulator, UnknownName};
use serde_json::{Value, json};

use crate::support::{
    FIRST, KEY, KEY_VERSIONLESS, ORG_ID, OTHER_KEY, Project, Run, SECOND, Target, accepted,
    await_counters, block, hcl, never_in_effect, resource, shown, simulator, simulator_with,
    slow_simulator, timed_out, upstream,
};

pub(super) const WILL: &str = "An existing configuration will be adopted";
pub(super) const DID: &str = "An existing configuration was adopted";
const TAKEN: &str = "The name is taken by a configuration with another key";
pub(super) const RIVALS: &str = "Two blocks name the same configuration with different keys";
pub(super) const FAILED: &str = "Adobe could not use the key";
const UNCERTAIN: &str = "It is uncertain whether Adobe accepted the submission";
pub(super) const PROTECTED: &str = "The key is in effect and protected";
pub(super) const UNTAINT: &str = "terraform untaint <address>";
/// Without a refresh: only the look-ups of plan, re-plan and create.
const BLIND: [&str; 4] = ["apply", "-refresh=false", "-auto-approve", "-no-color"];
/// The status requests of an apply before it submits: plan, re-plan, create.
pub(super) const BEFORE: u32 = 3;

pub(super) fn status(reply: Reply) -> Fault {
    Fault::on(Route::Status, Action::Reply(reply))
}

pub(super) fn submission(action: Action) -> Fault {
    Fault::on(Route::Submit, action)
}

pub(super) fn attributes(project: &Project, label: &str) -> Value {
    project.instance(&format!("aep_cmk_config.{label}"))["attributes"].clone()
}

/// A name that is not there is submitted, whatever Adobe says of such names and with whatever
/// success it accepts. The state has every attribute as Adobe has it and the key taken apart, and
/// the next plan is empty after one request for each.
#[test]
fn a_first_apply_stores_what_adobe_has_and_the_next_plan_is_empty() {
    let simulator = simulator_with(|options| {
        options.unknown_name = UnknownName::BadRequest;
        options.accepted_status = 202;
    });
    let control = simulator.control();
    let project = Project::new(&simulator);
    let hsm = "https://my-hsm.managedhsm.azure.net/keys/wrap";
    let timeouts = "timeouts {\n    create = \"1h30m\"\n    read = \"90s\"\n  }";
    project.configure(
        &(resource("Config1", KEY, timeouts)
            + &block("lower", "\"config1\"", &hcl(KEY_VERSIONLESS), "")
            + &block("hsm", "\"Config/3 %\"", &hcl(hsm), "")),
    );
    project.apply().exits(0).does_not_say("adopted");
    assert_eq!(
        project.attributes(),
        json!({
            "name": "Config1",
            "key_vault_key_identifier": KEY,
            "adopt_existing": true,
            "deletion_protection": true,
            "wait_for_completion": true,
            "failed_attempts": 0,
            "timeouts": {"create": "1h30m", "read": "90s", "update": null},
            "id": control.configuration("Config1").expect("accepted").id,
            "status": "COMPLETED",
            "type": "BYOK_CONFIG",
            "provider_type": "AZURE_KEYVAULT",
            "ims_org_id": ORG_ID,
            "subscription_id": "cf978863-7325-47b1-8fd9-554b9fdb6c36",
            "application_name": "acpcf978863Aaepcmkmultitenantapp",
            "key_vault_uri": "https://adobecmkexample.vault.azure.net",
            "vault_name": "adobecmkexample",
            "key_name": "adobeCMK-key",
            "key_version": "7c1d50lo28234cc895534c00d7eb4eb4",
            "versionless_key_identifier": KEY_VERSIONLESS,
            "managed_hsm": false,
        })
    );
    for (label, attribute, value) in [
        ("lower", "key_version", Value::Null),
        ("lower", "key_vault_key_identifier", KEY_VERSIONLESS.into()),
        ("lower", "versionless_key_identifier", KEY_VERSIONLESS.into()),
        ("hsm", "managed_hsm", true.into()),
        ("hsm", "vault_name", "my-hsm".into()),
        ("hsm", "key_vault_uri", "https://my-hsm.managedhsm.azure.net".into()),
        ("hsm", "key_name", "wrap".into()),
    ] {
        assert_eq!(attributes(&project, label)[attribute], value, "{label}.{attribute}");
    }
    for empty_version in [false, true] {
        control.configure(|options| options.empty_version = empty_version);
        control.clear_log();
        project.plan().exits(0);
        assert_eq!(control.requests().len(), 3, "empty_version: {empty_version}");
    }
    let counters = control.counters();
    assert_eq!((counters.submissions, counters.submissions_accepted), (3, 3));
}

/// What exists with the same key is adopted, without a submission. It is said once by the plan and
/// once by the apply of a saved plan, never by the step that adopts; a plain apply plans twice, so
/// the CLI counts one more.
#[test]
fn an_adoption_is_said_once_by_each_command() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let said = |run: Run, more| {
        assert_eq!((run.count(WILL), run.count(DID)), (1, 0), "{}", run.text());
        let similar = run.count("(and one more similar warning elsewhere)");
        assert_eq!((similar, run.count("more similar")), (more, more), "{}", run.text());
    };
    let project = Project::new(&simulator);
    project.configure(&resource("Config1", KEY_VERSIONLESS, ""));
    said(project.save().exits(0), 0);
    said(project.apply_saved().exits(0), 0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    project.plan().exits(0).does_not_say(WILL);

    let plain = Project::new(&simulator);
    plain.configure_one("");
    said(plain.apply().exits(0), 1);
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// Somebody takes the name between the look-up and the submission: with the same key it is adopted,
/// where that is allowed; with another one that is the error. A success that shows another key is
/// no acceptance.
#[test]
fn a_name_that_is_taken_during_the_submission_is_looked_up() {
    for (resubmit, is_lost, key, adopts, says) in [
        (Resubmit::BadRequest, false, KEY_VERSIONLESS, true, DID),
        (Resubmit::Conflict, false, KEY, false, "adopting it is turned off"),
        (Resubmit::BadRequest, false, OTHER_KEY, true, TAKEN),
        (Resubmit::Existing, false, OTHER_KEY, true, TAKEN),
        (Resubmit::Existing, true, OTHER_KEY, true, TAKEN),
    ] {
        let simulator = simulator_with(|options| options.resubmit = resubmit);
        let control = simulator.control();
        control.insert("Config1", key, "COMPLETED");
        control.fault(status(Reply::not_found()).times(BEFORE));
        if is_lost {
            control.fault(submission(Action::Reset));
        }
        let project = Project::new(&simulator);
        project.configure_one(&format!("adopt_existing = {adopts}"));
        project.apply().exits(i32::from(says != DID)).says(says);
        assert_eq!(project.attributes().is_null(), says != DID, "{resubmit:?}");
        let counters = control.counters();
        assert_eq!((counters.submissions, counters.submissions_accepted), (1, 0), "{resubmit:?}");
    }
}

/// A submission that Adobe certainly refused is the error, with Adobe's message and the request id,
/// and leaves nothing behind: no object and no taint, so that the next apply submits.
#[test]
fn a_refused_submission_leaves_nothing_behind() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    for reply in [
        Reply::service(400, "Bad Request", "The key is too short."),
        Reply::service(403, "Forbidden", "The key is too short."),
        Reply::service(409, "Conflict", "The key is too short."),
    ] {
        let code = format!("HTTP {}", reply.status);
        simulator.control().fault(submission(Action::Reply(reply)));
        project
            .apply()
            .exits(1)
            .says(&code)
            .says("The key is too short.")
            .says("x-request-id: sim-");
        assert!(project.instance("aep_cmk_config.this").is_null(), "{code}");
    }
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
}

/// However the response to a submission is lost, and though Adobe does not find the configuration
/// at once, it is looked up and never sent again.
#[test]
fn a_lost_response_is_looked_up_and_the_submission_never_repeated() {
    let lost = [
        Action::ProcessThenReset,
        Action::ProcessThenCutBody,
        Action::ProcessThenStallBody,
        Action::ProcessThenDelay(Duration::from_secs(3600)),
        Action::ProcessThenReply(Reply::service_unavailable()),
        Action::ProcessThenReply(Reply::html(502)),
        Action::ProcessThenReply(Reply::html(200)),
        Action::ProcessThenReply(Reply::empty(408)),
        Action::EmptyBody,
    ];
    let simulator = simulator();
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    let mut blocks = String::new();
    for (index, action) in lost.into_iter().enumerate() {
        let name = format!("Config{index}");
        control.fault(submission(action).named(&name));
        // Neither ends the search.
        let unseen = if index % 2 == 0 { Reply::not_found() } else { Reply::not_entitled() };
        control.fault(status(unseen).named(&name).skip(BEFORE));
        // What is found is our own, and no adoption.
        blocks += &block(&name, &hcl(&name), &hcl(KEY), "adopt_existing = false");
    }
    project.set("AEP_REQUEST_TIMEOUT", "1s").configure(&blocks);
    project.apply().exits(0).does_not_say("adopted");
    let counters = control.counters();
    assert_eq!((counters.faults, counters.submissions), (18, 9));
    assert_eq!(counters.submissions_accepted, 9);
    project.plan().exits(0);
}

/// An apply of a submission that is lost so, interrupted once the name was looked up afterwards.
/// Nobody knows its fate.
pub(super) fn uncertain(simulator: &Simulator, project: &Project, lost: Action, looks: u64) -> Run {
    simulator.control().fault(submission(lost));
    let before = simulator.control().counters();
    let apply = project.start_apply();
    await_counters(simulator, |now| {
        now.submissions > before.submissions && now.status_reads >= before.status_reads + looks
    });
    // It ends the settling time of 30 s.
    apply.interrupt(Target::Group);
    let run = apply.end().exits(1).says(UNCERTAIN).says("Nothing was sent again").says(UNTAINT);
    let attributes = project.attributes();
    assert!(project.is_tainted());
    assert_eq!((&attributes["id"], &attributes["status"]), (&Value::Null, &Value::Null));
    assert_eq!(attributes["name"], "Config1");
    assert_eq!(attributes["key_vault_key_identifier"], KEY);
    run
}

/// What Adobe may have accepted is in the state without id and status, tainted and guarded. No
/// response that proves nothing, and no time shorter than the settling time, lets go of it or
/// submits it again. Found at last, it is gone on with.
#[test]
fn what_is_uncertain_is_kept_and_guarded_until_it_is_found() {
    let simulator = simulator();
    let control = simulator.control();
    let mut project = Project::new(&simulator);
    project.set("AEP_MAX_RETRIES", "0");
    let body = |name, key, more| upstream("1", "vault") + &resource(name, key, more);
    project.configure(&body("Config1", KEY, ""));
    control.fault(status(Reply::not_entitled()).skip(BEFORE).forever());
    uncertain(&simulator, &project, Action::ProcessThenReset, u64::from(BEFORE) + 1)
        .says("Looking it up failed as well: GET");
    control.clear_faults();

    project.configure(&body("Config2", OTHER_KEY, ""));
    project.run(&BLIND).exits(1).says(PROTECTED);
    project.configure(&body("Config1", KEY, ""));
    let before = project.state();
    for reply in [Reply::no_such_path(), Reply::html(404), Reply::empty(204)] {
        control.fault(status(reply.clone()).forever());
        project.apply().exits(1).says("reading the status of the configuration \"Config1\"");
        assert_eq!(project.state(), before, "{reply:?}");
        control.clear_faults();
    }
    control.fault(status(Reply::not_found()).forever());
    project.configure(&body("Config1", KEY, "timeouts {\n    create = \"2s\"\n  }"));
    project.run(&BLIND).exits(1).says("The operation's timeout was reached").says(UNTAINT);
    assert!(project.is_tainted());

    control.clear_faults();
    control.fault(status(Reply::not_found()).times(2));
    project.configure(&body("Config1", KEY, ""));
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert_eq!(project.attributes()["id"], FIRST);
    assert_eq!(control.counters().submissions, 1);
}

/// What Adobe never took is submitted by the next apply, once, after the settling time of 30 s.
#[test]
fn what_adobe_never_took_is_submitted_by_the_next_apply() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    uncertain(&simulator, &project, Action::Reset, u64::from(BEFORE) + 1);
    assert_eq!(accepted(&simulator), 0);
    project.run(&BLIND).exits(0);
    assert_eq!(simulator.control().counters().submissions, 2);
    assert_eq!(accepted(&simulator), 1);
    project.plan().exits(0);
}

/// Interrupted before the submission, a create leaves nothing behind.
#[test]
fn an_interruption_before_the_submission_leaves_nothing_behind() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    simulator.control().fault(Fault::on(Route::Status, Action::Hold).skip(BEFORE - 1));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.faults == 1);
    apply.interrupt(Target::Group);
    apply.end().exits(1).says("Interrupted before the submission");
    assert!(project.instance("aep_cmk_config.this").is_null());
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// The response to a submission is awaited for 3 s after an interruption; one that comes later is
/// made up for by one look-up. Either way the next apply goes on.
#[test]
fn a_submission_in_flight_at_an_interruption_is_kept() {
    let kept = |responds: Action, looks: u64| {
        let simulator = slow_simulator();
        let control = simulator.control();
        let project = Project::new(&simulator);
        project.configure_one("");
        control.fault(submission(responds));
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.submissions_accepted == 1);
        if looks == 0 {
            // Whoever gives up at once has to look the name up, and learns nothing.
            control.fault(Fault::on(Route::Status, Action::Hold).forever());
        }
        apply.interrupt(Target::Group);
        apply.end().exits(1).says("Interrupted before the configuration was in effect");
        assert_eq!(control.counters().status_reads, u64::from(BEFORE) + looks);
        assert_eq!(project.attributes()["id"], FIRST);
        assert!(project.is_tainted());
        control.clear_faults();
        assert!(control.step_to("COMPLETED"));
        project.apply().exits(0);
        assert_eq!(project.attributes()["id"], FIRST);
        assert!(!project.is_tainted());
        assert_eq!(control.counters().submissions, 1);
    };
    thread::scope(|scope| {
        scope.spawn(|| kept(Action::ProcessThenDelay(Duration::from_millis(1500)), 0));
        scope.spawn(|| kept(Action::ProcessThenHold, 1));
    });
}

/// A create that timed out is tainted, and each further apply goes on with the same job. What the
/// run forgot by then comes back when the create fails. What Adobe does not find yet is looked for
/// and not submitted again.
#[test]
fn a_create_that_broke_off_is_gone_on_with() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let project = timed_out(&simulator, "");
    let before = project.attributes();
    // The refresh and both plans see Adobe.
    control.fault(status(Reply::no_such_path()).skip(BEFORE));
    let apply = project.apply().exits(1).says("Destruction complete").says(UNTAINT);
    apply.says("Requested resource is not found");
    assert_eq!(control.counters().faults, 1);
    assert_eq!(project.attributes(), before);
    assert!(project.is_tainted());
    project.apply().exits(1).says("The configuration was not in effect in time");
    assert_eq!(project.attributes()["id"], before["id"]);
    assert!(project.is_tainted());
    assert!(control.step_to("COMPLETED"));
    project.configure_one("");
    control.fault(status(Reply::not_found()).skip(BEFORE - 1).times(2));
    project.run(&BLIND).exits(0);
    assert_eq!(project.attributes()["id"], before["id"]);
    assert!(!project.is_tainted());
    assert_eq!(control.counters().submissions, 1);
    project.plan().exits(0);
}

/// Where a create of its own object may not adopt, `terraform untaint` is the way on, and the error
/// says so.
#[test]
fn after_untaint_a_broken_off_create_is_gone_on_with_in_place() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, "adopt_existing = false");
    project.plan().exits(1).says("adopting it is turned off").says("terraform untaint");
    project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
    project.apply().exits(1).does_not_say("untaint");
    assert!(!project.is_tainted());
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    assert_eq!(simulator.control().counters().submissions, 1);
}

/// Neither another organisation nor another endpoint gets a key because a run forgot where the
/// object was made, not even by a saved plan. Where the object is at the other endpoint too, it is
/// taken.
#[test]
fn a_broken_off_create_is_not_submitted_elsewhere() {
    const OTHER_ORG: &str = "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg";
    const ELSEWHERE: &str = "The object is not at this endpoint";
    let first = slow_simulator();
    let mut project = timed_out(&first, "");
    let before = project.instance("aep_cmk_config.this");
    // A credential that is good for both organisations, and the other one does not have the name.
    first.control().configure(|options| options.org_id = OTHER_ORG.to_owned());
    assert!(first.control().remove("Config1"));
    let other = project.set("AEP_ORG_ID", OTHER_ORG).run(&BLIND).exits(1);
    other.says("The object belongs to another organisation").says(ORG_ID).says(OTHER_ORG);
    assert_eq!(project.instance("aep_cmk_config.this"), before);
    assert_eq!(first.control().counters().submissions, 1);

    first.control().configure(|options| options.org_id = ORG_ID.to_owned());
    first.control().insert("Config1", KEY, "RUNNING");
    project.set("AEP_ORG_ID", ORG_ID).save().exits(0);
    first.control().clear_log();
    let second = simulator();
    project.set("AEP_ENDPOINT", &second.url());
    let saved = project.apply_saved().exits(1).says(ELSEWHERE).says(UNTAINT);
    saved.says(&first.url()).says(&second.url());
    assert!(project.is_tainted());
    project.plan().exits(1).says(ELSEWHERE);
    second.control().insert("Config1", KEY, "COMPLETED");
    project.run(&BLIND).exits(0);
    assert!(!project.is_tainted());
    assert_eq!(second.control().counters().submissions, 0);
    assert!(first.control().requests().is_empty());
}

/// What guards the data is the key that Adobe names: where that is not the one that was submitted,
/// it is the error, and the state has Adobe's, watched or not.
#[test]
fn another_key_than_the_submitted_one_is_an_error_and_the_state_has_adobes() {
    for more in ["", "wait_for_completion = false"] {
        let simulator = slow_simulator();
        let control = simulator.control();
        let project = never_in_effect(&simulator);
        project.configure(&resource("Config1", OTHER_KEY, more));
        let kept = Reply::json(200, &shown(SECOND, KEY, "RUNNING"));
        control.fault(submission(Action::ProcessThenReply(kept)));
        let apply = project.start_apply();
        await_counters(&simulator, |now| now.submissions_accepted == 2);
        assert!(control.set_key("Config1", KEY) && control.step_to("COMPLETED"));
        let apply = apply.end().exits(1).says("Adobe has another key than the one submitted");
        apply.says(KEY).says(OTHER_KEY);
        assert_eq!(project.attributes()["key_vault_key_identifier"], KEY, "{more}");
        assert_eq!(project.attributes()["id"], SECOND, "{more}");
        assert!(!project.is_tainted());
        project.plan().exits(1).says(PROTECTED).says(KEY).says(OTHER_KEY);
    }
}
