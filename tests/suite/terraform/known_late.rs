//! Names and keys that only the apply knows, of objects that nothing guards.

use crate::support::{
    KEY, KEY_VERSIONLESS, OTHER_KEY, Project, block, simulator, stored, upstream, with_each,
    with_upstream,
};

const OFF: &str = "deletion_protection = false";
const APPLY_SAVED: [&str; 4] = ["apply", "-input=false", "-no-color", "saved"];

/// A block whose name comes out of `terraform_data.upstream`.
fn named_late(generation: &str, name: &str) -> String {
    upstream(generation, name)
        + &block("this", "terraform_data.upstream.output", &format!("\"{KEY}\""), OFF)
}

#[test]
fn an_unknown_name_plans_a_replacement_whatever_it_turns_out_to_be() {
    with_each(|cli| {
        for (name, submissions) in [("Config1", 0), ("Config2", 1)] {
            let simulator = simulator();
            let project = stored(cli, &simulator, "COMPLETED", &named_late("1", "Config1"));
            let id = project.attributes()["id"].clone();
            project.configure(&named_late("2", name));
            project
                .run(&["plan", "-out=saved", "-no-color"])
                .exits(0)
                .says("aep_cmk_config.this must be replaced")
                .says("2 to add, 0 to change, 2 to destroy");
            project
                .run(&APPLY_SAVED)
                .exits(0)
                .does_not_say("inconsistent final plan")
                .does_not_say("bug in the provider");
            assert_eq!(project.attributes()["name"], name);
            assert_eq!(project.attributes()["status"], "COMPLETED");
            assert_eq!(project.attributes()["id"] == id, submissions == 0);
            assert_eq!(simulator.control().counters().submissions, submissions);
            project.plan().exits(0);
        }
    });
}

#[test]
fn a_stored_failure_with_an_unknown_name_is_replaced_too() {
    with_each(|cli| {
        for name in ["Config1", "Config2"] {
            let simulator = simulator();
            let project = stored(cli, &simulator, "COMPLETED", &named_late("1", "Config1"));
            assert!(simulator.control().set_status("Config1", "FAILED"));
            project.configure(&named_late("2", name));
            project.apply().exits(0).does_not_say("bug in the provider");
            assert_eq!(project.attributes()["name"], name);
            assert_eq!(project.attributes()["status"], "COMPLETED");
            assert_eq!(simulator.control().counters().submissions, 1);
        }
    });
}

#[test]
fn an_unknown_key_is_planned_in_place_with_a_warning_and_another_one_stops_the_apply() {
    with_each(|cli| {
        let simulator = simulator();
        let project = stored(cli, &simulator, "COMPLETED", &with_upstream("1", KEY, OFF));
        let id = project.attributes()["id"].clone();
        project.configure(&with_upstream("2", KEY_VERSIONLESS, OFF));
        project
            .plan()
            .exits(2)
            .says("The key is not known before apply")
            .says("1 to add, 1 to change, 1 to destroy");
        project.apply().exits(0);
        project.configure(&with_upstream("3", OTHER_KEY, OFF));
        project.apply().exits(1).says("Another key needs a new name").says(OTHER_KEY);
        assert_eq!(project.attributes()["id"], id);
        assert_eq!(project.attributes()["vault_name"], "adobecmkexample");
        assert!(!project.is_tainted());
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

#[test]
fn a_key_of_a_new_block_that_turns_out_to_be_another_one_than_adobes_stops_the_create() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure(&with_upstream("1", OTHER_KEY, ""));
    project.plan().exits(2).says("The name is already in use at Adobe");
    project.apply().exits(1).says("The name is taken by a configuration with another key");
    assert!(project.attributes().is_null());
    assert_eq!(simulator.control().counters().submissions, 0);
}
