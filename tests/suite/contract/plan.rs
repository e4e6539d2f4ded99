//! What a plan shows and does not show, what it stops, and that an apply does what was shown.

use aep_simulator::{Action, Fault, Reply, ResubmitFailed, Route};
use serde_json::{Value, json};

use crate::support::{
    Feature, KEY, KEY_VERSIONLESS, ORG_ID, OTHER_KEY, Project, accepted, block, failed,
    failing_simulator, hcl, in_effect, never_in_effect, resource, simulator, simulator_with,
    slow_simulator, stored, upstream, with_each, with_upstream,
};

const PROTECTED: &str = "The key is in effect and protected";
const TAKEN: &str = "The name is taken by a configuration with another key";
const OFF: &str = "deletion_protection = false";
const LATE: &str = "terraform_data.upstream.output";
const OTHER_ORG: &str = "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg";
const APPLY: [&str; 3] = ["apply", "-auto-approve", "-no-color"];
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-no-color"];
const REPLACE: [&str; 4] = ["apply", "-replace=aep_cmk_config.this", "-auto-approve", "-no-color"];

/// What the file `saved` shows to a machine of `aep_cmk_config.this`.
#[track_caller]
fn shown(project: &Project) -> Value {
    let json = project.run(&["show", "-json", "saved"]).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("a plan as JSON");
    let changes = json["resource_changes"].as_array().expect("changes");
    let change = changes.iter().find(|change| change["address"] == "aep_cmk_config.this");
    change.expect("a change of aep_cmk_config.this")["change"].clone()
}

/// `terraform validate` takes Adobe's own sample, each cloud's hosts, any name that can be escaped,
/// and what is unknown.
#[test]
fn what_can_be_used_is_valid() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let hosts = ["hsm-a.managedhsm.azure.net", "v-a.vault.azure.cn", "V-a.vault.azure.net:443"];
    let keys = hosts.map(|host| hcl(&format!("https://{host}/keys/K/")));
    let late = format!("timeouts {{\n    create = {LATE}\n  }}\n  failed_attempts = {LATE}");
    let known =
        "timeouts {\n    create = \"1h30m\"\n    read = \"90s\"\n  }\n  failed_attempts = 100";
    let mut body = upstream("1", "x") + &resource("Zwölf / 100 % ?#", KEY, known);
    body += &block("late", LATE, LATE, &late);
    for (index, key) in keys.iter().enumerate() {
        body += &block(&format!("host{index}"), "\"Config1\"", key, "");
    }
    project.configure(&body);
    project.validate().exits(0).says("Success!");
    assert!(simulator.control().requests().is_empty());
}

/// Another version, port, slash or letter case is the same key: no diff, and not a byte of the
/// state changes. A key that was rotated at Adobe is the same key too.
#[test]
fn the_same_key_in_another_spelling_plans_nothing() {
    let spelled = "https://AdobeCMKexample.Vault.Azure.NET:443/keys/ADOBEcmk-KEY/";
    let rotated = format!("{KEY_VERSIONLESS}/ffffffffffffffffffffffffffffffff");
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &resource("Config1", KEY, ""));
        let before = project.instance("aep_cmk_config.this");
        project.configure(&resource("Config1", spelled, ""));
        project.plan().exits(0);
        project.apply().exits(0).says("0 added, 0 changed, 0 destroyed");
        assert_eq!(project.instance("aep_cmk_config.this"), before);
        assert!(simulator.control().set_key("Config1", &rotated));
        project.plan().exits(0);
    });
}

