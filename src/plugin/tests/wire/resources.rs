//! The life of an object: validate, plan, apply, read, import, and what becomes of forgotten answers.

use serde_json::json;
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use super::client::{Launch, UNKNOWN, apply, plan, read, said, thing, value, written};

const NO_ANSWER: &str = "The provider gave no answer";

async fn planned(
    provider: &mut ProviderClient<Channel>,
    request: pb::plan_resource_change::Request,
) -> pb::plan_resource_change::Response {
    provider.plan_resource_change(request).await.unwrap().into_inner()
}

async fn applied(
    provider: &mut ProviderClient<Channel>,
    request: pb::apply_resource_change::Request,
) -> pb::apply_resource_change::Response {
    provider.apply_resource_change(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn an_object_is_created_read_changed_and_destroyed() {
    // Nothing was asked for its schema before: the CLI may have it from another process.
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let null = json!(null);

    let plan_create = planned(&mut provider, plan("toy_thing", &null, &thing(json!({})))).await;
    assert_eq!(plan_create.diagnostics, []);
    assert_eq!(
        read(plan_create.planned_state.as_ref()),
        thing(json!({ "id": UNKNOWN, "generation": UNKNOWN }))
    );
    assert_eq!(plan_create.planned_private, br#"{"generation":1}"#);

    let mut create =
        apply("toy_thing", &null, &thing(json!({ "id": UNKNOWN, "generation": UNKNOWN })));
    create.planned_private = plan_create.planned_private;
    let created = applied(&mut provider, create).await;
    assert_eq!(created.diagnostics, []);
    let state = thing(json!({ "id": "id-a", "generation": 1 }));
    assert_eq!(read(created.new_state.as_ref()), written(&state));
    assert_eq!(created.private, br#"{"generation":1}"#);

    // Another version may have written more into it, and CLIs compare the bytes.
    for private in [created.private.as_slice(), br#"{ "generation": 1, "more": true }"#] {
        let request = pb::read_resource::Request {
            type_name: "toy_thing".into(),
            current_state: value(&state),
            private: private.to_vec(),
            ..Default::default()
        };
        let answer = provider.read_resource(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, []);
        assert_eq!(read(answer.new_state.as_ref()), written(&state));
        assert_eq!(answer.private, private);
    }

    let changed = thing(json!({ "id": "id-a", "generation": 1, "count_of": 3 }));
    let plan_update = planned(&mut provider, plan("toy_thing", &state, &changed)).await;
    assert_eq!(plan_update.diagnostics, []);
    assert_eq!(plan_update.requires_replace, []);
    assert_eq!(read(plan_update.planned_state.as_ref()), written(&changed));
    let updated = applied(&mut provider, apply("toy_thing", &state, &changed)).await;
    assert_eq!(read(updated.new_state.as_ref()), written(&changed));

    let mut destroy = plan("toy_thing", &state, &null);
    destroy.prior_private = b"{\"generation\":7}".to_vec();
    let plan_destroy = planned(&mut provider, destroy).await;
    assert_eq!(plan_destroy.diagnostics, []);
    assert_eq!(read(plan_destroy.planned_state.as_ref()), null);
    assert_eq!(plan_destroy.planned_private, br#"{"generation":7}"#);
    let destroyed = applied(&mut provider, apply("toy_thing", &state, &null)).await;
    assert_eq!(destroyed.diagnostics, []);
    assert_eq!(read(destroyed.new_state.as_ref()), null);
}

#[tokio::test]
async fn a_replacement_is_planned_with_what_the_first_plan_knew() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let state = thing(json!({ "id": "id-a", "generation": 1 }));
    let mut change =
        plan("toy_thing", &state, &thing(json!({ "id": "id-a", "generation": 1, "name": "b" })));
    change.prior_private = b"{\"generation\":1}".to_vec();
    let first = planned(&mut provider, change).await;
    let steps: Vec<_> = first.requires_replace.iter().flat_map(|path| &path.steps).collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(
        steps[0].selector,
        Some(pb::attribute_path::step::Selector::AttributeName("name".into()))
    );
    let mut create = plan("toy_thing", &json!(null), &thing(json!({ "name": "b" })));
    create.prior_private = first.planned_private;
    let second = planned(&mut provider, create).await;
    assert_eq!(second.planned_private, br#"{"generation":2}"#);
}

#[tokio::test]
async fn validation_errors_have_their_place() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let config = thing(json!({
        "name": "odd",
        "disk": [{ "size": 1, "label": null }, { "size": 2, "label": "bad" }],
    }));
    let request = pb::validate_resource_config::Request {
        type_name: "toy_thing".into(),
        config: value(&config),
        ..Default::default()
    };
    let answer = provider.validate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["A bad disk [disk.1.label]", "An odd name"]);
    use pb::diagnostic::Severity::{Error, Warning};
    let severities: Vec<_> = answer.diagnostics.iter().map(pb::Diagnostic::severity).collect();
    assert_eq!(severities, [Error, Warning]);
}

#[tokio::test]
async fn the_provider_block_is_validated_and_configured() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    for (endpoint, expected) in
        [("here", vec![]), ("nowhere", vec!["There is nothing [endpoint]".to_owned()])]
    {
        let request = pb::validate_provider_config::Request {
            config: value(&json!({ "endpoint": endpoint, "retries": null })),
        };
        let answer = provider.validate_provider_config(request).await.unwrap().into_inner();
        assert_eq!(said(&answer.diagnostics), expected);
    }
    let request = pb::configure_provider::Request {
        terraform_version: "1.11.4".into(),
        config: value(&json!({ "endpoint": null, "retries": 0.5 })),
        ..Default::default()
    };
    let answer = provider.configure_provider(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["The provider cannot use this value [retries]"]);
}

#[tokio::test]
async fn a_data_source_is_read_or_says_why_not() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = |key: &str| pb::read_data_source::Request {
        type_name: "toy_lookup".into(),
        config: value(&json!({ "key": key, "value": null })),
        ..Default::default()
    };
    let answer = provider.read_data_source(request("abc")).await.unwrap().into_inner();
    assert_eq!(read(answer.state.as_ref()), json!({ "key": "abc", "value": "ABC" }));
    let answer = provider.read_data_source(request("missing")).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["Not found [key]"]);
    let request = pb::validate_data_resource_config::Request {
        type_name: "toy_lookup".into(),
        config: value(&json!({ "key": UNKNOWN, "value": null })),
    };
    let answer = provider.validate_data_resource_config(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
}

#[tokio::test]
async fn an_import_brings_state_and_private_state() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = |type_name: &str| pb::import_resource_state::Request {
        type_name: type_name.into(),
        id: "id-x".into(),
        ..Default::default()
    };
    let answer = provider.import_resource_state(request("toy_thing")).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    let [imported] = answer.imported_resources.as_slice() else { panic!("one object") };
    assert_eq!(imported.type_name, "toy_thing");
    assert_eq!(imported.private, br#"{"generation":40}"#);
    assert_eq!(
        read(imported.state.as_ref()),
        thing(json!({ "id": "id-x", "name": "x", "generation": "40", "labels": {} }))
    );
    let answer = provider.import_resource_state(request("toy_bomb")).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["Import is not supported"]);
    assert_eq!(answer.imported_resources, []);
}

