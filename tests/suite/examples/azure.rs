//! The two Azure examples, without Azure. A block of another provider becomes a local value with
//! the arguments that the example gives it; everything else is applied as it stands. So each
//! precondition judges what the example says.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{NAME, output, removed_block, text};
use crate::support::{Project, simulator};

const KEY: &str = "https://customer.vault.azure.net/keys/adobe-cmk";
const HSM_KEY: &str = "https://customer.managedhsm.azure.net/keys/adobe-cmk";
const ROLE: &str = "Key Vault Crypto Service Encryption User";
/// Managed HSM Crypto Service Encryption User
const HSM_ROLE: &str = "/Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/33413926-3206-4cdd-b39a-83574fe37a17";

const REQUIRED_PROVIDERS: &str = "terraform {\n  required_providers {\n    aep = {\n      source = \"aep-cmk/aep\"\n    }\n  }\n}\n";

/// What Azure knows of an object: the attributes that an example reads and need not write.
const COMPUTED: &str = r#"
azurerm_key_vault: id = "vault", public_network_access_enabled = true, purge_protection_enabled = null
azurerm_key_vault_key: versionless_id = "https://customer.vault.azure.net/keys/adobe-cmk", expiration_date = null, not_before_date = null
azurerm_key_vault_managed_hardware_security_module_key: id = "https://customer.managedhsm.azure.net/keys/adobe-cmk", expiration_date = null, not_before_date = null
azurerm_key_vault_managed_hardware_security_module: id = "hsm", purge_protection_enabled = true, tenant_id = var.tenant_id
azuread_service_principal: object_id = "5b0a6d3c-7a43-4a5e-8f0e-2f6f1d7f7c55"
"#;