/// Defaults come from the configuration, never from the state.
#[test]
fn a_removed_argument_returns_to_its_default() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let defaults = project.attributes();
    let written = "adopt_existing = false\n  deletion_protection = false\n  failed_attempts = 3\n  \
        wait_for_completion = false\n  timeouts {\n    create = \"5m\"\n  }";
    project.configure_one(written);
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes()["failed_attempts"], 3);
    assert_eq!(project.attributes()["timeouts"]["create"], "5m");
    project.configure_one("");
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(project.attributes(), defaults);
    project.plan().exits(0);
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// Whatever is known late, a plan can be read by people and by machines, saved, and applied as it
/// was read. A planned identity is wholly known or absent.
#[test]
fn what_is_planned_can_be_shown_and_saved_and_does_what_was_shown() {
    let key = hcl(KEY);
    let first = format!("{OFF}\n  lifecycle {{\n    create_before_destroy = true\n  }}");
    let all_late = "\"Config-${terraform_data.upstream.output == \"\" ? 1 : 4}\"";
    let named_late =
        |generation, name| upstream(generation, name) + &block("this", LATE, &key, OFF);
    // What is written, what is added to the plan, the actions, the name after it, and all
    // submissions by then.
    let steps: [(_, &[&str], &[&str], _, _); 10] = [
        (resource("Config1", KEY, ""), &[], &["create"], "Config1", 1),
        (resource("Config1", KEY, OFF), &[], &["update"], "Config1", 1),
        (with_upstream("1", KEY_VERSIONLESS, OFF), &[], &["update"], "Config1", 1),
        (named_late("2", "Config1"), &[], &["delete", "create"], "Config1", 1),
        (named_late("3", "Config2"), &[], &["delete", "create"], "Config2", 2),
        (resource("Config2", KEY, OFF), &[REPLACE[1]], &["delete", "create"], "Config2", 2),
        (resource("Config3", OTHER_KEY, OFF), &[], &["delete", "create"], "Config3", 3),
        (resource("Config5", KEY, &first), &[], &["create", "delete"], "Config5", 4),
        (resource("Config5", KEY, OFF), &["-destroy"], &["delete"], "", 4),
        (upstream("4", KEY) + &block("this", all_late, LATE, ""), &[], &["create"], "Config-4", 5),
    ];
    with_each(|cli| {
        let simulator = simulator();
        let mut project = Project::with(cli, &simulator);
        // In the first step the CLI and the plugin speak TLS.
        project.unset("TF_DISABLE_PLUGIN_TLS");
        for (body, more, actions, name, submissions) in &steps {
            let id = project.attributes()["id"].clone();
            project.configure(body);
            let plan = ["plan", "-out=saved", "-detailed-exitcode", "-input=false", "-no-color"];
            project.run(&[&plan, *more].concat()).exits(2).says("# aep_cmk_config.this");
            let change = shown(&project);
            assert_eq!(change["actions"], json!(actions), "{body}");
            if *actions == ["create"] {
                let identity = match cli.has(Feature::Identity) && *name == "Config1" {
                    true => json!({ "name": name, "ims_org_id": ORG_ID }),
                    false => Value::Null,
                };
                assert_eq!(change["after_identity"], identity, "{change}");
            }
            project.apply_saved().exits(0).does_not_say("bug in the provider");
            let stored = project.attributes();
            assert_eq!(stored["name"].as_str().unwrap_or_default(), *name, "{body}");
            assert_eq!(accepted(&simulator), *submissions, "{body}");
            if *name == "Config1" && !id.is_null() {
                assert_eq!(stored["id"], id, "it is adopted again");
            }
            project.set("TF_DISABLE_PLUGIN_TLS", "1");
        }
        project.plan().exits(0);
        project.plan_drift().exits(0);
        let address = format!("provider[\"{}/aep-cmk/aep\"]", cli.registry());
        assert_eq!(project.state()["resources"][0]["provider"], Value::from(address));
        let state = project.run(&["show", "-json"]).exits(0).stdout;
        assert!(state.contains("\"status\":\"COMPLETED\""), "{state}");
    });
}

/// The organisation is known at plan whenever the provider's is, so that a reviewer sees it, and a
/// saved plan is not applied to another one: neither one that creates nor one that submits again.
#[test]
fn a_saved_plan_is_for_the_organisation_that_it_shows() {
    let key = hcl(KEY);
    let endpoint = format!("provider \"aep\" {{\n  endpoint = {LATE}\n}}");
    with_each(|cli| {
        for what_is_late in ["name", "endpoint", "nothing"] {
            let first = simulator();
            let mut project = match what_is_late {
                "nothing" => stored(cli, &first, "COMPLETED", &resource("Config1", KEY, "")),
                _ => Project::with(cli, &first),
            };
            match what_is_late {
                "nothing" => assert!(first.control().set_status("Config1", "FAILED")),
                "name" => {
                    let body = upstream("1", "Config1") + &block("this", LATE, &key, "");
                    project.configure(&body);
                }
                _ => {
                    let body = upstream("1", &first.url()) + &resource("Config1", KEY, "");
                    project.configure_with(&endpoint, &body);
                }
            }
            project.save().exits(0);
            assert_eq!(shown(&project)["after"]["ims_org_id"], ORG_ID);
            let before = project.attributes();
            let second = simulator_with(|options| options.org_id = OTHER_ORG.to_owned());
            project.set("AEP_ENDPOINT", &second.url()).set("AEP_ORG_ID", OTHER_ORG);
            let run = project.apply_saved().exits(1);
            match what_is_late {
                // The CLI's own words.
                "name" => run.says("inconsistent final plan").says("ims_org_id"),
                "nothing" => run.says("belongs to another organisation").says(OTHER_ORG),
                // The first one is still asked, and refuses.
                _ => run,
            };
            for kept in ["id", "ims_org_id"] {
                assert_eq!(project.attributes()[kept], before[kept]);
            }
            assert_eq!(second.control().counters().submissions, 0);
            assert_eq!(first.control().counters().submissions, 0);
        }
    });
}

