//! Mistakes that `terraform validate` finds, in a resource and in the arguments of functions.

use super::{Case, Stage};
use crate::support::{KEY, resource};

const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

pub(super) const CASES: &[Case] = &[
    ("a key: empty", |stage| key(stage, "")),
    ("a key: an ARN", |stage| key(stage, "arn:aws:kms:us-east-1:111122223333:key/1234abcd")),
    ("a key: a resource id of Azure", |stage| {
        let vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";
        key(stage, &format!("{vault}/keys/k"))
    }),
    ("a key: the URL of a secret", |stage| {
        key(stage, "https://adobecmkexample.vault.azure.net/secrets/s")
    }),
    ("a key: the URL of the vault", |stage| key(stage, "https://adobecmkexample.vault.azure.net/")),
    ("a key: http", |stage| key(stage, "http://adobecmkexample.vault.azure.net/keys/k")),
    ("a key: credentials", |stage| {
        key(stage, "https://u:p@adobecmkexample.vault.azure.net/keys/k")
    }),
    ("a key: a query", |stage| {
        key(stage, "https://adobecmkexample.vault.azure.net/keys/k?api-version=7.4")
    }),
    ("a key: another host", |stage| key(stage, "https://example.com/keys/k")),
    ("a key: the host of a private endpoint", |stage| {
        key(stage, "https://v123.privatelink.vaultcore.azure.net/keys/k")
    }),
    ("a key: without a name", |stage| key(stage, "https://adobecmkexample.vault.azure.net/keys/")),
    ("a name: empty", |stage| name(stage, "")),
    ("a name: dots", |stage| name(stage, "..")),
    ("a name: a line break", |stage| name(stage, "one\ntwo")),
    ("failed_attempts out of range", |stage| stage.one("failed_attempts = -1").validate()),
    ("a read-only attribute", |stage| stage.one("ims_org_id = \"an organisation\"").validate()),
    ("a timeout that is none", |stage| {
        stage.one("timeouts {\n    create = \"2 hours\"\n  }").validate()
    }),
    ("a tenant id that is a domain", |stage| tenant(stage, "contoso.com")),
    ("a tenant id of many tenants", |stage| tenant(stage, "common")),
    ("parse_key_identifier: not a key", |stage| {
        function(stage, "parse_key_identifier(\"adobe-cmk\")")
    }),
    ("consent_url: a tenant id that is none", |stage| {
        let url = "https://login.microsoftonline.com/common/oauth2/authorize";
        function(stage, &format!("consent_url(\"{url}\", \"contoso.com\")"))
    }),
    ("consent_url: a URL without common", |stage| {
        function(stage, &format!("consent_url(\"https://adobe.com/x\", \"{TENANT}\")"))
    }),
];

fn key<'a>(stage: &'a mut Stage, key: &str) -> &'a mut Stage {
    stage.written(&resource("Config1", key, "")).validate()
}

fn name<'a>(stage: &'a mut Stage, name: &str) -> &'a mut Stage {
    stage.written(&resource(name, KEY, "")).validate()
}

fn tenant<'a>(stage: &'a mut Stage, id: &str) -> &'a mut Stage {
    stage
        .written(&format!("data \"aep_cmk_app\" \"adobe\" {{\n  tenant_id = \"{id}\"\n}}"))
        .validate()
}

fn function<'a>(stage: &'a mut Stage, call: &str) -> &'a mut Stage {
    stage.written(&format!("output \"result\" {{\n  value = provider::aep::{call}\n}}")).plan()
}