#[tokio::test]
async fn gone_is_said_only_without_an_error() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = |how: &str| pb::read_resource::Request {
        type_name: "toy_wrong".into(),
        current_state: value(&json!({ "how": how, "result": null })),
        ..Default::default()
    };
    let answer = provider.read_resource(request("read")).await.unwrap().into_inner();
    assert_eq!((said(&answer.diagnostics), read(answer.new_state.as_ref())), (vec![], json!(null)));
    let answer = provider.read_resource(request("read with an error")).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["Not reachable"]);
    // A client that allows no deferral would drop the object.
    let answer = provider.read_resource(request("read and defer")).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["The provider deferred what cannot be deferred"]);
}

#[tokio::test]
async fn a_forgotten_answer_is_an_error_and_never_a_success() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let state = |how: &str| json!({ "how": how, "result": null });
    let null = json!(null);

    for (prior, proposed) in [
        (null.clone(), state("plan")),
        (state("update"), state("update")),
        (state("destroy"), null.clone()),
    ] {
        let answer = planned(&mut provider, plan("toy_wrong", &prior, &proposed)).await;
        assert_eq!(said(&answer.diagnostics), [NO_ANSWER], "plan {prior} {proposed}");
    }
    for (prior, target) in [
        (null.clone(), state("create")),
        (state("update"), state("update")),
        (state("destroy"), null.clone()),
    ] {
        let answer = applied(&mut provider, apply("toy_wrong", &prior, &target)).await;
        assert_eq!(said(&answer.diagnostics), [NO_ANSWER], "apply {prior} {target}");
        assert_eq!(read(answer.new_state.as_ref()), null);
    }
    let request = pb::validate_resource_config::Request {
        type_name: "toy_wrong".into(),
        config: value(&state("validate")),
        ..Default::default()
    };
    let answer = provider.validate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), [NO_ANSWER]);
}

