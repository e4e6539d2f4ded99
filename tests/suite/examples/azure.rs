//! The end-to-end example, without Azure: Adobe's part of it, with stand-ins for Azure's objects.

use serde_json::Value;

use super::{EXAMPLE_KEY, Example, NAME, TENANT, read, removed_block};
use crate::support::{Project, simulator};

pub(super) fn adobes_part_of_the_end_to_end_example(example: &Example) {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let main = example.text("main.tf");
    project.configure_with(block(&main, "provider \"aep\" {"), "");
    let adobe = with_stand_ins(&example.text("adobe.tf"));
    project.write("adobe.tf", &adobe);
    project.write("variables.tf", &example.text("variables.tf"));
    project.set("TF_VAR_subscription_id", "none");
    project.set("TF_VAR_vault_name", "none");

    project.apply().exits(0).does_not_say("Warning: Check");
    let found = simulator.control().configuration(NAME).expect("submitted");
    assert_eq!(found.key_identifier, EXAMPLE_KEY);
    let role = project.instance("terraform_data.role_assignment");
    let input = &role["attributes"]["input"]["value"];
    assert_eq!(input["role_definition_name"], "Key Vault Crypto Service Encryption User");
    project.plan().exits(0);

    simulator.control().set_status(NAME, "FAILED");
    project.plan_drift().exits(2).says("The customer-managed key is FAILED at Adobe.");
    simulator.control().set_status(NAME, "COMPLETED");

    project.destroy().exits(1).says("The key is in effect and protected");
    // The check block refers to the resource, so it goes with it.
    let resource = block(&adobe, "resource \"aep_cmk_config\" \"customer_data\" {");
    let check = block(&adobe, "check \"key_in_effect\" {");
    let rest = adobe.replace(resource, &removed_block()).replace(check, "");
    project.write("adobe.tf", &rest);
    project.apply().exits(0);
    assert_eq!(project.instance("aep_cmk_config.customer_data"), Value::Null);
    assert!(simulator.control().configuration(NAME).is_some());
}

/// The file with local stand-ins for Azure's objects. Adobe's blocks stay as they are, references aside.
fn with_stand_ins(adobe: &str) -> String {
    let tenant = format!("\"{TENANT}\"");
    let key = format!("\"{EXAMPLE_KEY}\"");
    let mut text = adobe.to_owned();
    for (azure, stand_in) in [
        ("data.azurerm_client_config.current.tenant_id", tenant.as_str()),
        (
            "resource \"azuread_service_principal\" \"adobe\" {\n  client_id =",
            "resource \"terraform_data\" \"service_principal\" {\n  input =",
        ),
        (
            "resource \"azurerm_role_assignment\" \"adobe\" {",
            "resource \"terraform_data\" \"role_assignment\" {\n  input = {",
        ),
        ("azurerm_key_vault.cmk.id", "\"vault\""),
        (
            "azuread_service_principal.adobe.object_id",
            "terraform_data.service_principal.output\n  }",
        ),
        ("azurerm_key_vault_key.cmk.versionless_id", key.as_str()),
        ("azurerm_role_assignment.adobe", "terraform_data.role_assignment"),
    ] {
        assert!(text.contains(azure), "{azure} is not in adobe.tf");
        text = text.replace(azure, stand_in);
    }
    let left = text.lines().find(|line| {
        line.contains("azure") && !line.starts_with('#') && !line.contains(EXAMPLE_KEY)
    });
    assert_eq!(left, None, "this needs a stand-in in tests/suite/examples.rs");
    text
}

/// A block of a file, by its first line, up to the brace that closes it at the left margin.
fn block<'a>(text: &'a str, first_line: &str) -> &'a str {
    let from = text.find(first_line).expect("the block");
    let length = text[from..].find("\n}").expect("its end");
    &text[from..from + length + 2]
}

#[test]
fn a_new_reference_to_azure_goes_red() {
    let adobe = read("examples/azure-end-to-end/adobe.tf");
    let more = adobe + "\noutput \"vault\" {\n  value = azurerm_key_vault.new.id\n}\n";
    assert!(std::panic::catch_unwind(|| with_stand_ins(&more)).is_err());
}
