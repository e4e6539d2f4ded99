//! The provider block and the environment: several blocks in one run, arguments that are not known
//! before apply, credentials, what goes over the wire, proxies and roots.

use std::net::TcpListener;
use std::time::Duration;

use aep_simulator::{Action, Fault, Reply, Route, Simulator};

use crate::doctor::stand_in::{Behaviour, StandIn};
use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, OTHER_KEY, Project, TOKEN, accepted, await_counters,
    block, hcl, in_effect, never_in_effect, resource, simulator, simulator_with, stepped, upstream,
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

/// A project with OAuth credentials in the environment instead of a token.
fn oauth(simulator: &Simulator) -> Project {
    let mut project = Project::new(simulator);
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url());
    project
}

/// A process asks for one token for all that it does, and for none where it asks nothing of Adobe.
#[test]
fn a_process_has_one_token() {
    let simulator = simulator();
    let project = oauth(&simulator);
    project.configure(&format!(
        "data \"aep_cmk_app\" \"this\" {{}}\nresource \"aep_cmk_config\" \"this\" {{\n  count = 5\n  \
         name = \"Config${{count.index}}\"\n  key_vault_key_identifier = \"{KEY}\"\n}}\n"
    ));
    project.validate().exits(0);
    // Terraform starts one process to plan and one to apply.
    project.apply().exits(0);
    let counters = simulator.control().counters();
    assert_eq!((counters.token_requests, counters.submissions_accepted), (2, 5));
}

/// A token is renewed before its end while one waits, and once when it is refused, be it by a poll
/// or a submission.
#[test]
fn an_apply_outlives_its_tokens() {
    // The simulator's clock stands still, so it refuses none for its age; the provider's runs.
    let simulator = stepped(|options| options.token_lifetime = Duration::from_secs(1));
    let project = oauth(&simulator);
    project.configure_one("");
    let control = simulator.control();
    control.fault(Fault::on(Route::Submit, Action::Reply(Reply::token_invalid())));
    let apply = project.start_apply();
    await_counters(&simulator, |now| now.submissions_accepted == 1);
    let before = control.counters().tokens_minted;
    await_counters(&simulator, |now| now.tokens_minted > before);
    control.expire_tokens();
    let reads = control.counters().status_reads;
    await_counters(&simulator, |now| now.status_reads >= reads + 2);
    assert!(control.set_status("Config1", "COMPLETED"));
    apply.end().exits(0);
    assert_eq!(control.counters().submissions, 2);
}

/// Credentials in the block win over those in the environment, the other way to authenticate
/// included.
#[test]
fn credentials_in_hcl_win() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let client = format!(
        "client_id = \"{CLIENT_ID}\"\n  client_secret = \"{CLIENT_SECRET}\"\n  scopes = [\"openid\", \"mine\"]\n  \
         ims_endpoint = \"{}\"",
        simulator.url()
    );
    project.set("AEP_ACCESS_TOKEN", "stale").set("AEP_CLIENT_SECRET", "stale");
    for arguments in [format!("access_token = \"{TOKEN}\""), client] {
        project.configure_with(
            &format!("provider \"aep\" {{\n  {arguments}\n}}"),
            &resource("Config1", KEY, ""),
        );
        project.plan().exits(2);
    }
    let requests = simulator.control().requests();
    let forms: Vec<_> = requests.iter().filter(|it| it.method == "POST").collect();
    assert!(forms.len() == 1 && forms[0].body.contains("scope=openid%2Cmine"), "{forms:?}");
}

/// The CLI prints the line that a diagnostic points at, so none points at a secret.
#[test]
fn a_secret_that_cannot_be_used_is_not_shown_with_its_line() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    for (argument, secret) in [("access_token", TOKEN), ("client_secret", CLIENT_SECRET)] {
        project.configure_with(
            &format!("provider \"aep\" {{\n  {argument} = \"{secret} \\n x\"\n}}"),
            &resource("Config1", KEY, ""),
        );
        // The secret is looked for after every command.
        project.plan().exits(1).says(&format!("`{argument}`"));
    }
}

