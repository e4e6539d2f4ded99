//! Resource identity, which Terraform knows from 1.12 on, and OpenTofu too. The newer tools can neither show nor store a
//! plan with an unknown in an identity, so it is wholly known or absent in every response.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{Launch, UNKNOWN, apply, plan, read, said, thing, value};

fn of(data: Option<&pb::ResourceIdentityData>) -> serde_json::Value {
    read(data.and_then(|data| data.identity_data.as_ref()))
}

fn identity(json: &serde_json::Value) -> Option<pb::ResourceIdentityData> {
    Some(pb::ResourceIdentityData { identity_data: value(json) })
}

#[tokio::test]
async fn the_identity_s_schema_is_told() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::get_resource_identity_schemas::Request {};
    let answer = provider.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert_eq!(answer.identity_schemas.keys().collect::<Vec<_>>(), ["toy_thing"]);
    let schema = &answer.identity_schemas["toy_thing"];
    assert_eq!(schema.version, 1);
    let attributes: Vec<_> = schema
        .identity_attributes
        .iter()
        .map(|attribute| {
            (attribute.name.as_str(), attribute.required_for_import, attribute.optional_for_import)
        })
        .collect();
    assert_eq!(attributes, [("id", true, false), ("region", false, true)]);
    assert_eq!(schema.identity_attributes[0].r#type, br#""string""#);
}

#[tokio::test]
async fn an_object_s_identity_comes_with_every_answer_once_there_is_an_object() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let known = json!({ "id": "id-a", "region": null });
    let request = apply("toy_thing", &json!(null), &thing(json!({ "id": UNKNOWN })));
    let answer = provider.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(of(answer.new_identity.as_ref()), known);

    let request = pb::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: value(&thing(json!({ "id": "id-a" }))),
        ..Default::default()
    };
    let answer = provider.read_resource(request).await.unwrap().into_inner();
    assert_eq!(of(answer.new_identity.as_ref()), known);
}

#[tokio::test]
async fn an_update_in_place_keeps_the_identity_it_had() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let had = json!({ "id": "id-had", "region": "r" });
    let prior = |name: &str| thing(json!({ "id": "id-a", "name": name }));
    for (before, after, given, expected) in [
        // Not known yet, and none at all.
        ("a", json!({ "id": UNKNOWN }), Some(&had), &had),
        ("anonymous", json!({ "id": "id-a", "name": "anonymous" }), Some(&had), &had),
        // Objects of before there were identities have none.
        ("a", json!({ "id": UNKNOWN }), None, &json!(null)),
        (
            "a",
            json!({ "id": "id-a", "count_of": 1 }),
            None,
            &json!({ "id": "id-a", "region": null }),
        ),
        // A replacement is another object.
        ("a", json!({ "id": UNKNOWN, "name": "b" }), Some(&had), &json!(null)),
        (
            "a",
            json!({ "id": "id-b", "name": "b" }),
            Some(&had),
            &json!({ "id": "id-b", "region": null }),
        ),
    ] {
        let mut request = plan("toy_thing", &prior(before), &thing(after));
        request.prior_identity = given.and_then(identity);
        let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, []);
        assert_eq!(of(answer.planned_identity.as_ref()), *expected);
    }
}

#[tokio::test]
async fn an_identity_with_an_unknown_in_it_is_never_sent() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let late = json!({ "id": UNKNOWN, "region": "r" });
    let state = thing(json!({ "id": "id-a", "name": "anonymous" }));

    // Of a create, whether the author's plan of it has a name or not.
    for name in [json!("a"), json!(UNKNOWN)] {
        let request = plan("toy_thing", &json!(null), &thing(json!({ "name": name })));
        let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, []);
        assert_eq!(read(answer.planned_state.as_ref())["id"], json!(UNKNOWN));
        assert_eq!(answer.planned_identity, None);
    }
    // Of a create that ended before there was an id.
    let unfinished = thing(json!({ "id": UNKNOWN, "name": "unfinished" }));
    let request = apply("toy_thing", &json!(null), &unfinished);
    let answer = provider.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["There is no id yet"]);
    assert_eq!(read(answer.new_state.as_ref())["id"], json!(null));
    assert_eq!(answer.new_identity, None);
    // Of what the client itself sent.
    let mut request = plan("toy_thing", &state, &state);
    request.prior_identity = identity(&late);
    let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(answer.planned_identity, None);
    let request = pb::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: value(&state),
        current_identity: identity(&late),
        ..Default::default()
    };
    let answer = provider.read_resource(request).await.unwrap().into_inner();
    assert_eq!(answer.new_identity, None);
}

