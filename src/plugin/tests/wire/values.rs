//! Values on the wire: golden bytes, exact numbers, unknowns, paths of errors.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, UNKNOWN, apply, plan, raw, read, said, thing, value, written};

/// What an update with this state gives back.
async fn echoed(state: Option<pb::DynamicValue>) -> pb::apply_resource_change::Response {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let mut request = apply("toy_thing", &thing(json!({ "id": "id-a" })), &json!(null));
    request.planned_state = state.clone();
    request.config = state;
    provider.apply_resource_change(request).await.unwrap().into_inner()
}

/// A `toy_bomb` as bytes: an object of one attribute, `at`.
fn bomb(at: &[u8]) -> Vec<u8> {
    [b"\x81\xa2at", at].concat()
}

async fn planned_bomb(msgpack: Vec<u8>) -> pb::plan_resource_change::Response {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let mut request = plan("toy_bomb", &json!(null), &json!(null));
    request.proposed_new_state = raw(msgpack.clone());
    request.config = raw(msgpack);
    provider.plan_resource_change(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn every_extension_is_an_unknown_value_and_goes_back_without_refinements() {
    for unknown in [
        b"\xd4\x00\x00".as_slice(),
        b"\xc7\x00\x00",
        b"\xc7\x03\x0c\x81\x01\xc2",
        b"\xc7\x09\x0c\x82\x01\xc2\x02\xa4pre-",
        b"\xd5\x7f\x01\x02",
    ] {
        let answer = planned_bomb(bomb(unknown)).await;
        assert_eq!(answer.diagnostics, [], "{unknown:x?}");
        assert_eq!(answer.planned_state, raw(bomb(b"\xd4\x00\x00")), "{unknown:x?}");
    }
}

#[tokio::test]
async fn bytes_are_as_cty_writes_them() {
    for (sent, back) in [
        (b"\xa5hello".as_slice(), b"\xa5hello".as_slice()),
        (b"\xc0", b"\xc0"),
        (b"\xd9\x05hello", b"\xa5hello"),
    ] {
        let answer = planned_bomb(bomb(sent)).await;
        assert_eq!(answer.planned_state, raw(bomb(back)), "{sent:x?}");
    }
    // An attribute that was not sent is there all the same on the way out.
    assert_eq!(planned_bomb(b"\x80".to_vec()).await.planned_state, raw(bomb(b"\xc0")));
}

#[tokio::test]
async fn json_is_read_where_msgpack_is_missing() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let mut request = plan("toy_bomb", &json!(null), &json!(null));
    let json = pb::DynamicValue { msgpack: Vec::new(), json: br#"{"at":"later"}"#.to_vec() };
    request.proposed_new_state = Some(json.clone());
    request.config = Some(json);
    // Null in each of its forms.
    request.prior_state = Some(pb::DynamicValue::default());
    request.provider_meta = None;
    let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(answer.planned_state, raw(bomb(b"\xa5later")));
}

#[tokio::test]
async fn numbers_come_back_as_the_numbers_they_were_in_the_digits_of_a_state() {
    for (number, back) in [
        (json!(0), "0"),
        (json!(-3), "-3"),
        (json!(100), "100"),
        (json!(9_007_199_254_740_993_i64), "9007199254740993"),
        (json!(0.5), "0.5"),
        (json!(2.0), "2"),
        // HCL's 0.1 is a decimal, and Terraform writes it as one.
        (json!("0.1"), "0.1"),
        (json!("9223372036854775808"), "9223372036854775808"),
        (json!("3.14159265358979323846264338327950288"), "3.14159265358979323846264338327950288"),
        (json!(u64::MAX), "18446744073709551615"),
        // The float next to 0.1 is another number.
        (json!(0.1), "0.1000000000000000055511151231257827021181583404541015625"),
    ] {
        let answer = echoed(value(&thing(json!({ "ratio": number })))).await;
        assert_eq!(answer.diagnostics, [], "{number}");
        assert_eq!(read(answer.new_state.as_ref())["ratio"], json!(back), "{number}");
    }
    for (number, back) in [(json!("0.1"), "0.1"), (json!(0.5), "0.5"), (json!(3), "3")] {
        let answer = echoed(value(&thing(json!({ "weight": number })))).await;
        let weight = &read(answer.new_state.as_ref())["weight"];
        assert_eq!(weight, back, "a float field, {number}");
    }
}

#[tokio::test]
async fn everything_a_schema_can_have_comes_back() {
    let state = thing(json!({
        "id": "id-a",
        "tags": ["a", "b"],
        "labels": { "k": "v", "n": null },
        "settings": { "mode": "m", "level": null },
        "rules": [{ "port": 80, "note": null }, { "port": 443, "note": "tls" }],
        "limits": { "max": 5 },
        "owner": [{ "email": "a@b" }],
        "disk": [{ "size": "0.1", "label": "x" }, { "size": 2, "label": null }],
        "network": [{ "cidr": "1.0.0.0/8" }],
    }));
    let answer = echoed(value(&state)).await;
    assert_eq!(answer.diagnostics, []);
    assert_eq!(read(answer.new_state.as_ref()), written(&state));
}

#[tokio::test]
async fn sets_are_sorted_and_hold_a_value_once() {
    let answer = echoed(value(&thing(json!({
        "tags": ["c", "a", "b", "a"],
        "network": [{ "cidr": "2" }, { "cidr": "1" }, { "cidr": "2" }],
    }))))
    .await;
    let state = read(answer.new_state.as_ref());
    assert_eq!(state["tags"], json!(["a", "b", "c"]));
    assert_eq!(state["network"], json!([{ "cidr": "1" }, { "cidr": "2" }]));
}

#[tokio::test]
async fn null_empty_and_unknown_are_three_things() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    for collection in [json!(null), json!([]), json!(UNKNOWN), json!(["a", UNKNOWN])] {
        let request = plan("toy_thing", &json!(null), &thing(json!({ "tags": collection })));
        let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, [], "{collection}");
        let mut tags = read(answer.planned_state.as_ref())["tags"].clone();
        if let Json::Array(tags) = &mut tags {
            tags.sort_by_key(|tag| *tag == json!(UNKNOWN));
        }
        assert_eq!(tags, collection);
    }
}

