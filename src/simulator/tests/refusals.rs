//! What is refused, and in whose shape.

use serde_json::{Value, json};

use super::{APP, CONFIG, Call, KEY, start, submission};
use crate::simulator::Options;

#[test]
fn the_gateway_refuses_with_its_codes() {
    let simulator = start(Options::default());
    for (call, status, code) in [
        (Call::app().with("authorization", ""), 403, "403010"),
        (Call::app().with("authorization", "Bearer other"), 401, "401013"),
        (Call::app().with("authorization", "Basic sim-token"), 401, "401013"),
        (Call::app().with("x-api-key", ""), 403, "403000"),
        (Call::app().with("x-api-key", "my-client-id"), 403, "403003"),
        (Call::app().with("x-gw-ims-org-id", ""), 400, "400003"),
        (Call::app().with("x-gw-ims-org-id", "other@AdobeOrg"), 403, "403025"),
        (Call::new("GET", &format!("{APP}/")).authorised(), 404, "404000"),
        (Call::new("GET", &format!("{CONFIG}/")).authorised(), 404, "404000"),
        (Call::new("DELETE", &format!("{CONFIG}/c")).authorised(), 405, "405000"),
    ] {
        let reply = call.ok(&simulator);
        assert_eq!(reply.refusal(), (status, code.into()), "{} {:?}", call.target, call.headers);
        assert!(reply.header("x-request-id").is_some());
    }
    assert_eq!(Call::app().with("x-sandbox-name", "prod").ok(&simulator).status, 200);
    let last = simulator.control().requests().pop().unwrap();
    assert_eq!((last.header("x-sandbox-name"), last.status), (Some("prod"), Some(200)));
}

#[test]
fn the_service_refuses_what_it_cannot_take() {
    let simulator = start(Options::default());
    let changed = |pointer: &str, value: Value| {
        let mut body = submission("c", KEY);
        *body.pointer_mut(pointer).unwrap() = value;
        Call::submit_body(&body)
    };
    let refused = [
        Call::submit("c").with("content-type", ""),
        Call::submit("c").with("content-type", "text/plain"),
        Call::submit("c").body("{"),
        Call::submit("c").body("[]"),
        changed("/name", Value::Null),
        changed("/name", json!("")),
        changed("/name", json!(7)),
        changed("/type", json!("OTHER")),
        changed("/imsOrgId", json!("other@AdobeOrg")),
        changed("/configData", Value::Null),
        changed("/configData/providerType", json!("AWS_KMS")),
        changed("/configData/keyVaultKeyIdentifier", json!("arn:aws:kms:us-east-1:1:key/1")),
        changed("/configData/keyVaultKeyIdentifier", json!("https://v.vault.azure.net/secrets/s")),
        changed("/configData/keyVaultKeyIdentifier", json!("https://v.vault.azure.net/keys/k/v/x")),
    ];
    let count = refused.len() as u64;
    for call in refused {
        let reply = call.ok(&simulator);
        let body = reply.json();
        assert_eq!(
            (reply.status, &body["status"], &body["title"]),
            (400, &json!(400), &json!("Bad Request")),
            "{}",
            call.body
        );
        assert!(
            body["type"].is_string() && body["detail"].is_string() && body["error_code"].is_null()
        );
    }
    for query in ["", "?configType=OTHER"] {
        let call = Call::new("GET", &format!("{CONFIG}/c{query}")).authorised();
        assert_eq!(call.ok(&simulator).status, 400, "{query}");
    }
    let counters = simulator.control().counters();
    assert_eq!(
        (counters.submissions, counters.submissions_refused, counters.submissions_accepted),
        (count, count, 0)
    );
    let with_charset = Call::submit("c").with("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(with_charset.ok(&simulator).status, 200);
    assert_eq!(Call::submit("c").ok(&simulator).status, 409);
}
