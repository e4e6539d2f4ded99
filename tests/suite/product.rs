//! The provider itself on the wire: what the toys cannot show.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};
use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::provider_client::ProviderClient;
use tonic::Code;
use tonic::transport::Channel;

use super::client::{
    Launch, Plugin, UNKNOWN, plan, read, responds, said, value, without_certificate,
};
use crate::support::{KEY, ORG_ID, OTHER_KEY, TOKEN, simulator};

/// The built provider as the CLI starts it. The developer's own variables must not configure it.
async fn start() -> Plugin {
    let mut launch = Launch::of(Path::new(env!("CARGO_BIN_EXE_terraform-provider-aep")));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AEP_") {
            launch = launch.without(&name);
        }
    }
    launch.start().await
}

async fn configure(provider: &mut ProviderClient<Channel>, block: &Json) {
    let request = pb::configure_provider::Request {
        terraform_version: "1.12.0".into(),
        config: value(block),
        ..Default::default()
    };
    let reply = provider.configure_provider(request).await.unwrap().into_inner();
    assert_eq!(reply.diagnostics, []);
}

#[tokio::test]
async fn it_shakes_hands_with_its_client_and_refuses_others() {
    let plugin = start().await;
    assert_eq!(plugin.fields()[..3], ["1", "6", "unix"]);
    assert_eq!(plugin.fields()[4], "grpc");
    assert!(responds(&plugin, Some(plugin.tls())).await);
    assert!(!responds(&plugin, without_certificate(&plugin)).await);
    assert!(!responds(&plugin, None).await);
}

#[tokio::test]
async fn a_debugger_finds_it_under_the_address_that_configurations_name() {
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-aep"));
    let plugin = Launch::bare(binary).arg("--debug").start().await;
    for registry in ["registry.terraform.io", "registry.opentofu.org"] {
        let address = format!("\"{registry}/aep-cmk/aep\":");
        assert!(plugin.line.contains(&address), "{}", plugin.line);
    }
}

#[tokio::test]
async fn it_tells_what_it_offers() {
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let schema = provider
        .get_provider_schema(pb::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schema.diagnostics, []);
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(names(schema.resource_schemas.keys().collect()), ["aep_cmk_config"]);
    assert_eq!(
        names(schema.data_source_schemas.keys().collect()),
        ["aep_cmk_app", "aep_cmk_config"]
    );
    assert_eq!(names(schema.functions.keys().collect()), ["consent_url", "parse_key_identifier"]);
    let capabilities = schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy);
    assert!(!capabilities.move_resource_state);

    let reply = provider
        .get_resource_identity_schemas(pb::get_resource_identity_schemas::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(reply.diagnostics, []);
    let identities: BTreeMap<_, Vec<_>> = reply
        .identity_schemas
        .iter()
        .map(|(name, schema)| {
            let attributes = schema.identity_attributes.iter();
            let attributes = attributes.map(|attribute| {
                assert!(attribute.required_for_import);
                attribute.name.as_str()
            });
            (name.as_str(), attributes.collect())
        })
        .collect();
    assert_eq!(identities, BTreeMap::from([("aep_cmk_config", vec!["name", "ims_org_id"])]));
}

/// The plan of a create, as the CLI asks for it.
fn create(deferral_allowed: bool) -> pb::plan_resource_change::Request {
    create_with(KEY, deferral_allowed)
}

fn create_with(key: &str, deferral_allowed: bool) -> pb::plan_resource_change::Request {
    let config = json!({ "name": "Config1", "key_vault_key_identifier": key });
    let mut proposed = config.clone();
    for computed in [
        "id",
        "status",
        "type",
        "provider_type",
        "ims_org_id",
        "subscription_id",
        "application_name",
        "key_vault_uri",
        "vault_name",
        "key_name",
        "key_version",
        "versionless_key_identifier",
        "managed_hsm",
    ] {
        proposed[computed] = json!(UNKNOWN);
    }
    pb::plan_resource_change::Request {
        config: value(&config),
        client_capabilities: Some(pb::ClientCapabilities {
            deferral_allowed,
            ..Default::default()
        }),
        ..plan("aep_cmk_config", &json!(null), &proposed)
    }
}

#[tokio::test]
async fn with_an_unknown_provider_block_a_create_is_deferred_where_that_is_allowed() {
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let block =
        json!({ "org_id": ORG_ID, "access_token": UNKNOWN, "endpoint": "http://127.0.0.1:9" });
    configure(&mut provider, &block).await;
    for (allowed, expected) in
        [(true, Some(pb::deferred::Reason::ProviderConfigUnknown)), (false, None)]
    {
        let reply = provider.plan_resource_change(create(allowed)).await.unwrap().into_inner();
        assert_eq!(reply.diagnostics, []);
        assert_eq!(reply.deferred.map(|deferred| deferred.reason()), expected);
        let planned = read(reply.planned_state.as_ref());
        assert_eq!(planned["name"], json!("Config1"));
        assert_eq!(planned["status"], json!(UNKNOWN));
    }
}

