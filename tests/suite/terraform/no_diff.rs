//! What is no difference, and what a removed argument means.

use crate::support::{KEY, KEY_VERSIONLESS, in_effect, resource, simulator};

#[test]
fn another_spelling_of_the_same_key_plans_nothing() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let host = "adobecmkexample.vault.azure.net";
    for (case, key) in [
        ("another version", format!("{KEY_VERSIONLESS}/0123456789abcdef0123456789abcdef")),
        ("no version", KEY_VERSIONLESS.to_owned()),
        ("a slash at the end", format!("{KEY}/")),
        ("the port", format!("https://{host}:443/keys/adobeCMK-key")),
        (
            "capitals in the host",
            "https://AdobeCMKexample.Vault.Azure.NET/keys/adobeCMK-key".to_owned(),
        ),
        ("capitals in the key", format!("https://{host}/keys/ADOBEcmk-KEY")),
    ] {
        project.configure(&resource("Config1", &key, ""));
        let plan = project.plan();
        assert_eq!(plan.code, Some(0), "{case}: {}{}", plan.stdout, plan.stderr);
    }
    project.apply().exits(0).says("0 added, 0 changed, 0 destroyed");
    assert_eq!(project.attributes()["key_vault_key_identifier"], KEY);
}

#[test]
fn a_rotation_at_adobe_is_no_drift() {
    let simulator = simulator();
    let project = in_effect(&simulator, "");
    let rotated = format!("{KEY_VERSIONLESS}/ffffffffffffffffffffffffffffffff");
    assert!(simulator.control().set_key("Config1", &rotated));
    project.plan().exits(0);
    project.configure(&resource("Config1", KEY_VERSIONLESS, ""));
    project.plan().exits(0);
}

#[test]
fn a_removed_argument_returns_to_its_default() {
    let simulator = simulator();
    let written = "adopt_existing = true\n  deletion_protection = false\n  wait_for_completion = false\n  \
        failed_attempts = 3\n  timeouts {\n    create = \"5m\"\n  }";
    let project = in_effect(&simulator, written);
    assert_eq!(project.attributes()["failed_attempts"], 3);
    assert_eq!(project.attributes()["deletion_protection"], false);
    project.configure_one("adopt_existing = false");
    project.apply().exits(0);
    assert_eq!(project.attributes()["adopt_existing"], false);
    project.configure_one("");
    project.plan().exits(2).says("0 to add, 1 to change, 0 to destroy");
    project.apply().exits(0);
    let attributes = project.attributes();
    assert_eq!(attributes["adopt_existing"], true);
    assert_eq!(attributes["deletion_protection"], true);
    assert_eq!(attributes["wait_for_completion"], true);
    assert_eq!(attributes["failed_attempts"], 0);
    assert!(attributes["timeouts"].is_null());
    project.plan().exits(0);
    assert_eq!(simulator.control().counters().submissions, 0);
}