#[tokio::test]
async fn an_apply_without_an_identity_keeps_a_planned_one_that_is_known() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let state = thing(json!({ "id": "id-a", "name": "anonymous" }));
    for (planned, expected) in [
        (json!({ "id": "id-a", "region": null }), json!({ "id": "id-a", "region": null })),
        (json!({ "id": UNKNOWN, "region": null }), json!(null)),
    ] {
        let mut request = apply("toy_thing", &state, &state);
        request.planned_identity = identity(&planned);
        let answer = provider.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, []);
        assert_eq!(of(answer.new_identity.as_ref()), expected);
    }
}

#[tokio::test]
async fn a_deferred_plan_keeps_the_identity() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::configure_provider::Request {
        config: value(&json!({ "endpoint": UNKNOWN, "retries": null })),
        ..Default::default()
    };
    provider.configure_provider(request).await.unwrap();
    let had = json!({ "id": "id-a", "region": null });
    for (given, expected) in
        [(&had, &had), (&json!({ "id": UNKNOWN, "region": null }), &json!(null))]
    {
        let mut request = plan("toy_thing", &json!(null), &thing(json!({})));
        request.prior_identity = identity(given);
        request.client_capabilities =
            Some(pb::ClientCapabilities { deferral_allowed: true, ..Default::default() });
        let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
        assert!(answer.deferred.is_some());
        assert_eq!(of(answer.planned_identity.as_ref()), *expected);
    }
}

#[tokio::test]
async fn an_import_goes_by_id_or_by_identity() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = |id: &str, identity| pb::import_resource_state::Request {
        type_name: "toy_thing".into(),
        id: id.into(),
        identity,
        ..Default::default()
    };
    let given = json!({ "id": "id-y", "region": null });
    let answer =
        provider.import_resource_state(request("", identity(&given))).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    let [imported] = answer.imported_resources.as_slice() else { panic!("one object") };
    assert_eq!(read(imported.state.as_ref())["id"], json!("id-y"));
    assert_eq!(of(imported.identity.as_ref()), given);
    assert!(imported.private.is_empty(), "null is no bytes");

    let answer = provider.import_resource_state(request("id-x", None)).await.unwrap().into_inner();
    assert_eq!(read(answer.imported_resources[0].state.as_ref())["id"], json!("id-x"));

    let empty = json!({ "id": null, "region": "r" });
    let answer =
        provider.import_resource_state(request("", identity(&empty))).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["An identity without an id"]);
}

#[tokio::test]
async fn a_resource_without_identity_is_not_imported_by_one() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::import_resource_state::Request {
        type_name: "toy_bomb".into(),
        identity: identity(&json!({ "id": "x" })),
        ..Default::default()
    };
    let answer = provider.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["This resource has no identity"]);
}

#[tokio::test]
async fn a_stored_identity_passes_through_at_the_same_version_only() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let upgraded = json!({ "id": "id-a", "region": null });
    for (version, stored, expected) in [
        (1, r#"{"id":"id-a"}"#, Ok(&upgraded)),
        (0, r#"{"id":"id-a"}"#, Err("This identity cannot be upgraded")),
        (1, r#"["id-a"]"#, Err("The stored identity cannot be read")),
        // An object of before there were identities has version 0 of none. OpenTofu wants a response with a value in it.
        (0, "", Ok(&json!(null))),
        (0, "null", Ok(&json!(null))),
    ] {
        let request = pb::upgrade_resource_identity::Request {
            type_name: "toy_thing".into(),
            version,
            raw_identity: Some(pb::RawState { json: stored.into(), ..Default::default() }),
        };
        let answer = provider.upgrade_resource_identity(request).await.unwrap().into_inner();
        match expected {
            Ok(expected) => {
                assert_eq!(answer.diagnostics, [], "{version} {stored}");
                let identity = answer.upgraded_identity.unwrap();
                assert!(identity.identity_data.is_some(), "{version} {stored}");
                assert_eq!(of(Some(&identity)), *expected, "{version} {stored}");
            }
            Err(expected) => assert_eq!(said(&answer.diagnostics), [expected]),
        }
    }
}