/// Of a create that panics the host keeps what was planned, which Adobe may have by then: where to
/// look for it, and that nobody has seen it.
#[tokio::test]
async fn the_plan_of_a_create_says_what_is_known_if_it_never_returns() {
    let simulator = simulator();
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let block = json!({ "org_id": ORG_ID, "access_token": TOKEN, "endpoint": simulator.url() });
    configure(&mut provider, &block).await;
    let planned = provider.plan_resource_change(create(false)).await.unwrap().into_inner();
    let private: Json = serde_json::from_slice(&planned.planned_private).unwrap();
    for (known, value) in [
        ("org_id", json!(ORG_ID)),
        ("endpoint", json!(format!("{}/", simulator.url()))),
        ("confirmed", json!(false)),
    ] {
        assert_eq!(private[known], value, "{known}");
    }
}

/// With an unknown provider block what exists is deferred where that is allowed. Elsewhere the
/// state stays as it is, with a warning, and a data source, which has no state, is an error.
#[tokio::test]
async fn with_an_unknown_provider_block_nothing_is_read() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let mut block = json!({ "org_id": ORG_ID, "access_token": TOKEN, "endpoint": simulator.url() });
    configure(&mut provider, &block).await;
    let import = pb::import_resource_state::Request {
        type_name: "aep_cmk_config".into(),
        id: "Config1".into(),
        ..Default::default()
    };
    let imported = provider.import_resource_state(import).await.unwrap().into_inner();
    let object = &imported.imported_resources[0];
    let prior = read(object.state.as_ref());

    block["access_token"] = json!(UNKNOWN);
    configure(&mut provider, &block).await;
    let asked = simulator.control().counters().requests;
    for (allowed, expected) in
        [(true, Some(pb::deferred::Reason::ProviderConfigUnknown)), (false, None)]
    {
        let client_capabilities =
            Some(pb::ClientCapabilities { deferral_allowed: allowed, ..Default::default() });
        let request = pb::read_resource::Request {
            type_name: "aep_cmk_config".into(),
            current_state: object.state.clone(),
            private: object.private.clone(),
            client_capabilities,
            ..Default::default()
        };
        let refreshed = provider.read_resource(request).await.unwrap().into_inner();
        assert_eq!(refreshed.deferred.map(|deferred| deferred.reason()), expected);
        assert_eq!(read(refreshed.new_state.as_ref()), prior);
        assert_eq!(refreshed.private, object.private);
        assert_eq!(refreshed.diagnostics.len(), usize::from(!allowed), "a warning instead");

        let mut changed = prior.clone();
        changed["failed_attempts"] = json!(3);
        let request = pb::plan_resource_change::Request {
            prior_private: object.private.clone(),
            client_capabilities,
            ..plan("aep_cmk_config", &prior, &changed)
        };
        let planned = provider.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(planned.deferred.map(|deferred| deferred.reason()), expected);
        assert_eq!(read(planned.planned_state.as_ref())["failed_attempts"], json!("3"));

        for (type_name, config) in
            [("aep_cmk_config", json!({ "name": "Config1" })), ("aep_cmk_app", json!({}))]
        {
            let request = pb::read_data_source::Request {
                type_name: type_name.into(),
                config: value(&config),
                client_capabilities,
                ..Default::default()
            };
            let data = provider.read_data_source(request).await.unwrap().into_inner();
            assert_eq!(data.deferred.map(|deferred| deferred.reason()), expected, "{type_name}");
            assert_eq!(data.diagnostics.len(), usize::from(!allowed), "{type_name}");
        }
    }
    assert_eq!(simulator.control().counters().requests, asked);
}

/// A debugger's process serves many runs. What one of them planned is nothing to the next, which
/// begins when the provider is configured.
#[tokio::test]
async fn the_memory_of_a_run_ends_with_the_next_one() {
    let simulator = simulator();
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let block = json!({ "org_id": ORG_ID, "access_token": TOKEN, "endpoint": simulator.url() });
    configure(&mut provider, &block).await;
    let mut errors_of = async |key: &str, is_next_run: bool| {
        if is_next_run {
            configure(&mut provider, &block).await;
        }
        let request = create_with(key, false);
        provider.plan_resource_change(request).await.unwrap().into_inner().diagnostics.len()
    };
    assert_eq!(errors_of(KEY, false).await, 0);
    assert_eq!(errors_of(OTHER_KEY, false).await, 1, "two blocks of one name");
    assert_eq!(errors_of(OTHER_KEY, true).await, 0);
}

