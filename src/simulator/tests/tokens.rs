//! The token endpoint.

use std::time::Duration;

use super::{Call, start};
use crate::simulator::{Clock, Options};

const GOOD: &str = "grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret&scope=openid%2CAdobeID";

fn request(body: &str) -> Call {
    Call::new("POST", "/ims/token/v3")
        .with("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

#[test]
fn a_minted_token_is_good_until_it_expires() {
    let lifetime = Duration::from_secs(60);
    let simulator =
        start(Options { clock: Clock::Stepped, token_lifetime: lifetime, ..Options::default() });
    let minted = request(GOOD).ok(&simulator).json();
    assert_eq!(
        (minted["token_type"].as_str(), minted["expires_in"].as_u64()),
        (Some("bearer"), Some(60))
    );
    let token = minted["access_token"].as_str().unwrap();
    let app = Call::app().with("authorization", &format!("Bearer {token}"));
    assert_eq!(app.ok(&simulator).status, 200);
    simulator.control().step(lifetime);
    assert_eq!(app.ok(&simulator).refusal(), (401, "401013".into()));
    let token = request(GOOD).ok(&simulator).json()["access_token"].as_str().unwrap().to_owned();
    let app = Call::app().with("authorization", &format!("Bearer {token}"));
    assert_eq!(app.ok(&simulator).status, 200);
    simulator.control().expire_tokens();
    assert_eq!(app.ok(&simulator).status, 401);
    assert_eq!(Call::app().ok(&simulator).status, 200, "a given token does not expire");
    assert_eq!(simulator.control().counters().tokens_minted, 2);
}

#[test]
fn what_is_wrong_with_a_token_request_is_said() {
    let simulator = start(Options::default());
    for (call, error) in [
        (request(&GOOD.replace("sim-secret", "wrong")), "invalid client_secret parameter"),
        (request(&GOOD.replace("sim-client", "wrong")), "invalid client_id parameter"),
        (request(&GOOD.replace("client_credentials", "jwt")), "unsupported_grant_type"),
        (request(""), "missing grant_type parameter"),
        (request(&GOOD.replace("openid%2CAdobeID", ",")), "invalid_scope"),
        (request(GOOD).with("content-type", "application/json"), "x-www-form-urlencoded"),
        (Call { target: format!("/ims/token/v3?{GOOD}"), ..request("") }, "not the query"),
        (Call { target: "/ims/token/v3?client_secret=x".into(), ..request(GOOD) }, "not the query"),
    ] {
        let reply = call.ok(&simulator);
        assert!(reply.status == 400 && reply.body.contains(error), "{error}: {reply:?}");
        assert!(reply.json()["error"].is_string() && reply.json()["error_description"].is_string());
    }
    let counters = simulator.control().counters();
    assert_eq!((counters.token_requests, counters.tokens_minted), (8, 0));
}
