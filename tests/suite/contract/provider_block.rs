//! The provider block: several of them in one run, and arguments that are not known before apply.

use aep_simulator::Simulator;

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, OTHER_KEY, Project, TOKEN, accepted, block, hcl,
    in_effect, never_in_effect, resource, simulator, simulator_with, upstream,
};

const SECOND_ORG: &str = "BBBBBBBBBBBBBBBBBBBBBBBB@AdobeOrg";
const SENSITIVE: &str =
    "variable \"token\" {\n  sensitive = true\n}\nvariable \"secret\" {\n  sensitive = true\n}\n";

/// Requires that every request of a simulator has these headers.
#[track_caller]
fn only(simulator: &Simulator, org_id: &str, is_token: impl Fn(&str) -> bool) {
    let requests = simulator.control().requests().into_iter();
    let requests: Vec<_> = requests.filter(|request| !request.path.starts_with("/ims/")).collect();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.header("x-gw-ims-org-id"), Some(org_id));
        assert!(is_token(request.header("authorization").unwrap_or_default()), "{request:?}");
        assert!(matches!(request.status, Some(200 | 404)), "{request:?}");
    }
}

/// One name in two organisations is two configurations. Each block has its own organisation, token
/// and endpoint.
#[test]
fn two_organisations_in_one_run_share_nothing() {
    let first = simulator();
    let second = simulator_with(|options| {
        options.org_id = SECOND_ORG.to_owned();
        options.tokens = Vec::new();
    });
    let mut project = Project::new(&first);
    for variable in ["AEP_ENDPOINT", "AEP_ORG_ID", "AEP_ACCESS_TOKEN"] {
        project.unset(variable);
    }
    project.set("TF_VAR_token", TOKEN).set("TF_VAR_secret", CLIENT_SECRET);
    let (one, two) = (first.url(), second.url());
    let providers = format!(
        r#"{SENSITIVE}
provider "aep" {{
  org_id       = "{ORG_ID}"
  endpoint     = "{one}"
  access_token = var.token
}}
provider "aep" {{
  alias         = "second"
  org_id        = "{SECOND_ORG}"
  endpoint      = "{two}"
  client_id     = "{CLIENT_ID}"
  client_secret = var.secret
  ims_endpoint  = "{two}"
}}
"#
    );
    let body = block("one", "\"Config1\"", &hcl(KEY), "")
        + &block("two", "\"Config1\"", &hcl(OTHER_KEY), "provider = aep.second");
    project.configure_with(&providers, &body);
    project.apply().exits(0);
    project.plan().exits(0);
    for (simulator, label, key, org_id) in
        [(&first, "one", KEY, ORG_ID), (&second, "two", OTHER_KEY, SECOND_ORG)]
    {
        assert_eq!(accepted(simulator), 1);
        let attributes = project.instance(&format!("aep_cmk_config.{label}"))["attributes"].clone();
        assert_eq!(attributes["ims_org_id"], org_id);
        assert_eq!(attributes["key_vault_key_identifier"], key);
    }
    only(&first, ORG_ID, |token| token == format!("Bearer {TOKEN}"));
    only(&second, SECOND_ORG, |token| token.starts_with("Bearer sim-minted-"));
    assert_eq!(first.control().counters().token_requests, 0);
    // One for each process: plan and apply of the first command, plan of the second.
    assert_eq!(second.control().counters().token_requests, 3);
}

/// The environment without `variable`, and a proxy that would see what goes to a default host.
fn watched(project: &mut Project, simulator: &Simulator, variable: &str) {
    project
        .unset(variable)
        .set("HTTPS_PROXY", &simulator.url())
        .set("AEP_MAX_RETRIES", "0")
        .set("AEP_REQUEST_TIMEOUT", "5s");
}

/// A provider block with an argument that an apply will bring.
fn late(argument: &str) -> String {
    format!("provider \"aep\" {{\n  {argument} = terraform_data.upstream.output\n}}")
}

