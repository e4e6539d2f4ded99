//! The life of an object: validate, plan, apply, read, import, upgrade, and what becomes of
//! forgotten responses.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;

use super::client::{UNKNOWN, plan, read, said, value};
use super::{DEFERRAL, Toy, apply, puppet, refresh, thing, written};

#[tokio::test]
async fn an_object_is_created_read_changed_and_destroyed() {
    // Nothing was asked for its schema before: the CLI may have it from another process.
    let toy = Toy::start().await;
    let null = json!(null);

    let planned = toy.plan("toy_thing", &null, &thing(json!({}))).await;
    assert_eq!(planned.diagnostics, []);
    let late = thing(json!({ "id": UNKNOWN, "generation": UNKNOWN }));
    assert_eq!(read(planned.planned_state.as_ref()), late);
    assert_eq!(planned.planned_private, br#"{"generation":1}"#);

    let planned_private = planned.planned_private;
    let request = apply("toy_thing", &null, &late);
    let created = toy
        .apply_resource_change(pb::apply_resource_change::Request { planned_private, ..request })
        .await;
    assert_eq!(created.diagnostics, []);
    let state = thing(json!({ "id": "id-a", "generation": 1 }));
    assert_eq!(read(created.new_state.as_ref()), written(&state));
    assert_eq!(created.private, br#"{"generation":1}"#);

    // Another version may have written more into it, and CLIs compare the bytes.
    for private in [created.private.as_slice(), br#"{ "generation": 1, "more": true }"#] {
        let request = pb::read_resource::Request {
            private: private.to_vec(),
            ..refresh("toy_thing", &state)
        };
        let response = toy.read_resource(request).await;
        assert_eq!(response.diagnostics, []);
        assert_eq!(read(response.new_state.as_ref()), written(&state));
        assert_eq!(response.private, private);
    }

    let changed = thing(json!({ "id": "id-a", "generation": 1, "count_of": 3 }));
    let planned = toy.plan("toy_thing", &state, &changed).await;
    assert_eq!((planned.diagnostics, planned.requires_replace), (vec![], vec![]));
    assert_eq!(read(planned.planned_state.as_ref()), written(&changed));
    let updated = toy.apply("toy_thing", &state, &changed).await;
    assert_eq!(read(updated.new_state.as_ref()), written(&changed));

    let prior_private = br#"{"generation":7}"#.to_vec();
    let request = plan("toy_thing", &state, &null);
    let planned = toy
        .plan_resource_change(pb::plan_resource_change::Request { prior_private, ..request })
        .await;
    assert_eq!(planned.diagnostics, []);
    assert_eq!(read(planned.planned_state.as_ref()), null);
    assert_eq!(planned.planned_private, br#"{"generation":7}"#);
    let destroyed = toy.apply("toy_thing", &state, &null).await;
    assert_eq!((destroyed.diagnostics, read(destroyed.new_state.as_ref())), (vec![], null));
}

#[tokio::test]
async fn a_replacement_is_planned_with_what_the_first_plan_knew() {
    let toy = Toy::start().await;
    let state = thing(json!({ "id": "id-a", "generation": 1 }));
    let renamed = thing(json!({ "id": "id-a", "generation": 1, "name": "b" }));
    let first = pb::plan_resource_change::Request {
        prior_private: br#"{"generation":1}"#.to_vec(),
        ..plan("toy_thing", &state, &renamed)
    };
    let first = toy.plan_resource_change(first).await;
    let steps: Vec<_> = first.requires_replace.into_iter().flat_map(|path| path.steps).collect();
    let name = pb::attribute_path::step::Selector::AttributeName("name".into());
    assert_eq!(steps, [pb::attribute_path::Step { selector: Some(name) }]);
    let second = pb::plan_resource_change::Request {
        prior_private: first.planned_private,
        ..plan("toy_thing", &json!(null), &thing(json!({ "name": "b" })))
    };
    assert_eq!(toy.plan_resource_change(second).await.planned_private, br#"{"generation":2}"#);
}

#[tokio::test]
async fn diagnostics_have_their_place() {
    let toy = Toy::start().await;
    let disks = json!([{ "size": 1, "label": null }, { "size": 2, "label": "bad" }]);
    let request = pb::validate_resource_config::Request {
        type_name: "toy_thing".into(),
        config: value(&thing(json!({ "name": "odd", "disk": disks }))),
        ..Default::default()
    };
    let diagnostics = toy.validate_resource_config(request).await.diagnostics;
    assert_eq!(said(&diagnostics), ["A bad disk [disk.1.label]", "An odd name"]);
    use pb::diagnostic::Severity::{Error, Warning};
    let severities: Vec<_> = diagnostics.iter().map(pb::Diagnostic::severity).collect();
    assert_eq!(severities, [Error, Warning]);

    for (endpoint, expected) in [("here", vec![]), ("nowhere", vec!["There is nothing [endpoint]"])]
    {
        let config = value(&json!({ "endpoint": endpoint, "retries": null }));
        let request = pb::validate_provider_config::Request { config };
        let response = toy.validate_provider_config(request).await;
        assert_eq!(said(&response.diagnostics), expected);
    }
    let config = value(&json!({ "endpoint": null, "retries": 0.5 }));
    let request = pb::configure_provider::Request { config, ..Default::default() };
    let response = toy.configure_provider(request).await;
    assert_eq!(said(&response.diagnostics), ["The provider cannot use this value [retries]"]);
}

fn lookup(key: &str) -> pb::read_data_source::Request {
    pb::read_data_source::Request {
        type_name: "toy_lookup".into(),
        config: value(&json!({ "key": key, "value": null })),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_data_source_is_read_or_says_why_not() {
    let toy = Toy::start().await;
    let response = toy.read_data_source(lookup("abc")).await;
    assert_eq!(read(response.state.as_ref()), json!({ "key": "abc", "value": "ABC" }));
    let response = toy.read_data_source(lookup("missing")).await;
    assert_eq!(said(&response.diagnostics), ["Not found [key]"]);
    let type_name = "toy_lookup".into();
    let config = value(&json!({ "key": UNKNOWN, "value": null }));
    let request = pb::validate_data_resource_config::Request { type_name, config };
    assert_eq!(toy.validate_data_resource_config(request).await.diagnostics, []);
}

#[tokio::test]
async fn an_import_brings_state_and_private_state() {
    let toy = Toy::start().await;
    let request = |type_name: &str| pb::import_resource_state::Request {
        type_name: type_name.into(),
        id: "id-x".into(),
        ..Default::default()
    };
    let response = toy.import_resource_state(request("toy_thing")).await;
    assert_eq!(response.diagnostics, []);
    let [imported] = response.imported_resources.as_slice() else { panic!("one object") };
    assert_eq!(imported.type_name, "toy_thing");
    assert_eq!(imported.private, br#"{"generation":40}"#);
    let expected = thing(json!({ "id": "id-x", "name": "x", "generation": "40", "labels": {} }));
    assert_eq!(read(imported.state.as_ref()), expected);
    let response = toy.import_resource_state(request("toy_puppet")).await;
    assert_eq!(said(&response.diagnostics), ["Import is not supported"]);
    assert_eq!(response.imported_resources, []);
}

/// Nothing is a success only where the protocol has a meaning for it.
#[tokio::test]
async fn a_forgotten_response_is_an_error_and_never_a_success() {
    const FORGOTTEN: &str = "The provider gave no response";
    let toy = Toy::start().await;
    let null = json!(null);
    for (how, expected) in [
        // Gone.
        ("forget read", vec![]),
        ("error in read", vec!["Not reachable"]),
        // A client that allows no deferral would drop the object.
        ("defer in read", vec!["The provider deferred what cannot be deferred"]),
    ] {
        let response = toy.read("toy_puppet", &puppet(how)).await;
        assert_eq!(said(&response.diagnostics), expected, "{how}");
        assert_eq!(read(response.new_state.as_ref()), null, "{how}");
    }
    let forget = puppet("forget plan");
    for (prior, to) in [(&null, &forget), (&forget, &forget), (&forget, &null)] {
        let response = toy.plan("toy_puppet", prior, to).await;
        assert_eq!(said(&response.diagnostics), [FORGOTTEN], "plan {prior} {to}");
    }
    let [create, update, destroy] =
        ["create", "update", "destroy"].map(|method| puppet(&format!("forget {method}")));
    for (prior, to) in [(&null, &create), (&update, &update), (&destroy, &null)] {
        let response = toy.apply("toy_puppet", prior, to).await;
        assert_eq!(said(&response.diagnostics), [FORGOTTEN], "apply {prior} {to}");
        assert_eq!(read(response.new_state.as_ref()), null);
    }
    let request = pb::validate_resource_config::Request {
        type_name: "toy_puppet".into(),
        config: value(&puppet("forget validate")),
        ..Default::default()
    };
    assert_eq!(said(&toy.validate_resource_config(request).await.diagnostics), [FORGOTTEN]);
}

#[tokio::test]
async fn what_was_created_is_kept_even_if_not_all_of_it_can_be_said() {
    const SURPLUS: &str = "The provider returned a value that does not fit its schema [surplus]";
    let toy = Toy::start().await;
    for (how, expected) in [("half", "Half done"), ("surplus in create", SURPLUS)] {
        let response = toy.apply("toy_puppet", &json!(null), &puppet(how)).await;
        assert_eq!(said(&response.diagnostics), [expected]);
        let kept = json!({ "how": how, "diary": null, "linger": null, "result": null });
        assert_eq!(read(response.new_state.as_ref()), kept);
    }
    let response = toy.plan("toy_puppet", &json!(null), &puppet("surplus in plan")).await;
    assert_eq!(said(&response.diagnostics), [SURPLUS]);
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let toy = Toy::start().await;
    let response = toy.plan("toy_nothing", &json!(null), &json!(null)).await;
    assert_eq!(said(&response.diagnostics), ["Unknown resource type"]);
    let type_name = "toy_thing".into();
    let request = pb::read_data_source::Request { type_name, ..Default::default() };
    let response = toy.read_data_source(request).await;
    assert_eq!(said(&response.diagnostics), ["Unknown data source type"]);
    let target_type_name = "toy_thing".into();
    let request = pb::move_resource_state::Request { target_type_name, ..Default::default() };
    let response = toy.move_resource_state(request).await;
    assert_eq!(said(&response.diagnostics), ["This resource cannot be moved here"]);
    assert_eq!(response.target_state, None);
}

#[tokio::test]
async fn an_unknown_provider_block_defers_if_the_client_allows_it() {
    let toy = Toy::start().await;
    assert_eq!(toy.configured(UNKNOWN).await.diagnostics, []);
    let client_capabilities = DEFERRAL;
    let because = |deferred: Option<pb::Deferred>| deferred.map(|deferred| deferred.reason());
    let reason = Some(pb::deferred::Reason::ProviderConfigUnknown);

    let request = plan("toy_thing", &json!(null), &thing(json!({})));
    let response = toy
        .plan_resource_change(pb::plan_resource_change::Request { client_capabilities, ..request })
        .await;
    assert_eq!((response.diagnostics, because(response.deferred)), (vec![], reason));
    assert_eq!(read(response.planned_state.as_ref()), thing(json!({})), "as proposed");

    let state = thing(json!({ "id": "id-a" }));
    let request = pb::read_resource::Request {
        client_capabilities,
        private: br#"{"generation":1}"#.to_vec(),
        ..refresh("toy_thing", &state)
    };
    let response = toy.read_resource(request).await;
    assert_eq!(because(response.deferred), reason);
    assert_eq!(read(response.new_state.as_ref()), state, "not gone");
    assert_eq!(response.private, br#"{"generation":1}"#);

    let request = pb::read_data_source::Request { client_capabilities, ..lookup("k") };
    let response = toy.read_data_source(request).await;
    assert_eq!((response.diagnostics, because(response.deferred)), (vec![], reason));
    assert_eq!(read(response.state.as_ref()), json!(UNKNOWN));

    // A client that does not know the word gets a plan.
    let response = toy.plan("toy_thing", &json!(null), &thing(json!({}))).await;
    assert_eq!(response.deferred, None);
    assert_eq!(read(response.planned_state.as_ref())["id"], json!(UNKNOWN));
}

#[tokio::test]
async fn a_stored_state_is_of_this_version_or_upgraded_or_refused() {
    let toy = Toy::start().await;
    let upgraded = async |version: i64, json: &str| {
        let raw_state = Some(pb::RawState { json: json.into(), ..Default::default() });
        let type_name = "toy_thing".into();
        let request = pb::upgrade_resource_state::Request { type_name, version, raw_state };
        let response = toy.upgrade_resource_state(request).await;
        match said(&response.diagnostics).as_slice() {
            [] => Ok(read(response.upgraded_state.as_ref())),
            [said] => Err(said.clone()),
            more => panic!("{more:?}"),
        }
    };
    // At the same version attributes come and go, and numbers stay.
    let stored = r#"{"id":"id-a","name":"a","dropped":{"x":1},"count_of":9007199254740993,
        "ratio":3.14159265358979323846264338327950288,"weight":0.1,
        "extra":{"value":[1.5],"type":["list","number"]}}"#;
    let expected = json!({
        "id": "id-a",
        "count_of": 9_007_199_254_740_993_i64,
        "ratio": "3.14159265358979323846264338327950288",
        "weight": "0.1",
        "extra": [r#"["list","number"]"#, [1.5]],
    });
    assert_eq!(upgraded(2, stored).await, Ok(written(&thing(expected))));
    // An older one goes through the resource, with the numbers that the trait promises.
    let stored = r#"{"id":"id-a","title":"t","count_of":9007199254740993,"ratio":0.1,
        "weight":0.30000000000000000001}"#;
    let expected = json!({
        "id": "id-a", "name": "t", "count_of": "9007199254740993", "ratio": "0.1", "weight": "0.3",
    });
    assert_eq!(upgraded(1, stored).await, Ok(thing(expected)));
    for (version, stored, expected) in [
        (0, "{}", "Version 0 was never released"),
        (1, "{}", "The provider gave no response"),
        (3, "{}", "This state is from a newer version of the provider"),
        (1, "{", "The stored state cannot be read"),
        (2, "{", "The stored state cannot be read"),
        (2, r#"{"labels":{"k":[]}}"#, "The stored state cannot be read [labels.\"k\"]"),
    ] {
        assert_eq!(upgraded(version, stored).await.unwrap_err(), expected, "{version} {stored}");
    }
    let flatmap = [("id".to_owned(), "x".to_owned())].into();
    let request = pb::upgrade_resource_state::Request {
        type_name: "toy_thing".into(),
        version: 1,
        raw_state: Some(pb::RawState { flatmap, ..Default::default() }),
    };
    let response = toy.upgrade_resource_state(request).await;
    let expected = ["This state is from Terraform 0.11 or earlier"];
    assert_eq!(said(&response.diagnostics), expected);
}
