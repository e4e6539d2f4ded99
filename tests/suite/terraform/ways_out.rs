//! Nobody is locked in, and what a run forgot comes back beside every refusal.

use aep_simulator::{Action, Answer, Fault, ResubmitFailed, Route, Simulator};
use serde_json::json;

use crate::support::{
    KEY, ORG_ID, OTHER_KEY, Project, Whom, accepted, await_counters, failed, failing_simulator,
    in_effect, resource, simulator, slow_simulator, stored, timed_out, with_each, with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const TAKEN: &str = "The name is taken by a configuration with another key";
const REFUSED: &str = "Adobe does not take the configuration a second time";
const OFF: &str = "deletion_protection = false";
const REPLACE: [&str; 4] = ["apply", "-replace=aep_cmk_config.this", "-auto-approve", "-no-color"];
const REFRESH: [&str; 4] = ["apply", "-refresh-only", "-auto-approve", "-no-color"];

/// `Config1` in effect once, by now in this status, which an apply would submit again; Adobe refuses that.
fn refusing(status: &str) -> (Simulator, Project) {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let control = simulator.control();
    control.configure(|options| options.resubmit_failed = ResubmitFailed::AsInUse);
    if status == "NOT_FOUND" {
        control.fault(Fault::on(Route::Status, Action::Answer(Answer::not_found())).forever());
    } else {
        assert!(control.set_status("Config1", status));
    }
    project.run(&REFRESH).exits(0);
    assert_eq!(project.attributes()["status"], status);
    (simulator, project)
}

#[test]
fn the_protection_can_be_lifted_while_adobe_refuses_a_resubmission() {
    for status in ["FAILED", "NOT_FOUND", "RUNNING"] {
        let (simulator, project) = refusing(status);
        project.configure_one(OFF);
        project.apply().exits(0);
        assert_eq!(project.attributes()["deletion_protection"], false, "{status}");
        assert_eq!(simulator.control().counters().submissions, 0, "{status}");
        project.destroy().exits(0).says("in effect at Adobe");
        assert!(project.attributes().is_null(), "{status}");
    }
}

#[test]
fn a_key_that_is_not_submitted_is_not_stored() {
    with_each(|cli| {
        let simulator = failing_simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one("wait_for_completion = false");
        project.apply().exits(0);
        project.run(&REFRESH).exits(0);
        assert_eq!(project.attributes()["status"], "FAILED");
        // It may take another key in place, but not in the apply that lifts the protection.
        project.configure(&resource("Config1", OTHER_KEY, OFF));
        project.apply().exits(0);
        assert_eq!(project.attributes()["deletion_protection"], false);
        assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
        assert_eq!(accepted(&simulator), 1);
        project.apply().exits(0);
        assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
        assert_eq!(accepted(&simulator), 2);
    });
}

#[test]
fn an_update_that_ends_in_an_error_stores_the_planned_settings_and_keeps_key_and_values() {
    let (simulator, project) = refusing("FAILED");
    let before = project.attributes();
    let settings = "adopt_existing = false\n  timeouts {\n    update = \"7m\"\n  }";
    project.configure(&resource("Config1", KEY, settings));
    project.apply().exits(1).says(REFUSED);
    let mut after = project.attributes();
    assert!(!project.is_tainted());
    assert_eq!(after["adopt_existing"], false);
    assert_eq!(after["timeouts"]["update"], "7m");
    (after["adopt_existing"], after["timeouts"]) =
        (before["adopt_existing"].clone(), before["timeouts"].clone());
    assert_eq!(after, before);
    assert_eq!(simulator.control().counters().submissions_accepted, 0);
}

#[test]
fn a_refused_resubmission_gives_one_advice() {
    let (_simulator, project) = refusing("FAILED");
    project
        .apply()
        .exits(1)
        .says(REFUSED)
        .does_not_say("submits only what is not there")
        .does_not_say("it goes on");
}

#[test]
fn an_interrupted_pause_says_that_the_next_apply_submits_again() {
    let simulator = failing_simulator();
    let project = Project::new(&simulator);
    project.configure_one("failed_attempts = 3");
    let apply = project.start_apply();
    // Plan, re-plan, look-up, and the poll that sees the failure; then there is a pause of ten seconds.
    await_counters(&simulator, |now| now.status_reads >= 4);
    std::thread::sleep(std::time::Duration::from_secs(2));
    apply.interrupt(Whom::Cli);
    apply
        .end()
        .exits(1)
        .says("submits the configuration again")
        .does_not_say("submits nothing twice");
    assert_eq!(project.attributes()["status"], "FAILED");
    assert_eq!(simulator.control().counters().submissions, 1);
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 2);
}

/// After the forget, the plan of the create and the create are answered so. Refresh and plan see Adobe.
fn after_the_forget(simulator: &Simulator, answer: Answer) {
    simulator.control().fault(Fault::on(Route::Status, Action::Answer(answer)).skip(2).forever());
}

