//! The three calls: samples, names, refusals.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{CONFIG, Call, KEY, ORG, start, submission};
use crate::simulator::{Clock, Options, Resubmit, Simulator, UnknownName, Versionless};

fn stepped() -> Simulator {
    start(Options { clock: Clock::Stepped, ..Options::default() })
}

#[test]
fn answers_are_the_documented_samples() {
    let simulator = stepped();
    let id = "4df7886b-a122-4391-880b-000000000001";
    let data = json!({"keyVaultUri": "https://adobecmkexample.vault.azure.net", "keyVaultKeyIdentifier": KEY,
        "keyVersion": "7c1d50lo28234cc895534c00d7eb4eb4", "keyName": "Config1", "providerType": "AZURE_KEYVAULT"});
    let posted = Call::submit("Config1").ok(&simulator);
    assert_eq!(posted.status, 200);
    assert_eq!(
        posted.json(),
        json!({"id": id, "status": "CREATED", "config": {"configData": data, "name": "acpcf978863Aaepcmkmultitenantapp",
            "type": "BYOK_CONFIG", "imsOrgId": ORG, "status": "NEW"}})
    );
    assert!(simulator.control().step_to("COMPLETED"));
    let read = Call::status("Config1").ok(&simulator);
    assert_eq!(read.status, 200);
    assert_eq!(read.header("content-type"), Some("application/json"));
    assert_eq!(
        read.json(),
        json!({"name": "acpcf978863Aaepcmkmultitenantapp", "type": "BYOK_CONFIG", "status": "COMPLETED", "configData": data,
            "imsOrgId": ORG, "subscriptionId": "cf978863-7325-47b1-8fd9-554b9fdb6c36", "id": id, "rowType": "BYOK_KEY"})
    );
    let app = Call::app().ok(&simulator).json();
    assert_eq!(
        app["applicationRedirectUrl"],
        "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code&client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52&redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read"
    );
    let fields: Vec<_> = app.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["applicationId", "applicationRedirectUrl", "applicationUri", "id", "name"]);
}

#[test]
fn jobs_advance_with_the_stepped_clock_only() {
    let simulator = stepped();
    Call::submit("c").ok(&simulator);
    let status = || Call::status("c").ok(&simulator).json()["status"].clone();
    assert_eq!([status(), status()], ["RUNNING", "RUNNING"]);
    assert!(simulator.control().step_to("UPDATE_EXISTING_RESOURCES"));
    assert_eq!(status(), "UPDATE_EXISTING_RESOURCES");
    assert!(!simulator.control().step_to("FAILED"));
    assert!(simulator.control().step_to("COMPLETED"));
    assert_eq!(status(), "COMPLETED");
}

#[test]
fn a_name_is_one_segment_decoded_once_and_case_sensitive() {
    let simulator = stepped();
    for (name, segment) in [
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("Schlüssel", "Schl%C3%BCssel"),
        ("100%25", "100%2525"),
        ("a+b&c=d;e", "a+b&c=d;e"),
        ("?#", "%3F%23"),
        ("%2F", "%252F"),
    ] {
        Call::submit(name).ok(&simulator);
        let read = Call::status(segment).ok(&simulator);
        assert_eq!(
            (read.status, &read.json()["configData"]["keyName"]),
            (200, &Value::from(name)),
            "{segment}"
        );
    }
    assert_eq!(Call::status("A%20b").ok(&simulator).status, 404);
    assert_eq!(Call::status("a/b").ok(&simulator).refusal(), (404, "404000".into()));
    assert_eq!(simulator.control().requests()[1].path, format!("{CONFIG}/a%20b"), "logged as sent");
}

#[test]
fn an_unknown_name_is_answered_as_chosen() {
    let simulator = stepped();
    for (policy, status, body) in [
        (UnknownName::NotFound, 404, "\"title\":\"Not Found\""),
        (UnknownName::GatewayNotFound, 404, "\"error_code\":\"404000\""),
        (UnknownName::NoContent, 204, ""),
        (UnknownName::Empty, 200, ""),
        (UnknownName::Null, 200, "null"),
        (UnknownName::BadRequest, 400, "\"title\":\"Bad Request\""),
    ] {
        simulator.control().configure(|options| options.unknown_name = policy);
        let reply = Call::status("c").ok(&simulator);
        assert!(reply.status == status && reply.body.contains(body), "{policy:?}: {reply:?}");
        assert_eq!(reply.body.is_empty(), body.is_empty(), "{policy:?}");
    }
}

#[test]
fn a_versionless_key_has_no_version_in_answers() {
    let key = "https://hsm.managedhsm.azure.net/keys/k";
    let simulator = stepped();
    let data = |name: &str| {
        Call::submit_body(&submission(name, key)).ok(&simulator).json()["config"]["configData"]
            .clone()
    };
    assert_eq!(data("a").get("keyVersion"), None);
    simulator.control().configure(|options| options.versionless = Versionless::Empty);
    let data = data("b");
    assert_eq!(
        (&data["keyVersion"], &data["keyVaultUri"]),
        (&json!(""), &json!("https://hsm.managedhsm.azure.net"))
    );
}

#[test]
fn an_existing_configuration_can_look_like_acceptance() {
    let simulator =
        start(Options { resubmit: Resubmit::Existing, accepted_status: 201, ..Options::default() });
    simulator.control().insert("c", KEY, "COMPLETED");
    let reply =
        Call::submit_body(&submission("c", "https://v.vault.azure.net/keys/other")).ok(&simulator);
    let body = reply.json();
    assert_eq!(
        (reply.status, &body["config"]["configData"]["keyVaultKeyIdentifier"]),
        (200, &json!(KEY))
    );
    assert_eq!(simulator.control().counters().submissions_existing, 1);
    assert_eq!(Call::submit("new").ok(&simulator).status, 201);
}

#[test]
fn it_listens_on_loopback_only_and_stops_when_dropped() {
    let bind = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Simulator::start(Options { bind, ..Options::default() }).unwrap_err();
    assert!(refused.to_string().contains("0.0.0.0 is not a loopback address"), "{refused}");
    let simulator = stepped();
    let address = simulator.url().trim_start_matches("http://").to_owned();
    let idle = std::net::TcpStream::connect(&address).unwrap();
    drop(simulator);
    assert!(std::net::TcpStream::connect(&address).is_err());
    assert!(super::finish(idle).is_err());
}
