//! The two data sources.

use aep_simulator::{Action, Fault, Reply, Route};
use serde_json::{Value, json};

use crate::support::{KEY, ORG_ID, Project, simulator};

const REDIRECT: &str = "https://login.microsoftonline.com/common/oauth2/authorize\
    ?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52\
    &redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read";
const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

/// The app's fields come verbatim, beside the names of the roles. A tenant id takes the place of
/// `common`, and nothing else changes. A configuration is read by its name.
#[test]
fn the_app_and_a_configuration_can_be_read() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "RUNNING");
    let project = Project::new(&simulator);
    project.configure(&format!(
        "data \"aep_cmk_app\" \"this\" {{}}\n\
         data \"aep_cmk_app\" \"ours\" {{\n  tenant_id = \"{TENANT}\"\n}}\n\
         data \"aep_cmk_config\" \"this\" {{\n  name = \"Config1\"\n}}\n"
    ));
    project.apply().exits(0);
    let read = |address: &str| project.instance(address)["attributes"].clone();
    let mut app = json!({
        "tenant_id": null,
        "id": "byok",
        "name": "acpebae9422Caepcmkmultitenantapp",
        "application_uri": "https://adobe.com/acpebae9422Caepcmkmultitenantapp",
        "application_id": "e463a445-c6ac-4ca2-b36a-b5146fcf6a52",
        "application_redirect_url": REDIRECT,
        "consent_url": null,
        "key_vault_role": "Key Vault Crypto Service Encryption User",
        "managed_hsm_role": "Managed HSM Crypto Service Encryption User",
    });
    assert_eq!(read("data.aep_cmk_app.this"), app);
    app["tenant_id"] = TENANT.into();
    app["consent_url"] = REDIRECT.replacen("/common/", &format!("/{TENANT}/"), 1).into();
    assert_eq!(read("data.aep_cmk_app.ours"), app);
    let configuration = read("data.aep_cmk_config.this");
    for (name, expected) in [
        ("name", Value::from("Config1")),
        ("key_vault_key_identifier", KEY.into()),
        ("status", "RUNNING".into()),
        ("ims_org_id", ORG_ID.into()),
        ("key_name", "adobeCMK-key".into()),
        ("managed_hsm", false.into()),
    ] {
        assert_eq!(configuration[name], expected, "{name}");
    }
    assert_eq!(simulator.control().counters().submissions, 0);
}

/// A redirect URL without `common` is an error only for who asks for a tenant's consent; a field
/// that is missing, for everybody.
#[test]
fn an_app_that_lacks_something_is_an_error() {
    let simulator = simulator();
    let mut body = json!({
        "id": "byok", "name": "n", "applicationUri": "https://adobe.com/n", "applicationId": "i",
        "applicationRedirectUrl": "https://login.microsoftonline.com/organizations/x",
    });
    let project = Project::new(&simulator);
    let shows = |body: &Value| {
        let fault = Fault::on(Route::App, Action::Reply(Reply::json(200, body)));
        simulator.control().clear_faults();
        simulator.control().fault(fault.forever());
    };
    shows(&body);
    project.configure(&format!("data \"aep_cmk_app\" \"this\" {{\n  tenant_id = \"{TENANT}\"\n}}"));
    project.plan().exits(1).says("There is no consent URL for this tenant");
    project.configure("data \"aep_cmk_app\" \"this\" {}");
    project.apply().exits(0);
    body["applicationUri"] = Value::Null;
    shows(&body);
    project.plan().exits(1).says("Unexpected response from Adobe's API");
}
