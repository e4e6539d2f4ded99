//! The two Azure examples, without Azure. A block of another provider becomes a local value with the arguments that the
//! example gives it; everything else is applied as it stands. So each precondition judges what the example says.

use std::collections::BTreeSet;

use aep_simulator::Simulator;
use serde_json::Value;

use super::{Example, NAME, TENANT, removed_block};
use crate::support::{Project, simulator};

const KEY: &str = "https://customer.vault.azure.net/keys/adobe-cmk";
const HSM_KEY: &str = "https://customer.managedhsm.azure.net/keys/adobe-cmk";
const MANAGED_HSM_CRYPTO_SERVICE_ENCRYPTION_USER: &str = "/Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/33413926-3206-4cdd-b39a-83574fe37a17";

const REQUIRED_PROVIDERS: &str = "terraform {\n  required_providers {\n    aep = {\n      source = \"aep-cmk/aep\"\n    }\n  }\n}\n";

/// What Azure knows of an object: the attributes that an example reads and need not write.
const COMPUTED: [(&str, &str); 5] = [
    (
        "azurerm_key_vault",
        r#"id = "vault", public_network_access_enabled = true, purge_protection_enabled = null"#,
    ),
    (
        "azurerm_key_vault_key",
        r#"versionless_id = "https://customer.vault.azure.net/keys/adobe-cmk", expiration_date = null, not_before_date = null"#,
    ),
    (
        "azurerm_key_vault_managed_hardware_security_module_key",
        r#"id = "https://customer.managedhsm.azure.net/keys/adobe-cmk", expiration_date = null, not_before_date = null"#,
    ),
    (
        "azurerm_key_vault_managed_hardware_security_module",
        r#"id = "hsm", purge_protection_enabled = true, tenant_id = var.tenant_id"#,
    ),
    ("azuread_service_principal", r#"object_id = "5b0a6d3c-7a43-4a5e-8f0e-2f6f1d7f7c55""#),
];

const VARIABLES: [(&str, &str); 7] = [
    ("tenant_id", TENANT),
    ("subscription_id", "none"),
    ("vault_name", "customer"),
    ("hsm_name", "customer"),
    ("resource_group_name", "none"),
    ("terraform_addresses", r#"["198.51.100.7", "203.0.113.0/24"]"#),
    ("key_administrators", r#"["9d0bc50c-8e3c-4a46-9a2f-0d6a5a7f9d0e"]"#),
];

/// What is written in the example, what somebody writes in its place, and the message that stops the plan.
type Mistake = (&'static str, &'static str, &'static str);

const TYPE_OR_SIZE: &str = "Adobe takes keys of type RSA or RSA-HSM with at least 3072 bits.";
const OPERATIONS: &str = "The key has to allow wrapKey and unwrapKey.";
const DATES: &str = "The key has expired, or is not active yet.";
const PURGE: &str = "Adobe requires soft delete and purge protection on the vault.";
const FIREWALL: &str = "The vault's firewall has to let in trusted Microsoft services and Adobe's address 20.88.123.53.";
const OTHER_TENANT: &str = r#"  tenant_id = "00000000-0000-0000-0000-000000000001""#;
const EXPIRED: &str = r#"  expiration_date = "2020-01-01T00:00:00Z""#;
const NOT_YET: &str = r#"  not_before_date = "2999-01-01T00:00:00Z""#;

const KEY_VAULT_MISTAKES: [Mistake; 11] = [
    ("key_size     = 3072", "key_size = 2048", TYPE_OR_SIZE),
    (r#"= "RSA-HSM""#, r#"= "EC""#, TYPE_OR_SIZE),
    (r#"key_opts     = ["wrapKey", "unwrapKey"]"#, r#"key_opts = ["wrapKey"]"#, OPERATIONS),
    ("  purge_protection_enabled   = true", "  purge_protection_enabled = false", PURGE),
    ("  purge_protection_enabled   = true", "", PURGE),
    (
        "rbac_authorization_enabled = true",
        "rbac_authorization_enabled = false",
        "Adobe's app gets a role, so the vault's permission model has to be Azure RBAC, not access policies.",
    ),
    ("concat([local.adobe_address], var.terraform_addresses)", "var.terraform_addresses", FIREWALL),
    (r#"bypass         = "AzureServices""#, r#"bypass = "None""#, FIREWALL),
    ("  name         = \"adobe-cmk\"", EXPIRED, DATES),
    ("  name         = \"adobe-cmk\"", NOT_YET, DATES),
    (
        "  tenant_id                  = var.tenant_id",
        OTHER_TENANT,
        "The vault has to be in the tenant where Adobe's app has consent.",
    ),
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
        "Adobe requires purge protection on the Managed HSM.",
    ),
    (
        "  resource_group_name = var.resource_group_name",
        OTHER_TENANT,
        "The Managed HSM has to be in the tenant where Adobe's app has consent.",
    ),
];

pub(super) fn the_key_vault(example: &Example) {
    let role = "azurerm_role_assignment.adobe.role_definition_name";
    applied_and_given_up(example, KEY, (role, "Key Vault Crypto Service Encryption User"));
    each_mistake_stops_a_plan(example, &KEY_VAULT_MISTAKES);
    for addresses in ["[]", "[\"here\"]"] {
        let simulator = simulator();
        let mut project = project(&simulator, &with_stand_ins(&text(example)));
        project.set("TF_VAR_terraform_addresses", addresses);
        project.plan().exits(1).says("Give at least one IPv4 address or range");
    }
}

pub(super) fn the_managed_hsm(example: &Example) {
    let role = "azurerm_key_vault_managed_hardware_security_module_role_assignment.adobe.role_definition_id";
    applied_and_given_up(example, HSM_KEY, (role, MANAGED_HSM_CRYPTO_SERVICE_ENCRYPTION_USER));
    each_mistake_stops_a_plan(example, &MANAGED_HSM_MISTAKES);
}

/// From nothing to a key in effect, a failure that the check block tells of, the guard, and the guide's way out.
fn applied_and_given_up(example: &Example, key: &str, (role, role_name): (&str, &str)) {
    let simulator = simulator();
    let output = format!("output \"role\" {{\n  value = {role}\n}}\n");
    let text = with_stand_ins(&(text(example) + &output));
    let project = project(&simulator, &text);
    project.apply().exits(0).does_not_say("Warning: Check");
    let found = simulator.control().configuration(NAME).expect("submitted");
    assert_eq!(found.key_identifier, key);
    assert_eq!(super::output(&project, "role"), role_name);
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

/// Each mistake stops a plan with its message, and each precondition of the example has a mistake.
fn each_mistake_stops_a_plan(example: &Example, mistakes: &[Mistake]) {
    let text = text(example);
    let messages: BTreeSet<&str> = mistakes.iter().map(|(_, _, message)| *message).collect();
    let preconditions = text.matches("    precondition {").count();
    assert_eq!(messages.len(), preconditions, "a mistake for each precondition: {messages:?}");
    for (from, to, message) in mistakes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let simulator = simulator();
        let project = project(&simulator, &with_stand_ins(&text.replace(from, to)));
        project.plan().exits(1).says("Resource precondition failed").says(message);
    }
}

fn project(simulator: &Simulator, text: &str) -> Project {
    let mut project = Project::new(simulator);
    project.write("example.tf", text);
    for (name, value) in VARIABLES {
        project.set(&format!("TF_VAR_{name}"), value);
    }
    project
}

fn text(example: &Example) -> String {
    example.files.iter().map(|file| example.text(file)).collect()
}

/// The blocks of a file, each up to the brace that closes it at the left margin.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive("\n}\n")
}

/// The example with a local value in the place of each block that another provider would have to know.
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

/// The arguments of a block over what Azure would know. Nested blocks are lists of one, as in the provider's schema.
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
    let computed = COMPUTED.iter().find(|(known, _)| *known == kind).map_or("", |(_, text)| text);
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
