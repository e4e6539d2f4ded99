//! The functions, as outputs of a configuration without any resource.

use serde_json::{Value, json};

use crate::support::{Feature, KEY, Project, simulator, with_each};

const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const REDIRECT: &str = "https://login.microsoftonline.com/common/oauth2/authorize\
    ?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/common\
    &scope=user.read";

/// They need neither credentials nor a network. A version that is not there is null; a Managed HSM
/// has its own role; of the redirect URL only the tenant changes.
#[test]
fn functions_take_a_key_apart_and_make_a_consent_url() {
    let hsm = "https://HSM-a.managedhsm.azure.net:443/keys/Wrap/";
    let outputs = [
        ("key", format!("parse_key_identifier(\"{KEY}\")")),
        ("hsm", format!("parse_key_identifier(\"{hsm}\")")),
        ("is_null", format!("parse_key_identifier(\"{hsm}\").key_version == null")),
        ("consent", format!("consent_url(\"{REDIRECT}\", \"{TENANT}\")")),
    ];
    let body = outputs
        .map(|(name, call)| format!("output \"{name}\" {{\n  value = provider::aep::{call}\n}}\n"));
    with_each(|cli| {
        let simulator = simulator();
        let mut project = Project::with(cli, &simulator);
        // OpenTofu configures a provider before it calls its functions.
        if cli.registry() == "registry.terraform.io" {
            project.unset("AEP_ACCESS_TOKEN").unset("AEP_ORG_ID").unset("AEP_ENDPOINT");
        }
        project.configure(&body.concat());
        let run = project.apply();
        if !cli.has(Feature::Functions) {
            run.exits(1).says("parse_key_identifier");
            return;
        }
        run.exits(0);
        let value = |name: &str| project.state()["outputs"][name]["value"].clone();
        assert_eq!(
            value("key"),
            json!({
                "key_vault_uri": "https://adobecmkexample.vault.azure.net",
                "vault_name": "adobecmkexample",
                "key_name": "adobeCMK-key",
                "key_version": "7c1d50lo28234cc895534c00d7eb4eb4",
                "versionless_id": "https://adobecmkexample.vault.azure.net/keys/adobeCMK-key",
                "managed_hsm": false,
                "required_role": "Key Vault Crypto Service Encryption User",
            })
        );
        let hsm = value("hsm");
        assert_eq!(hsm["key_version"], Value::Null);
        assert_eq!(hsm["managed_hsm"], true);
        assert_eq!(hsm["required_role"], "Managed HSM Crypto Service Encryption User");
        assert_eq!(hsm["key_vault_uri"], "https://hsm-a.managedhsm.azure.net");
        assert_eq!(value("is_null"), true);
        assert_eq!(value("consent"), REDIRECT.replacen("/common/", &format!("/{TENANT}/"), 1));
        assert!(simulator.control().requests().is_empty());
    });
}

/// A mistake is an error on its argument; a null is one that the CLI finds.
#[test]
fn a_null_argument_is_an_error_on_it() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure("output \"it\" {\n  value = provider::aep::parse_key_identifier(null)\n}");
    project.plan().exits(1).says("Invalid value for \"id\" parameter").says("must not be null");
}