#[tokio::test]
async fn a_dynamic_value_keeps_its_type() {
    for extra in [
        json!(["\"number\"", "0.1"]),
        json!([r#"["list","string"]"#, ["a", null]]),
        json!([r#"["set","number"]"#, [1, 2]]),
        json!([r#"["object",{"a":"string","b":["tuple",["bool","dynamic"]]}]"#, { "a": "x", "b": [true, null] }]),
        json!(null),
        json!(["\"string\"", null]),
    ] {
        let answer = echoed(value(&thing(json!({ "extra": extra })))).await;
        assert_eq!(answer.diagnostics, [], "{extra}");
        assert_eq!(read(answer.new_state.as_ref())["extra"], written(&extra));
    }
}

/// The paths of the diagnostics for a planned `toy_thing`.
async fn refused(given: Json) -> Vec<String> {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = plan("toy_thing", &json!(null), &thing(given));
    let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
    for diagnostic in &answer.diagnostics {
        assert!(!diagnostic.detail.contains("hush"), "a value is in {}", diagnostic.detail);
    }
    said(&answer.diagnostics)
}

#[tokio::test]
async fn what_the_provider_cannot_use_is_named() {
    let unusable = |path: &str| vec![format!("The provider cannot use this value [{path}]")];
    assert_eq!(refused(json!({ "count_of": 0.5 })).await, unusable("count_of"));
    assert_eq!(refused(json!({ "count_of": u64::MAX })).await, unusable("count_of"));
    assert_eq!(
        refused(json!({ "settings": { "mode": "m", "level": 0.5 } })).await,
        unusable("settings.level")
    );
    assert_eq!(
        refused(json!({ "rules": [{ "port": 1, "note": null }, { "port": 0.5, "note": null }] }))
            .await,
        unusable("rules.1.port")
    );
    assert_eq!(refused(json!({ "limits": { "max": "0.1" } })).await, unusable("limits.max"));
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_named_without_its_value() {
    let misfit = |path: &str| {
        vec![format!("The request holds a value that does not fit the schema [{path}]")]
    };
    assert_eq!(refused(json!({ "name": 3 })).await, misfit("name"));
    assert_eq!(refused(json!({ "secret": ["hush"] })).await, misfit("secret"));
    assert_eq!(refused(json!({ "weight": "hush" })).await, misfit("weight"));
    assert_eq!(refused(json!({ "labels": { "k": true } })).await, misfit("labels.\"k\""));
    assert_eq!(
        refused(json!({ "tags": ["a", 1] })).await,
        misfit("tags"),
        "elements of a set have no address"
    );
    assert_eq!(refused(json!({ "surplus": "hush" })).await, misfit("surplus"));
    assert_eq!(
        refused(json!({ "disk": [{ "size": 1, "label": null }, { "size": true, "label": null }] }))
            .await,
        misfit("disk.1.size")
    );
}
