//! The two data sources.

use aep_simulator::{Action, Answer, Fault, Route};
use serde_json::{Value, json};

use crate::support::{KEY, ORG_ID, Project, simulator};

const REDIRECT: &str = "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code\
    &client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52\
    &redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read";
const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn app(more: &str) -> String {
    format!("data \"aep_cmk_app\" \"this\" {{\n  {more}\n}}\n")
}

#[test]
fn the_app_has_five_fields_verbatim_and_the_role_names() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure(&app(""));
    project.apply().exits(0);
    assert_eq!(
        project.instance("data.aep_cmk_app.this")["attributes"],
        json!({
            "tenant_id": null,
            "id": "byok",
            "name": "acpebae9422Caepcmkmultitenantapp",
            "application_uri": "https://adobe.com/acpebae9422Caepcmkmultitenantapp",
            "application_id": "e463a445-c6ac-4ca2-b36a-b5146fcf6a52",
            "application_redirect_url": REDIRECT,
            "consent_url": null,
            "key_vault_role": "Key Vault Crypto Service Encryption User",
            "managed_hsm_role": "Managed HSM Crypto Service Encryption User",
        })
    );
}

#[test]
fn a_tenant_id_takes_the_place_of_common_and_nothing_else_changes() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure(&app(&format!("tenant_id = \"{TENANT}\"")));
    project.apply().exits(0);
    let attributes = project.instance("data.aep_cmk_app.this")["attributes"].clone();
    assert_eq!(attributes["application_redirect_url"], REDIRECT);
    assert_eq!(attributes["consent_url"], REDIRECT.replacen("/common/", &format!("/{TENANT}/"), 1));
}

#[test]
fn a_tenant_id_that_is_none_is_an_error_on_the_attribute() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    for wrong in ["common", "contoso.onmicrosoft.com", "", "3f2504e0"] {
        project.configure(&app(&format!("tenant_id = \"{wrong}\"")));
        project
            .validate()
            .exits(1)
            .says("This is not the id of an Azure tenant")
            .says(&format!("tenant_id = \"{wrong}\""));
    }
    assert_eq!(simulator.control().counters().requests, 0);
}

#[test]
fn a_redirect_url_without_common_is_an_error_that_names_it() {
    let simulator = simulator();
    let body = json!({
        "id": "byok", "name": "n", "applicationUri": "https://adobe.com/n", "applicationId": "i",
        "applicationRedirectUrl": "https://login.microsoftonline.com/organizations/x",
    });
    let project = Project::new(&simulator);
    simulator
        .control()
        .fault(Fault::on(Route::App, Action::Answer(Answer::json(200, &body))).forever());
    project.configure(&app(&format!("tenant_id = \"{TENANT}\"")));
    project.plan().exits(1).says("There is no consent URL for this tenant");
    // Without a tenant nothing has to be replaced.
    project.configure(&app(""));
    project.apply().exits(0);
}

#[test]
fn an_app_registration_with_a_field_missing_is_an_error() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.configure(&app(""));
    let body = json!({"id": "byok", "name": "n"});
    simulator.control().fault(Fault::on(Route::App, Action::Answer(Answer::json(200, &body))));
    project.plan().exits(1).says("Unexpected response from Adobe's API");
}

#[test]
fn a_configuration_is_read_by_its_name() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "RUNNING");
    let project = Project::new(&simulator);
    project.configure("data \"aep_cmk_config\" \"this\" {\n  name = \"Config1\"\n}\n");
    project.apply().exits(0);
    let attributes = project.instance("data.aep_cmk_config.this")["attributes"].clone();
    for (name, expected) in [
        ("name", Value::from("Config1")),
        ("key_vault_key_identifier", KEY.into()),
        ("status", "RUNNING".into()),
        ("ims_org_id", ORG_ID.into()),
        ("key_name", "adobeCMK-key".into()),
        ("managed_hsm", false.into()),
    ] {
        assert_eq!(attributes[name], expected, "{name}");
    }
    assert_eq!(simulator.control().counters().submissions, 0);
}

#[test]
fn a_configuration_that_is_not_there_is_an_error_on_its_name() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let project = Project::new(&simulator);
    project.configure("data \"aep_cmk_config\" \"this\" {\n  name = \"config1\"\n}\n");
    project
        .plan()
        .exits(1)
        .says("There is no configuration of this name")
        .says("names are case-sensitive")
        .says("HTTP 404")
        .says("x-request-id: sim-")
        .says("name = \"config1\"");
}