/// Every way to give up a protected key, with the reason and a way out, and before anything is
/// deleted: the state is as it was. A tainted object makes room for itself only.
#[test]
fn every_way_to_give_up_a_protected_key_is_stopped() {
    let triggered = "lifecycle {\n    replace_triggered_by = [terraform_data.upstream]\n  }";
    let first = "lifecycle {\n    create_before_destroy = true\n  }";
    let vault = |generation: &str| upstream(generation, "Config1");
    let protected = vault("1") + &resource("Config1", KEY, triggered);
    // How, what is written, the command, and the way out once the object is tainted, where it needs
    // one.
    let (out, free) = (Some(OFF), None);
    let back = Some("terraform untaint");
    let ways: [(_, String, &[&str], Option<&str>); 11] = [
        ("destroy", protected.clone(), &DESTROY, out),
        ("lifted at once", vault("1") + &resource("Config1", KEY, OFF), &DESTROY, out),
        ("the block is gone", vault("1"), &APPLY, out),
        ("another key", vault("1") + &resource("Config1", OTHER_KEY, ""), &APPLY, back),
        ("another name", vault("1") + &resource("config1", KEY, ""), &APPLY, back),
        ("both, lifted", vault("1") + &resource("Config2", OTHER_KEY, OFF), &APPLY, back),
        ("-replace", protected.clone(), &REPLACE, free),
        ("-replace, create first", vault("1") + &resource("Config1", KEY, first), &REPLACE, free),
        ("triggered", vault("2") + &resource("Config1", KEY, triggered), &APPLY, free),
        ("a name known late", vault("2") + &block("this", LATE, &hcl(KEY), ""), &APPLY, back),
        ("a key known late", with_upstream("2", KEY, ""), &APPLY, back),
    ];
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &protected);
        let stopped = |way: &str, body: &str, command: &[&str], way_out: &str| {
            let before = project.state()["resources"].clone();
            project.configure(body);
            let run = project.run(command);
            assert_eq!(run.code, Some(1), "{way}: {}", run.text());
            assert_eq!(project.state()["resources"], before, "{way}");
            run.says(PROTECTED)
                .says("Adobe would lose access to the data and purge it.")
                .says(KEY)
                .says(way_out)
                .does_not_say("bug in the provider")
                .does_not_say("Modifying...")
        };
        for (way, body, command, _) in &ways {
            // It is the plan that stops it.
            stopped(way, body, command, OFF).does_not_say("Destroying...");
        }
        project.configure(&protected);
        project.taint();
        for (way, body, command, way_out) in &ways {
            if let Some(way_out) = way_out {
                stopped(way, body, command, way_out);
            }
        }
        project.configure(&protected);
        project.plan().exits(2).says("1 to add, 0 to change, 1 to destroy");
        project.apply().exits(0);
        assert!(!project.is_tainted());
        assert_eq!(project.attributes()["status"], "COMPLETED");
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

/// What runs may come into effect. A `FAILED` that never was in effect may go, but only while Adobe
/// says so: the plan and the destroy ask. One whose create failed is such a one.
#[test]
fn what_was_never_in_effect_goes_as_long_as_adobe_says_failed() {
    let simulator = simulator();
    let project = never_in_effect(&simulator);
    project.refresh().exits(0);
    let blind = ["destroy", "-refresh=false", "-auto-approve", "-no-color"];
    for status in ["RUNNING", "COMPLETED"] {
        assert!(simulator.control().set_status("Config1", status));
        project.run(&blind).exits(1).says(PROTECTED).says(status);
    }
    assert!(simulator.control().set_status("Config1", "FAILED"));
    simulator.control().clear_log();
    project.run(&blind).exits(0).says("The configuration stays at Adobe");
    assert!(project.attributes().is_null());
    assert_eq!(simulator.control().requests().len(), 2, "one in the plan, one in the destroy");

    let simulator = failing_simulator();
    let project = failed(&simulator, "");
    project.destroy().exits(0);
    assert!(project.attributes().is_null());
}