#[test]
fn a_plan_after_the_forget_never_ends_in_an_error() {
    let keyless = json!({"id": "1", "status": "RUNNING", "imsOrgId": ORG_ID});
    for (answer, sentence) in [
        (Answer::json(200, &keyless), "whose key is unknown"),
        (Answer::service(403, "Forbidden", "Access is denied."), "Access is denied."),
        (Answer::html(502), "Adobe's API is not available"),
        (Answer::empty(204), "Unexpected response from Adobe's API"),
        (Answer::no_such_path(), "Requested resource is not found"),
    ] {
        let simulator = simulator();
        let mut project = in_effect(&simulator, OFF);
        project.set("AEP_MAX_RETRIES", "0");
        let before = project.attributes();
        after_the_forget(&simulator, answer.clone());
        let run = project.run(&REPLACE).exits(1).says("Destruction complete");
        assert!(run.text().contains(sentence), "{answer:?}\n{}", run.text());
        run.does_not_say("looking up the new configuration").says("terraform untaint");
        assert_eq!(project.attributes(), before, "{answer:?}");
        simulator.control().clear_faults();
        project.apply().exits(0);
        assert_eq!(project.attributes(), before, "{answer:?}");
        assert_eq!(simulator.control().counters().submissions, 0, "{answer:?}");
    }
}

#[test]
fn what_another_one_took_after_the_plan_comes_back_beside_the_error() {
    let simulator = simulator();
    let project = in_effect(&simulator, OFF);
    let id = project.attributes()["id"].clone();
    let plan = ["plan", "-replace=aep_cmk_config.this", "-out=saved", "-no-color"];
    project.run(&plan).exits(0);
    assert!(simulator.control().set_key("Config1", OTHER_KEY));
    project.run(&["apply", "-no-color", "saved"]).exits(1).says(TAKEN).says("Destruction complete");
    assert_eq!(project.attributes()["id"], id);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn somebody_elses_failure_with_another_key_is_taken() {
    let simulator = simulator();
    let control = simulator.control();
    control.insert("Config1", OTHER_KEY, "FAILED");
    let project = Project::new(&simulator);
    project.configure_one("");
    project.plan().exits(1).says(TAKEN).says("import {").says("status FAILED");
    project.apply().exits(1).says(TAKEN);
    // Known only to the create.
    assert!(control.remove("Config1"));
    project.run(&["plan", "-out=saved", "-no-color"]).exits(0);
    control.insert("Config1", OTHER_KEY, "FAILED");
    project.run(&["apply", "-no-color", "saved"]).exits(1).says(TAKEN);
    assert!(project.attributes().is_null());
    assert_eq!(control.counters().submissions, 0);
    // With the same key it is submitted, and that makes it ours.
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
}

#[test]
fn this_runs_own_failure_takes_another_key_and_one_that_was_in_effect_does_not() {
    let simulator = failing_simulator();
    let project = failed(&simulator, "");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(0);
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 2);

    // Was in effect, unprotected, tainted: the create meets its own configuration with another key.
    let simulator = self::simulator();
    let project = in_effect(&simulator, OFF);
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project.run(&["taint", "aep_cmk_config.this"]).exits(0);
    project.configure(&resource("Config1", OTHER_KEY, OFF));
    project.apply().exits(1).says(TAKEN);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn what_was_in_effect_stays_so_through_a_taint() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    project.run(&["taint", "aep_cmk_config.this"]).exits(0);
    assert!(simulator.control().set_status("Config1", "RUNNING"));
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project.destroy().exits(1).says(PROTECTED).says("FAILED");
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn what_is_unconfirmed_stays_so_through_a_taint() {
    let simulator = slow_simulator();
    let mut project = timed_out_unseen(&simulator);
    let control = simulator.control();
    // The create of the second apply cannot look: the object comes back as it was.
    project.set("AEP_MAX_RETRIES", "0");
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::html(502))).skip(2));
    project.run(&["apply", "-refresh=false", "-auto-approve", "-no-color"]).exits(1);
    assert!(project.is_tainted());
    // Adobe knows it from the third look on, and no read says anything else.
    control.fault(Fault::on(Route::Status, Action::Answer(Answer::not_found())).times(2));
    project.plan_drift().exits(2).says("RUNNING").does_not_say("NOT_FOUND");
    assert!(control.step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(control.counters().submissions, 1);
}

/// A create that was accepted, and that no read has confirmed.
fn timed_out_unseen(simulator: &Simulator) -> Project {
    let control = simulator.control();
    let absent = Action::Answer(Answer::not_found());
    control.fault(Fault::on(Route::Status, absent).skip(3).forever());
    let project = Project::new(simulator);
    project.configure_one("timeouts {\n    create = \"2s\"\n  }");
    project.apply().exits(1).says("The configuration was not in effect in time").says("HTTP 404");
    control.clear_faults();
    assert!(project.is_tainted());
    project
}

