//! Values through the whole host: what a schema can have comes back, and what does not fit is
//! named.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{UNKNOWN, plan, raw, read, said};
use super::{Toy, thing, written};

/// A `toy_puppet` as bytes, where `how` is this.
fn puppet(how: &[u8]) -> Vec<u8> {
    [b"\x84\xa5diary\xc0\xa3how", how, b"\xa6linger\xc0\xa6result\xd4\x00\x00"].concat()
}

#[tokio::test]
async fn bytes_are_as_cty_writes_them() {
    let toy = Toy::start().await;
    let unknown = b"\xd4\x00\x00".as_slice();
    for (sent, back) in [
        (b"\xa5hello".as_slice(), b"\xa5hello".as_slice()),
        (b"\xd9\x05hello", b"\xa5hello"),
        (b"\xc0", b"\xc0"),
        // Every extension is an unknown value, and goes back without refinements.
        (unknown, unknown),
        (b"\xc7\x00\x00", unknown),
        (b"\xc7\x03\x0c\x81\x01\xc2", unknown),
        (b"\xc7\x09\x0c\x82\x01\xc2\x02\xa4pre-", unknown),
        (b"\xd5\x7f\x01\x02", unknown),
    ] {
        // What was not sent is there all the same on the way out.
        let sent = raw([b"\x81\xa3how", sent].concat());
        let request = pb::plan_resource_change::Request {
            proposed_new_state: sent.clone(),
            config: sent,
            // Null in its other forms.
            prior_state: Some(pb::DynamicValue::default()),
            ..plan("toy_puppet", &json!(null), &json!(null))
        };
        let response = toy.plan_resource_change(request).await;
        assert_eq!(response.diagnostics, [], "{back:x?}");
        assert_eq!(response.planned_state, raw(puppet(back)));
    }
    // JSON is read where msgpack is missing.
    let json = br#"{"how":"later"}"#.to_vec();
    let json = Some(pb::DynamicValue { msgpack: Vec::new(), json });
    let request = pb::plan_resource_change::Request {
        type_name: "toy_puppet".into(),
        proposed_new_state: json.clone(),
        config: json,
        ..Default::default()
    };
    let response = toy.plan_resource_change(request).await;
    assert_eq!(response.planned_state, raw(puppet(b"\xa5later")));
}

#[tokio::test]
async fn everything_a_schema_can_have_comes_back() {
    let toy = Toy::start().await;
    let prior = thing(json!({ "id": "id-a" }));
    let part = |size: Json| json!({ "size": size, "label": "x" });
    let mut state = thing(json!({
        "id": "id-a",
        "count_of": i64::MAX,
        "weight": "0.1",
        "ratio": "3.14159265358979323846264338327950288",
        "tags": ["a", "b"],
        "labels": { "k": "v", "n": null },
        "settings": part(json!(null)),
        "rules": [part(json!(80)), part(json!(443))],
        "limits": part(json!(5)),
        "owner": [part(json!(1))],
        "disk": [part(json!(2)), part(json!(1))],
        "network": [part(json!(1)), part(json!(2))],
    }));
    for extra in [
        json!(null),
        json!(["\"number\"", "0.1"]),
        json!([r#"["object",{"a":"string","b":["tuple",["bool","dynamic"]]}]"#, { "a": "x", "b": [true, null] }]),
        json!(["\"string\"", null]),
    ] {
        state["extra"] = extra;
        let response = toy.apply("toy_thing", &prior, &state).await;
        assert_eq!(response.diagnostics, []);
        assert_eq!(read(response.new_state.as_ref()), written(&state));
    }
    // Null, empty and unknown are three things; sets are sorted and hold what is known once.
    for (tags, back) in [
        (json!(null), json!(null)),
        (json!([]), json!([])),
        (json!(UNKNOWN), json!(UNKNOWN)),
        (json!(["c", UNKNOWN, "a", "c", UNKNOWN]), json!(["a", "c", UNKNOWN, UNKNOWN])),
    ] {
        let response = toy.plan("toy_thing", &json!(null), &thing(json!({ "tags": tags }))).await;
        assert_eq!(response.diagnostics, [], "{tags}");
        assert_eq!(read(response.planned_state.as_ref())["tags"], back);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_named_without_its_value() {
    let toy = Toy::start().await;
    let unusable = "The provider cannot use this value";
    let misfit = "The request holds a value that does not fit the schema";
    let part = |size: Json| json!({ "size": size, "label": null });
    for (given, summary, path) in [
        (json!({ "count_of": 0.5 }), unusable, "count_of"),
        (json!({ "count_of": u64::MAX }), unusable, "count_of"),
        (json!({ "weight": 9_007_199_254_740_993_i64 }), unusable, "weight"),
        (json!({ "settings": part(json!(0.5)) }), unusable, "settings.size"),
        (json!({ "rules": [part(json!(1)), part(json!(0.5))] }), unusable, "rules.1.size"),
        (json!({ "limits": part(json!("0.1")) }), unusable, "limits.size"),
        (json!({ "name": 3 }), misfit, "name"),
        (json!({ "secret": ["hush"] }), misfit, "secret"),
        (json!({ "weight": "hush" }), misfit, "weight"),
        (json!({ "labels": { "k": true } }), misfit, "labels.\"k\""),
        // Elements of a set have no address.
        (json!({ "tags": ["a", 1] }), misfit, "tags"),
        (json!({ "surplus": "hush" }), misfit, "surplus"),
        (json!({ "disk": [part(json!(1)), part(json!(true))] }), misfit, "disk.1.size"),
    ] {
        let diagnostics = toy.plan("toy_thing", &json!(null), &thing(given)).await.diagnostics;
        assert_eq!(said(&diagnostics), [format!("{summary} [{path}]")]);
        assert!(!diagnostics[0].detail.contains("hush"), "{}", diagnostics[0].detail);
    }
}
