//! Several provider blocks in one run: each has its own organisation, token and endpoint.

use aep_simulator::{LoggedRequest, Simulator};

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, OTHER_KEY, Project, TOKEN, accepted, block, simulator,
    simulator_with,
};

const SECOND_ORG: &str = "BBBBBBBBBBBBBBBBBBBBBBBB@AdobeOrg";

/// Requires that every request of a simulator has these headers.
#[track_caller]
fn only(simulator: &Simulator, org_id: &str, is_token: impl Fn(&str) -> bool) {
    let requests: Vec<LoggedRequest> = simulator
        .control()
        .requests()
        .into_iter()
        .filter(|request| !request.path.starts_with("/ims/"))
        .collect();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.header("x-gw-ims-org-id"), Some(org_id));
        let token = request.header("authorization").unwrap_or_default();
        assert!(is_token(token), "{request:?}");
        assert!(matches!(request.status, Some(200 | 404)), "{request:?}");
    }
}

#[test]
fn two_organisations_in_one_run_share_nothing() {
    let first = simulator();
    let second = simulator_with(|options| {
        options.org_id = SECOND_ORG.to_owned();
        options.tokens = Vec::new();
    });
    let mut project = Project::new(&first);
    project
        .unset("AEP_ENDPOINT")
        .unset("AEP_ORG_ID")
        .unset("AEP_ACCESS_TOKEN")
        .set("TF_VAR_token", TOKEN)
        .set("TF_VAR_secret", CLIENT_SECRET);
    let providers = format!(
        r#"
variable "token" {{
  sensitive = true
}}
variable "secret" {{
  sensitive = true
}}
provider "aep" {{
  org_id       = "{ORG_ID}"
  endpoint     = "{}"
  access_token = var.token
}}
provider "aep" {{
  alias         = "second"
  org_id        = "{SECOND_ORG}"
  endpoint      = "{second}"
  client_id     = "{CLIENT_ID}"
  client_secret = var.secret
  ims_endpoint  = "{second}"
}}
"#,
        first.url(),
        second = second.url(),
    );
    // One name, and two configurations: names belong to an organisation.
    let body = block("one", "\"Config1\"", &format!("\"{KEY}\""), "")
        + &block("two", "\"Config1\"", &format!("\"{OTHER_KEY}\""), "provider = aep.second");
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
        let stored = simulator.control().configuration("Config1").unwrap();
        assert_eq!(stored.key_identifier, key);
    }
    only(&first, ORG_ID, |token| token == format!("Bearer {TOKEN}"));
    only(&second, SECOND_ORG, |token| token.starts_with("Bearer sim-minted-"));
    assert_eq!(first.control().counters().token_requests, 0);
    // One for each process: plan and apply of the first command, plan of the second.
    assert_eq!(second.control().counters().token_requests, 3);
}
