//! `terraform validate`: every mistake is named, without a request.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{KEY, Project, block, resource, simulator, upstream};

/// What `terraform validate` says of each block: the summary and the detail of its errors, by the block's header.
fn mistakes(project: &Project) -> BTreeMap<String, String> {
    let run = project.run(&["validate", "-json"]);
    let answer: Value = serde_json::from_str(&run.stdout).expect("validate answers in JSON");
    let diagnostics = answer["diagnostics"].as_array().cloned().unwrap_or_default();
    let mut mistakes = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|one| one["severity"] == "error") {
        let text = format!(
            "{}: {} | {}",
            diagnostic["snippet"]["code"].as_str().unwrap_or_default().trim(),
            diagnostic["summary"].as_str().unwrap_or_default(),
            diagnostic["detail"].as_str().unwrap_or_default()
        );
        let header = diagnostic["snippet"]["context"].as_str().unwrap_or_default();
        let before: &mut String = mistakes.entry(header.to_owned()).or_default();
        assert!(before.is_empty(), "two errors of {header}: {before} {text}");
        *before = text;
    }
    mistakes
}

/// Validates one block for each case, `case` being its label, and requires what it says of each.
fn validated(cases: &[(&str, String, &[&str])]) {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let blocks: Vec<&str> = cases.iter().map(|(_, block, _)| block.as_str()).collect();
    project.configure(&blocks.concat());
    let mistakes = mistakes(&project);
    assert_eq!(mistakes.len(), cases.len(), "{mistakes:#?}");
    for (label, _, sentences) in cases {
        let text = &mistakes[&format!("resource \"aep_cmk_config\" \"{label}\"")];
        for sentence in *sentences {
            assert!(text.contains(sentence), "{label}: {sentence:?} is not in {text}");
        }
    }
    assert!(simulator.control().requests().is_empty());
}

#[test]
fn each_wrong_key_has_its_own_message() {
    let vault = "https://vault-a.vault.azure.net";
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";
    let cases: Vec<_> = [
        ("empty", String::new(), "is empty"),
        ("space", format!(" {vault}/keys/k"), "white space before or after"),
        ("arn", "arn:aws:kms:us-east-1:111122223333:key/1".to_owned(), "the ARN of a key in AWS"),
        ("resource_id", format!("{id}/keys/k"), "the Azure resource id of a key"),
        ("vault_id", id.to_owned(), "an Azure resource id, and not one of a key"),
        ("secret", format!("{vault}/secrets/s"), "the URL of a secret, not of a key"),
        ("certificate", format!("{vault}/certificates/c"), "the URL of a certificate"),
        ("http", "http://vault-a.vault.azure.net/keys/k".to_owned(), "write `https://`"),
        ("scheme", "vault-a.vault.azure.net/keys/k".to_owned(), "`https://` is missing"),
        (
            "credentials",
            "https://me:hush@vault-a.vault.azure.net/keys/k".to_owned(),
            "There is an `@`",
        ),
        ("query", format!("{vault}/keys/k?api-version=7.4"), "contains a query"),
        ("fragment", format!("{vault}/keys/k#top"), "contains a fragment"),
        (
            "host",
            "https://vault-a.example.com/keys/k".to_owned(),
            "`vault-a.example.com` is not the host of a key vault",
        ),
        (
            "look_alike",
            "https://a.vault.azure.net.example.com/keys/k".to_owned(),
            "does not belong to Azure Key Vault",
        ),
        ("port", "https://vault-a.vault.azure.net:8443/keys/k".to_owned(), "The port is not 443"),
        ("no_key", vault.to_owned(), "the URL of the vault, without a key"),
        ("no_name", format!("{vault}/keys/"), "The key's name is missing after `/keys/`"),
        ("more", format!("{vault}/keys/k/v1/x"), "more after the key's version"),
        ("key_name", format!("{vault}/keys/my_key"), "The key's name contains `_`"),
        (
            "vault_name",
            "https://v.vault.azure.net/keys/k".to_owned(),
            "names of vaults have 3 to 24",
        ),
    ]
    .into_iter()
    .map(|(label, key, sentence)| {
        let key = Value::from(key).to_string();
        (label, block(label, "\"Config1\"", &key, ""), sentence)
    })
    .collect();
    let sentences: Vec<[&str; 2]> =
        cases.iter().map(|(_, _, sentence)| ["key_vault_key_identifier = ", *sentence]).collect();
    let cases: Vec<_> = cases
        .iter()
        .zip(&sentences)
        .map(|((label, block, _), sentences)| (*label, block.clone(), sentences.as_slice()))
        .collect();
    validated(&cases);
}