#[tokio::test]
async fn half_a_creation_is_kept_with_its_error() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let target = json!({ "how": "half", "result": UNKNOWN });
    let answer = applied(&mut provider, apply("toy_wrong", &json!(null), &target)).await;
    assert_eq!(said(&answer.diagnostics), ["Half done"]);
    assert_eq!(read(answer.new_state.as_ref()), json!({ "how": "half", "result": null }));
}

#[tokio::test]
async fn what_the_schema_does_not_have_is_the_provider_s_bug() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let proposed = json!({ "how": "surplus", "result": null });
    let answer = planned(&mut provider, plan("toy_wrong", &json!(null), &proposed)).await;
    assert_eq!(
        said(&answer.diagnostics),
        ["The provider returned a value that does not fit its schema [surplus]"]
    );
}

#[tokio::test]
async fn unknown_names_are_answered() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let null = json!(null);
    let answer = planned(&mut provider, plan("toy_nothing", &null, &null)).await;
    assert_eq!(said(&answer.diagnostics), ["Unknown resource type"]);
    let request =
        pb::read_data_source::Request { type_name: "toy_thing".into(), ..Default::default() };
    let answer = provider.read_data_source(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["Unknown data source type"]);
}

#[tokio::test]
async fn nothing_is_moved_here() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::move_resource_state::Request {
        source_type_name: "other_thing".into(),
        target_type_name: "toy_thing".into(),
        ..Default::default()
    };
    let answer = provider.move_resource_state(request).await.unwrap().into_inner();
    assert_eq!(said(&answer.diagnostics), ["This resource cannot be moved here"]);
    assert_eq!(answer.target_state, None);
}

/// Configures with an unknown provider block, and says whether answers may be deferred.
async fn unconfigured(provider: &mut ProviderClient<Channel>) {
    let request = pb::configure_provider::Request {
        config: value(&json!({ "endpoint": UNKNOWN, "retries": null })),
        ..Default::default()
    };
    let answer = provider.configure_provider(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
}

#[tokio::test]
async fn an_unknown_provider_block_defers_if_the_client_allows_it() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    unconfigured(&mut provider).await;
    let capabilities =
        Some(pb::ClientCapabilities { deferral_allowed: true, ..Default::default() });
    let reason = pb::deferred::Reason::ProviderConfigUnknown;

    let mut request = plan("toy_thing", &json!(null), &thing(json!({})));
    request.client_capabilities = capabilities;
    let answer = planned(&mut provider, request).await;
    assert_eq!(answer.diagnostics, []);
    assert_eq!(answer.deferred.unwrap().reason(), reason);
    assert_eq!(read(answer.planned_state.as_ref()), thing(json!({})), "as proposed");

    let state = thing(json!({ "id": "id-a" }));
    let request = pb::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: value(&state),
        client_capabilities: capabilities,
        ..Default::default()
    };
    let answer = provider.read_resource(request).await.unwrap().into_inner();
    assert_eq!(answer.deferred.unwrap().reason(), reason);
    assert_eq!(read(answer.new_state.as_ref()), state, "not gone");

    let request = pb::read_data_source::Request {
        type_name: "toy_lookup".into(),
        config: value(&json!({ "key": "k", "value": null })),
        client_capabilities: capabilities,
        ..Default::default()
    };
    let answer = provider.read_data_source(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert_eq!(answer.deferred.unwrap().reason(), reason);
    assert_eq!(read(answer.state.as_ref()), json!(UNKNOWN));
}

#[tokio::test]
async fn nothing_is_deferred_for_a_client_that_does_not_know_the_word() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    unconfigured(&mut provider).await;
    let answer = planned(&mut provider, plan("toy_thing", &json!(null), &thing(json!({})))).await;
    assert_eq!(answer.deferred, None);
    assert_eq!(read(answer.planned_state.as_ref())["id"], json!(UNKNOWN));
}