#[test]
fn errors_that_the_guard_did_not_make_name_refresh_false() {
    let unreadable =
        json!({"id": "1", "status": "COMPLETED", "configData": {"keyVaultKeyIdentifier": "x"}});
    for answer in [
        Answer::service_unavailable(),
        Answer::no_such_path(),
        Answer::empty(204),
        Answer::json(200, &unreadable),
        Answer::service(403, "Forbidden", "Access is denied."),
    ] {
        let simulator = simulator();
        let mut project = in_effect(&simulator, OFF);
        project.set("AEP_MAX_RETRIES", "0");
        let wrong = Fault::on(Route::Status, Action::Answer(answer.clone())).forever();
        simulator.control().fault(wrong);
        let run = project.destroy().exits(1);
        assert!(run.text().contains("add `-refresh=false` to it"), "{answer:?}\n{}", run.text());
        project.run(&["destroy", "-refresh=false", "-auto-approve"]).exits(0);
        assert!(project.attributes().is_null());
    }
    let simulator = simulator();
    let mut project = in_effect(&simulator, OFF);
    let second = self::simulator();
    project.set("AEP_ENDPOINT", &second.url());
    project.destroy().exits(1).says("The object is not at this endpoint").says("-refresh=false");
    project.run(&["destroy", "-refresh=false", "-auto-approve"]).exits(0);
}

#[test]
fn what_stops_a_destroy_after_a_change_of_the_key_fits_a_destroy() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    for (name, key) in [("Config1", OTHER_KEY), ("Config2", KEY)] {
        project.configure(&resource(name, key, ""));
        project.destroy().exits(1).says(PROTECTED).does_not_say("would replace");
    }
    project.configure_one(OFF);
    project.apply().exits(0);
    project.configure(&resource("Config1", OTHER_KEY, OFF));
    project.destroy().exits(1).says("Another key needs a new name").says("-refresh=false");
}

#[test]
fn a_create_that_timed_out_is_kept_by_untaint_and_by_the_next_apply() {
    let simulator = slow_simulator();
    let project = timed_out(&simulator, OFF);
    let id = project.attributes()["id"].clone();
    project.run(&["untaint", "aep_cmk_config.this"]).exits(0);
    assert!(simulator.control().step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(project.attributes()["id"], id);
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_key_that_turns_out_to_be_none_after_the_forget_brings_the_object_back() {
    with_each(|cli| {
        for wrong in ["not a key", ""] {
            let simulator = simulator();
            let project = stored(cli, &simulator, "COMPLETED", &with_upstream("1", KEY, OFF));
            let before = project.attributes();
            project.configure(&with_upstream("2", wrong, OFF));
            project
                .run(&REPLACE)
                .exits(1)
                .says("is not the key identifier")
                .does_not_say("bug in the");
            assert_eq!(project.attributes()["id"], before["id"], "{wrong:?}");
            assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
            assert_eq!(simulator.control().counters().submissions, 0);
            project.configure(&with_upstream("2", KEY, OFF));
            project.apply().exits(0);
            assert_eq!(project.attributes(), before);
        }
    });
}

#[test]
fn giving_up_the_management_needs_no_adobe() {
    let simulator = simulator();
    let mut project = in_effect(&simulator, "");
    project.set("AEP_MAX_RETRIES", "0");
    let unavailable = Action::Answer(Answer::service_unavailable());
    simulator.control().fault(Fault::on(Route::Status, unavailable).forever());
    project.configure(
        "removed {\n  from = aep_cmk_config.this\n  lifecycle {\n    destroy = false\n  }\n}",
    );
    project.run(&["apply", "-refresh=false", "-auto-approve", "-no-color"]).exits(0);
    assert!(project.attributes().is_null());
    assert!(simulator.control().requests().is_empty());
}

#[test]
fn a_new_address_is_stopped_and_a_moved_block_is_the_way_on() {
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &resource("Config1", KEY, ""));
        let id = project.attributes()["id"].clone();
        let moved = resource("Config1", KEY, "").replace("\"this\"", "\"that\"");
        project.configure(&moved);
        project
            .apply()
            .exits(1)
            .says(PROTECTED)
            .says("write a `moved` block")
            .says("Keep key, vault and role");
        let block = "moved {\n  from = aep_cmk_config.this\n  to = aep_cmk_config.that\n}\n";
        project.configure(&format!("{moved}{block}"));
        project.apply().exits(0);
        assert_eq!(project.instance("aep_cmk_config.that")["attributes"]["id"], id);
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn a_submission_refused_while_the_object_is_not_found_keeps_block_and_name() {
    let (simulator, project) = refusing("NOT_FOUND");
    project
        .apply()
        .exits(1)
        .says("Adobe does not find the configuration, and says that its name is in use")
        .says("Keep the block as it is")
        .does_not_say("choose another `name`");
    assert_eq!(project.attributes()["status"], "NOT_FOUND");
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn a_key_changed_at_adobe_between_plan_and_apply_asks_for_that_key_and_no_import() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let gone = Action::Answer(Answer::not_found());
    simulator.control().fault(Fault::on(Route::Status, gone).times(1));
    assert!(simulator.control().set_key("Config1", OTHER_KEY));
    project
        .apply()
        .exits(1)
        .says("Adobe has another key than the block")
        .says(OTHER_KEY)
        .does_not_say("import {");
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
    assert_eq!(simulator.control().counters().submissions, 0);
}
