//! Import of what somebody else submitted.

use serde_json::Value;

use crate::support::{KEY, ORG_ID, OTHER_KEY, Project, simulator};

const IMPORT_BLOCK: &str = "import {\n  to = aep_cmk_config.this\n  id = \"Config1\"\n}\n";

fn import(project: &Project, name: &str) -> crate::support::Run {
    project.run(&["import", "-input=false", "-no-color", "aep_cmk_config.this", name])
}

#[test]
fn an_import_by_name_plans_empty() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    import(&project, "Config1").exits(0);
    let attributes = project.attributes();
    for (name, expected) in [
        ("name", Value::from("Config1")),
        ("key_vault_key_identifier", KEY.into()),
        ("status", "COMPLETED".into()),
        ("ims_org_id", ORG_ID.into()),
        ("adopt_existing", true.into()),
        ("deletion_protection", true.into()),
        ("wait_for_completion", true.into()),
        ("failed_attempts", 0.into()),
    ] {
        assert_eq!(attributes[name], expected, "{name}");
    }
    project.plan().exits(0);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn an_import_block_generates_a_configuration_that_plans_empty() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure(IMPORT_BLOCK);
    project
        .run(&["plan", "-generate-config-out=generated.tf", "-input=false", "-no-color"])
        .exits(0)
        .says("1 to import, 0 to add, 0 to change, 0 to destroy");
    project.apply().exits(0).says("1 imported");
    project.plan().exits(0);
    project.configure("");
    project.plan().exits(0);
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn an_import_of_a_name_that_is_not_there_is_an_error() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    for name in ["Config2", "config1", "CONFIG1"] {
        import(&project, name).exits(1).says("There is no configuration of this name").says(name);
        assert_eq!(project.attributes(), Value::Null);
    }
    assert!(simulator.control().remove("Config1"));
    project.configure(&format!("{IMPORT_BLOCK}{}", crate::support::resource("Config1", KEY, "")));
    project.plan().exits(1).says("There is no configuration of this name");
}

#[test]
fn an_import_next_to_another_key_is_protected() {
    let simulator = simulator();
    simulator.control().insert("Config1", OTHER_KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    import(&project, "Config1").exits(0);
    project.plan().exits(1).says("The key is in effect and protected").says(OTHER_KEY).says(KEY);
}
