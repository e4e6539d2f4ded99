//! The functions, as outputs of a configuration without any resource.

use serde_json::{Value, json};

use crate::support::{KEY, Project, Run, simulator};

const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const REDIRECT: &str = "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code\
    &client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/common&scope=user.read";

/// Plans an output. Functions need neither credentials nor a network.
fn output(expression: &str) -> (Project, Run) {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project.unset("AEP_ACCESS_TOKEN").unset("AEP_ORG_ID").unset("AEP_ENDPOINT");
    project.configure(&format!("output \"it\" {{\n  value = {expression}\n}}"));
    let run = project.apply();
    assert!(simulator.control().requests().is_empty());
    (project, run)
}

fn value(expression: &str) -> Value {
    let (project, run) = output(expression);
    run.exits(0);
    project.state()["outputs"]["it"]["value"].clone()
}

#[test]
fn a_key_identifier_is_taken_apart() {
    assert_eq!(
        value(&format!("provider::aep::parse_key_identifier(\"{KEY}\")")),
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
}

#[test]
fn a_key_without_a_version_has_a_null_one_and_a_managed_hsm_has_its_own_role() {
    let parsed = value(
        "provider::aep::parse_key_identifier(\"https://HSM-a.managedhsm.azure.net:443/keys/Wrap/\")",
    );
    // The state leaves a null attribute of an output's object in place.
    assert_eq!(parsed["key_version"], Value::Null);
    assert_eq!(parsed["managed_hsm"], true);
    assert_eq!(parsed["required_role"], "Managed HSM Crypto Service Encryption User");
    assert_eq!(parsed["key_vault_uri"], "https://hsm-a.managedhsm.azure.net");
    assert_eq!(parsed["key_name"], "Wrap");
}

#[test]
fn a_null_version_is_equal_to_null() {
    assert_eq!(
        value(
            "provider::aep::parse_key_identifier(\"https://vault-a.vault.azure.net/keys/k\").key_version == null"
        ),
        true
    );
}

#[test]
fn a_consent_url_names_the_tenant_and_nothing_else_is_touched() {
    let expected = REDIRECT.replacen("/common/", &format!("/{TENANT}/"), 1);
    assert_eq!(
        value(&format!("provider::aep::consent_url(\"{REDIRECT}\", \"{TENANT}\")")),
        expected
    );
}

#[test]
fn a_mistake_is_an_error_on_its_argument() {
    for (expression, parameter, sentence) in [
        (
            "provider::aep::parse_key_identifier(\"arn:aws:kms:us-east-1:1:key/1\")".to_owned(),
            "Invalid value for \"id\" parameter",
            "the ARN of a key in AWS",
        ),
        (
            format!(
                "provider::aep::consent_url(\"https://login.microsoftonline.com/x\", \"{TENANT}\")"
            ),
            "Invalid value for \"application_redirect_url\" parameter",
            "common",
        ),
        (
            format!("provider::aep::consent_url(\"{REDIRECT}\", \"contoso.com\")"),
            "Invalid value for \"tenant_id\" parameter",
            "contoso.com",
        ),
        (
            "provider::aep::parse_key_identifier(null)".to_owned(),
            "Invalid value for \"id\" parameter",
            "argument must not be null",
        ),
    ] {
        let (_, run) = output(&expression);
        run.exits(1).says(parameter).says(sentence);
    }
}
