//! What the plugin says it offers.

use std::collections::BTreeMap;

use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::schema::{nested_block, object};

use super::client::Launch;

async fn schemas() -> pb::get_provider_schema::Response {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let request = pb::get_provider_schema::Request {};
    let first = provider.get_provider_schema(request).await.unwrap().into_inner();
    let second = provider.get_provider_schema(request).await.unwrap().into_inner();
    assert_eq!(first, second);
    first
}

fn attributes(block: &pb::schema::Block) -> BTreeMap<&str, &pb::schema::Attribute> {
    block.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute)).collect()
}

#[tokio::test]
async fn everything_is_in_the_schema() {
    let schemas = schemas().await;
    assert_eq!(schemas.diagnostics, []);
    assert!(schemas.provider.is_some());
    assert_eq!(
        schemas.resource_schemas.keys().collect::<Vec<_>>(),
        ["toy_bomb", "toy_thing", "toy_waiter", "toy_wrong"]
    );
    assert_eq!(schemas.data_source_schemas.keys().collect::<Vec<_>>(), ["toy_lookup"]);
    assert_eq!(schemas.functions.keys().collect::<Vec<_>>(), ["join", "nothing"]);
    assert_eq!(schemas.provider_meta, None, "declared, it would be sent with every request");
    assert_eq!(
        schemas.server_capabilities,
        Some(pb::ServerCapabilities {
            plan_destroy: true,
            get_provider_schema_optional: true,
            move_resource_state: false,
        })
    );
}

#[tokio::test]
async fn an_attribute_has_a_type_or_a_nested_type() {
    let schemas = schemas().await;
    let thing = &schemas.resource_schemas["toy_thing"];
    assert_eq!(thing.version, 2);
    let block = thing.block.as_ref().unwrap();
    let attributes = attributes(block);
    for (name, ty) in [
        ("id", r#""string""#),
        ("count_of", r#""number""#),
        ("extra", r#""dynamic""#),
        ("tags", r#"["set","string"]"#),
        ("labels", r#"["map","string"]"#),
    ] {
        assert_eq!(String::from_utf8_lossy(&attributes[name].r#type), ty, "{name}");
        assert_eq!(attributes[name].nested_type, None, "{name}");
    }
    for (name, nesting) in
        [("settings", object::NestingMode::Single), ("rules", object::NestingMode::List)]
    {
        assert!(attributes[name].r#type.is_empty(), "{name}");
        assert_eq!(attributes[name].nested_type.as_ref().unwrap().nesting(), nesting, "{name}");
    }
    assert!(attributes["secret"].sensitive);
    let constraints = |name: &str| {
        let attribute = attributes[name];
        (attribute.required, attribute.optional, attribute.computed)
    };
    assert_eq!(constraints("name"), (true, false, false));
    assert_eq!(constraints("tags"), (false, true, false));
    assert_eq!(constraints("id"), (false, false, true));
    assert!(
        block.attributes.iter().all(|attribute| attribute.description.is_empty()),
        "no placeholder texts"
    );
}

#[tokio::test]
async fn blocks_say_how_many() {
    let schemas = schemas().await;
    let block = schemas.resource_schemas["toy_thing"].block.as_ref().unwrap();
    let blocks: BTreeMap<_, _> = block
        .block_types
        .iter()
        .map(|block| {
            (block.type_name.as_str(), (block.nesting(), block.min_items, block.max_items))
        })
        .collect();
    use nested_block::NestingMode::{List, Set, Single};
    assert_eq!(
        blocks,
        BTreeMap::from([
            ("limits", (Single, 0, 0)),
            ("owner", (List, 0, 1)),
            ("disk", (List, 0, 0)),
            ("network", (Set, 0, 0)),
        ])
    );
}

#[tokio::test]
async fn functions_are_listed_wherever_a_tool_may_look() {
    let plugin = Launch::toy().start().await;
    let mut provider = plugin.provider().await;
    let functions =
        provider.get_functions(pb::get_functions::Request {}).await.unwrap().into_inner();
    assert_eq!(functions.functions, schemas().await.functions);
    let join = &functions.functions["join"];
    assert_eq!(join.parameters.len(), 1);
    assert!(join.variadic_parameter.as_ref().unwrap().allow_null_value);
    assert_eq!(join.r#return.as_ref().unwrap().r#type, br#""string""#);
    assert_eq!(join.summary, "Joins texts");

    let metadata = provider.get_metadata(pb::get_metadata::Request {}).await.unwrap().into_inner();
    let names: Vec<_> = metadata.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["join", "nothing"]);
    let names: Vec<_> =
        metadata.resources.iter().map(|resource| resource.type_name.as_str()).collect();
    assert_eq!(names, ["toy_bomb", "toy_thing", "toy_waiter", "toy_wrong"]);
    assert_eq!(metadata.data_sources.len(), 1);
}

#[tokio::test]
async fn what_is_not_offered_is_unimplemented() {
    let plugin = Launch::toy().start().await;
    let channel = plugin.channel().await;
    for path in [
        "/tfplugin6.Provider/OpenEphemeralResource",
        "/tfplugin6.Provider/ValidateEphemeralResourceConfig",
        "/tfplugin6.Provider/ListResource",
        "/tfplugin6.Provider/PlanAction",
        "/tfplugin6.Provider/GenerateResourceConfig",
        "/tfplugin6.Provider/ConfigureStateStore",
        "/tfplugin5.Provider/GetSchema",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/",
    ] {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<pb::get_metadata::Request, pb::get_metadata::Response>::default();
        let request = tonic::Request::new(pb::get_metadata::Request {});
        let status = grpc.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn health_is_told_by_name() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let plugin = Launch::toy().start().await;
    let mut health = HealthClient::new(plugin.channel().await);
    for service in ["plugin", ""] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(
            answer.status(),
            tonic_health::pb::health_check_response::ServingStatus::Serving
        );
    }
    let request = HealthCheckRequest { service: "other".to_owned() };
    assert_eq!(health.check(request).await.unwrap_err().code(), tonic::Code::NotFound);
}