#[test]
fn names_that_no_url_can_carry_are_refused() {
    let key = format!("\"{KEY}\"");
    let named = |label: &'static str, name: &str| block(label, name, &key, "");
    validated(&[
        ("empty", named("empty", "\"\""), &["name ", "is empty"]),
        ("dot", named("dot", "\".\""), &["name ", "cannot be part of a URL"]),
        ("dots", named("dots", "\"..\""), &["name ", "cannot be part of a URL"]),
        ("line", named("line", "\"a\\nb\""), &["name ", "control character"]),
        ("tab", named("tab", "\"a\\tb\""), &["name ", "control character"]),
        ("delete", named("delete", "\"a\\u007fb\""), &["name ", "control character"]),
    ]);
}

#[test]
fn numbers_and_durations_are_checked_and_the_attribute_is_named() {
    let key = format!("\"{KEY}\"");
    let with = |label: &str, more: &str| block(label, "\"Config1\"", &key, more);
    let timeout = |label: &str, text: &str| with(label, &format!("timeouts {{\n    {text}\n  }}"));
    validated(&[
        ("half", with("half", "failed_attempts = 0.5"), &["failed_attempts"]),
        (
            "minus",
            with("minus", "failed_attempts = -1"),
            &["`failed_attempts` is -1", "from 0 to 100"],
        ),
        ("many", with("many", "failed_attempts = 101"), &["`failed_attempts` is 101"]),
        ("unit", timeout("unit", "create = \"10\""), &["`create`", "\"10\" is not a duration"]),
        ("word", timeout("word", "read = \"soon\""), &["`read`", "\"soon\" is not a duration"]),
        ("zero", timeout("zero", "update = \"0s\""), &["`update`", "out of range"]),
        ("past", timeout("past", "create = \"-5m\""), &["`create`", "out of range"]),
    ]);
}

#[test]
fn what_is_not_known_yet_passes() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let unknown = "terraform_data.upstream.output";
    let more = format!(
        "failed_attempts = {unknown}\n  adopt_existing = {unknown}\n  timeouts {{\n    create = {unknown}\n  }}"
    );
    project.configure(&(upstream("1", "x") + &block("this", unknown, unknown, &more)));
    project.validate().exits(0);
    assert!(simulator.control().requests().is_empty());
}

#[test]
fn the_sample_of_adobes_page_and_every_host_pass() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let keys = [
        "https://hsm-a.managedhsm.azure.net/keys/k",
        "https://vault-a.vault.azure.cn/keys/k",
        "https://vault-a.vault.usgovcloudapi.net/keys/k",
        "https://hsm-a.managedhsm.azure.cn/keys/k",
        "https://hsm-a.managedhsm.usgovcloudapi.net/keys/k",
        "https://VAULT-a.vault.azure.net:443/keys/K/",
    ];
    let blocks: String = keys
        .iter()
        .enumerate()
        .map(|(index, key)| {
            block(&format!("key{index}"), "\"Zwölf / 100 % ?#\"", &format!("\"{key}\""), "")
        })
        .collect();
    let timeouts =
        "failed_attempts = 3\n  timeouts {\n    create = \"1h30m\"\n    read = \"90s\"\n  }";
    project.configure(&(blocks + &resource("Config1", KEY, timeouts)));
    project.validate().exits(0).says("Success!");
}
