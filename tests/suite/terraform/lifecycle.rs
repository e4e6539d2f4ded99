//! Create, read, plan, destroy: the life of one configuration.

use aep_simulator::{UnknownName, Versionless};
use serde_json::{Value, json};

use crate::support::{KEY, KEY_VERSIONLESS, ORG_ID, Project, resource, simulator, simulator_with};

#[test]
fn a_first_apply_puts_the_key_into_effect_and_the_next_plan_is_empty() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["status"], "COMPLETED");
    assert_eq!(attributes["name"], "Config1");
    assert_eq!(attributes["key_vault_key_identifier"], KEY);
    simulator.control().clear_log();
    project.plan().exits(0);
    assert_eq!(simulator.control().requests().len(), 1);
    assert_eq!(simulator.control().counters().submissions_accepted, 1);
}

#[test]
fn every_attribute_is_stored_as_adobe_answers_it() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(0);
    assert_eq!(
        project.attributes(),
        json!({
            "name": "Config1",
            "key_vault_key_identifier": KEY,
            "adopt_existing": true,
            "deletion_protection": true,
            "wait_for_completion": true,
            "failed_attempts": 0,
            "timeouts": null,
            "id": "4df7886b-a122-4391-880b-000000000001",
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
}

#[test]
fn a_key_without_a_version_has_none_in_the_state() {
    for versionless in [Versionless::Absent, Versionless::Empty] {
        let simulator = simulator_with(|options| options.versionless = versionless);
        let project = Project::new(&simulator);
        project.configure(&resource("Config1", KEY_VERSIONLESS, ""));
        project.apply().exits(0);
        let attributes = project.attributes();
        assert_eq!(attributes["key_version"], Value::Null, "{versionless:?}");
        assert_eq!(attributes["key_vault_key_identifier"], KEY_VERSIONLESS);
        assert_eq!(attributes["versionless_key_identifier"], KEY_VERSIONLESS);
        project.plan().exits(0);
    }
}

#[test]
fn a_key_of_a_managed_hsm_is_told_apart() {
    let key = "https://my-hsm.managedhsm.azure.net/keys/wrap";
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure(&resource("Config1", key, ""));
    project.apply().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["managed_hsm"], true);
    assert_eq!(attributes["vault_name"], "my-hsm");
    assert_eq!(attributes["key_vault_uri"], "https://my-hsm.managedhsm.azure.net");
    assert_eq!(attributes["key_name"], "wrap");
}

#[test]
fn whatever_an_unknown_name_is_answered_with_it_is_submitted() {
    for unknown_name in [
        UnknownName::GatewayNotFound,
        UnknownName::NoContent,
        UnknownName::Empty,
        UnknownName::Null,
        UnknownName::BadRequest,
    ] {
        let simulator = simulator_with(|options| options.unknown_name = unknown_name);
        let project = Project::new(&simulator);
        project.configure_one("wait_for_completion = false");
        project.apply().exits(0);
        let counters = simulator.control().counters();
        assert_eq!(
            (counters.submissions, counters.submissions_accepted),
            (1, 1),
            "{unknown_name:?}"
        );
    }
}

#[test]
fn any_2xx_is_an_acceptance() {
    for status in [201, 202] {
        let simulator = simulator_with(|options| options.accepted_status = status);
        let project = Project::new(&simulator);
        project.configure_one("");
        project.apply().exits(0);
        assert_eq!(project.attributes()["status"], "COMPLETED");
        assert_eq!(simulator.control().counters().submissions, 1);
    }
}

#[test]
fn a_destroy_without_protection_forgets_with_a_warning() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("");
    project.apply().exits(0);
    // Lifting the protection is an apply of its own, which sends nothing but the refresh.
    project.configure_one("deletion_protection = false");
    project.destroy().exits(1).says("The key is in effect and protected");
    simulator.control().clear_log();
    project.apply().exits(0).says("1 changed");
    assert_eq!(simulator.control().requests().len(), 1);

    let before = simulator.control().configurations();
    project.destroy().exits(0).says("The configuration stays in effect at Adobe");
    assert_eq!(project.instance("aep_cmk_config.this"), Value::Null);
    assert_eq!(simulator.control().configurations(), before);
    assert_eq!(simulator.control().counters().submissions, 1);
}

#[test]
fn timeouts_are_stored_as_written_and_plan_empty() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure_one("timeouts {\n    create = \"1h30m\"\n    read = \"90s\"\n  }");
    project.apply().exits(0);
    assert_eq!(
        project.attributes()["timeouts"],
        json!({"create": "1h30m", "read": "90s", "update": null})
    );
    project.plan().exits(0);
    project.configure_one("timeouts {\n    create = \"soon\"\n  }");
    project.validate().exits(1).says("create");
}