/// The value in the state counts, and lifting the protection is an apply of its own that gets
/// through whatever Adobe says: it submits nothing, and a key that is not submitted is not stored.
#[test]
fn lifting_the_protection_submits_nothing_and_stores_no_other_key() {
    with_each(|cli| {
        let simulator = failing_simulator();
        let project = Project::with(cli, &simulator);
        project.configure_one("wait_for_completion = false");
        project.apply().exits(0);
        project.refresh().exits(0);
        assert_eq!(project.attributes()["status"], "FAILED");
        project.configure(&resource("Config1", OTHER_KEY, OFF));
        project.apply().exits(0);
        assert_eq!(project.attributes()["deletion_protection"], false);
        assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
        assert_eq!(accepted(&simulator), 1);
        // A `FAILED` that was never in effect takes the other key in place, in the next one.
        project.apply().exits(0);
        assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
        assert_eq!(accepted(&simulator), 2);
    });
}

/// A stored `FAILED` is submitted again in place, and its id may change. An update that ends in an
/// error stores the planned settings, and keeps key and computed values.
#[test]
fn a_stored_failure_is_submitted_again_in_place() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let before = project.attributes();
    assert!(simulator.control().set_status("Config1", "FAILED"));
    let id = format!("~ id = {} -> (known after apply)", before["id"]);
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy").says(&id);

    simulator.control().configure(|options| options.resubmit_failed = ResubmitFailed::AsInUse);
    project.configure_one("adopt_existing = false\n  timeouts {\n    update = \"7m\"\n  }");
    project.apply().exits(1).says("Adobe does not accept the configuration a second time");
    let mut after = project.attributes();
    assert!(!project.is_tainted());
    assert_eq!(
        (&after["adopt_existing"], &after["timeouts"]["update"]),
        (&false.into(), &"7m".into())
    );
    for changed in ["adopt_existing", "timeouts"] {
        after[changed] = before[changed].clone();
    }
    assert_eq!(after["status"], "FAILED");
    after["status"] = before["status"].clone();
    assert_eq!(after, before);

    simulator.control().configure(|options| options.resubmit_failed = ResubmitFailed::NewId);
    project.apply().exits(0).says("0 added, 1 changed, 0 destroyed");
    assert_eq!(accepted(&simulator), 1);
    assert_ne!(project.attributes()["id"], before["id"]);
    assert_eq!(project.attributes()["status"], "COMPLETED");
    project.plan().exits(0);
}

/// Where nothing guards it, a key that is unknown at plan is planned in place with a warning. If it
/// turns out to be another one, the apply stops and keeps the state, for a new block too.
#[test]
fn a_key_that_turns_out_to_be_another_one_stops_the_apply() {
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &with_upstream("1", KEY, OFF));
        let before = project.attributes();
        project.configure(&with_upstream("2", OTHER_KEY, OFF));
        project.plan().exits(2).says("The key is not known before apply");
        project.apply().exits(1).says("Another key needs a new name").says(OTHER_KEY);
        assert_eq!(project.attributes(), before);
        assert!(!project.is_tainted());
        assert_eq!(simulator.control().counters().submissions, 0);

        let project = Project::with(cli, &simulator);
        project.configure(&with_upstream("1", OTHER_KEY, ""));
        project.plan().exits(2).says("The name is already in use at Adobe");
        project.apply().exits(1).says(TAKEN);
        assert!(project.attributes().is_null());
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

/// A plan that follows a forget of the same run never ends in an error. The create does, and
/// returns what was forgotten: when the look-up fails, when what it shows has no key, when the key
/// turns out to be none.
#[test]
fn a_refusal_after_the_forget_is_left_to_the_create_which_brings_the_object_back() {
    let keyless = json!({"id": "1", "status": "RUNNING", "imsOrgId": ORG_ID});
    let seen = |reply| Some(Fault::on(Route::Status, Action::Reply(reply)).skip(2).forever());
    with_each(|cli| {
        for (fault, key, sentence) in [
            (seen(Reply::json(200, &keyless)), KEY, "whose key is unknown"),
            (seen(Reply::html(502)), KEY, "Adobe's API is not available"),
            (None, "", "is not the key identifier"),
        ] {
            let simulator = simulator();
            let mut project = stored(cli, &simulator, "COMPLETED", &with_upstream("1", KEY, OFF));
            project.set("AEP_MAX_RETRIES", "0");
            let before = project.attributes();
            // The refresh and the first plan see Adobe.
            fault.into_iter().for_each(|fault| simulator.control().fault(fault));
            project.configure(&with_upstream(if key == KEY { "1" } else { "2" }, key, OFF));
            project.run(&REPLACE).exits(1).says("Destruction complete").says(sentence);
            assert_eq!(project.attributes()["id"], before["id"], "{sentence}");
            assert_eq!(project.attributes()["key_vault_key_identifier"], KEY, "{sentence}");
            simulator.control().clear_faults();
            project.configure(&with_upstream("3", KEY, OFF));
            project.apply().exits(0);
            assert_eq!(project.attributes(), before, "{sentence}");
            assert_eq!(simulator.control().counters().submissions, 0, "{sentence}");
        }
    });
}