#[tokio::test]
async fn an_import_by_identity_finds_the_configuration_of_its_organisation() {
    let simulator = simulator();
    simulator.control().insert("Config1", KEY, "COMPLETED");
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let block = json!({ "org_id": ORG_ID, "access_token": TOKEN, "endpoint": simulator.url() });
    configure(&mut provider, &block).await;
    let request = |identity: &Json| pb::import_resource_state::Request {
        type_name: "aep_cmk_config".into(),
        identity: Some(pb::ResourceIdentityData { identity_data: value(identity) }),
        ..Default::default()
    };
    let given = json!({ "name": "Config1", "ims_org_id": ORG_ID });
    let reply = provider.import_resource_state(request(&given)).await.unwrap().into_inner();
    assert_eq!(reply.diagnostics, []);
    let [imported] = reply.imported_resources.as_slice() else { panic!("one object") };
    assert_eq!(imported.type_name, "aep_cmk_config");
    let state = read(imported.state.as_ref());
    assert_eq!(
        [&state["name"], &state["status"], &state["ims_org_id"]],
        [&json!("Config1"), &json!("COMPLETED"), &json!(ORG_ID)]
    );
    let identity = imported.identity.as_ref().unwrap();
    assert_eq!(read(identity.identity_data.as_ref()), given);

    let elsewhere = json!({ "name": "Config1", "ims_org_id": "another@AdobeOrg" });
    let reply = provider.import_resource_state(request(&elsewhere)).await.unwrap().into_inner();
    assert_eq!(reply.diagnostics.len(), 1);
    assert_eq!(reply.imported_resources, []);
}

#[tokio::test]
async fn functions_need_no_configuration_and_no_argument_breaks_them() {
    let plugin = start().await;
    let mut provider = plugin.provider().await;
    let mut call = async |name: &str, arguments: Vec<pb::DynamicValue>| {
        let request = pb::call_function::Request { name: name.into(), arguments };
        provider.call_function(request).await.unwrap().into_inner()
    };
    let text = |text: &str| value(&json!(text)).unwrap();
    let reply = call("parse_key_identifier", vec![text(KEY)]).await;
    assert_eq!(reply.error, None);
    assert_eq!(read(reply.result.as_ref())["key_name"], json!("adobeCMK-key"));
    let tenant = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let reply =
        call("consent_url", vec![text("https://host.example/common/x"), text(tenant)]).await;
    assert_eq!(read(reply.result.as_ref()), json!(format!("https://host.example/{tenant}/x")));
    // Null in both tools' notations, although neither function allows it.
    for null in [value(&json!(null)).unwrap(), pb::DynamicValue::default()] {
        let reply = call("parse_key_identifier", vec![null.clone()]).await;
        assert_eq!(reply.result, None);
        assert_eq!(reply.error.unwrap().function_argument, Some(0));
        let reply = call("consent_url", vec![text("https://host.example/common"), null]).await;
        assert_eq!(reply.result, None);
        assert_eq!(reply.error.unwrap().function_argument, Some(1));
    }
}

#[tokio::test]
async fn what_it_does_not_offer_it_says() {
    let plugin = start().await;
    let channel = plugin.channel().await;
    for method in [
        "ValidateEphemeralResourceConfig",
        "OpenEphemeralResource",
        "RenewEphemeralResource",
        "CloseEphemeralResource",
        "ListResource",
        "ValidateListResourceConfig",
        "PlanAction",
        "InvokeAction",
        "ValidateActionConfig",
        "GenerateResourceConfig",
        "ValidateStateStoreConfig",
        "ConfigureStateStore",
        "GetStates",
    ] {
        let path = format!("/tfplugin6.Provider/{method}");
        assert_eq!(code_of(&channel, &path).await, Code::Unimplemented);
    }
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert_eq!(code_of(&channel, path).await, Code::Unimplemented);

    // A message of the protocol all the same, so the response is the protocol's.
    let request = pb::move_resource_state::Request {
        source_type_name: "other_thing".into(),
        target_type_name: "aep_cmk_config".into(),
        ..Default::default()
    };
    let mut provider = plugin.provider().await;
    let reply = provider.move_resource_state(request).await.unwrap().into_inner();
    assert_eq!(said(&reply.diagnostics), ["This resource cannot be moved here"]);
    assert_eq!(reply.target_state, None);
}

/// The status of a request that no generated client can make.
async fn code_of(channel: &Channel, path: &str) -> Code {
    type Nothing = tf_provider_host::proto::goplugin::Empty;
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<Nothing, Nothing>::default();
    let path = path.parse().unwrap();
    client.unary(tonic::Request::new(Nothing {}), path, codec).await.unwrap_err().code()
}