/// A name goes out as one segment that is escaped once, and comes back from state as it was
/// written. The `User-Agent` names the provider, the CLI and what is appended; the API key may be
/// another one.
#[test]
fn names_and_the_user_agent_go_out_as_they_are() {
    let names = [
        (" a b ", "%20a%20b%20"),
        ("a/b\\c", "a%2Fb%5Cc"),
        ("Schlüssel 鍵", "Schl%C3%BCssel%20%E9%8D%B5"),
        ("100%2F", "100%252F"),
        ("a+b;c?d#e&configType=X", "a%2Bb%3Bc%3Fd%23e%26configType%3DX"),
        ("${x}%{y}\"", "%24%7Bx%7D%25%7By%7D%22"),
        ("...", "..."),
    ];
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    let list: Vec<String> = names.iter().map(|(name, _)| hcl(name)).collect();
    project.set("TF_APPEND_USER_AGENT", "ci/7 (team; x)").configure(&format!(
        "resource \"aep_cmk_config\" \"this\" {{\n  for_each = toset([{}])\n  name = each.key\n  \
         key_vault_key_identifier = \"{KEY}\"\n}}\n",
        list.join(", ")
    ));
    project.apply().exits(0);
    project.plan().exits(0);
    let control = simulator.control();
    let requests = control.requests();
    const CONFIG: &str = "/data/infrastructure/manager/customer/config";
    for (name, escaped) in names {
        let path = format!("{CONFIG}/{escaped}");
        assert!(requests.iter().any(|request| request.path == path), "{name:?}");
        let stored = control.configuration(name);
        assert!(stored.is_some_and(|stored| stored.attempts == 1), "{name:?}");
    }
    assert_eq!(control.configurations().len(), names.len());
    let product = format!("terraform-provider-aep/{} ", env!("CARGO_PKG_VERSION"));
    for request in requests {
        let agent = request.header("user-agent").expect("a User-Agent");
        assert!(agent.starts_with(&product) && agent.ends_with(" ci/7 (team; x)"), "{agent}");
        assert!(agent.contains(" Terraform/"), "{agent}");
    }
}

/// Adobe and its identity service are asked through the proxy, over TLS that a corporate root
/// vouches for: one that is named for all of a machine's programs, or for the provider alone beside
/// those of the machine.
#[test]
fn an_apply_goes_through_a_proxy_that_inspects_tls() {
    let simulator = simulator();
    let proxy = StandIn::start();
    let other = StandIn::start();
    proxy.behaves(Behaviour::LeadsTo(simulator.url().replace("http://", "")));
    let mut project = Project::new(&simulator);
    project.write("ca.pem", &proxy.pem).write("other.pem", &other.pem);
    project
        .unset("AEP_ENDPOINT")
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_REGION", "AUS5")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("https_proxy", &format!("127.0.0.1:{}", proxy.port))
        .configure_one("");
    for roots in [None, Some("other.pem")] {
        if let Some(roots) = roots {
            project.set("SSL_CERT_FILE", roots);
        }
        project.plan().exits(1).says("The issuer of the server's certificate is not trusted");
    }
    assert_eq!(simulator.control().counters().requests, 0);
    project.set("AEP_CA_CERT_FILE", "ca.pem").apply().exits(0);
    project.unset("AEP_CA_CERT_FILE").set("SSL_CERT_FILE", "ca.pem").plan().exits(0);
    let requests = simulator.control().requests();
    let hosts: Vec<_> = requests.iter().filter_map(|request| request.header("host")).collect();
    let of = |host| hosts.iter().filter(|it| **it == host).count();
    // Terraform starts a process to plan and one to apply; the identity service does not follow the
    // region.
    assert_eq!(of("ims-na1.adobelogin.com"), 3, "{hosts:?}");
    assert_eq!(of("platform-aus5.adobe.io"), hosts.len() - 3, "{hosts:?}");
}

/// A proxy that refuses is named with what to do, and its password is shown to nobody, in no log
/// either.
#[test]
fn a_proxy_that_refuses_is_named_and_its_password_is_not() {
    let proxy = StandIn::start();
    let mut project = Project::new(&simulator());
    // The password is looked for after every command, in the log too.
    project
        .logged()
        .set("AEP_ENDPOINT", "https://aep.invalid")
        .set("HTTPS_PROXY", &format!("http://user:s3cret%40word@127.0.0.1:{}", proxy.port))
        .set("AEP_MAX_RETRIES", "0")
        .configure_one("");
    for (refusal, advice) in [
        ("403 Forbidden", "Ask whoever runs the proxy"),
        ("502 Bad Gateway", "runs and has no connection to this host"),
        (
            "407 Proxy Authentication Required",
            "Put the user name and the password into the variable",
        ),
    ] {
        proxy.behaves(Behaviour::Refuses(refusal));
        project.plan().exits(1).says(advice).says("(HTTPS_PROXY)");
    }
    // Who takes a host out of what the proxy is for is named where no direct way leads to it.
    project.set("no_proxy", "invalid");
    project.plan().exits(1).says("no_proxy, which exempts this host from the proxy");
    project.unset("HTTPS_PROXY");
    project.plan().exits(1).says("HTTPS_PROXY").does_not_say("no_proxy");
}

/// This machine is never asked through a proxy, and `ALL_PROXY` is nobody's.
#[test]
fn this_machine_is_asked_directly() {
    let simulator = simulator();
    let unheard = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = unheard.local_addr().expect("an address");
    unheard.set_nonblocking(true).expect("a mode");
    let mut project = Project::new(&simulator);
    for variable in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy"] {
        project.set(variable, &format!("http://{address}"));
    }
    project.configure_one("").plan().exits(2);
    assert!(unheard.accept().is_err(), "somebody knocked");
}