/// A `FAILED` of this run's own takes another key under its name. One that was in effect does not,
/// and is still guarded, though its taint gave it a create without a past.
#[test]
fn what_was_in_effect_stays_so_through_a_taint() {
    let simulator = failing_simulator();
    let project = failed(&simulator, "");
    project.configure(&resource("Config1", OTHER_KEY, ""));
    project.apply().exits(0);
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 2);

    let simulator = self::simulator();
    let project = in_effect(&simulator, OFF);
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project.taint();
    project.configure(&resource("Config1", OTHER_KEY, OFF));
    project.apply().exits(1).says(TAKEN);
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);

    assert!(simulator.control().set_status("Config1", "RUNNING"));
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    assert!(!project.is_tainted());
    assert!(simulator.control().set_status("Config1", "FAILED"));
    project.destroy().exits(1).says(PROTECTED).says("FAILED");
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// An accepted job that no read has confirmed is looked for during the settling time, after a taint
/// and a broken create too.
#[test]
fn what_is_unconfirmed_stays_so_through_a_taint() {
    let simulator = slow_simulator();
    let control = simulator.control();
    let absent = |times| {
        let action = Action::Reply(Reply::not_found());
        Fault::on(Route::Status, action).times(times)
    };
    control.fault(absent(1).skip(3).forever());
    let mut project = Project::new(&simulator);
    project.configure_one("timeouts {\n    create = \"2s\"\n  }");
    project.apply().exits(1).says("The configuration was not in effect in time").says("HTTP 404");
    assert!(project.is_tainted());
    control.clear_faults();
    // Adobe knows it from the third look on, and no read says anything else.
    control.fault(absent(2));
    project.plan_drift().does_not_say("NOT_FOUND");
    // The create of the second apply cannot look: the object comes back as it was.
    project.set("AEP_MAX_RETRIES", "0");
    control.fault(Fault::on(Route::Status, Action::Reply(Reply::html(502))).skip(2));
    project.run(&["apply", "-refresh=false", "-auto-approve", "-no-color"]).exits(1);
    assert!(project.is_tainted());
    control.fault(absent(2));
    project.plan_drift().exits(2).says("RUNNING").does_not_say("NOT_FOUND");
    assert!(control.step_to("COMPLETED"));
    project.apply().exits(0);
    assert_eq!(control.counters().submissions, 1);
}

/// The ways out need nobody: a `removed` block without a read, and a `moved` block for a new
/// address.
#[test]
fn management_can_be_given_up_without_adobe_and_an_address_changed() {
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &resource("Config1", KEY, ""));
        let id = project.attributes()["id"].clone();
        let moved = resource("Config1", KEY, "").replace("\"this\"", "\"that\"");
        project.configure(&moved);
        project.apply().exits(1).says(PROTECTED).says("write a `moved` block");
        let block = "moved {\n  from = aep_cmk_config.this\n  to = aep_cmk_config.that\n}\n";
        project.configure(&(moved + block));
        project.apply().exits(0);
        assert_eq!(project.instance("aep_cmk_config.that")["attributes"]["id"], id);
    });
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let unavailable = Action::Reply(Reply::service_unavailable());
    simulator.control().fault(Fault::on(Route::Status, unavailable).forever());
    let removed =
        "removed {\n  from = aep_cmk_config.this\n  lifecycle {\n    destroy = false\n  }\n}";
    project.configure(removed);
    project.run(&["apply", "-refresh=false", "-auto-approve", "-no-color"]).exits(0);
    assert!(project.attributes().is_null());
    assert!(simulator.control().requests().is_empty());
    assert!(simulator.control().configuration("Config1").is_some());
}

/// `terraform destroy` plans first: what stops it and is not the guard names `-refresh=false`, and
/// that works.
#[test]
fn an_error_that_stops_a_destroy_names_the_way_around_it() {
    let simulator = simulator();
    let mut project = in_effect(&simulator, OFF);
    project.set("AEP_MAX_RETRIES", "0");
    let unavailable = Action::Reply(Reply::service_unavailable());
    simulator.control().fault(Fault::on(Route::Status, unavailable).forever());
    project.destroy().exits(1).says("add `-refresh=false` to it");
    project.run(&["destroy", "-refresh=false", "-auto-approve"]).exits(0);
    assert!(project.attributes().is_null());
}
