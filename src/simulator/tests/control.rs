//! The control interface over HTTP.

use serde_json::{Value, json};

use super::{Call, KEY, start};
use crate::simulator::{Clock, Options, Simulator};

fn post(simulator: &Simulator, path: &str, body: &Value) -> u16 {
    let call =
        Call::new("POST", &format!("/_control/{path}")).with("content-type", "application/json");
    call.body(&body.to_string()).ok(simulator).status
}

fn get(simulator: &Simulator, path: &str) -> Value {
    Call::new("GET", &format!("/_control/{path}")).ok(simulator).json()
}

fn delete(simulator: &Simulator, path: &str) -> u16 {
    Call::new("DELETE", &format!("/_control/{path}")).ok(simulator).status
}

#[test]
fn everything_can_be_scripted_over_http() {
    let simulator = start(Options { clock: Clock::Stepped, ..Options::default() });
    let sim = &simulator;
    let throttled = json!({"route": "app", "times": 2, "action": {"answer": "throttled"}});
    assert_eq!(post(sim, "faults", &throttled), 204);
    assert_eq!(Call::app().ok(sim).status, 429);
    assert_eq!(delete(sim, "faults"), 204);
    assert_eq!(Call::app().ok(sim).status, 200);

    assert_eq!(Call::submit("a b").ok(sim).status, 200);
    assert_eq!(post(sim, "step", &json!({"status": "FAILED"})), 409);
    assert_eq!(post(sim, "step", &json!({"seconds": 0.06})), 204);
    assert_eq!(get(sim, "configurations")[0]["status"], "UPDATE_EXISTING_RESOURCES");
    assert_eq!(post(sim, "step", &json!({"status": "COMPLETED"})), 204);
    assert_eq!(
        post(sim, "configurations/a%20b", &json!({"key": "https://v.vault.azure.net/keys/k"})),
        204
    );
    let there = &get(sim, "configurations")[0];
    assert_eq!((&there["status"], &there["attempts"]), (&json!("COMPLETED"), &json!(1)));
    assert_eq!(there["key_identifier"], "https://v.vault.azure.net/keys/k");
    assert_eq!(post(sim, "configurations/a%20b", &json!({"status": "FAILED"})), 204);
    assert_eq!(Call::status("a%20b").ok(sim).json()["status"], "FAILED");

    assert_eq!(
        post(sim, "configurations/new", &json!({"status": "RUNNING"})),
        404,
        "a new one needs a key"
    );
    assert_eq!(post(sim, "configurations/new", &json!({"key": KEY, "status": "RUNNING"})), 204);
    assert_eq!(Call::status("new").ok(sim).json()["status"], "RUNNING");
    assert_eq!([delete(sim, "configurations/new"), delete(sim, "configurations/new")], [204, 404]);

    let counters = get(sim, "counters");
    assert_eq!((&counters["app_reads"], &counters["submissions_accepted"]), (&json!(2), &json!(1)));
    assert_eq!(counters["requests"], 5, "the control interface does not count");
    let requests = get(sim, "requests");
    assert_eq!((&requests[0]["status"], &requests[0]["method"]), (&json!(429), &json!("GET")));
    assert_eq!(requests.as_array().unwrap().len(), 5);
    assert_eq!(delete(sim, "requests"), 204);
    assert_eq!(get(sim, "requests"), json!([]));

    assert_eq!(
        post(
            sim,
            "options",
            &json!({"unknown_name": "no_content", "outcome": {"per_attempt": ["failed", "completed"]}, "resubmit_failed": {"new_id_after": 0.5}})
        ),
        204
    );
    assert_eq!(Call::status("nobody").ok(sim).status, 204);
    assert_eq!(post(sim, "options", &json!({"unknown": 1})), 422);
    assert_eq!(post(sim, "release", &Value::Null), 204);
    assert_eq!(delete(sim, "tokens"), 204);
}

#[test]
fn a_mistake_in_a_script_is_explained() {
    let simulator = start(Options::default());
    let call = Call::new("POST", "/_control/faults").with("content-type", "application/json");
    let reply = call
        .body(&json!({"route": "app", "action": {"answer": "throtled"}}).to_string())
        .ok(&simulator);
    assert!(reply.status == 422 && reply.body.contains("throtled"), "{reply:?}");
}