/// An argument that is unknown at plan fails no resource's plan and never falls back to a default
/// host: a new resource is planned without its look-up, an existing one keeps its stored state,
/// with a warning. The apply does all of it.
#[test]
fn an_argument_that_is_unknown_at_plan_fails_no_resource() {
    for (argument, variable) in
        [("endpoint", "AEP_ENDPOINT"), ("org_id", "AEP_ORG_ID"), ("api_key", "AEP_API_KEY")]
    {
        let simulator = simulator();
        let value = match argument {
            "endpoint" => simulator.url(),
            "org_id" => ORG_ID.to_owned(),
            _ => "acp_provisioning".to_owned(),
        };
        let mut project = in_effect(&simulator, "");
        let before = project.attributes();
        watched(&mut project, &simulator, variable);
        let body = upstream("1", &value)
            + &resource("Config1", KEY, "")
            + &block("new", "\"Config2\"", &hcl(KEY), "");
        project.configure_with(&late(argument), &body);
        project
            .plan()
            .exits(2)
            .says("The object was not refreshed")
            .says(&format!("`{argument}`"))
            .says("2 to add, 0 to change, 0 to destroy");
        assert!(simulator.control().requests().is_empty(), "{argument}");
        project.apply().exits(0).says("2 added, 0 changed, 0 destroyed");
        assert_eq!(project.attributes(), before);
        assert_eq!(project.instance("aep_cmk_config.new")["attributes"]["status"], "COMPLETED");
        assert_eq!(accepted(&simulator), 1);
        project.plan().exits(0).does_not_say("The object was not refreshed");
    }
    // Were the provider to ask a default host, it would show: the proxy sees it.
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    watched(&mut project, &simulator, "AEP_ENDPOINT");
    project.configure_one("");
    project.plan().exits(1);
    let requests = simulator.control().requests();
    assert!(requests.iter().any(|request| request.method == "CONNECT"), "{requests:?}");
}

/// A token that is minted in the same run is not looked for elsewhere, and applied.
#[test]
fn credentials_that_are_unknown_at_plan_are_not_looked_for_elsewhere() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project
        .set("AEP_IMS_ENDPOINT", &simulator.url())
        .set("AEP_CLIENT_ID", "another-client")
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("TF_VAR_token", TOKEN)
        .set("TF_VAR_secret", CLIENT_SECRET)
        .unset("AEP_ACCESS_TOKEN");
    let body = upstream("1", CLIENT_ID) + &resource("Config1", KEY, "");
    project.configure_with(&late("client_id"), &body);
    project.plan().exits(2);
    // The value is marked, as a provider that mints tokens would; the state of terraform_data would
    // show it.
    let minted = "access_token = terraform_data.upstream.id == \"\" ? null : var.token";
    project.configure_with(&format!("{SENSITIVE}provider \"aep\" {{\n  {minted}\n}}"), &body);
    project.plan().exits(2);
    assert!(simulator.control().requests().is_empty());
    project.apply().exits(0);
    assert_eq!(accepted(&simulator), 1);
}

/// What is stored as `FAILED` and was never in effect takes another key in place: the plan sends
/// nothing, the apply asks.
#[test]
fn a_stored_failure_is_planned_in_place_without_a_request_and_submitted_again() {
    let simulator = simulator();
    let mut project = never_in_effect(&simulator);
    project.refresh().exits(0);
    watched(&mut project, &simulator, "AEP_ENDPOINT");
    simulator.control().clear_log();
    let body = upstream("1", &simulator.url()) + &resource("Config1", OTHER_KEY, "");
    project.configure_with(&late("endpoint"), &body);
    project.plan().exits(2).says("1 to add, 1 to change, 0 to destroy");
    assert!(simulator.control().requests().is_empty());
    project.apply().exits(0);
    assert_eq!(project.attributes()["key_vault_key_identifier"], OTHER_KEY);
    assert_eq!(accepted(&simulator), 2);
    project.plan().exits(0);
}

/// Neither the guard nor the organisation needs a connection.
#[test]
fn the_guard_and_the_organisation_need_no_connection() {
    let simulator = simulator();
    let mut project = in_effect(&simulator, "");
    let vault = upstream("1", &simulator.url());
    project.configure_with(&late("endpoint"), &vault);
    project.plan().exits(1).says("The key is in effect and protected");
    project.set("AEP_ORG_ID", SECOND_ORG);
    project.configure_with(&late("endpoint"), &(vault + &resource("Config1", KEY, "")));
    project.plan().exits(1).says("The object belongs to another organisation");
    assert!(simulator.control().requests().is_empty());
}
