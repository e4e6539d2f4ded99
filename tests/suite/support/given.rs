//! Where many tests begin, and what they count.

use aep_simulator::{Clock, Simulator};
use serde_json::{Value, json};

use super::{Cli, KEY, ORG_ID, Project, cli, resource, simulator_with};

/// A simulator whose jobs stay `RUNNING` until its clock is moved.
pub fn slow_simulator() -> Simulator {
    simulator_with(|options| options.clock = Clock::Stepped)
}

/// A simulator whose jobs end at once: the first one of a name in failure, later ones in effect.
pub fn failing_simulator() -> Simulator {
    simulator_with(|options| {
        options.stages = Vec::new();
        options.outcomes = vec!["FAILED", "COMPLETED"];
    })
}

/// A project whose state has `aep_cmk_config.this`, `Config1` with the sample key, in effect.
/// Nothing was submitted for it, and the log is empty.
pub fn in_effect(simulator: &Simulator, more: &str) -> Project {
    stored(cli(), simulator, "COMPLETED", &resource("Config1", KEY, more))
}

/// A project whose state has `aep_cmk_config.this`, accepted once. By now it is `FAILED` at Adobe,
/// and was never in effect. The log is empty.
pub fn never_in_effect(simulator: &Simulator) -> Project {
    let project = Project::new(simulator);
    project.configure_one("wait_for_completion = false");
    project.apply().exits(0);
    assert!(simulator.control().set_status("Config1", "FAILED"));
    simulator.control().clear_log();
    project
}

/// A project of this CLI with `body`, which adopts `Config1` with the sample key in this status.
pub fn stored(cli: &'static Cli, simulator: &Simulator, status: &str, body: &str) -> Project {
    simulator.control().insert("Config1", KEY, status);
    let project = Project::with(cli, simulator);
    project.configure(body);
    project.apply().exits(0);
    simulator.control().clear_log();
    project
}

/// Short enough for a test, long enough for one look.
pub const SHORT: &str = "timeouts {\n    create = \"1s\"\n    update = \"1s\"\n  }";

/// A project whose create timed out while the job runs.
pub fn timed_out(simulator: &Simulator, more: &str) -> Project {
    let project = Project::new(simulator);
    project.configure_one(&format!("{SHORT}\n  {more}"));
    project
        .apply()
        .exits(1)
        .says("The configuration was not in effect in time")
        .says("terraform untaint");
    assert!(project.is_tainted());
    assert!(project.attributes()["id"].is_string());
    project
}

/// A project whose create ended in `FAILED`.
pub fn failed(simulator: &Simulator, more: &str) -> Project {
    let project = Project::new(simulator);
    project.configure_one(more);
    project.apply().exits(1).says("Adobe could not use the key").says("terraform untaint");
    assert!(project.is_tainted());
    assert_eq!(project.attributes()["status"], "FAILED");
    project
}

/// A block whose key comes out of `terraform_data.upstream`. A new `generation` replaces that, so
/// that the key is not known before apply.
pub fn with_upstream(generation: &str, key: &str, more: &str) -> String {
    upstream(generation, key)
        + &block("this", "\"Config1\"", "terraform_data.upstream.output", more)
}

/// `terraform_data.upstream`, whose output is `value`.
pub fn upstream(generation: &str, value: &str) -> String {
    format!(
        "resource \"terraform_data\" \"upstream\" {{\n  input = \"{value}\"\n  \
         triggers_replace = \"{generation}\"\n}}\n"
    )
}

/// A block `aep_cmk_config.<label>`, with name and key as expressions.
pub fn block(label: &str, name: &str, key: &str, more: &str) -> String {
    format!(
        "resource \"aep_cmk_config\" \"{label}\" {{\n  name = {name}\n  \
         key_vault_key_identifier = {key}\n  {more}\n}}\n"
    )
}

/// The first id of every simulator.
pub const FIRST: &str = "4df7886b-a122-4391-880b-000000000001";
/// The second one.
pub const SECOND: &str = "4df7886b-a122-4391-880b-000000000002";

/// A configuration `Config1` as Adobe responds.
pub fn shown(id: &str, key: &str, status: &str) -> Value {
    json!({
        "name": "acpcf978863Aaepcmkmultitenantapp",
        "type": "BYOK_CONFIG",
        "status": status,
        "configData": {"keyVaultKeyIdentifier": key, "providerType": "AZURE_KEYVAULT"},
        "imsOrgId": ORG_ID,
        "id": id,
    })
}

/// How many jobs Adobe has accepted.
pub fn accepted(simulator: &Simulator) -> u64 {
    simulator.control().counters().submissions_accepted
}