/// Those that an example declares are set.
const VARIABLES: [(&str, &str); 7] = [
    ("tenant_id", r#""3f2504e0-4f89-41d3-9a0c-0305e82c3301""#),
    ("subscription_id", r#""none""#),
    ("vault_name", r#""customer""#),
    ("hsm_name", r#""customer""#),
    ("resource_group_name", r#""none""#),
    ("terraform_addresses", r#"["198.51.100.7", "203.0.113.0/24"]"#),
    ("key_administrators", r#"["9d0bc50c-8e3c-4a46-9a2f-0d6a5a7f9d0e"]"#),
];

/// What is written in the example or the name of a variable, what somebody writes in its place, and
/// the message that stops the plan.
type Mistake = (&'static str, &'static str, &'static str);

const TYPE_OR_SIZE: &str = "Adobe takes keys of type RSA or RSA-HSM with at least 3072 bits.";
const OPERATIONS: &str = "The key has to allow wrapKey and unwrapKey.";
const DATES: &str = "The key has expired, or is not active yet.";
const PURGE: &str = "Adobe requires soft delete and purge protection on the vault.";
const FIREWALL: &str = "The vault's firewall has to let in trusted Microsoft services and Adobe's address 20.88.123.53.";
const RBAC: &str = "Adobe's app gets a role, so the vault's permission model has to be Azure RBAC, not access policies.";
const TENANT: &str = "The vault has to be in the tenant where Adobe's app has consent.";
const HSM_PURGE: &str = "Adobe requires purge protection on the Managed HSM.";
const HSM_TENANT: &str = "The Managed HSM has to be in the tenant where Adobe's app has consent.";
const ADDRESSES: &str = "Give at least one IPv4 address or range";
const ADMINISTRATORS: &str = "Give at least the object id of whoever runs Terraform.";
const OTHER_TENANT: &str = r#"  tenant_id = "00000000-0000-0000-0000-000000000001""#;
const EXPIRED: &str = r#"  expiration_date = "2020-01-01T00:00:00Z""#;
const NOT_YET: &str = r#"  not_before_date = "2999-01-01T00:00:00Z""#;

const KEY_VAULT_MISTAKES: [Mistake; 11] = [
    ("key_size     = 3072", "key_size = 2048", TYPE_OR_SIZE),
    (r#"= "RSA-HSM""#, r#"= "EC""#, TYPE_OR_SIZE),
    (r#"key_opts     = ["wrapKey", "unwrapKey"]"#, r#"key_opts = ["wrapKey"]"#, OPERATIONS),
    ("  purge_protection_enabled   = true", "  purge_protection_enabled = false", PURGE),
    ("  purge_protection_enabled   = true", "", PURGE),
    ("rbac_authorization_enabled = true", "rbac_authorization_enabled = false", RBAC),
    ("concat([local.adobe_address], var.terraform_addresses)", "var.terraform_addresses", FIREWALL),
    (r#"bypass         = "AzureServices""#, r#"bypass = "None""#, FIREWALL),
    ("  name         = \"adobe-cmk\"", EXPIRED, DATES),
    ("  name         = \"adobe-cmk\"", NOT_YET, DATES),
    ("  tenant_id                  = var.tenant_id", OTHER_TENANT, TENANT),
];

const MISTAKEN_VARIABLES: [Mistake; 3] = [
    ("terraform_addresses", "[]", ADDRESSES),
    ("terraform_addresses", "[\"here\"]", ADDRESSES),
    ("key_administrators", "[]", ADMINISTRATORS),
];

const MANAGED_HSM_MISTAKES: [Mistake; 7] = [
    ("key_size       = 3072", "key_size = 2048", TYPE_OR_SIZE),
    (r#"      = "RSA-HSM""#, r#" = "EC-HSM""#, TYPE_OR_SIZE),
    (r#"key_opts       = ["wrapKey", "unwrapKey"]"#, r#"key_opts = ["unwrapKey"]"#, OPERATIONS),
    ("  name           = \"adobe-cmk\"", EXPIRED, DATES),
    ("  name           = \"adobe-cmk\"", NOT_YET, DATES),
    (
        "  resource_group_name = var.resource_group_name",
        "  purge_protection_enabled = false",
        HSM_PURGE,
    ),
    ("  resource_group_name = var.resource_group_name", OTHER_TENANT, HSM_TENANT),
];

#[test]
fn the_key_vault() {
    let text = ["key-vault/main.tf", "key-vault/variables.tf", "key-vault/adobe.tf"].map(text);
    let (text, role) = (text.concat(), "azurerm_role_assignment.adobe.role_definition_name");
    applied_and_given_up(&text, [role, ROLE, KEY]);
    each_mistake_stops_a_plan(&text, "precondition {", &KEY_VAULT_MISTAKES);
    each_mistake_stops_a_plan(&text, "validation {", &MISTAKEN_VARIABLES);
}

#[test]
fn the_managed_hsm() {
    let text = ["managed-hsm/main.tf", "managed-hsm/variables.tf"].map(text).concat();
    let role = "azurerm_key_vault_managed_hardware_security_module_role_assignment.adobe.role_definition_id";
    applied_and_given_up(&text, [role, HSM_ROLE, HSM_KEY]);
    each_mistake_stops_a_plan(&text, "precondition {", &MANAGED_HSM_MISTAKES);
}

/// From nothing to a key in effect, a failure that the check block tells of, the guard, and the
/// guide's way out.
fn applied_and_given_up(text: &str, [role, role_name, key]: [&str; 3]) {
    let simulator = simulator();
    let project = Project::new(&simulator);
    project.write("terraform.tfvars", &assignments(text, "", ""));
    let text = with_stand_ins(&format!("{text}output \"role\" {{\n  value = {role}\n}}\n"));
    project.write("example.tf", &text);
    project.apply().exits(0).does_not_say("Warning: Check");
    let found = simulator.control().configuration(NAME).expect("submitted");
    assert_eq!(found.key_identifier, key);
    assert_eq!(output(&project, "role"), role_name);
    project.plan().exits(0);

    simulator.control().set_status(NAME, "FAILED");
    project.plan_drift().exits(2).says("The customer-managed key is FAILED at Adobe.");
    simulator.control().set_status(NAME, "COMPLETED");

    project.destroy().exits(1).says("The key is in effect and protected");
    // The checks refer to the resource and its key, so they go with it.
    let rest = blocks(&text).filter(|block| {
        !block.contains("resource \"aep_cmk_config\"") && !block.contains("check \"")
    });
    project.write("example.tf", &(rest.collect::<String>() + &removed_block()));
    project.apply().exits(0);
    assert_eq!(project.instance("aep_cmk_config.customer_data"), Value::Null);
    assert!(simulator.control().configuration(NAME).is_some());
}

/// Each mistake stops a plan with its message, and each condition of the example has a mistake.
/// Each is made in a module of its own, so that one plan finds them all.
fn each_mistake_stops_a_plan(text: &str, condition: &str, mistakes: &[Mistake]) {
    let messages: BTreeSet<&str> = mistakes.iter().map(|(.., message)| *message).collect();
    let conditions = text.matches(&format!("  {condition}")).count();
    assert_eq!(messages.len(), conditions, "a mistake for each condition: {messages:?}");
    let simulator = simulator();
    let project = Project::new(&simulator);
    let mut root = String::new();
    for (number, (from, to, _)) in mistakes.iter().enumerate() {
        let is_of_variable = VARIABLES.iter().any(|(name, _)| name == from);
        assert!(is_of_variable || text.matches(from).count() == 1, "{from}");
        let module = if is_of_variable { text.to_owned() } else { text.replace(from, to) };
        fs::create_dir(project.path().join(format!("m{number}"))).expect("a folder");
        project.write(&format!("m{number}/example.tf"), &with_stand_ins(&module));
        let arguments = assignments(text, from, to);
        root += &format!("module \"m{number}\" {{\n  source = \"./m{number}\"\n{arguments}}}\n");
    }
    project.write("main.tf", &root);
    project.run(&["get"]).exits(0);
    let errors = project.plan().exits(1).text();
    for (number, (from, to, message)) in mistakes.iter().enumerate() {
        let place = format!("m{number}/example.tf");
        let is_told = |error: &str| error.contains(&place) && error.contains(message);
        assert!(errors.split("Error: ").any(is_told), "{from} → {to}: {message}\n{errors}");
    }
    assert_eq!(errors.matches("Error: ").count(), mistakes.len(), "{errors}");
}

/// The variables that a text declares; the one called `name` has another value.
fn assignments(text: &str, name: &str, other: &str) -> String {
    let declared = |known: &str| text.contains(&format!("variable \"{known}\""));
    let declared = VARIABLES.iter().filter(|(known, _)| declared(known));
    let value = |known, value| if known == name { other } else { value };
    declared.map(|(known, it)| format!("{known} = {}\n", value(*known, *it))).collect()
}

/// The blocks of a file, each up to the brace that closes it at the left margin.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive("\n}\n")
}

/// The example with a local value in the place of each block that another provider would have to
/// know.
fn with_stand_ins(text: &str) -> String {
    let mut out = String::new();
    let mut stand_ins = Vec::new();
    for block in blocks(text) {
        let head = block.lines().find(|line| line.ends_with('{')).unwrap_or_default();
        let mut words = head.split(' ').map(|word| word.trim_matches('"'));
        let mut word = || words.next().unwrap_or_default();
        match (word(), word(), word()) {
            // Nothing but `aep` can be installed here. Of several objects only `depends_on` speaks.
            ("terraform", ..) => out += REQUIRED_PROVIDERS,
            ("provider", name, _) if name != "aep" => {}
            ("resource" | "data", kind, _)
                if !kind.starts_with("aep_") && block.contains("for_each") => {}
            ("resource" | "data", kind, name) if !kind.starts_with("aep_") => {
                out += &local_value(block, kind, name);
                stand_ins.push((format!("{kind}.{name}."), format!("local.{kind}_{name}.")));
            }
            _ => out += &without(block, "depends_on"),
        }
    }
    for (object, stand_in) in stand_ins {
        out = out.replace(&format!("data.{object}"), &stand_in).replace(&object, &stand_in);
    }
    out
}

/// The arguments of a block over what Azure would know. Nested blocks are lists of one, as in the
/// provider's schema.
fn local_value(block: &str, kind: &str, name: &str) -> String {
    let arguments = without(&without(block, "lifecycle"), "depends_on");
    let mut object = String::new();
    for line in arguments.lines().skip_while(|line| !line.ends_with('{')).skip(1) {
        let line = match line.trim() {
            "}" if line.starts_with(' ') => line.replace('}', "}]"),
            "}" => continue,
            nested if nested.ends_with('{') => line.replace('{', "= [{"),
            _ => line.to_owned(),
        };
        object += &format!("{line}\n");
    }
    let mut computed = COMPUTED.lines().filter_map(|line| line.split_once(": "));
    let computed = computed.find(|(known, _)| *known == kind).map_or("", |(_, text)| text);
    format!("locals {{\n  {kind}_{name} = merge({{ {computed} }}, {{\n{object}  }})\n}}\n")
}

/// The block without an argument or a nested block of it, which may have several lines.
fn without(block: &str, what: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in block.lines() {
        inside |= line.starts_with(&format!("  {what} "));
        if !inside {
            out += &format!("{line}\n");
        }
        inside &= line != "  }" && !line.ends_with(']');
    }
    out
}
