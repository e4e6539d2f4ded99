//! Import of what somebody else submitted.

use serde_json::Value;

use crate::support::{Feature, KEY, ORG_ID, OTHER_KEY, Project, resource, simulator, with_each};

fn import(project: &Project, name: &str) -> crate::support::Run {
    project.run(&["import", "-input=false", "-no-color", "aep_cmk_config.this", name])
}

/// By name, which is case-sensitive and has to be there. It stores the defaults, so that the sample
/// block plans empty.
#[test]
fn an_import_by_name_stores_the_defaults() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure_one("");
    import(&project, "config1").exits(1).says("There is no configuration of this name");
    assert_eq!(project.attributes(), Value::Null);
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

/// By `import` block, with a name or an identity, and `-generate-config-out`: what is generated
/// plans empty. The organisation of an identity has to be the provider's.
#[test]
fn an_import_block_generates_a_configuration_that_plans_empty() {
    let by_identity = |org_id| {
        format!("identity = {{\n    name = \"Config1\"\n    ims_org_id = \"{org_id}\"\n  }}")
    };
    let other = by_identity("AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg");
    with_each(|cli| {
        let has_identities = cli.has(Feature::Identity);
        let simulator = simulator();
        simulator.control().insert("Config1", KEY, "COMPLETED");
        for (by, error) in [
            ("id = \"Config1\"", None),
            (
                &by_identity(ORG_ID),
                (!has_identities).then_some("\"identity\" is not expected here"),
            ),
            (&other, has_identities.then_some("names another organisation")),
        ] {
            let project = Project::with(cli, &simulator);
            project.configure(&format!("import {{\n  to = aep_cmk_config.this\n  {by}\n}}"));
            let plan = ["plan", "-generate-config-out=generated.tf", "-out=saved", "-no-color"];
            let run = project.run(&plan);
            if let Some(error) = error {
                run.exits(1).says(error);
            } else if by != other {
                run.exits(0).says("1 to import, 0 to add, 0 to change, 0 to destroy");
                project.run(&["show", "-json", "saved"]).exits(0);
                project.apply_saved().exits(0);
                project.configure("");
                project.plan().exits(0);
            }
        }
        assert_eq!(simulator.control().counters().submissions, 0);
    });
}

/// What is imported counts as having been in effect, whatever its status: it is guarded against the
/// key of the block.
#[test]
fn an_import_next_to_another_key_is_protected() {
    for status in ["COMPLETED", "FAILED"] {
        let simulator = simulator();
        simulator.control().insert("Config1", OTHER_KEY, status);
        let project = Project::new(&simulator);
        project.configure(&resource("Config1", KEY, ""));
        import(&project, "Config1").exits(0);
        project
            .plan()
            .exits(1)
            .says("The key is in effect and protected")
            .says(OTHER_KEY)
            .says(KEY);
    }
}
