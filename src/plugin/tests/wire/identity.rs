//! Resource identity, which Terraform knows from 1.12 on, and OpenTofu too. The newer tools can
//! neither show nor store a plan with an unknown in an identity, so it is wholly known or absent in
//! every response.

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{UNKNOWN, plan, read, said, value};
use super::{DEFERRAL, Toy, apply, refresh, thing};

fn of(data: Option<&pb::ResourceIdentityData>) -> Json {
    read(data.and_then(|data| data.identity_data.as_ref()))
}

fn identity(json: &Json) -> Option<pb::ResourceIdentityData> {
    Some(pb::ResourceIdentityData { identity_data: value(json) })
}

#[tokio::test]
async fn the_identity_s_schema_is_told() {
    let toy = Toy::start().await;
    let request = pb::get_resource_identity_schemas::Request {};
    let response = toy.get_resource_identity_schemas(request).await;
    assert_eq!(response.diagnostics, []);
    assert_eq!(response.identity_schemas.keys().collect::<Vec<_>>(), ["toy_thing"]);
    let schema = &response.identity_schemas["toy_thing"];
    assert_eq!(schema.version, 1);
    let of = |of: &pb::resource_identity_schema::IdentityAttribute| {
        let ty = String::from_utf8(of.r#type.clone()).unwrap();
        (of.name.clone(), ty, of.required_for_import, of.optional_for_import)
    };
    assert_eq!(
        schema.identity_attributes.iter().map(of).collect::<Vec<_>>(),
        [("id", true, false), ("region", false, true)].map(|(name, required, optional)| (
            name.into(),
            r#""string""#.into(),
            required,
            optional
        ))
    );
}

#[tokio::test]
async fn a_plan_in_place_keeps_the_identity_and_an_unknown_one_is_never_sent() {
    let toy = Toy::start().await;
    let null = json!(null);
    let had = json!({ "id": "id-had", "region": "r" });
    let late = json!({ "id": UNKNOWN, "region": "r" });
    let known = |id: &str| json!({ "id": id, "region": null });
    let named = |name: &str| thing(json!({ "id": "id-a", "name": name }));
    let anonymous = || named("anonymous");
    for (prior, proposed, given, expected) in [
        // Not known yet, and none at all.
        (named("a"), thing(json!({ "id": UNKNOWN })), &had, &had),
        (anonymous(), anonymous(), &had, &had),
        (anonymous(), anonymous(), &late, &null),
        // Objects of before there were identities have none.
        (named("a"), thing(json!({ "id": UNKNOWN })), &null, &null),
        (named("a"), named("a"), &null, &known("id-a")),
        // A replacement is another object.
        (named("a"), thing(json!({ "id": UNKNOWN, "name": "b" })), &had, &null),
        (named("a"), thing(json!({ "id": "id-b", "name": "b" })), &had, &known("id-b")),
        // A create, whether the author's plan of it has a name or not.
        (null.clone(), thing(json!({})), &null, &null),
        (null.clone(), thing(json!({ "name": UNKNOWN })), &null, &null),
    ] {
        let request = pb::plan_resource_change::Request {
            prior_identity: if given.is_null() { None } else { identity(given) },
            ..plan("toy_thing", &prior, &proposed)
        };
        let response = toy.plan_resource_change(request).await;
        assert_eq!(response.diagnostics, []);
        assert_eq!(of(response.planned_identity.as_ref()), *expected, "{prior} {proposed} {given}");
    }
    // What is deferred keeps it too.
    assert_eq!(toy.configured(UNKNOWN).await.diagnostics, []);
    for (given, expected) in [(&had, &had), (&late, &null)] {
        let request = pb::plan_resource_change::Request {
            prior_identity: identity(given),
            client_capabilities: DEFERRAL,
            ..plan("toy_thing", &null, &thing(json!({})))
        };
        let response = toy.plan_resource_change(request).await;
        assert!(response.deferred.is_some());
        assert_eq!(of(response.planned_identity.as_ref()), *expected);
    }
}

#[tokio::test]
async fn an_object_s_identity_comes_with_apply_and_read_once_it_is_known() {
    let toy = Toy::start().await;
    let null = json!(null);
    let known = json!({ "id": "id-a", "region": null });
    let late = json!({ "id": UNKNOWN, "region": null });
    let anonymous = thing(json!({ "id": "id-a", "name": "anonymous" }));
    let created = toy.apply("toy_thing", &null, &thing(json!({ "id": UNKNOWN }))).await;
    assert_eq!(of(created.new_identity.as_ref()), known);
    // A create that ended before there was an id.
    let unfinished = thing(json!({ "id": UNKNOWN, "name": "unfinished" }));
    let created = toy.apply("toy_thing", &null, &unfinished).await;
    assert_eq!(said(&created.diagnostics), ["There is no id yet"]);
    assert_eq!(read(created.new_state.as_ref())["id"], null);
    assert_eq!(created.new_identity, None);
    // Where the author names none, the planned one stays, and the one that was there.
    for (given, expected) in [(&known, &known), (&late, &null)] {
        let request = pb::apply_resource_change::Request {
            planned_identity: identity(given),
            ..apply("toy_thing", &anonymous, &anonymous)
        };
        let response = toy.apply_resource_change(request).await;
        assert_eq!(response.diagnostics, []);
        assert_eq!(of(response.new_identity.as_ref()), *expected);
        let request = pb::read_resource::Request {
            current_identity: identity(given),
            ..refresh("toy_thing", &anonymous)
        };
        assert_eq!(of(toy.read_resource(request).await.new_identity.as_ref()), *expected);
    }
    let response = toy.read("toy_thing", &thing(json!({ "id": "id-a" }))).await;
    assert_eq!(of(response.new_identity.as_ref()), known);
}

#[tokio::test]
async fn an_import_goes_by_id_or_by_identity() {
    let toy = Toy::start().await;
    let import = async |type_name: &str, id: &str, identity| {
        let (type_name, id) = (type_name.into(), id.into());
        let request =
            pb::import_resource_state::Request { type_name, id, identity, ..Default::default() };
        let response = toy.import_resource_state(request).await;
        (said(&response.diagnostics), response.imported_resources)
    };
    let given = json!({ "id": "id-y", "region": null });
    let (diagnostics, imported) = import("toy_thing", "", identity(&given)).await;
    assert_eq!((diagnostics.len(), imported.len()), (0, 1));
    assert_eq!(read(imported[0].state.as_ref())["id"], json!("id-y"));
    assert_eq!(of(imported[0].identity.as_ref()), given);
    assert!(imported[0].private.is_empty(), "null is no bytes");
    let (_, imported) = import("toy_thing", "id-x", None).await;
    assert_eq!(read(imported[0].state.as_ref())["id"], json!("id-x"));
    let without = json!({ "id": null, "region": "r" });
    for (of, given, expected) in [
        ("toy_thing", &without, "An identity without an id"),
        ("toy_puppet", &given, "This resource has no identity"),
    ] {
        let (diagnostics, imported) = import(of, "", identity(given)).await;
        assert_eq!((diagnostics.as_slice(), imported), ([expected.to_owned()].as_slice(), vec![]));
    }
}

#[tokio::test]
async fn a_stored_identity_passes_through_at_the_same_version_only() {
    let toy = Toy::start().await;
    let upgraded = json!({ "id": "id-a", "region": null });
    for (version, stored, expected) in [
        (1, r#"{"id":"id-a"}"#, Ok(&upgraded)),
        (0, r#"{"id":"id-a"}"#, Err("This identity cannot be upgraded")),
        (1, r#"["id-a"]"#, Err("The stored identity cannot be read")),
        // An object of before there were identities has version 0 of none. OpenTofu wants a
        // response with a value in it.
        (0, "", Ok(&json!(null))),
        (0, "null", Ok(&json!(null))),
    ] {
        let request = pb::upgrade_resource_identity::Request {
            type_name: "toy_thing".into(),
            version,
            raw_identity: Some(pb::RawState { json: stored.into(), ..Default::default() }),
        };
        let response = toy.upgrade_resource_identity(request).await;
        match expected {
            Ok(expected) => {
                assert_eq!(response.diagnostics, [], "{version} {stored}");
                let identity = response.upgraded_identity.unwrap();
                assert!(identity.identity_data.is_some(), "{version} {stored}");
                assert_eq!(of(Some(&identity)), *expected, "{version} {stored}");
            }
            Err(expected) => assert_eq!(said(&response.diagnostics), [expected]),
        }
    }
}
