//! What goes over the wire, to the letter.

use aep_simulator::LoggedRequest;
use serde_json::json;

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, KEY, ORG_ID, Project, TOKEN, hcl, resource, simulator,
};

const APP: &str = "/data/infrastructure/manager/byok/app-registration";
const CONFIG: &str = "/data/infrastructure/manager/customer/config";

fn find<'a>(requests: &'a [LoggedRequest], method: &str, path: &str) -> &'a LoggedRequest {
    requests
        .iter()
        .find(|request| request.method == method && request.path == path)
        .unwrap_or_else(|| panic!("no {method} {path} in {requests:#?}"))
}

#[test]
fn each_call_has_the_documented_address_headers_and_body() {
    let simulator = simulator();
    let project = Project::new(&simulator);
    let app = "data \"aep_cmk_app\" \"this\" {}\n";
    project.configure(&format!("{app}{}", resource("Config1", KEY, "")));
    project.apply().exits(0);

    let requests = simulator.control().requests();
    let status_path = format!("{CONFIG}/Config1");
    for request in &requests {
        let (is_post, query) = match request.path.as_str() {
            APP => (false, None),
            CONFIG => (true, None),
            path if path == status_path => (false, Some("configType=BYOK_CONFIG")),
            path => panic!("{path} is no call of the API"),
        };
        assert_eq!(request.method, if is_post { "POST" } else { "GET" });
        assert_eq!(request.query.as_deref(), query, "{request:?}");
        assert_eq!(request.body.is_empty(), !is_post, "{request:?}");
        for (header, expected) in [
            ("authorization", Some(format!("Bearer {TOKEN}"))),
            ("x-api-key", Some("acp_provisioning".to_owned())),
            ("x-gw-ims-org-id", Some(ORG_ID.to_owned())),
            ("content-type", is_post.then(|| "application/json".to_owned())),
            ("x-sandbox-name", None),
            ("x-sandbox-id", None),
        ] {
            assert_eq!(request.header(header), expected.as_deref(), "{header}");
        }
    }
    find(&requests, "GET", APP);
    find(&requests, "GET", &status_path);
    let body: serde_json::Value =
        serde_json::from_str(&find(&requests, "POST", CONFIG).body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "name": "Config1",
            "type": "BYOK_CONFIG",
            "imsOrgId": ORG_ID,
            "configData": {"providerType": "AZURE_KEYVAULT", "keyVaultKeyIdentifier": KEY},
        })
    );
}

#[test]
fn any_name_goes_out_as_one_segment_that_is_escaped_once() {
    let names = [
        ("my config", "my%20config"),
        (" a ", "%20a%20"),
        ("a/b", "a%2Fb"),
        ("a\\b", "a%5Cb"),
        ("Schlüssel", "Schl%C3%BCssel"),
        ("鍵", "%E9%8D%B5"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("%2e%2e", "%252e%252e"),
        ("a+b", "a%2Bb"),
        ("a;b", "a%3Bb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a&configType=X", "a%26configType%3DX"),
        ("${x}", "%24%7Bx%7D"),
        ("%{x}", "%25%7Bx%7D"),
        ("say \"x\"", "say%20%22x%22"),
        ("...", "..."),
    ];
    let simulator = simulator();
    let project = Project::new(&simulator);
    let list: Vec<String> = names.iter().map(|(name, _)| hcl(name)).collect();
    project.configure(&format!(
        "resource \"aep_cmk_config\" \"this\" {{\n  for_each = toset([{}])\n  name = each.key\n  \
         key_vault_key_identifier = \"{KEY}\"\n}}\n",
        list.join(", ")
    ));
    project.apply().exits(0);
    project.plan().exits(0);

    let control = simulator.control();
    let requests = control.requests();
    for (name, escaped) in names {
        find(&requests, "GET", &format!("{CONFIG}/{escaped}"));
        let stored = control.configuration(name);
        assert!(stored.is_some_and(|stored| stored.attempts == 1), "{name:?}");
    }
    let known: Vec<String> =
        names.iter().map(|(_, escaped)| format!("{CONFIG}/{escaped}")).collect();
    for request in &requests {
        assert!(
            request.path == CONFIG || known.contains(&request.path),
            "{} is another name",
            request.path
        );
    }
    assert_eq!(control.configurations().len(), names.len());
}

#[test]
fn a_token_is_asked_for_with_a_form_and_nothing_in_the_query() {
    let simulator = simulator();
    let mut project = Project::new(&simulator);
    project
        .unset("AEP_ACCESS_TOKEN")
        .set("AEP_CLIENT_ID", CLIENT_ID)
        .set("AEP_CLIENT_SECRET", CLIENT_SECRET)
        .set("AEP_IMS_ENDPOINT", &simulator.url())
        .configure_one("");
    project.plan().exits(2);
    let scopes =
        "openid,AdobeID,session,read_organizations,additional_info.projectedProductContext";
    let requests = simulator.control().requests();
    let request = find(&requests, "POST", "/ims/token/v3");
    assert_eq!(request.query, None);
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    let mut form: Vec<(String, String)> =
        url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    form.sort();
    let expected = [
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("grant_type", "client_credentials"),
        ("scope", scopes),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(form, expected);
    // The API gets the minted token, and neither of the credentials.
    let status = find(&requests, "GET", &format!("{CONFIG}/Config1"));
    assert_eq!(status.header("authorization"), Some("Bearer sim-minted-1"));
    assert_eq!(status.header("x-api-key"), Some("acp_provisioning"));

    simulator.control().clear_log();
    project.set("AEP_SCOPES", "openid, my_scope");
    project.plan().exits(2);
    let requests = simulator.control().requests();
    let body = &find(&requests, "POST", "/ims/token/v3").body;
    let scope = url::form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == "scope");
    assert_eq!(scope.expect("a scope").1, "openid,my_scope");
}
